import { parseDecimal } from '../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { Match, Query } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import type { Client, Domain, Row } from './client.ts'
import { keyOfName, nameOfKey } from './external-id.ts'
import type { Recent } from './recent.ts'
import type { Models } from './schema.ts'
import type { Settings } from './settings.ts'
import { writes } from './writes.ts'

const keysMax = 2000
const termsMax = 200
/** Models whose records may carry a key of ours. */
const keyed: ReadonlySet<string> = new Set(Object.keys(writes))

/** Finds records by our key or by their fields; equal queries are asked once. */
export function openFinding(client: Client, models: Models, recent: Recent, settings: Settings) {
  async function labelled(object: string, ids: readonly number[]): Promise<ReadonlyMap<number, Row>> {
    const fields = await models.fields(object)
    const names = ['display_name', ...(fields !== null && Object.hasOwn(fields, 'active') ? ['active'] : [])]
    const rows = await client.searchRead(object, { domain: [['id', 'in', ids]], fields: names, archived: true })
    return new Map(rows.map((row) => [row.id, row]))
  }

  const askKeys = openKeyQuestions(client, settings.module)

  async function byKey(object: string, keys: readonly string[]): Promise<ReadonlyMap<string, readonly Match[]>> {
    const rows = await askKeys(object, keys)
    const found = new Map(rows.map((row) => [keyOfName(String(row.name)), Number(row.res_id)]))
    // An External ID may outlive its record.
    const records = found.size === 0 ? new Map<number, Row>() : await labelled(object, [...found.values()])
    return new Map(
      [...found].flatMap(([key, id]) => {
        const row = records.get(id)
        return row === undefined ? [] : [[key, [matchOf(row, key)]] as const]
      }),
    )
  }

  async function keysOf(object: string, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
    if (!keyed.has(object) || ids.length === 0) return new Map()
    const domain: Domain = [
      ['module', '=', settings.module],
      ['model', '=', object],
      ['res_id', 'in', ids],
    ]
    const rows = await client.searchRead('ir.model.data', { domain, fields: ['name', 'res_id'] })
    return new Map(rows.map((row) => [Number(row.res_id), keyOfName(String(row.name))]))
  }

  /** The type of the field at the end of a path. @throws SyncError `configuration_invalid` */
  async function typeOf(object: string, path: string): Promise<string> {
    const names = path.split('.')
    let model = object
    for (const [index, name] of names.entries()) {
      const field = (await models.fields(model))?.[name]
      if (field !== undefined && index === names.length - 1) return field.type
      if (field?.relation === undefined) break
      model = field.relation
    }
    throw new SyncError(`This Odoo has no field "${path}" on ${object}`, {
      problem: { kind: 'configuration_invalid', path: `${object}.${path}` },
      fix: `Correct the lookup of ${object} in the mapping.`,
    })
  }

  async function byFields(object: string, queries: readonly JsonObject[]): Promise<readonly (readonly Match[])[]> {
    const names = Object.keys(queries[0] ?? {})
    const types = new Map(await Promise.all(names.map(async (name) => [name, await typeOf(object, name)] as const)))
    const own = await models.fields(object)
    const columns = ['display_name', ...names, ...(own !== null && Object.hasOwn(own, 'active') ? ['active'] : [])]
    // What the orders that are made of these products will be asked about them, in a moment.
    if (object === 'product.product') columns.push('default_code', 'type', 'uom_id')
    const search = async (asked: readonly JsonObject[], exact: boolean): Promise<readonly Row[]> => {
      // A reply does not tell the value behind a path, so those with the same one are asked together: states of a country.
      const paths = names.filter((name) => name.includes('.'))
      const behind = (query: JsonObject): JsonObject =>
        Object.fromEntries(paths.map((name) => [name, query[name] ?? null]))
      const groups = [...Map.groupBy(asked, (query) => textOf(behind(query))).values()]
      const replies = await Promise.all(
        groups
          .flatMap((group) => chunks(group, termsMax))
          .map(async (part) => {
            const rows = await client.searchRead(object, {
              domain: [...among(object, names), ...domainOf(part, types, exact)],
              fields: [...new Set(columns)].filter((name) => !name.includes('.')),
              order: 'id',
              archived: true,
            })
            if (object === 'product.product') recent.noteProducts(rows)
            return paths.length === 0 ? rows : rows.map((row) => ({ ...row, ...behind(part[0] ?? {}), id: row.id }))
          }),
      )
      return replies.flat()
    }
    const answer = (rows: readonly Row[], query: JsonObject) => {
      const hits = rows.filter((row) => names.every((name) => isSame(row[name], query[name] ?? null)))
      return [...new Map(hits.map((row) => [row.id, row])).values()]
    }
    // Comparing without regard to case looks at every row for every value, seconds for hundreds of products. Codes are
    // spelled as they are, or all in one case, which an index knows; only what that misses is compared with every row.
    const byIndex = names.every((name) => !texts.has(types.get(name) ?? '') || codes.has(name.split('.').at(-1) ?? ''))
    const first = await search(queries, byIndex)
    const answers = queries.map((query) => answer(first, query))
    const missed = byIndex
      ? queries.filter((query, index) => answers[index]?.length === 0 && hasLetters(query, types))
      : []
    if (missed.length > 0) {
      const second = await search(missed, false)
      for (const [index, query] of queries.entries())
        if (answers[index]?.length === 0) answers[index] = answer(second, query)
    }
    const keys = await keysOf(object, [...new Set(answers.flat().map((row) => row.id))])
    return answers.map((rows) => rows.map((row) => matchOf(row, keys.get(row.id) ?? null)))
  }

  return async function find(object: string, queries: readonly Query[]): Promise<readonly (readonly Match[])[]> {
    const keys = [...new Set(queries.flatMap((query) => ('key' in query ? [query.key] : [])))]
    const groups = new Map<string, Map<string, JsonObject>>()
    for (const query of queries) {
      if ('key' in query) continue
      const signature = Object.keys(query.fields).sort().join(' ')
      const group = groups.get(signature) ?? new Map<string, JsonObject>()
      groups.set(signature, group)
      group.set(textOf(query.fields), query.fields)
    }
    const found = new Map<string, readonly Match[]>()
    const [matches] = await Promise.all([
      keys.length === 0 ? new Map<string, readonly Match[]>() : byKey(object, keys),
      ...[...groups.values()].map(async (group) => {
        const answers = await byFields(object, [...group.values()])
        for (const [index, text] of [...group.keys()].entries()) found.set(text, answers[index] ?? [])
      }),
    ])
    return queries.map((query) => ('key' in query ? matches.get(query.key) : found.get(textOf(query.fields))) ?? [])
  }
}

