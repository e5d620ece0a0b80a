import type { Failure } from '../../../core/problem.ts'
import { storedOf } from '../../../plan/difference.ts'
import type { Match, Write } from '../../../ports/connector.ts'
import type { LinkUpdate } from '../../../ports/ledger/links.ts'
import { type Batch, ordersMade } from '../../bench/batch.ts'
import type { Deps } from '../../bench/deps.ts'
import { inParts } from '../../bench/in-parts.ts'
import { type Case, type Existing, type Wanted, type Writing, wantedJson, writtenNow } from './case.ts'
import type { DealSync } from './sync.ts'

/** Writes the intent down before any call: every won deal has a link from here on. */
export async function linkCases(
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

/** Orders that carry our key, where no link says that there is one: after a lost answer, a lost ledger. By deal. */
export async function findOrders(sync: DealSync, cases: readonly Case[]): Promise<ReadonlyMap<string, Match>> {
  if (cases.length === 0) return new Map()
  const found = await sync.target.use((connection) =>
    connection.find(
      sync.order.object,
      cases.map((one) => ({ key: one.key })),
    ),
  )
  return new Map(
    cases.flatMap((one, index) => {
      const match = found[index]?.[0]
      return match === undefined ? [] : [[one.id, match] as const]
    }),
  )
}

/** Takes orders that were found for those of their deals. */
export async function adoptOrders(
  cases: readonly Case[],
  found: ReadonlyMap<string, Match>,
  batch: Batch,
  shadow: boolean,
  deps: Deps,
): Promise<Existing[]> {
  const existing: Existing[] = []
  const updates: LinkUpdate[] = []
  for (const one of cases) {
    const match = found.get(one.id)
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

export async function createOrders(
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
  const made: Existing[] = []
  await inParts(sending, async (part) => {
    context.stillMine()
    made.push(...(await createSome(sync, part, wanted, batch, deps)))
  })
  return made
}

async function createSome(
  sync: DealSync,
  cases: readonly Case[],
  wanted: ReadonlyMap<string, Wanted>,
  batch: Batch,
  deps: Deps,
): Promise<Existing[]> {
  await deps.ledger.links.update(
    cases.flatMap((one) => (one.link === null ? [] : [{ id: one.link.id, state: 'sent' as const, label: one.label }])),
  )
  const field = sync.order.linesField
  const writes: Write[] = cases.map((one) => {
    const order = wanted.get(one.id)
    const lines = field === null ? null : { field, upsert: order?.lines ?? [], remove: [] }
    return { do: 'create', object: sync.order.object, key: one.key, fields: order?.fields ?? {}, lines }
  })
  const outcomes = await sync.target.use((connection) => connection.write(writes))
  const made: Existing[] = []
  const updates: LinkUpdate[] = []
  for (const [index, one] of cases.entries()) {
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
