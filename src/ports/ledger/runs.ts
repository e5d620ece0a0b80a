import type { Instant } from '../../core/time.ts'

export type RunKind = 'scheduled' | 'webhook' | 'manual' | 'backfill' | 'retry' | 'reconcile'
export interface Run {
  readonly id: string
  readonly sync: string
  readonly kind: RunKind
  readonly state: 'running' | 'done' | 'stopped'
  readonly startedAt: Instant
  readonly endedAt: Instant | null
  readonly counts: Readonly<Record<string, number>>
  /** Why it stopped early. */
  readonly reason: string | null
}
export interface Runs {
  start(sync: string, kind: RunKind, now: Instant): Promise<string>
  /** Adds to the counts. */
  count(id: string, counts: Readonly<Record<string, number>>): Promise<void>
  finish(id: string, end: { state: 'done' | 'stopped'; reason: string | null; now: Instant }): Promise<void>
  list(filter: { sync?: string; max: number }): Promise<readonly Run[]>
}
