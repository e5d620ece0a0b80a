import { absolute, compare, type Decimal, decimal, multiply, one, subtract, sum } from '../core/decimal.ts'
import type { Fulfilment } from '../core/documents.ts'
import type { Disagreement, Failure } from '../core/problem.ts'
import { type Decisions, isSettled, orAccept, undecided } from './decisions.ts'
import type { OrderPolicies } from './policy.ts'

/** What a line of the deal says. */
export interface Agreed {
  readonly sku: string
  readonly quantity: Decimal
  /** In the words of the ERP; null for the unit that the product is sold in. */
  readonly unit: string | null
}
type OrderLine = Pick<Fulfilment['lines'][number], 'sku' | 'ordered' | 'unit' | 'productUnit' | 'unitSize'>

/** ERPs keep ratios of units as doubles: what differs by less is equal. */
const tolerance = decimal('0.00001')

/**
 * Compares how much an order holds of each article with what the deal says, both in the unit of the product. An article
 * that the order has not, or of which the ERP tells no unit, is not compared.
 */
export function proveQuantities(
  agreed: readonly Agreed[],
  order: { readonly number: string; readonly lines: readonly OrderLine[] },
  policies: OrderPolicies['totals'],
  decisions: Decisions = undecided,
): Failure | null {
  if (!policies.compare.includes('quantity')) return null
  const held = Map.groupBy(
    order.lines.filter((line) => line.sku !== null && line.unitSize !== null),
    (line) => fold(line.sku),
  )
  const differing: { readonly said: readonly Agreed[]; readonly apart: Apart }[] = []
  for (const [article, said] of Map.groupBy(agreed, (line) => fold(line.sku))) {
    const lines = held.get(article)
    if (lines === undefined) continue
    const wanted = said.map((line) => inProductUnits(line, lines))
    const found = sum(lines.map((line) => multiply(line.ordered, line.unitSize ?? one)))
    const known = wanted.filter((quantity) => quantity !== null)
    const isEqual = known.length === wanted.length && compare(absolute(subtract(sum(known), found)), tolerance) <= 0
    const apart = isEqual ? null : differenceOf(said, lines)
    if (apart !== null && !isSettled(decisions, apart)) differing.push({ said, apart })
  }
  const [first] = differing
  if (first === undefined) return null
  const { expected, actual } = first.apart
  const differences = differing.map(({ apart }) => apart)
  return {
    problem: { kind: 'totals_differ', field: 'quantity', expected, actual, differences },
    message: `Order ${order.number} has ${actual} of ${first.said[0]?.sku}, but the deal has ${expected}; it is not confirmed.`,
    fix: `Correct the line in the ERP, the product's unit in CRM or ERP, or the unit in the order mapping or its table; then retry the record. ${orAccept()}`,
    field: 'quantity',
  }
}

/** Null where the unit is none of those that the order tells of. */
function inProductUnits({ quantity, unit }: Agreed, lines: readonly OrderLine[]): Decimal | null {
  if (unit === null || lines.some((line) => fold(line.productUnit) === fold(unit))) return quantity
  const size = lines.find((line) => fold(line.unit) === fold(unit))?.unitSize ?? null
  return size === null ? null : multiply(quantity, size)
}

type Apart = Disagreement & { readonly expected: string; readonly actual: string }

function differenceOf(said: readonly Agreed[], lines: readonly OrderLine[]): Apart {
  const productUnit = lines[0]?.productUnit ?? null
  const expected = said.map((line) => amountOf(line.quantity, line.unit ?? productUnit)).join(' + ')
  const actual = lines.map((line) => amountOf(line.ordered, line.unit)).join(' + ')
  const sku = said[0]?.sku ?? ''
  return { place: `quantity ${fold(sku)}`, text: `${sku} ${expected} → ${actual}`, expected, actual }
}

const amountOf = (quantity: Decimal, unit: string | null): string => (unit === null ? quantity : `${quantity} ${unit}`)
const fold = (text: string | null): string => (text ?? '').trim().toLowerCase()
