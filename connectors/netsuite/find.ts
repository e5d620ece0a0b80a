import { parseDecimal } from '../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { Match, Query } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { type Client, limits, type Row } from './client.ts'
import { keyOf } from './external-id.ts'
import { isCustom, type Metadata, noObject } from './metadata.ts'
import { columns, customerObject, places, type Table, tables, taxNumber } from './schema.ts'

/** Conditions of one statement, where records are looked for by several fields at once. */
const termsMax = 200

interface Column {
  /** The field, as the query names it. */
  readonly field: string
  readonly name: string
  /** Compared without regard to case. */
  readonly text: boolean
}

/** Finds records by our key or by their fields; queries of one shape share a call, equal ones are asked once. */
export function openFinding(client: Client, metadata: Metadata) {
  async function byKey(object: string, table: Table, keys: readonly string[]): Promise<ReadonlyMap<string, Match[]>> {
    const found = new Map<string, Match[]>()
    if (!table.keyed) return found
    const rows = await inParts(keys, limits.values, (part) =>
      client.queryAll(`${selectOf(table, [])} r.externalid IN (${places(part)}) ORDER BY r.id`, part),
    )
    for (const row of rows) {
      const key = row.externalid ?? ''
      // Asked for by its key, it is ours whatever it looks like.
      found.set(key, [...(found.get(key) ?? []), { ...matchOf(row, table, object), key }])
    }
    return found
  }

  /** The column of a field; null where this account keeps no such thing. @throws SyncError `configuration_invalid` */
  async function columnOf(object: string, table: Table, field: string): Promise<Column | null> {
    if (object === customerObject && field === taxNumber) {
      const kept = (await metadata.features()).taxNumber
      return kept === null ? null : { field, name: columns.taxNumber[kept], text: true }
    }
    const name = field.toLowerCase()
    const known = name === 'id' ? 'reference' : table.fields[name]
    if (known !== undefined) return { field, name, text: known === 'text' }
    const own = Object.hasOwn(tables, object) && table.records.length === 0 ? await metadata.fields(object) : null
    const shape = own?.[field]?.shape
    if (shape !== undefined) return { field, name, text: shape === 'text' }
    if (isCustom(name)) return { field, name, text: true }
    throw new SyncError(`NetSuite cannot be asked for "${field}" of ${object}`, {
      problem: { kind: 'configuration_invalid', path: `${object}.${field}` },
      fix: `Correct the lookup of ${object} in the mapping.`,
    })
  }

  async function byFields(
    object: string,
    table: Table,
    queries: readonly JsonObject[],
  ): Promise<readonly (readonly Match[])[]> {
    const names = Object.keys(queries[0] ?? {})
    const found = await Promise.all(names.map((name) => columnOf(object, table, name)))
    const wanted = found.filter((column) => column !== null)
    if (wanted.length < names.length) return queries.map(() => [])
    const select = selectOf(
      table,
      wanted.map((column) => column.name),
    )
    const [only] = wanted
    const simple = wanted.length === 1 && only !== undefined && queries.every((query) => query[only.field] != null)
    const rows = simple
      ? await inParts(queries, limits.values, (part) => {
          const values = part.map((query) => textOf(query[only.field] ?? null))
          const marks = values.map(() => (only.text ? 'UPPER(?)' : '?')).join(', ')
          const column = only.text ? `UPPER(r.${only.name})` : `r.${only.name}`
          return client.queryAll(`${select} ${column} IN (${marks}) ORDER BY r.id`, values)
        })
      : await inParts(queries, termsMax, (part) => {
          const terms = part.map((query) => termOf(wanted, query))
          const condition = terms.map(({ text }) => `(${text})`).join(' OR ')
          return client.queryAll(
            `${select} (${condition}) ORDER BY r.id`,
            terms.flatMap(({ params }) => params),
          )
        })
    return queries.map((query) => {
      const hits = rows.filter((row) => wanted.every((column) => isSame(row[column.name], query[column.field] ?? null)))
      const distinct = new Map(hits.map((row) => [row.id, row]))
      return [...distinct.values()].map((row) => matchOf(row, table, object))
    })
  }

  return async function find(object: string, queries: readonly Query[]): Promise<readonly (readonly Match[])[]> {
    if (queries.length === 0) return []
    const table = tables[object]
    if (table === undefined) throw noObject(object)
    const keys = [...new Set(queries.flatMap((query) => ('key' in query ? [query.key] : [])))]
    const groups = new Map<string, Map<string, JsonObject>>()
    for (const query of queries) {
      if ('key' in query) continue
      const shape = Object.keys(query.fields)
        .sort()
        .map((name) => `${name}${query.fields[name] === null ? ' empty' : ''}`)
        .join(', ')
      const group = groups.get(shape) ?? new Map<string, JsonObject>()
      groups.set(shape, group)
      group.set(nameOf(query.fields), query.fields)
    }
    const found = new Map<string, readonly Match[]>()
    const [matches] = await Promise.all([
      keys.length === 0 ? new Map<string, Match[]>() : byKey(object, table, keys),
      ...[...groups.values()].map(async (group) => {
        const answers = await byFields(object, table, [...group.values()])
        for (const [index, name] of [...group.keys()].entries()) found.set(name, answers[index] ?? [])
      }),
    ])
    return queries.map((query) => ('key' in query ? matches.get(query.key) : found.get(nameOf(query.fields))) ?? [])
  }
}

function selectOf(table: Table, more: readonly string[]): string {
  const names = new Set([
    'id',
    ...table.labels,
    ...(table.archived === null ? [] : [table.archived]),
    ...(table.keyed ? ['externalid'] : []),
    ...more,
  ])
  const list = [...names].map((name) => `r.${name}`).join(', ')
  return `SELECT ${list} FROM ${table.name} r WHERE ${table.where === undefined ? '' : `${table.where} AND `}`
}

function termOf(wanted: readonly Column[], query: JsonObject): { text: string; params: readonly string[] } {
  const params: string[] = []
  const text = wanted
    .map(({ field, name, text: isText }) => {
      const value = query[field] ?? null
      if (value === null) return `r.${name} IS NULL`
      params.push(textOf(value))
      return isText ? `UPPER(r.${name}) = UPPER(?)` : `r.${name} = ?`
    })
    .join(' AND ')
  return { text, params }
}

const matchOf = (row: Row, table: Table, object: string): Match => ({
  id: row.id ?? '',
  key: table.keyed ? keyOf(row.externalid) : null,
  label: table.labels.map((name) => row[name]).find((label) => label !== undefined) ?? `${object} ${row.id}`,
  archived: table.archived !== null && row[table.archived] === 'T',
})

const textOf = (value: Json): string => (typeof value === 'boolean' ? (value ? 'T' : 'F') : String(value))
const nameOf = (fields: JsonObject): string =>
  JSON.stringify(
    Object.keys(fields)
      .sort()
      .map((name) => [name, fields[name]]),
  )

function isSame(actual: string | undefined, asked: Json): boolean {
  if (asked === null) return actual === undefined || actual === ''
  if (actual === undefined) return false
  const text = textOf(asked)
  if (actual.toLowerCase() === text.toLowerCase()) return true
  const [left, right] = [parseDecimal(actual), parseDecimal(text)]
  // `007` and `7` are two item names.
  return left !== null && left === right && actual === left && typeof asked !== 'string'
}

async function inParts<T>(
  all: readonly T[],
  size: number,
  ask: (part: readonly T[]) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  return (await Promise.all(chunks(all, size).map(ask))).flat()
}
