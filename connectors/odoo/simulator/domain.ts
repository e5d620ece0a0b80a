import type { Json } from '../../../src/core/json.ts'
import { odooError, userError, valueError } from './errors.ts'
import { linkedIds, nameOf, readValue } from './fields.ts'
import type { SimulatedField } from './models.ts'
import type { Row, Store } from './store.ts'

/** A condition made ready: to test one record, and to name the few that can match. */
interface Test {
  readonly matches: (row: Row) => boolean
  /** About how many records can match, told without looking at them; infinite when an index does not know. */
  readonly estimate: number
  /** All that match, and maybe more. Called only when the estimate is finite. */
  readonly candidates: () => Iterable<number>
}
interface Search {
  readonly domain: Json
  readonly order?: string | null
  readonly offset?: number
  readonly limit?: number | null
  readonly activeTest: boolean
}

const operators: ReadonlySet<string> = new Set([
  '=',
  '!=',
  '<>',
  'in',
  'not in',
  '>',
  '>=',
  '<',
  '<=',
  'like',
  'not like',
  'ilike',
  'not ilike',
  '=like',
  '=ilike',
  'child_of',
])

/** Ids of the records that a domain selects, in order. @throws OdooError as Odoo does for a bad domain or order */
export function search(store: Store, model: string, query: Search): readonly number[] {
  const { test, names } = parse(store, model, query.domain, query.activeTest)
  const keys = orderOf(store, model, query.order)
  const active = query.activeTest && hasActive(store, model) && !names.has('active')
  const matches = (row: Row) => (!active || row.active === true) && test.matches(row)
  const offset = query.offset ?? 0
  const end = query.limit ? offset + query.limit : Number.POSITIVE_INFINITY
  const [first] = keys
  const ascending = first?.name === 'id' && !first.descending
  const rows: Row[] = []
  // Few of many rows, by id: testing rows in turn ends soon, where the index would bring them all.
  if (
    test.estimate === Number.POSITIVE_INFINITY ||
    (ascending && end < test.estimate / 4 && test.estimate > store.count(model) / 2)
  ) {
    for (const row of store.rows(model)) {
      if (!matches(row)) continue
      rows.push(row)
      if (ascending && rows.length === end) break
    }
  } else {
    for (const id of new Set(test.candidates())) {
      const row = store.get(model, id)
      if (row !== undefined && matches(row)) rows.push(row)
    }
    if (ascending) rows.sort((a, b) => a.id - b.id)
  }
  if (!ascending) sort(store, model, rows, keys)
  return rows.slice(offset, end).map((row) => row.id)
}

const hasActive = (store: Store, model: string): boolean =>
  Object.hasOwn(store.models.get(model)?.fields ?? {}, 'active')

function parse(
  store: Store,
  model: string,
  domain: Json,
  activeTest: boolean,
): { test: Test; names: ReadonlySet<string> } {
  if (!Array.isArray(domain)) throw valueError(`Domain ${JSON.stringify(domain)} is not a list`)
  const names = new Set<string>()
  let place = 0
  const next = (): Test => {
    const token: Json | undefined = domain[place]
    place += 1
    if (token === undefined) throw valueError(`Domain ${JSON.stringify(domain)} ends too early`)
    if (token === '&') return both(next(), next())
    if (token === '|') return either(next(), next())
    if (token === '!') return not(next())
    if (!Array.isArray(token) || token.length !== 3) throw valueError(`Invalid leaf ${python(token)}`)
    const [path = null, operator = null, value = null] = token as readonly Json[]
    // `(1, '=', 1)` is always true, `(0, '=', 1)` never.
    if (path === 1 || path === 0) return always(path === value)
    if (typeof path !== 'string' || typeof operator !== 'string' || !operators.has(operator.toLowerCase())) {
      throw valueError(`Invalid leaf ${python(token)}`)
    }
    names.add(path)
    return leaf(store, model, path.split('.'), { operator: operator.toLowerCase(), value, activeTest, token })
  }
  let test = domain.length === 0 ? always(true) : next()
  // What stands side by side is joined by an `&` that is not written.
  while (place < domain.length) test = both(test, next())
  return { test, names }
}

