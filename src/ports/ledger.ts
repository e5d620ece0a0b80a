import type { Json, JsonObject } from '../core/json.ts'
import type { Failure, ProblemKind } from '../core/problem.ts'
import type { Instant } from '../core/time.ts'
import type { Account, Cursor } from './connector.ts'
import type { Lane } from './http.ts'

/*
 * The truth of Crosswalk, in PostgreSQL. Every method takes many rows and runs one statement, whatever their number.
 * `now` is the caller's clock, except for leases, which the database's clock measures: the clocks of two workers may
 * differ.
 */
export interface Ledger {
  readonly inbox: Inbox
  readonly links: Links
  readonly problems: Problems
  readonly timeline: Timeline
  readonly runs: Runs
  readonly syncs: Syncs
  readonly connections: Connections
  readonly events: Events
  readonly streams: Streams
  /**
   * All or nothing. The ledger handed to `work` must not be used after it returned.
   * @param work  may be called again, after everything was undone, so it changes nothing outside of the ledger
   */
  inTransaction<T>(work: (ledger: Ledger) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** One row a (sync, record), however many hints came. */
export interface Inbox {
  /**
   * A hint for a record in work marks it again, so that `settle` keeps it. A live hint overrides a later `notBefore`
   * and raises the lane. @returns how many rows are new
   */
  add(sync: string, recordIds: readonly string[], options: { lane: Lane; run?: string | null }): Promise<number>
  /** Claims what is due, best lane and oldest first, with SKIP LOCKED and a lease. */
  claim(sync: string, options: { max: number; worker: string; leaseMs: number }): Promise<readonly Claim[]>
  /** Extends the leases. @returns false when one was lost to another worker: stop working on the batch. */
  renew(claims: readonly Claim[], leaseMs: number): Promise<boolean>
  /** Done: rows go, unless a hint came meanwhile; then they wait again. Rows claimed by others since are left alone. */
  settle(claims: readonly Claim[]): Promise<void>
  /** Back to waiting, not before `afterMs` from now; counts an attempt. */
  defer(claims: readonly Claim[], afterMs: number): Promise<void>
  /** Frees lapsed leases. @returns by sync: what waits and is due, what waits for later, what is in work, oldest hint */
  sweep(): Promise<readonly InboxCount[]>
}
export interface Claim {
  readonly sync: string
  readonly recordId: string
  readonly lane: Lane
  readonly run: string | null
  /** Deferrals so far. */
  readonly attempts: number
  readonly worker: string
  readonly version: string
  readonly hintedAt: Instant
}
export interface InboxCount {
  readonly sync: string
  readonly due: number
  readonly later: number
  readonly inWork: number
  readonly oldest: Instant | null
  readonly bestLane: Lane | null
}

/** The pair of ids of one thing in both systems. `design: intended → sent → linked | rejected | unknown`. */
export interface Link {
  readonly id: string
  readonly sync: string
  /** Ours: `order`, `customer`. */
  readonly kind: string
  readonly sourceId: string
  readonly key: string
  readonly state: LinkState
  readonly connection: string
  readonly targetObject: string
  readonly targetId: string | null
  /** How the target was come by. */
  readonly origin: 'created' | 'adopted' | null
  /** The target's fields and lines as we last wrote them, for the next comparison. */
  readonly written: JsonObject | null
  /** What we last wrote back onto the source's record. */
  readonly reported: JsonObject | null
  /** For people: the source's name or number, the target's number. */
  readonly label: string | null
  readonly targetLabel: string | null
  /** The last known stage of the target document, null when unknown. */
  readonly stage: string | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
}
export type LinkState = 'intended' | 'sent' | 'linked' | 'rejected' | 'unknown'
export interface NewLink {
  readonly sync: string
  readonly kind: string
  readonly sourceId: string
  readonly key: string
  readonly connection: string
  readonly targetObject: string
  readonly label: string | null
}
/** Absent fields stay as they are. */
export interface LinkUpdate {
  readonly id: string
  readonly state?: LinkState
  readonly targetId?: string | null
  readonly origin?: 'created' | 'adopted'
  readonly written?: JsonObject
  /** Sets just this of what is written. */
  readonly confirmed?: true
  readonly reported?: JsonObject
  readonly label?: string | null
  readonly targetLabel?: string | null
  readonly stage?: string | null
  /** In which state the source's record was read, the target's reported. */
  readonly sourceVersion?: string
  readonly targetVersion?: string
}
export interface Links {
  bySource(sync: string, kind: string, sourceIds: readonly string[]): Promise<readonly Link[]>
  byTarget(connection: string, targetObject: string, targetIds: readonly string[]): Promise<readonly Link[]>
  /** Inserts what is not there, in state `intended`. @returns the stored rows of all, in the order given */
  intend(links: readonly NewLink[]): Promise<readonly Link[]>
  /**
   * @returns ids of links that could not be updated because another link of the same kind holds that target; the rest
   * is updated. Works inside and outside a transaction.
   */
  update(updates: readonly LinkUpdate[]): Promise<readonly string[]>
  /**
   * @param versions  by source id: states in which the record at that end of an order's link was met
   * @returns source ids of those that were read, or reported, in one of these states last
   */
  known(
    sync: string,
    end: 'source' | 'target',
    versions: Readonly<Record<string, readonly string[]>>,
  ): Promise<readonly string[]>
  /** Newest first; `text` searches label, target label, source and target id. */
  list(filter: {
    sync?: string
    kind?: string
    state?: LinkState
    text?: string
    /** Neither paid nor cancelled. */
    open?: boolean
    after?: string
    max: number
  }): Promise<readonly Link[]>
  counts(): Promise<readonly { sync: string; kind: string; state: LinkState; stage: string | null; count: number }[]>
}

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
  readonly records: readonly string[]
}
/** A failure of some records, grouped with others of the same cause by `causeKey`. */
interface NewProblem {
  readonly sync: string
  readonly causeKey: string
  readonly failure: Failure
  /** Empty for a problem of the whole sync or connection. */
  readonly recordIds: readonly string[]
}
export interface Problems {
  /** Opens or refreshes, adds the waiting records, and takes these records off other problems of the same sync. */
  raise(problems: readonly NewProblem[]): Promise<void>
  /** Takes records off all problems of a sync; a problem without waiting records closes. @returns records that had one */
  clear(sync: string, recordIds: readonly string[]): Promise<readonly string[]>
  /** Closes problems of a whole sync or connection by cause. */
  close(sync: string, causeKeys: readonly string[]): Promise<void>
  /** The failure text each record waits on; records without a problem are absent. */
  ofRecords(sync: string, recordIds: readonly string[]): Promise<ReadonlyMap<string, Failure>>
  list(filter: { sync?: string; id?: string; kind?: ProblemKind; max: number }): Promise<readonly OpenProblem[]>
  /** All records that wait on a problem, oldest first. */
  waiting(problemId: string, max: number): Promise<readonly string[]>
}

export interface TimelineEntry {
  readonly sync: string
  readonly recordId: string
  readonly at: Instant
  /** `won`, `intended`, `created`, `adopted`, `confirmed`, `updated`, `reported`, `problem`, `released`, … */
  readonly event: string
  readonly text: string
  readonly details: Json
}
export interface Timeline {
  add(entries: readonly TimelineEntry[]): Promise<void>
  /** Oldest first, over all syncs. */
  of(recordId: string): Promise<readonly TimelineEntry[]>
  /** @returns how many were removed */
  purge(before: Instant): Promise<number>
}

export type RunKind = 'scheduled' | 'webhook' | 'manual' | 'backfill' | 'retry' | 'reconcile'
export interface Run {
  readonly id: string
  readonly sync: string
  readonly kind: RunKind
  readonly state: 'running' | 'done' | 'stopped'
  readonly startedAt: Instant
  readonly endedAt: Instant | null
  readonly counts: Readonly<Record<string, number>>
  /** Why it stopped early. */
  readonly reason: string | null
}
export interface Runs {
  start(sync: string, kind: RunKind, now: Instant): Promise<string>
  /** Adds to the counts. */
  count(id: string, counts: Readonly<Record<string, number>>): Promise<void>
  finish(id: string, end: { state: 'done' | 'stopped'; reason: string | null; now: Instant }): Promise<void>
  list(filter: { sync?: string; max: number }): Promise<readonly Run[]>
}

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
  readonly cursor: Cursor | null
}
export interface Syncs {
  /** Creates the row at first sight with `enabledAt` = now. */
  get(sync: string, now: Instant): Promise<SyncState>
  set(sync: string, change: Partial<Omit<SyncState, 'sync' | 'cursor'>>): Promise<void>
  /** Null forgets it. */
  setCursor(sync: string, cursor: Cursor | null): Promise<void>
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
}

