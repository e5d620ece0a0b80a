import type { Json } from '../../core/json.ts'
import type { RecordRef } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'

export interface TimelineEntry {
  readonly sync: string
  /** Whose story it belongs to. */
  readonly ref: RecordRef
  readonly at: Instant
  /** `won`, `intended`, `created`, `adopted`, `confirmed`, `updated`, `reported`, `problem`, `released`, … */
  readonly event: string
  readonly text: string
  readonly details: Json
  /** The person or program that asked for it; null for Crosswalk itself. */
  readonly actor: string | null
}
export interface Timeline {
  add(entries: readonly TimelineEntry[]): Promise<void>
  /** Oldest first, over all syncs. An id alone may name records of several accounts: each entry tells whose it is. */
  of(record: Partial<RecordRef> & Pick<RecordRef, 'id'>): Promise<readonly TimelineEntry[]>
  /** What a sync in shadow would have done since a moment, the newest first: one entry for each record, its last. */
  planned(sync: string, since: Instant, max: number): Promise<readonly TimelineEntry[]>
}
