import { setTimeout as delay } from 'node:timers/promises'
import { Refusal } from './problem-reply.ts'

/** Work that may take longer than a request should: a comparison reads every won deal. */
export interface Errands {
  /**
   * Begins the work unless it is under way already under this key, and waits for it for a while.
   * @returns null while it goes on: whoever asks again joins it, and gets its end once
   * @throws what the work throws; Refusal when too much is under way
   */
  ask<T>(key: string, work: () => Promise<T>): Promise<{ readonly value: T } | null>
}

type Ended = { readonly value: unknown } | { readonly error: unknown }
const most = 50
/** For which an end is kept that nobody has asked for again. */
const keptMs = 600_000

/** @param patienceMs  well below the time after which proxies give up a request */
export function openErrands(patienceMs: number): Errands {
  const known = new Map<string, Promise<Ended>>()

  function begin(key: string, work: () => Promise<unknown>): Promise<Ended> {
    if (known.size >= most) throw new Refusal('too_many', `${most} comparisons and backfills are under way.`)
    const errand = work().then(
      (value): Ended => ({ value }),
      (error: unknown): Ended => ({ error }),
    )
    known.set(key, errand)
    void errand.then(async () => {
      await delay(keptMs, undefined, { ref: false })
      if (known.get(key) === errand) known.delete(key)
    })
    return errand
  }

  return {
    async ask<T>(key: string, work: () => Promise<T>) {
      const errand = known.get(key) ?? begin(key, work)
      const impatience = Promise.withResolvers<null>()
      const timer = setTimeout(() => impatience.resolve(null), patienceMs)
      const ended = await Promise.race([errand, impatience.promise])
      clearTimeout(timer)
      if (ended === null) return null
      if (known.get(key) === errand) known.delete(key)
      if ('error' in ended) throw ended.error
      return { value: ended.value as T }
    },
  }
}
