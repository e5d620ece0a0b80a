import type jsonata from 'jsonata'
import { add, type Decimal, divide, multiply, parseDecimal, round, subtract, sum, zero } from '../../core/decimal.ts'

/**
 * Arithmetic on exact decimals in place of JSONata's on doubles, where 0.1 + 0.2 is 0.30000000000000004 and
 * `$round(2.5)` is 2. Arguments are numbers or decimal text; nothing in, nothing out.
 */
export function registerDecimals(expression: jsonata.Expression): void {
  const one = (name: string, value: unknown): Decimal => {
    const parsed = parseDecimal(value)
    if (parsed === null) throw { message: `$${name}: ${JSON.stringify(value)} is not a number` }
    return parsed
  }
  const pair = (name: string, work: (a: Decimal, b: Decimal) => Decimal) => {
    expression.registerFunction(name, (a: unknown, b: unknown) =>
      a === undefined || b === undefined ? undefined : toNumber(work(one(name, a), one(name, b))),
    )
  }
  pair('add', add)
  pair('subtract', subtract)
  pair('multiply', multiply)
  pair('divide', (a, b) => {
    if (b === zero) throw { message: '$divide: division by zero' }
    return divide(a, b)
  })
  expression.registerFunction('round', (value: unknown, digits: unknown = 0) => {
    if (value === undefined) return undefined
    if (!Number.isInteger(digits)) throw { message: '$round: the number of places must be a whole number' }
    return toNumber(roundTo(one('round', value), Number(digits)))
  })
  expression.registerFunction('sum', (values: unknown) => {
    if (values === undefined) return undefined
    const list: readonly unknown[] = Array.isArray(values) ? values : [values]
    return toNumber(sum(list.map((value) => one('sum', value))))
  })
}

/** Negative places round before the point, as JSONata's own `$round` does. */
function roundTo(value: Decimal, digits: number): Decimal {
  if (digits >= 0) return round(value, Math.min(digits, 20))
  const unit = `1${'0'.repeat(Math.min(-digits, 30))}` as Decimal
  return multiply(round(divide(value, unit), 0), unit)
}

/** A number, so that operators work on it, as long as a double holds all digits; else text. */
function toNumber(value: Decimal): number | string {
  return value.replace(/[-.]/g, '').replace(/^0+/, '').length <= 15 ? Number(value) : value
}
