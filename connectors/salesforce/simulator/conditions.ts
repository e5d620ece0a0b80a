import type { Query, WhereClause } from 'soql-parser-js'
import { parseDecimal } from '../../../src/core/decimal.ts'
import { parseInstant, parsePlainDate } from '../../../src/core/time.ts'
import type { View } from './access.ts'
import { spanOf } from './dates.ts'
import { fullId } from './ids.ts'
import { type Path, pathOf, type QueryContext } from './paths.ts'
import { isNumber, isText } from './schema.ts'
import { type Condition, isSubquery, malformed, type Node, soqlRefusal, treeOf } from './soql.ts'
import type { Row, Value } from './store.ts'

/** A condition made ready: to test one record, and to name the few that can match. */
export interface Test {
  matches(row: Row): boolean
  /** All that match, and maybe more; null when no index knows. */
  readonly candidates: { readonly count: number; rows(): Iterable<Row> } | null
  /** Only records at or after this place by (SystemModstamp, Id) can match, and none with a later stamp than `to`. */
  readonly from: { readonly stamp: number; readonly place: number } | null
  readonly to: number | null
  /** Only records at or after this place by Id can match. */
  readonly fromPlace: number | null
}
type Run = (query: Query) => Set<Value>

/** @param run  answers a query inside the condition @throws Refusal for names and values that do not fit */
export function testOf(
  context: QueryContext,
  view: View,
  where: WhereClause,
  alias: string | undefined,
  run: Run,
): Test {
  const compile = (node: Node): Test => {
    switch (node.kind) {
      case 'and':
        return node.parts.map(compile).reduce(both)
      case 'or':
        return node.parts.map(compile).reduce(either)
      case 'not': {
        const inner = compile(node.part)
        return { ...anything, matches: (row) => !inner.matches(row) }
      }
      case 'leaf':
        return leaf(context, view, node.condition, alias, run)
    }
  }
  return compile(treeOf(context.text, where))
}

export const anything: Test = { matches: () => true, candidates: null, from: null, to: null, fromPlace: null }

function both(a: Test, b: Test): Test {
  const to = a.to === null || b.to === null ? (a.to ?? b.to) : Math.min(a.to, b.to)
  const fromPlace = Math.max(a.fromPlace ?? -1, b.fromPlace ?? -1)
  let from = a.from === null || b.from === null ? (a.from ?? b.from) : later(a.from, b.from) ? a.from : b.from
  // Within one stamp the order is that of the ids.
  if (from !== null && to === from.stamp && fromPlace > from.place) from = { stamp: from.stamp, place: fromPlace }
  const fewer = (a.candidates?.count ?? Infinity) <= (b.candidates?.count ?? Infinity) ? a : b
  return {
    matches: (row) => a.matches(row) && b.matches(row),
    candidates: fewer.candidates,
    from,
    to,
    fromPlace: fromPlace < 0 ? null : fromPlace,
  }
}

function either(a: Test, b: Test): Test {
  const [left, right] = [a.candidates, b.candidates]
  const candidates =
    left === null || right === null
      ? null
      : {
          count: left.count + right.count,
          rows: () => new Set([...left.rows(), ...right.rows()]),
        }
  return {
    matches: (row) => a.matches(row) || b.matches(row),
    candidates,
    from: a.from === null || b.from === null ? null : later(a.from, b.from) ? b.from : a.from,
    to: a.to === null || b.to === null ? null : Math.max(a.to, b.to),
    fromPlace: a.fromPlace === null || b.fromPlace === null ? null : Math.min(a.fromPlace, b.fromPlace),
  }
}
const later = (a: { stamp: number; place: number }, b: { stamp: number; place: number }): boolean =>
  a.stamp > b.stamp || (a.stamp === b.stamp && a.place > b.place)

