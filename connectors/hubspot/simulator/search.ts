import { z } from 'zod'
import { flawsOf } from './replies.ts'
import type { Refusal, See, Store, Stored } from './store.ts'

const filterSchema = z.strictObject({
  propertyName: z.string(),
  operator: z.string(),
  value: z.string().optional(),
  highValue: z.string().optional(),
  values: z.array(z.string()).optional(),
})
const requestSchema = z.strictObject({
  filterGroups: z.array(z.strictObject({ filters: z.array(filterSchema) })).default([]),
  sorts: z
    .array(
      z.union([
        z.string(),
        z.strictObject({
          propertyName: z.string(),
          direction: z.enum(['ASCENDING', 'DESCENDING']).default('ASCENDING'),
        }),
      ]),
    )
    .default([]),
  properties: z.array(z.string()).default([]),
  query: z.string().default(''),
  limit: z.number().int().default(10),
  after: z.union([z.string(), z.number()]).default('0').transform(Number),
})
type Filter = z.infer<typeof filterSchema>
type Row = { record: Stored; properties: Readonly<Record<string, string>>; at: number }

interface Found {
  readonly total: number
  readonly rows: readonly Row[]
  readonly properties: readonly string[]
  readonly next: number | null
}

const resultsMax = 10_000
/** Matches counted beyond the page that is asked for. */
const countedMax = 1000
const invalid = (message: string): Refusal => ({ status: 400, category: 'VALIDATION_ERROR', message })

/**
 * The search of the CRM, with its limits. `total` is right up to 1,000 beyond the page and no larger than that: counting
 * a hundred thousand for each page would make the simulator slower than what it stands for.
 */
export function search(store: Store, object: string, body: unknown): Found | Refusal {
  const parsed = requestSchema.safeParse(body)
  if (!parsed.success) return invalid(`Invalid input JSON: ${flawsOf(parsed.error)}`)
  const { filterGroups, sorts, limit, after, properties, query } = parsed.data
  if (query !== '') return invalid('not simulated: query')
  const filters = filterGroups.flatMap((group) => group.filters)
  if (limit < 1 || limit > 200) return invalid('limit must be between 1 and 200')
  if (filterGroups.length > 5) return invalid('no more than 5 filterGroups')
  if (filterGroups.some((group) => group.filters.length > 6)) return invalid('no more than 6 filters in a group')
  if (filters.length > 18) return invalid('no more than 18 filters')
  if (sorts.length > 1) return invalid('no more than one sort')
  if (!Number.isInteger(after) || after < 0) return invalid('after must be a whole number')
  if (after + limit > resultsMax) return invalid('paging beyond 10,000 results is not supported')
  const [first = 'hs_object_id'] = sorts
  const text = typeof first === 'string' ? first : `${first.direction === 'DESCENDING' ? '-' : ''}${first.propertyName}`
  const sort = text.replace(/^-/, '')
  for (const name of [...filters.map((filter) => filter.propertyName), sort]) {
    if (!store.properties(object).has(name))
      return invalid(`There was a problem with the request: Property "${name}" does not exist`)
  }

  const modified = store.modifiedName(object)
  const tests = filterGroups.map((group) => group.filters.map((filter) => testOf(store, object, filter)))
  for (const test of tests.flat()) if (typeof test !== 'function') return test
  const matches: See = (record, values, at) =>
    tests.length === 0 ||
    tests.some((group) => group.every((test) => typeof test === 'function' && test(record, values, at)))
  const { from, to } = rangeOf(modified, filterGroups)
  const found: Row[] = []
  const inOrder = sort === modified && !text.startsWith('-')
  let total = 0
  store.scan(object, from, to, (record, values, at) => {
    if (!matches(record, values, at)) return true
    total += 1
    if (!inOrder || (total > after && found.length < limit)) found.push({ record, properties: values, at })
    return !inOrder || total < after + limit + countedMax
  })
  if (!inOrder) {
    const compare = comparison(store, object, sort)
    found.sort(text.startsWith('-') ? (a, b) => compare(b, a) : compare)
    found.splice(0, after)
    found.length = Math.min(found.length, limit)
  }
  const next = after + found.length
  return { total, rows: found, properties, next: next < total ? next : null }
}

