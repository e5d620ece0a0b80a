import type { Deal, Fulfilment } from '../../../core/documents.ts'
import type { Failure } from '../../../core/problem.ts'
import { refText } from '../../../core/ref.ts'
import { type Decisions, decisionsOf } from '../../../plan/decisions.ts'
import {
  afterWriting,
  type Difference,
  differenceOf,
  isSame,
  type Left,
  storedOf,
  type Written,
  writtenOf,
} from '../../../plan/difference.ts'
import { agreedLines, drifted, type Judged, judgeDrift, type LineFields, toldFields } from '../../../plan/drift.ts'
import {
  type Amendment,
  conditionOf,
  planAmendment,
  planOverwriting,
  planUnwinning,
  proveTotals,
} from '../../../plan/plan.ts'
import { proveQuantities } from '../../../plan/quantities.ts'
import { changesInWords } from '../../../plan/words.ts'
import type { LinkUpdate } from '../../../ports/ledger/links.ts'
import type { Bench, Plan, PlannedBelow, PlannedCustomer, PlannedNow } from '../../bench/bench.ts'
import { together } from '../../bench/together.ts'
import { fetchOrders, isOrder, type OrderNow, type Placed } from '../order-now.ts'
import { actOnOrders } from './act.ts'
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

/** Updates existing orders from their deals. @returns those whose totals are to be proven: all but the refused ones */
export async function amendOrders(
  sync: DealSync,
  cases: readonly Amending[],
  bench: Bench,
): Promise<readonly Existing[]> {
  const { batch } = bench
  const fields = comparedFields(sync, bench)
  const lanes = new Map(batch.claims.map(({ ref, lane }) => [refText(ref), lane]))
  const touched: Amending[] = []
  const kept: Existing[] = []
  for (const one of cases) {
    const before = storedWritten(one)
    const decisions = decisionsOf(one.link.decisions)
    const wanted = { ...one.wanted, lines: agreedLines(before, one.wanted.lines, fields, decisions) }
    // Somebody asked, or an order that was changed by hand: then nothing is known of it without a look.
    const isAsked =
      bench.mode === 'preview' || one.link.suspect || decisions.overwrite || lanes.get(refText(one.ref)) !== 'live'
    if (one.adopted || isAsked || differenceOf(before, wanted) !== null) touched.push(one)
    else kept.push(unchanged(one, keepSaid(one, before, bench), notRead, bench))
  }
  if (touched.length === 0) return kept
  const [mapSome, problems] = await together([
    fetchOrders(wholeOrder(sync), 'target', touched, bench),
    bench.problems.ofRecords(
      sync.name,
      touched.map(({ ref }) => ref),
    ),
  ])
  const orders = await mapSome(touched)
  const writing: Writing[] = []
  const decided: Parameters<Bench['links']['decide']>[0][number][] = []
  for (const one of touched) {
    const now = orders.get(one.link.id)
    if (!isOrder(now)) {
      if (now === undefined) throw new Error(`order ${one.orderId} was not read`)
      batch.fail(one.ref, now)
      continue
    }
    const number = now.fulfilment.number ?? one.orderId
    const look = lookAt(sync, one, now, fields, problems.get(refText(one.ref)) ?? null)
    if (look.accepted !== null && bench.mode === 'live') {
      decided.push({ id: one.link.id, accepted: look.accepted, ignored: {}, overwrite: false })
      batch.note(one.ref, 'accepted', `The order was corrected in the ERP: ${look.told}. It agrees with the deal now`)
    }
    const { plan, before } = look
    batch.link({ id: one.link.id, ...look.link })
    const order = { totals: now.fulfilment.totals, now: look.now }
    if (plan.do === 'refuse') {
      bench.plan(one.ref, planOf(one, 'nothing', null, order))
      batch.fail(one.ref, plan.failure)
    } else if (plan.do === 'write') {
      const { left, difference } = plan
      writing.push({ one, difference, before: settled(one, before, left), order, why: look.why })
    } else {
      const written = plan.do === 'leave' ? settled(one, before, plan.left) : settled(one, before, before.left ?? null)
      batch.link({ id: one.link.id, stage: now.stage, target: { written: storedOf(written), label: number } })
      if (plan.do === 'leave') {
        const changes = changesInWords(before, plan.difference, one.wanted.words).join('; ')
        batch.note(one.ref, 'left', `The mapping would change the order (${changes}); it stays as it is`)
      }
      kept.push(unchanged(one, written, order, bench))
    }
  }
  await bench.links.decide(decided)
  return [...kept, ...(await writeAmendments(sync, writing, bench))]
}

