import { parseDecimal } from '../../core/decimal.ts'
import { isObject, type Json } from '../../core/json.ts'
import { parseInstant, parsePlainDate } from '../../core/time.ts'
import type { Kind } from '../compile/shape.ts'

/**
 * The value as one of `kind`, as long as there is only one way to read it. Null stays null.
 * @returns undefined when it is none; `refusal` then says why
 */
export function coerce(value: Json, kind: Kind): Json | undefined {
  if (value === null) return null
  switch (kind) {
    case 'any':
      return typeof value === 'number' ? (parseDecimal(value) ?? undefined) : value
    case 'text':
      return coerceText(value)
    case 'reference':
      // A reference that was read comes as `{ id, … }`; what is written is the id.
      return isObject(value) && typeof value.id === 'string' ? value.id : coerceText(value)
    case 'number':
      return typeof value === 'number' || typeof value === 'string' ? (parseDecimal(value) ?? undefined) : undefined
    case 'integer': {
      const number = typeof value === 'string' ? Number(parseDecimal(value) ?? Number.NaN) : value
      return Number.isSafeInteger(number) ? number : undefined
    }
    case 'boolean':
      if (value === 'true' || value === 'false') return value === 'true'
      return typeof value === 'boolean' ? value : undefined
    case 'date':
      return parsePlainDate(value) ?? undefined
    case 'instant':
      return parseInstant(value) ?? undefined
    case 'list':
      return Array.isArray(value) ? value : undefined
    case 'object':
      return isObject(value) ? value : undefined
  }
}

function coerceText(value: Json): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return parseDecimal(value) ?? undefined
  return typeof value === 'boolean' ? String(value) : undefined
}

const nouns: Readonly<Record<Kind, string>> = {
  any: 'a value',
  text: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  date: 'a date (YYYY-MM-DD)',
  instant: 'an instant (ISO 8601 with a zone)',
  reference: 'the id of a record',
  list: 'a list',
  object: 'an object',
}
export const nounOf = (kind: Kind): string => nouns[kind]

/** `"abc" is not a number`: why `coerce` refused. */
export const refusal = (value: Json, kind: Kind): string => `${brief(value)} is not ${nouns[kind]}`

/** A value in a message: short, on one line. */
export function brief(value: Json): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (isObject(value)) return typeof value.id === 'string' ? `the record ${value.id}` : 'an object'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