const unknown = { estimate: Number.POSITIVE_INFINITY, candidates: () => [] }
const always = (matches: boolean): Test => ({ matches: () => matches, ...(matches ? unknown : exactly([])) })
const exactly = (ids: readonly number[]) => ({ estimate: ids.length, candidates: () => ids })
const not = (test: Test): Test => ({ matches: (row) => !test.matches(row), ...unknown })
const both = (a: Test, b: Test): Test => {
  const fewer = a.estimate <= b.estimate ? a : b
  return {
    matches: (row) => a.matches(row) && b.matches(row),
    estimate: fewer.estimate,
    candidates: () => fewer.candidates(),
  }
}
const either = (a: Test, b: Test): Test => ({
  matches: (row) => a.matches(row) || b.matches(row),
  estimate: a.estimate + b.estimate,
  candidates: function* () {
    yield* a.candidates()
    yield* b.candidates()
  },
})

interface Leaf {
  readonly operator: string
  readonly value: Json
  readonly activeTest: boolean
  readonly token: Json
}

function leaf(store: Store, model: string, path: readonly string[], given: Leaf): Test {
  const [name = '', ...rest] = path
  const fields = store.models.get(model)?.fields ?? {}
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (field === undefined) throw noSuchField(store, model, name, given.token)
  // Odoo writes a line to its log and goes on as if the condition were not there.
  if (!field.searchable && !isList(field)) return always(true)
  if (field.related !== undefined) return leaf(store, model, [...field.related, ...rest], given)
  if (rest.length > 0) {
    if (field.relation === undefined) throw noSuchField(store, model, name, given.token)
    return across(store, model, name, field, leaf(store, field.relation, rest, given), given.activeTest)
  }
  if (given.operator === 'child_of') return below(store, model, name, field, given.value)
  if (isList(field)) return ofList(store, model, name, field, given)
  if (field.type === 'many2one' && isText(given.value)) {
    const relation = field.relation ?? ''
    const text = textTest(given.operator, given.value)
    return plain((row) => {
      const other = store.get(relation, Number(row[name]))
      return other !== undefined && text(nameOf(store, relation, other))
    })
  }
  return ofValue(store, model, name, field, given)
}

/** Source: `expression.py` of 14.0, `orm/domains.py` of 19.0. */
const noSuchField = ({ major }: Store, model: string, name: string, token: Json) =>
  valueError(`Invalid field ${model}.${name} in ${major < 19 ? 'leaf' : 'condition'} ${python(token)}`)
const plain = (matches: (row: Row) => boolean): Test => ({ matches, ...unknown })
const isList = (field: SimulatedField): boolean => field.type === 'one2many' || field.type === 'many2many'
const isText = (value: Json): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.some((one) => typeof one === 'string'))

/** A condition on records that a relation leads to: at least one of them matches. */
function across(
  store: Store,
  model: string,
  name: string,
  field: SimulatedField,
  inner: Test,
  activeTest: boolean,
): Test {
  const relation = field.relation ?? ''
  // Odoo leaves archived records out of lists, but not of references.
  const hides = activeTest && field.type !== 'many2one' && hasActive(store, relation)
  const matches = (row: Row | undefined): boolean =>
    row !== undefined && (!hides || row.active === true) && inner.matches(row)
  const test = (row: Row): boolean => {
    if (field.type === 'many2one') return matches(store.get(relation, Number(row[name])))
    return linkedIds(store, model, row, name).some((id) => matches(store.get(relation, id)))
  }
  const { inverse } = field
  if (inner.estimate === Number.POSITIVE_INFINITY || (inverse === undefined && !store.isIndexed(model, name))) {
    return plain(test)
  }
  return {
    matches: test,
    estimate: inner.estimate,
    candidates: function* () {
      for (const id of new Set(inner.candidates())) {
        const row = store.get(relation, id)
        if (row === undefined || !matches(row)) continue
        if (inverse === undefined) yield* store.having(model, name, id)
        else yield* linkedIds(store, relation, row, inverse)
      }
    },
  }
}

