import type { FieldType as Column, FieldSubquery, OrderByClause, Query, Subquery } from 'soql-parser-js'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { View } from './access.ts'
import { anything, type Test, testOf } from './conditions.ts'
import { refusal } from './errors.ts'
import { type Path, pathOf, type QueryContext, viewOf } from './paths.ts'
import { isNumber, isText } from './schema.ts'
import { malformed, parseSoql, soqlRefusal } from './soql.ts'
import type { Row, Value } from './store.ts'
import { csvOf, jsonOf } from './values.ts'

/** A statement understood and answered: which records, and how each is shown. */
export interface Answer {
  readonly object: string
  /** Null for the answer to `COUNT()`, which has a size and no records. */
  readonly rows: readonly Row[] | null
  readonly size: number
  show(row: Row): JsonObject
  /** For the Bulk API: names of the columns, and a record's values in their order. */
  readonly header: readonly string[]
  cells(row: Row): readonly string[]
  /** Whether it has lists of other records. */
  readonly nested: boolean
  readonly compound: boolean
}
interface Surroundings {
  /** `/services/data/v67.0` */
  readonly base: string
  /** Shows the first page of a list inside a record, and keeps the rest. */
  page(rows: readonly Row[], show: (row: Row) => JsonObject): Json
}

const offsetMax = 2000
const allFieldsMax = 200

/** @throws Refusal with the code and text of the real one for whatever is not right */
export function answerQuery(context: QueryContext, surroundings: Surroundings): Answer {
  const query = parseSoql(context.text)
  if (query.groupBy !== undefined || query.having !== undefined) {
    throw refusal(501, 'NOT_SIMULATED', 'GROUP BY is not simulated')
  }
  return answer(context, surroundings, viewOf(context, query.sObject ?? ''), query)
}

function answer(context: QueryContext, surroundings: Surroundings, view: View, query: Query): Answer {
  const columns = query.fields ?? []
  const counts = columns.some(
    (column) =>
      column.type === 'FieldFunctionExpression' && column.functionName === 'COUNT' && column.parameters.length === 0,
  )
  const show = counts ? () => ({}) : shower(context, surroundings, view, columns, query)
  const rows = select(context, view, prepare(context, view, query))
  const flat = counts ? [] : flatColumns(context, view, columns, query.sObjectAlias)
  return {
    object: view.object.name,
    rows: counts ? null : rows,
    size: rows.length,
    show,
    header: flat.map(({ name }) => name),
    cells: (row) => flat.map(({ path }) => csvOf(path.field, path.read(row))),
    nested: columns.some((column) => column.type === 'FieldSubquery' || column.type === 'FieldFunctionExpression'),
    compound: flat.some(({ path }) => path.field.type === 'address'),
  }
}

interface Prepared {
  readonly test: Test
  readonly order: Order
  readonly offset: number
  readonly limit: number
}

/** Which records, in which order, and how many: understood once, however often it is asked. */
function prepare(context: QueryContext, view: View, query: Omit<Query, 'sObject'>): Prepared {
  const { where, limit = Number.POSITIVE_INFINITY, offset = 0, sObjectAlias: alias } = query
  if (offset > offsetMax) {
    throw refusal(400, 'NUMBER_OUTSIDE_VALID_RANGE', `Maximum SOQL offset allowed is ${offsetMax}`)
  }
  const semiJoin = (nested: Query): Set<Value> => {
    const [column] = nested.fields ?? []
    if (column?.type !== 'Field') throw malformed(context.text, '', 'Semi join sub-selects can only select one column')
    const other = viewOf(context, nested.sObject ?? '')
    const path = pathOf(context, other, column.field, nested.sObjectAlias)
    return new Set(select(context, other, prepare(context, other, nested)).map(path.read))
  }
  const test = where === undefined ? anything : testOf(context, view, where, alias, semiJoin)
  return { test, order: orderOf(context, view, query.orderBy, alias), offset, limit }
}

