import type { Failure } from '../../../core/problem.ts'
import type { Instant } from '../../../core/time.ts'
import type { RemoteRecord } from '../../../ports/connector.ts'
import type { Batch } from '../../bench/batch.ts'
import type { Deps } from '../../bench/deps.ts'
import { inParts } from '../../bench/in-parts.ts'
import type { Lookups } from '../../bench/lookups.ts'
import { together } from '../../bench/together.ts'
import { versionFor } from '../../bench/version.ts'
import { amendOrders, unwinOrders } from './amend.ts'
import { type Case, type Existing, isLinked, wantedJson } from './case.ts'
import { proveAndConfirm } from './confirm.ts'
import { adoptOrders, createOrders, findOrders, linkCases } from './create.ts'
import { type CustomerDeps, prepareCustomers, settleCustomers } from './customers.ts'
import { mapEarly, wantedOrders } from './map.ts'
import { isReady, readDeals } from './read-deals.ts'
import type { DealSync } from './sync.ts'

/** Thrown into a batch whose leases went to another worker: nothing more may be written. */
export class LeaseLost extends Error {}

/**
 * Delivers a batch of deals: read, map, find or make customers, plan, write, settle links, prove totals, confirm. Every
 * record gets an outcome in `batch`; whole calls that fail are thrown.
 * @param guard  asked before the first new order of the batch; false stops them all
 * @param stillMine  called before each write; throws when the leases were lost
 */
export async function deliverOrders(sync: DealSync, batch: Batch, context: Context, deps: Deps): Promise<void> {
  // What was read and mapped is let go before the totals are waited for: it is most of what a batch holds.
  const drafts = await writeOrders(sync, batch, context, deps)
  await proveAndConfirm(sync, drafts, batch, context, deps)
}

interface Context {
  readonly since: Instant
  readonly shadow: boolean
  readonly lookups: Lookups
  readonly guard: (wanted: number) => Promise<Failure | null>
  readonly stillMine: () => void
}

/** @returns the orders that are to be proven and confirmed */
async function writeOrders(sync: DealSync, batch: Batch, context: Context, deps: Deps): Promise<readonly Existing[]> {
  const ids = batch.claims.map((claim) => claim.recordId)
  const account = await sync.source.account()
  const [records, known] = await together([
    sync.source.use((connection) => connection.read(sync.deal.object, ids, sync.reads)),
    deps.ledger.links.bySource(sync.name, 'order', ids),
  ])
  const links = new Map(known.map((link) => [link.sourceId, link]))
  const cases: { won: Case[]; lost: Existing[] } = { won: [], lost: [] }
  const claims = batch.claims.map((claim, index) => ({ claim, record: records[index] ?? null }))
  await inParts(claims, async (part) => {
    const some = part.map(({ claim }) => claim)
    const read = part.map(({ record }) => record)
    const { won, lost } = await readDeals(sync, batch, some, read, links, account, context.since, deps)
    cases.won.push(...won)
    cases.lost.push(...lost)
    await linkCases(sync, won, batch, context.shadow, deps)
  })
  const lookups = context.lookups.forBatch()
  const customerDeps: CustomerDeps = {
    sync: sync.name,
    source: sync.source,
    target: sync.target,
    mapping: sync.customer,
    whenMissing: sync.config.policies.missing_customer,
    dryRun: context.shadow,
    ledger: deps.ledger,
    evaluator: deps.evaluator,
    resolver: lookups,
  }
  const buyers = cases.won.flatMap((one) => (one.deal.customer === null ? [] : [one.deal.customer]))
  const prepared = await prepareCustomers(buyers, customerDeps)
  noteVersions(sync, batch, records, [...cases.won, ...cases.lost], context.shadow)

  // The target is asked for all at once, and orders are mapped while it looks for their customers.
  const [customers, found, early] = await together([
    settleCustomers(prepared, customerDeps),
    findOrders(
      sync,
      cases.won.filter((one) => !isLinked(one)),
    ),
    mapEarly(sync, cases.won, lookups, deps),
  ])
  const ready = cases.won.filter((one) => isReady(one, customers, batch))
  const linked = ready.filter(isLinked)
  const unknown = ready.filter((one) => !isLinked(one))
  const adopted = await adoptOrders(unknown, found, batch, context.shadow, deps)
  const open = new Set(batch.open())
  for (const one of adopted) open.delete(one.id)
  const fresh = unknown.filter((one) => open.has(one.id))

  for (const one of fresh) if (!one.deal.won) batch.settle(one.id, 'not won')
  const isAdopted = new Set(adopted.map((one) => one.id))
  const mapping = ready.filter((one) => one.deal.won)
  const wanted = await wantedOrders(sync, mapping, early, customers, isAdopted, lookups, deps, batch)
  const creating = fresh.filter((one) => wanted.has(one.id))
  const existing = [...linked, ...adopted].filter((one) => wanted.has(one.id))
  // A crash may have come between the order and its first report, which the order's own changes need not bring about.
  for (const one of linked) if (one.link.reported === null) batch.report(one.id)

  if (context.shadow) {
    for (const one of creating) {
      batch.note(
        one.id,
        'would_create',
        `Shadow mode: an order for ${one.label} would be made`,
        wantedJson(wanted.get(one.id)),
      )
      batch.settle(one.id, 'would create')
    }
    for (const one of [...existing, ...cases.lost]) batch.settle(one.id, 'unchanged')
    return []
  }
  const created = await createOrders(sync, creating, wanted, batch, context, deps)
  const amended = await amendOrders(sync, existing, wanted, adopted, batch, context, deps)
  await unwinOrders(sync, cases.lost, batch, context, deps)
  return [...created, ...amended].map((one) => ({ ...one, deal: { ...one.deal, customer: null, raw: {} } }))
}

/** Keeps in which state each deal was read: a change that finds it in that state is none. */
function noteVersions(
  sync: DealSync,
  batch: Batch,
  records: readonly (RemoteRecord | null)[],
  cases: readonly Case[],
  shadow: boolean,
): void {
  if (shadow) return
  const links = new Map(cases.map((one) => [one.id, one.link]))
  for (const [index, { recordId }] of batch.claims.entries()) {
    const version = records[index]?.version
    const link = links.get(recordId)
    if (version !== undefined && link != null) batch.link({ id: link.id, sourceVersion: versionFor(sync, version) })
  }
}
