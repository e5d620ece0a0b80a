import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { SyncError } from '../../src/core/problem.ts'
import { fromMillis, type Instant, parseInstant, shift, toMillis } from '../../src/core/time.ts'
import type { ChangePage, ChangesSince, ConnectionDeps, Watch } from '../../src/ports/connector.ts'
import { instantSchema, parseCursor } from '../kit/cursor.ts'
import { type Client, type Filter, limits, type Row } from './client.ts'
import { type Filters, groupsFor, openConditions } from './conditions.ts'
import type { Echo } from './echo.ts'
import type { Reading } from './read.ts'
import { type Definitions, modifiedProperty } from './schema.ts'
import type { Settings } from './settings.ts'

const positionSchema = z.strictObject({
  /** Everything changed before this was handed out, and was in the index by then. */
  from: instantSchema,
  /** What was handed out at or after `from`: record id → time of change in epoch milliseconds. */
  seen: z.record(z.string(), z.number()),
  /** Where a walk was left before its end: the time it had come to, and the id where many records share that time. */
  place: z.strictObject({ at: z.number(), after: z.string().nullable() }).nullable(),
})
type Position = z.infer<typeof positionSchema>
const cursorSchema = positionSchema.extend({
  /** The place among the line items, deals only, and when they were last looked at. */
  lines: positionSchema.extend({ lookedAt: instantSchema }).nullable(),
})

const readCursor = (cursor: unknown) => parseCursor(cursorSchema, cursor, 'HubSpot')

interface Deps extends Pick<ConnectionDeps, 'clock' | 'log'> {
  readonly client: Client
  readonly definitions: Definitions
  readonly reading: Pick<Reading, 'associated' | 'versions'>
  readonly echo: Echo
}

/**
 * How much of what was handed out a cursor remembers: little on the way, as it is stored after each page, and enough at
 * the end for an import of any likely size. Forgetting means handing some out again, which does no harm.
 */
const seenMax = { underWay: 500, atEnd: 50_000 } as const

/** Changes handed out at once, at least, but at the end: what is asked about them is asked for a thousand in each call. */
const pageMin = 1801

/**
 * Changes by search. The search index runs behind, so each poll looks `indexDelaySeconds` back again and leaves out what
 * it handed out before: an idle poll costs one call. Conditions become filters of the search as far as it knows them.
 * Deleted records never appear in the search; webhooks and `reconcile` find those.
 */
