import type { Lane } from './http.ts'

/** A job says that a sync has work, never what the work is: losing every job loses nothing. */
export type Job =
  | {
      readonly queue: 'detect'
      readonly sync: string
      readonly kind: 'scheduled' | 'manual' | 'backfill'
      /** Who asked for it; absent for Crosswalk itself. */
      readonly actor?: string
    }
  | { readonly queue: 'deliver'; readonly sync: string; readonly lane: Lane }
  /** `sync`: for this one alone. */
  | { readonly queue: 'upkeep'; readonly task: string; readonly sync?: string }

export interface Schedule {
  readonly sync: string
  readonly cron: string
  readonly timeZone: string
}

export interface Queue {
  /** Adds jobs in one go. A job equal to one that waits is not added; one equal to a job at work is. */
  enqueue(jobs: readonly Job[]): Promise<void>
  /** Makes the stored schedules exactly these. */
  schedule(schedules: readonly Schedule[]): Promise<void>
  /** Stores again those of these that the store has lost, or that a clock put back since makes wait; the others stay as they are. */
  restore(schedules: readonly Schedule[]): Promise<void>
  /** Starts workers. The returned function stops taking jobs and resolves when those at work are done. */
  work(handle: (job: Job, signal: AbortSignal) => Promise<void>): Promise<() => Promise<void>>
  /** Jobs waiting and at work, by queue. */
  counts(): Promise<Readonly<Record<Job['queue'], { readonly waiting: number; readonly active: number }>>>
  close(): Promise<void>
}
