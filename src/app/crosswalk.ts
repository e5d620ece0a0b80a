import type { RecordRef } from '../core/ref.ts'
import type { Instant, PlainDate } from '../core/time.ts'
import type { Finding } from '../mapping/compile/compile.ts'
import type { ObjectSchema, SetupStep } from '../ports/connector.ts'
import type { HeldRecord } from '../ports/ledger/alerts.ts'
import type { StoredCertificate } from '../ports/ledger/certificates.ts'
import type { ConnectionState } from '../ports/ledger/connections.ts'
import type { InboxCount } from '../ports/ledger/inbox.ts'
import type { Link, LinkState, Links } from '../ports/ledger/links.ts'
import type { Page } from '../ports/ledger/page.ts'
import type { MissingEntry } from '../ports/ledger/problems.ts'
import type { QuotaWait, Usage } from '../ports/ledger/quotas.ts'
import type { Revision } from '../ports/ledger/revisions.ts'
import type { Run } from '../ports/ledger/runs.ts'
import type { SharedOrder } from '../ports/ledger/shared-orders.ts'
import type { SyncState } from '../ports/ledger/syncs.ts'
import type { TimelineEntry } from '../ports/ledger/timeline.ts'
import type { AlertsNow, AlertTest, ChannelReport } from './alerts/alerts.ts'
import type { PersonErased, Whose } from './engine/erase.ts'
import type { Preview } from './engine/preview.ts'
import type { RunOptions, RunReport } from './engine/run.ts'
import type { Trial } from './engine/trial.ts'
import type {
  Backfilled,
  CustomerLink,
  Decided,
  Decision,
  OrderDocuments,
  OrderPage,
  Reconciliation,
} from './flows/flow.ts'
import type { DealFailure, Home, Worth } from './home.ts'
import type { Assignee, findProblem, ProblemFilter, pageOfProblems, SeenProblem } from './problems/problems.ts'
import type { ConfiguredConnection, ConnectionChange } from './project/connecting.ts'
import type {
  Beginning,
  Draft,
  Examination,
  Plan,
  ProjectFile,
  ProjectState,
  Publication,
  Revised,
} from './project/projects.ts'
import type { SystemSetting } from './project/system-settings.ts'
import type { TableEntry } from './project/table-entry.ts'
import type { MappingTest } from './project/tests.ts'
import type { ConnectionCheck, System, Tried } from './project/workshop.ts'
import type { SyncChange, SyncDetails } from './sync-details.ts'

/** A finding of `lint`; a warning keeps no sync from working. */
interface LintFinding extends Finding {
  readonly level: 'error' | 'warning'
}

