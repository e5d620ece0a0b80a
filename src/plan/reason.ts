import {
  absolute,
  compare,
  type Decimal,
  decimal,
  divide,
  multiply,
  round,
  subtract,
  sum,
  zero,
} from '../core/decimal.ts'
import type { Deal, Fulfilment } from '../core/documents.ts'
import { digitsOf, netTotal } from '../core/money.ts'

/** Why totals probably differ, and what will help; only where the difference fits exactly. */
export interface Reason {
  /** Half a sentence. */
  readonly because: string
  readonly fix: string
}

type Totals = NonNullable<Fulfilment['totals']>

/** @param found  the order's net, which is not the `expected` of the deal */
export function reasonOf(deal: Deal, totals: Totals, expected: Decimal, found: Decimal): Reason | null {
  const rate = rateOf(totals, expected, found)
  const lines = netTotal(deal)
  if (rate !== null && compare(lines, found) === 0) {
    return {
      because: `exactly the ${rate} % tax: the amount of the deal includes it, its lines do not`,
      fix: 'Let the CRM keep the amount without tax, or map another field to `deal.amount`; then retry the record.',
    }
  }
  if (rate !== null && compare(lines, expected) === 0) {
    return {
      because: `exactly the ${rate} % tax, which the ERP takes to be included in the prices`,
      fix: 'Give the lines of this order a tax that is not included in the price, then retry the record. For orders to come change the tax of the product, or what the fiscal position makes of it: that alone leaves this order as it is.',
    }
  }
  if (fitsRounding(deal, absolute(subtract(expected, found)))) {
    return {
      because: 'no more than unit prices rounded in the ERP make',
      fix: 'Let the ERP keep more digits of unit prices (in Odoo: decimal accuracy "Product Price") and correct the prices of this order, or allow the difference by the policy `totals.tolerance`; then retry the record.',
    }
  }
  return null
}

/** The tax rate where what is expected is the order's total with tax; null where it is not. */
function rateOf({ net, tax, total }: Totals, expected: Decimal, found: Decimal): Decimal | null {
  if (net === null || tax === null || total === null || tax === zero || net === zero) return null
  if (compare(total, expected) !== 0 || compare(net, found) !== 0) return null
  return round(multiply(divide(tax, net), decimal(100)), 1)
}

/** Half of the last digit of a price for each unit, and of an amount for each line. */
function fitsRounding({ lines, currency }: Deal, difference: Decimal): boolean {
  if (!lines.some((line) => line.netUnitPrice !== null && isOdd(line.netUnitPrice, digitsOf(currency)))) return false
  const units = sum(lines.map((line) => absolute(line.quantity)))
  const most = multiply(sum([units, decimal(lines.length)]), decimal(`0.5e-${digitsOf(currency)}`))
  return compare(difference, most) <= 0
}

const isOdd = (price: Decimal, digits: number): boolean => compare(round(price, digits), price) !== 0
