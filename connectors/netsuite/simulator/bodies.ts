import { absolute, type Decimal, divide } from '../../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import { type Books, numberOf } from './books.ts'
import { type Database, type Row, statusNames } from './database.ts'
import { dateToDay, instantOf, isDate } from './dates.ts'
import { type Fields, fieldsIn, type RecordType, type SimulatedField } from './fields.ts'

export type Bodies = ReturnType<typeof openBodies>

export interface Shown {
  /** `http://host/services/rest/record/v1` */
  readonly base: string
  /** Lists and subrecords in full, in place of links to them. */
  readonly expand: boolean
  /** Choices as their id alone. */
  readonly simpleEnums: boolean
  /** Body fields to show; null for all. Lists are never among them. */
  readonly only: ReadonlySet<string> | null
}

/** Records as REST shows them. */
export function openBodies(database: Database, books: Books) {
  function bodyOf(type: RecordType, id: number, shown: Shown): JsonObject {
    const row = rowOf(type, id)
    const extra = books.extraOf(type.table, id)
    const self = `${shown.base}/${type.name}/${id}`
    const body: Record<string, Json> = { links: [{ rel: 'self', href: self }] }
    for (const [name, field] of type.fields) {
      if (shown.only !== null && !shown.only.has(name)) continue
      const value =
        field.type === 'list'
          ? shown.only === null
            ? listOf(type, id, name, shown)
            : undefined
          : field.type === 'subrecord'
            ? partOf(field, row[field.column ?? ''], `${self}/${name}`, shown)
            : showValue(codeOf(type), name, field, field.column === null ? extra[name] : row[field.column], shown)
      if (value !== undefined) body[name] = value
    }
    return body
  }

  function rowOf(type: RecordType, id: number): Row {
    return type.table === 'transaction'
      ? books.header(id)
      : (database.get(`SELECT * FROM "${type.table}" WHERE id = ?`, id) ?? {})
  }

  /** Undefined where there is nothing: the account leaves it out. @param code  the type of transaction, for its states */
  function showValue(
    code: string,
    name: string,
    field: SimulatedField,
    value: Row[string] | Json | undefined,
    shown: Shown,
  ): Json | undefined {
    if (value === null || value === undefined) return undefined
    switch (field.type) {
      case 'boolean':
        return value === 'T'
      case 'date':
        return isDate(value) ? dateToDay(value) : undefined
      case 'instant':
        return isDate(value) ? instantOf(value, database.timeZone) : undefined
      case 'choice': {
        const refName = name === 'status' || name === 'orderStatus' ? statusOf(code, String(value)) : String(value)
        return shown.simpleEnums ? String(value) : { id: String(value), refName }
      }
      case 'reference': {
        const column = referenceColumns[name] ?? name.toLowerCase()
        const refName = database.display(column, null, value as Row[string] & (string | number))
        return {
          ...{ links: linksOf(field, String(value), shown.base), id: String(value) },
          ...(refName === null ? {} : { refName: String(refName) }),
        }
      }
      case 'text':
        return String(value)
      default:
        return typeof value === 'number' ? value : Number(value)
    }
  }
  function linksOf(field: SimulatedField, id: string, base: string): readonly JsonObject[] {
    return field.to === null ? [] : [{ rel: 'self', href: `${base}/${field.to}/${id}` }]
  }

  function partOf(field: SimulatedField, key: Row[string] | undefined, self: string, shown: Shown): Json | undefined {
    if (key === null || key === undefined) return undefined
    if (!shown.expand) return { links: [{ rel: 'self', href: self }] }
    const table = field.column === 'addressbookaddress' ? 'customeraddressbookentityaddress' : 'transactionaddress'
    const row = database.get(`SELECT * FROM ${table} WHERE nkey = ?`, key as number) ?? {}
    return { links: [{ rel: 'self', href: self }], ...fieldsOf(field.fields, row, {}, shown) }
  }
  function fieldsOf(fields: Fields, row: Row, extra: JsonObject, shown: Shown): JsonObject {
    const body: Record<string, Json> = {}
    for (const [name, field] of fields) {
      const raw = field.column === null ? extra[name] : row[field.column]
      const value =
        field.type === 'subrecord'
          ? partOf(field, raw as Row[string], '', shown)
          : showValue('', name, field, raw, shown)
      if (value !== undefined) body[name] = value
    }
    return body
  }

  /** A list of a record: a link to it, or its lines. */
  function listOf(type: RecordType, id: number, name: string, shown: Shown): Json {
    const links = [{ rel: 'self', href: `${shown.base}/${type.name}/${id}/${name}` }]
    if (!shown.expand) return { links }
    const items = linesOf(type, id, name, shown)
    return { links, items, totalResults: items.length }
  }
  function linesOf(type: RecordType, id: number, name: string, shown: Shown): readonly JsonObject[] {
    const fields = fieldsIn(type.fields, name)
    const rows = (sql: string) => database.all(sql, id)
    switch (name) {
      case 'item':
        return rows(
          `SELECT * FROM transactionline WHERE "transaction" = ? AND mainline = 'F' AND taxline = 'F' ORDER BY id`,
        ).map((row) =>
          fieldsOf(fields, upright(row, books.rateOfUnit(row.units)), books.extraOf('line', id, Number(row.id)), shown),
        )
      case 'addressBook':
        return rows('SELECT * FROM customeraddressbook WHERE entity = ? ORDER BY internalid').map((row) =>
          fieldsOf(fields, row, {}, shown),
        )
      case 'currencyList':
        return rows('SELECT currency FROM customercurrencybalance WHERE customer = ?').map((row) =>
          fieldsOf(fields, row, {}, shown),
        )
      default:
        return ((books.extraOf(type.table, id)[name] ?? []) as readonly JsonObject[]).map((extra) =>
          fieldsOf(fields, {}, extra, shown),
        )
    }
  }

  return { bodyOf, linesOf }
}

/** What is sold is negative and in base units in the tables, and positive and in the line's unit on a record. */
const upright = (row: Row, rate: Decimal): Row => ({
  ...row,
  quantity: row.quantity === null ? null : Number(divide(absolute(numberOf(row.quantity)), rate)),
  netamount: row.netamount === null ? null : -Number(row.netamount),
})
/** The column of BUILTIN.DF that names what a reference leads to, where it is not the field's own name. */
const referenceColumns: Readonly<Record<string, string>> = {
  salesRep: 'employee',
  price: 'pricelevel',
  nexusCountry: 'country',
  discountItem: 'item',
}
/** The code of a type of transaction in SuiteQL. */
const codeOf = (type: RecordType): string => /^type = '(\w+)'$/.exec(type.only)?.[1] ?? ''
const statusOf = (code: string, letter: string): string => statusNames[code]?.[1][letter] ?? letter
