import { parseDecimal } from '../../src/core/decimal.ts'
import type { Failure, Result } from '../../src/core/problem.ts'
import type { Write } from '../../src/ports/connector.ts'
import { withWhatGoesAlong } from '../kit/along.ts'
import { chunks } from '../kit/chunks.ts'
import { type Client, limits, type Row } from './client.ts'
import { type Body, encodeFields } from './encode.ts'
import type { Fields } from './metadata.ts'
import { addedTypes, bundleTypes, columns, places, silentTypes } from './schema.ts'
import type { Settings } from './settings.ts'

type Lines = NonNullable<Extract<Write, { do: 'update' }>['lines']>

/** A line of an order as it is now, as far as writing depends on it. */
export interface ExistingLine {
  readonly number: string
  readonly key: string | null
  readonly item: string
  readonly closed: boolean
  /** Nothing of it was shipped or billed. */
  readonly untouched: boolean
}

async function inParts(
  ids: readonly string[],
  ask: (part: readonly string[]) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  return (await Promise.all(chunks([...new Set(ids)], limits.values).map(ask))).flat()
}

/** Status letters of orders, in one call for a thousand. Those that are gone are missing. */
export async function readStatuses(client: Client, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await inParts(ids, (part) =>
    client.queryAll(
      `SELECT t.id, t.status FROM transaction t WHERE t.type = 'SalesOrd' AND t.id IN (${places(part)}) ORDER BY t.id`,
      part,
    ),
  )
  return new Map(rows.map((row) => [row.id ?? '', letterOf(row.status)]))
}

/** The lines of orders that a record shows as its items, in one call for a thousand orders. */
export async function readLines(
  client: Client,
  { lineKeyField }: Settings,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly ExistingLine[]>> {
  const { number, type, shipped, billed, closed } = columns.line
  const rows = await inParts(ids, (part) =>
    client.queryAll(
      `SELECT l.transaction, l.${number} AS number, l.item, l.${type} AS itemtype, l.${lineKeyField} AS linekey, ` +
        `l.${closed} AS closed, l.${shipped} AS shipped, l.${billed} AS billed FROM transactionline l ` +
        `WHERE l.mainline = 'F' AND l.taxline = 'F' AND l.transaction IN (${places(part)}) ORDER BY l.transaction, l.${number}`,
      part,
    ),
  )
  const items = rows.filter((row) => row.itemtype !== undefined && !addedTypes.has(row.itemtype))
  return new Map([...Map.groupBy(items, (row) => row.transaction ?? '')].map(([id, lines]) => [id, lines.map(lineOf)]))
}

const lineOf = (row: Row): ExistingLine => ({
  number: row.number ?? '',
  key: row.linekey ?? null,
  item: row.item ?? '',
  closed: row.closed === 'T',
  untouched: isNothing(row.shipped) && isNothing(row.billed),
})
export const isNothing = (quantity: string | undefined): boolean => (parseDecimal(quantity ?? '0') ?? '0') === '0'

/** Whether a line is of something that is delivered. */
export const isGoods = (line: Row): boolean =>
  line.taxline !== 'T' && line.item !== undefined && !silentTypes.has(line.itemtype ?? '')
/** Whether the goods are the lines that somebody ordered, no more and no fewer. */
export const areTold = (lines: readonly Row[]): boolean =>
  lines.every((line) => !bundleTypes.has(line.itemtype ?? '') && (line.linekey === undefined || isGoods(line)))

/** Searches write `SalesOrd:B` where SuiteQL writes `B`; both are taken. */
export const letterOf = (status: string | undefined): string => (status ?? '').split(':').at(-1) ?? ''

/** NetSuite computes the amount from quantity and rate, and the rate from item and price level, unless it is told. */
const repricing = { causes: ['item', 'quantity', 'units', 'price', 'rate', 'amount'], product: 'item' }

/** The lines of a new order, each with our key. */
export function encodeNewLines(type: string, lines: Lines, fields: Fields, keyField: string): Result<readonly Body[]> {
  const bodies: Body[] = []
  for (const { key, fields: given } of lines.upsert) {
    const body = encodeFields(`${type}.${lines.field}`, { ...given, [keyField]: key }, fields, true)
    if (!body.ok) return named(body.failure, key, keyField)
    bodies.push(body.value)
  }
  return { ok: true, value: bodies }
}

/**
 * What has to be sent so that an order has the lines that are wanted. A line that is there is named by its number: NetSuite
 * takes one without a number for a new one, so what is sent twice would be there twice. From an order that nobody has
 * approved, lines are taken away by sending the whole list; in an approved one they are closed.
 */
export function planLines(
  type: string,
  id: string,
  lines: Lines,
  order: { readonly status: string; readonly lines: readonly ExistingLine[] },
  fields: Fields,
  keyField: string,
): Result<{ readonly items: readonly Body[]; readonly whole: boolean }> {
  const known = new Map(order.lines.flatMap((line) => (line.key === null ? [] : [[line.key, line] as const])))
  const changed = new Map<string, Body>()
  const added: Body[] = []
  for (const line of lines.upsert) {
    const { key } = line
    const there = known.get(key)
    if (there === undefined && line.fields.item === undefined) return { ok: false, failure: lineGone(id, key) }
    const given = withWhatGoesAlong(line, repricing)
    const body = encodeFields(
      `${type}.${lines.field}`,
      there === undefined ? { ...given, [keyField]: key } : given,
      fields,
      there === undefined,
    )
    if (!body.ok) return named(body.failure, key, keyField)
    if (there === undefined) added.push(body.value)
    else {
      changed.set(there.number, {
        line: there.number,
        ...body.value,
        // A line that was taken off the deal and came back.
        ...(there.closed ? { isClosed: 'false' } : {}),
      })
    }
  }
  const removed = lines.remove.flatMap((key) => known.get(key) ?? [])
  const whole = order.status === 'A' && removed.length > 0
  if (whole) {
    const kept = order.lines.filter((line) => !removed.includes(line))
    return {
      ok: true,
      value: { whole, items: [...kept.map(({ number }) => changed.get(number) ?? { line: number }), ...added] },
    }
  }
  const closing = removed.filter((line) => !line.closed).map(({ number }) => ({ line: number, isClosed: 'true' }))
  return { ok: true, value: { whole, items: [...changed.values(), ...closing, ...added] } }
}

function named(failure: Failure, key: string, keyField: string): { ok: false; failure: Failure } {
  if (failure.field === keyField) {
    return {
      ok: false,
      failure: {
        problem: { kind: 'configuration_invalid', path: keyField },
        message: `Order lines in this NetSuite have no field "${keyField}", which carries our key of a line`,
        fix: 'Deploy the SuiteCloud project in connectors/netsuite/suitescript, or name another column field in `lineKeyField`.',
        field: keyField,
      },
    }
  }
  return { ok: false, failure: { ...failure, message: `Line ${key}: ${failure.message}` } }
}

const lineGone = (id: string, key: string): Failure => ({
  problem: { kind: 'record_rejected', field: 'item', remoteCode: 'line' },
  message: `Line ${key} changed in the CRM, but order ${id} in NetSuite has no such line any more`,
  fix: 'Somebody removed the line, or emptied its key, in NetSuite. Enter it there with the key, or take it off the deal; then retry.',
  field: 'item',
})
