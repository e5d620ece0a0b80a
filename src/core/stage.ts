import { add, compare, type Decimal, subtract, sum, zero } from './decimal.ts'
import { type Fulfilment, type Stage, stages } from './documents.ts'

const positive = (value: Decimal) => compare(value, zero) > 0

/**
 * How far an order is, from its documents and their quantities alone. Shipping decides up to `shipped`; an order that
 * was paid in advance is not `paid` before it is shipped. Services are never shipped and do not hold it back. Nobody waits
 * for what was closed short, nor for what came back and is not replaced.
 */
export function stageOf(order: Fulfilment): Stage {
  if (order.state === 'cancelled') return 'cancelled'
  if (order.state === 'draft') return 'draft'
  const goods = order.lines.filter((line) => line.stocked && positive(line.ordered))
  if (goods.length === 0) return afterShipping(order, 'confirmed')
  if (!goods.some((line) => positive(line.shipped ?? zero))) return beforeShipping(order)
  return isOpen(order, goods) ? 'partly_shipped' : afterShipping(order, 'shipped')
}

/** Whether more of the goods is to come. */
function isOpen(order: Fulfilment, goods: Fulfilment['lines']): boolean {
  const isShort = goods.some((line) => compare(line.shipped ?? zero, line.ordered) < 0)
  if (order.open === null) return isShort
  return order.open || (isShort && (isMade(order) || isBought(order)))
}

const isMade = (order: Fulfilment) =>
  order.productionOrders.some((one) => one.state === 'planned' || one.state === 'in_progress')
const isBought = (order: Fulfilment) =>
  order.purchaseOrders.some((one) => one.state === 'draft' || one.state === 'ordered')

function beforeShipping(order: Fulfilment): Stage {
  if (isMade(order)) return 'in_production'
  if (isBought(order)) return 'in_procurement'
  const open = order.shipments.filter(
    (one) => one.kind === 'delivery' && one.state !== 'shipped' && one.state !== 'cancelled',
  )
  if (open.length > 0 && open.every((one) => one.state === 'ready')) return 'ready'
  return 'confirmed'
}

function afterShipping(order: Fulfilment, reached: Stage): Stage {
  const posted = order.invoices.filter((one) => one.state === 'posted' && one.kind === 'invoice')
  if (posted.length === 0) return reached
  const fullyInvoiced = order.lines.every((line) => line.invoiced === null || compare(line.invoiced, dueOf(line)) >= 0)
  if (!fullyInvoiced) return reached
  const total = sum(posted.map((one) => one.total))
  const outstanding = sum(posted.map((one) => one.outstanding))
  if (!positive(outstanding)) return 'paid'
  return compare(outstanding, total) < 0 ? 'partly_paid' : 'invoiced'
}

/** How much of a line is to be invoiced: of goods what the customer has, but no more than was ordered. */
function dueOf(line: Fulfilment['lines'][number]): Decimal {
  const had = line.stocked ? (line.shipped ?? line.ordered) : line.ordered
  const kept = subtract(had, line.returned ?? zero)
  return compare(kept, line.ordered) < 0 ? kept : line.ordered
}

/** Goods of which the customer has less than was ordered, although no more is to come: `8 of 10` for each line. */
export function shortfallOf(order: Fulfilment): readonly string[] {
  if (rank(stageOf(order)) < rank('shipped') || order.state !== 'confirmed') return []
  return order.lines.flatMap((line) => {
    const kept = subtract(line.shipped ?? zero, line.returned ?? zero)
    return line.stocked && compare(kept, line.ordered) < 0 ? [`${kept} of ${line.ordered}`] : []
  })
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
