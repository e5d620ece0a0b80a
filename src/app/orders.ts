import { compare, zero } from '../core/decimal.ts'
import type { Deal, Fulfilment, Stage } from '../core/documents.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { completeDeal } from '../core/money.ts'
import type { Failure } from '../core/problem.ts'
import { advance } from '../core/stage.ts'
import { summarise } from '../core/summary.ts'
import type { CompiledMapping } from '../mapping/compile.ts'
import { type Lineage, mapInbound, mapOutbound, type TargetRecord } from '../mapping/run.ts'
import type { Account, RemoteRecord, Write } from '../ports/connector.ts'
import type { Link, LinkUpdate } from '../ports/ledger.ts'
import { afterWriting, type Difference, storedOf, type Written, writtenOf } from '../sync/difference.ts'
import { keyOf, lineKeyOf } from '../sync/key.ts'
import { belongs, conditionOf, planAmendment, planUnwinning, proveTotals, type WantedOrder } from '../sync/plan.ts'
import { type Batch, ordersMade } from './batch.ts'
import { type CustomerOutcome, resolveCustomers } from './customers.ts'
import { openLookups } from './lookups.ts'
import type { DealSync, Deps } from './sync.ts'

/** One deal on its way to its order. */
interface Case {
  readonly id: string
  readonly deal: Deal
  readonly label: string
  readonly key: string
  link: Link | null
}
/** A case whose order exists in the target. */
interface Existing extends Case {
  readonly link: Link & { targetId: string }
  readonly written: Written | null
}

export const labelOf = (deal: Pick<Deal, 'name' | 'number'>): string =>
  deal.name === null ? deal.number : `${deal.name} (${deal.number})`

/** Thrown into a batch whose leases went to another worker: nothing more may be written. */
export class LeaseLost extends Error {}

/**
 * Delivers a batch of deals: read, map, find or make customers, plan, write, settle links, prove totals, confirm. Every
 * record gets an outcome in `batch`; whole calls that fail are thrown.
 * @param guard  asked before the first new order of the batch; false stops them all
 * @param stillMine  called before each write; throws when the leases were lost
 */
export async function deliverOrders(
  sync: DealSync,
  batch: Batch,
  context: {
    since: string
    shadow: boolean
    guard: (wanted: number) => Promise<Failure | null>
    stillMine: () => void
  },
  deps: Deps,
): Promise<void> {
  const ids = batch.claims.map((claim) => claim.recordId)
  const account = await sync.source.account()
  const records = await sync.source.use((connection) => connection.read(sync.deal.object, ids, sync.reads))
  const links = new Map(
    (await deps.ledger.links.bySource(sync.name, 'order', ids)).map((link) => [link.sourceId, link]),
  )
  const cases = await readDeals(sync, batch, records, links, account, context.since, deps)
  const lookups = openLookups(sync.target)
  await linkCases(sync, cases.won, batch, context.shadow, deps)

  const customers = await resolveCustomers(
    cases.won.flatMap((one) => (one.deal.customer === null ? [] : [one.deal.customer])),
    {
      sync: sync.name,
      source: sync.source,
      target: sync.target,
      mapping: sync.customer,
      whenMissing: sync.config.policies.missing_customer,
      dryRun: context.shadow,
      ledger: deps.ledger,
      evaluator: deps.evaluator,
      resolver: lookups,
    },
  )
  const ready = cases.won.filter((one) => isReady(one, customers, batch))
  const known = ready.filter((one): one is Existing => one.link?.targetId != null && one.link.state === 'linked')
  const unknown = ready.filter((one) => !known.includes(one as Existing))
  const adopted = await adoptOrders(sync, unknown, batch, context.shadow, deps)
  const open = new Set(batch.open())
  for (const one of adopted) open.delete(one.id)
  const fresh = unknown.filter((one) => open.has(one.id))

  const wanted = await mapOrders(sync, ready, customers, new Set(fresh.map((one) => one.id)), lookups, deps, batch)
  const creating = fresh.filter((one) => wanted.has(one.id))
  const existing = [...known, ...adopted].filter((one) => wanted.has(one.id))
  // A crash may have come between the order and its first report, which the order's own changes need not bring about.
  for (const one of known) if (one.link.reported === null) batch.report(one.id)

  if (context.shadow) {
    for (const one of creating) {
      batch.note(
        one.id,
        'would_create',
        `Shadow mode: an order for ${one.label} would be made`,
        wantedJson(wanted.get(one.id)),
      )
      batch.settle(one.id, 'would create')
    }
    for (const one of [...existing, ...cases.lost]) batch.settle(one.id, 'unchanged')
    return
  }
  const created = await createOrders(sync, creating, wanted, batch, context, deps)
  const amended = await amendOrders(sync, existing, wanted, adopted, batch, context, deps)
  await unwinOrders(sync, cases.lost, batch, context, deps)
  await proveAndConfirm(sync, [...created, ...amended], batch, context, deps)
}

