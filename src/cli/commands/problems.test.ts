import { expect, test } from '@jest/globals'
import type { PlainDate } from '../../core/time.ts'
import { aProblem, cli, now, text } from '../fake.ts'

test('lists cause, remedy and records', async () => {
  const whole = { ...aProblem, id: '7', kind: 'guard_tripped' as const, waiting: 0, records: [], field: null }
  const { code, out, err } = await cli('problems', { problems: async () => [aProblem, whole] })
  expect({ code, err }).toEqual({ code: 0, err: '\nOnce the cause is fixed: crosswalk retry <id>\n' })
  expect(out).toBe(text`
    12  Referenced record not found
        deals · 5 records · field product_id · since 2 h ago · last seen 3 min ago
        Odoo has no product with default_code "AB-1", which line 2 of the deal names.
        What to do: Create the product in Odoo; the deals are then delivered by themselves.
        Records: 901 902 903 and 2 more

    7  More new orders than the guard allows
       deals · since 2 h ago · last seen 3 min ago
       Odoo has no product with default_code "AB-1", which line 2 of the deal names.
       What to do: Create the product in Odoo; the deals are then delivered by themselves.
  `)
})

test('says that there are none', async () => {
  expect(await cli('problems', { problems: async () => [] })).toMatchObject({
    code: 0,
    out: '✓ No problems.\n',
    err: '',
  })
})

test('filters', async () => {
  const asked: unknown[] = []
  await cli('problems --sync deals --kind lookup_failed --max 5', {
    async problems(filter) {
      asked.push(filter)
      return []
    },
  })
  expect(asked).toEqual([{ sync: 'deals', kind: 'lookup_failed', max: 5 }])
})

test('shows one with all its records', async () => {
  const waiting = ['901', '902', '903', '904', '905'].map((id) => ({ connection: 'hubspot', object: 'deals', id }))
  const deeds = [
    { at: now, deed: 'muted', actor: 'ida', about: 'It comes next week' },
    { at: now, deed: 'assigned', actor: null, about: 'eve' },
    { at: now, deed: 'retried', actor: 'eve', about: null },
  ] as const
  const found = { problem: aProblem, waiting, deeds }
  const { code, out } = await cli('problems 12', { problem: async () => found })
  expect(code).toBe(0)
  expect(out).toContain('Records: 901 902 903 904 905\n')
  const told = ['muted by ida: It comes next week', 'assigned to eve', 'retried by eve']
  expect(out.split('What was done:\n')[1]).toBe(told.map((one) => `  2026-11-24 10:30:00  ${one}\n`).join(''))
  expect(JSON.parse((await cli('problems 12 --json', { problem: async () => found })).out)).toEqual(found)
})

test('one that is not there is not found', async () => {
  expect(await cli('problems 99', { problem: async () => null })).toMatchObject({
    code: 1,
    out: 'There is no problem 99.\n',
  })
  expect(await cli('problems 99 --json', { problem: async () => null })).toMatchObject({ code: 1, out: 'null\n' })
})

test('--json gives the problems', async () => {
  expect(JSON.parse((await cli('problems --json', { problems: async () => [aProblem] })).out)).toEqual([aProblem])
})

test.each([
  ['--muted', { state: 'muted' }],
  ['--closed', { state: 'closed' }],
  ['--assignee ida', { assignee: 'ida' }],
])('%s asks for those', async (options, filter) => {
  const asked: unknown[] = []
  const problems = async (given: unknown) => {
    asked.push(given)
    return []
  }
  const { out, code } = await cli(`problems ${options}`, { problems })
  expect({ code, asked }).toEqual({ code: 0, asked: [{ ...filter, max: 50 }] })
  expect(out).toMatch(/^✓ No problems(\.| that are (muted|closed)\.)\n$/)
})

test('muted and closed ones are not asked for at once', async () => {
  expect((await cli('problems --muted --closed')).code).toBe(2)
})

test('says of each in which state it is', async () => {
  const mute = { at: now, by: 'ida', because: 'It comes next week', waiting: 5, kind: aProblem.kind } as const
  const problems = [
    { ...aProblem, state: 'muted', assignee: 'eve', cameBack: 2, mute: { ...mute, until: null } },
    { ...aProblem, state: 'muted', mute: { ...mute, until: '2026-12-01' as PlainDate } },
    // Its mute is over.
    { ...aProblem, state: 'escalating', mute: { ...mute, until: null } },
    { ...aProblem, isOpen: false, state: 'closed', closedAt: now, closedHow: 'retried', closedBy: 'ida' },
    { ...aProblem, isOpen: false, state: 'closed' },
  ] as const
  const { out } = await cli('problems', { problems: async () => problems })
  const [first = '', second = '', third = '', fourth = '', fifth = ''] = out.split('\n\n')
  expect(first).toContain('muted · deals · 5 records')
  expect(first).toMatch(/came back 2\s+times · assigned to eve/)
  expect(first).toContain('Muted just now by ida until it gets worse: It comes next week')
  expect(second).toContain('until it gets worse or 2026-12-01: It comes')
  expect(third).toContain('escalating · deals')
  expect(third).not.toContain('Muted')
  expect(fourth).toContain('Closed just now: retried by ida')
  expect(fourth).not.toContain('What to do')
  expect(fifth).toContain('Closed: how is not known')
})
