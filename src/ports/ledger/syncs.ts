import type { RecordKind } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'
import type { Cursor } from '../connector.ts'

/** What is remembered of a sync beside its configuration. */
export interface SyncState {
  readonly sync: string
  readonly enabledAt: Instant
  readonly mode: 'live' | 'shadow'
  /** Digest of the mappings in force, to release records when they change. */
  readonly mappings: string | null
  /** Why nothing is delivered until a person says so; null when it runs. */
  readonly heldBecause: string | null
  /** New orders allowed beyond the guard, until used or out of date. */
  readonly extraOrders: number
  /** When its source was last looked at with success. */
  readonly lookedAt: Instant | null
  /** By object that is followed. */
  readonly cursors: Readonly<Record<string, Cursor>>
}
export interface Syncs {
  /** Creates the row at first sight with `enabledAt` = now. */
  get(sync: string, now: Instant): Promise<SyncState>
  /** As `get` would answer; a row that is not there is not created. */
  peek(sync: string, now: Instant): Promise<SyncState>
  /** The same of several, at once and in their order. */
  peekAll(syncs: readonly string[], now: Instant): Promise<readonly SyncState[]>
  set(sync: string, change: Partial<Omit<SyncState, 'sync' | 'cursors'>>): Promise<void>
  setCursor(sync: string, object: string, cursor: Cursor): Promise<void>
  /** Everything is looked at from the beginning again. */
  forgetCursors(sync: string): Promise<void>
  /**
   * Names the rows that a release before record references left for this sync.
   * @param records  whose records it works on @param watched  the object its cursor belonged to, null leaves the cursor alone @param kind  of its own links
   */
  nameRecords(sync: string, records: RecordKind, watched: string | null, kind: string): Promise<void>
  /**
   * Takes `wanted` new orders from the guard's allowance of the hour before `now`, all or nothing; races between
   * workers never allow more. @returns the number already used in that hour, and whether it was granted
   */
  takeAllowance(
    sync: string,
    wanted: number,
    perHour: number,
    now: Instant,
  ): Promise<{ granted: boolean; used: number }>
  /** New orders in the hour before `now`, as the guard counts them; changes nothing. */
  used(sync: string, now: Instant): Promise<number>
}
