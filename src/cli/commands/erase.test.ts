import { expect, test } from '@jest/globals'
import { cli, fakePrompts, text } from '../fake.ts'

const erased = { links: 3, timeline: 12, problems: 1, webhooks: 0, alerts: 0, certificates: 1, runs: 0, shares: 1 }
const elsewhere = ['hubspot', 'odoo', 'backups of the database']

function finding(connection: string | null = 'hubspot', open = 0) {
  const asked: unknown[] = []
  const erase = async (whom: object) => {
    asked.push(whom)
    return { connection, deals: 2, open, erased, elsewhere: connection === null ? [] : elsewhere }
  }
  return { asked, erase }
}
const whom = { customers: ['company-77'], contacts: [], deals: [] }
const words = '2 deals: 3 links, 12 timeline entries, 1 held record, 1 certificate, 1 link to an order'

test('shows how much, asks, and erases', async () => {
  const { asked, erase } = finding('hubspot', 1)
  const prompts = fakePrompts(true)
  const { code, out } = await cli('erase company-77', { erase }, { prompts })
  expect(prompts.asked).toEqual([`${words}. Erase it for good?`])
  expect(asked).toEqual([
    { ...whom, dryRun: true },
    { ...whom, dryRun: false },
  ])
  expect({ code, out }).toEqual({
    code: 0,
    out: text`
      Erased, of 2 deals: 3 links, 12 timeline entries, 1 held record, 1 certificate, 1 link to an order
      1 order is not finished: what a delivery needs of it is stored again. Erase once more when it is
      paid.
      Out of reach: hubspot; odoo; backups of the database.
    `,
  })
})

test.each([false, null])('erases nothing when the answer is %s', async (answer) => {
  const { asked, erase } = finding()
  const ended = await cli('erase company-77', { erase }, { prompts: fakePrompts(answer) })
  expect(ended).toMatchObject({ code: 1, out: '', err: 'Nothing was erased.\n' })
  expect(asked).toEqual([{ ...whom, dryRun: true }])
})

test('without a terminal it is a dry run', async () => {
  const { asked, erase } = finding()
  const { code, out, err } = await cli('erase company-77 --json', { erase })
  expect({ code, answer: JSON.parse(out) }).toMatchObject({ code: 0, answer: { done: false, erased } })
  expect(err).toContain('Add --yes')
  expect(asked).toEqual([{ ...whom, dryRun: true }])
})

test('asks nothing with --yes, and takes contacts, deals and the connection by name', async () => {
  const { asked, erase } = finding()
  const line = 'erase --contact 5 6 --deal 901 --connection hubspot --yes --json'
  const { code, out } = await cli(line, { erase })
  expect({ code, answer: JSON.parse(out) }).toMatchObject({ code: 0, answer: { done: true } })
  expect(asked.at(-1)).toEqual({
    ...{ customers: [], contacts: ['5', '6'], deals: ['901'], connection: 'hubspot', dryRun: false },
  })
})

test('says that nothing is stored', async () => {
  const { code, out } = await cli('erase company-77 --yes', { erase: finding(null).erase })
  expect({ code, out }).toEqual({ code: 0, out: 'Nothing is stored of it.\n' })
})

test('needs somebody', async () => {
  const { code, err, opened } = await cli('erase --yes')
  expect({ code, opened }).toEqual({ code: 2, opened: [] })
  expect(err).toContain('Whose data?')
})