function below(store: Store, model: string, name: string, field: SimulatedField, value: Json): Test {
  const relation = name === 'id' ? model : (field.relation ?? '')
  const roots = new Set((Array.isArray(value) ? value : [value]).map(Number))
  return plain((row) => {
    let at = store.get(relation, name === 'id' ? row.id : Number(row[name]))
    while (at !== undefined && !roots.has(at.id)) at = store.get(relation, Number(at.parent_id))
    return at !== undefined
  })
}

function ofList(store: Store, model: string, name: string, field: SimulatedField, given: Leaf): Test {
  const { operator, value } = given
  const relation = field.relation ?? ''
  if (value === false) {
    const wantsEmpty = operator === '=' || operator === 'in'
    return plain((row) => (linkedIds(store, model, row, name).length === 0) === wantsEmpty)
  }
  const negative = operator === '!=' || operator === '<>' || operator.startsWith('not ')
  if (isText(value)) {
    const text = textTest(negative ? operator.replace('not ', '').replace(/^(!=|<>)$/, '=') : operator, value)
    const found = plain((row) => text(nameOf(store, relation, row)))
    const test = across(store, model, name, field, found, false)
    return negative ? not(test) : test
  }
  const ids = (Array.isArray(value) ? value : [value]).map(Number)
  const wanted = new Set(ids)
  const found = { matches: (row: Row) => wanted.has(row.id), ...exactly(ids) }
  const test = across(store, model, name, field, found, false)
  return negative ? not(test) : test
}

function ofValue(store: Store, model: string, name: string, field: SimulatedField, given: Leaf): Test {
  const { operator } = given
  const read =
    field.computed === true ? (row: Row) => readValue(store, model, row, name) : (row: Row) => row[name] ?? false
  const clean = (one: Json): Json => cleaned(model, name, field, one)
  switch (operator) {
    case '=':
    case '!=':
    case '<>':
    case 'in':
    case 'not in': {
      const values = (Array.isArray(given.value) ? given.value : [given.value]).map(clean)
      const wanted = new Set(values)
      if (operator === '!=' || operator === '<>' || operator === 'not in') return plain((row) => !wanted.has(read(row)))
      const matches = (row: Row) => wanted.has(read(row))
      if (name === 'id') return { matches, ...exactly(values.filter((one) => typeof one === 'number')) }
      if (!store.isIndexed(model, name) || wanted.has(false)) return plain(matches)
      const lists = values.map((one) => store.having(model, name, one as string | number))
      return {
        matches,
        estimate: lists.reduce((sum, list) => sum + list.length, 0),
        candidates: () => lists.flat(),
      }
    }
    case '>':
    case '>=':
    case '<':
    case '<=': {
      const limit = clean(given.value)
      const compares = comparisons[operator]
      const matches = (row: Row) => {
        const own = read(row)
        return own !== false && limit !== false && limit !== null && compares(own as string, limit as string)
      }
      if (name !== 'write_date' || operator.startsWith('<')) return plain(matches)
      const from = String(limit)
      return { matches, estimate: store.changedCount(model, from), candidates: () => store.changed(model, from) }
    }
    default: {
      const text = textTest(operator, given.value)
      const negative = operator.startsWith('not ')
      return plain((row) => {
        const own = read(row)
        return own === false ? negative : text(String(own))
      })
    }
  }
}

const comparisons: Readonly<Record<'>' | '>=' | '<' | '<=', (a: string, b: string) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
}