export interface ConnectionState {
  readonly connection: string
  readonly account: Account | null
  /** Null when it works. */
  readonly pausedBecause: Failure | null
  readonly pausedUntil: Instant | null
  /** Failures in a row. */
  readonly failures: number
}
export interface Connections {
  get(connection: string): Promise<ConnectionState>
  setAccount(connection: string, account: Account): Promise<void>
  /** Null resumes and sets `failures` to 0; a failure adds one. */
  setPaused(connection: string, pause: { because: Failure; until: Instant } | null): Promise<void>
  /** Settings that override the configured ones (a rotated key), encrypted at rest. Null when there are none. */
  secrets(connection: string): Promise<JsonObject | null>
  setSecrets(connection: string, secrets: JsonObject): Promise<void>
}

/** Raw webhook events, kept before the answer is sent. */
export interface Events {
  /** @returns the ids that were not there before */
  store(
    connection: string,
    events: readonly { id: string; hint: { object: string; id: string } | null }[],
    body: string,
  ): Promise<readonly string[]>
  purge(before: Instant): Promise<number>
}

/** Streams of events that systems offer; each is followed by one worker at a time. */
export interface Streams {
  /** Takes or keeps a connection's stream for `leaseMs`. @returns null while another worker has it */
  take(connection: string, options: { worker: string; leaseMs: number }): Promise<{ readonly place: Json } | null>
  /** Remembers how far the stream was followed, as long as it is this worker's. */
  move(connection: string, worker: string, place: Json): Promise<void>
  /** Gives it up, so that another worker need not wait for the lease to lapse. */
  leave(connection: string, worker: string): Promise<void>
}
