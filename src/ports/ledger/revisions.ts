import type { JsonObject } from '../../core/json.ts'
import type { Instant } from '../../core/time.ts'

/** A state of the project's files that was published. */
export interface Revision {
  /** From 1, without gaps. */
  readonly number: number
  readonly at: Instant
  /** Who published it; null when nobody said so. */
  readonly actor: string | null
  readonly note: string | null
  readonly changes: readonly FileChange[]
}
export interface FileChange {
  readonly path: string
  readonly change: 'new' | 'changed' | 'removed'
}
/** A file as it was published; a text of null stands for one that is not there. */
export interface PublishedFile {
  readonly text: string | null
  /** Digest of the file on disk that it was published over, null when there was none. */
  readonly replaces: string | null
}
export type PublishedFiles = Readonly<Record<string, PublishedFile>>

export interface Revisions {
  /** Number of the newest one, 0 when there is none. */
  newest(): Promise<number>
  /**
   * With all its files: the newest one, or that of a number.
   * @returns null when there is none, or when the files of that number are no longer kept, or no key opens them
   */
  files(number?: number): Promise<{ readonly revision: Revision; readonly files: PublishedFiles } | null>
  /** @returns false when there is one of this number already: nothing was stored */
  publish(revision: Revision, files: PublishedFiles): Promise<boolean>
  /** Newest first; `kept` tells whether the files are. */
  list(max: number, after?: number): Promise<readonly (Revision & { readonly kept: boolean })[]>
  /** What the server that was started last keeps until its end, null when none was. */
  started(): Promise<JsonObject | null>
  setStarted(kept: JsonObject): Promise<void>
}
