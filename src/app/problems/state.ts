import { DateTime } from 'luxon'
import type { ProblemState } from '../../core/problem-life.ts'
import { type Instant, type PlainDate, parsePlainDate, shift } from '../../core/time.ts'
import type { KnownProblem } from '../../ports/ledger/problems.ts'
import { hasGrown, severityOf } from './worse.ts'

/** As long a problem is new, unless somebody does something about it. */
const newMs = 8 * 3_600_000

export interface Today {
  readonly now: Instant
  /** Where people are told: in the zone of the alerts. */
  readonly day: PlainDate
}

export function todayIn(zone: string, now: Instant): Today {
  const day = parsePlainDate(DateTime.fromISO(now, { zone }).toFormat('yyyy-MM-dd'))
  if (day === null) throw new Error(`${now} is no day in ${zone}`)
  return { now, day }
}

/** Muted until it gets worse: more records wait by far, it is of a graver kind, or its day has come. */
export function isMuted({ mute, waiting, kind }: Pick<KnownProblem, 'mute' | 'waiting' | 'kind'>, today: Today) {
  if (mute === null || hasGrown(waiting, mute.waiting)) return false
  if (severityOf(kind) === 'urgent' && severityOf(mute.kind) === 'warning') return false
  return mute.until === null || today.day < mute.until
}

export function stateOf(problem: KnownProblem, today: Today): ProblemState {
  const { isOpen, waiting, waited, touchedAt, cameBack, firstSeen } = problem
  if (!isOpen) return 'closed'
  if (isMuted(problem, today)) return 'muted'
  if (waited !== null && hasGrown(waiting, waited)) return 'escalating'
  if (touchedAt !== null) return 'ongoing'
  if (cameBack > 0) return 'came_back'
  return today.now < shift(firstSeen, newMs) ? 'new' : 'ongoing'
}
