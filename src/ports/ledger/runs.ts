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
  /** Until when it waits for a quota, after which it goes on by itself; null when it does not. */
  readonly waitsUntil: Instant | null
  /** Who asked for it; null for Crosswalk itself. */
  readonly actor: string | null
}
export interface Runs {
  start(sync: string, kind: RunKind, now: Instant, actor?: string | null): Promise<string>
  /** The newest run of this kind when it began less than `withinMs` before `now`, else a new one: hints that come one by one. */
  join(sync: string, kind: RunKind, now: Instant, withinMs: number): Promise<string>
  /** Adds to the counts. A run that waited for a quota has gone on. */
  count(id: string, counts: Readonly<Record<string, number>>): Promise<void>
  finish(id: string, end: { state: 'done' | 'stopped'; reason: string | null; now: Instant }): Promise<void>
  /** It goes no further before a quota is free again. */
  wait(ids: readonly string[], why: { reason: string; until: Instant; now: Instant }): Promise<void>
  /** Newest first. @param filter.after  the id of the last one that is known */
  list(filter: { sync?: string; kind?: RunKind; after?: string; max: number }): Promise<readonly Run[]>
}