/** A value of a domain in the form that rows keep. @throws OdooError with PostgreSQL's text when it has no such form */
function cleaned(model: string, name: string, field: SimulatedField, value: Json): Json {
  if (value === null) return false
  switch (field.type) {
    case 'datetime': {
      if (value === false) return false
      const found = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?)?$/.exec(String(value))
      if (found === null || Number.isNaN(Date.parse(String(found[1])))) {
        throw odooError(
          'psycopg2.errors.InvalidDatetimeFormat',
          `invalid input syntax for type timestamp: "${value}"\nLINE 1: ... "${model.replaceAll('.', '_')}"."${name}"\n`,
        )
      }
      return `${found[1]} ${found[2] ?? '00:00:00'}${(found[3] ?? '.').padEnd(4, '0').slice(0, 4)}`
    }
    case 'integer':
    case 'many2one':
    case 'many2one_reference': {
      if (typeof value !== 'string') return value
      if (/^-?\d+$/.test(value)) return Number(value)
      throw odooError(
        'psycopg2.errors.InvalidTextRepresentation',
        `invalid input syntax for type integer: "${value}"\nLINE 1: ... "${model.replaceAll('.', '_')}"."${name}"\n`,
      )
    }
    case 'float':
    case 'monetary':
      return typeof value === 'string' ? Number(value) : value
    default:
      return value
  }
}

function textTest(operator: string, value: Json): (text: string) => boolean {
  if (Array.isArray(value)) {
    const wanted = new Set(value)
    return operator === 'not in' ? (text) => !wanted.has(text) : (text) => wanted.has(text)
  }
  const asked = String(value === false ? '' : value)
  if (operator === '=') return (text) => text === asked
  if (operator === '!=' || operator === '<>') return (text) => text !== asked
  const whole = operator.startsWith('=')
  const pattern = patternOf(whole ? asked : `%${asked}%`, operator.endsWith('ilike'))
  return operator.startsWith('not ') ? (text) => !pattern.test(text) : (text) => pattern.test(text)
}

/** SQL's `like`: `%` any text, `_` one character, a backslash before either takes it as it is. */
function patternOf(like: string, ignoreCase: boolean): RegExp {
  const source = like.replace(/\\([\s\S])|%|_|[.*+?^${}()|[\]\\/]/g, (found, escaped?: string) => {
    if (escaped !== undefined) return escaped.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    return found === '%' ? '[^]*' : found === '_' ? '[^]' : `\\${found}`
  })
  return new RegExp(`^${source}$`, ignoreCase ? 'iu' : 'u')
}

interface Key {
  readonly name: string
  readonly descending: boolean
}

function orderOf(store: Store, model: string, asked: string | null | undefined): readonly Key[] {
  const order = asked || store.models.get(model)?.order || 'id'
  if (!/^(\s*[a-z0-9_]+(\s+(asc|desc))?\s*,)*\s*[a-z0-9_]+(\s+(asc|desc))?\s*$/i.test(order)) {
    throw userError(
      `Invalid "order" specified (${order}). A valid "order" specification is a comma-separated list of valid field ` +
        'names (optionally followed by asc/desc for the direction)',
    )
  }
  return order.split(',').map((part) => {
    const [name = '', direction = 'asc'] = part.trim().split(/\s+/)
    if (!Object.hasOwn(store.models.get(model)?.fields ?? {}, name)) {
      throw valueError(`Invalid field '${name}' on model '${model}'`)
    }
    return { name, descending: direction.toLowerCase() === 'desc' }
  })
}

/** As PostgreSQL sorts: what is empty comes last, or first when the order is turned. */
function sort(store: Store, model: string, rows: Row[], keys: readonly Key[]): void {
  const key = (row: Row, name: string): string | number => {
    const value = readValue(store, model, row, name)
    return typeof value === 'string' || typeof value === 'number' ? value : value === true ? 1 : '\uffff'
  }
  rows.sort((a, b) => {
    for (const { name, descending } of keys) {
      const [left, right] = [key(a, name), key(b, name)]
      if (left === right) continue
      const before = typeof left === typeof right ? left < right : typeof left === 'number'
      return before === descending ? 1 : -1
    }
    return a.id - b.id
  })
}

/** A leaf as Python prints it. */
function python(value: Json | undefined): string {
  if (Array.isArray(value))
    return `(${value.map((one) => (Array.isArray(one) ? `[${one.map(python)}]` : python(one))).join(', ')})`
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return value === null || value === undefined ? 'None' : JSON.stringify(value)
}
