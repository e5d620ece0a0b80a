import type { Fulfilment } from '../../core/documents.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Disagreement, Failure } from '../../core/problem.ts'
import { type RecordRef, refText } from '../../core/ref.ts'
import type { LookupAnswer, LookupNeed, Resolver, TargetRecord } from '../../mapping/run/run.ts'
import type { Difference } from '../../plan/difference.ts'
import type { Match, Query, RemoteRecord, Write, WriteOutcome } from '../../ports/connector.ts'
import type { CallScope, Lane } from '../../ports/http.ts'
import type { Link, Links, NewLink } from '../../ports/ledger/links.ts'
import type { Problems } from '../../ports/ledger/problems.ts'
import type { SyncState } from '../../ports/ledger/syncs.ts'
import { oneForEach } from './answers.ts'
import type { Batch } from './batch.ts'
import type { Deps } from './deps.ts'
import type { Endpoint } from './endpoint.ts'
import { shareAnswers } from './expressions.ts'

type Mode = 'live' | 'shadow' | 'preview'

/**
 * What a flow works on. Live, shadow and preview are one program on three benches. The last two are dry runs: nothing can be
 * written, whatever the flow does, for links are kept in memory alone and the HTTP client refuses to send a write.
 */
export interface Bench {
  readonly mode: Mode
  readonly batch: Batch
  /** What is remembered of the sync. */
  readonly state: SyncState
  readonly source: Endpoint
  /** For how long the source is not to be asked: what needs it is given the outcome `later`. Null when it may be. */
  readonly sourcePausedMs: number | null
  readonly target: Endpoint
  readonly links: Pick<Links, 'bySource' | 'byTarget' | 'intend' | 'update' | 'decide'>
  readonly problems: Pick<Problems, 'ofRecords'>
  /** Finds records of the target for mappings; what was asked once in the batch is not asked again. */
  readonly lookups: Resolver
  readonly deps: Deps
  /**
   * To be asked before new records are created; a failure stops them all.
   * @param how  `take` uses up the allowance, `ask` only tells whether there is enough of it
   */
  guard(wanted: number, how: 'ask' | 'take'): Promise<Failure | null>
  /** To be called before what must not be done twice. @throws LeaseLost */
  stillMine(): void
  /** One for each id, in their order. @throws SyncError `bad_reply` when fewer were told, as `find` does */
  read(
    end: 'source' | 'target',
    object: string,
    ids: readonly string[],
    paths: readonly string[],
  ): Promise<readonly (RemoteRecord | null)[]>
  find(object: string, queries: readonly Query[]): Promise<readonly (readonly Match[])[]>
  /**
   * Writes, on a live bench alone. @returns one outcome for each write, in their order; one that the system did not tell is
   * `outcome_unknown` @throws Error on a bench that writes nothing
   */
  send(end: 'source' | 'target', writes: readonly Write[]): Promise<readonly WriteOutcome[]>
  /** Notes what would be written, for preview. */
  plan(ref: RecordRef, plan: Plan): void
}

/** What a record would become in the target. */
export interface Plan {
  readonly action: 'create' | 'update' | 'cancel' | 'confirm' | 'report' | 'nothing'
  readonly label: string
  readonly target: { readonly number: string | null; readonly id: string } | null
  readonly lineage: TargetRecord['lineage']
  readonly lines: readonly { readonly key: string; readonly fields: JsonObject }[]
  readonly customer?: PlannedCustomer | null
  /** Addresses and contacts of the record, below its customer. */
  readonly below?: readonly PlannedBelow[]
  /** What of it is new to a record that is there; null where all of it is, or none. */
  readonly difference?: Difference | null
  readonly totals?: PlannedTotals
  /** The order as it is now; null or left out where it is not there, or cannot be compared line by line. */
  readonly now?: PlannedNow | null
}

export interface PlannedNow {
  /** By the key of the line, in the fields that are written. */
  readonly lines: Readonly<Record<string, JsonObject>>
  /** What somebody changed in it, and nobody has decided about. */
  readonly differences: readonly Disagreement[]
}

export interface PlannedCustomer {
  /** Null for one that would be created, from these fields. */
  readonly id: string | null
  readonly label: string | null
  /** The values by which it was recognised; null where it was linked before, or carries our key. */
  readonly by: string | null
  readonly fields: TargetRecord['lineage']
}

export interface PlannedBelow extends PlannedCustomer {
  /** The name that `link` gives it: `shipTo`. */
  readonly link: string
}

/** `target` is null where the record is not there yet, or was not read. */
export interface PlannedTotals {
  readonly source: Totals
  readonly target: Totals | null
}
type Totals = NonNullable<Fulfilment['totals']>

