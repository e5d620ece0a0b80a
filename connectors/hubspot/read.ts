import type { Json, JsonObject } from '../../src/core/json.ts'
import { shift } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { RemoteRecord } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { once, onceEach } from '../kit/once.ts'
import { wonFields, wonValues } from '../kit/wins.ts'
import { type Association, type AssociationInput, type Client, limits, type Owner, type Row } from './client.ts'
import { type DealLinks, type Echo, versionOf, type Way } from './echo.ts'
import { type DealRelation, type Definitions, dealRelations, derivedFields, objectTypeIds } from './schema.ts'
import type { Wins } from './won.ts'

export interface Reading {
  read(object: string, ids: readonly string[], paths: readonly string[]): Promise<readonly (RemoteRecord | null)[]>
  /** Records at the other end, by id, in ascending order. A record without any has an empty list. */
  associated(from: string, to: string, ids: readonly string[]): Promise<Associated>
  /** Versions of deals in each way of reading, by id, for rows that hold all the properties of these ways. */
  versions(rows: readonly Row[]): Promise<Readonly<Record<string, readonly string[]>>>
}

type Associated = ReadonlyMap<string, readonly Association[]>

/** What a deal's relation holds, by the deal's id. */
type Related = ReadonlyMap<string, { readonly many: readonly JsonObject[]; readonly one: JsonObject | null }>
interface Relations {
  fields(id: string): JsonObject
  links(id: string): DealLinks
}

/**
 * Records with just what `paths` name. A hundred deals with lines, company and contact cost 1 + 3 calls and then one
 * for each hundred lines, companies and contacts; what is not named is not fetched.
 */