/**
 * Rows of External IDs. What is asked of several models in one turn is asked by one call: a batch looks for its orders and
 * for their customers at the same time.
 */
function openKeyQuestions(client: Client, module: string) {
  let turn: { readonly names: Map<string, Set<string>>; readonly rows: Promise<readonly Row[]> } | null = null

  async function answer(names: ReadonlyMap<string, ReadonlySet<string>>): Promise<readonly Row[]> {
    await new Promise((resolve) => setImmediate(resolve))
    turn = null
    const models = [...names.keys()]
    const all = [...new Set([...names.values()].flatMap((some) => [...some]))]
    const replies = await Promise.all(
      chunks(all, keysMax).map((part) =>
        client.searchRead('ir.model.data', {
          domain: [
            ['module', '=', module],
            ['model', 'in', models],
            ['name', 'in', part],
          ],
          fields: ['model', 'name', 'res_id'],
        }),
      ),
    )
    return replies.flat()
  }

  return async (model: string, keys: readonly string[]): Promise<readonly Row[]> => {
    if (turn === null) {
      const names = new Map<string, Set<string>>()
      turn = { names, rows: answer(names) }
    }
    const { names, rows } = turn
    const own = names.get(model) ?? new Set()
    names.set(model, own)
    for (const key of keys) own.add(nameOfKey(key))
    return (await rows).filter((row) => row.model === model && own.has(String(row.name)))
  }
}

