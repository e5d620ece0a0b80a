import { refText } from '../../../core/ref.ts'
import { fillHole, type Hole, openHole } from '../../../mapping/run/hole.ts'
import { type Mapped, mapOutbound, type TargetRecord } from '../../../mapping/run/run.ts'
import type { Bench } from '../../bench/bench.ts'
import { breathe } from '../../bench/in-parts.ts'
import { type Wanted, type Won, wantedOf } from './case.ts'
import type { DealSync } from './sync.ts'

/** A placeholder for the customer while it is being looked for. */
const hole = openHole('customer')

/** A deal with what its order shall be, but for the customer. */
export interface Drafted {
  readonly won: Won
  readonly draft: TargetRecord
}

/** Whether the deal's order is known by its link. */
export const hasOrder = ({ link }: Won): boolean => link.state === 'linked' && link.target.id !== null

/**
 * Maps deals to orders before their customers are known, and looks up what they refer to. A deal that does not map gets its
 * outcome here, before anything is created for it.
 */
export async function draftOrders(sync: DealSync, cases: readonly Won[], bench: Bench): Promise<readonly Drafted[]> {
  // First the calls go out that need no mapping.
  await breathe()
  const mapped = await mapOrders(
    sync,
    cases,
    (won) => (hasOrder(won) ? 'update' : 'create'),
    () => hole,
    bench,
  )
  return cases.flatMap((won, index): Drafted[] => {
    const result = mapped[index]
    if (result?.ok === true) return [{ won, draft: result.value }]
    if (result?.ok === false) bench.batch.fail(won.ref, result.failures[0])
    return []
  })
}

/** @param customerOf  the target's id of a deal's customer */
async function mapOrders(
  sync: DealSync,
  cases: readonly Won[],
  op: (won: Won) => 'create' | 'update',
  customerOf: (won: Won) => string | Hole,
  bench: Bench,
): Promise<readonly Mapped<TargetRecord>[]> {
  if (cases.length === 0) return []
  const account = { ...(await bench.target.account()) }
  return mapOutbound(
    sync.order,
    cases.map((won) => ({ document: won.deal, op: op(won), account, links: { customer: customerOf(won) } })),
    bench.lookups,
    bench.deps.evaluator,
  )
}

/**
 * The wanted orders, customer included. A deal that does not map now gets its outcome.
 * @param customerOf  the target's id of a deal's customer
 * @param again  names of deals whose order was found: the rules for updates apply
 * @returns by `refText` of the deal
 */
export async function wantedOrders(
  sync: DealSync,
  drafted: readonly Drafted[],
  customerOf: (won: Won) => string,
  again: ReadonlySet<string>,
  bench: Bench,
): Promise<ReadonlyMap<string, Wanted>> {
  const wanted = new Map<string, Wanted>()
  const writes = bench.target.connection.writes[sync.order.object]
  const lines = { unit: writes?.lineUnit, fields: writes?.lineFields ?? {} }
  const put = (won: Won, record: TargetRecord) =>
    void wanted.set(refText(won.ref), wantedOf(won, record, sync.order, lines))
  const anew: Won[] = []
  for (const { won, draft } of drafted) {
    if (again.has(refText(won.ref))) anew.push(won)
    else put(won, fillHole(draft, hole, customerOf(won)))
  }
  const mapped = await mapOrders(sync, anew, () => 'update', customerOf, bench)
  for (const [index, won] of anew.entries()) {
    const result = mapped[index]
    if (result?.ok === true) put(won, result.value)
    else if (result?.ok === false) bench.batch.fail(won.ref, result.failures[0])
  }
  return wanted
}