/** Takes records from the index that leaves the fewest to look at. */
function select(context: QueryContext, view: View, { test, order, offset, limit }: Prepared): readonly Row[] {
  const { store, all } = context
  const { name } = view.object
  const max = limit === 0 ? 0 : offset + limit
  const matches = (row: Row): boolean => (all || row.fields.IsDeleted !== true) && test.matches(row)
  const take = (rows: Iterable<Row>, inOrder: boolean): readonly Row[] => {
    const found: Row[] = []
    for (const row of rows) {
      if (inOrder && found.length >= max) break
      if (!row.purged && matches(row)) found.push(row)
    }
    if (!inOrder) found.sort(order.compare)
    return offset === 0 && found.length <= max ? found : found.slice(offset, max)
  }
  const { candidates, from } = test
  const since = from === null ? Number.POSITIVE_INFINITY : store.countSince(name, from.stamp, from.place)
  if (candidates !== null && candidates.count <= since) return take(candidates.rows(), false)
  if (from !== null || order.by === 'stamp') {
    const [stamp, place] = [from?.stamp ?? 0, from?.place ?? -1]
    return take(store.since(name, stamp, place, test.to ?? undefined), order.by === 'stamp')
  }
  return take(store.rows(name, test.fromPlace ?? 0), order.by === 'place')
}

interface Order {
  /** An order that an index has: by Id, or by SystemModstamp and then Id. */
  readonly by: 'place' | 'stamp' | 'values'
  compare(a: Row, b: Row): number
}

function orderOf(
  context: QueryContext,
  view: View,
  clause: OrderByClause | OrderByClause[] | undefined,
  alias: string | undefined,
): Order {
  const keys = (clause === undefined ? [] : Array.isArray(clause) ? clause : [clause]).map((key) => {
    if (!('field' in key)) throw malformed(context.text, '', 'functions in ORDER BY are not simulated')
    const path = pathOf(context, view, key.field, alias)
    if (!path.field.filterable || path.field.type === 'multipicklist') {
      throw soqlRefusal(
        'INVALID_FIELD',
        context.text,
        key.field,
        `field '${path.field.name}' can not be sorted in a query call`,
      )
    }
    const descending = key.order === 'DESC'
    return { path, descending, nullsLast: key.nulls === undefined ? descending : key.nulls === 'LAST' }
  })
  const names = keys.map(({ path, descending }) => `${path.names.join('.')}${descending ? ' DESC' : ''}`).join(', ')
  return {
    by:
      names === '' || names === 'Id'
        ? 'place'
        : names === 'SystemModstamp' || names === 'SystemModstamp, Id'
          ? 'stamp'
          : 'values',
    compare(a, b) {
      for (const { path, descending, nullsLast } of keys) {
        const [left, right] = [sortKey(path, a), sortKey(path, b)]
        if (left === right) continue
        if (left === null || right === null) return (left === null) === nullsLast ? 1 : -1
        return left < right === descending ? 1 : -1
      }
      return a.place - b.place
    },
  }
}
function sortKey({ field, read }: Path, row: Row): string | number | null {
  const value: Value = read(row)
  if (value === null) return null
  if (isNumber(field.type)) return Number(value)
  return isText(field.type) ? String(value).toLowerCase() : String(value)
}

type Shower = (row: Row) => Json

/** Makes the JSON of a record: fields in the order asked for, lookups as objects, lists with pages of their own. */
function shower(
  context: QueryContext,
  surroundings: Surroundings,
  view: View,
  columns: readonly Column[],
  query: Pick<Query, 'sObjectAlias' | 'limit'>,
): (row: Row) => JsonObject {
  const root = newBranch()
  const seen = new Set<string>()
  for (const { path, key } of columns.flatMap((column) => pathsOf(context, view, column, query))) {
    const name = (key ?? path.names.join('.')).toLowerCase()
    if (seen.has(name)) {
      throw soqlRefusal('INVALID_FIELD', context.text, path.field.name, `duplicate field selected: ${path.field.name}`)
    }
    seen.add(name)
    let branch = root
    path.names.slice(0, -1).forEach((relationship, depth) => {
      const inner = branch.branches.get(relationship) ?? newBranch()
      if (!branch.branches.has(relationship)) {
        branch.branches.set(relationship, inner)
        const lookup = path.views[depth]?.fields().find((field) => field.relationship === relationship)?.name ?? ''
        branch.leaves.push([
          relationship,
          (row) => {
            const id = row.fields[lookup]
            const other = typeof id === 'string' ? context.store.any(id) : null
            return other === null ? null : showBranch(inner, other, surroundings.base)
          },
        ])
      }
      branch = inner
    })
    const { field } = path
    const reader =
      path.views.length === 1 ? path.read : pathOf(context, path.views.at(-1) ?? view, field.name, undefined).read
    branch.leaves.push([key ?? field.name, (row) => jsonOf(field, row, reader(row))])
  }
  for (const column of columns) {
    if (column.type === 'FieldSubquery') root.leaves.push(listOf(context, surroundings, view, column))
  }
  return (row) => showBranch(root, row, surroundings.base)
}

