import { fromMillis, type Instant, toMillis } from '../core/time.ts'

/** Nobody is waited for any longer: quotas are by the day at most, and what asks for more is mistaken. */
export const longestWaitMs = 24 * 60 * 60_000
/** So many seconds are no wait but a moment, which some gateways put there: 2001 as one, 33658 as the other. */
const epochMin = 1e9

/**
 * Reads a Retry-After header, in seconds or as an HTTP date; a moment in Unix time is understood as well. A day at most. Null when
 * there is none or it cannot be read.
 */
export function retryAfterMs(header: string | undefined, now: Instant): number | null {
  if (header === undefined) return null
  const text = header.trim()
  if (/^\d+(\.\d+)?$/.test(text)) {
    const seconds = Number(text)
    const waitMs =
      seconds < epochMin ? seconds * 1000 : seconds * (seconds < 1000 * epochMin ? 1000 : 1) - toMillis(now)
    return boundedWait(Math.ceil(waitMs))
  }
  // Only the forms with a weekday name: `Date.parse` would take a bare "-5" for a year.
  const at = /^[A-Z][a-z]{2}/.test(text) ? fromMillis(Date.parse(text)) : null
  return at === null ? null : boundedWait(toMillis(at) - toMillis(now))
}

/** A wait that somebody else asks for, whatever they ask. */
export const boundedWait = (ms: number): number => Math.min(longestWaitMs, Math.max(0, ms)) || 0