export function openReading(
  client: Client,
  definitions: Definitions,
  echo: Echo,
  wins: Wins,
  recordUrl: (object: string, id: string) => Promise<string>,
  clock: Clock,
): Reading {
  const readOwner = cacheOwners(client, clock)

  async function rows(
    object: string,
    ids: readonly string[],
    properties: readonly string[],
  ): Promise<Map<string, Row>> {
    const found = new Map<string, Row>()
    await inChunks([...new Set(ids)], limits.batch, async (chunk) => {
      const reply = await client.readBatch(object, chunk, properties)
      for (const row of reply.rows) found.set(row.id, row)
      const missing = chunk.filter((id) => !found.has(id) && !reply.refused.some((refused) => refused.ids.includes(id)))
      // A batch answers a merged id with the surviving record, at most once, and does not say which answer belongs to
      // which id. Deleted ones are named as refused, so that few are left to be asked for singly.
      await Promise.all(
        missing.map(async (id) => {
          const row = await client.readOne(object, id, properties)
          if (row !== null) found.set(id, row)
        }),
      )
    })
    return found
  }

  async function associated(from: string, to: string, ids: readonly string[]) {
    const found = new Map<string, Association[]>(ids.map((id) => [id, []]))
    await inChunks([...found.keys()], limits.associationInputs, async (chunk) => {
      let inputs: readonly AssociationInput[] = chunk.map((id) => ({ id }))
      while (inputs.length > 0) {
        const lists = await client.associations(from, to, inputs)
        for (const list of lists) found.get(list.from)?.push(...list.to)
        // Each record is paged for itself: those with more are asked again from where they stopped.
        inputs = lists.flatMap(({ from: id, after }) => (after === null ? [] : [{ id, after }]))
      }
    })
    for (const list of found.values()) list.sort((a, b) => byNumber(a.id, b.id))
    return found
  }

  async function read(object: string, ids: readonly string[], paths: readonly string[]) {
    const split = paths.map((path) => path.split('.'))
    const plan = await planOf(object, split)
    const wantsOwner = object === 'deals' && split.some(([head]) => head === 'owner')
    const wantsUrl = split.some(([head]) => head === 'url')
    const wantsWin = object === 'deals' && split.some(([head = '']) => Object.hasOwn(wonFields, head))
    if (object !== 'deals') {
      const found = await rows(object, ids, plan.fetch)
      return Promise.all(ids.map((id) => recordOf(object, found.get(id), plan, {}, wantsUrl, wantsOwner)))
    }
    const asked = [...new Set(ids)]
    const readDeals = async () => {
      const further = [...(wantsOwner ? ['hubspot_owner_id'] : []), ...(wantsWin ? await wins.needs() : [])]
      const properties = [...new Set([...plan.fetch, ...further])]
      const way = wayOf(split, properties)
      echo.readIn(way)
      return { way, found: await rows(object, ids, properties) }
    }
    // What belongs to a deal is found by its id: nobody waits for the deals themselves.
    const [related, { way, found }] = await Promise.all([readRelations(asked, split), readDeals()])
    const strangers = [...new Set([...found.values()].map((row) => row.id))].filter((id) => !asked.includes(id))
    // A deal that was merged answers under an id that was not asked for.
    const others = strangers.length === 0 ? null : await readRelations(strangers, split)
    const won = wantsWin ? await wins.of([...found.values()]) : null
    return Promise.all(
      ids.map(async (id): Promise<RemoteRecord | null> => {
        const row = found.get(id)
        if (row === undefined) return null
        const relations = others !== null && strangers.includes(row.id) ? others : related
        const more = { ...relations.fields(row.id), ...(won === null ? {} : wonValues(won.get(row.id))) }
        const record = await recordOf(object, row, plan, more, wantsUrl, wantsOwner)
        return record === null ? null : { ...record, version: versionOf(way, row.properties, relations.links(row.id)) }
      }),
    )
  }

  async function recordOf(
    object: string,
    row: Row | undefined,
    plan: Plan,
    related: JsonObject,
    wantsUrl: boolean,
    wantsOwner: boolean,
  ): Promise<RemoteRecord | null> {
    if (row === undefined) return null
    const fields: Record<string, Json> = { ...fieldsOf(object, row, plan), ...related }
    if (wantsUrl) fields.url = await recordUrl(object, row.id)
    if (wantsOwner) fields.owner = ownerFields(await readOwner(row.properties.hubspot_owner_id || null))
    return { id: row.id, fields }
  }

  async function readRelations(deals: readonly string[], paths: readonly (readonly string[])[]): Promise<Relations> {
    const named = new Set(paths.map(([head]) => head))
    const { relations, person } = wayOf(paths, [])
    const links: Partial<Record<DealRelation, Associated>> = {}
    const related = async (name: DealRelation, of: readonly string[]): Promise<Related> => {
      const found = await associated('deals', dealRelations[name].object, of)
      links[name] = found
      return readRelation(name, found, paths)
    }
    const [lines, companies, contacts] = await Promise.all([
      relations.includes('line_items') ? related('line_items', deals) : null,
      relations.includes('companies') || person ? related('companies', deals) : null,
      relations.includes('contacts') ? related('contacts', deals) : null,
    ])
    // When contacts count only as persons who buy, those of deals with a company need not be read.
    const persons = person
      ? (contacts ??
        (await related(
          'contacts',
          deals.filter((id) => !companies?.get(id)?.one),
        )))
      : null
    const sources: Readonly<Record<string, Related | null>> = { line_items: lines, companies, contacts }
    return {
      fields(id) {
        const fields: Record<string, Json> = {}
        for (const [name, { single }] of Object.entries(dealRelations)) {
          const source = sources[name]?.get(id)
          if (named.has(name)) fields[name] = source?.many ?? []
          if (single !== null && named.has(single)) fields[single] = source?.one ?? null
        }
        if (persons !== null) fields.person = companies?.get(id)?.one ? null : (persons.get(id)?.one ?? null)
        return fields
      },
      links: (id) => linksOf(links, id),
    }
  }

  async function readRelation(
    name: DealRelation,
    links: Associated,
    paths: readonly (readonly string[])[],
  ): Promise<Related> {
    const { object, single, preferred } = dealRelations[name]
    const heads = new Set<string | undefined>([name, single ?? name, name === 'contacts' ? 'person' : name])
    const inner = paths.filter(([head]) => heads.has(head)).map((path) => path.slice(1))
    const plan = await planOf(object, inner)
    const wantsAll = paths.some(([head]) => head === name)
    const chosen = new Map([...links].map(([id, list]) => [id, choose(list, preferred)]))
    const wanted = wantsAll ? [...links.values()].flat().map((link) => link.id) : [...chosen.values()]
    const known = wanted.filter((id) => id !== null)
    const found = plan.fetch.length === 0 ? null : await rows(object, known, plan.fetch)
    const record = (id: string | null): JsonObject | null => {
      if (id === null) return null
      const row = found === null ? { id, properties: {} } : found.get(id)
      return row === undefined ? null : fieldsOf(object, row, plan)
    }
    return new Map(
      [...links].map(([id, list]) => {
        const many = wantsAll ? list.map((link) => record(link.id)).filter((one) => one !== null) : []
        return [id, { many, one: single === null ? null : record(chosen.get(id) ?? null) }] as const
      }),
    )
  }

  async function versions(deals: readonly Row[]) {
    const ways = echo.ways()
    if (deals.length === 0 || ways.length === 0) return {}
    const ids = deals.map((row) => row.id)
    const links: Partial<Record<DealRelation, Associated>> = {}
    const ask = async (name: DealRelation, of: readonly string[]) => {
      if (of.length > 0) links[name] = await associated('deals', dealRelations[name].object, of)
    }
    const asks = (name: DealRelation) => ways.some((way) => way.relations.includes(name))
    const person = ways.some((way) => way.person)
    await Promise.all([
      asks('line_items') ? ask('line_items', ids) : null,
      asks('companies') || person ? ask('companies', ids) : null,
      asks('contacts') ? ask('contacts', ids) : null,
    ])
    if (person && !asks('contacts')) {
      await ask(
        'contacts',
        ids.filter((id) => (links.companies?.get(id) ?? []).length === 0),
      )
    }
    return Object.fromEntries(
      deals.map((row) => [row.id, ways.map((way) => versionOf(way, row.properties, linksOf(links, row.id)))] as const),
    )
  }

  /** What paths name of one record. `properties` alone means all of them. */
  async function planOf(object: string, paths: readonly (readonly string[])[]): Promise<Plan> {
    // `line_items.0.properties.price` names one of a list: the list is read whole, so the number is passed over.
    const own = paths.map((path) => (/^\d+$/.test(path[0] ?? '') ? path.slice(1) : path))
    const inside = own.filter(([head]) => head === 'properties')
    const all = inside.some((path) => path.length === 1)
    const shown = all ? [...(await definitions.properties(object)).keys()] : inside.flatMap(([, name]) => name ?? [])
    const derived = Object.keys(derivedFields[object] ?? {}).filter((name) => own.some(([head]) => head === name))
    const needs = derived.flatMap((name) => derivedFields[object]?.[name]?.needs ?? [])
    return { shown: [...new Set(shown)], derived, fetch: [...new Set([...shown, ...needs])] }
  }

  return { read, associated, versions }
}

