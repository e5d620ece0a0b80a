import type { Instant } from '../core/time.ts'

/** Time comes from outside, so that tests need not wait. */
export interface Clock {
  now(): Instant
  /** Resolves after `ms`, or at once when `signal` fires. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
