import type { JsonObject } from '../core/json.ts'
import type { Disagreement } from '../core/problem.ts'

/** What people decided about an order that is not what its deal says. */
export interface Decisions {
  /** By place: the two values that may differ, and no others. */
  readonly accepted: Readonly<Record<string, Pick<Disagreement, 'expected' | 'actual'>>>
  /** Places that are not watched any more. */
  readonly ignored: Readonly<Record<string, true>>
  /** What was written is to be written again. */
  readonly overwrite: boolean
}

export const undecided: Decisions = { accepted: {}, ignored: {}, overwrite: false }

/** The remedy where a difference is meant. */
export const orAccept = (deal = '<id of the deal>'): string => `If it is meant: crosswalk accept ${deal}.`

/** Reads decisions out of the ledger. */
export const decisionsOf = (stored: JsonObject | null): Decisions => ({
  accepted: (stored?.accepted ?? {}) as Decisions['accepted'],
  ignored: (stored?.ignored ?? {}) as Decisions['ignored'],
  overwrite: stored?.overwrite === true,
})

export function isSettled(
  { accepted, ignored }: Decisions,
  { place, expected, actual }: Pick<Disagreement, 'place' | 'expected' | 'actual'>,
): boolean {
  const one = accepted[place]
  return ignored[place] === true || (one !== undefined && one.expected === expected && one.actual === actual)
}
