import type { Failure } from '../core/problem.ts'
import type { Instant } from '../core/time.ts'
import { mapOutbound } from '../mapping/run.ts'
import { amendOrders, unwinOrders } from './amend-orders.ts'
import type { Batch } from './batch.ts'
import { proveAndConfirm } from './confirm-orders.ts'
import { adoptOrders, createOrders, linkCases } from './create-orders.ts'
import { type CustomerOutcome, resolveCustomers } from './customers.ts'
import { openLookups } from './lookups.ts'
import { type Case, type Existing, type Wanted, wantedJson, wantedOf } from './order-case.ts'
import { isReady, readDeals } from './read-deals.ts'
import type { DealSync, Deps } from './sync.ts'

/** Thrown into a batch whose leases went to another worker: nothing more may be written. */
export class LeaseLost extends Error {}

/**
 * Delivers a batch of deals: read, map, find or make customers, plan, write, settle links, prove totals, confirm. Every
 * record gets an outcome in `batch`; whole calls that fail are thrown.
 * @param guard  asked before the first new order of the batch; false stops them all
 * @param stillMine  called before each write; throws when the leases were lost
 */
export async function deliverOrders(
  sync: DealSync,
  batch: Batch,
  context: {
    since: Instant
    shadow: boolean
    guard: (wanted: number) => Promise<Failure | null>
    stillMine: () => void
  },
  deps: Deps,
): Promise<void> {
  const ids = batch.claims.map((claim) => claim.recordId)
  const account = await sync.source.account()
  const records = await sync.source.use((connection) => connection.read(sync.deal.object, ids, sync.reads))
  const links = new Map(
    (await deps.ledger.links.bySource(sync.name, 'order', ids)).map((link) => [link.sourceId, link]),
  )
  const cases = await readDeals(sync, batch, records, links, account, context.since, deps)
  const lookups = openLookups(sync.target)
  await linkCases(sync, cases.won, batch, context.shadow, deps)

  const customers = await resolveCustomers(
    cases.won.flatMap((one) => (one.deal.customer === null ? [] : [one.deal.customer])),
    {
      sync: sync.name,
      source: sync.source,
      target: sync.target,
      mapping: sync.customer,
      whenMissing: sync.config.policies.missing_customer,
      dryRun: context.shadow,
      ledger: deps.ledger,
      evaluator: deps.evaluator,
      resolver: lookups,
    },
  )
  const ready = cases.won.filter((one) => isReady(one, customers, batch))
  const known = ready.filter((one): one is Existing => one.link?.targetId != null && one.link.state === 'linked')
  const unknown = ready.filter((one) => !known.includes(one as Existing))
  const adopted = await adoptOrders(sync, unknown, batch, context.shadow, deps)
  const open = new Set(batch.open())
  for (const one of adopted) open.delete(one.id)
  const fresh = unknown.filter((one) => open.has(one.id))

  const wanted = await mapOrders(sync, ready, customers, new Set(fresh.map((one) => one.id)), lookups, deps, batch)
  const creating = fresh.filter((one) => wanted.has(one.id))
  const existing = [...known, ...adopted].filter((one) => wanted.has(one.id))
  // A crash may have come between the order and its first report, which the order's own changes need not bring about.
  for (const one of known) if (one.link.reported === null) batch.report(one.id)

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
    return
  }
  const created = await createOrders(sync, creating, wanted, batch, context, deps)
  const amended = await amendOrders(sync, existing, wanted, adopted, batch, context, deps)
  await unwinOrders(sync, cases.lost, batch, context, deps)
  await proveAndConfirm(sync, [...created, ...amended], batch, context, deps)
}

async function mapOrders(
  sync: DealSync,
  cases: readonly Case[],
  customers: ReadonlyMap<string, CustomerOutcome>,
  fresh: ReadonlySet<string>,
  lookups: ReturnType<typeof openLookups>,
  deps: Deps,
  batch: Batch,
): Promise<Map<string, Wanted>> {
  const won = cases.filter((one) => {
    if (one.deal.won) return true
    if (fresh.has(one.id)) batch.settle(one.id, 'not won')
    return false
  })
  const account = { ...(await sync.target.account()) }
  const mapped = await mapOutbound(
    sync.order,
    won.map((one) => {
      const customer = customers.get(one.deal.customer?.id ?? '')
      return {
        document: one.deal,
        op: fresh.has(one.id) ? ('create' as const) : ('update' as const),
        account,
        links: customer?.ok === true ? { customer: customer.id } : {},
      }
    }),
    lookups,
    deps.evaluator,
  )
  const wanted = new Map<string, Wanted>()
  for (const [index, one] of won.entries()) {
    const result = mapped[index]
    if (result === undefined) continue
    if (result.ok) wanted.set(one.id, wantedOf(result.value, one.key, sync.order.references))
    else if (result.failures[0] !== undefined) batch.fail(one.id, result.failures[0])
  }
  return wanted
}
