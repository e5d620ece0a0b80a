import { type Instant, shift, toMillis } from '../../core/time.ts'
import type { Condition, Severity } from '../../ports/alerts.ts'
import type { Told } from '../../ports/ledger/alerts.ts'
import { hasGrown } from '../problems/worse.ts'

/** A change of state that people are told. */
export interface Change {
  /** `grown`: ten times as many records wait as were told. */
  readonly what: 'new' | 'grown' | 'still_open' | 'over'
  readonly condition: Condition
}

export interface Plan {
  readonly changes: readonly Change[]
  /** What the channel knows once it was told of these: rows that are new or differ, and subjects that it may forget. */
  readonly told: readonly Told[]
  readonly over: readonly string[]
  /** Conditions that are open, as far as the channel is told of them. */
  readonly open: number
}

interface Rules {
  readonly severities: readonly Severity[]
  readonly remindHours: readonly number[]
}

const hourMs = 3_600_000

/**
 * What a channel is to be told: the difference between what is open and what it was told of.
 * @param covered  subjects that follow from another condition, or are muted: they are not told anew, and not told to be over
 */
export function planAlerts(
  open: readonly Condition[],
  covered: ReadonlySet<string>,
  known: readonly Told[],
  rules: Rules,
  now: Instant,
): Plan {
  const before = new Map(known.map((one) => [one.subject, one]))
  const changes: Change[] = []
  const told: Told[] = []
  const still = new Set<string>()
  for (const one of open) {
    const last = before.get(one.subject)
    // Closed and opened again before anybody was told: for people it was open all the time.
    const since = last !== undefined && last.condition.since < one.since ? last.condition.since : one.since
    const step = remindersAt(since, rules.remindHours, now)
    const severity = step > 0 ? 'urgent' : one.severity
    const condition = { ...one, since, severity }
    if (last === undefined && (covered.has(one.subject) || !rules.severities.includes(severity))) continue
    still.add(one.subject)
    const what = whatOf(condition, step, last)
    if (what === null || covered.has(one.subject)) continue
    changes.push({ what, condition })
    told.push({ subject: one.subject, condition, step, toldAt: now })
  }
  const over = known.filter((one) => !still.has(one.subject))
  changes.push(...over.map(({ condition }): Change => ({ what: 'over', condition })))
  return { changes, told, over: over.map((one) => one.subject), open: still.size }
}

function whatOf(condition: Condition, step: number, last: Told | undefined): Change['what'] | null {
  if (last === undefined) return 'new'
  if (step > last.step) return 'still_open'
  return hasGrown(condition.waiting, last.condition.waiting) ? 'grown' : null
}

/** How many reminders are due of what is open since then. */
function remindersAt(since: Instant, hours: readonly number[], now: Instant): number {
  const open = (toMillis(now) - toMillis(since)) / hourMs
  const last = Math.max(...hours)
  return hours.filter((one) => one <= open).length + Math.max(0, Math.floor(open / last) - 1)
}

interface Timing {
  /** Since when there is something to tell. */
  readonly waitingSince: Instant
  /** When the channel was told last; null when it never was. */
  readonly toldAt: Instant | null
  readonly groupMs: number
  readonly pauseMs: number
}

/** Whether it is time to tell: what changes together goes together, and only what is urgent comes soon after a message. */
export function isTime(changes: readonly Change[], timing: Timing, now: Instant): boolean {
  if (now < shift(timing.waitingSince, timing.groupMs)) return false
  if (timing.toldAt === null || now >= shift(timing.toldAt, timing.pauseMs)) return true
  return changes.some(({ what, condition }) => what !== 'over' && condition.severity === 'urgent')
}
