import type { JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { Match, Query } from '../../src/ports/connector.ts'
import { type Client, type Filter, limits, type Row } from './client.ts'
import { needKey } from './key.ts'
import { type Definitions, keyedObjects, keyProperty } from './schema.ts'

/** What a person calls a record, by object. */
const labels: Readonly<Record<string, readonly string[]>> = {
  deals: ['dealname'],
  companies: ['name'],
  contacts: ['firstname', 'lastname'],
  products: ['name'],
  line_items: ['name'],
}

/**
 * Finds by our key, by reading, which shows what was written a moment ago; and by property values, through the search,
 * where that may be missing. Queries of one and the same property share a call. Deleted records are found by neither.
 */
export function openFinding(client: Client, definitions: Pick<Definitions, 'properties' | 'forget'>) {
  return async function find(object: string, queries: readonly Query[]): Promise<readonly (readonly Match[])[]> {
    const keys = queries.flatMap((query) => ('key' in query ? [query.key] : []))
    const values = queries.flatMap((query) => ('key' in query ? [] : [valuesOf(object, query)]))
    const [carriers, rows] = await Promise.all([
      findKeys(object, [...new Set(keys)]),
      values.length === 0 ? [] : findValues(object, values),
    ])
    return queries.map((query) => {
      const found =
        'key' in query
          ? carriers.filter((row) => row.properties[keyProperty] === query.key)
          : rows.filter((row) => fits(row, valuesOf(object, query)))
      return found.map((row) => matchOf(object, row))
    })
  }

  async function findKeys(object: string, keys: readonly string[]): Promise<readonly Row[]> {
    if (keys.length === 0) return []
    await needKey(object, definitions)
    const chunks = Array.from({ length: Math.ceil(keys.length / limits.batch) }, (_, n) =>
      keys.slice(n * limits.batch, (n + 1) * limits.batch),
    )
    const wanted = [keyProperty, ...(labels[object] ?? [])]
    const replies = await Promise.all(chunks.map((chunk) => client.readBatch(object, chunk, wanted, keyProperty)))
    return replies.flatMap((reply) => reply.rows)
  }

  async function findValues(
    object: string,
    wanted: readonly Readonly<Record<string, string>>[],
  ): Promise<readonly Row[]> {
    const shared = new Map<string, Set<string>>()
    const alone: Readonly<Record<string, string>>[] = []
    for (const values of wanted) {
      const [[name, value] = ['', ''], ...more] = Object.entries(values)
      if (more.length > 0) alone.push(values)
      else shared.set(name, (shared.get(name) ?? new Set()).add(value))
    }
    const named = [...wanted.flatMap((values) => Object.keys(values)), ...(labels[object] ?? [])]
    // One that the account does not have (yet) is passed over.
    const properties = [...new Set(keyedObjects.includes(object) ? [...named, keyProperty] : named)]
    const searches: (readonly Filter[])[] = alone.map((values) =>
      Object.entries(values).map(([property, value]) => ({ property, operator: 'EQ', value }) as const),
    )
    for (const [property, values] of shared) {
      const all = [...values]
      for (let n = 0; n < all.length; n += limits.filterValues) {
        searches.push([{ property, operator: 'IN', values: all.slice(n, n + limits.filterValues) }])
      }
    }
    const rows = (await Promise.all(searches.map((filters) => searchAll(client, object, filters, properties)))).flat()
    return [...new Map(rows.map((row) => [row.id, row])).values()]
  }
}

async function searchAll(client: Client, object: string, filters: readonly Filter[], properties: readonly string[]) {
  const found: Row[] = []
  let after = '0'
  for (;;) {
    const place: Filter = { property: 'hs_object_id', operator: 'GT', value: after }
    const { rows } = await client.search(object, [[...filters, place]], 'hs_object_id', properties)
    found.push(...rows)
    const last = rows.at(-1)
    if (last === undefined || rows.length < limits.searchPage) return found
    after = last.id
  }
}

function valuesOf(object: string, query: { readonly fields: JsonObject }): Readonly<Record<string, string>> {
  const values = Object.entries(query.fields)
  if (values.length === 0 || values.some(([, value]) => value === null || typeof value === 'object' || value === '')) {
    throw new SyncError(`HubSpot ${object} are found by text, and by at least one: ${JSON.stringify(query.fields)}`, {
      problem: { kind: 'configuration_invalid', path: object },
      fix: 'Correct the lookup.',
    })
  }
  // The search compares text in lower case, and wants the values of a list so.
  return Object.fromEntries(
    values.map(([name, value]) => [name.replace(/^properties\./, ''), String(value).toLowerCase()]),
  )
}

const fits = (row: Row, values: Readonly<Record<string, string>>): boolean =>
  Object.entries(values).every(([name, value]) => (row.properties[name] ?? '').toLowerCase() === value)

function matchOf(object: string, row: Row): Match {
  const label = (labels[object] ?? [])
    .map((name) => row.properties[name] ?? '')
    .join(' ')
    .trim()
  const key = keyedObjects.includes(object) ? row.properties[keyProperty] || null : null
  return { id: row.id, key, label: label === '' ? row.id : label, archived: false }
}
