import type { Failure, ProblemKind } from '../../core/problem.ts'
import type { ProblemEnd } from '../../core/problem-life.ts'
import type { RecordRef } from '../../core/ref.ts'
import type { Instant, PlainDate } from '../../core/time.ts'
import type { Direction, Page, Place } from './page.ts'

/** Something that was done so that a problem goes. Nobody in particular where `by` is null. */
interface ProblemCure {
  readonly how: ProblemEnd
  readonly by: string | null
}

export interface KnownProblem {
  readonly id: string
  readonly sync: string
  readonly kind: ProblemKind
  readonly causeKey: string
  readonly message: string
  readonly fix: string
  readonly field: string | null
  /** Since when it is open, which is later than the first time for one that came back. */
  readonly firstSeen: Instant
  readonly lastSeen: Instant
  /** Records that wait on it: how many, and the first few. */
  readonly waiting: number
  readonly records: readonly RecordRef[]
  readonly isOpen: boolean
  /** How often it opened again after it was over. */
  readonly cameBack: number
  /** How many records waited when it opened, or when somebody last did something about it; null when that is not known. */
  readonly waited: number | null
  /** When somebody last did something about it since it is open. */
  readonly touchedAt: Instant | null
  readonly assignee: string | null
  /** Null where it is not muted since it is open. */
  readonly mute: ProblemMute | null
  /** Null while it is open, and where an older release closed it. */
  readonly closedAt: Instant | null
  readonly closedHow: ProblemEnd | null
  readonly closedBy: string | null
}

export interface ProblemMute {
  readonly at: Instant
  readonly by: string | null
  readonly because: string
  /** The day on which it ends; null where it ends when it gets worse alone. */
  readonly until: PlainDate | null
  /** What it was like then. */
  readonly waiting: number
  readonly kind: ProblemKind
}

/** What somebody did about a problem. */
export interface ProblemDeed {
  readonly at: Instant
  readonly deed: 'assigned' | 'unassigned' | 'muted' | 'unmuted' | ProblemEnd
  readonly actor: string | null
  /** To whom it was assigned, why it was muted. */
  readonly about: string | null
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
interface ProblemFilter {
  readonly sync?: string
  readonly id?: string
  readonly kind?: ProblemKind
  readonly assignee?: string
  /** The open ones unless given. */
  readonly which?: 'open' | 'closed' | 'any'
}
/** A problem that is seen again moves in the list by `seen`, and stays where it is in that by `opened`. */
export type ProblemSort = 'opened' | 'seen'
export interface Problems {
  /** Opens or refreshes, adds the waiting records, and takes these records off other problems of the same sync. */
  raise(problems: readonly NewProblem[]): Promise<void>
  /** Takes records off all problems of a sync; a problem without waiting records closes. @returns records that had one */
  clear(sync: string, records: readonly RecordRef[]): Promise<readonly RecordRef[]>
  /**
   * What is wrong with a whole sync or connection is over, by cause. Records that wait on it do so until they are cleared.
   * @param cure  by itself unless given
   */
  close(sync: string, causeKeys: readonly string[], cure?: ProblemCure): Promise<void>
  /** Notes what was done so that these records go through, until they do or fail again. What a person did counts more. */
  tried(sync: string, records: readonly RecordRef[], cure: ProblemCure): Promise<void>
  /** @param assignee  null for nobody @returns false where it is not open */
  assign(id: string, assignee: string | null, by: string | null): Promise<boolean>
  /** @returns false where it is not open */
  mute(id: string, mute: Pick<ProblemMute, 'by' | 'because' | 'until'>): Promise<boolean>
  /** @returns false where it is not open, or not muted */
  unmute(id: string, by: string | null): Promise<boolean>
  /** What people did about a problem, the newest first. */
  deeds(id: string, max: number): Promise<readonly ProblemDeed[]>
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
  /** The last seen first, closed ones by when they closed. */
  list(filter: ProblemFilter & { max: number }): Promise<readonly KnownProblem[]>
  page(
    filter: ProblemFilter & { sort: ProblemSort; direction: Direction; after?: Place; max: number },
  ): Promise<Page<KnownProblem>>
  /** All records that wait on a problem, oldest first. */
  waiting(problemId: string, max: number): Promise<readonly RecordRef[]>
}