const storedWritten = (one: Amending): Written => writtenOf(one.link.target.written) ?? writtenNow(undefined)

/** The fields of lines in which an edit in the ERP is told. */
const comparedFields = ({ order, fulfilment }: DealSync, { target }: Bench): LineFields =>
  toldFields(target.connection.writes[order.object]?.lineFields, fulfilment.fills)

/** What is written from now on, or was before: with what the deal says now. */
function settled({ wanted }: Amending, { left: _, said, ...before }: Written, left: Left | null): Written {
  const now = wanted.source?.said ?? said
  return { ...before, ...(now === undefined ? {} : { said: now }), ...(left === null ? {} : { left }) }
}

/** Remembers what the deal says where that makes no difference to the order. */
function keepSaid(one: Amending, before: Written, { batch }: Bench): Written {
  const after = settled(one, before, before.left ?? null)
  if (isSame(storedOf(before), storedOf(after))) return before
  batch.link({ id: one.link.id, target: { written: storedOf(after) } })
  return after
}

interface Look {
  readonly plan: Amendment
  /** What the order holds, as far as we know. */
  readonly before: Written
  readonly link: Omit<LinkUpdate, 'id'>
  readonly why: Writing['why']
  /** What a person corrected because totals differed, by place; null where nothing was. */
  readonly accepted: Decisions['accepted'] | null
  readonly told: string
  readonly now: PlannedNow | null
}

/** Decides about an order from how it is now. */
function lookAt(
  { config: { policies } }: DealSync,
  one: Amending,
  { fulfilment, stage }: OrderNow,
  fields: LineFields,
  problem: Failure | null,
): Look {
  const number = fulfilment.number ?? one.orderId
  const condition = conditionOf(stage, fulfilment)
  const order = { condition, stage, number }
  // What an adopted order holds was written by us before the ledger was lost, or by a person: a draft is written
  // anew, a confirmed one is taken as it is.
  const stored = storedWritten(one)
  const before =
    one.adopted && condition !== 'draft'
      ? writtenNow(one.wanted, true)
      : { ...stored, confirmed: stored.confirmed || condition !== 'draft' }
  const decisions = decisionsOf(one.link.decisions)
  const done = decisions.overwrite ? { overwritten: true as const } : {}
  const calm = { why: 'amended', accepted: null, told: '', now: null } as const
  const isCompared = !one.adopted && condition !== 'over' && fields.product !== undefined
  if (!isCompared) {
    const link = { ...(one.link.suspect ? { suspect: false } : {}), decided: done }
    return { ...calm, plan: planAmendment(before, one.wanted, order, policies), before, link }
  }
  const held = { lines: fulfilment.lines, currency: one.deal.currency }
  const judged = judgeDrift(before, one.wanted, held, fields, decisions)
  const { found, outdated } = judged
  const now = { lines: judged.held.lines, differences: found }
  const agreed = (now: Judged): Pick<Look, 'plan' | 'before' | 'link'> => ({
    plan: planAmendment(now.before, { ...one.wanted, lines: now.lines }, order, policies),
    before: now.before,
    link: { ...(one.link.suspect ? { suspect: false } : {}), decided: { ...done, outdated } },
  })
  if (found.length === 0) return { ...calm, ...agreed(judged), now }
  const told = found.map(({ text }) => text).join('; ')
  const apart = [
    proveTotals(one.deal, { ...fulfilment, number }, policies.totals, decisions),
    proveQuantities(one.wanted.agreed, { ...fulfilment, number }, policies.totals, decisions),
  ].flatMap((failure) => (failure?.problem.kind === 'totals_differ' ? failure.problem.differences : []))
  if (decisions.overwrite) {
    const places = found.map(({ place }) => place)
    const link = { suspect: true, decided: { overwritten: true as const, outdated: [...outdated, ...places] } }
    const { plan, because } = planOverwriting(judged, one.wanted, order, policies)
    if (plan !== null) return { plan, before: judged.held, link, why: 'overwritten', accepted: null, told, now }
    const failure = drifted(one.ref.id, number, found, apart, because)
    return { ...calm, plan: { do: 'refuse', failure }, before, link, told, now }
  }
  // It was to be corrected in the ERP, and it is, perhaps at the second attempt.
  const waited = problem?.problem.kind
  const isCorrection = waited === 'totals_differ' || (waited === 'order_drifted' && condition === 'draft')
  if (isCorrection && apart.length === 0) {
    const accepted = Object.fromEntries(found.map(({ place, expected, actual }) => [place, { expected, actual }]))
    const all = { ...decisions, accepted: { ...decisions.accepted, ...accepted } }
    return { ...calm, ...agreed(judgeDrift(before, one.wanted, held, fields, all)), accepted, told, now }
  }
  const failure = drifted(one.ref.id, number, found, apart)
  return {
    ...calm,
    plan: { do: 'refuse', failure },
    before,
    link: { suspect: true, target: { label: number } },
    told,
    now,
  }
}

