import {
  add,
  compare,
  type Decimal,
  decimal,
  divide,
  multiply,
  percentOf,
  round,
  subtract,
  sum,
  zero,
} from './decimal.ts'
import type { Deal, DealLine } from './documents.ts'
import { anyDigits, type Entry, type EntryDigits, fitEntry } from './entry.ts'

// ISO 4217; every other currency has two digits.
const minorDigits: Readonly<Record<string, number>> = {
  BHD: 3,
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  IQD: 3,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  PYG: 0,
  RWF: 0,
  TND: 3,
  UGX: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
}

/** Digits after the point of an amount in this currency. */
export const digitsOf = (currency: string): number => minorDigits[currency] ?? 2

/**
 * Splits a total over weights without losing or inventing a cent: each share is cut to `digits`, what is left goes
 * cent by cent to the largest remainders.
 * @param total  an amount with at most `digits` digits after the point; may be negative
 * @param weights  non-negative, at least one above zero
 * @returns as many shares as weights, in their order, summing exactly to `total`
 * @throws Error when no weight is above zero
 */
export function allocate(total: Decimal, weights: readonly Decimal[], digits: number): Decimal[] {
  const whole = sum(weights)
  if (compare(whole, zero) <= 0) throw new Error('allocate needs a weight above zero')
  const cent = divide(decimal(1), decimal(10 ** digits))
  const negative = compare(total, zero) < 0
  const amount = negative ? subtract(zero, total) : total
  const shares = weights.map((weight, index) => {
    const exact = divide(multiply(amount, weight), whole)
    const rounded = round(exact, digits)
    const cut = compare(rounded, exact) > 0 ? subtract(rounded, cent) : rounded
    return { index, value: cut, rest: subtract(exact, cut) }
  })
  let left = subtract(amount, sum(shares.map((share) => share.value)))
  for (const share of [...shares].sort((a, b) => compare(b.rest, a.rest) || a.index - b.index)) {
    if (compare(left, zero) <= 0) break
    share.value = add(share.value, cent)
    left = subtract(left, cent)
  }
  return shares.map((share) => (negative ? subtract(zero, share.value) : share.value))
}

/** Quantity × unit price less the line's discounts, rounded to the currency. */
function netOf(line: DealLine, digits: number): Decimal {
  const gross = multiply(line.quantity, line.unitPrice)
  const off = line.discountPercent === null ? zero : percentOf(gross, line.discountPercent)
  return round(subtract(subtract(gross, off), line.discountAmount ?? zero), digits)
}

/**
 * Spreads the deal's discount over its lines and fills in what follows: net amounts from the other numbers, what to enter in an
 * ERP that keeps so many digits, and where the goods go from the customer.
 */
export function completeDeal(deal: Deal, entryDigits: EntryDigits = anyDigits): Deal {
  const digits = digitsOf(deal.currency)
  const nets = deal.lines.map((line) => line.netAmount ?? netOf(line, digits))
  const spread =
    deal.discount === null || compare(sum(nets), zero) <= 0
      ? nets.map(() => zero)
      : allocate(
          round(deal.discount, digits),
          nets.map((net) => (compare(net, zero) > 0 ? net : zero)),
          digits,
        )
  const lines = deal.lines.map((line, index) => {
    const share = spread[index] ?? zero
    const netAmount = subtract(nets[index] ?? zero, share)
    const discountAmount = share === zero ? line.discountAmount : add(line.discountAmount ?? zero, share)
    const netUnitPrice = line.quantity === zero ? line.unitPrice : divide(netAmount, line.quantity)
    const exact: Entry =
      discountAmount === null
        ? { price: line.unitPrice, discount: line.discountPercent ?? zero }
        : { price: netUnitPrice, discount: zero }
    const amount = { quantity: line.quantity, net: netAmount, amountDigits: digits }
    const { price: entryPrice, discount: entryDiscount } = fitEntry(exact, amount, entryDigits)
    return { ...line, discountAmount, netAmount, netUnitPrice, entryPrice, entryDiscount }
  })
  return { ...deal, shipTo: deal.shipTo ?? deal.customer?.shipTo ?? null, lines }
}

/** Sum of the lines of a completed deal. */
export const netTotal = (deal: Deal): Decimal => sum(deal.lines.map((line) => line.netAmount ?? zero))
