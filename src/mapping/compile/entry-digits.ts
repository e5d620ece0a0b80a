import { anyDigits, type EntryDigits } from '../../core/entry.ts'
import type { CompiledMapping } from './compile.ts'

/** How many digits the ERP keeps of the price and the percentage that an order mapping enters on its lines. */
export function entryDigitsOf({ fieldReads, fieldDigits }: CompiledMapping): EntryDigits {
  const fieldOf = (path: string): string | undefined =>
    Object.keys(fieldReads).find((name) => fieldReads[name]?.length === 1 && fieldReads[name][0] === path)
  const [price, discount] = [fieldOf('lines.entryPrice'), fieldOf('lines.entryDiscount')]
  // One without the other does not make the amount.
  if (price === undefined || discount === undefined) return anyDigits
  return { price: fieldDigits[price] ?? null, discount: fieldDigits[discount] ?? null }
}
