import { compare, type Decimal, decimal, divide, multiply, places, round, zero } from './decimal.ts'

/** How many digits after the point an ERP keeps of what is entered on a line; null where it keeps whatever it is given. */
export interface EntryDigits {
  readonly price: number | null
  readonly discount: number | null
}
export const anyDigits: EntryDigits = { price: null, discount: null }

/** A price of one unit, and a percentage off it. */
export interface Entry {
  readonly price: Decimal
  readonly discount: Decimal
}

/** So many prices are tried. The first ones do for a line of a few hundred, most of them for one of a hundred thousand. */
const triesMax = 2000

/**
 * What to enter on a line for an ERP that computes amounts from price and percentage, and keeps few digits of both: 690.00
 * for 7 units is 98.571428… for one, and 689.99 with two digits, but 98.63 less 0.06 % makes 690.00.
 * @param entry  what would be entered if digits did not matter; returned where they do not, or where nothing makes the amount
 * @param line  `net` is the amount of the line, with `amountDigits` digits of the currency
 */
export function fitEntry(
  entry: Entry,
  line: { readonly quantity: Decimal; readonly net: Decimal; readonly amountDigits: number },
  digits: EntryDigits,
): Entry {
  const kept: Entry = {
    price: digits.price === null ? entry.price : round(entry.price, digits.price),
    discount: digits.discount === null ? entry.discount : round(entry.discount, digits.discount),
  }
  if (kept.price === entry.price && kept.discount === entry.discount) return entry
  if (compare(line.quantity, zero) <= 0 || compare(line.net, zero) <= 0) return entry
  const scale = scaleOf(line, { price: digits.price ?? places(entry.price), discount: digits.discount ?? 2 })
  const plain = { price: round(divide(line.net, line.quantity), scale.price), discount: zero }
  // What the ERP makes of it by itself is right.
  if (scale.offBy(kept) <= scale.tolerance) return entry
  return scale.offBy(plain) <= scale.tolerance ? plain : (searched(scale) ?? entry)
}

/** All of it in whole numbers: quantity × price × (100 % − discount), and how far that is from the amount. */
function scaleOf(
  { quantity, net, amountDigits }: { quantity: Decimal; net: Decimal; amountDigits: number },
  digits: { readonly price: number; readonly discount: number },
) {
  const quantityDigits = places(quantity)
  const whole = 100n * power(digits.discount)
  const amountPlaces = quantityDigits + digits.price + digits.discount + 2
  const units = scaled(quantity, quantityDigits)
  const wanted = scaled(round(net, amountPlaces), amountPlaces)
  const off = (price: bigint, discount: bigint): bigint => {
    const difference = units * price * (whole - discount) - wanted
    return difference < 0n ? -difference : difference
  }
  return {
    ...digits,
    whole,
    units,
    wanted,
    off,
    offBy: ({ price, discount }: Entry): bigint => off(scaled(price, digits.price), scaled(discount, digits.discount)),
    // A little less than the half of the last digit: ERPs compute in doubles.
    tolerance: (45n * power(Math.max(0, amountPlaces - amountDigits))) / 100n,
  }
}

/** The smallest discount that makes the amount, on the lowest price. */
function searched({ units, whole, wanted, off, tolerance, price, discount }: ReturnType<typeof scaleOf>): Entry | null {
  const lowest = (wanted + units * whole - 1n) / (units * whole)
  for (let step = 0n; step < BigInt(triesMax); step += 1n) {
    const tried = lowest + step
    const line = units * tried
    const percent = (2n * (line * whole - wanted) + line) / (2n * line)
    if (off(tried, percent) <= tolerance)
      return { price: unscaled(tried, price), discount: unscaled(percent, discount) }
  }
  return null
}

const power = (digits: number): bigint => 10n ** BigInt(digits)
const scaled = (value: Decimal, digits: number): bigint => BigInt(multiply(value, decimal(String(power(digits)))))
const unscaled = (value: bigint, digits: number): Decimal =>
  divide(decimal(String(value)), decimal(String(power(digits))))
