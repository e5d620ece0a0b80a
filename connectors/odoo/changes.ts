import { z } from 'zod'
import { canonicalJson, type Json } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { ChangePage, ChangesSince, Watch } from '../../src/ports/connector.ts'
import { instantSchema, parseCursor } from '../kit/cursor.ts'
import { onceEach } from '../kit/once.ts'
import type { Client, Domain, Row } from './client.ts'
import { type Affected, affectedSchema, anyOf, domainOf, findPriceChanges, toldSchema } from './price-changes.ts'
import type { Reading } from './read.ts'
import { digestOf, type Recent, versionOf } from './recent.ts'
import { type Models, optionalModels } from './schema.ts'

const pageMax = 1000
/**
 * `write_date` is the moment a transaction began, and the record appears when it commits: so far back each round looks
 * again, beside the difference of clocks between the servers of Odoo and of its database.
 */
const overlapMs = 120_000
/**
 * How often the records of the last `overlapMs` are compared in full. In between, what was reported is looked at again
 * only when something is newer than all that was seen, and misses for so long what a slow transaction commits late.
 */
const compareMs = 15_000
/** The same as long as the newest change is so young that its second may bring more. */
const compareUnsettledMs = 3000
/** Further back than that, a window holds much that no later round meets again: what one will is looked for first. */
const longMs = 600_000
/** Up to so many are left out of a search by their ids. */
const excludedMax = 2000
/** More than that are forgotten, and reported once more when they are met again: the place is stored with each page. */
const rememberedMax: Readonly<Record<string, number>> = { 'product.product': 5000 }
const rememberedMaxElse = 20_000
/** Whoever asks for changes since before that asks for all records. */
const beginning = '2000-01-01T00:00:00.000Z'
/** A change so recent may not be the last of its second; clocks of servers differ a little. */
const settleMs = 2000

/**
 * Where a change of a record shows, as paths to a `write_date`: Odoo moves the order's own neither for a production nor
 * for a payment. A path that this Odoo has not, or may not read, is left out.
 */
const watched: Readonly<Record<string, readonly string[]>> = {
  'sale.order': [
    'order_line',
    'picking_ids',
    'invoice_ids',
    'mrp_production_ids',
    'procurement_group_id.stock_move_ids.created_production_id.procurement_group_id.mrp_production_ids',
    'procurement_group_id.stock_move_ids.created_purchase_line_id.order_id',
    'procurement_group_id.stock_move_ids.created_purchase_line_ids.order_id',
    'procurement_group_id.stock_move_ids.move_orig_ids.purchase_line_id.order_id',
    'order_line.purchase_line_ids.order_id',
    'stock_reference_ids.production_ids',
    'stock_reference_ids.move_ids.created_purchase_line_ids.order_id',
    'stock_reference_ids.move_ids.move_orig_ids.purchase_line_id.order_id',
  ],
  'product.product': ['product_tmpl_id', 'product_template_attribute_value_ids', 'stock_quant_ids', 'stock_move_ids'],
  'res.partner': ['child_ids'],
}
/**
 * What a change is told by when records of the overlap are met again. A `write_date` has seconds, so two changes within
 * one look alike; what people and machines change most is therefore compared by its value.
 */
const compared: Readonly<Record<string, readonly string[]>> = {
  'sale.order': [
    'state',
    'order_line.write_date',
    'order_line.product_uom_qty',
    'order_line.qty_delivered',
    'order_line.qty_invoiced',
    'picking_ids.write_date',
    'picking_ids.state',
    'picking_ids.carrier_tracking_ref',
    'invoice_ids.write_date',
    'invoice_ids.state',
    'invoice_ids.amount_residual',
    'production_orders.write_date',
    'production_orders.state',
    'production_orders.qty_produced',
    'purchase_orders.write_date',
    'purchase_orders.state',
  ],
  'product.product': ['product_tmpl_id.write_date', 'active', 'on_hand', 'available', 'prices'],
  'res.partner': ['child_ids.write_date'],
}

/** By id, a digest of the record and what belongs to it, and its latest `write_date` in seconds of the epoch. */
const rememberedSchema = z.record(z.string(), z.tuple([z.string(), z.int()]))
const cursorSchema = z.strictObject({
  /** Everything that was committed before this moment has been reported. */
  since: instantSchema,
  /** Reported in the meantime, so that the overlap reports nothing twice. */
  seen: rememberedSchema,
  comparedAt: instantSchema.nullable(),
  /** Changes of prices that were reported, likewise. */
  told: toldSchema.default({}),
  /** A round that is not finished: begun when, read up to which id, what it remembers, and what price lists add to it. */
  round: z
    .strictObject({
      startedAt: instantSchema,
      after: z.int(),
      seen: rememberedSchema,
      told: toldSchema.default({}),
      affected: affectedSchema.nullable().default(null),
    })
    .nullable(),
})
type State = z.output<typeof cursorSchema>

interface Deps {
  readonly client: Client
  readonly models: Models
  readonly reading: Reading
  readonly recent: Recent
  readonly clock: Clock
}