/** A mapped order, with the rule behind each of its own values for the timeline. */
interface Wanted extends WantedOrder {
  readonly lineage: readonly Lineage[]
}

const wantedJson = (wanted: Wanted | undefined): Json =>
  wanted === undefined
    ? null
    : {
        fields: wanted.lineage.map(({ field, value, rule, source, note }) => ({ field, value, rule, source, note })),
        lines: wanted.lines.map((line) => line.fields),
      }

/** Sorts the batch: won deals to deliver, orders whose deal is no longer won; everything else gets its outcome here. */
async function readDeals(
  sync: DealSync,
  batch: Batch,
  records: readonly (RemoteRecord | null)[],
  links: ReadonlyMap<string, Link>,
  account: Account,
  since: string,
  deps: Deps,
): Promise<{ won: Case[]; lost: Existing[] }> {
  const won: Case[] = []
  const lost: Existing[] = []
  const present: { id: string; record: RemoteRecord }[] = []
  const leave = (id: string, why: 'gone' | 'not won' | 'won before since') => {
    const link = links.get(id)
    if (link?.state === 'linked' && link.targetId !== null) {
      const deal = { id, number: id } as Deal
      lost.push({
        id,
        deal,
        label: link.label ?? id,
        key: link.key,
        link: { ...link, targetId: link.targetId },
        written: null,
      })
      return
    }
    if (why === 'won before since') {
      batch.note(id, 'left_out', `Won before ${since}; deliver it on purpose with a backfill`)
    }
    // An order that may exist is looked for before it is forgotten.
    if (link !== undefined && (link.state === 'sent' || link.state === 'unknown')) {
      won.push({ id, deal: { id, number: id, won: false } as Deal, label: link.label ?? id, key: link.key, link })
      return
    }
    batch.settle(id, why)
  }
  for (const [index, claim] of batch.claims.entries()) {
    const record = records[index] ?? null
    if (record === null) leave(claim.recordId, 'gone')
    else present.push({ id: claim.recordId, record })
  }
  const mapped = await mapInbound<Deal>(
    sync.deal,
    present.map((one) => one.record),
    account as unknown as Json,
    deps.evaluator,
  )
  const broken: { id: string; record: RemoteRecord; failure: Failure }[] = []
  for (const [index, { id, record }] of present.entries()) {
    const result = mapped[index]
    if (result === undefined || !result.ok) {
      const failure = result?.failures[0]
      if (failure !== undefined) broken.push({ id, record, failure })
      continue
    }
    const { customer } = result.value
    const deal = { ...result.value, customer: customer === null ? null : { ...customer, raw: result.value.raw } }
    const backfill = batch.claims.find((claim) => claim.recordId === id)?.lane === 'backfill'
    const answer = belongs(deal, (backfill ? '' : since) as never)
    const link = links.get(id) ?? null
    if (answer === 'yes' || (answer === 'won_before' && link !== null)) {
      const key = keyOf({ system: sync.source.system, account: account.id }, 'deal', record.id)
      won.push({ id, deal: completeDeal(deal), label: labelOf(deal), key, link })
    } else {
      leave(id, answer === 'not_won' ? 'not won' : 'won before since')
    }
  }
  await judgeBroken(sync, broken, links, batch, account, since, leave, deps)
  return { won: won.filter((one) => one.deal.won || one.link !== null), lost }
}