function leaf(context: QueryContext, view: View, condition: Condition, alias: string | undefined, run: Run): Test {
  const { text, store } = context
  if (!('field' in condition)) throw malformed(text, '', 'functions in conditions are not simulated')
  const path = pathOf(context, view, condition.field, alias)
  const { field, read } = path
  // The parser leaves `like` as it was written.
  const operator = condition.operator.toUpperCase() as typeof condition.operator
  if (!field.filterable) {
    throw soqlRefusal(
      'INVALID_FIELD',
      text,
      condition.field,
      `field '${field.name}' can not be filtered in a query call`,
    )
  }
  if (isSubquery(condition)) {
    const found = run(condition.valueQuery)
    const wanted = operator === 'IN'
    return { ...anything, matches: (row) => found.has(read(row)) === wanted }
  }
  const direct = path.names.length === 1
  const list = Array.isArray(condition.value)
  const values = (list ? condition.value : [condition.value]) as readonly string[]
  const types = Array.isArray(condition.literalType)
    ? condition.literalType
    : values.map(() => condition.literalType as string | undefined)
  if (list !== (operator === 'IN' || operator === 'NOT IN' || operator === 'INCLUDES' || operator === 'EXCLUDES')) {
    throw malformed(text, operator, `unexpected token: '${operator}'`)
  }

  const literal = types[0]
  if (!list && (literal === 'DATE_LITERAL' || literal === 'DATE_N_LITERAL')) return inSpan(context, path, condition)
  const operands = values.map((value, place) => operandOf(context, path, value, String(types[place])))
  const [operand = null] = operands

  switch (operator) {
    case '=':
    case 'IN':
    case '!=':
    case 'NOT IN': {
      const wanted = new Set(operands.map(folded))
      if (operator === '!=' || operator === 'NOT IN') {
        return { ...anything, matches: (row) => !wanted.has(folded(read(row))) }
      }
      const matches = (row: Row) => wanted.has(folded(read(row)))
      if (direct && field.name === 'Id') {
        const rows = new Set(operands.flatMap((id) => store.get(view.object.name, String(id)) ?? []))
        return { ...anything, matches, candidates: { count: rows.size, rows: () => rows } }
      }
      if (direct && field.name === 'SystemModstamp' && operands.length === 1) {
        const stamp = millisOf(operand) / 1000
        return { ...anything, matches, from: { stamp: Math.ceil(stamp), place: -1 }, to: Math.floor(stamp) }
      }
      if (!direct || !store.isIndexed(view.object.name, field.name) || wanted.has(null)) return { ...anything, matches }
      const lists = operands.map((value) => store.having(view.object.name, field.name, value))
      const count = lists.reduce((sum, one) => sum + one.length, 0)
      return { ...anything, matches, candidates: { count, rows: () => new Set(lists.flat()) } }
    }
    case '>':
    case '>=':
    case '<':
    case '<=': {
      if (field.type === 'boolean') throw filterRefusal(context, path, `invalid operator on ${field.type} field`)
      const compares = comparisons[operator]
      const key = isNumber(field.type) ? Number : isText(field.type) ? lower : String
      const limit = key(operand)
      const matches = (row: Row): boolean => {
        const own = read(row)
        return own !== null && operand !== null && compares(key(own), limit)
      }
      if (direct && field.name === 'SystemModstamp' && operand !== null)
        return { ...anything, matches, ...bounds(operator, operand) }
      if (direct && field.name === 'Id' && operator.startsWith('>')) {
        return { ...anything, matches, fromPlace: placeFrom(context, view, String(operand), operator === '>=') }
      }
      return { ...anything, matches }
    }
    case 'LIKE': {
      if (!isText(field.type)) throw filterRefusal(context, path, 'invalid operator on id field')
      const pattern = patternOf(String(operand))
      return { ...anything, matches: (row) => pattern.test(String(read(row) ?? '')) }
    }
    case 'INCLUDES':
    case 'EXCLUDES': {
      if (field.type !== 'multipicklist') throw filterRefusal(context, path, `invalid operator on ${field.type} field`)
      const sets = operands.map((one) => String(one).toLowerCase().split(';'))
      const includes = (row: Row): boolean => {
        const own = new Set(
          String(read(row) ?? '')
            .toLowerCase()
            .split(';'),
        )
        return sets.some((set) => set.every((one) => own.has(one)))
      }
      return { ...anything, matches: operator === 'INCLUDES' ? includes : (row) => !includes(row) }
    }
  }
}

const comparisons: Readonly<Record<'>' | '>=' | '<' | '<=', (a: string | number, b: string | number) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
}

/** Text is compared without regard to case, ids and times as they are. */
const folded = (value: Value): Value => (typeof value === 'string' ? value.toLowerCase() : value)
const lower = (value: Value): string => String(value).toLowerCase()
const millisOf = (value: Value): number => Date.parse(String(value))

function bounds(operator: '>' | '>=' | '<' | '<=', operand: Value): Pick<Test, 'from' | 'to'> {
  const stamp = millisOf(operand) / 1000
  switch (operator) {
    case '>':
      return { from: { stamp: Math.floor(stamp) + 1, place: -1 }, to: null }
    case '>=':
      return { from: { stamp: Math.ceil(stamp), place: -1 }, to: null }
    case '<':
      return { from: null, to: Math.ceil(stamp) - 1 }
    case '<=':
      return { from: null, to: Math.floor(stamp) }
  }
}

