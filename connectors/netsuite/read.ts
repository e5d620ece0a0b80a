import { parseDecimal } from '../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { FieldSchema, RemoteRecord } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { type Tree, treeOf } from '../kit/tree.ts'
import { type Client, limits, type Row } from './client.ts'
import { instantOf, type ServerZone } from './clock.ts'
import { openItems, ownColumns } from './items.ts'
import { type Field, isCustom, type Metadata, noObject } from './metadata.ts'
import { headerColumns, openOrders } from './orders.ts'
import {
  asDate,
  asTime,
  itemFields,
  itemObject,
  orderFields,
  orderObject,
  places,
  type Table,
  tables,
} from './schema.ts'
import { appUrlOf, type Settings } from './settings.ts'

/** A column that a path reads, and how its text becomes a value. */
interface Column {
  readonly field: string
  readonly name: string
  readonly type: FieldSchema['type']
}

export type Reading = (
  object: string,
  ids: readonly string[],
  paths: readonly string[],
) => Promise<readonly (RemoteRecord | null)[]>

/**
 * Reads records by SuiteQL alone: the record API opens a record as for editing, and fails on one that is locked. What the
 * role may not see is missing; the connection test tells.
 */
export function openReading(client: Client, metadata: Metadata, zone: ServerZone, settings: Settings): Reading {
  const orders = openOrders(client, settings, appUrlOf(settings))
  const items = openItems(client, metadata, appUrlOf(settings))

  return async (object, ids, paths) => {
    if (ids.length === 0) return []
    const table = tables[object]
    if (table === undefined) throw noObject(object)
    const tree = treeOf(paths)
    const wanted = [...new Set(ids)].filter((id) => /^\d{1,18}$/.test(id))
    const parts = await Promise.all(
      chunks(wanted, limits.values).map((part) =>
        object === orderObject
          ? readOrders(part, tree)
          : object === itemObject
            ? readItems(table, part, tree)
            : readRows(object, table, part, tree),
      ),
    )
    const found = new Map(parts.flat().map((record) => [record.id, record]))
    return ids.map((id) => found.get(id) ?? null)
  }

  async function readOrders(ids: readonly string[], tree: Tree): Promise<readonly RemoteRecord[]> {
    const multiCurrency = tree.has('currency') && Object.hasOwn((await metadata.fields(orderObject)) ?? {}, 'currency')
    const own = await columnsOf(orderObject, tree, orderFields)
    const header = new Set([
      't.id',
      ...headerColumns(tree, multiCurrency),
      ...own.map((column) => selected('t', column)),
    ])
    const statement =
      `SELECT ${[...header].join(', ')} FROM transaction t` +
      `${multiCurrency ? ' LEFT JOIN currency c ON c.id = t.currency' : ''}` +
      ` WHERE t.type = 'SalesOrd' AND t.id IN (${places(ids)}) ORDER BY t.id`
    const [rows, loaded] = await Promise.all([client.queryAll(statement, ids), orders.load(ids, tree)])
    const values = await valuesOf(own)
    return rows.map((row) => orders.build(row, values(row), tree, loaded))
  }

  async function readItems(table: Table, ids: readonly string[], tree: Tree): Promise<readonly RemoteRecord[]> {
    const own = await columnsOf(itemObject, tree, itemFields)
    const select = new Set(['r.id', ...ownColumns(tree), ...own.map((column) => selected('r', column))])
    const statement = `SELECT ${[...select].join(', ')} FROM ${table.name} r WHERE r.id IN (${places(ids)}) ORDER BY r.id`
    const [rows, loaded] = await Promise.all([client.queryAll(statement, ids), items.load(ids, tree)])
    const values = await valuesOf(own)
    return rows.map((row) => ({ id: row.id ?? '', fields: items.build(row, values(row), tree, loaded) }))
  }

  async function readRows(
    object: string,
    table: Table,
    ids: readonly string[],
    tree: Tree,
  ): Promise<readonly RemoteRecord[]> {
    const own = await columnsOf(object, tree, {})
    const select = ['r.id', ...own.map((column) => selected('r', column))].join(', ')
    const where = table.where === undefined ? '' : `${table.where} AND `
    const rows = await client.queryAll(
      `SELECT ${select} FROM ${table.name} r WHERE ${where}r.id IN (${places(ids)}) ORDER BY r.id`,
      ids,
    )
    const values = await valuesOf(own)
    return rows.map((row) => ({ id: row.id ?? '', fields: { id: row.id ?? '', ...values(row) } }))
  }

  /** Columns of the record itself, in SuiteQL's spelling. @throws SyncError `configuration_invalid` */
  async function columnsOf(
    object: string,
    tree: Tree,
    virtual: Readonly<Record<string, FieldSchema>>,
  ): Promise<readonly Column[]> {
    const names = [...tree.keys()].filter(
      (name) => name !== 'id' && !Object.hasOwn(virtual, name) && !(object === orderObject && name === 'currency'),
    )
    return Promise.all(names.map((name) => columnOf(object, name)))
  }

  async function columnOf(object: string, field: string): Promise<Column> {
    const name = field.toLowerCase()
    const table = tables[object]
    const own = table?.fields[field]
    if (own !== undefined) return { field, name, type: own }
    const records = table === undefined || table.records.length === 0 ? [object] : table.records
    for (const record of records) {
      const known = (await metadata.fields(record))?.[field]
      const type = known === undefined ? undefined : readTypes[known.shape]
      if (type !== undefined && (records[0] === object || isCustom(name))) return { field, name, type }
    }
    throw new SyncError(`"${field}" of ${object} cannot be read from NetSuite`, {
      problem: { kind: 'configuration_invalid', path: `${object}.${field}` },
      fix: `Correct the mapping that reads ${object}.${field}; \`crosswalk describe\` lists what there is.`,
    })
  }

  /** How rows become values. The zone is asked for only where a time is read. */
  async function valuesOf(own: readonly Column[]): Promise<(row: Row) => JsonObject> {
    const times = own.some((column) => column.type === 'instant')
    const measured = times && settings.timeZone === undefined ? (await zone.measure()).offset : null
    const instant = (text: string): Json => {
      const guess = instantOf(text, measured ?? 0)
      return measured === null ? instantOf(text, zone.named(guess) ?? 0) : guess
    }
    return (row) =>
      Object.fromEntries(
        own.map(({ field, name, type }) => {
          const text = row[name]
          if (text === undefined || text === '') return [field, type === 'boolean' ? false : null]
          switch (type) {
            case 'number':
              return [field, parseDecimal(text)]
            case 'boolean':
              return [field, text === 'T']
            case 'reference':
              return [field, { id: text }]
            case 'instant':
              return [field, instant(text)]
            default:
              return [field, text]
          }
        }),
      )
  }
}

const readTypes: Readonly<Partial<Record<Field['shape'], FieldSchema['type']>>> = {
  text: 'text',
  choice: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  date: 'date',
  instant: 'instant',
  reference: 'reference',
}

function selected(alias: string, { name, type }: Column): string {
  if (type === 'date') return `${asDate(`${alias}.${name}`)} AS ${name}`
  return type === 'instant' ? `${asTime(`${alias}.${name}`)} AS ${name}` : `${alias}.${name}`
}
