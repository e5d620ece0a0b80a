import { DateTime } from 'luxon'
import type { SimulatorReply } from '../../../src/simulator/server.ts'

interface LimitsOptions {
  readonly tenSecondly?: number
  readonly searchSecondly?: number
  readonly daily?: number
}

/**
 * Counts calls in ten seconds and in a day, which ends at midnight of the account's zone, and searches in one second; a limit
 * that is not given does not hold.
 */
export function openLimits(now: () => number, timeZone: string, options: LimitsOptions) {
  let { tenSecondly, daily } = options
  const { searchSecondly } = options
  const recent: number[] = []
  const searches: number[] = []
  const today = { date: '', calls: 0 }
  const count = (times: number[], windowMs: number): number => {
    while (times[0] !== undefined && times[0] <= now() - windowMs) times.shift()
    return times.length
  }
  function ofToday(): number {
    const date = DateTime.fromMillis(now(), { zone: timeZone }).toISODate() ?? ''
    if (date !== today.date) Object.assign(today, { date, calls: 0 })
    return today.calls
  }
  const limited = (policyName: string, words: string): SimulatorReply => ({
    status: 429,
    body: { status: 'error', message: `You have reached your ${words} limit.`, errorType: 'RATE_LIMIT', policyName },
  })
  function headers(): Readonly<Record<string, string>> {
    return {
      ...(tenSecondly === undefined
        ? {}
        : {
            'x-hubspot-ratelimit-max': String(tenSecondly),
            'x-hubspot-ratelimit-remaining': String(tenSecondly - recent.length),
            'x-hubspot-ratelimit-interval-milliseconds': '10000',
          }),
      ...(daily === undefined
        ? {}
        : {
            'x-hubspot-ratelimit-daily': String(daily),
            'x-hubspot-ratelimit-daily-remaining': String(daily - ofToday()),
          }),
    }
  }
  return {
    take(isSearch: boolean): {
      readonly refused: SimulatorReply | null
      readonly headers: Readonly<Record<string, string>>
    } {
      if (isSearch && searchSecondly !== undefined) {
        if (count(searches, 1000) >= searchSecondly) return { refused: limited('SECONDLY', 'secondly'), headers: {} }
        searches.push(now())
      }
      if (tenSecondly !== undefined && count(recent, 10_000) >= tenSecondly)
        return { refused: limited('TEN_SECONDLY_ROLLING', 'ten_secondly_rolling'), headers: {} }
      if (daily !== undefined && ofToday() >= daily) return { refused: limited('DAILY', 'daily'), headers: {} }
      if (tenSecondly !== undefined) recent.push(now())
      today.calls = ofToday() + 1
      // Search replies carry no headers of the limit.
      return { refused: null, headers: isSearch ? {} : headers() }
    },
    /** Both limits from now on. */
    limit(calls: number): void {
      tenSecondly = daily = calls
    },
    /** Calls of other apps: the day is that of the account. */
    spend(calls: number): void {
      today.calls = ofToday() + calls
    },
  }
}
