import { z } from 'zod'
import { SyncError } from '../../src/core/problem.ts'
import { fromMillis, type Instant, parseInstant, shift, toMillis } from '../../src/core/time.ts'
import type { ChangePage, ChangesSince, ConnectionDeps, Watch } from '../../src/ports/connector.ts'
import { instantSchema, parseCursor } from '../kit/cursor.ts'
import { openBulk } from './bulk.ts'
import { type Client, limits, type Page, type Row } from './client.ts'
import { idOf } from './plan.ts'
import type { Definitions } from './schema.ts'
import type { Settings } from './settings.ts'
import { quote } from './soql.ts'
import { assumedCondition, changesQuery, describedCondition, linesOf, ownerOf, type Table } from './watched.ts'

const positionSchema = z.strictObject({
  /** Everything changed before this was handed out, and was committed by then. */
  from: instantSchema,
  /** What was handed out at or after `from`: record id → SystemModstamp in epoch milliseconds, see `unsettled`. */
  seen: z.record(z.string(), z.number()),
  /** The last record of a walk that was left before its end. */
  place: z.strictObject({ at: z.number(), id: z.string() }).nullable(),
})
type Position = z.infer<typeof positionSchema>
const cursorSchema = positionSchema.extend({
  /** A job that reads what is far back, begun at `startedAt`, and how far its result was read. */
  bulk: z.strictObject({ job: z.string(), startedAt: instantSchema, locator: z.string().nullable() }).nullable(),
  /** The place among the products of opportunities, and when they were last looked at. */
  lines: positionSchema.extend({ lookedAt: instantSchema }).nullable(),
})
type Cursor = z.infer<typeof cursorSchema>

interface Deps extends Pick<ConnectionDeps, 'clock' | 'log'> {
  readonly client: Client
  readonly definitions: Definitions
}

/**
 * How much of what was handed out a cursor remembers: little on the way, as it is stored after each page, and enough at
 * the end for an import of any likely size. Forgetting means handing some out again, which does no harm.
 */
const seenMax = { underWay: 500, atEnd: 50_000 } as const

/**
 * SystemModstamp has whole seconds. What is handed out before its second is over may change once more without looking any
 * different, so it is remembered by the negative of its time and handed out once more when the second is over.
 */
const settleMs = 2000
const unsettled = (at: number): number => -at

/**
 * Changes by SOQL, ordered by (SystemModstamp, Id), each page a query of its own from the last record seen: offsets and
 * locators end too early. A transaction may become visible long after the time in its records, so each poll looks
 * `overlapSeconds` back again and leaves out what it handed out before: an idle poll costs one call. Deleted records are
 * among them.
 */
