import { afterWriting, type Difference, storedOf, type Written, writtenOf } from '../../../plan/difference.ts'
import { conditionOf, planAmendment, planUnwinning, type WantedOrder } from '../../../plan/plan.ts'
import type { LinkUpdate } from '../../../ports/ledger/links.ts'
import type { Batch } from '../../bench/batch.ts'
import type { Deps } from '../../bench/deps.ts'
import { isOrder, readOrders, wholeOrder } from '../../bench/read-orders.ts'
import { type Existing, type Writing, writtenNow } from './case.ts'
import type { DealSync } from './sync.ts'

/** Brings orders that exist up to their deals. Adopted ones are compared with how they are now. */
export async function amendOrders(
  sync: DealSync,
  cases: readonly Existing[],
  wanted: ReadonlyMap<string, WantedOrder>,
  adopted: readonly Existing[],
  batch: Batch,
  context: Writing,
  deps: Deps,
): Promise<Existing[]> {
  const isAdopted = new Set(adopted.map((one) => one.id))
  const stored = (one: Existing) => writtenOf(one.link.written) ?? { fields: {}, lines: {}, confirmed: false }
  const touched: Existing[] = []
  const confirmable: Existing[] = []
  for (const one of cases) {
    const order = wanted.get(one.id)
    if (order === undefined) continue
    const before = stored(one)
    if (isAdopted.has(one.id)) touched.push(one)
    else if (
      planAmendment(before, order, { condition: 'draft', stage: 'draft', number: '' }, sync.config.policies).do !==
      'nothing'
    )
      touched.push(one)
    else if (before.confirmed || sync.config.policies.confirm === 'leave_as_draft') batch.settle(one.id, 'unchanged')
    else confirmable.push({ ...one, written: before })
  }
  if (touched.length === 0) return confirmable
  const orders = await readOrders(
    wholeOrder(sync),
    sync.target,
    touched.map((one) => one.link),
    deps,
  )
  const writing: { one: Existing; difference: Difference; before: Written }[] = []
  for (const one of touched) {
    const order = wanted.get(one.id)
    const now = orders.get(one.link.id)
    if (order === undefined || now === undefined) continue
    if (!isOrder(now)) {
      batch.fail(one.id, now)
      continue
    }
    const number = now.fulfilment.number ?? one.link.targetId
    const condition = conditionOf(now.stage, now.fulfilment)
    // What an adopted order holds was written by us before the ledger was lost, or by a person: a draft is written
    // anew, a confirmed one is taken as it is, and its totals are compared by the report.
    const before =
      isAdopted.has(one.id) && condition !== 'draft'
        ? writtenNow(order, true)
        : { ...stored(one), confirmed: stored(one).confirmed || condition !== 'draft' }
    const plan = planAmendment(before, order, { condition, stage: now.stage, number }, sync.config.policies)
    if (plan.do === 'refuse') batch.fail(one.id, plan.failure)
    else if (plan.do === 'write') writing.push({ one, difference: plan.difference, before })
    else {
      batch.link({ id: one.link.id, written: storedOf(before), stage: now.stage, targetLabel: number })
      if (before.confirmed) batch.settle(one.id, 'unchanged')
      else confirmable.push({ ...one, written: before })
    }
  }
  const written = await writeAmendments(sync, writing, batch, context, deps)
  return [...confirmable, ...written]
}

async function writeAmendments(
  sync: DealSync,
  writing: readonly { one: Existing; difference: Difference; before: Written }[],
  batch: Batch,
  context: Writing,
  deps: Deps,
): Promise<Existing[]> {
  if (writing.length === 0) return []
  context.stillMine()
  const field = sync.order.linesField
  const outcomes = await sync.target.use((connection) =>
    connection.write(
      writing.map(({ one, difference }) => ({
        do: 'update',
        object: sync.order.object,
        id: one.link.targetId,
        key: one.key,
        fields: difference.fields,
        lines: field === null ? null : { field, upsert: difference.upsert, remove: difference.remove },
      })),
    ),
  )
  const updates: LinkUpdate[] = []
  const drafts: Existing[] = []
  for (const [index, { one, difference, before }] of writing.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined) continue
    if (!outcome.ok) {
      batch.fail(one.id, outcome.failure)
      continue
    }
    const after = afterWriting(before, difference)
    updates.push({ id: one.link.id, written: storedOf(after), label: one.label })
    batch.note(one.id, 'updated', 'The order was brought up to the deal', {
      fields: difference.fields,
      lines: difference.upsert.length,
      removed: difference.remove.length,
    })
    batch.report(one.id)
    drafts.push({ ...one, written: after })
  }
  await deps.ledger.links.update(updates)
  return drafts
}

/** Orders whose deal is no longer won. */
export async function unwinOrders(
  sync: DealSync,
  cases: readonly Existing[],
  batch: Batch,
  context: Writing,
  deps: Deps,
): Promise<void> {
  if (cases.length === 0) return
  const orders = await readOrders(
    wholeOrder(sync),
    sync.target,
    cases.map((one) => one.link),
    deps,
  )
  const cancelling: Existing[] = []
  for (const one of cases) {
    const now = orders.get(one.link.id)
    if (!isOrder(now)) {
      // A deal that is lost and an order that is gone agree.
      batch.settle(one.id, 'unchanged')
      continue
    }
    const number = now.fulfilment.number ?? one.link.targetId
    const plan = planUnwinning(
      { condition: conditionOf(now.stage, now.fulfilment), stage: now.stage, number },
      sync.config.policies,
    )
    if (plan.do === 'refuse') batch.fail(one.id, plan.failure)
    else if (plan.do === 'cancel') cancelling.push(one)
    else batch.settle(one.id, 'unchanged')
  }
  if (cancelling.length === 0) return
  context.stillMine()
  const outcomes = await sync.target.use((connection) =>
    connection.write(cancelling.map((one) => ({ do: 'cancel', object: sync.order.object, id: one.link.targetId }))),
  )
  for (const [index, one] of cancelling.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined) continue
    if (!outcome.ok) {
      batch.fail(one.id, outcome.failure)
      continue
    }
    batch.link({ id: one.link.id, stage: 'cancelled' })
    batch.note(one.id, 'cancelled', 'The deal is no longer won: its order was cancelled')
    batch.report(one.id)
    batch.settle(one.id, 'cancelled')
  }
}
