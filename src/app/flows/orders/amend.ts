import type { Deal, Fulfilment } from '../../../core/documents.ts'
import { afterWriting, type Difference, storedOf, type Written, writtenOf } from '../../../plan/difference.ts'
import { conditionOf, planAmendment, planUnwinning } from '../../../plan/plan.ts'
import type { Bench, PlannedBelow, PlannedCustomer } from '../../bench/bench.ts'
import { fetchOrders, isOrder, type Placed } from '../order-now.ts'
import { type Existing, type Lost, totalsOf, type Wanted, writtenNow } from './case.ts'
import type { DealSync } from './sync.ts'

/** An order that is there, and what it shall be. */
export interface Amending extends Placed {
  readonly ref: Existing['ref']
  readonly deal: Deal
  readonly label: string
  readonly key: string
  readonly wanted: Wanted
  readonly customer: PlannedCustomer | null
  readonly below: readonly PlannedBelow[]
  /** Found in this batch: it is compared with how it is now. */
  readonly adopted: boolean
}

const untouched = { condition: 'draft', stage: 'draft', number: '' } as const

/** Updates existing orders from their deals. @returns those whose totals are to be proven: all but the refused ones */
export async function amendOrders(
  sync: DealSync,
  cases: readonly Amending[],
  bench: Bench,
): Promise<readonly Existing[]> {
  const { batch } = bench
  const { policies } = sync.config
  const stored = (one: Amending) => writtenOf(one.link.target.written) ?? writtenNow(undefined)
  const touched: Amending[] = []
  const kept: Existing[] = []
  for (const one of cases) {
    const before = stored(one)
    if (one.adopted || planAmendment(before, one.wanted, untouched, policies).do !== 'nothing') touched.push(one)
    else kept.push(unchanged(one, before, bench))
  }
  if (touched.length === 0) return kept
  const orders = await (await fetchOrders(wholeOrder(sync), 'target', touched, bench))(touched)
  const writing: Writing[] = []
  for (const one of touched) {
    const now = orders.get(one.link.id)
    if (!isOrder(now)) {
      if (now === undefined) throw new Error(`order ${one.orderId} was not read`)
      batch.fail(one.ref, now)
      continue
    }
    const number = now.fulfilment.number ?? one.orderId
    const condition = conditionOf(now.stage, now.fulfilment)
    // What an adopted order holds was written by us before the ledger was lost, or by a person: a draft is written
    // anew, a confirmed one is taken as it is.
    const before =
      one.adopted && condition !== 'draft'
        ? writtenNow(one.wanted, true)
        : { ...stored(one), confirmed: stored(one).confirmed || condition !== 'draft' }
    const plan = planAmendment(before, one.wanted, { condition, stage: now.stage, number }, policies)
    if (plan.do === 'refuse') batch.fail(one.ref, plan.failure)
    else if (plan.do === 'write')
      writing.push({ one, difference: plan.difference, before, totals: now.fulfilment.totals })
    else {
      batch.link({ id: one.link.id, stage: now.stage, target: { written: storedOf(before), label: number } })
      kept.push(unchanged(one, before, bench))
    }
  }
  return [...kept, ...(await writeAmendments(sync, writing, bench))]
}

interface Writing {
  readonly one: Amending
  readonly difference: Difference
  readonly before: Written
  /** Of the order as it is. */
  readonly totals: Fulfilment['totals']
}

const existing = (one: Amending, written: Written, touched: Existing['touched']): Existing => ({
  ref: one.ref,
  deal: one.deal,
  label: one.label,
  key: one.key,
  link: one.link,
  orderId: one.orderId,
  written,
  agreed: one.wanted.agreed,
  touched,
})

/** Nothing is to be written, but the deal's totals may have changed, or a person may have changed the order. */
function unchanged(one: Amending, written: Written, bench: Bench): Existing {
  bench.plan(one.ref, planOf(one, 'nothing', null, null))
  return existing(one, written, null)
}

const planOf = (
  { label, link, orderId, deal, wanted, customer, below }: Amending,
  action: 'update' | 'nothing',
  difference: Difference | null,
  totals: Fulfilment['totals'],
) => ({
  action,
  label,
  target: { number: link.target.label, id: orderId },
  lineage: wanted.lineage,
  lines: wanted.lines,
  customer,
  below,
  difference,
  totals: { source: totalsOf(deal), target: totals },
})

