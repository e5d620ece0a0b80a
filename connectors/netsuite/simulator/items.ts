import { add, type Decimal, decimal, subtract, zero } from '../../../src/core/decimal.ts'
import { type Books, numberOf, type Route } from './books.ts'
import type { Database } from './database.ts'

export interface NewItem {
  readonly sku: string
  readonly name?: string
  /** Base price in the company's currency; 10 when not given, null for none. */
  readonly price?: number | string | null
  /** Base prices in further currencies, by ISO code. */
  readonly prices?: Readonly<Record<string, number | string>>
  /** Base price in the company's currency from so many pieces on. */
  readonly breaks?: Readonly<Record<number, number | string>>
  /** From where it comes when it is ordered; 'stock' when not given. */
  readonly route?: Route
  /** In place of the type of its route: `Kit`, `NonInvtPart`, `Discount`, … Such an item can be read, and not ordered. */
  readonly type?: string
  readonly subtype?: string
  /** Pieces in each location: a million of what is kept in stock, none of what is made or bought. */
  readonly onHand?: number | string
  /** In which it is counted and sold: a piece when not given. */
  readonly unit?: NewUnit
  /** In which it is sold, when that is another one. */
  readonly saleUnit?: NewUnit
  /** Further ones of the same type of units. */
  readonly units?: readonly NewUnit[]
  readonly upc?: string
  readonly externalId?: string
  readonly inactive?: boolean
}
interface NewUnit {
  readonly name: string
  /** Base units in one of it; 1 when not given. */
  readonly rate?: number
}
export interface ItemChange {
  /** Base price in the company's currency. */
  readonly price?: string
  /** In all locations together; the first location gains or loses the difference. */
  readonly onHand?: string
  readonly active?: boolean
  readonly name?: string
}
export type SimulatedItem = {
  readonly id: string
  readonly sku: string
  readonly name: string
  readonly active: boolean
  /** Base price in the company's currency; `0` when it has none. */
  readonly price: string
  readonly onHand: string
  readonly available: string
}
export type Items = ReturnType<typeof openItems>

const itemTypes: Readonly<Record<Route, readonly [type: string, subtype: string | null]>> = {
  stock: ['InvtPart', null],
  buy: ['InvtPart', null],
  make: ['Assembly', null],
  service: ['Service', 'Sale'],
}
const stocked: ReadonlySet<string> = new Set(['InvtPart', 'Assembly'])
const plenty = 1_000_000
const basePrice = 1

