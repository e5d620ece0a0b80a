import type { Instant } from '../../core/time.ts'
import type { Lane, Quota } from '../http.ts'

/** What is left of the calls of each system, and who waits for more. */
export interface Quotas {
  /** By connection; those of which nothing is known are not named. */
  usage(): Promise<readonly Usage[]>
  /** No record of this lane of a sync, nor of the lanes behind it, is claimed for so long. */
  wait(sync: string, lane: Lane, what: { readonly connection: string; readonly afterMs: number }): Promise<void>
  /** The waits that are not over. */
  waits(): Promise<readonly QuotaWait[]>
}
export interface Usage {
  readonly connection: string
  /** Of each window, as its system counts, less the calls that were taken since. */
  readonly quotas: readonly (Quota & { readonly endsAt: Instant })[]
  /** Calls at once; null where nothing is known of them. */
  readonly parallel: {
    /** As many as the system takes, as it was learnt, and at most by its connector or settings. */
    readonly calls: number
    readonly most: number
    /** That processes hold now. */
    readonly held: number
  } | null
}
export interface QuotaWait {
  readonly sync: string
  readonly lane: Lane
  readonly connection: string
  readonly until: Instant
  /** How many wait. */
  readonly records: number
}
