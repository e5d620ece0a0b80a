import { isObject, type Json } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { RemoteRecord } from '../../src/ports/connector.ts'
import { treeOf } from '../kit/tree.ts'
import { type Client, limits, type Page, pageOf, type Row } from './client.ts'
import { isId, longId } from './id.ts'
import { idOf, type Later, openPlans, type Plan, selectOf } from './plan.ts'
import type { Definitions } from './schema.ts'
import { bytesOf, quote, split, statementBytesMax } from './soql.ts'
import { openStages } from './won.ts'

export type Read = (
  object: string,
  ids: readonly string[],
  paths: readonly string[],
) => Promise<readonly (RemoteRecord | null)[]>
type Found = ReadonlyMap<string, Record<string, Json>>

/** A merged record may have been merged again; more often than this it has not been. */
const mergesMax = 5

/**
 * Records with just what `paths` name: two hundred with their lists and whatever they refer to cost one call. Calls are added
 * only by lists that are longer than an answer, by lists of records further in, and by merged records.
 */
export function openReading(client: Client, definitions: Definitions, url: string): Read {
  const planOf = openPlans(definitions, openStages(client), url)

  async function fetch(plan: Plan, ids: readonly string[]): Promise<Found> {
    const select = selectOf(plan)
    const left = statementBytesMax - bytesOf(`${select} WHERE Id IN ()`)
    if (left < bytesOf(quote('0'.repeat(18)))) {
      throw new SyncError(`The mapping reads more fields of ${plan.object} than one query to Salesforce can name`, {
        problem: { kind: 'configuration_invalid', path: plan.object },
        fix: 'Take the fields that are not needed out of the mapping.',
      })
    }
    const chunks = split([...new Set(ids)].map(quote), limits.ids, left)
    const pages = await Promise.all(chunks.map((chunk) => rowsOf(`${select} WHERE Id IN (${chunk.join(', ')})`)))
    const found = new Map(pages.flat().map((row) => [idOf(row), plan.build(row)]))
    await Promise.all(plan.later.map((one) => complete(one, [...found.values()])))
    return found
  }

  async function rowsOf(soql: string): Promise<readonly Row[]> {
    const rows = await allOf(await client.query(soql))
    return Promise.all(rows.map(wholeOf))
  }

  async function allOf(first: Page): Promise<readonly Row[]> {
    const rows = [...first.rows]
    for (let { next } = first; next !== null; ) {
      const page = await client.more(next)
      rows.push(...page.rows)
      next = page.next
    }
    return rows
  }

  /** A long list comes cut off, with the place of its rest: an order must not lose lines for that. */
  async function wholeOf(row: Row): Promise<Row> {
    const cut = Object.entries(row).flatMap(([name, value]): [string, Page][] => {
      return isObject(value) && value.done === false ? [[name, pageOf(value)]] : []
    })
    if (cut.length === 0) return row
    const lists = await Promise.all(
      cut.map(async ([name, page]) => {
        const records = await allOf(page)
        return [name, { totalSize: records.length, done: true, records }] as const
      }),
    )
    return { ...row, ...Object.fromEntries(lists) }
  }

  /** Reads the lists of records further in and puts them where they belong. */
  async function complete({ steps, object, tree }: Later, roots: readonly Record<string, Json>[]): Promise<void> {
    const places = steps.reduce<readonly Record<string, Json>[]>(
      (level, step) => level.flatMap((one) => [one[step]].flat().filter(isBuilt)),
      roots,
    )
    const ids = places.flatMap((place) => (typeof place.id === 'string' ? [place.id] : []))
    if (ids.length === 0) return
    const found = await fetch(await planOf(object, tree), ids)
    for (const place of places) Object.assign(place, found.get(String(place.id)))
  }

  /** Where a record that is gone went on: merged accounts and contacts lie in the recycle bin and name the survivor. */
  async function survivorsOf(object: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const select = `SELECT Id, MasterRecordId FROM ${object} WHERE MasterRecordId != null AND Id IN `
    const chunks = split(ids.map(quote), limits.ids, statementBytesMax - bytesOf(select))
    const pages = await Promise.all(
      chunks.map(async (chunk) => allOf(await client.queryAll(`${select}(${chunk.join(', ')})`))),
    )
    return new Map(
      pages.flat().flatMap((row): [string, string][] => {
        const master = row.MasterRecordId
        return typeof master === 'string' ? [[idOf(row), longId(master)]] : []
      }),
    )
  }

  return async function read(object, ids, paths) {
    const plan = await planOf(object, treeOf(paths))
    const known = [...new Set(ids.filter(isId).map(longId))]
    const found = new Map(await fetch(plan, known))
    const survivors = new Map<string, string>()
    const merges = (await definitions.of(object)).fields.has('MasterRecordId')
    let missing = merges ? known.filter((id) => !found.has(id)) : []
    for (let round = 0; round < mergesMax && missing.length > 0; round += 1) {
      const steps = await survivorsOf(object, missing)
      for (const [loser, winner] of steps) survivors.set(loser, winner)
      const winners = [...new Set(steps.values())].filter((id) => !found.has(id))
      for (const [id, fields] of await fetch(plan, winners)) found.set(id, fields)
      missing = winners.filter((id) => !found.has(id))
    }
    return ids.map((id) => {
      let last = longId(id)
      for (let round = 0; round < mergesMax && !found.has(last); round += 1) last = survivors.get(last) ?? last
      const fields = found.get(last)
      return fields === undefined ? null : { id: last, fields }
    })
  }
}

const isBuilt = (value: Json | undefined): value is Record<string, Json> => isObject(value)