/** A record that does not map matters only when its deal is won: whether it is, the narrowest mapping tells. */
async function judgeBroken(
  sync: DealSync,
  broken: readonly { id: string; record: RemoteRecord; failure: Failure }[],
  links: ReadonlyMap<string, Link>,
  batch: Batch,
  account: Account,
  since: string,
  leave: (id: string, why: 'not won' | 'won before since') => void,
  deps: Deps,
): Promise<void> {
  if (broken.length === 0) return
  const narrow = await mapInbound<Pick<Deal, 'won' | 'wonAt'>>(
    sync.deal.only(['won', 'wonAt']),
    broken.map((one) => one.record),
    account as unknown as Json,
    deps.evaluator,
  )
  for (const [index, { id, failure }] of broken.entries()) {
    const result = narrow[index]
    const answer = result?.ok === true ? belongs(result.value, since as never) : 'yes'
    if (answer === 'yes' || links.has(id)) batch.fail(id, failure)
    else leave(id, answer === 'not_won' ? 'not won' : 'won before since')
  }
}

/** Refuses what no ERP should get: a deal without customer or lines, a line that takes back. */
function isReady(one: Case, customers: ReadonlyMap<string, CustomerOutcome>, batch: Batch): boolean {
  if (!one.deal.won) return true
  const refuse = (path: string, message: string, fix: string) => {
    batch.fail(one.id, { problem: { kind: 'mapping_failed', rule: 'order', path }, message, fix, field: path })
    return false
  }
  const { deal } = one
  if (deal.customer === null) {
    return refuse('customer', 'A won deal has neither a company nor a contact.', 'Add the customer to the deal.')
  }
  const customer = customers.get(deal.customer.id)
  if (customer?.ok === false) {
    batch.fail(one.id, customer.failure)
    return false
  }
  if (deal.lines.length === 0) {
    return refuse('lines', 'A won deal has no line items.', 'Add the products that were sold to the deal.')
  }
  const negative = deal.lines.find((line) => compare(line.quantity, zero) < 0)
  if (negative !== undefined) {
    return refuse(
      'lines.quantity',
      `Line "${negative.name ?? negative.sku ?? negative.id}" has quantity ${negative.quantity}; an order takes nothing back.`,
      'Correct the quantity on the deal, or enter the return in the ERP.',
    )
  }
  return true
}

/** Writes the intent down before any call: every won deal has a link from here on. */
async function linkCases(
  sync: DealSync,
  cases: readonly Case[],
  batch: Batch,
  shadow: boolean,
  deps: Deps,
): Promise<void> {
  const missing = cases.filter((one) => one.link === null)
  if (missing.length === 0 || shadow) return
  const links = await deps.ledger.links.intend(
    missing.map((one) => ({
      sync: sync.name,
      kind: 'order',
      sourceId: one.id,
      key: one.key,
      connection: sync.target.name,
      targetObject: sync.order.object,
      label: one.label,
    })),
  )
  for (const [index, one] of missing.entries()) {
    one.link = links[index] ?? null
    const { wonAt, amount, currency } = one.deal
    batch.note(one.id, 'won', `${one.label} was won`, { won_at: wonAt, amount: amount ?? null, currency })
  }
}

/** Looks for orders that carry our key, where no link says that there is one: after a lost answer, a lost ledger. */
async function adoptOrders(
  sync: DealSync,
  cases: readonly Case[],
  batch: Batch,
  shadow: boolean,
  deps: Deps,
): Promise<Existing[]> {
  if (cases.length === 0) return []
  const found = await sync.target.use((connection) =>
    connection.find(
      sync.order.object,
      cases.map((one) => ({ key: one.key })),
    ),
  )
  const existing: Existing[] = []
  const updates: LinkUpdate[] = []
  for (const [index, one] of cases.entries()) {
    const match = found[index]?.[0]
    if (match === undefined) continue
    const link = one.link
    if (link === null) {
      if (shadow) batch.settle(one.id, 'unchanged')
      continue
    }
    const ours = link.state === 'sent' || link.state === 'unknown'
    const origin = ours ? 'created' : 'adopted'
    existing.push({ ...one, link: { ...link, state: 'linked', targetId: match.id }, written: null })
    updates.push({ id: link.id, state: 'linked', targetId: match.id, origin, targetLabel: match.label })
    batch.note(
      one.id,
      origin,
      ours
        ? `Order ${match.label} was made although its answer was lost`
        : `Order ${match.label} was there already and is used`,
    )
    batch.report(one.id)
  }
  if (updates.length > 0) await deps.ledger.links.update(updates)
  return existing.filter((one) => {
    if (one.deal.won) return true
    // The deal is no longer won; its order was only now found. It is judged on the next pass, as linked.
    batch.defer(one.id, 0)
    return false
  })
}

