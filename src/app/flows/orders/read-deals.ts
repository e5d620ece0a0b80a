import { compare, zero } from '../../../core/decimal.ts'
import type { Deal } from '../../../core/documents.ts'
import { completeDeal } from '../../../core/money.ts'
import type { Failure } from '../../../core/problem.ts'
import type { Instant } from '../../../core/time.ts'
import { mapInbound } from '../../../mapping/run/run.ts'
import { keyOf } from '../../../plan/key.ts'
import { belongs } from '../../../plan/plan.ts'
import type { Account, RemoteRecord } from '../../../ports/connector.ts'
import type { Claim } from '../../../ports/ledger/inbox.ts'
import type { Link } from '../../../ports/ledger/links.ts'
import type { Batch } from '../../bench/batch.ts'
import type { Deps } from '../../bench/deps.ts'
import { type Case, type Existing, labelOf } from './case.ts'
import type { CustomerOutcome } from './customers.ts'
import type { DealSync } from './sync.ts'

/**
 * Sorts some of a batch: won deals to deliver, orders whose deal is no longer won; everything else gets its outcome here.
 * @param records  of these claims, in their order
 */
export async function readDeals(
  sync: DealSync,
  batch: Batch,
  claims: readonly Claim[],
  records: readonly (RemoteRecord | null)[],
  links: ReadonlyMap<string, Link>,
  account: Account,
  since: Instant,
  deps: Deps,
): Promise<{ won: Case[]; lost: Existing[] }> {
  const won: Case[] = []
  const lost: Existing[] = []
  const present: { id: string; record: RemoteRecord; backfill: boolean }[] = []
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
  for (const [index, claim] of claims.entries()) {
    const record = records[index] ?? null
    if (record === null) leave(claim.recordId, 'gone')
    else present.push({ id: claim.recordId, record, backfill: claim.lane === 'backfill' })
  }
  const mapped = await mapInbound<Deal>(
    sync.deal,
    present.map((one) => one.record),
    { ...account },
    deps.evaluator,
  )
  const broken: { id: string; record: RemoteRecord; failure: Failure }[] = []
  for (const [index, { id, record, backfill }] of present.entries()) {
    const result = mapped[index]
    if (result === undefined || !result.ok) {
      const failure = result?.failures[0]
      if (failure !== undefined) broken.push({ id, record, failure })
      continue
    }
    const { customer } = result.value
    const deal = { ...result.value, customer: customer === null ? null : { ...customer, raw: result.value.raw } }
    const answer = belongs(deal, backfill ? ('' as Instant) : since)
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
  since: Instant,
  leave: (id: string, why: 'not won' | 'won before since') => void,
  deps: Deps,
): Promise<void> {
  if (broken.length === 0) return
  const narrow = await mapInbound<Pick<Deal, 'won' | 'wonAt'>>(
    sync.deal.only(['won', 'wonAt']),
    broken.map((one) => one.record),
    { ...account },
    deps.evaluator,
  )
  for (const [index, { id, failure }] of broken.entries()) {
    const result = narrow[index]
    const answer = result?.ok === true ? belongs(result.value, since) : 'yes'
    if (answer === 'yes' || links.has(id)) batch.fail(id, failure)
    else leave(id, answer === 'not_won' ? 'not won' : 'won before since')
  }
}

/** Refuses what no ERP should get: a deal without customer or lines, a line that takes back. */
export function isReady(one: Case, customers: ReadonlyMap<string, CustomerOutcome>, batch: Batch): boolean {
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
