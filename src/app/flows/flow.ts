import type { z } from 'zod'
import type { Deal, Fulfilment, Stage } from '../../core/documents.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Paid } from '../../core/paid.ts'
import type { RecordKind, RecordRef } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'
import type { CompiledMapping } from '../../mapping/compile/compile.ts'
import type { ChangePage, Watch } from '../../ports/connector.ts'
import type { Lane } from '../../ports/http.ts'
import type { Erased, Found, Whom } from '../../ports/ledger/erasure.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { SyncState } from '../../ports/ledger/syncs.ts'
import type { Bench } from '../bench/bench.ts'
import type { Deps } from '../bench/deps.ts'
import type { Endpoint } from '../bench/endpoint.ts'
import type { SyncConfig } from './base.ts'

export type End = 'source' | 'target'

/** A mapping that a sync uses. */
export interface MappingPart {
  readonly file: string
  /** Whose fields it reads or writes. */
  readonly own: End
  /** The part whose record is reached as `crm.…` or `erp.…`, null where the mapping reaches none. */
  readonly other: string | null
  /** What `link` may name in it. */
  readonly links?: readonly string[]
  /** What `link` may name in it besides, by the optional part that gives it: where its file is there. */
  readonly linksOf?: Readonly<Record<string, readonly string[]>>
  /** Whether the file may be missing: not every system has such records. */
  readonly optional?: boolean
  /** Whether records are created with it: then it must fill every required field. */
  readonly creates?: boolean
}

/**
 * What makes one kind of sync. Engine, configuration, command line and API read the catalogue of flows and know no document.
 */
export interface Flow {
  /** Its name in the configuration: `document: deal`. */
  readonly document: string
  /** What it does, in one sentence, with `from` and `to` for the connections. */
  readonly title: string
  /** Keys that a configuration needs beside `document`, `from` and `to`: for the reference page. */
  readonly example: JsonObject
  /** What people call its records, where they are looked at one by one; null where they are another flow's. */
  readonly record: string | null
  readonly config: SyncSchema
  /** The sync that this one continues from, null when it stands by itself. */
  follows(config: SyncConfig): string | null
  /** References to other syncs that lead nowhere. @param documents  the document of each sync, by name */
  dangling(config: SyncConfig, documents: ReadonlyMap<string, string>): readonly { key: string; message: string }[]
  /** Mappings by role. @param systems  names of the connectors */
  parts(config: SyncConfig, systems: Readonly<Record<End, string>>): Readonly<Record<string, MappingPart>>
  /** Whose records the sync's inbox names: those of the mapping in this role. */
  readonly records: { readonly role: string; readonly end: End }
  /** Of its links; null when it has none of its own. */
  readonly kind: string | null
  /** What the configuration says of which records are taken, and how many. */
  limits(config: SyncConfig): Limits
  open(opening: Opening): Sync
}

export interface Limits {
  /** Records from then on; null for those since the sync first started. */
  readonly since: Instant | null
  /** Values that a record must have, by path. */
  readonly where: JsonObject | null
  /** The guard on new records, and its place in the configuration; null for a flow without one. */
  readonly guard: { readonly perHour: number; readonly path: readonly string[] } | null
}
const unlimited: Limits = { since: null, where: null, guard: null }
export type SyncSchema = z.ZodObject<{ readonly document: z.ZodLiteral<string> } & z.core.$ZodLooseShape>

export interface Opening {
  readonly name: string
  readonly config: SyncConfig
  readonly source: Endpoint
  readonly target: Endpoint
  readonly mapping: (role: string) => CompiledMapping
  /** Of an optional part; null where its file is missing. */
  readonly mappingIfThere: (role: string) => CompiledMapping | null
  /** Of the mappings' text. */
  readonly digest: string
  /** The sync that follows this one. */
  readonly feeds: string | null
  readonly records: RecordKind
}

/** A sync, ready to run. */
export interface Sync extends Pick<Opening, 'name' | 'source' | 'target' | 'digest' | 'feeds' | 'records'> {
  readonly document: string
  readonly config: SyncConfig
  /** Of its links; null when it has none of its own. */
  readonly kind: string | null
  /** What it follows in the source. */
  readonly watches: readonly Watch[]
  /** From when on changes are detected at first. */
  begin(state: SyncState): Instant
  /** The records that a page of changes is about, without those that were seen in exactly this state (echoes). */
  concerns(watch: Watch, page: ChangePage, ledger: Ledger): Promise<readonly RecordRef[]>
  /** Delivers the bench's batch; each claim gets exactly one outcome. Whole calls that fail are thrown. */
  deliver(bench: Bench): Promise<void>
  /** How many new records an hour may be created without asking; null for any number. */
  readonly guard: { readonly perHour: number } | null
  /** Queues what is due when the sync goes from shadow to live, beside the changes since it began. */
  readonly whenLive: ((deps: Deps) => Promise<void>) | null
  /** The use cases of syncs whose records are deals; null for others. */
  readonly deals: DealCases | null
  /** Whether some of its work can be done while the source is paused: see `Bench.sourcePausedMs`. */
  readonly worksWithoutSource: boolean
}

