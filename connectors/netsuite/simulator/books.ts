import {
  add,
  compare,
  type Decimal,
  decimal,
  divide,
  multiply,
  round,
  subtract,
  sum,
  zero,
} from '../../../src/core/decimal.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import type { Database, Row, Values } from './database.ts'
import { dateToDay, dayToDate } from './dates.ts'

export type Route = 'stock' | 'make' | 'buy' | 'service'
export type Books = ReturnType<typeof openBooks>

/** A line of an order in our terms: what is ordered is positive. */
export interface OrderLine {
  readonly line: number
  readonly item: number
  readonly route: Route
  readonly location: number
  readonly quantity: Decimal
  readonly shipped: Decimal
  readonly picked: Decimal
  readonly packed: Decimal
  readonly billed: Decimal
  readonly committed: Decimal
  readonly net: Decimal
  readonly closed: boolean
}

interface Options {
  readonly taxPercent: () => string
  /** Taxes of the old engine are not worked out for what comes through REST. */
  readonly legacyTax: boolean
}

const recordTypes: Readonly<Record<string, readonly [recordType: string, prefix: string]>> = {
  SalesOrd: ['salesorder', 'SO'],
  ItemShip: ['itemfulfillment', 'IF'],
  CustInvc: ['invoice', 'INV'],
  CashSale: ['cashsale', 'CS'],
  CustPymt: ['customerpayment', 'PYMT'],
  CustCred: ['creditmemo', 'CM'],
  RtnAuth: ['returnauthorization', 'RMA'],
  WorkOrd: ['workorder', 'WO'],
  Build: ['assemblybuild', 'AB'],
  PurchOrd: ['purchaseorder', 'PO'],
  ItemRcpt: ['itemreceipt', 'IR'],
  InvAdjst: ['inventoryadjustment', 'IA'],
}
/** States of an order in which it is worked on. */
const open = 'BDEF'

