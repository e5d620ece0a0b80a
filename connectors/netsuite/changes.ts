import { z } from 'zod'
import type { Json } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { shift, toMillis } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { ChangePage, ChangesSince, Watch } from '../../src/ports/connector.ts'
import { instantSchema, parseCursor } from '../kit/cursor.ts'
import { type Client, limits, type QueryPage, type Row } from './client.ts'
import { localText, millisOf, offsetBetween, type ServerZone } from './clock.ts'
import { type Followed, followItems, followRecords } from './followed.ts'
import { itemObject } from './schema.ts'
import type { Settings } from './settings.ts'

/** More than that are forgotten, and reported once more when they are met again: the place is stored with each page. */
const rememberedMax = 20_000
/** A change so recent may not be the last of its second. */
const settleMs = 2000
/** How long a measured zone is taken for granted while no row tells the time. */
const measuredMs = 15 * 60_000

/** By document, when it was changed as SuiteQL shows it; with `?` while that second was not over. */
const seenSchema = z.record(z.string(), z.string())
const cursorSchema = z.strictObject({
  /** Everything that was saved before this moment has been reported. */
  since: instantSchema,
  /** Minutes that times of SuiteQL are ahead of UTC, and when that was found. */
  zone: z.strictObject({ offset: z.int(), at: instantSchema }).nullable(),
  /** Reported in the meantime, so that the overlap reports nothing twice. */
  seen: seenSchema,
  /** A round that is not finished: begun when, read up to which id, what it remembers. */
  round: z.strictObject({ startedAt: instantSchema, after: z.string(), seen: seenSchema }).nullable(),
})
type State = z.output<typeof cursorSchema>

interface Deps {
  readonly client: Client
  readonly zone: ServerZone
  readonly clock: Clock
}

/**
 * Changes by time of modification: one query for records and all documents that belong to them. Each round looks back over
 * the one before, as a record shows only when its transaction is over, and tells what it knows from what is new. Times are
 * local and without a zone, so where the zone is measured, each answer that shows the time measures it anew.
 */
export function openChanges(settings: Settings, { client, zone, clock }: Deps) {
  const overlapMs = settings.overlapSeconds * 1000
  const items = followItems(client)

  /** From when on to ask, in local time: at a change of the clocks the earlier of two readings. */
  function windowOf(state: State): string {
    const start = shift(state.since, -overlapMs)
    const offsets = [state.zone?.offset, zone.named(start), zone.named(clock.now())]
    const texts = offsets.flatMap((offset) =>
      offset === null || offset === undefined ? [] : [localText(start, offset)],
    )
    return texts.sort()[0] ?? localText(start, 0)
  }

  /** Asks for a page; once more when the answer shows that the clocks went back, so that the page began too late. */
  async function look(followed: Followed, given: State): Promise<{ found: QueryPage; state: State; told: boolean }> {
    const page = (of: State) => followed.page(isFromTheStart(of) ? null : windowOf(of), of.round?.after ?? null)
    const named = zone.named(clock.now()) !== null
    let state = given
    if (!named && state.zone === null) state = { ...state, zone: await zone.measure() }
    const found = await page(state)
    if (named) return { found, state, told: true }
    const measured = await measureOf(found, state)
    if (measured === null) return { found, state, told: false }
    const wentBack = state.zone !== null && measured.offset < state.zone.offset
    state = { ...state, zone: measured }
    if (!wentBack) return { found, state, told: true }
    return { found: await page(state), state, told: true }
  }

  async function measureOf(
    found: QueryPage,
    { zone: before, round }: State,
  ): Promise<NonNullable<State['zone']> | null> {
    const now = found.rows[0]?.now
    if (now !== undefined && found.at !== null) return { offset: offsetBetween(now, found.at), at: found.at }
    // The last page of many is empty where their number comes out even. It must end the round all the same.
    if (round !== null) return zone.measure()
    const age = before === null ? measuredMs : toMillis(clock.now()) - toMillis(before.at)
    // Without rows there is no clock to read; that of the last minutes will do, but nothing is taken for done by it.
    return Math.abs(age) < measuredMs ? null : zone.measure()
  }

  return async function* changes(watch: Watch, since: ChangesSince): AsyncIterable<ChangePage> {
    const { object } = watch
    const followed = object === itemObject ? items(watch) : followRecords(client, object)
    if (followed === null) {
      throw new SyncError(`Changes of "${object}" cannot be followed in NetSuite`, {
        problem: { kind: 'configuration_invalid', path: object },
        fix: 'Only those of salesOrder, customer and item can. Correct the `from:` of the mapping.',
      })
    }
    let before = stateOf(since)
    for (;;) {
      const { found, state, told } = await look(followed, before)
      const { rows } = found
      // What is so young that its second may bring more waits for the end of it, however often it is met before.
      const news = rows.filter((row) => ![row.modified, markOf(row)].includes(state.seen[followed.placeOf(row)]))
      const ids = await followed.idsOf(news)
      const startedAt = state.round?.startedAt ?? found.at ?? clock.now()
      const overlap = windowOf({ ...state, since: startedAt })
      const seen = bounded({
        ...state.round?.seen,
        // What is older than the next round looks back is not met again.
        ...Object.fromEntries(
          rows
            .filter(({ modified = '' }) => modified >= overlap)
            .map((row): [string, string] => [followed.placeOf(row), markOf(row)]),
        ),
      })
      const last = rows.at(-1)
      if (rows.length === limits.page && last !== undefined) {
        before = { ...state, round: { startedAt, after: followed.placeOf(last), seen } }
        yield { ids, cursor: before satisfies Json }
        continue
      }
      const moved = told && startedAt > state.since
      const after: State = { ...state, since: moved ? startedAt : state.since, seen, round: null }
      // A zone that was just measured is worth keeping: else the next poll would measure it again.
      const measured = state.zone?.at !== before.zone?.at
      if (moved || measured || ids.length > 0) yield { ids, cursor: after satisfies Json }
      return
    }
  }
}

/** NetSuite is younger than that: whoever asks from there on wants all that there is. */
const isFromTheStart = ({ since }: State): boolean => since < '1990'

function markOf({ modified = '', now }: Row): string {
  // One ahead of the clock is of the hour before clocks went back.
  const settled = now === undefined || Math.abs(millisOf(now) - millisOf(modified)) > settleMs
  // Whatever else its second brings would not show, so such a document is reported once more later.
  return settled ? modified : `${modified}?`
}

function stateOf(since: ChangesSince): State {
  if ('from' in since) return { since: since.from, zone: null, seen: {}, round: null }
  return parseCursor(cursorSchema, since.cursor, 'NetSuite')
}

/** The newest, when they are too many. */
function bounded(seen: State['seen']): State['seen'] {
  const entries = Object.entries(seen)
  if (entries.length <= rememberedMax) return seen
  return Object.fromEntries(entries.sort(([, a], [, b]) => (a > b ? -1 : 1)).slice(0, rememberedMax))
}
