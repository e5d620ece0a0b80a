import type { JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { Match, Query } from '../../src/ports/connector.ts'
import { type Client, type Filter, limits, type Row } from './client.ts'

/** What a person calls a record, by object. */
const labels: Readonly<Record<string, readonly string[]>> = {
  deals: ['dealname'],
  companies: ['name'],
  contacts: ['firstname', 'lastname'],
  products: ['name'],
  line_items: ['name'],
}

/**
 * Finds by property values, through the search: what was written in the last moments may be missing, and deleted records
 * never appear. Queries of one and the same property share a call.
 */
export function openFinding(client: Client) {
  return async function find(object: string, queries: readonly Query[]): Promise<readonly (readonly Match[])[]> {
    const wanted = queries.map((query) => valuesOf(object, query))
    const shared = new Map<string, Set<string>>()
    const alone: Readonly<Record<string, string>>[] = []
    for (const values of wanted) {
      const [[name, value] = ['', ''], ...more] = Object.entries(values)
      if (more.length > 0) alone.push(values)
      else shared.set(name, (shared.get(name) ?? new Set()).add(value))
    }
    const properties = [...new Set([...wanted.flatMap((values) => Object.keys(values)), ...(labels[object] ?? [])])]
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
    const unique = [...new Map(rows.map((row) => [row.id, row])).values()]
    return wanted.map((values) => unique.filter((row) => fits(row, values)).map((row) => matchOf(object, row)))
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

function valuesOf(object: string, query: Query): Readonly<Record<string, string>> {
  if ('key' in query) {
    throw new SyncError(`HubSpot ${object} carry no key of ours to find them by`, {
      problem: { kind: 'configuration_invalid', path: object },
      fix: 'Look for a property instead.',
    })
  }
  const values = Object.entries(query.fields as JsonObject)
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
  return { id: row.id, key: null, label: label === '' ? row.id : label, archived: false }
}
