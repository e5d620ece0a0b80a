import { expect, test } from '@jest/globals'
import { cli, fakePrompts } from '../fake.ts'

function counting(found: number) {
  const asked: unknown[] = []
  const backfill = async (sync: string, options: object) => {
    asked.push([sync, options])
    return { found }
  }
  return { asked, backfill }
}
const from = '2026-10-31T23:00:00.000Z'

test('shows the number, asks, and queues', async () => {
  const { asked, backfill } = counting(240)
  const prompts = fakePrompts(true)
  const { code, out } = await cli('backfill deals --from 2026-11-01', { backfill }, { prompts })
  expect(code).toBe(0)
  expect(prompts.asked).toEqual(['240 deals won since 2026-11-01 00:00:00 (Europe/Berlin). Deliver them?'])
  expect(asked).toEqual([
    ['deals', { from, dryRun: true }],
    ['deals', { from, dryRun: false }],
  ])
  expect(out).toBe(
    'Queued 240 deals won since 2026-11-01 00:00:00 (Europe/Berlin), to be delivered below live traffic:\n`crosswalk run deals`\n',
  )
})

test.each([false, null])('queues nothing when the answer is %s', async (answer) => {
  const { asked, backfill } = counting(240)
  const ended = await cli('backfill deals --from 2026-11-01', { backfill }, { prompts: fakePrompts(answer) })
  expect(ended).toMatchObject({ code: 1, out: '', err: 'Nothing was queued.\n' })
  expect(asked).toEqual([['deals', { from, dryRun: true }]])
})

test('asks nothing with --yes', async () => {
  const { backfill } = counting(240)
  const { code, out } = await cli('backfill deals --from 2026-11-01 --yes --json', { backfill })
  expect({ code, answer: JSON.parse(out) }).toEqual({ code: 0, answer: { found: 240, queued: true } })
})

test('queues nothing where there is nothing', async () => {
  const { asked, backfill } = counting(0)
  const { code, out } = await cli('backfill deals --from 2026-11-01 --yes --utc', { backfill })
  expect({ code, out }).toEqual({ code: 0, out: 'No deals won since 2026-11-01 00:00:00 (UTC).\n' })
  expect(asked).toHaveLength(1)
})

test('takes deals by their ids', async () => {
  const { asked, backfill } = counting(1)
  const prompts = fakePrompts(true)
  const { out } = await cli('backfill deals --deal 901 902', { backfill }, { prompts })
  expect(prompts.asked).toEqual(['1 deal. Deliver it?'])
  expect(asked.at(-1)).toEqual(['deals', { ids: ['901', '902'], dryRun: false }])
  expect(out).toBe('Queued 1 deal, to be delivered below live traffic: `crosswalk run deals`\n')
})

test('names deals that need none', async () => {
  const { out } = await cli('backfill deals --deal 901 --yes', { backfill: counting(0).backfill })
  expect(out).toBe('None of these is a won deal without an order.\n')
})

test.each([
  ['backfill deals --yes', 'Which deals?'],
  ['backfill deals --from 2026-11-01 --deal 901 --yes', 'Which deals?'],
  ['backfill deals --from 2026-11-01', 'There is no terminal to confirm on'],
  ['backfill deals --from yesterday --yes', '--from "yesterday" is no date'],
  ['backfill deals --from 2027-01-01 --yes', '--from "2027-01-01" has not come yet'],
])('%s is refused before anything is asked', async (line, message) => {
  const { code, err, opened } = await cli(line)
  expect({ code, opened }).toEqual({ code: 2, opened: [] })
  expect(err).toContain(message)
})
