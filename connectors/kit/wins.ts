import type { Instant } from '../../src/core/time.ts'

/** One entry of a deal's history of stages. */
export interface StageEntry {
  readonly at: Instant
  /** Whether the stage counts as won; null for a stage that is not there any more. */
  readonly won: boolean | null
}

export interface Win {
  readonly at: Instant
  /** Whether the deal was won from its first entry on, so that nothing tells when it was won in fact. */
  readonly made: boolean
}

/**
 * When a deal that is won became so: the entry into the first of the won stages since it was last in another one. A move
 * from one won stage to another is no new win.
 * @param history  all stages of the deal, oldest first
 * @returns null when the history does not tell, as when it ends in a stage that is not won
 */
export function lastWin(history: readonly StageEntry[]): Win | null {
  let at: Instant | null = null
  for (const entry of history.toReversed()) {
    if (entry.won === null) return null
    if (!entry.won) return at === null ? null : { at, made: false }
    at = entry.at
  }
  return at === null ? null : { at, made: true }
}

/** What a connector calls these on the records of its deals, for mappings to read. */
export const wonFields = {
  won_at: { label: 'When it was won, by the history of its stages', type: 'instant' },
  made_won: { label: 'Won from the moment it was made, as by an import', type: 'boolean' },
} as const

/** Null where nothing tells when the deal was won, and where it is not. */
export const wonValues = (win: Win | null | undefined): { won_at: Instant | null; made_won: boolean } => ({
  won_at: win?.at ?? null,
  made_won: win?.made ?? false,
})