export function openChanges(settings: Settings, deps: Deps) {
  const { client, definitions, echo, reading } = deps
  const conditions = openConditions(settings, definitions, deps)

  /** What is searched: all the way of a walk by the same conditions. */
  interface Searched {
    readonly object: string
    readonly conditions: readonly Filters[]
  }

  /** Null where nothing can be found. */
  async function searchedFor(watch: Pick<Watch, 'object' | 'where'>): Promise<Searched | null> {
    const found = await conditions.of(watch)
    return found === null ? null : { object: watch.object, conditions: found }
  }

  /** @param times  the time of change, see `groupsFor` */
  async function searchChanged(
    searched: Searched,
    times: readonly (readonly Filters[])[],
    sort: string,
  ): Promise<Found> {
    const { object } = searched
    const groups = groupsFor(searched.conditions, times)
    // A hit that shows our own write as its last change shows what else there is to know of the deal itself.
    const properties = object === 'deals' && !echo.isEmpty() ? echo.ways().flatMap((way) => way.properties) : []
    const page = await client.search(object, groups, sort, [...new Set([modifiedProperty(object), ...properties])])
    return { rows: page.rows.map((row) => stamped(object, row)), more: page.more, at: page.at }
  }

  /**
   * What to search by. HubSpot refuses a whole search for one property that it does not have (any more), so a walk that
   * is refused at its first step is begun once more with the properties that there are by then.
   */
  async function* walkWatch(watch: Pick<Watch, 'object' | 'where'>, since: Position): AsyncGenerator<Step> {
    const searched = await searchedFor(watch)
    if (searched === null) return
    let begun = false
    try {
      for await (const step of walk(searched, since)) {
        begun = true
        yield step
      }
    } catch (error) {
      if (begun || searched.conditions.every((one) => one.length === 0) || !isRefusal(error)) throw error
      conditions.forget(watch.object)
      const again = await searchedFor(watch)
      if (again === null) return
      if (isDeepStrictEqual(again, searched)) throw error
      yield* walk(again, since)
    }
  }

  /**
   * Every record changed at or after `from`, page by page, oldest change first. Each page is a new search from the last
   * time seen, without what was met at that very time: offsets would shift under the reader's feet and end at 10,000.
   */
  async function* walk(searched: Searched, { from, place }: Position): AsyncGenerator<Step> {
    const modified = modifiedProperty(searched.object)
    let start = place?.at ?? toMillis(from)
    if (place?.after != null) {
      yield* walkMoment(searched, start, place.after)
      start += 1
    }
    let met: readonly string[] = []
    for (;;) {
      const page = await searchChanged(searched, timesFrom(modified, start, met), modified)
      const end = page.more ? page.rows.at(-1) : undefined
      const crowded = end !== undefined && end.at <= start
      yield { ...page, place: end === undefined ? null : { at: end.at, after: crowded ? '0' : null } }
      if (end === undefined) return
      start = end.at
      met = page.rows.filter(({ at }) => at === start).map(({ row }) => row.id)
      if (!crowded) continue
      // An import gave more records than fit on a page the same time: these are walked by id.
      yield* walkMoment(searched, start, '0')
      start += 1
      met = []
    }
  }

  async function* walkMoment(searched: Searched, at: number, first: string): AsyncGenerator<Step> {
    const same: Filter = { property: modifiedProperty(searched.object), operator: 'EQ', value: String(at) }
    let after = first
    for (;;) {
      const filters: Filters = [same, { property: 'hs_object_id', operator: 'GT', value: after }]
      const page = await searchChanged(searched, [[filters]], 'hs_object_id')
      after = page.rows.at(-1)?.row.id ?? after
      yield { ...page, place: { at, after } }
      if (page.rows.length < limits.searchPage) return
    }
  }

  /** Yields pages with something new; the last page, which may be empty, is the return value: null where none can be. */
  async function* poll(watch: Pick<Watch, 'object' | 'where'>, since: Position): AsyncGenerator<Page, Page | null> {
    const seen = new Map(Object.entries(since.seen))
    const handed = Object.entries(since.seen)
    let from = since.from
    let fresh: Hit[] = []
    // A walk that was left among the newest changes is taken up behind `from`: what comes late in between is for the
    // next walk, which starts there again.
    const mayMove = since.place === null || toMillis(from) >= since.place.at
    for await (const page of walkWatch(watch, since)) {
      for (const hit of page.rows) {
        const { row, at } = hit
        if (seen.get(row.id) === at) continue
        fresh.push(hit)
        seen.set(row.id, at)
        handed.push([row.id, at])
      }
      const reached = fromMillis(page.rows.at(-1)?.at ?? Number.NaN) ?? from
      // HubSpot's own clock decides what is old enough: ours may differ from it by more than the delay.
      const settled = shift(page.at ?? reached, -settings.indexDelaySeconds * 1000)
      if (mayMove) from = later(from, page.place === null ? settled : earlier(reached, settled))
      const { place } = page
      if (place === null) return { hits: fresh, from, place, seen: recent(handed, from, seenMax.atEnd) }
      if (fresh.length < pageMin) continue
      yield { hits: fresh, from, place, seen: recent(handed, from, seenMax.underWay) }
      fresh = []
    }
    // The place stays: what could not be is found from there once it can.
    return null
  }

  /**
   * The ids of a page, with the versions of those whose last change we made ourselves: a person may have changed them
   * before that. Edited lines are looked for apart; where nobody looks, every deal is to be read again.
   */
  async function handOut(object: string, hits: readonly Hit[]): Promise<Pick<ChangePage, 'ids' | 'versions'>> {
    const own =
      object === 'deals' && settings.lineItemsMinutes > 0 ? hits.filter(({ row, at }) => echo.isOwn(row.id, at)) : []
    return { ids: hits.map(({ row }) => row.id), versions: await reading.versions(own.map(({ row }) => row)) }
  }

  /** Line items are only hints for their deals, as a deal need not change when its lines do. */
  async function dealsOf(lines: readonly Hit[]): Promise<readonly string[]> {
    const deals = await reading.associated(
      'line_items',
      'deals',
      lines.map(({ row }) => row.id),
    )
    return [...new Set([...deals.values()].flat().map((deal) => deal.id))]
  }

  return async function* changes({ object, where }: Watch, since: ChangesSince): AsyncGenerator<ChangePage> {
    const before = 'cursor' in since ? readCursor(since.cursor) : null
    const start: Position =
      before ?? ('from' in since ? { from: since.from, seen: {}, place: null } : readCursor(since.cursor))
    let lines = before?.lines ?? null
    let yielded = false
    const pages = poll({ object, where }, start)
    let page = await pages.next()
    while (page.done !== true) {
      const { hits, ...position } = page.value
      yielded = true
      yield { ...(await handOut(object, hits)), cursor: { ...position, lines } }
      page = await pages.next()
    }
    if (page.value === null) return
    const { hits, ...position } = page.value
    const now = deps.clock.now()
    const watchLines = object === 'deals' && settings.lineItemsMinutes > 0
    const linesDue = watchLines && lines !== null && now >= shift(lines.lookedAt, settings.lineItemsMinutes * 60_000)
    const linesBegin = watchLines && lines === null
    // A deal's first delivery brings its lines with it; edits count from then on.
    if (linesBegin) lines = { from: position.from, seen: {}, place: null, lookedAt: now }
    // When nothing is new, an empty page only where the cursor is the first one or gets shorter.
    const shorter = Object.keys(position.seen).length < Object.keys(start.seen).length
    if (hits.length > 0 || yielded || before === null || linesBegin || shorter) {
      yield { ...(await handOut(object, hits)), cursor: { ...position, lines } }
    }
    if (!linesDue || lines === null) return
    const edits = poll({ object: 'line_items', where: [] }, lines)
    let edit = await edits.next()
    while (edit.done !== true) {
      // The time of the last look moves only at the end, so that a walk that was cut off goes on at the next poll.
      const { hits: edited, ...place } = edit.value
      lines = { ...place, lookedAt: lines.lookedAt }
      yield { ids: await dealsOf(edited), cursor: { ...position, lines } }
      edit = await edits.next()
    }
    if (edit.value === null) return
    const { hits: edited, ...place } = edit.value
    yield { ids: await dealsOf(edited), cursor: { ...position, lines: { ...place, lookedAt: now } } }
  }
}