/** Transactions, their lines and links, and what follows from them: totals, stock, the state of an order. */
export function openBooks(database: Database, { taxPercent, legacyTax }: Options) {
  const counters = new Map<string, number>()
  /** Never used twice, also when what was made with it is undone. */
  function next(name: string, first: number): number {
    const number = (counters.get(name) ?? first) + 1
    counters.set(name, number)
    return number
  }

  /** A transaction with what stands on its main line. */
  const header = (id: number): Row => {
    const row = database.get(
      `SELECT t.*, m.location, m.department, m.class${database.oneWorld ? ', m.subsidiary' : ''}
       FROM "transaction" t JOIN transactionline m ON m."transaction" = t.id AND m.id = 0 WHERE t.id = ?`,
      id,
    )
    if (row === undefined) throw new Error(`the simulated NetSuite has no transaction ${id}`)
    return row
  }
  function change(id: number, values: Values): void {
    database.update('transaction', id, { ...values, lastmodifieddate: database.time() })
  }

  /** @param main  what stands on its main line, which is number 0 */
  function addTransaction(type: string, values: Values, main: Values = {}): number {
    const [recordType = '', prefix = ''] = recordTypes[type] ?? []
    const id = next('transaction', 1000)
    const time = database.time()
    database.insert('transaction', {
      ...{ id, tranid: `${prefix}${next(type, 1000)}`, type, recordtype: recordType, voided: 'F' },
      ...{ trandate: dayToDate(dateToDay(time)), createddate: time, lastmodifieddate: time },
      ...values,
    })
    addLine(id, 0, { ...main, mainline: 'T' })
    return id
  }
  function addLine(transaction: number, id: number, values: Values): void {
    database.insert('transactionline', {
      ...{ transaction, id, uniquekey: next('uniquekey', 50_000), mainline: 'F', taxline: 'F', isclosed: 'F' },
      isinventoryaffecting: 'F',
      ...values,
    })
  }
  function changeLine(transaction: number, line: number, values: Values): void {
    const names = Object.keys(values)
    database.run(
      `UPDATE transactionline SET ${names.map((name) => `"${name}" = ?`).join(', ')} WHERE "transaction" = ? AND id = ?`,
      ...Object.values(values),
      transaction,
      line,
    )
  }
  function link(
    kind: string,
    previous: readonly [number, number],
    to: readonly [number, number],
    amount: number | null,
  ) {
    const typeOf = (id: number) => String(database.get('SELECT type FROM "transaction" WHERE id = ?', id)?.type)
    database.insert('sim_link', {
      ...{ previousdoc: previous[0], previousline: previous[1], previoustype: typeOf(previous[0]) },
      ...{ nextdoc: to[0], nextline: to[1], nexttype: typeOf(to[0]) },
      ...{ linktype: kind, foreignamount: amount, lastmodifieddate: database.time() },
    })
  }
  /** What a document has of the one that it follows from. */
  const shared = (row: Row): Values => ({ currency: row.currency as number, entity: row.entity as number })
  const sharedMain = (row: Row): Values => (database.oneWorld ? { subsidiary: row.subsidiary as number | null } : {})

  /** Documents of a type that follow from another, the oldest first. */
  const following = (id: number, type: string): readonly Row[] =>
    database.all(
      `SELECT * FROM "transaction" WHERE id IN (SELECT nextdoc FROM sim_link WHERE previousdoc = ? AND nexttype = ?) ORDER BY id`,
      id,
      type,
    )

  const linesOf = (orderId: number): readonly OrderLine[] =>
    database
      .all(
        `SELECT l.*, r.route FROM transactionline l LEFT JOIN sim_route r ON r.item = l.item
         WHERE l."transaction" = ? AND l.mainline = 'F' AND l.taxline = 'F' ORDER BY l.id`,
        orderId,
      )
      .map((row) => ({
        line: Number(row.id),
        item: Number(row.item),
        route: (row.route ?? 'stock') as Route,
        location: Number(row.location),
        quantity: negated(row.quantity),
        shipped: numberOf(row.quantityshiprecv),
        picked: numberOf(row.quantitypicked),
        packed: numberOf(row.quantitypacked),
        billed: numberOf(row.quantitybilled),
        committed: numberOf(row.quantitycommitted),
        net: negated(row.netamount),
        closed: row.isclosed === 'T',
      }))

  /** How many base units make one; 1 without a unit. */
  function rateOfUnit(unit: unknown): Decimal {
    const known =
      unit === null || unit === undefined
        ? undefined
        : database.get('SELECT conversionrate AS rate FROM unitstypeuom WHERE internalid = ?', Number(unit))
    return decimal(Number(known?.rate ?? 1))
  }

  function extraOf(kind: string, id: number, line = 0): JsonObject {
    const row = database.get('SELECT body FROM sim_extra WHERE kind = ? AND id = ? AND line = ?', kind, id, line)
    return row === undefined ? {} : (JSON.parse(String(row.body)) as JsonObject)
  }
  function keepExtra(kind: string, id: number, values: JsonObject, line = 0): void {
    if (Object.keys(values).length === 0) return
    const body = JSON.stringify({ ...extraOf(kind, id, line), ...values })
    database.run('INSERT OR REPLACE INTO sim_extra (kind, id, line, body) VALUES (?, ?, ?, ?)', kind, id, line, body)
  }

  const placesOf = (currency: number): number =>
    Number(database.get('SELECT currencyprecision AS places FROM currency WHERE id = ?', currency)?.places ?? 2)

  /** Adds up an order anew: its totals, the row of the whole and the row of the tax. */
  function total(orderId: number): void {
    const row = header(orderId)
    const extra = extraOf('transaction', orderId)
    const net = sum(linesOf(orderId).map((line) => line.net))
    const discount = numberOf(extra.discountRate)
    const charges = add(numberOf(extra.shippingCost), numberOf(extra.handlingCost))
    const tax = taxOf(add(net, discount), extra, placesOf(Number(row.currency)))
    const whole = sum([net, discount, charges, tax])
    keepExtra('transaction', orderId, { subtotal: Number(net), discountTotal: Number(discount), taxTotal: Number(tax) })
    change(orderId, { foreigntotal: Number(whole) })
    changeLine(orderId, 0, { foreignamount: Number(whole), netamount: Number(whole) })
    database.run(`DELETE FROM transactionline WHERE "transaction" = ? AND taxline = 'T'`, orderId)
    const last = Number(
      database.get('SELECT MAX(id) AS last FROM transactionline WHERE "transaction" = ?', orderId)?.last,
    )
    if (tax !== zero) {
      addLine(orderId, last + 1, { foreignamount: -Number(tax), netamount: -Number(tax), taxline: 'T', memo: 'VAT' })
    }
    number(orderId)
  }
  function taxOf(net: Decimal, extra: JsonObject, places: number): Decimal {
    if (legacyTax) return zero
    if (extra.taxDetailsOverride === 'T') {
      const given = (extra.taxDetails ?? []) as readonly JsonObject[]
      return sum(given.map((detail) => numberOf(detail.taxAmount)))
    }
    return round(divide(multiply(net, decimal(taxPercent())), decimal('100')), places)
  }
  /** Lines count from 1 without a gap in `linesequencenumber`; their own numbers may have gaps. */
  function number(orderId: number): void {
    database.run(
      `UPDATE transactionline SET linesequencenumber = (
         SELECT COUNT(*) - 1 FROM transactionline other
         WHERE other."transaction" = transactionline."transaction" AND other.id <= transactionline.id)
       WHERE "transaction" = ?`,
      orderId,
    )
  }

  /** Reserves stock for what is ordered, or gives it back; what is missing is back-ordered. */
  function commit(orderId: number): void {
    const works = open.includes(String(header(orderId).status))
    for (const line of linesOf(orderId)) {
      if (line.route === 'service') continue
      const wanted = works && !line.closed ? subtract(line.quantity, line.shipped) : zero
      const stock = stockOf(line.item, line.location)
      const extra = subtract(wanted, line.committed)
      // What is made or bought for the order arrives with its own document.
      const ready = compare(extra, zero) < 0 || line.route === 'stock' ? smaller(extra, stock.available) : zero
      reserve(orderId, line, ready)
      const missing = subtract(wanted, add(line.committed, ready))
      changeLine(orderId, line.line, { quantitybackordered: Number(missing) })
    }
  }
  function reserve(orderId: number, line: OrderLine, quantity: Decimal): void {
    changeLine(orderId, line.line, { quantitycommitted: Number(add(line.committed, quantity)) })
    moveStock(line.item, line.location, { committed: quantity })
  }
  function stockOf(item: number, location: number): { readonly onHand: Decimal; readonly available: Decimal } {
    const row = database.get('SELECT * FROM aggregateitemlocation WHERE item = ? AND location = ?', item, location)
    return { onHand: numberOf(row?.quantityonhand), available: numberOf(row?.quantityavailable) }
  }
  function moveStock(
    item: number,
    location: number,
    moved: { readonly onHand?: Decimal; readonly committed?: Decimal; readonly onOrder?: Decimal },
  ): void {
    const { onHand = zero, committed = zero, onOrder = zero } = moved
    if (onHand === zero && committed === zero && onOrder === zero) return
    const row = database.get('SELECT * FROM aggregateitemlocation WHERE item = ? AND location = ?', item, location)
    const held = add(numberOf(row?.quantityonhand), onHand)
    const taken = add(numberOf(row?.quantitycommitted), committed)
    // As its name says: goods that are reserved and leave change nothing of what is available.
    const same = compare(onHand, committed) === 0 && row !== undefined
    database.run(
      `INSERT OR REPLACE INTO aggregateitemlocation (item, location, quantityonhand, quantityavailable,
         quantitycommitted, quantityonorder, quantitybackordered, lastquantityavailablechange)
       VALUES (?, ?, ?, ?, ?, ?, 0, ?)`,
      ...[item, location, Number(held), Number(subtract(held, taken)), Number(taken)],
      ...[Number(add(numberOf(row?.quantityonorder), onOrder))],
      same ? (row.lastquantityavailablechange as string) : database.time(),
    )
  }

  /** The state of an approved order, which follows from its lines. The order's own date moves with it. */
  function settle(orderId: number): void {
    const { status } = header(orderId)
    if (status === 'A' || status === 'C') return
    const lines = linesOf(orderId)
    change(orderId, { status: stateOf(lines) })
    commit(orderId)
  }

  /** Takes a transaction out of every table. */
  function erase(id: number): void {
    for (const [table, column] of [
      ['transaction', 'id'],
      ['transactionline', 'transaction'],
      ['sim_link', 'nextdoc'],
      ['sim_link', 'previousdoc'],
      ['trackingnumbermap', 'transaction'],
    ] as const) {
      database.run(`DELETE FROM "${table}" WHERE "${column}" = ?`, id)
    }
    database.run(`DELETE FROM sim_extra WHERE kind IN ('transaction', 'line') AND id = ?`, id)
    database.run(`DELETE FROM sim_external WHERE pool = 'transaction' AND id = ?`, id)
  }

  return {
    erase,
    next,
    header,
    change,
    addTransaction,
    addLine,
    changeLine,
    link,
    shared,
    sharedMain,
    following,
    linesOf,
    extraOf,
    rateOfUnit,
    keepExtra,
    placesOf,
    total,
    commit,
    reserve,
    stockOf,
    moveStock,
    settle,
  }
}

function stateOf(lines: readonly OrderLine[]): string {
  const left = lines.filter((line) => !line.closed)
  if (left.length === 0) return 'H'
  const goods = left.filter((line) => line.route !== 'service')
  const shipped = goods.every((line) => compare(line.shipped, line.quantity) >= 0)
  if (left.every((line) => compare(line.billed, line.quantity) >= 0) && shipped) return 'G'
  if (shipped) return 'F'
  if (!goods.some((line) => compare(line.shipped, zero) > 0)) return 'B'
  return goods.some((line) => compare(line.shipped, line.billed) > 0) ? 'E' : 'D'
}

/** Of a column or a kept value; zero when there is none. */
export const numberOf = (value: unknown): Decimal =>
  value === null || value === undefined ? zero : decimal(value as number | string)
const negated = (value: unknown): Decimal => subtract(zero, numberOf(value))
export const smaller = (a: Decimal, b: Decimal): Decimal => (compare(a, b) < 0 ? a : b)