export interface DealCases {
  /** Of these, the deals that have an order or are to get one. @throws SyncError */
  concerned(records: readonly RecordRef[], deps: Deps): Promise<readonly RecordRef[]>
  /** Whose these deals are, as the CRM has it now; those that are gone are left out. @throws SyncError */
  owners(records: readonly RecordRef[], deps: Deps): Promise<readonly OwnedDeal[]>
  backfill(options: Backfilled & { dryRun: boolean; actor: string | null }, deps: Deps): Promise<{ found: number }>
  reconcile(options: { mend: boolean; actor: string | null }, deps: Deps): Promise<Reconciliation>
  /** The deal that was won last, whenever that was; null when there is none. */
  newestWon(deps: Deps): Promise<RecordRef | null>
  linkCustomer(
    what: { customer: string; target: string; move: boolean; actor: string | null },
    deps: Deps,
  ): Promise<CustomerLink>
  decide(what: Decision & { actor: string | null }, deps: Deps): Promise<Decided>
  /** What stands behind the order of a deal, read from the ERP now; null where there is no order yet. @throws SyncError */
  documents(deal: string, lane: Lane, deps: Deps): Promise<OrderDocuments | null>
  /** What may be shown of a deal's order without an account; null where nothing is known of such a deal. @throws StoreAway */
  orderPage(deal: string, deps: Deps): Promise<OrderPage | null>
  /** What the ledger has of customers, contacts and deals. */
  findPerson(whom: Whom, ledger: Ledger): Promise<Found>
  erasePerson(found: Found, how: Erasing, deps: Deps): Promise<Erased>
}

export interface Erasing {
  readonly actor: string | null
  readonly dryRun: boolean
}

export interface OwnedDeal {
  readonly ref: RecordRef
  readonly label: string
  /** Where it is shown in the CRM. */
  readonly url: string | null
  readonly owner: NonNullable<Deal['owner']> | null
}

/** What a person decides about an order that is not what its deal says. */
export interface Decision {
  readonly deal: string
  readonly decision: 'accept' | 'overwrite' | 'ignore'
  /** Only differences whose text has this in it; all of them when it is not given. */
  readonly only?: string
}
export interface Decided {
  readonly sync: string
  readonly deal: string
  /** What was decided about, for people. */
  readonly decided: readonly string[]
}

/** The documents behind an order as the ERP has them; addresses that lead elsewhere than to the web are left out. */
export interface OrderDocuments
  extends Pick<
    Fulfilment,
    'number' | 'url' | 'promisedDate' | 'shipments' | 'payments' | 'productionOrders' | 'purchaseOrders'
  > {
  readonly sync: string
  readonly stage: Stage
  /** Of all amounts; null where the ERP does not say. */
  readonly currency: string | null
  readonly invoices: readonly (Fulfilment['invoices'][number] & { readonly paid: Paid | null })[]
  readonly readAt: Instant
}

/** One order for somebody outside: neither amounts nor how it came about, and no error. */
export interface OrderPage extends Pick<OrderDocuments, 'number' | 'promisedDate' | 'shipments'> {
  readonly customer: string | null
  readonly stage: string | null
  /** Stages that it has had. */
  readonly seen: readonly string[]
  /** Whether something keeps it from going on, or from being shown whole. */
  readonly isLookedInto: boolean
  /** Those that are posted. */
  readonly invoices: readonly (Pick<OrderDocuments['invoices'][number], 'number' | 'kind' | 'due'> & { paid: Paid })[]
  /** When the ERP was asked; null where it did not answer, or knows no order yet. */
  readonly readAt: Instant | null
}

/** Deals won from an instant on, or these, whenever they were won. */
export type Backfilled = { readonly from: Instant } | { readonly ids: readonly string[] }

export interface Reconciliation {
  readonly won: number
  readonly linked: number
  /** Won deals without an order and without a problem. */
  readonly missing: readonly string[]
  /** Orders whose deal is no longer among the won ones. */
  readonly extra: readonly string[]
  readonly mended: number
}

export interface CustomerLink {
  readonly sync: string
  readonly customer: string
  readonly target: string
  /** The customer of the CRM that it belonged to before. */
  readonly movedFrom: string | null
  /** How many deals are tried again. */
  readonly records: number
}

/** A flow with the types of its own configuration, as the catalogue takes it. */
export function defineFlow<S extends SyncSchema>(own: {
  readonly document: string
  readonly title: string
  readonly example: JsonObject
  readonly record: string | null
  readonly config: S
  readonly records: Flow['records']
  readonly kind: string | null
  readonly follows?: (config: z.output<S>) => string
  readonly limits?: (config: z.output<S>) => Limits
  readonly dangling?: (config: z.output<S>, documents: ReadonlyMap<string, string>) => ReturnType<Flow['dangling']>
  parts(config: z.output<S>, systems: Readonly<Record<End, string>>): Readonly<Record<string, MappingPart>>
  open(opening: Opening & { readonly config: z.output<S> }): Omit<Sync, keyof Opening | 'document' | 'kind'>
}): Flow {
  const isOwn = (config: SyncConfig): config is SyncConfig & z.output<S> => config.document === own.document
  const owned = (config: SyncConfig): SyncConfig & z.output<S> => {
    if (isOwn(config)) return config
    throw new Error(`the flow of "${own.document}" was given a sync of "${config.document}"`)
  }
  return {
    document: own.document,
    title: own.title,
    example: own.example,
    record: own.record,
    config: own.config,
    records: own.records,
    kind: own.kind,
    follows: (config) => own.follows?.(owned(config)) ?? null,
    limits: (config) => own.limits?.(owned(config)) ?? unlimited,
    dangling: (config, documents) => own.dangling?.(owned(config), documents) ?? [],
    parts: (config, systems) => own.parts(owned(config), systems),
    open(opening) {
      const { name, source, target, digest, feeds, records } = opening
      const config = owned(opening.config)
      const { document, kind } = own
      const shared = { name, source, target, digest, feeds, records, document, kind, config }
      return { ...own.open({ ...opening, config }), ...shared }
    },
  }
}

/** Where a mapping is read from, when the configuration names no file of its own. */
export const shipped = (system: string, document: string): string => `mappings/${system}/${document}.yaml`