interface Page extends Position {
  readonly hits: readonly Hit[]
}
interface Hit {
  readonly row: Row
  /** Time of the change. */
  readonly at: number
}
interface Found {
  readonly rows: readonly Hit[]
  readonly more: boolean
  readonly at: Instant | null
}
interface Step extends Found {
  /** Where the next page begins; null after the last. */
  readonly place: Position['place']
}

/** At or after a time, but for what was met at that time; where that does not fit, with it. */
function timesFrom(property: string, start: number, met: readonly string[]): readonly (readonly Filters[])[] {
  const value = String(start)
  const all: readonly Filters[] = [[{ property, operator: 'GTE', value }]]
  if (met.length === 0 || met.length > limits.filterValues) return [all]
  const fresh: readonly Filters[] = [
    [{ property, operator: 'GT', value }],
    [
      { property, operator: 'EQ', value },
      { property: 'hs_object_id', operator: 'NOT_IN', values: met },
    ],
  ]
  return [fresh, all]
}

const isRefusal = (error: unknown): error is SyncError =>
  error instanceof SyncError && ['record_rejected', 'configuration_invalid'].includes(error.problem.kind)

const later = (a: Instant, b: Instant): Instant => (a > b ? a : b)
const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b)

/** The newest of what was handed out, oldest first, as far as the next poll can meet it again. */
function recent(handed: readonly (readonly [string, number])[], from: Instant, max: number): Record<string, number> {
  const start = toMillis(from)
  return Object.fromEntries(handed.slice(-max).filter(([, at]) => at >= start))
}

function stamped(object: string, row: Row): Hit {
  const at = parseInstant(row.properties[modifiedProperty(object)])
  if (at === null) {
    throw new SyncError(`HubSpot sent ${object} ${row.id} from a search without the time of its last change`, {
      problem: { kind: 'bad_reply' },
      fix: 'Check apiVersion in the settings of the connection.',
    })
  }
  return { row, at: toMillis(at) }
}
