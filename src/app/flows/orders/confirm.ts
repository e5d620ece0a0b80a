import { decisionsOf } from '../../../plan/decisions.ts'
import { storedOf } from '../../../plan/difference.ts'
import { proveTotals } from '../../../plan/plan.ts'
import { proveQuantities } from '../../../plan/quantities.ts'
import type { Bench } from '../../bench/bench.ts'
import { inParts } from '../../bench/in-parts.ts'
import { together } from '../../bench/together.ts'
import { fetchOrders, isOrder, type OrdersNow, type Wanted } from '../order-now.ts'
import { actOnOrders } from './act.ts'
import { type Existing, writtenNow } from './case.ts'
import type { DealSync } from './sync.ts'

const money = ['totals']
const quantities = ['sku', 'ordered', 'unit', 'productUnit', 'unitSize'].map((name) => `lines.${name}`)
/** The fields of an order that are compared with its deal. */
export const proven = [...money, ...quantities]

/** Compares the orders' totals and quantities with their deals, whatever was written, and confirms drafts that agree. */
export async function proveAndConfirm(sync: DealSync, cases: readonly Existing[], bench: Bench): Promise<void> {
  if (cases.length === 0) return
  const [mapSome] = await together([
    fetchOrders(wantedProof(sync, cases), 'target', cases, bench),
    // What was created stays created, whether or not it is confirmed.
    bench.batch.store(),
  ])
  await inParts(cases, async (part) => {
    await prove(sync, part, await mapSome(part), bench)
    await bench.batch.store()
  })
}

/** Lines are read only where a unit is named: without one, quantities are in the product's own, and there is nothing to mistake. */
function wantedProof(sync: DealSync, cases: readonly Existing[]): Wanted {
  const hasUnits = cases.some(({ agreed }) => agreed.some(({ unit }) => unit !== null))
  const mapping = sync.fulfilment.only(['id', 'number', 'state', ...(hasUnits ? proven : money)])
  return { mapping, reads: mapping.reads, whole: false }
}

/** The outcome of an order that needs no confirmation now. */
const doneOf = ({ touched }: Existing) => touched ?? 'unchanged'

async function prove(sync: DealSync, cases: readonly Existing[], orders: OrdersNow, bench: Bench): Promise<void> {
  const { batch } = bench
  const { policies } = sync.config
  const confirming: Existing[] = []
  for (const one of cases) {
    const now = orders.get(one.link.id)
    if (!isOrder(now)) {
      if (now === undefined) throw new Error(`order ${one.orderId} was not read`)
      batch.fail(one.ref, now)
      continue
    }
    const number = now.fulfilment.number ?? one.orderId
    const { state, totals, lines } = now.fulfilment
    const decided = decisionsOf(one.link.decisions)
    // What is left of a confirmed order that nobody writes to any more may be less than was ordered.
    const counts = state === 'draft' || one.touched !== null
    const failure =
      state === 'cancelled'
        ? null
        : (proveTotals(one.deal, { number, state, totals }, policies.totals, decided) ??
          (counts ? proveQuantities(one.agreed, { number, lines }, policies.totals, decided) : null))
    if (failure !== null) {
      batch.link({ id: one.link.id, target: { label: number } })
      batch.fail(one.ref, failure)
    } else if (state === 'draft' && policies.confirm === 'automatic' && one.written?.confirmed !== true) {
      batch.link({ id: one.link.id, target: { label: number } })
      confirming.push(one)
    } else if (one.touched === null && (one.written?.confirmed === true || state !== 'confirmed')) {
      batch.done(one.ref, 'unchanged')
    } else {
      const confirmed = state === 'confirmed'
      const written = {
        ...(one.written ?? writtenNow(undefined)),
        confirmed: (one.written?.confirmed ?? false) || confirmed,
      }
      batch.link({
        id: one.link.id,
        // How far a confirmed order has come is the fulfilment sync's to say.
        ...(confirmed && (one.link.stage ?? 'draft') === 'draft' ? { stage: 'confirmed' } : {}),
        target: { label: number, written: storedOf(written) },
      })
      batch.done(one.ref, doneOf(one))
    }
  }
  if (bench.mode !== 'live') {
    for (const one of confirming) {
      const target = { number: one.link.target.label, id: one.orderId }
      bench.plan(one.ref, { action: 'confirm', label: one.label, target, lineage: [], lines: [] })
      batch.note(one.ref, 'would_confirm', `Shadow mode: the order of ${one.label} would be confirmed`)
      batch.done(one.ref, 'planned')
    }
    return
  }
  for (const one of await actOnOrders('confirm', sync.order.object, confirming, bench)) {
    // What was written is in the ledger already, except for orders that were there before.
    const written = one.written === null ? { written: storedOf(writtenNow(undefined)) } : {}
    batch.link({ id: one.link.id, stage: 'confirmed', target: { confirmed: true, ...written } })
    batch.tell(one.ref)
    batch.note(one.ref, 'confirmed', 'Totals agree with the deal; the order was confirmed')
    batch.done(one.ref, one.touched ?? 'updated')
  }
}