/** Of the order as it is now, for people who compare. */
interface AsRead {
  readonly totals: Fulfilment['totals']
  readonly now: PlannedNow | null
}
const notRead: AsRead = { totals: null, now: null }

interface Writing {
  readonly one: Amending
  readonly difference: Difference
  readonly before: Written
  readonly order: AsRead
  readonly why: 'amended' | 'overwritten'
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
function unchanged(one: Amending, written: Written, order: AsRead, bench: Bench): Existing {
  bench.plan(one.ref, planOf(one, 'nothing', null, order))
  return existing(one, written, null)
}

const planOf = (
  { label, link, orderId, deal, wanted, customer, below }: Amending,
  action: 'update' | 'nothing',
  difference: Difference | null,
  { totals, now }: AsRead,
): Plan => ({
  action,
  label,
  target: { number: link.target.label, id: orderId },
  lineage: wanted.lineage,
  lines: wanted.lines,
  customer,
  below,
  difference,
  totals: { source: totalsOf(deal), target: totals },
  now,
})

async function writeAmendments(
  sync: DealSync,
  writing: readonly Writing[],
  bench: Bench,
): Promise<readonly Existing[]> {
  const { batch } = bench
  if (bench.mode !== 'live') {
    for (const { one, difference, before, order } of writing) {
      bench.plan(one.ref, planOf(one, 'update', difference, order))
      const changes = changesInWords(before, difference, one.wanted.words)
      const text = `Shadow mode: the order of ${one.label} would be updated: ${changes.join('; ')}`
      batch.note(one.ref, 'would_update', text, { ...difference, changes })
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
  const amended = writing.flatMap(({ one, difference, before, why }, index): Existing[] => {
    const outcome = outcomes[index]
    if (outcome?.ok === false) {
      batch.fail(one.ref, outcome.failure)
      return []
    }
    const after = afterWriting(before, difference)
    const changes = changesInWords(before, difference, one.wanted.words)
    const text =
      why === 'amended' ? 'The order was updated from the deal' : 'The order was overwritten with what the deal says'
    batch.note(one.ref, 'updated', `${text}: ${changes.join('; ')}`, { fields: difference.fields, changes })
    // Lines that somebody added are still there: what is left to decide shows when it is read once more.
    if (why === 'overwritten') batch.ask(sync.name, one.ref)
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
  for (const one of await actOnOrders('cancel', sync.order.object, cancelling, bench)) {
    batch.link({ id: one.link.id, stage: 'cancelled' })
    batch.note(one.ref, 'cancelled', 'The deal is no longer won: its order was cancelled')
    batch.tell(one.ref)
    batch.done(one.ref, 'cancelled')
  }
}
