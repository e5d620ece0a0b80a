import { absolute, compare, type Decimal, subtract } from '../core/decimal.ts'
import type { Deal, Fulfilment, Stage } from '../core/documents.ts'
import type { JsonObject } from '../core/json.ts'
import { netTotal } from '../core/money.ts'
import type { Disagreement, Failure } from '../core/problem.ts'
import { type Instant, shift } from '../core/time.ts'
import { type Decisions, isSettled, orAccept, undecided } from './decisions.ts'
import { type Difference, differenceOf, type Left, leavingOut, partOf, type Written } from './difference.ts'
import type { OrderPolicies } from './policy.ts'
import { type Reason, reasonOf } from './reason.ts'
import { didSourceChange, type Source } from './source.ts'
import { changesInWords, type OrderWords } from './words.ts'

/** The condition of an order as the policies know it. */
export type OrderCondition = 'draft' | 'confirmed' | 'on_its_way' | 'over'

export function conditionOf(stage: Stage, order: Pick<Fulfilment, 'invoices'>): OrderCondition {
  if (stage === 'draft') return 'draft'
  if (stage === 'paid' || stage === 'cancelled') return 'over'
  const shipped = stage === 'partly_shipped' || stage === 'shipped' || stage === 'invoiced' || stage === 'partly_paid'
  return shipped || order.invoices.some((invoice) => invoice.state === 'posted') ? 'on_its_way' : 'confirmed'
}

/** The fields of a deal that tell whether it is to be delivered. */
export const datingFields = ['won', 'wonAt', 'madeWon', 'closeDate'] as const
export type Dating = Pick<Deal, (typeof datingFields)[number]>

/**
 * Whether a deal without an order is to be delivered by this sync. `undated`: nobody but a person can tell, because the source
 * keeps no record of when it was won, or because it was made as won and closed before `since`, as it is with deals of
 * the past that were imported.
 */
export function belongs(deal: Dating, since: Instant): 'yes' | 'not_won' | 'won_before' | 'undated' {
  if (!deal.won) return 'not_won'
  if (deal.wonAt === null) return 'undated'
  if (deal.wonAt < since) return 'won_before'
  return deal.madeWon && deal.closeDate !== null && deal.closeDate < dayBefore(since) ? 'undated' : 'yes'
}

/** A close date is a day of some zone, which begins up to 14 hours before that of UTC. */
const dayBefore = (instant: Instant): string => shift(instant, -86_400_000).slice(0, 10)

/** @param sync  its name, for the remedy */
export function undated(sync: string, deal: Pick<Dating, 'wonAt' | 'closeDate'>, since: Instant): Failure {
  const deliver = `If it is to become an order: crosswalk backfill ${sync} --deal <its id>.`
  return {
    problem: { kind: 'won_date_unclear' },
    message:
      deal.wonAt === null
        ? `The deal is won, but the CRM does not tell since when; this sync delivers deals won from ${since} on.`
        : `The deal was entered as won on ${deal.wonAt.slice(0, 10)} with the close date ${deal.closeDate}; this sync delivers deals won from ${since} on.`,
    fix:
      deal.wonAt === null
        ? `${deliver} Let the user of the connection read the history of stages, so that others are not asked about.`
        : `${deliver} If not, set policies.undated of the sync to leave_out while old deals are imported.`,
    field: 'wonAt',
  }
}

export interface WantedOrder {
  readonly fields: JsonObject
  readonly lines: readonly { readonly key: string; readonly fields: JsonObject }[]
  /** Fields that refer to other records (customer, price list): they decide whose order it is, in which currency. */
  readonly references: readonly string[]
  /** Fields that say where goods and bill go, and to whom. */
  readonly addresses: readonly string[]
  /** Null where it is not known. */
  readonly source: Source | null
  readonly words: OrderWords
}

export type Amendment =
  | { readonly do: 'nothing' }
  /** `left`: what stays as it is on purpose, to be remembered. */
  | { readonly do: 'write'; readonly difference: Difference; readonly left: Left | null }
  | { readonly do: 'leave'; readonly difference: Difference; readonly left: Left | null }
  | { readonly do: 'refuse'; readonly failure: Failure }

