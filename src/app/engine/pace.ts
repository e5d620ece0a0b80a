import { type Instant, shift, toMillis } from '../../core/time.ts'

/** What is looked back on, and what has to be seen before anything is said. */
const spanMs = 300_000
const leastMs = 20_000
const stepMs = 2_000
const followedMax = 100

/** How fast backfills go, as far as this process has watched them. */
export interface Paces {
  /**
   * Notes how many records of a run are left.
   * @returns when none will be left at the rate of the last minutes; null while that is not known, or nothing moves
   */
  note(run: string, left: number, now: Instant): Instant | null
}

interface Sample {
  readonly at: number
  readonly left: number
}

export function openPaces(): Paces {
  const samples = new Map<string, readonly Sample[]>()
  return {
    note(run, left, now) {
      const at = toMillis(now)
      const kept = (samples.get(run) ?? []).filter((one) => one.at > at - spanMs && one.at <= at)
      const last = kept.at(-1)
      const seen = last !== undefined && at - last.at < stepMs ? kept : [...kept, { at, left }]
      samples.delete(run)
      if (left > 0) samples.set(run, seen)
      for (const old of [...samples.keys()].slice(0, -followedMax)) samples.delete(old)
      const [first] = seen
      if (first === undefined || left === 0 || at - first.at < leastMs || first.left <= left) return null
      const msOfOne = (at - first.at) / (first.left - left)
      return shift(now, Math.round(msOfOne * left))
    },
  }
}