interface Branch {
  readonly leaves: (readonly [string, Shower])[]
  readonly branches: Map<string, Branch>
}
const newBranch = (): Branch => ({ leaves: [], branches: new Map() })

function showBranch({ leaves }: Branch, row: Row, base: string): JsonObject {
  const shown: Record<string, Json> = {
    attributes: { type: row.object, url: `${base}/sobjects/${row.object}/${row.id}` },
  }
  for (const [name, show] of leaves) shown[name] = show(row)
  return shown
}

/** The fields that a column stands for: one, or all that `FIELDS()` names. */
export function pathsOf(
  context: QueryContext,
  view: View,
  column: Column,
  { sObjectAlias: alias, limit }: Pick<Query, 'sObjectAlias' | 'limit'>,
): readonly { readonly path: Path; readonly key?: string }[] {
  const { text } = context
  switch (column.type) {
    case 'Field':
      if (column.alias !== undefined)
        throw malformed(text, column.alias, 'only aggregate expressions use field aliasing')
      return [{ path: pathOf(context, view, column.field, alias) }]
    case 'FieldRelationship':
      return [
        { path: pathOf(context, view, column.rawValue ?? [...column.relationships, column.field].join('.'), alias) },
      ]
    case 'FieldSubquery':
      return []
    case 'FieldFunctionExpression': {
      const [parameter] = column.parameters
      if (typeof parameter !== 'string') throw malformed(text, column.functionName, 'unexpected token')
      if (column.functionName.toLowerCase() === 'tolabel') {
        return [
          {
            path: pathOf(context, view, parameter, alias),
            ...(column.alias === undefined ? {} : { key: column.alias }),
          },
        ]
      }
      if (column.functionName.toUpperCase() !== 'FIELDS') {
        throw refusal(501, 'NOT_SIMULATED', `${column.functionName} is not simulated`)
      }
      const kind = parameter.toUpperCase()
      if (kind !== 'STANDARD' && (limit ?? Infinity) > allFieldsMax) {
        throw malformed(text, 'FIELDS', `The SOQL FIELDS function must have a LIMIT of at most ${allFieldsMax}`)
      }
      return view
        .fields()
        .filter((field) => kind === 'ALL' || field.custom === (kind === 'CUSTOM'))
        .map((field) => ({ path: pathOf(context, view, field.name, undefined) }))
    }
    default:
      throw refusal(501, 'NOT_SIMULATED', `${column.type} is not simulated`)
  }
}

function flatColumns(
  context: QueryContext,
  view: View,
  columns: readonly Column[],
  alias: string | undefined,
): readonly { readonly name: string; readonly path: Path }[] {
  return columns.flatMap((column) =>
    column.type === 'Field' || column.type === 'FieldRelationship'
      ? pathsOf(context, view, column, { ...(alias === undefined ? {} : { sObjectAlias: alias }) }).map(({ path }) => ({
          name: path.names.join('.'),
          path,
        }))
      : [],
  )
}

/** A list of the records that lead to this one; null where there are none, as Salesforce has it. */
function listOf(
  context: QueryContext,
  surroundings: Surroundings,
  view: View,
  { subquery }: FieldSubquery,
): readonly [string, Shower] {
  const list = listNamed(context, view, subquery)
  const child = viewOf(context, list.object)
  const show = shower(context, surroundings, child, subquery.fields ?? [], subquery)
  const { test, order, offset, limit } = prepare(context, child, subquery)
  return [
    list.name,
    (row) => {
      const rows = context.store
        .having(list.object, list.field, row.id)
        .filter((one) => (context.all || one.fields.IsDeleted !== true) && test.matches(one))
        .sort(order.compare)
        .slice(offset, offset + limit)
      return rows.length === 0 ? null : surroundings.page(rows, show)
    },
  ]
}

export function listNamed(context: QueryContext, view: View, { relationshipName, fields = [] }: Subquery) {
  if (fields.some((column) => column.type === 'FieldSubquery')) {
    throw malformed(context.text, relationshipName, 'Only one level of parent-to-child relationship is supported')
  }
  const lists = context.access.lists(view.object.name)
  const found = lists.find((list) => list.name.toLowerCase() === relationshipName.toLowerCase())
  if (found !== undefined && context.access.view(found.object)?.field(found.field) != null) return found
  throw soqlRefusal(
    'INVALID_TYPE',
    context.text,
    relationshipName,
    `Didn't understand relationship '${relationshipName}' in FROM part of query call. If you are attempting to use a ` +
      "custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or " +
      'the describe call for the appropriate names.',
  )
}