interface Options {
  readonly mode: Mode
  readonly batch: Batch
  readonly state: SyncState
  readonly scope: CallScope
  readonly source: Endpoint
  readonly sourcePausedMs?: number | null
  readonly target: Endpoint
  readonly lookups: { forBatch(lane: Lane): Resolver }
  readonly guard: Bench['guard']
  readonly stillMine: () => void
  readonly planned: (ref: RecordRef, plan: Plan) => void
}

export function openBench(options: Options, deps: Deps): Bench {
  const { mode, batch } = options
  const scope = { ...options.scope, mayWrite: mode === 'live' }
  const ends = { source: options.source.within(scope), target: options.target.within(scope) }
  const live = mode === 'live'
  return {
    mode,
    batch: live ? batch : withoutLinks(batch),
    state: options.state,
    sourcePausedMs: options.sourcePausedMs ?? null,
    ...ends,
    links: live ? deps.ledger.links : linksInMemory(deps.ledger.links),
    problems: deps.ledger.problems,
    lookups: resolverWithin(scope, options.lookups.forBatch(scope.lane), deps),
    deps: { ...deps, evaluator: shareAnswers(deps.evaluator) },
    guard: options.guard,
    stillMine: options.stillMine,
    async read(end, object, ids, paths) {
      if (ids.length === 0) return []
      const records = await ends[end].use((connection) => connection.read(object, ids, paths))
      return oneForEach(records, ids.length, ends[end].name, object)
    },
    async find(object, queries) {
      if (queries.length === 0) return []
      const matches = await ends.target.use((connection) => connection.find(object, queries))
      return oneForEach(matches, queries.length, ends.target.name, object)
    },
    async send(end, writes) {
      if (!live) throw new Error(`a ${mode} bench writes nothing, and was told to`)
      if (writes.length === 0) return []
      options.stillMine()
      const outcomes = await ends[end].use((connection) => connection.write(writes))
      // Some may have been written before the quota was used up, so that it is told of the others, one by one.
      const limited = outcomes.find((one) => !one.ok && one.failure.problem.kind === 'rate_limited')
      if (limited?.ok === false) await ends[end].limited(limited.failure)
      return writes.map((write, index) => outcomes[index] ?? untold(ends[end].name, write))
    },
    plan: (ref, plan) => options.planned(ref, plan),
  }
}

/** A record must not vanish because its connector answered fewer outcomes than it was given writes. */
const untold = (connection: string, write: Write): WriteOutcome => ({
  ok: false,
  failure: {
    problem: { kind: 'bad_reply' },
    message: `Connection "${connection}" gave no result for a ${write.do} of ${write.object}.`,
    fix: 'It is looked up and tried again by itself. If this persists, report it with the name of the system.',
  },
})

function resolverWithin(scope: CallScope, resolver: Resolver, { scopes }: Deps): Resolver {
  return {
    lookup: (needs: readonly LookupNeed[]): Promise<readonly LookupAnswer[]> =>
      scopes.within(scope, () => resolver.lookup(needs)),
  }
}

/** Links as on a live bench, in memory; nothing reaches the ledger. */
function linksInMemory(links: Links): Bench['links'] {
  const own = new Map<string, Link>()
  const nameOf = (sync: string, kind: string, ref: RecordRef) => `${sync} ${kind} ${refText(ref)}`
  return {
    bySource: (sync, kind, records) => links.bySource(sync, kind, records),
    byTarget: (kind, records) => links.byTarget(kind, records),
    async intend(given) {
      const groups = Map.groupBy(given, ({ sync, kind }) => `${sync} ${kind}`)
      const known = new Map<string, Link>()
      for (const [first, ...others] of groups.values()) {
        if (first === undefined) continue
        const refs = [first, ...others].map((one) => one.source.ref)
        for (const link of await links.bySource(first.sync, first.kind, refs)) {
          known.set(nameOf(link.sync, link.kind, link.source.ref), link)
        }
      }
      return given.map((one) => {
        const name = nameOf(one.sync, one.kind, one.source.ref)
        const link = known.get(name) ?? own.get(name) ?? imagined(one)
        own.set(name, link)
        return link
      })
    },
    update: async () => [],
    decide: async () => undefined,
  }
}

const imagined = ({ sync, kind, key, source, target }: NewLink): Link => ({
  id: `planned ${refText(source.ref)}`,
  sync,
  kind,
  key,
  state: 'intended',
  source: { ...source, written: null },
  target: { ...target, id: null, label: null, written: null },
  worth: null,
  origin: null,
  stage: null,
  decisions: null,
  suspect: false,
  erasedAt: null,
  createdAt: '1970-01-01T00:00:00.000Z' as Link['createdAt'],
  updatedAt: '1970-01-01T00:00:00.000Z' as Link['updatedAt'],
})

const withoutLinks = (batch: Batch): Batch => ({ ...batch, link: () => undefined })