/** All groups bound the time of change in most searches; then only that part of the records is looked at. */
function rangeOf(modified: string, groups: readonly { readonly filters: readonly Filter[] }[]) {
  const bounds = groups.map(({ filters }) => {
    const bound = { from: 0, to: Number.POSITIVE_INFINITY }
    for (const { propertyName, operator, value } of filters) {
      if (propertyName !== modified || value === undefined) continue
      if (['GT', 'GTE', 'EQ'].includes(operator)) bound.from = Math.max(bound.from, Number(value))
      if (['LT', 'LTE', 'EQ'].includes(operator)) bound.to = Math.min(bound.to, Number(value))
    }
    return bound
  })
  return {
    from: bounds.length === 0 ? 0 : Math.min(...bounds.map((bound) => bound.from)),
    to: bounds.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...bounds.map((bound) => bound.to)),
  }
}

function testOf(store: Store, object: string, filter: Filter): See | Refusal {
  const { propertyName: name, operator, value = '', highValue = '', values = [] } = filter
  const read = reader(store, object, name)
  const wanted = read.parse(value)
  const compare =
    (test: (actual: number | string) => boolean): See =>
    (record, properties, at) => {
      const actual = read.of(record, properties, at)
      return actual !== null && test(actual)
    }
  switch (operator) {
    case 'EQ':
      return compare((actual) => actual === wanted)
    case 'NEQ':
      return compare((actual) => actual !== wanted)
    case 'GT':
      return compare((actual) => actual > wanted)
    case 'GTE':
      return compare((actual) => actual >= wanted)
    case 'LT':
      return compare((actual) => actual < wanted)
    case 'LTE':
      return compare((actual) => actual <= wanted)
    case 'BETWEEN':
      return compare((actual) => actual >= wanted && actual <= read.parse(highValue))
    case 'IN':
    case 'NOT_IN': {
      if (values.length === 0 || values.length > 100) return invalid(`${operator} takes 1 to 100 values`)
      const set = new Set(values.map(read.parse))
      return compare((actual) => set.has(actual) === (operator === 'IN'))
    }
    case 'HAS_PROPERTY':
      return (...row) => read.of(...row) !== null
    case 'NOT_HAS_PROPERTY':
      return (...row) => read.of(...row) === null
    default:
      return invalid(`operator ${operator} is not simulated`)
  }
}

interface Reader {
  readonly of: See<number | string | null>
  parse(text: string): number | string
}

function reader(store: Store, object: string, name: string): Reader {
  if (name === store.modifiedName(object)) return { of: (_, __, at) => at, parse: millis }
  if (name === 'hs_object_id') return { of: (record) => Number(record.id), parse: Number }
  switch (store.properties(object).get(name)?.type) {
    case 'number':
      return { of: (_, properties) => numberOr(properties[name], Number), parse: Number }
    case 'date':
    case 'datetime':
      return { of: (_, properties) => numberOr(properties[name], Date.parse), parse: millis }
    default:
      // Text is compared without regard to case.
      return { of: (_, properties) => properties[name]?.toLowerCase() ?? null, parse: (text) => text.toLowerCase() }
  }
}

const millis = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Date.parse(text))
const numberOr = (text: string | undefined, parse: (text: string) => number) =>
  text === undefined ? null : parse(text)

function comparison(store: Store, object: string, sort: string): (a: Row, b: Row) => number {
  const { of } = reader(store, object, sort)
  return (a, b) => {
    const left = of(a.record, a.properties, a.at) ?? ''
    const right = of(b.record, b.properties, b.at) ?? ''
    return left < right ? -1 : left > right ? 1 : Number(a.record.id) - Number(b.record.id)
  }
}
