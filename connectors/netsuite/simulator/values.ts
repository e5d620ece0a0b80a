import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts'
import { parsePlainDate } from '../../../src/core/time.ts'
import type { Database } from './database.ts'
import { dayToDate } from './dates.ts'
import { invalidContent, invalidValue } from './errors.ts'
import type { Fields, RecordTypes, SimulatedField } from './fields.ts'

/** What a body says, checked: references are ids, dates and booleans as the tables have them, null clears. */
export type Checked = ReadonlyMap<string, CheckedValue>
export type CheckedValue = string | number | null | Checked | readonly Checked[]

/** What to do with names that the record type does not have. */
export type Unknown = 'error' | 'warning' | 'ignore'

/** External ids: letters, digits, `_` and `-`. */
export const externalIdShape = /^[A-Za-z0-9_-]+$/

/** Checks bodies against the fields of their record type, as the account does. */
export function openChecking(database: Database, types: RecordTypes) {
  const pools = new Map([...types.values()].map((type) => [type.table, type.pool]))

  function check(fields: Fields, body: JsonObject, unknown: Unknown, path = ''): Checked {
    const checked = new Map<string, CheckedValue>()
    for (const [name, value] of Object.entries(body)) {
      const field = fields.get(name)
      const place = path === '' ? name : `${path}.${name}`
      if (field === undefined) {
        if (name === 'links' || name === 'totalResults' || unknown !== 'error') continue
        throw invalidContent(`Unknown reference or field name ${name}.`, place)
      }
      // What the account keeps itself is passed over, but for the name that a new record is given.
      if (field.readOnly && name !== 'externalId') continue
      checked.set(name, checkValue(field, value, unknown, place))
    }
    return checked
  }

  function checkValue(field: SimulatedField, value: Json, unknown: Unknown, path: string): CheckedValue {
    if (value === null && field.type !== 'list') return null
    switch (field.type) {
      case 'text':
        if (typeof value !== 'string') throw invalidValue(value, path)
        // A line break must come escaped once more.
        if (value.includes('\n')) throw invalidContent('Invalid content: unescaped line break.', path)
        return value === '' ? null : value.replaceAll('\\n', '\n')
      case 'date': {
        const day = parsePlainDate(value)
        if (day === null) throw invalidValue(value, path)
        return dayToDate(day)
      }
      case 'number':
      case 'integer':
        if (typeof value !== 'number' || (field.type === 'integer' && !Number.isInteger(value))) {
          throw invalidValue(value, path)
        }
        return value
      case 'boolean':
        if (typeof value !== 'boolean') throw invalidValue(value, path)
        return value ? 'T' : 'F'
      case 'choice': {
        const id = isObject(value) ? value.id : value
        if (typeof id !== 'string' || !field.choices.includes(id)) throw invalidValue(id ?? value, path)
        return id
      }
      case 'reference':
        return referenceOf(field, value, path)
      case 'subrecord':
        if (!isObject(value)) throw invalidValue(value, path)
        return check(field.fields, value, unknown, path)
      case 'list': {
        const items = isObject(value) ? value.items : undefined
        if (!Array.isArray(items)) throw invalidValue(value, path)
        return (items as readonly Json[]).map((item, place) => {
          const at = `${path}.items[${place}]`
          if (!isObject(item)) throw invalidValue(item, at)
          return check(field.fields, item, unknown, at)
        })
      }
      case 'instant':
        throw invalidValue(value, path)
    }
  }

  function referenceOf(field: SimulatedField, value: Json, path: string): string | number {
    const id = isObject(value) ? value.id : value
    const external = isObject(value) ? value.externalId : undefined
    if (id === undefined && typeof external === 'string') {
      const pool = pools.get(field.to ?? '') ?? ''
      const row = database.get('SELECT id FROM sim_external WHERE pool = ? AND externalid = ?', pool, external)
      if (row === undefined) throw invalidValue(external, path)
      return referenceOf(field, Number(row.id), path)
    }
    if (typeof id !== 'string' && typeof id !== 'number') throw invalidValue(value, path)
    if (field.to === 'country') {
      if (!database.has('SELECT 1 FROM country WHERE id = ?', String(id))) throw invalidValue(id, path)
      return String(id)
    }
    // A custom price is no price level, and yet is named like one.
    if (field.to === 'pricelevel' && String(id) === '-1') return -1
    if (!/^\d+$/.test(String(id))) throw invalidValue(id, path)
    if (field.to === null) return Number(id)
    const active = withActivity.has(field.to) ? "AND COALESCE(isinactive, 'F') = 'F'" : ''
    const key = field.to === 'customeraddressbook' ? 'internalid' : 'id'
    if (!database.has(`SELECT 1 FROM ${field.to} WHERE ${key} = ? ${active}`, Number(id))) throw invalidValue(id, path)
    return Number(id)
  }

  return { check }
}
export type Checking = ReturnType<typeof openChecking>

const withActivity: ReadonlySet<string> = new Set([
  ...['customer', 'item', 'currency', 'subsidiary', 'location', 'department', 'classification', 'term', 'pricelevel'],
  ...['employee', 'shipitem'],
])

export const textIn = (checked: Checked, name: string): string | null => {
  const value = checked.get(name)
  return typeof value === 'string' ? value : null
}
export const numberIn = (checked: Checked, name: string): number | null => {
  const value = checked.get(name)
  return typeof value === 'number' ? value : null
}
export const listIn = (checked: Checked, name: string): readonly Checked[] => {
  const value = checked.get(name)
  return Array.isArray(value) ? (value as readonly Checked[]) : []
}
export const partIn = (checked: Checked, name: string): Checked | null => {
  const value = checked.get(name)
  return value instanceof Map ? value : null
}

/** What goes into columns, and what is kept beside them. Lists and subrecords are neither. */
export function columnsAndRest(fields: Fields, checked: Checked) {
  const columns: Record<string, string | number | null> = {}
  const rest: Record<string, Json> = {}
  for (const [name, value] of checked) {
    if (typeof value === 'object' && value !== null) continue
    const column = fields.get(name)?.column
    if (column === null || column === undefined) rest[name] = value
    else columns[column] = value
  }
  return { columns, rest }
}
