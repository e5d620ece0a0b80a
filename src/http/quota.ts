import type { Quota } from '../ports/http.ts'
import { longestWaitMs } from './retry-after.ts'

/** More calls than any window of any system allows. */
const limitMax = 1_000_000_000

/** What a reply tells of the quota, as far as it can be true. Null where it cannot: calls go on as before. */
export function soundQuota({ name, limit, remaining, windowMs }: Quota): Quota | null {
  if (!(limit >= 1 && limit <= limitMax) || Number.isNaN(remaining) || !(windowMs >= 1)) return null
  const whole = Math.floor(limit)
  return {
    name,
    limit: whole,
    remaining: Math.min(whole, Math.max(0, Math.floor(remaining))),
    windowMs: Math.min(longestWaitMs, Math.ceil(windowMs)),
  }
}
