import { type Decimal, one, parseDecimal, zero } from '../../src/core/decimal.ts'
import type { Failure, Result } from '../../src/core/problem.ts'
import type { Write } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { type Client, limits, type Row } from './client.ts'
import { isSyncError } from './errors.ts'
import { columns, lineUnit, places } from './schema.ts'

type Line = NonNullable<Extract<Write, { do: 'create' }>['lines']>['upsert'][number]

/** How an item may be counted. */
interface Counted {
  readonly sku: string
  /** By their names: the unit's own, its plural, its abbreviation. */
  readonly units: readonly { readonly id: string; readonly names: readonly string[] }[]
  /** Internal id of the unit that it is sold in; null without units. */
  readonly own: string | null
}
const saleUnit = `NVL(i.${columns.item.saleUnit}, i.${columns.item.stockUnit})`

/** What an item without a type of units is counted in. */
const piece: ReadonlySet<string> = new Set(['each', 'ea', 'unit', 'units', 'piece', 'pieces', 'pc', 'pcs'])

/** How many base units make the unit of a line, and the one that its item is sold in. */
export interface LineUnits {
  readonly name: string
  readonly rate: Decimal
  readonly own: { readonly name: string; readonly rate: Decimal } | null
}
/** Names a line of an order in the rows of `readLineUnits`. */
export const lineName = (order: string | undefined, number: string | undefined): string => `${order} ${number}`

/** Units of the lines of orders, by `lineName`; of lines without one there is none. */
export async function readLineUnits(client: Client, ids: readonly string[]): Promise<ReadonlyMap<string, LineUnits>> {
  const { id, name, rate } = columns.unit
  const rows = await inParts(client, ids, (marks) => {
    const wanted = `u.${name} AS unit, u.${rate} AS rate, o.${name} AS own, o.${rate} AS ownrate`
    return (
      `SELECT l.transaction, l.${columns.line.number} AS number, ${wanted} FROM transactionline l ` +
      `JOIN item i ON i.id = l.item JOIN unitstypeuom u ON u.${id} = l.units LEFT JOIN unitstypeuom o ON o.${id} = ${saleUnit} ` +
      `WHERE l.mainline = 'F' AND l.transaction IN (${marks}) ORDER BY l.transaction, l.${columns.line.number}`
    )
  })
  return new Map(
    rows.map((row): [string, LineUnits] => [
      lineName(row.transaction, row.number),
      {
        name: row.unit ?? '',
        rate: rateOf(row.rate),
        own: row.own === undefined ? null : { name: row.own, rate: rateOf(row.ownrate) },
      },
    ]),
  )
}

function rateOf(text: string | undefined): Decimal {
  const rate = parseDecimal(text ?? '')
  return rate === null || rate === zero ? one : rate
}

async function inParts(
  client: Client,
  ids: readonly string[],
  statement: (marks: string) => string,
): Promise<readonly Row[]> {
  const parts = chunks([...new Set(ids)], limits.values)
  return (await Promise.all(parts.map((part) => client.queryAll(statement(places(part)), part)))).flat()
}

/**
 * Puts internal ids in the place of the units' names, which repeat across types of units: they are looked for among those
 * of the item. @returns a function of a line and the item that it has in NetSuite where the line does not name one
 */
export function openLineUnits(client: Client) {
  async function countedOf(items: readonly string[]): Promise<ReadonlyMap<string, Counted | null>> {
    const { id, type, name, plural, abbreviation } = columns.unit
    const rows = await inParts(
      client,
      items,
      (marks) =>
        `SELECT i.id, i.itemid, o.${id} AS own, u.${id} AS unit, u.${name} AS name, u.${plural} AS plural, ` +
        `u.${abbreviation} AS short FROM item i LEFT JOIN unitstypeuom o ON o.${id} = ${saleUnit} ` +
        `LEFT JOIN unitstypeuom u ON u.${type} = o.${type} WHERE i.id IN (${marks}) ORDER BY i.id, u.${id}`,
    )
    return new Map(
      [...Map.groupBy(rows, (row) => row.id ?? '')].map(([item, all]): [string, Counted] => [
        item,
        {
          sku: all[0]?.itemid ?? item,
          own: all[0]?.own ?? null,
          units: all.flatMap(({ unit, name: own, plural: several, short }) =>
            unit === undefined ? [] : [{ id: unit, names: [own, several, short].flatMap((text) => text ?? []) }],
          ),
        },
      ]),
    )
  }

  /** Where the feature is off, or the role may not see units: null of items that have one. */
  async function withoutNames(items: readonly string[]): Promise<ReadonlyMap<string, Counted | null>> {
    const bare = (column: string) => (marks: string) =>
      `SELECT i.id, i.itemid${column} FROM item i WHERE i.id IN (${marks}) ORDER BY i.id`
    const rows = await unlessHidden(() => inParts(client, items, bare(`, ${saleUnit} AS own`)))
    const known = rows ?? (await inParts(client, items, bare('')))
    return new Map(
      known.map((row) => [
        row.id ?? '',
        row.own === undefined ? { sku: row.itemid ?? '', own: null, units: [] } : null,
      ]),
    )
  }

  return async function unitsFor(lines: readonly (readonly [Line, string])[]): Promise<(line: Line) => Result<Line>> {
    const items = lines.map(([, item]) => item)
    const counted =
      items.length === 0
        ? new Map<string, Counted | null>()
        : ((await unlessHidden(() => countedOf(items))) ?? (await withoutNames(items)))
    const itemOf = new Map(lines)
    return (line) => placeUnit(line, counted.get(itemOf.get(line) ?? ''))
  }
}

/** Null where a feature is off or the role may not see it. */
async function unlessHidden<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (!isSyncError(error, 'configuration_invalid', 'permission_missing')) throw error
    return null
  }
}

/** @param counted  null where the units of the item are hidden from the role */
function placeUnit({ key, fields }: Line, counted: Counted | null | undefined): Result<Line> {
  const { [lineUnit]: name, ...others } = fields
  const put = (units: string | null): Result<Line> => ({
    ok: true,
    value: { key, fields: units === null ? others : { ...others, units } },
  })
  if (typeof name !== 'string') return put(counted?.own ?? null)
  if (counted === null) return { ok: false, failure: hidden(name) }
  const unit = counted?.units.find(({ names }) => names.some((one) => fold(one) === fold(name)))
  if (unit !== undefined) return put(unit.id)
  if (counted?.own === null && piece.has(fold(name))) return put(null)
  return { ok: false, failure: unfit(name, counted) }
}

const fold = (text: string): string => text.trim().toLowerCase()

function unfit(name: string, counted: Counted | undefined): Failure {
  const own = counted?.units.find(({ id }) => id === counted.own)?.names[0]
  const there = own === undefined ? 'without a unit' : `in "${own}", which has no such unit beside it`
  return {
    problem: { kind: 'record_rejected', field: lineUnit, remoteCode: 'unit' },
    message: `The deal counts ${counted?.sku ?? 'an item'} in "${name}" and NetSuite ${there}`,
    fix: 'Correct the unit of the product in the CRM, the units type of the item in NetSuite, or tell the unit by a table in the order mapping; then retry the record.',
    field: lineUnit,
  }
}

const hidden = (name: string): Failure => ({
  problem: { kind: 'record_rejected', field: lineUnit, remoteCode: 'unit' },
  message: `The deal counts in "${name}", and the role may not see in which units NetSuite counts the item`,
  fix: 'Give the role Lists > Units of Measure (View), then retry the record.',
  field: lineUnit,
})
