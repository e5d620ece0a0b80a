import { type Decimal, divide, one, parseDecimal, round, zero } from '../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { chunks } from '../kit/chunks.ts'
import { pick, type Tree } from '../kit/tree.ts'
import { type Client, limits, type Row } from './client.ts'
import { isSyncError } from './errors.ts'
import type { Metadata } from './metadata.ts'
import { basePriceLevel, columns, countedTypes, orderObject, places } from './schema.ts'

/** Digits that are kept where a quantity is not a whole number of units of sale. */
const quantityPlaces = 8

interface Unit {
  readonly name: string
  /** Base units in one of it. */
  readonly rate: Decimal
}
/** What belongs to the items of one read. */
interface Loaded {
  readonly prices: ReadonlyMap<string, readonly JsonObject[]>
  /** Null where nothing is known of any stock. */
  readonly stock: ReadonlyMap<string, Row> | null
  /** By item; `unknown` where it has a unit that the role may not see. */
  readonly units: ReadonlyMap<string, Unit | 'unknown'>
}

/** Reads what belongs to items: one statement for all prices, one for all stock, one for all units, side by side. */
export function openItems(client: Client, metadata: Metadata, appUrl: string) {
  const absent = new Set<'stock' | 'units' | 'unit names'>()

  async function inParts(ids: readonly string[], statement: (marks: string) => string): Promise<readonly Row[]> {
    return (
      await Promise.all(chunks(ids, limits.values).map((part) => client.queryAll(statement(places(part)), part)))
    ).flat()
  }
  /** Null where a feature is off or the role may not see it; that is asked once. */
  async function ifThere<T>(what: 'stock' | 'units' | 'unit names', ask: () => Promise<T>): Promise<T | null> {
    if (absent.has(what)) return null
    try {
      return await ask()
    } catch (error) {
      if (!isSyncError(error, 'configuration_invalid', 'permission_missing')) throw error
      absent.add(what)
      return null
    }
  }

  async function load(ids: readonly string[], tree: Tree): Promise<Loaded> {
    const counts = tree.has('on_hand') || tree.has('available')
    const [prices, stock, units] = await Promise.all([
      tree.has('prices') ? pricesOf(ids) : new Map<string, JsonObject[]>(),
      counts ? ifThere('stock', () => stockOf(ids)) : null,
      counts || tree.has('unit') ? unitsOf(ids) : new Map<string, Unit>(),
    ])
    return { prices, stock, units }
  }

  /**
   * The base price by currency. With quantity pricing it has rows for larger quantities too; the first one counts from 0 in
   * some accounts and from 1 in others.
   */
  async function pricesOf(ids: readonly string[]): Promise<ReadonlyMap<string, JsonObject[]>> {
    const { level, currency, from, amount } = columns.price
    const several = Object.hasOwn((await metadata.fields(orderObject)) ?? {}, 'currency')
    const only = several ? null : await ownCurrency()
    const rows = await inParts(
      ids,
      (marks) =>
        `SELECT p.item, p.${amount} AS amount${several ? ', c.symbol' : ''} FROM pricing p` +
        `${several ? ` JOIN currency c ON c.id = p.${currency}` : ''} WHERE p.${level} = ${basePriceLevel} ` +
        `AND NVL(p.${from}, 0) <= 1 AND p.item IN (${marks}) ` +
        `ORDER BY p.item${several ? ', c.symbol' : ''}, NVL(p.${from}, 0), p.${amount}`,
    )
    const found = new Map<string, Map<string, Json>>()
    for (const { item = '', symbol = only ?? undefined, amount: text } of rows) {
      const price = parseDecimal(text ?? '')
      const own = found.get(item) ?? new Map<string, Json>()
      if (price !== null && symbol !== undefined && !own.has(symbol)) own.set(symbol, price)
      found.set(item, own)
    }
    return new Map(
      [...found].map(([item, own]) => [item, [...own].map(([code, price]) => ({ currency: code, amount: price }))]),
    )
  }
  /** Of an account that has only one. */
  async function ownCurrency(): Promise<string> {
    const statement = "SELECT c.symbol FROM currency c WHERE c.isbasecurrency = 'T' ORDER BY c.id"
    const { rows } = await client.query(statement, [], { limit: 1 })
    const symbol = rows[0]?.symbol
    if (symbol !== undefined) return symbol
    // No price at all would be taken for one that was withdrawn.
    throw new SyncError('The currency of the prices in NetSuite cannot be told', {
      problem: { kind: 'permission_missing', missing: ['Lists > Currency (View)'] },
      fix: 'Give the role Lists > Currency (View).',
    })
  }

  async function stockOf(ids: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    const { onHand, available } = columns.stock
    const rows = await inParts(
      ids,
      (marks) =>
        `SELECT a.item, SUM(a.${onHand}) AS onhand, SUM(a.${available}) AS available FROM aggregateitemlocation a ` +
        `WHERE a.item IN (${marks}) GROUP BY a.item ORDER BY a.item`,
    )
    return new Map(rows.map((row) => [row.item ?? '', row]))
  }

  /** NetSuite sells in the unit of sale, and enters orders in it; without one, in the unit of stock. */
  async function unitsOf(ids: readonly string[]): Promise<ReadonlyMap<string, Unit | 'unknown'>> {
    const { id, name, rate } = columns.unit
    const own = `NVL(i.${columns.item.saleUnit}, i.${columns.item.stockUnit})`
    const known = await ifThere('unit names', () =>
      inParts(
        ids,
        (marks) =>
          `SELECT i.id, u.${name} AS unit, u.${rate} AS rate FROM item i JOIN unitstypeuom u ON u.${id} = ${own} ` +
          `WHERE i.id IN (${marks}) ORDER BY i.id`,
      ),
    )
    if (known !== null) {
      return new Map(
        known.map((row): [string, Unit] => {
          const rate = parseDecimal(row.rate ?? '')
          return [row.id ?? '', { name: row.unit ?? '', rate: rate === null || rate === zero ? one : rate }]
        }),
      )
    }
    // Without the feature items have no such columns; with it, the role may not see the names.
    const hidden = await ifThere('units', () =>
      inParts(ids, (marks) => `SELECT i.id FROM item i WHERE ${own} IS NOT NULL AND i.id IN (${marks}) ORDER BY i.id`),
    )
    return new Map((hidden ?? []).map((row) => [row.id ?? '', 'unknown']))
  }

  function build(row: Row, own: JsonObject, tree: Tree, loaded: Loaded): JsonObject {
    const id = row.id ?? ''
    const unit = loaded.units.get(id)
    const quantity = (column: 'onhand' | 'available'): Json => {
      // Quantities are in base units, which say nothing where it is not known how many make the unit that is sold.
      if (loaded.stock === null || unit === 'unknown' || !countedTypes.has(row.ownitemtype ?? '')) return null
      const base = parseDecimal(loaded.stock.get(id)?.[column] ?? '0') ?? zero
      return unit === undefined ? base : round(divide(base, unit.rate), quantityPlaces)
    }
    const values: Readonly<Record<string, () => Json>> = {
      url: () => `${appUrl}/app/common/item/item.nl?id=${id}`,
      active: () => row.owninactive !== 'T',
      sales_description: () => row.owndescription ?? null,
      unit: () => (unit === undefined || unit === 'unknown' ? null : unit.name),
      prices: () => loaded.prices.get(id) ?? [],
      on_hand: () => quantity('onhand'),
      available: () => quantity('available'),
    }
    const fields = [...tree].flatMap(([name, inner]): [string, Json][] => {
      const known = values[name]
      return known === undefined ? [] : [[name, pick(known(), inner)]]
    })
    return { id, ...own, ...Object.fromEntries(fields) }
  }

  return { load, build }
}

/** Columns of the item itself that its own fields need. */
export function ownColumns(tree: Tree): readonly string[] {
  const { description, inactive } = columns.item
  const asked: [string, string][] = [
    ['active', `r.${inactive} AS owninactive`],
    ['sales_description', `r.${description} AS owndescription`],
    ['on_hand', 'r.itemtype AS ownitemtype'],
    ['available', 'r.itemtype AS ownitemtype'],
  ]
  return asked.flatMap(([name, column]) => (tree.has(name) ? [column] : []))
}