/** What becomes of an existing order when its deal, mapped again, gives `wanted`. */
export function planAmendment(
  before: Written,
  wanted: WantedOrder,
  order: { condition: OrderCondition; stage: string; number: string },
  policies: OrderPolicies,
): Amendment {
  const difference = differenceOf(before, withoutLateAddresses(before, wanted, order.condition))
  if (difference === null) return { do: 'nothing' }
  const refuse = (refused: Difference, because: string): Amendment => {
    const [field] = [...Object.keys(refused.fields), ...(wanted.words.linesField ?? [])]
    return {
      do: 'refuse',
      failure: {
        problem: { kind: 'amendment_refused', orderState: order.stage },
        message: `The deal changed (${changesInWords(before, refused, wanted.words).join('; ')}) after order ${order.number} was made; ${because}`,
        fix: 'Change the order in the ERP by hand, or change the deal back; then retry the record.',
        ...(field === undefined ? {} : { field }),
      },
    }
  }
  if (order.condition === 'draft') {
    if (policies.amended.draft !== 'apply') return refuse(difference, 'the policy leaves drafts alone.')
    return { do: 'write', difference, left: leavingOut(before, difference, null) }
  }
  const choose = choiceFor(before, wanted, order.condition, policies)
  const chosen = (choice: Choice) =>
    partOf(difference, before, wanted.words.linesField, (field, line) => choose(field, line) === choice)
  const asked = chosen('ask')
  if (asked !== null) return refuse(asked, because(asked, wanted, order, policies))
  const left = leavingOut(before, difference, chosen('ignore'))
  const write = chosen('write')
  return write === null ? { do: 'leave', difference, left } : { do: 'write', difference: write, left }
}

/** How an order gets back what the deal says, where a person asks for that. @returns a plan, or why there is none */
export function planOverwriting(
  { held, lines }: { readonly held: Written; readonly lines: WantedOrder['lines'] },
  wanted: WantedOrder,
  order: { condition: OrderCondition; stage: string; number: string },
  policies: OrderPolicies,
): { readonly plan: Extract<Amendment, { do: 'write' }> | null; readonly because: string } {
  const { amended } = policies
  // All that differs is to be written, whatever it was that changed.
  const plan = planAmendment(held, { ...wanted, lines, source: null }, order, {
    ...policies,
    amended: { ...amended, fields: {} },
  })
  if (plan.do === 'write') return { plan, because: '' }
  if (plan.do !== 'refuse') return { plan: null, because: 'lines that were added can only be removed in the ERP' }
  if (order.condition === 'on_its_way' || order.condition === 'over')
    return { plan: null, because: `it is already ${order.stage.replaceAll('_', ' ')}` }
  return {
    plan: null,
    because: 'the deal changed in what is never written, or the policy `amended` leaves such orders alone',
  }
}

/**
 * Addresses that count are those that changed. One of which the order never had any from its deal may be as old as the deal,
 * and only the rule that tells it new: an order that was confirmed without the rule, or is on its way without an address of
 * its own, keeps what it has.
 */
function withoutLateAddresses(
  { fields: before }: Written,
  wanted: WantedOrder,
  condition: OrderCondition,
): WantedOrder {
  if (condition === 'draft') return wanted
  const late = wanted.addresses.filter((name) =>
    condition === 'confirmed' ? !Object.hasOwn(before, name) : (before[name] ?? null) === null,
  )
  if (late.length === 0) return wanted
  const kept = Object.entries(wanted.fields).filter(([name]) => !late.includes(name))
  return { ...wanted, fields: Object.fromEntries(kept) }
}

type Choice = 'write' | 'ignore' | 'ask'

/** What becomes of a change of an order that is not a draft any more. @returns by field and line, as `partOf` tells them */
function choiceFor(
  before: Written,
  wanted: WantedOrder,
  condition: OrderCondition,
  { amended }: OrderPolicies,
): (field: string, line: string | null) => Choice {
  const { source, words } = wanted
  const isFromDeal = (field: string, line: string | null): boolean => {
    if (line === null || field !== words.linesField) return didSourceChange(before, source, field, line)
    // A whole line, new or gone: of the deal, unless it was there and is there.
    if (before.said === undefined || source === null) return true
    return Object.hasOwn(before.said.lines, line) !== Object.hasOwn(source.said.lines, line)
  }
  return (field, line) => {
    const named = amended.fields[field]
    const choice = named ?? (!isFromDeal(field, line) ? 'ignore' : wanted.references.includes(field) ? 'ask' : 'write')
    const isAllowed = condition === 'confirmed' && (named !== undefined || amended.confirmed === 'apply')
    return choice === 'write' && !isAllowed ? 'ask' : choice
  }
}

function because(
  asked: Difference,
  { references }: WantedOrder,
  { condition, stage }: { condition: OrderCondition; stage: string },
  { amended }: OrderPolicies,
): string {
  if (condition !== 'confirmed') return `it is already ${stage.replaceAll('_', ' ')}.`
  const reference = Object.keys(asked.fields).find(
    (name) => references.includes(name) && amended.fields[name] === undefined,
  )
  if (reference !== undefined) return `"${reference}" of a confirmed order is never changed.`
  const named = amended.confirmed === 'apply'
  return named ? 'the policy of these fields asks first.' : 'the policy leaves confirmed orders alone.'
}

