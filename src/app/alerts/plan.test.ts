import { describe, expect, test } from '@jest/globals'
import { type Instant, shift } from '../../core/time.ts'
import type { Condition } from '../../ports/alerts.ts'
import type { Told } from '../../ports/ledger/alerts.ts'
import { overdueSince } from './conditions.ts'
import { isTime, planAlerts } from './plan.ts'

const now = '2026-11-24T12:00:00.000Z' as Instant
const ago = (hours: number) => shift(now, -hours * 3_600_000)
const rules = { severities: ['warning', 'urgent'] as const, remindHours: [4, 24, 72] }
const condition = (change: Partial<Condition> = {}): Condition => ({
  subject: 'problem orders lookup_failed product AB-1',
  about: 'orders',
  severity: 'warning',
  kind: 'lookup_failed',
  title: 'Referenced record not found',
  message: 'No product AB-1.',
  fix: 'Create it.',
  command: 'crosswalk problems 1',
  since: ago(0),
  waiting: 1,
  record: 'deal',
  problem: '1',
  ...change,
})
const told = (change: Partial<Condition> = {}, step = 0): Told => {
  const one = condition(change)
  return { subject: one.subject, condition: one, step, toldAt: ago(1) }
}
const none = new Set<string>()

describe('what a channel is told', () => {
  test.each([
    ['nothing while nothing is open', [], [], []],
    ['what is new', [condition()], [], ['new warning']],
    ['nothing of what it knows', [condition()], [told()], []],
    ['what is over', [], [told()], ['over warning']],
    [
      'what is still open after the first hours, as urgent',
      [condition({ since: ago(4) })],
      [told()],
      ['still_open urgent'],
    ],
    ['nothing between two reminders', [condition({ since: ago(23) })], [told({ since: ago(23) }, 1)], []],
    ['the next reminder', [condition({ since: ago(24) })], [told({ since: ago(24) }, 1)], ['still_open urgent']],
    ['nothing between the last hours and twice as many', [condition({ since: ago(143) })], [told({}, 3)], []],
    [
      'after the last hours, every time they pass',
      [condition({ since: ago(144) })],
      [told({}, 3)],
      ['still_open urgent'],
    ],
    [
      'one message of what was open for days before anybody was told',
      [condition({ since: ago(200) })],
      [],
      ['new urgent'],
    ],
    ['nothing of a few records more', [condition({ waiting: 9 })], [told({ waiting: 1 })], []],
    ['that ten times as many wait', [condition({ waiting: 10 })], [told({ waiting: 1 })], ['grown warning']],
    [
      'by its first opening what closed and opened again unseen',
      [condition({ since: ago(0) })],
      [told({ since: ago(4) })],
      ['still_open urgent'],
    ],
    ['nothing of what closed and opened again unseen', [condition({ since: ago(0) })], [told({ since: ago(3) })], []],
    ['one thing new and one over', [condition({ subject: 'b' })], [told()], ['new warning', 'over warning']],
  ] as const)('%s', (_name, open, known, expected) => {
    const { changes } = planAlerts(open, none, known, rules, now)
    expect(changes.map((one) => `${one.what} ${one.condition.severity}`)).toEqual(expected)
  })

  test.each([
    ['a warning, not', condition(), [], []],
    ['what is urgent, at once', condition({ severity: 'urgent' }), [], ['new']],
    ['a warning, once it is escalated', condition({ since: ago(5) }), [], ['new']],
  ] as const)('of urgent things alone: %s', (_name, one, known, expected) => {
    const { changes } = planAlerts([one], none, known, { ...rules, severities: ['urgent'] }, now)
    expect(changes.map(({ what }) => what)).toEqual(expected)
  })

  test('what follows from another condition is not told, and if it was told, it is not over', () => {
    const one = condition({ since: ago(30) })
    const covered = new Set([one.subject])
    expect(planAlerts([one], covered, [], rules, now)).toEqual({ changes: [], told: [], over: [], open: 0 })
    expect(planAlerts([one], covered, [told()], rules, now)).toEqual({ changes: [], told: [], over: [], open: 1 })
  })

  test('once it was told, it has nothing to be told', () => {
    const open = [condition(), condition({ subject: 'b', since: ago(30) })]
    const first = planAlerts(open, none, [], rules, now)
    expect(first.changes).toHaveLength(2)
    expect(planAlerts(open, none, first.told, rules, now).changes).toEqual([])
  })
})

describe('it is told', () => {
  const fresh = [{ what: 'new', condition: condition() }] as const
  const urgent = [{ what: 'new', condition: condition({ severity: 'urgent' }) }] as const
  const over = [{ what: 'over', condition: condition({ severity: 'urgent' }) }] as const
  const timing = { groupMs: 60_000, pauseMs: 900_000 }
  test.each([
    ['not before others could join it', fresh, 59, null, false],
    ['a minute after the first change', fresh, 60, null, true],
    ['not soon after another message', fresh, 60, 14, false],
    ['when the pause is over', fresh, 60, 15, true],
    ['soon after another message when it is urgent', urgent, 60, 1, true],
    ['not before others could join it, urgent or not', urgent, 30, 1, false],
    ['not soon after another message that something urgent is over', over, 60, 1, false],
  ] as const)('%s', (_name, changes, seconds, minutes, expected) => {
    const waitingSince = shift(now, -seconds * 1000)
    const toldAt = minutes === null ? null : shift(now, -minutes * 60_000)
    expect(isTime(changes, { waitingSince, toldAt, ...timing }, now)).toBe(expected)
  })
})

describe('a source is overdue', () => {
  const every = (cron: string, time_zone = 'UTC') => ({ cron, time_zone })
  // 2026-11-24 is a Tuesday.
  test.each([
    ['not without a schedule', null, 100, null],
    ['not after a look a minute ago', every('*/2 * * * *'), 1 / 60, null],
    ['not within the patience', every('*/2 * * * *'), 0.5, null],
    ['half an hour after the first look that did not come', every('*/2 * * * *'), 1, '2026-11-24T11:02:00.000Z'],
    ['not at night, when its schedule has none', every('0 6-7 * * *'), 4.9, null],
    ['in the morning after', every('30 11 * * *'), 24, '2026-11-24T11:30:00.000Z'],
    ['by the clock of its time zone', every('30 12 * * *', 'Europe/Berlin'), 24, '2026-11-24T11:30:00.000Z'],
    ['not on Tuesday when it is due on Fridays', every('0 8 * * 5'), 90, null],
  ] as const)('%s', (_name, schedule, hours, expected) => {
    expect(overdueSince(schedule, ago(hours), 30, now)).toBe(expected)
  })
})
