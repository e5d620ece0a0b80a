import type { Failure } from '../../core/problem.ts'

/** What became of one record of a batch: exactly one for each. */
export type Outcome =
  | { readonly done: Done }
  /** Waits for a person, for the system, or for a second look, as the failure's kind says. */
  | { readonly failed: Failure }
  /** Later once more, in so many milliseconds, without a failure of its own. */
  | { readonly again: number }

/** Names of outcomes in the counts of runs. */
export type Done =
  | 'created'
  | 'updated'
  /** As it should be already. */
  | 'unchanged'
  | 'cancelled'
  /** Written back to the source's record. */
  | 'reported'
  /** None of this sync's: not won, gone, from before the sync began. */
  | 'left_out'
  /** On a bench that writes nothing: what a live one would do is noted. */
  | 'planned'
