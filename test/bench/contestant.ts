/** One way to get orders out of won deals, opened and warmed up: logged in, fields described, cursors at the present. */
export interface Contestant {
  /** Its own PostgreSQL, null without one. */
  readonly postgresPid: number | null
  /**
   * Looks for won deals once, and gets them across.
   * @param syncs  of Crosswalk alone: just these
   * @returns what it did by name; empty when there was nothing to do
   */
  pass(syncs: readonly string[]): Promise<Readonly<Record<string, number>>>
  close(): Promise<void>
}

/** `careful` is the batched script, but that it looks at what was made before it confirms it. */
export const contestants = ['sequential', 'batched', 'careful', 'crosswalk'] as const
export type ContestantName = (typeof contestants)[number]
