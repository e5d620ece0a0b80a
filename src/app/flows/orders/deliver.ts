import { compare, zero } from '../../../core/decimal.ts'
import type { Failure } from '../../../core/problem.ts'
import { refText } from '../../../core/ref.ts'
import type { Link } from '../../../ports/ledger/links.ts'
import type { Bench, PlannedBelow, PlannedCustomer } from '../../bench/bench.ts'
import { together } from '../../bench/together.ts'
import { find } from '../../bring/find.ts'
import type { Brought } from '../../bring/kind.ts'
import { make, plannedId } from '../../bring/make.ts'
import type { Placed } from '../order-now.ts'
import { type Amending, amendOrders, unwinOrders } from './amend.ts'
import { openBelow } from './below.ts'
import {
  type Existing,
  hasOrder,
  type Lost,
  type Sought,
  totalsOf,
  type Wanted,
  type Won,
  wantedJson,
  writtenNow,
} from './case.ts'
import { proveAndConfirm } from './confirm.ts'
import { type Customers, openCustomers } from './customers.ts'
import { type Drafted, draftOrders, wantedOrders } from './map.ts'
import { readDeals } from './read-deals.ts'
import { behind } from './reconcile.ts'
import type { DealSync } from './sync.ts'

/**
 * Delivers a batch of deals: read, map, find or create customers, plan, write, settle links, prove totals, confirm. Nothing is
 * created for a deal before all of it is known to be valid.
 */
export async function deliverOrders(sync: DealSync, bench: Bench): Promise<void> {
  // `writeOrders` returns before the totals are waited for, so that what was read and mapped, most of the memory, is freed.
  await proveAndConfirm(sync, await writeOrders(sync, bench), bench)
}

/** @returns the orders that are to be proven and confirmed */
async function writeOrders(sync: DealSync, bench: Bench): Promise<readonly Existing[]> {
  const { batch } = bench
  const cases = await readDeals(sync, bench)
  const lost = cases.filter((one): one is Lost => one.is === 'lost')
  const sought = cases.filter((one): one is Sought => one.is === 'sought')
  const ready = cases.filter((one): one is Won => one.is === 'won' && isReady(one, bench))
  // A crash may have come between the creation of the order and its first write-back, which no change of the order need trigger.
  for (const one of ready) if (hasOrder(one) && one.link.source.written === null) batch.tell(one.ref)

  const customers = await openCustomers(
    sync,
    ready.flatMap(({ deal }) => deal.customer ?? []),
    bench,
  )
  const below = openBelow(sync, ready, bench)
  // The target is asked for everything at once, and orders are mapped while it looks for their customers.
  const [, found, drafted] = await together([
    customers.look(),
    findOrders(sync, [...ready.filter((one) => !hasOrder(one)), ...sought], bench),
    draftOrders(sync, ready, below, bench),
    below.draft(),
  ])
  const foundLost = sought.flatMap((one) => settleSought(one, found, bench))
  const sound = drafted.filter(({ won }) => batch.outcomeOf(won.ref) === null)
  const allowed = await allowedBy(bench, sound, found)
  await customers.make(allowed.flatMap(({ won }) => won.deal.customer?.id ?? []))
  const withCustomer = allowed.filter(({ won }) => hasCustomer(won, customers, bench))
  const places = placesOf(withCustomer, found, bench)
  await tellBehind(sync, withCustomer, places, bench)
  const placed = withCustomer.filter(({ won }) => batch.outcomeOf(won.ref) === null)
  await below.bring(
    placed.map(({ won }) => won),
    (won) => customerOf(won, customers),
  )
  const served = placed.filter(({ won }) => batch.outcomeOf(won.ref) === null)
  const again = new Set([...places].flatMap(([name, place]) => (place.adopted ? [name] : [])))
  const wanted = await wantedOrders(sync, served, (won) => customerOf(won, customers), below, again, bench)

  const creating: Creating[] = []
  const amending: Amending[] = []
  for (const { won } of served) {
    const order = wanted.get(refText(won.ref))
    if (order === undefined) continue
    const place = places.get(refText(won.ref))
    const shown = { customer: customers.plannedOf(won.deal.customer?.id ?? ''), below: below.plannedOf(won) }
    if (place === undefined) creating.push({ won, order, ...shown })
    else {
      const { ref, deal, label, key } = won
      amending.push({ ref, deal, label, key, ...place, wanted: order, ...shown })
    }
  }
  const created = await createOrders(sync, creating, bench)
  const amended = await amendOrders(sync, amending, bench)
  await unwinOrders(sync, [...lost, ...foundLost], bench)
  return [...created, ...amended].map((one) => ({ ...one, deal: { ...one.deal, customer: null, raw: {} } }))
}

