import { fromMillis, type Instant, toMillis } from '../core/time.ts'

/** Reads a Retry-After header, in seconds or as an HTTP date. Null when there is none or it cannot be read. */
export function retryAfterMs(header: string | undefined, now: Instant): number | null {
  if (header === undefined) return null
  const text = header.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  // Only the forms with a weekday name: `Date.parse` would take a bare "-5" for a year.
  const at = /^[A-Z][a-z]{2}/.test(text) ? fromMillis(Date.parse(text)) : null
  return at === null ? null : Math.max(0, toMillis(at) - toMillis(now))
}
