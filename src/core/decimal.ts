import { Decimal as Engine } from 'decimal.js'

/**
 * An exact decimal number as plain text: `"10.5"`, `"-0.01"`, never an exponent, never a trailing zero after the
 * point. Text, because it survives JSON, a database and a thread boundary without turning into a double.
 */
export type Decimal = string & { readonly decimal: true }

// 60 digits are more than quantity × price × rate of any currency needs; products stay exact.
const digitsMax = 60
const Exact = Engine.clone({ precision: digitsMax, rounding: Engine.ROUND_HALF_UP, toExpNeg: -1000, toExpPos: 1000 })
const shape = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/
/** Of numbers that are written as `Decimal` has them already, as most are. */
const written = /^(?:0|-?(?:[1-9]\d*|(?:0|[1-9]\d*)\.\d*[1-9]))$/
/** Whole numbers of so many digits are exact as numbers of the language. */
const small = /^-?\d{1,15}$/

export const zero = '0' as Decimal
export const one = '1' as Decimal
const hundred = '100' as Decimal

/** Reads text or a JSON number. Null when it is not a decimal number of at most 60 digits before or after the point (also for `"1,234.50"`). */
export function parseDecimal(value: unknown): Decimal | null {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value) as Decimal
    return Number.isFinite(value) ? readable(new Exact(value)) : null
  }
  if (typeof value !== 'string') return null
  const text = value.trim()
  if (text.length <= 60 && written.test(text)) return text as Decimal
  return shape.test(text) && text.length <= 60 ? readable(new Exact(text)) : null
}

/** Null for what has more digits than anything is counted in, such as `1e999`: no system takes it, and none means it. */
const readable = (value: Engine): Decimal | null => (Math.abs(value.e) > digitsMax ? null : canonical(value))

/** For literals of ours. @throws Error when the text is not a decimal */
export function decimal(text: string | number): Decimal {
  const value = parseDecimal(text)
  if (value === null) throw new Error(`not a decimal number: ${text}`)
  return value
}

const canonical = (value: Engine): Decimal => (value.isZero() ? zero : (value.toFixed() as Decimal))

export const add = (a: Decimal, b: Decimal): Decimal => canonical(new Exact(a).plus(b))
export const subtract = (a: Decimal, b: Decimal): Decimal => canonical(new Exact(a).minus(b))
export const multiply = (a: Decimal, b: Decimal): Decimal => canonical(new Exact(a).times(b))
/** To 20 significant places after the point. @throws Error when `b` is zero */
export function divide(a: Decimal, b: Decimal): Decimal {
  if (b === zero) throw new Error('division by zero')
  return canonical(new Exact(a).div(b).toDecimalPlaces(20))
}
/** Half away from zero, as invoices round. */
export const round = (value: Decimal, places: number): Decimal => canonical(new Exact(value).toDecimalPlaces(places))
export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  if (a === b) return 0
  if (small.test(a) && small.test(b)) return Number(a) < Number(b) ? -1 : 1
  return new Exact(a).comparedTo(b) as -1 | 0 | 1
}
export const absolute = (value: Decimal): Decimal => canonical(new Exact(value).abs())
export const sum = (values: readonly Decimal[]): Decimal =>
  canonical(values.reduce((total, value) => total.plus(value), new Exact(0)))
/** `percentOf('80', '25')` is `'20'`. */
export const percentOf = (value: Decimal, percent: Decimal): Decimal => divide(multiply(value, percent), hundred)
/** How many digits stand after the point. */
export const places = (value: Decimal): number => new Exact(value).decimalPlaces()