/** The use cases: all that a person or another program can ask of Crosswalk. The CLI and the REST API know nothing else. */
export interface Crosswalk {
  /** The same use cases for an actor, a person or a program, whose name the timeline and the runs show. */
  as(actor: string): Crosswalk
  /** Proves connections (all when `names` is empty). One that fails is a row, not an error. */
  check(names: readonly string[]): Promise<readonly ConnectionCheck[]>
  /** The systems that can be connected. */
  systems(): Promise<readonly SystemChoice[]>
  /** A connection as it is configured, without its secrets; null when there is none. */
  connection(name: string): Promise<ConfiguredConnection | null>
  /**
   * Proves a connection as it would be, and asks what its account has; writes nothing.
   * @throws SyncError `configuration_invalid` for settings that cannot be
   */
  tryConnection(name: string, change: ConnectionChange): Promise<Tried>
  /**
   * Adds a connection, or changes the one that is there, in all running processes; its secrets are kept encrypted.
   * @throws SyncError as `publish` and `tryConnection` do
   */
  connect(name: string, change: ConnectionChange, options: { note?: string }): Promise<Publication>
  /** Takes a connection away, with its secrets. @throws SyncError as `publish` does */
  disconnect(name: string, options: { note?: string }): Promise<Publication>
  /**
   * Adds the first syncs between a CRM and an ERP, as dry runs.
   * @throws SyncError as `publish` does, and where there are such syncs or no such connections
   */
  beginSyncs(what: Beginning, options: { note?: string }): Promise<Publication>
  /** Creates the write-back fields in a CRM. @throws SyncError when the system has nothing to set up, or refuses */
  setup(connection: string): Promise<readonly SetupStep[]>
  /** @throws SyncError `configuration_invalid` for an unknown connection or object */
  describe(connection: string, object: string): Promise<ObjectSchema>
  /** All findings of all mappings in use; `offline` checks without asking the systems for their fields. */
  lint(options: { offline: boolean }): Promise<readonly LintFinding[]>
  /** Runs the tests beside the mappings. */
  test(): Promise<readonly MappingTest[]>
  /**
   * What would become of a record and why; writes nothing.
   * @param options.record  what people call it: `deal` unless given; the first sync of such records counts, or `sync`
   * @param options.backfill  as a backfill would deliver it, which takes deals that were won before the sync began
   */
  preview(recordId: string, options: { record?: string; sync?: string; backfill?: boolean }): Promise<Preview>
  /** Detects and delivers until nothing is due, for these syncs (all when empty), in their order. */
  run(syncs: readonly string[], options: RunOptions): Promise<RunReport>
  /**
   * Deals won before `since:`, from an instant on, or these ones, whenever they were won.
   * @returns how many are won and have no order; they are only queued when `dryRun` is false
   */
  backfill(sync: string, options: Backfilled & { dryRun: boolean }): Promise<{ readonly found: number }>
  /** Compares every won deal since the sync began with the links, and queues open orders to be read anew. */
  reconcile(sync: string, options: { mend: boolean }): Promise<Reconciliation>
  /** What the CRM calls these deals now, by id; without those that are gone. */
  dealNames(sync: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** The deal that was won last, whether or not it has an order; null when there is none. */
  newestWon(sync?: string): Promise<RecordRef | null>
  status(): Promise<Status>
  /** All that is in force of one sync. @throws SyncError `configuration_invalid` for an unknown one */
  sync(name: string): Promise<SyncDetails>
  /**
   * Changes the configuration of a sync where it stands, and has that take effect as `publish` does.
   * @param change.note  what it is for; else what was changed
   * @throws SyncError as `publish` does, and for what the sync does not have
   */
  changeSync(name: string, change: SyncChange & { readonly note?: string }): Promise<Publication>
  problems(filter: ProblemFilter): Promise<readonly SeenProblem[]>
  pageOfProblems(filter: Parameters<typeof pageOfProblems>[0]): Promise<Page<SeenProblem>>
  /** One that is open or closed, with what waits on it and what people did about it. */
  problem(id: string): ReturnType<typeof findProblem>
  /** Says who takes care of an open problem, null for nobody. @throws SyncError when that is nobody who may sign in */
  assignProblem(id: string, assignee: string | null): Promise<void>
  /** People a problem may be assigned to. */
  assignees(): Promise<readonly Assignee[]>
  /**
   * Mutes an open problem until it gets worse, until it closes, or until a day. Nobody is told of it; what it holds back stays.
   * @param how.until  the day on which it is told again
   * @throws SyncError when it is not open
   */
  muteProblem(id: string, how: { because: string; until?: PlainDate }): Promise<void>
  /** @throws SyncError when it is not muted */
  unmuteProblem(id: string): Promise<void>
  /** Queues the records that wait on a problem, or these records of a sync, to be tried again. @returns how many */
  retry(what: { problem: string } | { sync: string; records: readonly string[] }): Promise<number>
  /**
   * Links a customer of the CRM to a customer of the ERP; deals that wait on a customer are tried again.
   * @param customer  id as problems name it @param target  id in the ERP
   * @throws SyncError when the ERP has no such customer, or when it is another one's and `move` is false
   */
  linkCustomer(what: { customer: string; target: string; sync?: string; move: boolean }): Promise<CustomerLink>
  /**
   * Accepts that an order differs from its deal, has what the deal says written once more, or has it not watched any more. Meant
   * are the values that the problem tells.
   * @throws SyncError when the deal waits on no such problem
   */
  decide(what: Decision & { readonly sync?: string }): Promise<Decided>
  /**
   * Erases what the ledger has of customers, contacts and their deals, in all syncs that deliver deals of their connection. Keys
   * and numbers stay, so that no order is made again.
   * @param whom.connection  the CRM; needed where several have such an id
   * @param whom.dryRun  counts what would be erased
   * @throws SyncError when several connections have it and none is named
   */
  erase(whom: Whose & { readonly dryRun: boolean }): Promise<PersonErased>
  /** @param record  an id alone may name records of several accounts: each entry names its own */
  timeline(record: Partial<RecordRef> & Pick<RecordRef, 'id'>): Promise<readonly TimelineEntry[]>
  deals(filter: {
    text?: string
    state?: LinkState
    open?: boolean
    after?: string
    max: number
  }): Promise<readonly Link[]>
  /** Of deals and their orders. */
  pageOfDeals(filter: Omit<Parameters<Links['page']>[0], 'kind'>): Promise<Page<Link>>
  /** How it goes, at a glance. @param zone  whose days are counted, `Europe/Berlin` */
  home(zone: string): Promise<Home>
  /** What the deals that wait on each of these problems are worth. */
  worth(problems: readonly string[]): Promise<ReadonlyMap<string, Worth>>
  /** The records that wait on a problem, with what is known of them, the largest amounts first. */
  waitingOn(problem: string, max: number): Promise<readonly HeldRecord[]>
  /** The orders of a deal, and what is wrong with it. */
  deal(
    record: Partial<RecordRef> & Pick<RecordRef, 'id'>,
  ): Promise<{ readonly deals: readonly Link[]; readonly failures: readonly DealFailure[] }>
  /**
   * What stands behind the order of a deal, read from the ERP now: shipments, invoices, payments, production and purchase orders.
   * @returns null where the deal has no order yet
   * @throws SyncError when the ERP does not answer, or the order is no longer there
   */
  documents(deal: string, options: { sync?: string }): Promise<OrderDocuments | null>
  /**
   * Makes a link by which anybody sees the order of one deal, without an account.
   * @returns the secret of the link, which is known here alone
   * @throws SyncError where nothing is known of such a deal
   */
  share(
    deal: string,
    options: { sync?: string; days: number },
  ): Promise<{ readonly shared: SharedOrder; readonly secret: string }>
  /** The links to orders that are not over, newest first. @param filter.deal  its id */
  shares(filter: { deal?: string; max: number }): Promise<readonly SharedOrder[]>
  /** @returns null when there is none, or it is over */
  endShare(id: string): Promise<SharedOrder | null>
  /** What a link shows, at most a minute old; null for one that is over. */
  sharedOrder(secret: string): Promise<{ readonly order: OrderPage; readonly endsAt: Instant } | null>
  /** Newest first. @param filter.after  the id of the last one that is known */
  runs(filter: { sync?: string; after?: string; max: number }): Promise<readonly Run[]>
  hold(sync: string, because: string): Promise<void>
  /** Resumes a held sync; `allow` grants new orders beyond the guard. */
  resume(sync: string, options: { allow?: number }): Promise<void>
  /**
   * Has changed files of the project take effect in all running processes, when nothing is wrong with them.
   * @param draft  by path, null for a file that goes; a draft of null is what is on disk now
   * @throws SyncError when a system does not answer, or somebody else published meanwhile: nothing has changed
   */
  publish(draft: Draft | null, options: { note?: string }): Promise<Publication>
  /**
   * Adds an entry to a table of the project, and has it take effect; records that wait for it are tried again within seconds.
   * @throws SyncError as `publish` does, and where there is no such table
   */
  addTableEntry(table: string, entry: TableEntry): Promise<Publication>
  /** What problems say that a table lacks. */
  missingEntries(): Promise<readonly MissingEntry[]>
  /** The mappings and tables in force, whole. */
  projectFiles(): Promise<readonly ProjectFile[]>
  /** What `publish` would say; changes nothing. @throws SyncError when a system does not answer */
  checkDraft(draft: Draft | null): Promise<Omit<Examination, 'project' | 'before'>>
  /**
   * What would come out differently of a sync's records if changed files were in force; writes nothing, neither to the systems
   * nor to the ledger.
   * @param draft  as for `publish`; null is compared with what was published
   * @param of.sync  the first that delivers deals, unless given
   * @param of.records  these instead of the newest with an order
   * @throws SyncError when a system does not answer, or there is nothing to compare with
   */
  tryDraft(
    draft: Draft | null,
    of: { readonly sync?: string; readonly last: number; readonly records: readonly string[] },
  ): Promise<Trial & Pick<Examination, 'findings'>>
  /** What `publish` would change of what is published, text against text; changes nothing. @throws SyncError when a system does not answer */
  plan(): Promise<Plan>
  /** The files that were published last, by path; null when none were. They hold no secret that was entered here. */
  publishedFiles(): Promise<ReadonlyMap<string, string> | null>
  /** What was published, newest first; whether its files are kept, to go back to. */
  revisions(filter: { after?: number; max: number }): Promise<readonly (Revision & { readonly kept: boolean })[]>
  /** What a revision changed; null when its files are not kept, or there is none. */
  revision(number: number): Promise<Revised | null>
  /**
   * Publishes the files of an earlier revision again, as a new one.
   * @param options.only  throws when these paths may not be changed by who asks
   * @throws SyncError as `publish` does, and where those files are no longer kept
   */
  revert(number: number, options: { note?: string; only?: (paths: readonly string[]) => void }): Promise<Publication>
  /** What the nightly comparisons found, newest first. */
  certificates(filter: { sync?: string; max: number }): Promise<readonly StoredCertificate[]>
  /** What is open now that people are told of, and on which channels they were. */
  alerts(): Promise<AlertsNow>
  /** Sends a test to channels of alerts (all when `names` is empty). One that fails is a row, not an error. */
  testAlerts(names: readonly string[]): Promise<readonly AlertTest[]>
  /** What this process works with. */
  project(): Promise<ProjectState>
}

/** A system that can be connected, and what it takes. */
interface SystemChoice extends Pick<System, 'name' | 'title' | 'role' | 'steps'> {
  readonly settings: readonly SystemSetting[]
}

export interface Status {
  readonly connections: readonly (ConnectionState & { readonly system: string } & Pick<Usage, 'quotas' | 'parallel'>)[]
  /** Syncs that wait until a quota is free again, and go on by themselves. */
  readonly waits: readonly QuotaWait[]
  readonly syncs: readonly (SyncState & {
    readonly from: string
    readonly to: string
    readonly document: string
    readonly schedule: string | null
    readonly inbox: InboxCount | null
    /** Those that wait for a person, and those that somebody muted. */
    readonly problems: number
    readonly mutedProblems: number
    readonly lastRun: Run | null
  })[]
  /** The channels by which people are told. */
  readonly alerts: readonly ChannelReport[]
  readonly orders: readonly { readonly state: LinkState; readonly stage: string | null; readonly count: number }[]
}
