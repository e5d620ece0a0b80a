import type { Failure, ProblemKind } from '../../core/problem.ts'
import type { RecordRef } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'

export interface OpenProblem {
  readonly id: string
  readonly sync: string
  readonly kind: ProblemKind
  readonly causeKey: string
  readonly message: string
  readonly fix: string
  readonly field: string | null
  readonly firstSeen: Instant
  readonly lastSeen: Instant
  /** Records that wait on it: how many, and the first few. */
  readonly waiting: number
  readonly records: readonly RecordRef[]
}
/** An open problem about a table that lacks an entry. */
export interface MissingEntry {
  readonly problem: string
  readonly sync: string
  readonly table: string
  readonly key: string
}
/** A failure of some records, grouped with others of the same cause by `causeKey`. */
export interface NewProblem {
  readonly sync: string
  readonly causeKey: string
  readonly failure: Failure
  /** Empty for a problem of the whole sync or connection. */
  readonly records: readonly RecordRef[]
}
export interface Problems {
  /** Opens or refreshes, adds the waiting records, and takes these records off other problems of the same sync. */
  raise(problems: readonly NewProblem[]): Promise<void>
  /** Takes records off all problems of a sync; a problem without waiting records closes. @returns records that had one */
  clear(sync: string, records: readonly RecordRef[]): Promise<readonly RecordRef[]>
  /** What is wrong with a whole sync or connection is over, by cause. Records that wait on it do so until they are cleared. */
  close(sync: string, causeKeys: readonly string[]): Promise<void>
  /** What is wrong with whole syncs and connections, since when. */
  whole(syncs: readonly string[]): Promise<
    readonly {
      readonly sync: string
      readonly causeKey: string
      readonly failure: Failure
      readonly firstSeen: Instant
      readonly lastSeen: Instant
    }[]
  >
  /** The failure each record waits on, by `refText`; records without a problem are absent. */
  ofRecords(sync: string, records: readonly RecordRef[]): Promise<ReadonlyMap<string, Failure>>
  /** What records of an id wait on, in all syncs and connections. */
  ofId(id: string): Promise<readonly { readonly sync: string; readonly ref: RecordRef; readonly failure: Failure }[]>
  missingEntries(): Promise<readonly MissingEntry[]>
  list(filter: { sync?: string; id?: string; kind?: ProblemKind; max: number }): Promise<readonly OpenProblem[]>
  /** All records that wait on a problem, oldest first. */
  waiting(problemId: string, max: number): Promise<readonly RecordRef[]>
}