function placeFrom({ store }: QueryContext, view: View, id: string, itself: boolean): number {
  const place = store.placeAfter(view.object.name, id)
  return itself && store.get(view.object.name, id) !== null ? place - 1 : place
}

function inSpan(context: QueryContext, { field, read }: Path, condition: Condition): Test {
  const literal = String('value' in condition ? condition.value : '')
  const span = spanOf(literal, context.now, context.timeZone)
  if (span === null || (field.type !== 'date' && field.type !== 'datetime')) {
    throw malformed(context.text, literal, `unexpected token: ${literal}`)
  }
  const [from, to] =
    field.type === 'date'
      ? [span.from.toISODate() ?? '', span.to.toISODate() ?? '']
      : [span.from.toUTC().toISO() ?? '', span.to.toUTC().toISO() ?? '']
  const tests: Readonly<Record<string, (own: string) => boolean>> = {
    '=': (own) => own >= from && own < to,
    '!=': (own) => own < from || own >= to,
    '>': (own) => own >= to,
    '>=': (own) => own >= from,
    '<': (own) => own < from,
    '<=': (own) => own < to,
  }
  const test = tests[condition.operator]
  if (test === undefined) throw malformed(context.text, literal, `unexpected token: ${literal}`)
  return {
    ...anything,
    matches: (row) => {
      const own = read(row)
      return typeof own === 'string' ? test(own) : condition.operator === '!='
    },
  }
}

/** A literal in the form that rows keep. @throws Refusal when it is of another type than the field */
function operandOf(context: QueryContext, path: Path, value: string, literal: string): Value {
  if (literal === 'NULL') return null
  const { field } = path
  const quoted = literal === 'STRING'
  const wrong = () =>
    filterRefusal(
      context,
      path,
      `value of filter criterion for field '${field.name}' must be of type ${soapNames[field.type] ?? field.type} and should ` +
        `${quoted ? 'not ' : ''}be enclosed in quotes`,
      'INVALID_FIELD',
    )
  if (isText(field.type)) {
    if (!quoted) throw wrong()
    return unquoted(value)
  }
  if (field.type === 'id' || field.type === 'reference') {
    if (!quoted) throw wrong()
    const id = fullId(unquoted(value))
    if (id === null) throw filterRefusal(context, path, `invalid ID field: ${unquoted(value)}`)
    return id
  }
  if (quoted) throw wrong()
  if (isNumber(field.type)) {
    const number = literal === 'INTEGER' || literal === 'DECIMAL' ? parseDecimal(value) : null
    if (number === null) throw wrong()
    return number
  }
  if (field.type === 'boolean') {
    if (literal !== 'BOOLEAN') throw wrong()
    return value.toUpperCase() === 'TRUE'
  }
  if (field.type === 'date') {
    const date = literal === 'DATE' ? parsePlainDate(value) : null
    if (date === null) throw wrong()
    return date
  }
  const instant = literal === 'DATETIME' ? parseInstant(value) : null
  if (instant === null) throw wrong()
  return instant
}

const soapNames: Readonly<Record<string, string>> = {
  datetime: 'dateTime',
  currency: 'double',
  percent: 'double',
  id: 'string',
  reference: 'string',
  picklist: 'string',
  textarea: 'string',
}
const filterRefusal = ({ text }: QueryContext, path: Path, message: string, code = 'INVALID_QUERY_FILTER_OPERATOR') =>
  soqlRefusal(code, text, path.field.name, message)

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
const unquoted = (value: string): string =>
  value.slice(1, -1).replace(/\\([\s\S])/g, (found, character: string) =>
    // Before a wildcard the backslash is left for LIKE to read.
    character === '_' || character === '%' ? found : (escapes[character.toLowerCase()] ?? character),
  )

/** `%` any text, `_` one character, a backslash before either takes it as it is. */
function patternOf(like: string): RegExp {
  const source = like.replace(/\\([%_])|%|_|[.*+?^${}()|[\]\\/]/g, (found, escaped?: string) => {
    if (escaped !== undefined) return escaped
    return found === '%' ? '[^]*' : found === '_' ? '[^]' : `\\${found}`
  })
  return new RegExp(`^${source}$`, 'iu')
}
