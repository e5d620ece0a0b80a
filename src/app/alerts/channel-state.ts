import type { Failure } from '../../core/problem.ts'
import { type Instant, shift, toMillis } from '../../core/time.ts'
import type { ChannelState } from '../../ports/ledger/alerts.ts'
import type { Deps } from '../bench/deps.ts'

/** Exponential back-off of a channel that takes no message. */
const retryMs = { first: 30_000, most: 30 * 60_000 }

export const healthy = { failures: 0, failingSince: null, nextTryAt: null, failure: null } as const

export const unseen = (channel: string): ChannelState => ({
  channel,
  waitingSince: null,
  toldAt: null,
  ...healthy,
  certified: '0',
})

/** Whether a channel that took no message is to be tried again. */
export function mayTry({ nextTryAt }: ChannelState, now: Instant): boolean {
  const leftMs = nextTryAt === null ? 0 : toMillis(nextTryAt) - toMillis(now)
  // Longer than any wait is one of a clock that was put back since.
  return leftMs <= 0 || leftMs > retryMs.most
}

export const isOverdue = (since: Instant, minutes: number, now: Instant): boolean =>
  toMillis(now) - toMillis(since) >= minutes * 60_000

/**
 * The message stays untold, and is made anew at the next try: by then more may have changed, or nothing be left to tell.
 * @param problem  what a failure that lasts is told as, on the other channels
 */
export async function noteFailure(
  state: ChannelState,
  failure: Failure,
  problem: { readonly sync: string; readonly causeKey: string; readonly message: string },
  patienceMinutes: number,
  { ledger, clock, log }: Deps,
): Promise<void> {
  const now = clock.now()
  const failures = state.failures + 1
  const failingSince = state.failingSince ?? now
  const waitMs = Math.min(retryMs.most, retryMs.first * 2 ** Math.min(failures - 1, 10))
  const nextTryAt = shift(now, waitMs)
  await ledger.alerts.setChannel(state.channel, { ...state, failures, failingSince, nextTryAt, failure })
  log.warn('alert not sent', { channel: state.channel, why: failure.message, failures, next_try: nextTryAt })
  if (!isOverdue(failingSince, patienceMinutes, now)) return
  const { sync, causeKey, message } = problem
  await ledger.problems.raise([{ sync, causeKey, failure: { ...failure, message }, records: [] }])
}
