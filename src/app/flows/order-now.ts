import type { Fulfilment, Stage } from '../../core/documents.ts'
import type { Failure } from '../../core/problem.ts'
import { advance } from '../../core/stage.ts'
import { summarise } from '../../core/summary.ts'
import type { CompiledMapping } from '../../mapping/compile/compile.ts'
import { mapInbound } from '../../mapping/run/run.ts'
import type { Link } from '../../ports/ledger/links.ts'
import type { Bench } from '../bench/bench.ts'

/** An order of the ERP as it is now. */
export interface OrderNow {
  readonly fulfilment: Fulfilment
  readonly stage: Stage
  /** The version that was read, null where the connector has none. */
  readonly version: string | null
}

/** An order that a link leads to. */
export interface Placed {
  readonly link: Link
  readonly orderId: string
}
/** The order of a link, null where there is none yet. */
export const placed = (link: Link): Placed | null =>
  link.state === 'linked' && link.target.id !== null ? { link, orderId: link.target.id } : null

/** Whose data was erased, and whose order is over: nothing of it is stored again. */
export const isForgotten = ({ erasedAt, stage }: Link): boolean =>
  erasedAt !== null && (stage === 'paid' || stage === 'cancelled')

/** What orders are, by their links' ids. */
export type OrdersNow = ReadonlyMap<string, OrderNow | Failure>

export interface Wanted {
  readonly mapping: CompiledMapping
  readonly reads: readonly string[]
  /** Whether the stage is computed; otherwise it is `draft`. */
  readonly whole: boolean
}

/** The fields from which stage and summary of an order are computed. */
export const howFar = [
  'id',
  'number',
  'state',
  'open',
  ...['ordered', 'shipped', 'returned', 'invoiced', 'stocked'].map((name) => `lines.${name}`),
  'productionOrders.state',
  'purchaseOrders.state',
  ...['number', 'state', 'kind', 'trackingNumber', 'trackingUrl', 'shippedDate'].map((name) => `shipments.${name}`),
  ...['number', 'state', 'kind', 'date', 'total', 'outstanding'].map((name) => `invoices.${name}`),
]

/**
 * Fetches orders as they are now, all of them at once.
 * @param end  where the ERP is @returns a function that maps some of them: mapped orders need not all stay in memory
 */
export async function fetchOrders(
  { mapping, reads, whole }: Wanted,
  end: 'source' | 'target',
  orders: readonly Placed[],
  bench: Pick<Bench, 'source' | 'target' | 'read'> & { readonly deps: Pick<Bench['deps'], 'evaluator'> },
): Promise<(some: readonly Placed[]) => Promise<OrdersNow>> {
  const account = { ...(await bench[end].account()) }
  const records = await bench.read(
    end,
    mapping.object,
    orders.map(({ orderId }) => orderId),
    reads,
  )
  const byLink = new Map(orders.map(({ link }, index) => [link.id, records[index] ?? null]))
  return async (some) => {
    const present = some.flatMap(({ link }) => {
      const record = byLink.get(link.id) ?? null
      return record === null ? [] : [{ link, record }]
    })
    const mapped = await mapInbound<Fulfilment>(
      mapping,
      present.map((one) => one.record),
      account,
      bench.deps.evaluator,
    )
    const result = new Map<string, OrderNow | Failure>(some.map(({ link }) => [link.id, goneOrder(link)]))
    for (const [index, { link, record }] of present.entries()) {
      const outcome = mapped[index]
      if (outcome === undefined) throw new Error('fewer orders were mapped than read')
      if (!outcome.ok) {
        result.set(link.id, outcome.failures[0])
        continue
      }
      const stage = whole ? advance((link.stage ?? null) as Stage | null, outcome.value) : 'draft'
      const fulfilment = { ...summarise(outcome.value), stage }
      result.set(link.id, { fulfilment, stage, version: record.version ?? null })
    }
    return result
  }
}

export const isOrder = (value: OrderNow | Failure | undefined): value is OrderNow =>
  value !== undefined && 'fulfilment' in value

const goneOrder = ({ source, target }: Link): Failure => ({
  problem: { kind: 'record_gone', object: target.object, id: target.id ?? '' },
  message: `Order ${target.label ?? target.id} of ${source.label ?? source.ref.id} is no longer in the ERP.`,
  fix: 'Restore it there. If it was deleted on purpose, the deal needs a new one: enter it in the ERP by hand.',
})
