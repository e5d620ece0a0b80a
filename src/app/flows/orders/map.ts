import { refText } from '../../../core/ref.ts'
import { fillHole, type Hole, openHole } from '../../../mapping/run/hole.ts'
import { type Mapped, mapOutbound, type TargetRecord } from '../../../mapping/run/run.ts'
import { writtenOf } from '../../../plan/difference.ts'
import type { Bench } from '../../bench/bench.ts'
import { breathe } from '../../bench/in-parts.ts'
import { type Below, fillBelow } from './below.ts'
import { belowNames, type Ids } from './below-parts.ts'
import { hasOrder, type Wanted, type Won, wantedOf } from './case.ts'
import type { DealSync } from './sync.ts'

/** A placeholder for the customer while it is being looked for. */
const hole = openHole('customer')

/** A deal with what its order shall be, but for the customer. */
export interface Drafted {
  readonly won: Won
  readonly draft: TargetRecord
}

/**
 * Maps deals to orders before their customers are known, and looks up what they refer to. A deal that does not map gets its
 * outcome here, before anything is created for it.
 */
export async function draftOrders(
  sync: DealSync,
  cases: readonly Won[],
  below: Below,
  bench: Bench,
): Promise<readonly Drafted[]> {
  // First the calls go out that need no mapping.
  await breathe()
  const mapped = await mapOrders(
    sync,
    cases,
    (won) => (hasOrder(won) ? 'update' : 'create'),
    (won) => ({ customer: hole, ...below.holesOf(won) }),
    bench,
  )
  return cases.flatMap((won, index): Drafted[] => {
    const result = mapped[index]
    if (result?.ok === true) return [{ won, draft: result.value }]
    if (result?.ok === false) bench.batch.fail(won.ref, result.failures[0])
    return []
  })
}

type Linked<T> = { readonly customer: T } & Ids<T>

/** @param linksOf  the target's ids of what belongs to a deal, or what stands for them */
async function mapOrders(
  sync: DealSync,
  cases: readonly Won[],
  op: (won: Won) => 'create' | 'update',
  linksOf: (won: Won) => Linked<string | Hole>,
  bench: Bench,
): Promise<readonly Mapped<TargetRecord>[]> {
  if (cases.length === 0) return []
  const account = { ...(await bench.target.account()) }
  return mapOutbound(
    sync.order,
    cases.map((won) => ({ document: won.deal, op: op(won), account, links: { ...linksOf(won) } })),
    bench.lookups,
    bench.deps.evaluator,
  )
}

/** Whether a field holds nothing but addresses and contacts of the deal. */
const isBelow = ({ order }: DealSync, field: string): boolean => {
  const names = order.fieldLinks[field] ?? []
  return names.length > 0 && names.every((name) => name !== 'customer')
}

/** What of an order says whose it is, and in which currency; and where goods and bill go, which may change where that may not. */
function sortsOf(sync: DealSync): Pick<Wanted, 'references' | 'addresses'> {
  const { references, fieldReads } = sync.order
  const tellsWhere = (name: string) =>
    (fieldReads[name] ?? []).some((path) => belowNames.some((one) => path === one || path.startsWith(`${one}.`)))
  return {
    references: references.filter((name) => !isBelow(sync, name)),
    addresses: Object.keys(fieldReads).filter((name) => isBelow(sync, name) || tellsWhere(name)),
  }
}

/** An order that had an address of its own deal, which the deal has no longer, is the customer's: no order is without one. */
function goneToCustomer(sync: DealSync, { link }: Won, record: TargetRecord, customer: string): TargetRecord {
  const before = writtenOf(link.target.written)?.fields ?? {}
  const gone = Object.keys(record.fields).filter(
    (name) => isBelow(sync, name) && record.fields[name] === null && (before[name] ?? null) !== null,
  )
  if (gone.length === 0) return record
  return { ...record, fields: { ...record.fields, ...Object.fromEntries(gone.map((name) => [name, customer])) } }
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
  below: Below,
  again: ReadonlySet<string>,
  bench: Bench,
): Promise<ReadonlyMap<string, Wanted>> {
  const wanted = new Map<string, Wanted>()
  const writes = bench.target.connection.writes[sync.order.object]
  const lines = { unit: writes?.lineUnit, fields: writes?.lineFields ?? {} }
  const sorts = sortsOf(sync)
  const put = (won: Won, record: TargetRecord) =>
    void wanted.set(
      refText(won.ref),
      wantedOf(won, goneToCustomer(sync, won, record, customerOf(won)), sorts, sync.order, lines),
    )
  const anew: Won[] = []
  for (const { won, draft } of drafted) {
    if (again.has(refText(won.ref))) anew.push(won)
    else put(won, fillBelow(fillHole(draft, hole, customerOf(won)), below.idsOf(won)))
  }
  const linksOf = (won: Won) => ({ customer: customerOf(won), ...below.idsOf(won) })
  const mapped = await mapOrders(sync, anew, () => 'update', linksOf, bench)
  for (const [index, won] of anew.entries()) {
    const result = mapped[index]
    if (result?.ok === true) put(won, result.value)
    else if (result?.ok === false) bench.batch.fail(won.ref, result.failures[0])
  }
  return wanted
}
