import { schedule as cron } from 'node-cron'
import type { Log } from '../ports/log.ts'

/** The cron expression has seconds where it has six fields. */
export type Task = readonly [name: string, cron: string, work: () => Promise<void>]

const lookMs = 5_000
/** Shorter steps are those of a clock that is kept right. */
const stepMs = 2_000

/** Starts the periodic tasks of a process. A task that fails is logged and runs again at its next time. @returns ends them */
export function keepUp(tasks: readonly Task[], log: Log): () => Promise<void> {
  const started = tasks.map(([name, expression, work]) =>
    cron(
      expression,
      async () => {
        try {
          await work()
        } catch (error) {
          log.error('upkeep failed', { task: name, why: error instanceof Error ? error.message : String(error) })
        }
      },
      // A machine that slept has missed thousands of them.
      { noOverlap: true, suppressMissedWarning: true },
    ),
  )
  // Else each would wait until the clock has come again to the time that it waits for, be it in a day.
  let begun = Promise.resolve()
  const beginAnew = async () => {
    for (const task of started) {
      await task.stop()
      await task.start()
    }
  }
  const unwatch = onClockPutBack(() => {
    log.warn('the clock was put back: periodic tasks begin anew', {})
    begun = begun.then(beginAnew)
  })
  return async () => {
    unwatch()
    await begun
    for (const task of started) await task.destroy()
  }
}

/** Calls when the clock of the machine was put back. @returns ends it */
function onClockPutBack(told: () => void): () => void {
  const ahead = () => Date.now() - performance.now()
  let before = ahead()
  const timer = setInterval(() => {
    const now = ahead()
    if (now < before - stepMs) told()
    before = now
  }, lookMs)
  timer.unref()
  return () => clearInterval(timer)
}
