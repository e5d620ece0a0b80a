import { describe, expect, test } from '@jest/globals'
import { type Instant, type PlainDate, shift } from '../../core/time.ts'
import type { KnownProblem, ProblemMute } from '../../ports/ledger/problems.ts'
import { stateOf, todayIn } from './state.ts'

const now = '2026-11-24T12:00:00.000Z' as Instant
const ago = (hours: number) => shift(now, -hours * 3_600_000)
const problem: KnownProblem = {
  ...{ id: '1', sync: 'orders', kind: 'lookup_failed', causeKey: 'c', message: 'm', fix: 'f', field: null },
  ...{ firstSeen: ago(1), lastSeen: ago(0), waiting: 3, records: [], isOpen: true, cameBack: 0, waited: 3 },
  ...{ touchedAt: null, assignee: null, mute: null, closedAt: null, closedHow: null, closedBy: null },
}
const mute = (change: Partial<ProblemMute> = {}): ProblemMute => ({
  ...{ at: ago(1), by: 'ida', because: 'b', until: null, waiting: 3, kind: 'lookup_failed', ...change },
})
const day = (text: string) => text as PlainDate

describe('a problem is', () => {
  test.each<[string, string, Partial<KnownProblem>]>([
    ['new', 'since eight hours at most', { firstSeen: ago(7.9) }],
    ['ongoing', 'from then on', { firstSeen: ago(8) }],
    ['ongoing', 'once somebody did something about it', { touchedAt: ago(0) }],
    ['came_back', 'when it opened again', { cameBack: 1, firstSeen: ago(100) }],
    ['ongoing', 'when somebody did something since', { cameBack: 1, touchedAt: ago(0) }],
    ['escalating', 'when ten times as many wait', { waiting: 30 }],
    ['new', 'when a few less do', { waiting: 29 }],
    ['escalating', 'when it came back and grew', { waiting: 30, cameBack: 2, touchedAt: ago(0) }],
    ['ongoing', 'when it is not known how many waited', { waiting: 3000, waited: null, firstSeen: ago(9) }],
    ['escalating', 'when ten wait on one of a whole sync', { waiting: 10, waited: 0 }],
    ['muted', 'until it gets worse', { mute: mute(), waiting: 29 }],
    ['escalating', 'and no longer when ten times as many wait', { mute: mute(), waiting: 30 }],
    [
      'muted',
      'while more wait than at first, though not than when it was muted',
      { mute: mute({ waiting: 5 }), waiting: 49 },
    ],
    ['ongoing', 'and no longer when its kind is graver', { mute: mute(), kind: 'auth_rejected', touchedAt: ago(0) }],
    ['muted', 'when it was as grave', { mute: mute({ kind: 'guard_tripped' }), kind: 'auth_rejected' }],
    ['muted', 'until its day', { mute: mute({ until: day('2026-11-25') }) }],
    ['new', 'and no longer on it', { mute: mute({ until: day('2026-11-24') }) }],
    ['closed', 'whatever else it was', { isOpen: false, mute: mute(), waiting: 0 }],
  ])('%s %s', (state, _when, change) => {
    expect(stateOf({ ...problem, ...change }, todayIn('UTC', now))).toBe(state)
  })

  test('muted until a day of where people are told', () => {
    const muted = { ...problem, mute: mute({ until: day('2026-11-25') }) }
    const late = '2026-11-24T23:30:00.000Z' as Instant
    expect(stateOf(muted, todayIn('UTC', late))).toBe('muted')
    expect(stateOf(muted, todayIn('Europe/Berlin', late))).not.toBe('muted')
  })
})