/** Refuses what no ERP should get: a deal without customer or lines, a negative quantity. */
function isReady({ ref, deal }: Won, { batch }: Bench): boolean {
  const refuse = (path: string, message: string, fix: string) => {
    const failure: Failure = { problem: { kind: 'mapping_failed', rule: 'order', path }, message, fix, field: path }
    batch.fail(ref, failure)
    return false
  }
  if (deal.customer === null) {
    return refuse('customer', 'A won deal has neither a company nor a contact.', 'Add the customer to the deal.')
  }
  if (deal.lines.length === 0) {
    return refuse('lines', 'A won deal has no line items.', 'Add the products that were sold to the deal.')
  }
  const negative = deal.lines.find((line) => compare(line.quantity, zero) < 0)
  if (negative !== undefined) {
    return refuse(
      'lines.quantity',
      `Line "${negative.name ?? negative.sku ?? negative.id}" has quantity ${negative.quantity}; an order cannot have a negative quantity.`,
      'Correct the quantity on the deal, or enter the return in the ERP.',
    )
  }
  return true
}

/** Without the orders that the guard stops: their customers are not to be created either. */
async function allowedBy(
  bench: Bench,
  drafted: readonly Drafted[],
  found: ReadonlyMap<string, Brought>,
): Promise<readonly Drafted[]> {
  const isNew = ({ won }: Drafted) => won.link.state === 'intended' && !found.has(refText(won.ref))
  const fresh = drafted.filter(isNew)
  const refused = fresh.length === 0 || bench.mode !== 'live' ? null : await bench.guard(fresh.length, 'ask')
  if (refused === null) return drafted
  for (const { won } of fresh) bench.batch.fail(won.ref, refused)
  return drafted.filter((one) => !isNew(one))
}

/** Orders that carry our key but are not linked: after a lost answer or a lost ledger. */
function findOrders(
  sync: DealSync,
  cases: readonly (Won | Sought)[],
  bench: Bench,
): Promise<ReadonlyMap<string, Brought>> {
  return find(
    sync.orders,
    cases.map(({ ref, link }) => ({
      ref,
      key: link.key,
      keyPrefix: link.key,
      label: link.source.label ?? ref.id,
      link,
      fields: null,
    })),
    bench,
  )
}

/** The deal is no longer won. @returns its order, where there is one after all */
function settleSought({ ref }: Sought, found: ReadonlyMap<string, Brought>, { batch }: Bench): readonly Lost[] {
  const order = found.get(refText(ref))
  if (order?.ok === true) return [{ is: 'lost', ref, link: order.link, orderId: order.id }]
  if (order === undefined) batch.done(ref, 'left_out')
  else batch.fail(ref, order.failure)
  return []
}

function hasCustomer({ ref, deal }: Won, customers: Customers, { batch }: Bench): boolean {
  const customer = customers.outcomeOf(deal.customer?.id ?? '')
  if (!customer.ok) batch.fail(ref, customer.failure)
  return customer.ok
}

function customerOf({ deal }: Won, customers: Customers): string {
  const customer = customers.outcomeOf(deal.customer?.id ?? '')
  return customer.ok ? customer.id : plannedId
}

