import { parseDecimal } from '../../src/core/decimal.ts'
import type { Json } from '../../src/core/json.ts'
import { parseInstant, parsePlainDate } from '../../src/core/time.ts'

/** Queries travel in the address, which may have 16,384 bytes together with the headers; a token can have 2,000. */
export const statementBytesMax = 12_000

/** How much of the address a piece of a query takes. */
export const bytesOf = (piece: string): number => encodeURIComponent(piece).length

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b', '\f': '\\f' }

/** A text in quotes. The backslash comes first: escaping only the quote would let `\'` end the literal. */
export const quote = (text: string): string =>
  `'${text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replace(/[\n\r\t\b\f]/g, (sign) => escapes[sign] ?? '')}'`

/** A value as a condition on a field of `type` wants it; null when it does not fit. */
export function literal(type: string, value: Json): string | null {
  if (typeof value === 'object') return null
  switch (type) {
    case 'int':
    case 'long':
    case 'double':
    case 'currency':
    case 'percent':
      return parseDecimal(value)
    case 'boolean':
      return value === true || value === 'true' ? 'TRUE' : value === false || value === 'false' ? 'FALSE' : null
    case 'date':
      return parsePlainDate(value)
    case 'datetime':
      return parseInstant(value)
    default:
      return quote(String(value))
  }
}

/** Splits so that each part has at most `countMax` pieces and, with commas between, takes at most `bytesMax`. */
export function split(pieces: readonly string[], countMax: number, bytesMax: number): readonly (readonly string[])[] {
  const parts: string[][] = []
  let part: string[] = []
  let bytes = 0
  for (const piece of pieces) {
    const more = bytesOf(piece) + bytesOf(', ')
    if (part.length > 0 && (part.length >= countMax || bytes + more > bytesMax)) {
      parts.push(part)
      part = []
      bytes = 0
    }
    part.push(piece)
    bytes += more
  }
  if (part.length > 0) parts.push(part)
  return parts
}
