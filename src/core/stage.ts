import { add, compare, type Decimal, subtract, sum, zero } from './decimal.ts'
import { type Fulfilment, type Stage, stages } from './documents.ts'

const positive = (value: Decimal) => compare(value, zero) > 0

/**
 * How far an order is, from its documents and their quantities alone. Shipping decides up to `shipped`; an order that
 * was paid in advance is not `paid` before it is shipped. Services are never shipped and do not hold it back.
 */
export function stageOf(order: Fulfilment): Stage {
  if (order.state === 'cancelled') return 'cancelled'
  if (order.state === 'draft') return 'draft'
  const goods = order.lines.filter((line) => line.stocked && positive(line.ordered))
  const kept = goods.map((line) => subtract(line.shipped ?? zero, line.returned ?? zero))
  const allShipped = goods.every((line, index) => compare(kept[index] ?? zero, line.ordered) >= 0)
  if (!allShipped) {
    if (kept.some(positive)) return 'partly_shipped'
    return beforeShipping(order)
  }
  return afterShipping(order, goods.length > 0 ? 'shipped' : 'confirmed')
}

function beforeShipping(order: Fulfilment): Stage {
  if (order.productionOrders.some((one) => one.state === 'planned' || one.state === 'in_progress'))
    return 'in_production'
  if (order.purchaseOrders.some((one) => one.state === 'draft' || one.state === 'ordered')) return 'in_procurement'
  const open = order.shipments.filter(
    (one) => one.kind === 'delivery' && one.state !== 'shipped' && one.state !== 'cancelled',
  )
  if (open.length > 0 && open.every((one) => one.state === 'ready')) return 'ready'
  return 'confirmed'
}

function afterShipping(order: Fulfilment, reached: Stage): Stage {
  const posted = order.invoices.filter((one) => one.state === 'posted' && one.kind === 'invoice')
  if (posted.length === 0) return reached
  const fullyInvoiced = order.lines.every(
    (line) => line.invoiced === null || compare(line.invoiced, subtract(line.ordered, line.returned ?? zero)) >= 0,
  )
  if (!fullyInvoiced) return reached
  const total = sum(posted.map((one) => one.total))
  const outstanding = sum(posted.map((one) => one.outstanding))
  if (!positive(outstanding)) return 'paid'
  return compare(outstanding, total) < 0 ? 'partly_paid' : 'invoiced'
}

/** Only a cancellation or a return moves a stage backwards; a late purchase order does not. */
export function advance(before: Stage | null, order: Fulfilment): Stage {
  const now = stageOf(order)
  if (before === null || now === 'cancelled' || before === 'cancelled' || order.state === 'draft') return now
  const returned = order.lines.reduce((total, line) => add(total, line.returned ?? zero), zero)
  if (positive(returned)) return now
  return rank(now) >= rank(before) ? now : before
}

/** Production and procurement go on side by side: neither comes before the other. */
const rank = (stage: Stage): number => stages.indexOf(stage === 'in_production' ? 'in_procurement' : stage)