async function mapOrders(
  sync: DealSync,
  cases: readonly Case[],
  customers: ReadonlyMap<string, CustomerOutcome>,
  fresh: ReadonlySet<string>,
  lookups: ReturnType<typeof openLookups>,
  deps: Deps,
  batch: Batch,
): Promise<Map<string, Wanted>> {
  const won = cases.filter((one) => {
    if (one.deal.won) return true
    if (fresh.has(one.id)) batch.settle(one.id, 'not won')
    return false
  })
  const account = (await sync.target.account()) as unknown as Json
  const mapped = await mapOutbound(
    sync.order,
    won.map((one) => {
      const customer = customers.get(one.deal.customer?.id ?? '')
      return {
        document: one.deal as unknown as Json,
        op: fresh.has(one.id) ? ('create' as const) : ('update' as const),
        account,
        links: customer?.ok === true ? { customer: customer.id } : {},
      }
    }),
    lookups,
    deps.evaluator,
  )
  const wanted = new Map<string, Wanted>()
  for (const [index, one] of won.entries()) {
    const result = mapped[index]
    if (result === undefined) continue
    if (result.ok) wanted.set(one.id, wantedOf(result.value, one.key, sync.order.references))
    else if (result.failures[0] !== undefined) batch.fail(one.id, result.failures[0])
  }
  return wanted
}

function wantedOf(record: TargetRecord, orderKey: string, references: readonly string[]): Wanted {
  return {
    fields: record.fields,
    lines: (record.lines?.items ?? []).map((item) => ({ key: lineKeyOf(orderKey, item.key), fields: item.fields })),
    references,
    lineage: record.lineage.filter((one) => Object.hasOwn(record.fields, one.field)),
  }
}

type Writing = { guard: (wanted: number) => Promise<Failure | null>; stillMine: () => void }

async function createOrders(
  sync: DealSync,
  cases: readonly Case[],
  wanted: ReadonlyMap<string, Wanted>,
  batch: Batch,
  context: Writing,
  deps: Deps,
): Promise<Existing[]> {
  if (cases.length === 0) return []
  const first = cases.filter((one) => one.link?.state === 'intended')
  const refused = first.length === 0 ? null : await context.guard(first.length)
  if (refused !== null) {
    for (const one of first) batch.fail(one.id, refused)
  }
  const sending = refused === null ? cases : cases.filter((one) => !first.includes(one))
  if (sending.length === 0) return []
  context.stillMine()
  await deps.ledger.links.update(
    sending.flatMap((one) =>
      one.link === null ? [] : [{ id: one.link.id, state: 'sent' as const, label: one.label }],
    ),
  )
  const field = sync.order.linesField
  const writes: Write[] = sending.map((one) => {
    const order = wanted.get(one.id)
    const lines = field === null ? null : { field, upsert: order?.lines ?? [], remove: [] }
    return { do: 'create', object: sync.order.object, key: one.key, fields: order?.fields ?? {}, lines }
  })
  const outcomes = await sync.target.use((connection) => connection.write(writes))
  const made: Existing[] = []
  const updates: LinkUpdate[] = []
  for (const [index, one] of sending.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined || one.link === null) continue
    if (!outcome.ok) {
      const { kind } = outcome.failure.problem
      const state =
        kind === 'outcome_unknown' || kind === 'bad_reply'
          ? 'unknown'
          : kind === 'record_rejected'
            ? 'rejected'
            : 'sent'
      updates.push({ id: one.link.id, state })
      batch.fail(one.id, outcome.failure)
      continue
    }
    const written = writtenNow(wanted.get(one.id))
    made.push({ ...one, link: { ...one.link, state: 'linked', targetId: outcome.id }, written })
    updates.push({
      id: one.link.id,
      state: 'linked',
      targetId: outcome.id,
      origin: 'created',
      written: storedOf(written),
      stage: 'draft',
    })
  }
  const conflicts = new Set(await deps.ledger.links.update(updates))
  if (made.length > conflicts.size) batch.tally(ordersMade, made.length - conflicts.size)
  return made.filter((one) => {
    if (!conflicts.has(one.link.id)) {
      batch.note(one.id, 'created', `An order was made in the ERP for ${one.label}`, wantedJson(wanted.get(one.id)))
      batch.report(one.id)
      return true
    }
    batch.fail(one.id, takenOrder(one.link.targetId))
    return false
  })
}

