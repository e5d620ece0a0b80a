import type { Fulfilment, Stage } from '../../core/documents.ts'
import type { Failure } from '../../core/problem.ts'
import { advance } from '../../core/stage.ts'
import { summarise } from '../../core/summary.ts'
import type { CompiledMapping } from '../../mapping/compile/compile.ts'
import { mapInbound } from '../../mapping/run/run.ts'
import type { Link } from '../../ports/ledger/links.ts'
import type { Deps } from './deps.ts'
import type { Endpoint } from './endpoint.ts'

interface OrderNow {
  readonly fulfilment: Fulfilment
  readonly stage: Stage
  /** In which state it was read, null where the ERP's connector does not tell. */
  readonly version: string | null
}
interface Wanted {
  readonly mapping: CompiledMapping
  readonly reads: readonly string[]
  /** With what its stage is made of. */
  readonly whole: boolean
}

/** Orders of a deal sync with what policies need, or with their totals alone. */
export const wholeOrder = ({ fulfilment }: { readonly fulfilment: CompiledMapping }): Wanted => ({
  mapping: fulfilment,
  reads: fulfilment.reads,
  whole: true,
})
export function orderTotals(sync: { readonly fulfilment: CompiledMapping }): Wanted {
  const mapping = sync.fulfilment.only(['id', 'number', 'state', 'totals'])
  return { mapping, reads: mapping.reads, whole: false }
}

type OrderLink = Link & { targetId: string }
/** What orders are, by their links' ids. */
type OrdersNow = ReadonlyMap<string, OrderNow | Failure>

/** Reads orders as they are now. */
export async function readOrders(
  wanted: Wanted,
  endpoint: Endpoint,
  links: readonly OrderLink[],
  deps: Deps,
): Promise<OrdersNow> {
  const mapSome = await fetchOrders(wanted, endpoint, links, deps)
  return mapSome(links)
}

/** Fetches orders as they are now, all of them at once. @returns what maps some of them */
export async function fetchOrders(
  { mapping, reads, whole }: Wanted,
  endpoint: Endpoint,
  links: readonly OrderLink[],
  deps: Deps,
): Promise<(some: readonly OrderLink[]) => Promise<OrdersNow>> {
  const account = await endpoint.account()
  const records =
    links.length === 0
      ? []
      : await endpoint.use((connection) =>
          connection.read(
            mapping.object,
            links.map((link) => link.targetId),
            reads,
          ),
        )
  const byId = new Map(links.map((link, index) => [link.id, records[index] ?? null]))
  return async (some) => {
    const present = some.flatMap((link) => {
      const record = byId.get(link.id) ?? null
      return record === null ? [] : [{ link, record }]
    })
    const mapped = await mapInbound<Fulfilment>(
      mapping,
      present.map((one) => one.record),
      { ...account },
      deps.evaluator,
    )
    const result = new Map<string, OrderNow | Failure>(some.map((link) => [link.id, goneOrder(link)]))
    for (const [index, { link, record }] of present.entries()) {
      const outcome = mapped[index]
      if (outcome === undefined) continue
      if (!outcome.ok) {
        if (outcome.failures[0] !== undefined) result.set(link.id, outcome.failures[0])
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

const goneOrder = (link: Link): Failure => ({
  problem: { kind: 'record_gone', object: link.targetObject, id: link.targetId ?? '' },
  message: `Order ${link.targetLabel ?? link.targetId} of ${link.label ?? link.sourceId} is no longer in the ERP.`,
  fix: 'Restore it there. If it was deleted on purpose, the deal needs a new one: enter it in the ERP by hand.',
})