/** The items of the account, with their prices and their stock in each location. */
export function openItems(database: Database, books: Books) {
  function addItem(item: NewItem): string {
    const { sku, name = sku, price = 10, prices = {}, breaks = {}, route = 'stock' } = item
    const id = books.next('item', 300)
    const [itemtype, subtype] = item.type === undefined ? itemTypes[route] : [item.type, item.subtype ?? null]
    const time = database.time()
    database.insert('item', {
      ...{ id, itemid: sku, displayname: name, description: name, itemtype, subtype },
      ...{
        isinactive: item.inactive === true ? 'T' : 'F',
        upccode: item.upc ?? null,
        externalid: item.externalId ?? null,
      },
      ...(database.units ? unitsOf(item) : {}),
      ...{ createddate: time, lastmodifieddate: time },
    })
    if (item.externalId !== undefined) {
      database.insert('sim_external', { pool: 'item', externalid: item.externalId, id })
    }
    if (item.type === undefined) database.insert('sim_route', { item: id, route })
    if (price !== null) addPrice(id, baseCurrency(), 0, price)
    for (const [quantity, amount] of Object.entries(breaks)) addPrice(id, baseCurrency(), Number(quantity), amount)
    for (const [code, amount] of Object.entries(prices)) addPrice(id, currencyOf(code), 0, amount)
    if (stocked.has(itemtype)) {
      const onHand = decimal(item.onHand ?? (route === 'stock' ? plenty : 0))
      for (const location of locations()) books.moveStock(id, location, { onHand })
    }
    return String(id)
  }
  function addPrice(item: number, currency: number, quantity: number, price: number | string): void {
    database.insert('pricing', {
      ...{
        internalid: books.next('price', 0),
        item,
        pricelevel: basePrice,
        currency,
        quantity,
        unitprice: Number(price),
      },
    })
  }
  const locations = (): readonly number[] =>
    database.all('SELECT id FROM location ORDER BY id').map((row) => Number(row.id))
  const baseCurrency = (): number => Number(database.get("SELECT id FROM currency WHERE isbasecurrency = 'T'")?.id)
  /** @throws Error when the account has no such currency */
  function currencyOf(code: string): number {
    const row = database.get('SELECT id FROM currency WHERE symbol = ?', code)
    if (row === undefined) throw new Error(`the simulated NetSuite has no currency ${code}`)
    return Number(row.id)
  }
  /** A type of units is known by the first of them. */
  function unitsOf({ unit, saleUnit = unit, units = [] }: NewItem): {
    stockunit: number | null
    saleunit: number | null
  } {
    const known =
      unit === undefined
        ? undefined
        : database.get('SELECT unitstype FROM unitstypeuom WHERE unitname = ? ORDER BY internalid', unit.name)
    const type = Number(known?.unitstype ?? books.next('units type', 0))
    const [stockunit = null, saleunit = null] = [unit, saleUnit].map((one) => unitOf(one, type))
    for (const one of units) unitOf(one, type)
    return { stockunit, saleunit }
  }
  function unitOf(unit: NewUnit | undefined, type: number): number | null {
    if (unit === undefined) return null
    const { name, rate = 1 } = unit
    const known = database.get(
      'SELECT internalid FROM unitstypeuom WHERE unitname = ? AND conversionrate = ? AND unitstype = ?',
      ...[name, rate, type],
    )
    if (known !== undefined) return Number(known.internalid)
    const internalid = books.next('unit', 0)
    database.insert('unitstypeuom', {
      ...{ internalid, unitstype: type, unitname: name, pluralname: name, abbreviation: name },
      ...{ conversionrate: rate, baseunit: rate === 1 ? 'T' : 'F' },
    })
    return internalid
  }

  function change(id: number, { price, onHand, active, name }: ItemChange): void {
    if (!database.has('SELECT 1 FROM item WHERE id = ?', id))
      throw new Error(`the simulated NetSuite has no item ${id}`)
    if (price !== undefined) {
      const currency = baseCurrency()
      const own = 'item = ? AND pricelevel = ? AND currency = ? AND quantity = 0'
      database.run(`DELETE FROM pricing WHERE ${own}`, id, basePrice, currency)
      addPrice(id, currency, 0, price)
    }
    const values = {
      ...(active === undefined ? {} : { isinactive: active ? 'F' : 'T' }),
      ...(name === undefined ? {} : { displayname: name }),
    }
    // Prices are a list of the item: saving one saves the item.
    if (price !== undefined || Object.keys(values).length > 0) {
      database.update('item', id, { ...values, lastmodifieddate: database.time() })
    }
    if (onHand !== undefined) adjust(id, decimal(onHand))
  }
  /** An inventory adjustment: the item itself is not touched by it. */
  function adjust(item: number, wanted: Decimal): void {
    const { held } =
      database.get('SELECT SUM(quantityonhand) AS held FROM aggregateitemlocation WHERE item = ?', item) ?? {}
    const moved = subtract(wanted, numberOf(held))
    const [location] = locations()
    if (location === undefined || moved === zero) return
    const adjustment = books.addTransaction('InvAdjst', {}, { location })
    const quantity = Number(moved)
    books.addLine(adjustment, 1, { item, quantity, location, isinventoryaffecting: 'T' })
    books.moveStock(item, location, { onHand: moved })
  }

  const all = (): readonly SimulatedItem[] =>
    database
      .all(
        `SELECT i.id, i.itemid, i.displayname, i.isinactive, p.unitprice, s.held, s.free FROM item i
         LEFT JOIN pricing p ON p.item = i.id AND p.pricelevel = ? AND p.currency = ? AND p.quantity = 0
         LEFT JOIN (SELECT item, SUM(quantityonhand) AS held, SUM(quantityavailable) AS free
           FROM aggregateitemlocation GROUP BY item) s ON s.item = i.id ORDER BY i.id`,
        basePrice,
        baseCurrency(),
      )
      .map((row) => ({
        ...{
          id: String(row.id),
          sku: String(row.itemid),
          name: String(row.displayname),
          active: row.isinactive !== 'T',
        },
        ...{ price: exact(row.unitprice), onHand: exact(row.held), available: exact(row.free) },
      }))

  return { add: addItem, change, all, currencyOf }
}

/** Sums of doubles, without what is behind the fifteenth digit. */
const exact = (value: unknown): Decimal =>
  add(zero, value === null || value === undefined ? zero : decimal(Number(Number(value).toPrecision(15))))