const linksOf = (links: Partial<Record<DealRelation, Associated>>, id: string): DealLinks =>
  Object.fromEntries((Object.keys(links) as DealRelation[]).map((name) => [name, links[name]?.get(id) ?? []] as const))

/** What paths ask of deals. */
function wayOf(paths: readonly (readonly string[])[], properties: readonly string[]): Way {
  const named = new Set(paths.map(([head]) => head))
  const relations = (Object.keys(dealRelations) as DealRelation[]).filter(
    (name) => named.has(name) || named.has(dealRelations[name].single ?? ''),
  )
  return { properties, relations, person: named.has('person') }
}

interface Plan {
  /** Under `properties` of the record. */
  readonly shown: readonly string[]
  readonly derived: readonly string[]
  /** Properties to ask HubSpot for. */
  readonly fetch: readonly string[]
}

/** The preferred kind of association, else the lowest id: the same choice each time. */
const choose = (links: readonly Association[], preferred: number | null): string | null =>
  (links.find((link) => preferred !== null && link.types.includes(preferred)) ?? links[0])?.id ?? null

function fieldsOf(object: string, { id, properties }: Pick<Row, 'id' | 'properties'>, plan: Plan): JsonObject {
  const fields: Record<string, Json> = { id }
  for (const name of plan.derived) fields[name] = derivedFields[object]?.[name]?.of(id, properties) ?? null
  // Asked for and empty is absent, null or "" in HubSpot's answers: all are null here.
  fields.properties = Object.fromEntries(plan.shown.map((name) => [name, properties[name] || null]))
  return fields
}

const ownerFields = (owner: Owner | null): Json =>
  owner === null ? null : { id: owner.id, name: owner.name, email: owner.email, active: owner.active }

const ownersMs = 300_000

/**
 * Owners are few and change seldom: all are read at the first need, those who left one by one when they are met. After a while
 * they are asked for anew: who left must not pass for somebody who is there.
 */
function cacheOwners(client: Client, clock: Clock): (id: string | null) => Promise<Owner | null> {
  const readAll = () => once(async () => new Map((await client.owners()).map((owner) => [owner.id, owner])))
  let present = readAll()
  let former = onceEach(client.owner)
  let readAt = clock.now()
  return async (id) => {
    if (id === null) return null
    if (clock.now() >= shift(readAt, ownersMs)) {
      present = readAll()
      former = onceEach(client.owner)
      readAt = clock.now()
    }
    return (await present()).get(id) ?? former.of(id)
  }
}

/** Record ids are numbers too long to be trusted to a double. */
const byNumber = (a: string, b: string): number => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)

async function inChunks<T>(
  all: readonly T[],
  size: number,
  work: (chunk: readonly T[]) => Promise<void>,
): Promise<void> {
  // All at once: the transport holds back what is beyond its limit of calls under way.
  await Promise.all(chunks(all, size).map(work))
}

/** Where a record is shown in the user interface. */
export const pageOf = (portalUrl: string, portalId: string, object: string, id: string): string =>
  `${portalUrl}/contacts/${portalId}/record/${objectTypeIds[object] ?? object}/${id}`