/**
 * Reads changes with one call for all that belongs to an object: a search for records, by id, one of whose
 * `write_date`s is in the window. Only when it finds some, what belongs to them is read to tell which are new.
 */
export function openChanges({ client, models, reading, recent, clock }: Deps) {
  async function datesOf(object: string): Promise<readonly string[]> {
    if ((await models.fields(object)) === null) {
      throw new SyncError(`This Odoo has no model "${object}"`, {
        problem: { kind: 'configuration_invalid', path: object },
        fix: 'Install the app that brings it, or correct the mapping.',
      })
    }
    const paths = await Promise.all(
      (watched[object] ?? []).map(async (path) => ((await isWalkable(object, path)) ? [path] : [])),
    )
    return ['write_date', ...paths.flat().map((path) => `${path}.write_date`)]
  }

  async function isWalkable(object: string, path: string): Promise<boolean> {
    let model = object
    for (const name of path.split('.')) {
      const field = (await models.fields(model))?.[name]
      if (field?.relation === undefined || !field.searchable) return false
      model = field.relation
      if (optionalModels.has(model) && !(await models.readable(model))) return false
    }
    return true
  }

  const paths = onceEach(datesOf).of

  async function search(object: string, domain: Domain, fields: readonly string[]) {
    const context = await reading.context(object)
    const limit = pageMax + 1
    const found = await client.searchRead(object, { domain, fields, order: 'id', limit, archived: true, context })
    const rows = found.slice(0, pageMax)
    return { rows, ids: rows.map((row) => row.id), more: found.length > pageMax }
  }

  /** How records are looked at: for a comparison, and as they are read. */
  function waysOf(object: string): readonly (readonly string[])[] {
    const widest = recent.widest(object)
    const paths = ['write_date', ...(compared[object] ?? [])]
    return widest === null ? [paths] : [paths, widest]
  }

  /** Digests of the records and of what belongs to them, and the versions under which they are read. */
  async function compare(object: string, ids: readonly number[], rows: readonly Row[]): Promise<Compared> {
    const [records = [], read = []] = await reading.readAlike(object, ids.map(String), waysOf(object), rows)
    const settledBefore = shift(client.serverTime(), -settleMs)
    const seen: Record<string, [string, number]> = {}
    const versions: Record<string, string> = {}
    for (const [place, record] of records.entries()) {
      if (record === null) continue
      const text = canonicalJson(record.fields)
      const latest = text.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)?.reduce((a, b) => (a > b ? a : b)) as Instant | undefined
      if (latest === undefined) continue
      // Whatever else the second of the change brings would not show, so such a record is reported once more later.
      const mark = latest < settledBefore ? '' : unsettled
      seen[record.id] = [digestOf(text) + mark, Math.floor(toMillis(latest) / 1000)]
      const whole = read[place] ?? null
      if (whole !== null) versions[record.id] = versionOf(whole)
    }
    return { seen, versions }
  }

  /**
   * A look between two comparisons: what is not known yet, and of what is known, by the last comparison or because it was
   * read whole just now, what is newer.
   */
  function fresh(object: string, dates: readonly string[], state: State): Domain {
    const whole = recent.whole(object)
    const known = Object.keys(state.seen).filter((id) => !whole.has(id))
    const window = newerThan(dates, state.since)
    if (known.length + whole.size === 0) return window
    const newer = (ids: readonly string[], from: Instant): readonly Domain[] =>
      ids.length === 0 ? [] : [both([['id', 'in', ids.map(Number)]], newerThan(dates, from))]
    const begun = [...whole.values()].reduce((a, b) => (a < b ? a : b), client.serverTime())
    const terms: readonly Domain[] = [
      [['id', 'not in', [...known, ...whole.keys()].map(Number)]],
      ...newer(known, secondAfter(state.seen)),
      ...newer([...whole.keys()], shift(begun, 1000)),
    ]
    return both(window, anyOf(terms))
  }

  return async function* changes({ object }: Watch, since: ChangesSince): AsyncIterable<ChangePage> {
    const dates = await paths(object)
    let state = stateOf(since)
    for (;;) {
      const { round } = state
      const known = Object.keys(state.seen)
      const now = clock.now()
      const sinceMs = state.comparedAt === null ? null : Math.abs(toMillis(now) - toMillis(state.comparedAt))
      const mayBeBrief =
        round === null && sinceMs !== null && sinceMs < pauseAfter(state.seen) && known.length <= excludedMax
      // More changed than is remembered: only what is newer is asked for, until all of that has been left behind but once.
      const crowded = round === null && sinceMs !== null && sinceMs < overlapMs && known.length >= mostOf(object)
      // Price lists come first: what changed in them is looked for by the search for records. A first look finds all anyway.
      const asked = round === null && object === 'product.product' && state.since > beginning
      const prices = asked
        ? await findPriceChanges(client, models, { since: state.since, told: state.told, settledMs: settleMs })
        : null
      const affected = round === null ? (prices?.affected ?? null) : round.affected
      const told = round === null ? (prices?.told ?? {}) : round.told
      const brief = (mayBeBrief || crowded) && affected === null
      const domain = !brief
        ? widened(newerThan(dates, state.since), affected)
        : crowded
          ? newerThan(dates, shift(client.serverTime(), -(sinceMs ?? 0) - settleMs))
          : fresh(object, dates, state)
      // Of many records, those that the next round will meet again are told from the others first.
      const long = affected !== null || round !== null || state.since < shift(client.serverTime(), -overlapMs - longMs)
      const { rows, ids, more } = await search(
        object,
        round === null ? domain : both([['id', '>', round.after]], domain),
        long ? ['id'] : await reading.columns(object, waysOf(object)),
      )
      const startedAt = round?.startedAt ?? client.serverTime()
      const settled = shift(startedAt, -overlapMs)
      const hot =
        !long || ids.length === 0
          ? ids
          : [
              ...new Set([
                ...(await search(object, both([['id', 'in', ids]], newerThan(dates, settled)), ['id'])).ids,
                ...ids.filter((id) => Object.hasOwn(state.seen, id)),
              ]),
            ]
      const looked = hot.length === 0 ? { seen: {}, versions: {} } : await compare(object, hot, long ? [] : rows)
      const news = ids
        .map(String)
        .filter((id) => looked.seen[id] === undefined || looked.seen[id][0] !== state.seen[id]?.[0])
      const page = { ids: news, versions: versionsOf(news, looked.versions) }
      const remembered = bounded(object, (brief ? state.seen : round?.seen) ?? {}, looked.seen)
      const last = ids.at(-1)
      if (more && last !== undefined && !brief) {
        state = { ...state, round: { startedAt, after: last, seen: remembered, told, affected } }
        yield { ...page, cursor: state satisfies Json }
        continue
      }
      if (brief) {
        // A full page means that more was found than a brief look may hold: the next look compares in full.
        state = {
          ...state,
          seen: remembered,
          told: { ...state.told, ...told },
          comparedAt: more ? null : state.comparedAt,
        }
        yield { ...page, cursor: state satisfies Json }
        if (more) continue
        return
      }
      const moved = settled > state.since ? settled : state.since
      const seen = Object.keys(remembered).length < mostOf(object) ? remembered : sinceOnly(remembered, settled)
      state = { since: moved, seen, told, comparedAt: now, round: null }
      yield { ...page, cursor: state satisfies Json }
      return
    }
  }
}

