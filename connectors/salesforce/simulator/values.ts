import { parseDecimal } from '../../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import { parseInstant, parsePlainDate } from '../../../src/core/time.ts'
import { type Refusal, recordRefusal, refusal } from './errors.ts'
import { fullId } from './ids.ts'
import { isNumber, isText, type SimulatedField, type SimulatedObject } from './schema.ts'
import type { Row, Store, Value } from './store.ts'

/**
 * A value of a request in the form that rows keep.
 * @throws Refusal of the whole request when the JSON type is not the field's: Salesforce stops reading there
 */
export function parseValue(field: SimulatedField, given: Json): Value {
  const { type } = field
  if (given === null || given === '') return type === 'boolean' ? false : null
  if (type === 'boolean') {
    if (typeof given === 'boolean') return given
    if (given === 'true' || given === 'false') return given === 'true'
    throw undeserializable(type, given)
  }
  if (isNumber(type)) {
    const number = typeof given === 'number' || typeof given === 'string' ? parseDecimal(given) : null
    if (number === null) throw undeserializable(type, given)
    return number
  }
  if (typeof given !== 'string') throw undeserializable(isText(type) ? 'string' : type, given)
  if (type === 'date') {
    const date = parsePlainDate(given)
    if (date === null) throw undeserializable(type, given)
    return date
  }
  if (type === 'datetime') {
    const instant = parseInstant(given)
    if (instant === null || /^\d+$/.test(given)) throw undeserializable(type, given)
    return `${instant.slice(0, 19)}.000Z`
  }
  if (type === 'reference' || type === 'id') return fullId(given) ?? given
  // Blanks around a text are not kept.
  return given.trim() || null
}

const tokens: Readonly<Record<string, (value: Json) => string>> = {
  string: () => 'VALUE_STRING',
  number: (value) => (Number.isInteger(value) ? 'VALUE_NUMBER_INT' : 'VALUE_NUMBER_FLOAT'),
  boolean: (value) => (value === true ? 'VALUE_TRUE' : 'VALUE_FALSE'),
  object: (value) => (Array.isArray(value) ? 'START_ARRAY' : 'START_OBJECT'),
}
function undeserializable(type: string, value: Json): Refusal {
  const token = tokens[typeof value]?.(value) ?? 'VALUE_NULL'
  const shown = typeof value === 'object' ? '' : ` ${String(value)}`
  return refusal(
    400,
    'JSON_PARSER_ERROR',
    `Cannot deserialize instance of ${type} from ${token} value${shown} or request may be missing a required field at [line:1, column:1]`,
  )
}

/** What is wrong with one value of one record; null when nothing is. */
export function flawOf(field: SimulatedField, value: Value, store: Store): Refusal | null {
  if (value === null || typeof value === 'boolean') return null
  const { name, label, type } = field
  if (type === 'reference') {
    if (fullId(value) === null || (store.any(value)?.object ?? field.target) !== field.target) {
      return recordRefusal('MALFORMED_ID', `${label}: id value of incorrect type: ${value}`, [name])
    }
    const row = store.any(value)
    if (row === null) return recordRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id', [name])
    return row.fields.IsDeleted === true ? recordRefusal('ENTITY_IS_DELETED', 'entity is deleted', [name]) : null
  }
  if (isNumber(type)) {
    const whole = value.replace(/^-/, '').replace(/\..*$/, '')
    if (whole.length <= field.precision - field.scale) return null
    return recordRefusal(
      'NUMBER_OUTSIDE_VALID_RANGE',
      `${label}: value outside of valid range on numeric field: ${value}`,
      [name],
    )
  }
  if (!isText(type)) return null
  const chosen = type === 'multipicklist' ? value.split(';') : [value]
  if (field.restricted && chosen.some((one) => !field.picklist.some((legal) => legal.active && legal.value === one))) {
    return recordRefusal(
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      `${label}: bad value for restricted picklist field: ${value}`,
      [name],
    )
  }
  if (type === 'email' && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value)) {
    return recordRefusal('INVALID_EMAIL_ADDRESS', `${label}: invalid email address: ${value}`, [name])
  }
  if (value.length <= field.length) return null
  return recordRefusal('STRING_TOO_LONG', `${label}: data value too large: ${value} (max length=${field.length})`, [
    name,
  ])
}

/** Parts of an address, as the compound field shows them; null when all are empty. */
function addressOf(row: Row, prefix: string): JsonObject | null {
  const part = (name: string): Json => row.fields[`${prefix}${name}`] ?? null
  const address = {
    city: part('City'),
    country: part('Country'),
    geocodeAccuracy: null,
    latitude: null,
    longitude: null,
    postalCode: part('PostalCode'),
    state: part('State'),
    street: part('Street'),
  }
  return Object.values(address).every((one) => one === null) ? null : address
}

export type Reader = (row: Row) => Value

/** How the value of a field comes about: kept, followed along a lookup, or computed from the lines. */
export function readerOf(store: Store, object: SimulatedObject, field: SimulatedField): Reader {
  const { name, follows } = field
  if (follows !== null) {
    const [relationship, other] = follows
    return (row) => {
      const id = row.fields[`${relationship}Id`]
      return typeof id === 'string' ? (store.any(id)?.fields[other] ?? null) : null
    }
  }
  if (object.name === 'Opportunity' && name === 'HasOpportunityLineItem') {
    return (row) => store.having('OpportunityLineItem', 'OpportunityId', row.id).some((line) => !line.fields.IsDeleted)
  }
  return (row) => row.fields[name] ?? null
}

/** A value as JSON answers have it. */
export function jsonOf(field: SimulatedField, row: Row, value: Value): Json {
  if (field.type === 'address') return addressOf(row, field.name.replace(/Address$/, ''))
  if (typeof value !== 'string') return value
  if (isNumber(field.type)) return Number(value)
  return field.type === 'datetime' ? value.replace(/Z$/, '+0000') : value
}

/** A value as Bulk API answers have it. */
export function csvOf(field: SimulatedField, value: Value): string {
  if (value === null) return ''
  if (typeof value === 'boolean') return String(value)
  return isNumber(field.type) && field.type !== 'int' && !value.includes('.') ? `${value}.0` : value
}
