import type { SimulatorReply } from '../../../src/simulator/server.ts'

/** Counts calls in ten seconds and searches in one; a limit that is not given does not hold. */
export function openLimits(
  now: () => number,
  options: { readonly tenSecondly?: number; readonly searchSecondly?: number },
) {
  const recent: number[] = []
  const searches: number[] = []
  const count = (times: number[], windowMs: number): number => {
    while (times[0] !== undefined && times[0] <= now() - windowMs) times.shift()
    return times.length
  }
  const limited = (policyName: string, words: string): SimulatorReply => ({
    status: 429,
    body: { status: 'error', message: `You have reached your ${words} limit.`, errorType: 'RATE_LIMIT', policyName },
  })
  return {
    take(isSearch: boolean): {
      readonly refused: SimulatorReply | null
      readonly headers: Readonly<Record<string, string>>
    } {
      if (isSearch && options.searchSecondly !== undefined) {
        if (count(searches, 1000) >= options.searchSecondly)
          return { refused: limited('SECONDLY', 'secondly'), headers: {} }
        searches.push(now())
      }
      if (options.tenSecondly === undefined) return { refused: null, headers: {} }
      if (count(recent, 10_000) >= options.tenSecondly) {
        return { refused: limited('TEN_SECONDLY_ROLLING', 'ten_secondly_rolling'), headers: {} }
      }
      recent.push(now())
      // Search replies carry no headers of the limit.
      if (isSearch) return { refused: null, headers: {} }
      const headers = {
        'x-hubspot-ratelimit-max': String(options.tenSecondly),
        'x-hubspot-ratelimit-remaining': String(options.tenSecondly - recent.length),
        'x-hubspot-ratelimit-interval-milliseconds': '10000',
        'x-hubspot-ratelimit-daily': '650000',
      }
      return { refused: null, headers }
    },
  }
}
