import type { Json } from '../../core/json.ts'
import type { Instant } from '../../core/time.ts'

export interface TimelineEntry {
  readonly sync: string
  readonly recordId: string
  readonly at: Instant
  /** `won`, `intended`, `created`, `adopted`, `confirmed`, `updated`, `reported`, `problem`, `released`, … */
  readonly event: string
  readonly text: string
  readonly details: Json
}
export interface Timeline {
  add(entries: readonly TimelineEntry[]): Promise<void>
  /** Oldest first, over all syncs. */
  of(recordId: string): Promise<readonly TimelineEntry[]>
  /** @returns how many were removed */
  purge(before: Instant): Promise<number>
}
