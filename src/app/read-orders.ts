import type { Fulfilment, Stage } from '../core/documents.ts'
import type { Failure } from '../core/problem.ts'
import { advance } from '../core/stage.ts'
import { summarise } from '../core/summary.ts'
import type { CompiledMapping } from '../mapping/compile.ts'
import { mapInbound } from '../mapping/run.ts'
import type { Link } from '../ports/ledger.ts'
import type { DealSync, Deps } from './sync.ts'

interface OrderNow {
  readonly fulfilment: Fulfilment
  readonly stage: Stage
}

/** Reads orders as they are now, in full where policies need it, else their totals alone. */
export async function readOrders(
  fulfilment: CompiledMapping,
  endpoint: DealSync['target'],
  links: readonly (Link & { targetId: string })[],
  parts: readonly string[] | null,
  deps: Deps,
): Promise<Map<string, OrderNow | Failure>> {
  const mapping = parts === null ? fulfilment : fulfilment.only(parts)
  const account = await endpoint.account()
  const records = await endpoint.use((connection) =>
    connection.read(
      mapping.object,
      links.map((link) => link.targetId),
      mapping.reads,
    ),
  )
  const present = links.flatMap((link, index) => {
    const record = records[index]
    return record === null || record === undefined ? [] : [{ link, record }]
  })
  const mapped = await mapInbound<Fulfilment>(
    mapping,
    present.map((one) => one.record),
    { ...account },
    deps.evaluator,
  )
  const result = new Map<string, OrderNow | Failure>(links.map((link) => [link.id, goneOrder(link)]))
  for (const [index, { link }] of present.entries()) {
    const outcome = mapped[index]
    if (outcome === undefined) continue
    if (!outcome.ok) {
      if (outcome.failures[0] !== undefined) result.set(link.id, outcome.failures[0])
      continue
    }
    const stage = parts === null ? advance((link.stage ?? null) as Stage | null, outcome.value) : 'draft'
    result.set(link.id, { fulfilment: { ...summarise(outcome.value), stage }, stage })
  }
  return result
}

export const isOrder = (value: OrderNow | Failure | undefined): value is OrderNow =>
  value !== undefined && 'fulfilment' in value

const goneOrder = (link: Link): Failure => ({
  problem: { kind: 'record_gone', object: link.targetObject, id: link.targetId ?? '' },
  message: `Order ${link.targetLabel ?? link.targetId} of ${link.label ?? link.sourceId} is no longer in the ERP.`,
  fix: 'Restore it there. If it was deleted on purpose, the deal needs a new one: enter it in the ERP by hand.',
})
