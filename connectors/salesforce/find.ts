import { parseDecimal } from '../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { parseInstant } from '../../src/core/time.ts'
import type { Match, Query } from '../../src/ports/connector.ts'
import { type Client, limits, type Row } from './client.ts'
import { isKeyed, keyField } from './objects.ts'
import { idOf } from './plan.ts'
import { type Definition, type Definitions, kindOf } from './schema.ts'
import { bytesOf, literal, split, statementBytesMax } from './soql.ts'

/** What a query asks for: fields with their values as SOQL literals. */
interface Wanted {
  readonly values: readonly { readonly name: string; readonly literal: string }[]
  /** Equal for queries, and for records, that have the same values in these fields. */
  readonly key: string
}

/**
 * Finds by field values, deleted and inactive records included and marked. Salesforce compares text without regard to
 * case. Queries for one and the same field share a call, as do those for several fields; equal ones are asked once.
 */
export function openFinding(client: Client, definitions: Definitions) {
  return async function find(object: string, queries: readonly Query[]): Promise<readonly (readonly Match[])[]> {
    if (queries.length === 0) return []
    let definition = await definitions.of(object)
    if (!definition.fields.has(keyField) && queries.some((query) => 'key' in query)) {
      // `setup` may have made the field since.
      definitions.forget(object)
      definition = await definitions.of(object)
    }
    const wanted = queries.map((query) => wantedOf(definition, query))
    const label = labelFieldOf(definition)
    const marks = ['IsDeleted', 'IsActive', ...(isKeyed(object) ? [keyField] : [])].filter((name) =>
      definition.fields.has(name),
    )
    const names = wanted.flatMap((one) => one.values.map(({ name }) => name))
    const select = `SELECT ${[...new Set(['Id', label, ...marks, ...names])].join(', ')} FROM ${object} WHERE `
    const conditions = conditionsOf(wanted, statementBytesMax - bytesOf(select))
    const pages = await Promise.all(conditions.map((condition) => allOf(client, select + condition)))
    const rows = [...new Map(pages.flat().map((row) => [idOf(row), row])).values()]
    const found = indexOf(definition, rows, wanted)
    return wanted.map((one) => (found.get(one.key) ?? []).map((row) => matchOf(row, label)))
  }
}

async function allOf(client: Client, soql: string): Promise<readonly Row[]> {
  let page = await client.queryAll(soql)
  const rows = [...page.rows]
  while (page.next !== null) {
    page = await client.more(page.next)
    rows.push(...page.rows)
  }
  return rows
}

function wantedOf(definition: Definition, query: Query): Wanted {
  const { object } = definition
  const refuse = (message: string, fix: string) =>
    new SyncError(message, { problem: { kind: 'configuration_invalid', path: object }, fix })
  if ('key' in query && !isKeyed(object)) {
    throw refuse(`Salesforce ${object} records carry no key of ours to find them by`, 'Look for a field instead.')
  }
  if ('key' in query && !definition.fields.has(keyField)) {
    throw refuse(
      `Salesforce has no field "${keyField}" on ${object}, which holds our key, or the user may not see it`,
      'Run `crosswalk setup` for this connection.',
    )
  }
  const given: JsonObject = 'key' in query ? { [keyField]: query.key } : query.fields
  const names = Object.keys(given).sort()
  if (names.length === 0) throw refuse(`A lookup of ${object} names no field to find it by`, 'Correct the lookup.')
  const values = names.map((name) => {
    const value = given[name] ?? null
    const field = definition.fields.get(name)
    if (field === undefined) {
      throw refuse(`Salesforce has no field "${name}" on ${object} to find it by`, 'Correct the lookup.')
    }
    const written = value === null || value === '' ? null : literal(field.type, value)
    if (written !== null) return { name, literal: written }
    throw refuse(
      `${object} is looked up by "${name}", a field of type ${field.type}, with ${JSON.stringify(value)}`,
      'Correct the value or the lookup; an empty value finds nothing.',
    )
  })
  return { values, key: keyOf(definition, names, given) }
}

/** Records by the keys of what is wanted. */
function indexOf(definition: Definition, rows: readonly Row[], wanted: readonly Wanted[]): ReadonlyMap<string, Row[]> {
  const found = new Map<string, Row[]>()
  const sets = new Map(wanted.map(({ values }) => [values.map(({ name }) => name).join(), values]))
  for (const values of sets.values()) {
    const names = values.map(({ name }) => name)
    for (const row of rows) {
      const key = keyOf(definition, names, row)
      const known = found.get(key)
      if (known === undefined) found.set(key, [row])
      else known.push(row)
    }
  }
  return found
}

/** The values of some fields as one text, equal for what Salesforce takes for equal. */
const keyOf = (definition: Definition, names: readonly string[], fields: JsonObject): string =>
  JSON.stringify(names.map((name) => [name, comparable(definition, name, fields[name] ?? null)]))

function comparable(definition: Definition, name: string, value: Json): Json {
  const field = definition.fields.get(name)
  if (value === null || field === undefined) return null
  switch (kindOf(field)) {
    case 'number':
      return parseDecimal(value)
    case 'instant':
      return parseInstant(value)
    default:
      return String(value).toLowerCase()
  }
}

/** The conditions of the fewest calls: `Email IN (…)` for single fields, `(A = … AND B = …) OR (…)` for several. */
function conditionsOf(wanted: readonly Wanted[], bytesMax: number): readonly string[] {
  const lists = new Map<string, Set<string>>()
  const groups = new Set<string>()
  for (const { values } of wanted) {
    const [first, ...more] = values
    if (first === undefined) continue
    if (more.length === 0) lists.set(first.name, (lists.get(first.name) ?? new Set()).add(first.literal))
    else groups.add(`(${values.map((value) => `${value.name} = ${value.literal}`).join(' AND ')})`)
  }
  const single = [...lists].flatMap(([name, literals]) =>
    split([...literals], limits.ids, bytesMax - bytesOf(`${name} IN ()`)).map(
      (part) => `${name} IN (${part.join(', ')})`,
    ),
  )
  // ' OR ' takes more of the address than the comma that `split` counts, so a part may be only half as long.
  return [...single, ...split([...groups], limits.ids, bytesMax / 2).map((part) => part.join(' OR '))]
}

/** The field that a person calls a record by. */
const labelFieldOf = (definition: Definition): string =>
  [...definition.fields.values()].find((field) => field.nameField)?.name ?? 'Id'

function matchOf(row: Row, label: string): Match {
  const name = row[label]
  const key = row[keyField]
  return {
    id: idOf(row),
    key: typeof key === 'string' && key !== '' ? key : null,
    label: typeof name === 'string' && name !== '' ? name : idOf(row),
    archived: row.IsDeleted === true || row.IsActive === false,
  }
}