export function openChanges(settings: Settings, deps: Deps) {
  const { client, clock, definitions, log } = deps
  const bulk = openBulk(client, clock, log)
  const overlapMs = settings.overlapSeconds * 1000
  // Fields and types of conditions are taken for granted until Salesforce refuses them: asking beforehand would cost a call
  // each time a process begins.
  let assumed = true

  const conditionOf = async (table: Table): Promise<string | null> =>
    assumed ? assumedCondition(table) : (await describedCondition(table, definitions)).condition

  /** One page of changes, oldest first. */
  async function search(table: Table, since: string, limit: string): Promise<Page> {
    const condition = await conditionOf(table)
    const ask = (wanted: string | null) => client.queryAll(`${changesQuery(table, since, wanted)}${ordered}${limit}`)
    try {
      return await ask(condition)
    } catch (error) {
      const invalid = error instanceof SyncError && error.problem.kind === 'configuration_invalid'
      if (!invalid || condition === null) throw error
      definitions.forget(ownerOf(table))
      const described = await describedCondition(table, definitions)
      if (described.condition === condition) throw error
      // Before `setup` ran there is no order number to look for; or the user may no longer see it.
      assumed = false
      if (described.missing.length > 0) log.warn('salesforce.watched_field_missing', { fields: described.missing })
      return ask(described.condition)
    }
  }

  /** Every record changed since the position, page by page. @param begun  its first page, where that was read already */
  async function* walk(table: Table, position: Position, begun: Step | null): AsyncGenerator<Step> {
    let last = position.place
    let step = begun
    for (;;) {
      const since = last === null ? sinceTime(position.from) : sincePlace(last)
      step ??= stepOf(table, await search(table, since, ` LIMIT ${limits.page}`))
      yield step
      if (step.place === null) return
      last = step.place
      step = null
    }
  }

  /** Yields pages with something new; the last page, which may be empty, is the return value. */
  async function* poll(table: Table, since: Position, begun: Step | null): AsyncGenerator<Found, Found> {
    const seen = new Map(Object.entries(since.seen))
    let { from } = since
    // A walk that was left among the newest changes is taken up behind `from`: what is committed late in between is for
    // the next walk, which starts there again.
    const mayMove = since.place === null || toMillis(from) >= since.place.at
    for await (const { rows, place } of walk(table, since, begun)) {
      // Salesforce's own clock decides what is old enough: ours may differ from it.
      const now = client.serverTime()
      const ids = new Set<string>()
      for (const { id, at, owner } of rows) {
        const over = at < toMillis(now) - settleMs
        const known = seen.get(id)
        if (known === at || (known === unsettled(at) && !over)) continue
        // Moved to the end, so that the oldest is forgotten first.
        seen.delete(id)
        seen.set(id, over ? at : unsettled(at))
        ids.add(owner)
      }
      const settled = shift(now, -overlapMs)
      const reached = fromMillis(rows.at(-1)?.at ?? Number.NaN) ?? from
      if (mayMove) from = later(from, place === null ? settled : earlier(reached, settled))
      if (place === null) return { ids: [...ids], from, place, seen: recent(seen, from, seenMax.atEnd) }
      if (ids.size > 0) yield { ids: [...ids], from, place, seen: recent(seen, from, seenMax.underWay) }
    }
    throw new Error('a walk ends with its last page')
  }

  /** The first page of a start; and a job, when there is so much to read that one is worth while. */
  async function begin(table: Table, from: Instant): Promise<{ step: Step; job: Job | null }> {
    const startedAt = client.serverTime()
    // Without a limit the answer tells how many there are in all.
    const page = await search(table, sinceTime(from), '')
    const step = stepOf(table, page)
    if (page.total <= settings.bulkAbove) return { step, job: null }
    const id = await bulk.begin(`${changesQuery(table, sinceTime(from), await conditionOf(table))}${ordered}`)
    return { step, job: id === null ? null : { job: id, startedAt, locator: null } }
  }

  return async function* changes({ object, where }: Watch, since: ChangesSince): AsyncGenerator<ChangePage> {
    const table: Table = { object, owner: 'Id', where }
    const before = 'cursor' in since ? readCursor(since.cursor) : null
    let start: Position =
      before ?? ('from' in since ? { from: since.from, seen: {}, place: null } : readCursor(since.cursor))
    let lines = before?.lines ?? null
    const begun = before === null ? await begin(table, start.from) : null
    const job = before?.bulk ?? begun?.job ?? null
    let yielded = false
    if (job !== null) {
      yielded = true
      // Stored before the wait for the job, which may be long: whoever goes on from here finds it.
      if (begun !== null) yield { ids: [], cursor: { ...start, bulk: job, lines } }
      for await (const { ids, locator } of bulk.pages(job)) {
        // What changed while the job ran is found from its beginning on.
        if (locator === null)
          start = { from: later(start.from, shift(job.startedAt, -overlapMs)), seen: {}, place: null }
        yield { ids, cursor: { ...start, bulk: locator === null ? null : { ...job, locator }, lines } }
      }
    }
    const pages = poll(table, start, job === null ? (begun?.step ?? null) : null)
    let page = await pages.next()
    while (page.done !== true) {
      const { ids, ...position } = page.value
      yielded = true
      yield { ids, cursor: { ...position, bulk: null, lines } }
      page = await pages.next()
    }
    const { ids, ...position } = page.value
    const now = clock.now()
    const watchLines = object === 'Opportunity' && settings.lineItemsMinutes > 0
    const linesDue = watchLines && lines !== null && now >= shift(lines.lookedAt, settings.lineItemsMinutes * 60_000)
    const linesBegin = watchLines && lines === null
    // An opportunity's first delivery brings its products with it; edits count from then on.
    if (linesBegin) lines = { from: position.from, seen: {}, place: null, lookedAt: now }
    // When nothing is new, an empty page only where the cursor is the first one or gets shorter.
    const shorter = Object.keys(position.seen).length < Object.keys(start.seen).length
    if (ids.length > 0 || yielded || before === null || linesBegin || shorter) {
      yield { ids, cursor: { ...position, bulk: null, lines } }
    }
    if (!linesDue || lines === null) return
    // The field may have been made in Salesforce by hand.
    if (!assumed) definitions.forget(object)
    const edits = poll(linesOf(where), lines, null)
    let edit = await edits.next()
    while (edit.done !== true) {
      // The time of the last look moves only at the end, so that a walk that was cut off goes on at the next poll.
      const { ids: edited, ...place } = edit.value
      lines = { ...place, lookedAt: lines.lookedAt }
      yield { ids: edited, cursor: { ...position, bulk: null, lines } }
      edit = await edits.next()
    }
    const { ids: edited, ...place } = edit.value
    yield { ids: edited, cursor: { ...position, bulk: null, lines: { ...place, lookedAt: now } } }
  }
}

type Job = NonNullable<Cursor['bulk']>
interface Found extends Position {
  readonly ids: readonly string[]
}
interface Step {
  readonly rows: readonly { readonly id: string; readonly at: number; readonly owner: string }[]
  /** The last record; null when there is none after it. */
  readonly place: Position['place']
}

const ordered = ' ORDER BY SystemModstamp ASC, Id ASC'
const sinceTime = (from: Instant): string => `SystemModstamp >= ${from}`
function sincePlace({ at, id }: NonNullable<Position['place']>): string {
  const moment = fromMillis(at)
  return `(SystemModstamp > ${moment} OR (SystemModstamp = ${moment} AND Id > ${quote(id)}))`
}

function stepOf(table: Table, page: Page): Step {
  const rows = page.rows.map((row) => stamped(table, row))
  const last = rows.at(-1)
  const more = page.next !== null || rows.length >= limits.page
  return { rows, place: more && last !== undefined ? { at: last.at, id: last.id } : null }
}

function stamped({ object, owner }: Table, row: Row): Step['rows'][number] {
  const id = idOf(row)
  const at = parseInstant(row.SystemModstamp)
  const owned = row[owner]
  if (at !== null && id !== '' && typeof owned === 'string') return { id, at: toMillis(at), owner: owned }
  throw new SyncError(`Salesforce sent ${object} ${id} from a query without the fields that were asked for`, {
    problem: { kind: 'bad_reply' },
    fix: 'Check apiVersion in the settings of the connection.',
  })
}

const later = (a: Instant, b: Instant): Instant => (a > b ? a : b)
const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b)

/** The newest of what was handed out, as far as the next poll can meet it again. */
function recent(seen: ReadonlyMap<string, number>, from: Instant, max: number): Record<string, number> {
  const start = toMillis(from)
  return Object.fromEntries([...seen].slice(-max).filter(([, at]) => Math.abs(at) >= start))
}

const readCursor = (cursor: unknown) => parseCursor(cursorSchema, cursor, 'Salesforce')
