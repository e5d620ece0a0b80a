import type { Json } from '../core/json.ts'
import type { Difference, Written } from './difference.ts'

/** How people call what an order is made of. */
export interface OrderWords {
  readonly linesField: string | null
  /** The field of a line that says how much of it is ordered, where that is known. */
  readonly quantity: string | null
  /** By key of a line: what is sold. */
  readonly lines: Readonly<Record<string, string>>
}

/** Each change of an order: `Chair 4 → 7`, `client_order_ref PO-1 → PO-2`. */
export function changesInWords(before: Written, difference: Difference, words: OrderWords): readonly string[] {
  const { quantity } = words
  const fields = Object.entries(difference.fields).map(
    ([name, value]) => `${name} ${shown(before.fields[name])} → ${shown(value)}`,
  )
  const lines = difference.upsert.map(({ key, fields: changed }) => {
    const name = lineName(key, before, words)
    const known = before.lines[key]
    if (known === undefined) {
      const amount = quantity === null ? undefined : changed[quantity]
      return `${name} added${amount === undefined ? '' : ` (${shown(amount)})`}`
    }
    const parts = Object.entries(changed).map(
      ([field, value]) => `${field === quantity ? '' : `${field} `}${shown(known[field])} → ${shown(value)}`,
    )
    return `${name} ${parts.join(', ')}`
  })
  const removed = difference.remove.map((key) => `${lineName(key, before, words)} removed`)
  return [...fields, ...lines, ...removed]
}

/** What is sold by a line; of one that is no longer on the deal, what the deal said of it. */
export function lineName(key: string, before: Written, words: Pick<OrderWords, 'lines'>): string {
  const said = before.said?.lines[key]
  const known = words.lines[key] ?? said?.['lines.name'] ?? said?.['lines.sku']
  return typeof known === 'string' ? known : key.slice(key.lastIndexOf('_line_') + 1).replaceAll('_', ' ')
}

const longest = 60
export function shown(value: Json | undefined): string {
  if (value === undefined || value === null || value === '') return 'nothing'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
