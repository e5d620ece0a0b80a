import type { Failure } from '../../core/problem.ts'

/** The outcome of one record of a batch: exactly one for each. */
export type Outcome =
  | { readonly done: Done }
  /** Parked, deferred or looked up again, as the failure's kind says. */
  | { readonly failed: Failure }
  /** Nothing was attempted, and may be after so many milliseconds. */
  | { readonly later: number }

/** Names of outcomes in the counts of runs. */
export type Done =
  | 'created'
  | 'updated'
  /** Nothing to write. */
  | 'unchanged'
  | 'cancelled'
  /** Written back to the source's record. */
  | 'reported'
  /** Not to be delivered by this sync: not won, gone, won before the sync began. */
  | 'left_out'
  /** Dry run: what a live bench would do is noted. */
  | 'planned'