const takenOrder = (id: string): Failure => ({
  problem: { kind: 'record_rejected', field: null, remoteCode: 'order_taken' },
  message: `The ERP answered with order ${id}, which already belongs to another deal.`,
  fix: 'Compare both deals with the order in the ERP, correct the external id there, then retry.',
})

function writtenNow(wanted: WantedOrder | undefined, confirmed = false): Written {
  return {
    fields: wanted?.fields ?? {},
    lines: Object.fromEntries((wanted?.lines ?? []).map((line) => [line.key, line.fields as JsonObject])),
    confirmed,
  }
}

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
    account as unknown as Json,
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

/** Brings orders that exist up to their deals. Adopted ones are compared with how they are now. */
async function amendOrders(
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
    sync.fulfilment,
    sync.target,
    touched.map((one) => one.link),
    null,
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
async function unwinOrders(
  sync: DealSync,
  cases: readonly Existing[],
  batch: Batch,
  context: Writing,
  deps: Deps,
): Promise<void> {
  if (cases.length === 0) return
  const orders = await readOrders(
    sync.fulfilment,
    sync.target,
    cases.map((one) => one.link),
    null,
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

/** Compares the orders' totals with their deals and confirms those that agree. */
async function proveAndConfirm(
  sync: DealSync,
  cases: readonly Existing[],
  batch: Batch,
  context: Writing,
  deps: Deps,
): Promise<void> {
  if (cases.length === 0) return
  const { policies } = sync.config
  const orders = await readOrders(
    sync.fulfilment,
    sync.target,
    cases.map((one) => one.link),
    ['id', 'number', 'state', 'totals'],
    deps,
  )
  const confirming: Existing[] = []
  for (const one of cases) {
    const now = orders.get(one.link.id)
    if (!isOrder(now)) {
      if (now !== undefined) batch.fail(one.id, now)
      continue
    }
    const number = now.fulfilment.number ?? one.link.targetId
    const failure = proveTotals(one.deal, { number, totals: now.fulfilment.totals }, policies.totals)
    if (failure !== null) {
      batch.link({ id: one.link.id, targetLabel: number })
      batch.fail(one.id, failure)
    } else if (
      now.fulfilment.state === 'draft' &&
      policies.confirm === 'automatic' &&
      one.written?.confirmed !== true
    ) {
      batch.link({ id: one.link.id, targetLabel: number })
      confirming.push(one)
    } else {
      const confirmed = now.fulfilment.state === 'confirmed'
      const written = {
        ...(one.written ?? writtenNow(undefined)),
        confirmed: (one.written?.confirmed ?? false) || confirmed,
      }
      batch.link({
        id: one.link.id,
        targetLabel: number,
        written: storedOf(written),
        ...(confirmed ? { stage: 'confirmed' } : {}),
      })
      batch.settle(one.id, 'delivered')
    }
  }
  if (confirming.length === 0) return
  context.stillMine()
  const outcomes = await sync.target.use((connection) =>
    connection.write(confirming.map((one) => ({ do: 'confirm', object: sync.order.object, id: one.link.targetId }))),
  )
  for (const [index, one] of confirming.entries()) {
    const outcome = outcomes[index]
    if (outcome === undefined) continue
    if (!outcome.ok) {
      batch.fail(one.id, outcome.failure)
      continue
    }
    const written = storedOf({ ...(one.written ?? writtenNow(undefined)), confirmed: true })
    batch.link({ id: one.link.id, stage: 'confirmed', written })
    batch.report(one.id)
    batch.note(one.id, 'confirmed', 'Totals agree with the deal; the order was confirmed')
    batch.settle(one.id, 'delivered')
  }
}
