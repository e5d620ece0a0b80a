import { storedOf } from '../../../plan/difference.ts'
import { proveTotals } from '../../../plan/plan.ts'
import type { Batch } from '../../bench/batch.ts'
import type { Deps } from '../../bench/deps.ts'
import { inParts } from '../../bench/in-parts.ts'
import { fetchOrders, isOrder, orderTotals, type readOrders } from '../../bench/read-orders.ts'
import { together } from '../../bench/together.ts'
import { type Existing, type Writing, writtenNow } from './case.ts'
import type { DealSync } from './sync.ts'

/** Compares the orders' totals with their deals and confirms those that agree. */
export async function proveAndConfirm(
  sync: DealSync,
  cases: readonly Existing[],
  batch: Batch,
  context: Writing,
  deps: Deps,
): Promise<void> {
  if (cases.length === 0) return
  const linksOf = (some: readonly Existing[]) => some.map((one) => one.link)
  const [mapSome] = await together([
    fetchOrders(orderTotals(sync), sync.target, linksOf(cases), deps),
    // What was made stays made, whatever becomes of its confirmation.
    batch.store(),
  ])
  await inParts(cases, async (part) => {
    await prove(sync, part, await mapSome(linksOf(part)), batch, context)
    await batch.store()
  })
}

async function prove(
  sync: DealSync,
  cases: readonly Existing[],
  orders: Awaited<ReturnType<typeof readOrders>>,
  batch: Batch,
  context: Writing,
): Promise<void> {
  const { policies } = sync.config
  const confirming: Existing[] = []
  for (const one of cases) {
    const now = orders.get(one.link.id)
    if (!isOrder(now)) {
      if (now !== undefined) batch.fail(one.id, now)
      continue
    }
    const number = now.fulfilment.number ?? one.link.targetId
    const failure = proveTotals(one.deal, { number, totals: now.fulfilment.totals }, policies.totals)
    if (failure !== null) {
      batch.link({ id: one.link.id, targetLabel: number })
      batch.fail(one.id, failure)
    } else if (
      now.fulfilment.state === 'draft' &&
      policies.confirm === 'automatic' &&
      one.written?.confirmed !== true
    ) {
      batch.link({ id: one.link.id, targetLabel: number })
      confirming.push(one)
    } else {
      const confirmed = now.fulfilment.state === 'confirmed'
      const written = {
        ...(one.written ?? writtenNow(undefined)),
        confirmed: (one.written?.confirmed ?? false) || confirmed,
      }
      batch.link({
        id: one.link.id,
        targetLabel: number,
        written: storedOf(written),
        ...(confirmed ? { stage: 'confirmed' } : {}),
      })
      batch.settle(one.id, 'delivered')
    }
  }
  if (confirming.length === 0) return
  context.stillMine()
  const outcomes = await sync.target.use((connection) =>
    connection.write(confirming.map((one) => ({ do: 'confirm', object: sync.order.object, id: one.link.targetId }))),
  )
  for (const [index, one] of confirming.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined) continue
    if (!outcome.ok) {
      batch.fail(one.id, outcome.failure)
      continue
    }
    // What was written before is in the ledger already, but for orders that were there before us.
    const written = one.written === null ? { written: storedOf(writtenNow(undefined)) } : {}
    batch.link({ id: one.link.id, stage: 'confirmed', confirmed: true, ...written })
    batch.report(one.id)
    batch.note(one.id, 'confirmed', 'Totals agree with the deal; the order was confirmed')
    batch.settle(one.id, 'delivered')
  }
}