/** Where the orders of deals are, by `refText` of the deal; those that have none are absent. */
function placesOf(
  drafted: readonly Drafted[],
  found: ReadonlyMap<string, Brought>,
  { batch }: Bench,
): ReadonlyMap<string, Placed & { readonly adopted: boolean }> {
  const places = new Map<string, Placed & { readonly adopted: boolean }>()
  for (const { won } of drafted) {
    const { ref, link } = won
    const order = found.get(refText(ref))
    if (order?.ok === false) batch.fail(ref, order.failure)
    else if (order !== undefined) {
      places.set(refText(ref), { link: order.link, orderId: order.id, adopted: order.how !== 'linked' })
      const text =
        order.how === 'recovered'
          ? `Order ${order.label} was created although the answer was lost`
          : `Order ${order.label} was there already and is used`
      if (order.how !== 'linked') batch.note(ref, order.how === 'recovered' ? 'created' : 'adopted', text)
      batch.tell(ref)
    } else if (hasOrder(won) && link.target.id !== null) {
      // Of one whose data was erased nothing is known any more: it is taken as it is.
      places.set(refText(ref), { link, orderId: link.target.id, adopted: link.target.written === null })
    }
  }
  return places
}

/** An order carries the key of a deal that this ledger never sent: it is older than what it made. */
async function tellBehind(
  sync: DealSync,
  drafted: readonly Drafted[],
  places: ReadonlyMap<string, { readonly link: Link; readonly adopted: boolean }>,
  { mode, deps }: Bench,
): Promise<void> {
  const unknown = drafted.flatMap(({ won }) => {
    const place = places.get(refText(won.ref))
    return won.link.state === 'intended' && place?.adopted === true ? [place.link.target] : []
  })
  if (unknown.length === 0 || mode !== 'live') return
  const named = unknown.slice(0, 5).map(({ label, id }) => label ?? id)
  const failure: Failure = {
    problem: { kind: 'ledger_behind', orders: unknown.length },
    message: `${sync.target.name} has orders of sync "${sync.name}" that the ledger did not know, ${named.join(', ')} among them: it is older than they are. They were taken over, and none was made twice.`,
    fix: `If a backup was restored: \`crosswalk reconcile ${sync.name} --mend\`, which closes this, then repeat the backfills that were made since. If not, another installation works on the same two accounts: end one of them.`,
  }
  await deps.ledger.problems.raise([{ sync: sync.name, causeKey: behind, failure, records: [] }])
  deps.log.warn('ledger behind', { sync: sync.name, orders: unknown.length })
}

interface Creating {
  readonly won: Won
  readonly order: Wanted
  readonly customer: PlannedCustomer | null
  readonly below: readonly PlannedBelow[]
}

async function createOrders(sync: DealSync, creating: readonly Creating[], bench: Bench): Promise<readonly Existing[]> {
  const { batch } = bench
  const field = sync.order.linesField
  const brought = await make(
    sync.orders,
    creating.map(({ won: { ref, key, label, link }, order }) => ({
      ref,
      key,
      keyPrefix: key,
      label,
      link,
      fields: order.fields,
      ...(order.source === null ? {} : { said: order.source.said }),
      lines: field === null ? null : { field, items: order.lines },
    })),
    bench,
  )
  return creating.flatMap(({ won, order, customer, below }): Existing[] => {
    const { ref, deal, label, key } = won
    const result = brought.get(refText(ref))
    if (result === undefined) throw new Error(`nothing was said of the order for ${label}`)
    if (!result.ok) {
      batch.fail(ref, result.failure)
      return []
    }
    if (result.how === 'planned') {
      const totals = { source: totalsOf(deal), target: null }
      const { lineage, lines } = order
      bench.plan(ref, { action: 'create', label, target: null, lineage, lines, customer, below, totals })
      batch.note(ref, 'would_create', `Shadow mode: an order for ${label} would be created`, wantedJson(order))
      batch.done(ref, 'planned')
      return []
    }
    batch.note(ref, 'created', `An order was created in the ERP for ${label}`, wantedJson(order))
    batch.tell(ref)
    return [
      {
        ...{ ref, deal, label, key, link: result.link, orderId: result.id },
        ...{ written: writtenNow(order), agreed: order.agreed, touched: 'created' },
      },
    ]
  })
}