interface Compared {
  readonly seen: State['seen']
  readonly versions: Readonly<Record<string, string>>
}

const versionsOf = (ids: readonly string[], versions: Compared['versions']): Record<string, readonly string[]> =>
  Object.fromEntries(ids.flatMap((id) => (versions[id] === undefined ? [] : [[id, [versions[id]]]])))

function stateOf(since: ChangesSince): State {
  if ('from' in since) return { since: since.from, seen: {}, told: {}, comparedAt: null, round: null }
  return parseCursor(cursorSchema, since.cursor, 'Odoo')
}

const unsettled = '?'
const pauseAfter = (seen: State['seen']): number =>
  Object.values(seen).some(([digest]) => digest.endsWith(unsettled)) ? compareUnsettledMs : compareMs

function secondAfter(seen: State['seen']): Instant {
  const latest = Object.values(seen).reduce((most, [, at]) => Math.max(most, at), 0)
  return new Date((latest + 1) * 1000).toISOString() as Instant
}

/** Without what the next round will not meet again. */
const sinceOnly = (seen: State['seen'], from: Instant): State['seen'] =>
  Object.fromEntries(Object.entries(seen).filter(([, [, at]]) => at * 1000 >= toMillis(from)))

const mostOf = (object: string): number => rememberedMax[object] ?? rememberedMaxElse

/** What was seen just now, and of what was seen before the newest, when they are too many. */
function bounded(object: string, before: State['seen'], now: State['seen']): State['seen'] {
  const seen = { ...before, ...now }
  const most = mostOf(object)
  if (Object.keys(seen).length <= most) return seen
  const older = Object.entries(before).filter(([id]) => !Object.hasOwn(now, id))
  const newest = older.sort(([, [, a]], [, [, b]]) => b - a).slice(0, Math.max(0, most - Object.keys(now).length))
  return { ...Object.fromEntries(newest), ...now }
}

const newerThan = (paths: readonly string[], from: Instant): Domain =>
  from < beginning ? [] : anyOf(paths.map((path): Domain => [[path, '>=', textOf(from)]]))

const both = (a: Domain, b: Domain): Domain => (a.length === 0 || b.length === 0 ? [...a, ...b] : ['&', ...a, ...b])

/** What changed by itself, and what price lists changed. */
function widened(domain: Domain, affected: Affected | null): Domain {
  if (affected === null || domain.length === 0) return domain
  const further = domainOf(affected)
  return further === null ? [] : anyOf([domain, further])
}

/** An instant as domains have it: UTC, whole seconds. */
const textOf = (instant: Instant): string => instant.slice(0, 19).replace('T', ' ')