async function writeAmendments(
  sync: DealSync,
  writing: readonly Writing[],
  bench: Bench,
): Promise<readonly Existing[]> {
  const { batch } = bench
  if (bench.mode !== 'live') {
    for (const { one, difference, totals } of writing) {
      bench.plan(one.ref, planOf(one, 'update', difference, totals))
      batch.note(one.ref, 'would_update', `Shadow mode: the order of ${one.label} would be updated`, { ...difference })
      batch.done(one.ref, 'planned')
    }
    return []
  }
  const field = sync.order.linesField
  const outcomes = await bench.send(
    'target',
    writing.map(({ one, difference }) => ({
      do: 'update',
      object: sync.order.object,
      id: one.orderId,
      key: one.key,
      fields: difference.fields,
      unchanged: Object.fromEntries(
        Object.entries(one.wanted.fields).filter(([name]) => !Object.hasOwn(difference.fields, name)),
      ),
      lines: field === null ? null : { field, upsert: difference.upsert, remove: difference.remove },
    })),
  )
  const amended = writing.flatMap(({ one, difference, before }, index): Existing[] => {
    const outcome = outcomes[index]
    if (outcome?.ok === false) {
      batch.fail(one.ref, outcome.failure)
      return []
    }
    const after = afterWriting(before, difference)
    batch.note(one.ref, 'updated', 'The order was updated from the deal', {
      fields: difference.fields,
      lines: difference.upsert.length,
      removed: difference.remove.length,
    })
    batch.tell(one.ref)
    return [existing(one, after, 'updated')]
  })
  await bench.links.update(
    amended.map(({ link, label, written }) => ({
      id: link.id,
      source: { label },
      target: { written: storedOf(written ?? writtenNow(undefined)) },
    })),
  )
  return amended
}

/** Orders with what policies need. */
const wholeOrder = ({ fulfilment }: DealSync) => ({ mapping: fulfilment, reads: fulfilment.reads, whole: true })

/** Cancels orders whose deal is no longer won, as far as the policies allow. */
export async function unwinOrders(sync: DealSync, cases: readonly Lost[], bench: Bench): Promise<void> {
  if (cases.length === 0) return
  const { batch } = bench
  const orders = await (await fetchOrders(wholeOrder(sync), 'target', cases, bench))(cases)
  const cancelling: Lost[] = []
  for (const one of cases) {
    const now = orders.get(one.link.id)
    if (!isOrder(now)) {
      // The deal is lost and the order is gone: they agree.
      if (now === undefined || now.problem.kind === 'record_gone') batch.done(one.ref, 'unchanged')
      else batch.fail(one.ref, now)
      continue
    }
    const number = now.fulfilment.number ?? one.orderId
    const plan = planUnwinning(
      { condition: conditionOf(now.stage, now.fulfilment), stage: now.stage, number },
      sync.config.policies,
    )
    if (plan.do === 'refuse') batch.fail(one.ref, plan.failure)
    else if (plan.do === 'cancel') cancelling.push(one)
    else batch.done(one.ref, 'unchanged')
  }
  if (bench.mode !== 'live') {
    for (const one of cancelling) {
      const { label, id } = one.link.target
      const name = one.link.source.label ?? one.ref.id
      batch.note(one.ref, 'would_cancel', `Shadow mode: the order of ${name} would be cancelled`)
      bench.plan(one.ref, {
        action: 'cancel',
        label: name,
        target: { number: label, id: id ?? one.orderId },
        lineage: [],
        lines: [],
      })
      batch.done(one.ref, 'planned')
    }
    return
  }
  const outcomes = await bench.send(
    'target',
    cancelling.map((one) => ({ do: 'cancel', object: sync.order.object, id: one.orderId })),
  )
  for (const [index, one] of cancelling.entries()) {
    const outcome = outcomes[index]
    if (outcome?.ok === false) {
      batch.fail(one.ref, outcome.failure)
      continue
    }
    batch.link({ id: one.link.id, stage: 'cancelled' })
    batch.note(one.ref, 'cancelled', 'The deal is no longer won: its order was cancelled')
    batch.tell(one.ref)
    batch.done(one.ref, 'cancelled')
  }
}