const matchOf = (row: Row, key: string | null): Match => ({
  id: String(row.id),
  key,
  label: typeof row.display_name === 'string' ? row.display_name : String(row.id),
  archived: row.active === false,
})

const textOf = (fields: JsonObject): string =>
  JSON.stringify(
    Object.keys(fields)
      .sort()
      .map((name) => [name, fields[name]]),
  )

const texts: ReadonlySet<string> = new Set(['char', 'text', 'html'])
const codes: ReadonlySet<string> = new Set(['default_code', 'barcode', 'code', 'ref', 'vat'])

function hasLetters(query: JsonObject, types: ReadonlyMap<string, string>): boolean {
  return Object.entries(query).some(
    ([name, value]) =>
      typeof value === 'string' && texts.has(types.get(name) ?? '') && value.toLowerCase() !== value.toUpperCase(),
  )
}

/** Fields that say where a partner stands. Who asks by one of them means the contacts and addresses below a company. */
const standing: ReadonlySet<string> = new Set(['parent_id', 'commercial_partner_id', 'type'])

/**
 * Among which records is looked. Contacts and addresses below a company have its tax id by themselves, so they are never
 * the customer: that is who has no company above, or is one (Odoo's "commercial entity").
 */
function among(object: string, names: readonly string[]): Domain {
  if (object !== 'res.partner' || names.some((name) => standing.has(name.split('.')[0] ?? ''))) return []
  return ['|', ['parent_id', '=', false], ['is_company', '=', true]]
}

function domainOf(queries: readonly JsonObject[], types: ReadonlyMap<string, string>, exact: boolean): Domain {
  const [first] = queries
  const names = Object.keys(first ?? {})
  const [name] = names
  if (exact && names.length === 1 && name !== undefined) {
    const values = queries.flatMap((query) => spellings(query[name] ?? null, types.get(name) ?? ''))
    if (!values.includes(false)) return [[name, 'in', values.filter((value) => typeof value !== 'boolean')]]
  }
  const terms = queries.map((query): Domain => {
    const conditions = names.map((one): [string, string, Plain] => {
      const type = types.get(one) ?? ''
      const values = spellings(query[one] ?? null, type)
      const [value = false] = values
      if (!exact && texts.has(type) && typeof value === 'string')
        return [one, '=ilike', value.replace(/[\\%_]/g, '\\$&')]
      return values.length > 1 ? [one, 'in', values.filter((v) => typeof v !== 'boolean')] : [one, '=', value]
    })
    return [...Array.from({ length: conditions.length - 1 }, () => '&'), ...conditions]
  })
  return [...Array.from({ length: terms.length - 1 }, () => '|'), ...terms.flat()]
}
type Plain = string | number | boolean | readonly (string | number)[]

/** A value as domains want it; of text, the spellings that an index finds. */
function spellings(value: Json, type: string): readonly (string | number | boolean)[] {
  if (value === null || typeof value === 'boolean') return [value ?? false]
  const text = String(value)
  if (texts.has(type)) return [...new Set([text, text.toLowerCase(), text.toUpperCase()])]
  if (['integer', 'float', 'monetary', 'many2one', 'one2many', 'many2many'].includes(type)) {
    const number = Number(text)
    // What is no number matches nothing; Odoo would fail on it.
    return [Number.isFinite(number) ? number : 0]
  }
  return [text]
}

function isSame(actual: unknown, asked: Json): boolean {
  // Put there by the search itself, for a path that the reply does not show.
  if (actual === asked) return true
  const own = Array.isArray(actual) && typeof actual[1] === 'string' ? actual[0] : actual
  if (asked === null) return own === false || own === ''
  if (typeof own === 'number') return parseDecimal(own) === parseDecimal(asked)
  if (Array.isArray(own)) return own.includes(Number(asked))
  return String(own).toLowerCase() === String(asked).toLowerCase()
}