export type Unwinning =
  | { readonly do: 'nothing' }
  | { readonly do: 'cancel' }
  | { readonly do: 'refuse'; readonly failure: Failure }

/** What becomes of an order whose deal is no longer won, or is gone. */
export function planUnwinning(
  order: { condition: OrderCondition; stage: string; number: string },
  policies: OrderPolicies,
): Unwinning {
  const choice =
    order.condition === 'draft'
      ? policies.unwon.draft
      : order.condition === 'confirmed'
        ? policies.unwon.confirmed
        : 'problem'
  if (order.condition === 'over') return { do: 'nothing' }
  if (choice === 'cancel') return { do: 'cancel' }
  return {
    do: 'refuse',
    failure: {
      problem: { kind: 'unwon_refused', orderState: order.stage },
      message: `The deal is no longer won, but order ${order.number} is ${order.stage.replaceAll('_', ' ')}.`,
      fix: 'Cancel the order in the ERP, or win the deal again; then retry the record.',
    },
  }
}

/**
 * Compares an order with its deal, where the deal knows the value. `net` is compared with the agreed amount of the deal
 * and, where that is unknown, with the sum of its lines. What a person has accepted is equal.
 */
export function proveTotals(
  deal: Deal,
  order: Pick<Fulfilment, 'state' | 'totals'> & { number: string },
  policies: OrderPolicies['totals'],
  decisions: Decisions = undecided,
): Failure | null {
  const [first, ...others] = totalsApart(deal, order.totals, policies).filter((one) => !isSettled(decisions, one))
  if (first === undefined) return null
  const { field, expected, actual, reason } = first
  return {
    problem: { kind: 'totals_differ', field, expected, actual, differences: [first, ...others].map(plainOf) },
    message: `Order ${order.number} has ${field} ${actual}, but the deal has ${expected}${reason === null ? '' : ` (${reason.because})`}; ${leftAs[order.state]}.`,
    fix: `${reason?.fix ?? corrections[order.state]} ${orAccept(deal.id)}`,
    field,
  }
}

interface Apart extends Disagreement {
  readonly field: 'net' | 'tax' | 'total' | 'currency'
  readonly expected: string
  readonly actual: string
  readonly reason: Reason | null
}
const plainOf = ({ place, text, expected, actual }: Disagreement): Disagreement => ({ place, text, expected, actual })

/** In which totals an order differs from its deal; in the currency alone where that is another one. */
function totalsApart(deal: Deal, actual: Fulfilment['totals'], policies: OrderPolicies['totals']): readonly Apart[] {
  if (actual === null) return []
  const differ = (field: Apart['field'], expected: string, found: string, reason: Reason | null = null): Apart => ({
    ...{ field, expected, actual: found, reason },
    ...{ place: field, text: `${field} ${expected} → ${found}` },
  })
  if (policies.compare.includes('currency') && actual.currency !== null && actual.currency !== deal.currency)
    return [differ('currency', deal.currency, actual.currency)]
  const pairs: readonly ['net' | 'tax' | 'total', Decimal | null, Decimal | null][] = [
    ['net', deal.amount ?? netTotal(deal), actual.net],
    ['tax', deal.tax, actual.tax],
    ['total', deal.total, actual.total],
  ]
  return pairs.flatMap(([field, expected, found]) => {
    if (!policies.compare.includes(field) || expected === null || found === null) return []
    if (compare(absolute(subtract(expected, found)), policies.tolerance) <= 0) return []
    const reason = field === 'net' ? reasonOf(deal, actual, expected, found) : null
    return [differ(field, `${expected} ${deal.currency}`, `${found} ${deal.currency}`, reason)]
  })
}

const leftAs: Readonly<Record<Fulfilment['state'], string>> = {
  draft: 'the order was left as a draft',
  confirmed: 'the order is confirmed already',
  cancelled: 'the order is cancelled',
}
const compareBoth = 'Compare the lines, discounts and taxes of both.'
// What an order took over from product, tax or mapping when it was made does not change with them.
const corrections: Readonly<Record<Fulfilment['state'], string>> = {
  draft: `${compareBoth} Correct the deal, or the lines of the order in the ERP; then retry the record. Corrections of products, taxes and mappings count for orders to come.`,
  confirmed: `${compareBoth} Change the order in the ERP by hand, or the deal; then retry the record.`,
  cancelled: `${compareBoth} Correct the deal; then retry the record.`,
}
