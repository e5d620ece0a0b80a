import { setTimeout as wait } from 'node:timers/promises'
import { fromMillis, type Instant } from '../core/time.ts'
import type { Clock } from '../ports/clock.ts'

export const systemClock: Clock = {
  now: () => fromMillis(Date.now()) as Instant,
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      if (signal?.aborted !== true) throw error
    }
  },
}

export const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
