import { expect, test } from '@jest/globals'
import { decimal } from '../../core/decimal.ts'
import { type Instant, shift } from '../../core/time.ts'
import type { Condition } from '../../ports/alerts.ts'
import type { HeldBy } from '../../ports/ledger/alerts.ts'
import { messageOf } from './message.ts'
import type { Change } from './plan.ts'

const now = '2026-11-24T12:00:00.000Z' as Instant
const condition = (change: Partial<Condition>): Condition => ({
  subject: 'a',
  about: 'orders',
  severity: 'warning',
  kind: 'totals_differ',
  title: 'Totals differ',
  message: 'Order S1 has\n net 1, but the deal has 2.',
  fix: 'Compare the lines of both.',
  command: 'crosswalk problems 7',
  since: shift(now, -125 * 60_000),
  waiting: 1,
  record: 'deal',
  problem: '7',
  ...change,
})
const context = (held: readonly HeldBy[] = []) => ({
  name: 'Acme',
  timeZone: 'Europe/Berlin',
  channel: 'office',
  now,
  held: new Map(held.map((one) => [one.problem, one])),
})
const message = (changes: readonly Change[], held: readonly HeldBy[] = [], open = changes.length) =>
  messageOf({ changes, told: [], over: [], open }, context(held))

test('a problem is what, since when, what waits, what to do and the command', () => {
  const held = {
    problem: '7',
    unknown: 1,
    records: [
      {
        connection: 'hubspot',
        object: 'deals',
        id: '901',
        label: '20 pumps (901)',
        amount: decimal('1234567.5'),
        currency: 'EUR',
      },
      { connection: 'hubspot', object: 'deals', id: '902', label: null, amount: null, currency: null },
    ],
    sums: [
      { currency: 'EUR', amount: decimal('1234567.5') },
      { currency: 'JPY', amount: decimal('9900') },
    ],
  }
  const { subject, lines } = message([{ what: 'new', condition: condition({ waiting: 3 }) }], [held])
  expect(subject).toBe('[Acme] New: Totals differ (orders)')
  expect(lines).toEqual([
    'New: Totals differ (orders)',
    '  What: Order S1 has net 1, but the deal has 2.',
    '  Since: 2026-11-24 10:55 (Europe/Berlin), for 2 h',
    '  Held back: 3 deals, EUR 1,234,567.50 and JPY 9,900 and 1 without a known amount: 20 pumps (901), deal 902 and 1 more',
    '  What to do: Compare the lines of both.',
    '  Look: crosswalk problems 7',
    '',
    '1 open in all: crosswalk problems',
  ])
})

test('hundreds of problems of one kind are one paragraph, with ten names and the whole sum', () => {
  const ids = Array.from({ length: 412 }, (_, index) => String(index + 1))
  const changes = ids.map((id): Change => ({ what: 'new', condition: condition({ subject: id, problem: id }) }))
  const held = ids.map((id): HeldBy => {
    const amount = decimal(`${id}.1`)
    return {
      problem: id,
      unknown: 0,
      records: [{ connection: 'hubspot', object: 'deals', id, label: `Deal ${id}`, amount, currency: 'EUR' }],
      sums: [{ currency: 'EUR', amount }],
    }
  })
  const { lines } = message(changes, held)
  expect(lines).toHaveLength(8)
  expect(lines[1]).toBe('  What: 412 of this kind. One of them: Order S1 has net 1, but the deal has 2.')
  expect(lines[3]).toBe(
    '  Held back: 412 deals, EUR 85,119.20 in all: Deal 412, Deal 411, Deal 410, Deal 409, Deal 408, Deal 407, Deal 406, Deal 405, Deal 404, Deal 403 and 402 more',
  )
  expect(lines[5]).toBe('  Look: crosswalk problems --sync orders --kind totals_differ')
})

test('what is urgent comes first, and what is over last', () => {
  const { subject, lines } = message([
    { what: 'over', condition: condition({ severity: 'urgent' }) },
    { what: 'new', condition: condition({}) },
    {
      what: 'still_open',
      condition: condition({ severity: 'urgent', about: 'connection odoo', title: 'Login refused' }),
    },
  ])
  expect(subject).toBe('[Acme] URGENT: Login refused (connection odoo), and 2 more')
  expect(lines.filter((line) => /^\w/.test(line))).toEqual([
    'Still open, urgent: Login refused (connection odoo)',
    'New: Totals differ (orders)',
    'Solved: Totals differ (orders)',
    '3 open in all: crosswalk problems',
  ])
})

test('problems of more kinds than anybody reads are counted', () => {
  const changes = Array.from(
    { length: 30 },
    (_, index): Change => ({ what: 'new', condition: condition({ kind: `k${index}` }) }),
  )
  const { lines } = message(changes)
  expect(lines.filter((line) => line.startsWith('New:'))).toHaveLength(20)
  expect(lines).toContain('And 10 more: crosswalk problems')
})

test('that all is clear is said when it is', () => {
  const over: Change = { what: 'over', condition: condition({}) }
  expect(message([over], [], 0).subject).toBe('[Acme] All clear: Totals differ (orders)')
  expect(message([over], [], 0).lines.at(-1)).toBe('All clear: nothing is open any more.')
  expect(message([over], [], 2).subject).toBe('[Acme] Solved: Totals differ (orders)')
})

test('the same message has the same id when it is made again, and another message another one', () => {
  const change: Change = { what: 'new', condition: condition({}) }
  expect(message([change]).id).toBe(message([{ ...change }]).id)
  expect(message([change]).id).not.toBe(message([{ ...change, what: 'over' }]).id)
})
