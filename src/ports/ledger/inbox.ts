import type { RecordRef } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'
import type { Lane } from '../http.ts'

/** One row a (sync, record), however many hints came. */
export interface Inbox {
  /**
   * A hint for a record in work marks it again, so that `settle` keeps it. A live hint overrides a later `notBefore`
   * and raises the lane. @returns how many rows are new
   */
  add(sync: string, records: readonly RecordRef[], options: { lane: Lane; run?: string | null }): Promise<number>
  /** Claims what is due of the best lane that has anything, oldest first, with SKIP LOCKED and a lease. */
  claim(sync: string, options: { max: number; worker: string; leaseMs: number }): Promise<readonly Claim[]>
  /** Extends the leases. @returns false when one was lost to another worker: stop working on the batch. */
  renew(claims: readonly Claim[], leaseMs: number): Promise<boolean>
  /** Done: rows go, unless a hint came meanwhile; then they wait again. Rows claimed by others since are left alone. */
  settle(claims: readonly Claim[]): Promise<void>
  /** Back to waiting, not before `afterMs` from now; counts an attempt. */
  defer(claims: readonly Claim[], afterMs: number): Promise<void>
  /** As `defer`, where nothing was attempted. */
  postpone(claims: readonly Claim[], afterMs: number): Promise<void>
  /** Frees leases that lapsed, because their worker died. */
  free(): Promise<void>
  /** Records that wait and that nobody works on, the oldest first. In a transaction nobody begins to before its end. */
  waiting(sync: string, max: number): Promise<readonly RecordRef[]>
  /** What waits, by sync; changes nothing. */
  counts(): Promise<readonly InboxCount[]>
  /** What waits of one sync, by lane, the best one first; lanes without anything are left out. */
  lanes(sync: string): Promise<readonly LaneCount[]>
  /** How many of the records that a run queued still wait, or are in work, in the lane for backfills. */
  leftOf(sync: string, run: string): Promise<number>
}
export interface LaneCount extends Pick<InboxCount, 'due' | 'later' | 'inWork'> {
  readonly lane: Lane
}
export interface Claim {
  readonly sync: string
  readonly ref: RecordRef
  readonly lane: Lane
  readonly run: string | null
  /** Deferrals so far. */
  readonly attempts: number
  readonly worker: string
  readonly version: string
  readonly hintedAt: Instant
}
export interface InboxCount {
  readonly sync: string
  readonly due: number
  readonly later: number
  readonly inWork: number
  readonly oldest: Instant | null
  readonly bestLane: Lane | null
  /** Milliseconds until the next of those that wait for later is due, null when none waits. */
  readonly nextInMs: number | null
}
