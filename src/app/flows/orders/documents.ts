import { paidOf } from '../../../core/paid.ts'
import { type Failure, SyncError } from '../../../core/problem.ts'
import { webAddress } from '../../../core/web-address.ts'
import type { Lane } from '../../../ports/http.ts'
import type { Deps } from '../../bench/deps.ts'
import type { OrderDocuments } from '../flow.ts'
import { fetchOrders, howFar, isOrder, placed } from '../order-now.ts'
import type { DealSync } from './sync.ts'

/** Beside those that tell how far the order is. */
const fields = [
  ...['url', 'promisedDate', 'totals.currency', 'shipments.carrier', 'invoices.due'],
  ...['payments.date', 'payments.amount'],
  ...['number', 'ordered', 'produced', 'dueDate'].map((name) => `productionOrders.${name}`),
  ...['number', 'dueDate'].map((name) => `purchaseOrders.${name}`),
]

/**
 * The documents behind the order of a deal. They are not in the ledger: no delivery needs them, and the ERP knows them better. An
 * ERP that is paused already is not asked.
 */
export async function documentsOf(
  sync: DealSync,
  deal: string,
  lane: Lane,
  deps: Deps,
): Promise<OrderDocuments | null> {
  const [link] = await deps.ledger.links.bySource(sync.name, sync.orders.name, [{ ...sync.records, id: deal }])
  const place = link === undefined ? null : placed(link)
  if (place === null) return null
  const { source } = sync
  const target = sync.target.within({ lane, mayWrite: false })
  const paused = await target.paused()
  if (paused !== null) throw errorOf(paused)
  const mapping = sync.mapping('fulfilment').only([...howFar, ...fields])
  const wanted = { mapping, reads: mapping.reads, whole: true }
  const mapSome = await fetchOrders(wanted, 'target', [place], {
    ...{ source, target, deps },
    read: (_end, object, ids, paths) => target.ask((erp) => erp.read(object, ids, paths)),
  })
  const order = (await mapSome([place])).get(place.link.id)
  if (order === undefined) throw new Error(`order ${place.orderId} was asked for and not told`)
  if (!isOrder(order)) throw errorOf(order)
  const { number, url, promisedDate, totals, shipments, invoices, payments, productionOrders, purchaseOrders } =
    order.fulfilment
  return {
    ...{ sync: sync.name, stage: order.stage, number, url: webAddress(url), promisedDate },
    ...{ payments, productionOrders, purchaseOrders, currency: totals?.currency ?? null },
    shipments: shipments.map((one) => ({ ...one, trackingUrl: webAddress(one.trackingUrl) })),
    invoices: invoices.map((one) => ({ ...one, paid: paidOf(one) })),
    readAt: deps.clock.now(),
  }
}

const errorOf = ({ message, problem, fix }: Failure) => new SyncError(message, { problem, fix })
