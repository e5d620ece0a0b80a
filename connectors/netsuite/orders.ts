import {
  absolute,
  add,
  compare,
  type Decimal,
  divide,
  one,
  parseDecimal,
  round,
  subtract,
  sum,
  zero,
} from '../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import type { RemoteRecord } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { pick, type Tree } from '../kit/tree.ts'
import { type Client, limits, type Row } from './client.ts'
import { isSyncError } from './errors.ts'
import { areTold, isGoods, isNothing, letterOf } from './lines.ts'
import { isCustom } from './metadata.ts'
import { asDate, carriers, columns, type documentTypes, places, settlementTypes, stockedTypes } from './schema.ts'
import type { Settings } from './settings.ts'
import { type LineUnits, lineName, readLineUnits } from './units.ts'

type Rows = (id: string | undefined) => readonly Row[]

/** What belongs to the orders of one read, by what it belongs to. */
interface Loaded {
  readonly lines: Rows
  /** Of lines, by `lineName`. */
  readonly units: ReadonlyMap<string, LineUnits>
  /** Fulfillments, invoices, … of an order. */
  readonly documents: Rows
  readonly documentLines: Rows
  readonly tracking: Rows
  /** Payments of an invoice, credits of a return. */
  readonly settlements: Rows
}
const by = (rows: readonly Row[], column: string): Rows => {
  const groups = Map.groupBy(rows, (row) => row[column])
  return (id) => groups.get(id) ?? []
}

/** Columns of the order itself that its own fields need. */
export function headerColumns(tree: Tree, multiCurrency: boolean): readonly string[] {
  const asked: [string, readonly string[]][] = [
    ['number', ['t.tranid']],
    ['status', ['t.status']],
    ['date', [`${asDate('t.trandate')} AS orderdate`]],
    ['ship_date', [`${asDate('t.shipdate')} AS orderships`]],
    ['tax', ['t.foreigntotal']],
    ['total', ['t.foreigntotal']],
    ['customer', ['t.entity']],
    ['external_id', ['t.externalid']],
    ['currency', multiCurrency ? ['t.currency', 'c.symbol AS currencysymbol', 'c.name AS currencyname'] : []],
  ]
  return asked.flatMap(([name, wanted]) => (tree.has(name) ? wanted : []))
}

/** Reads what belongs to orders, level by level: one statement for all orders, those of a level side by side. */
export function openOrders(client: Client, settings: Settings, appUrl: string) {
  const absent = new Set<string>()

  async function inParts(ids: readonly string[], statement: (marks: string) => string): Promise<readonly Row[]> {
    const parts = chunks([...new Set(ids)], limits.values)
    return (await Promise.all(parts.map((part) => client.queryAll(statement(places(part)), part)))).flat()
  }

  async function load(ids: readonly string[], tree: Tree): Promise<Loaded> {
    const [lines, documents, units] = await Promise.all([
      wantsLines(tree) ? linesOf(ids, tree.get('lines')) : [],
      documentsOf(ids, tree),
      wantsUnits(tree) ? unitsOf(ids) : new Map<string, LineUnits>(),
    ])
    const of = (...types: readonly string[]) =>
      documents.flatMap((row) => (types.includes(row.type ?? '') && row.id !== undefined ? [row.id] : []))
    const fulfillments = tree.get('fulfillments')
    const detailed = [
      ...(fulfillments?.has('lines') === true ? of('ItemShip', 'RtnAuth') : []),
      ...(tree.get('lines')?.has('returned') === true ? of('RtnAuth') : []),
      ...(['quantity', 'built'].some((name) => tree.get('work_orders')?.has(name)) ? of('WorkOrd') : []),
    ]
    const settled = [...(tree.has('payments') ? of('CustInvc') : []), ...(tree.has('invoices') ? of('RtnAuth') : [])]
    const [documentLines, tracking, settlements] = await Promise.all([
      detailed.length === 0 ? [] : linesOfDocuments(detailed),
      ['packages', 'tracking_number'].some((name) => fulfillments?.has(name)) ? trackingOf(of('ItemShip')) : [],
      settled.length === 0 ? [] : settlementsOf(settled),
    ])
    return {
      lines: by(lines, 'transaction'),
      units,
      documents: by(documents, 'source'),
      documentLines: by(documentLines, 'transaction'),
      tracking: by(tracking, 'transaction'),
      settlements: by(settlements, 'source'),
    }
  }

  /** Lines with their items; where only sums are asked for, the few columns that make them. */
  function linesOf(ids: readonly string[], tree: Tree | undefined): Promise<readonly Row[]> {
    const { number, shipped, billed, committed, backordered, amount, closed, description } = columns.line
    const few = [
      'l.transaction',
      `l.${number} AS number`,
      'l.taxline',
      `l.${closed} AS closed`,
      `l.${amount} AS amount`,
      `l.${shipped} AS shipped`,
      `l.${billed} AS billed`,
    ]
    if (tree === undefined) {
      return inParts(
        ids,
        (marks) =>
          `SELECT ${few.join(', ')} FROM transactionline l ` +
          `WHERE l.mainline = 'F' AND l.transaction IN (${marks}) ORDER BY l.transaction, l.${number}`,
      )
    }
    const wanted = (name: string, column: string) => (tree.has(name) ? [column] : [])
    const all = [
      ...few,
      'l.item',
      'i.itemid',
      'i.displayname',
      'i.itemtype',
      'l.quantity',
      `l.${settings.lineKeyField} AS linekey`,
      ...wanted('committed', `l.${committed} AS committed`),
      ...wanted('backordered', `l.${backordered} AS backordered`),
      ...wanted('rate', 'l.rate'),
      ...wanted('description', `l.${description} AS description`),
      ...[...tree.keys()].filter((name) => isCustom(name)).map((name) => `l.${name}`),
    ]
    return inParts(
      ids,
      (marks) =>
        `SELECT ${all.join(', ')} FROM transactionline l LEFT JOIN item i ON i.id = l.item ` +
        `WHERE l.mainline = 'F' AND l.transaction IN (${marks}) ORDER BY l.transaction, l.${number}`,
    )
  }

  /** All documents that follow from orders, of the types that are asked for. */
  async function documentsOf(ids: readonly string[], tree: Tree): Promise<readonly Row[]> {
    const wants = (name: string) => tree.has(name)
    const needs: readonly [(typeof documentTypes)[number], boolean][] = [
      ['ItemShip', wants('fulfillments')],
      ['RtnAuth', wants('fulfillments') || wants('invoices') || tree.get('lines')?.has('returned') === true],
      ['CustInvc', wants('invoices') || wants('payments')],
      ['CashSale', wants('invoices') || wants('payments')],
      ['CustCred', wants('invoices')],
      ['WorkOrd', wants('work_orders')],
      ['PurchOrd', wants('purchase_orders')],
    ]
    const types = needs.flatMap(([type, wanted]) => (wanted ? [type] : []))
    if (types.length === 0) return []
    const { due, ends, shipped, carrier, total, unpaid } = columns.document
    const wanted = [
      ...(wants('fulfillments') ? [`${asDate(`d.${shipped}`)} AS shippedon`, `d.${carrier} AS carrier`] : []),
      ...(wants('invoices') || wants('payments') ? [`d.${total} AS total`, `d.${unpaid} AS unpaid`] : []),
      ...(wants('invoices') || wants('purchase_orders') ? [`${asDate(`d.${due}`)} AS due`] : []),
      ...(wants('work_orders') ? [`${asDate(`d.${ends}`)} AS ends`] : []),
    ]
    return inParts(
      ids,
      (marks) =>
        `SELECT DISTINCT k.previousdoc AS source, d.id, d.tranid, d.type, d.status, ${asDate('d.trandate')} AS documentdate` +
        `${wanted.map((column) => `, ${column}`).join('')} FROM NextTransactionLineLink k ` +
        `JOIN transaction d ON d.id = k.nextdoc WHERE d.type IN (${types.map((type) => `'${type}'`).join(', ')}) ` +
        `AND k.previousdoc IN (${marks}) ORDER BY k.previousdoc, d.id`,
    )
  }

  const linesOfDocuments = (ids: readonly string[]) =>
    inParts(
      ids,
      (marks) =>
        `SELECT l.transaction, l.${columns.line.number} AS number, l.mainline, l.item, i.itemid, l.quantity, ` +
        `l.${columns.line.shipped} AS shipped FROM transactionline l LEFT JOIN item i ON i.id = l.item ` +
        `WHERE l.taxline = 'F' AND l.transaction IN (${marks}) ORDER BY l.transaction, l.${columns.line.number}`,
    )

  const settlementsOf = (ids: readonly string[]) =>
    inParts(
      ids,
      (marks) =>
        `SELECT k.previousdoc AS source, k.previousline, k.nextline, d.id, d.tranid, d.type, d.status, ` +
        `${asDate('d.trandate')} AS documentdate, k.foreignamount AS amount, d.${columns.document.total} AS total, ` +
        `d.${columns.document.unpaid} AS unpaid FROM NextTransactionLineLink k JOIN transaction d ON d.id = k.nextdoc ` +
        `WHERE d.type IN (${settlementTypes.map((type) => `'${type}'`).join(', ')}) AND k.previousdoc IN (${marks}) ` +
        'ORDER BY k.previousdoc, d.id, k.previousline, k.nextline',
    )

  /** Empty where there are no units, or the role may not see them; the connection test tells. */
  async function unitsOf(ids: readonly string[]): Promise<ReadonlyMap<string, LineUnits>> {
    if (absent.has('units')) return new Map()
    try {
      return await readLineUnits(client, ids)
    } catch (error) {
      if (!isSyncError(error, 'configuration_invalid', 'permission_missing')) throw error
      absent.add('units')
      return new Map()
    }
  }

  /** Empty where the role may not see tracking numbers; the connection test tells. */
  async function trackingOf(ids: readonly string[]): Promise<readonly Row[]> {
    if (ids.length === 0 || absent.has('tracking')) return []
    try {
      return await inParts(
        ids,
        (marks) =>
          'SELECT m.transaction, n.trackingnumber FROM TrackingNumberMap m JOIN TrackingNumber n ON n.id = m.trackingnumber ' +
          `WHERE m.transaction IN (${marks}) ORDER BY m.transaction, n.trackingnumber`,
      )
    } catch (error) {
      if (!isSyncError(error, 'configuration_invalid', 'permission_missing')) throw error
      absent.add('tracking')
      return []
    }
  }

  function build(header: Row, own: JsonObject, tree: Tree, loaded: Loaded): RemoteRecord {
    const id = header.id ?? ''
    const lines = loaded.lines(id)
    const documents = loaded.documents(id)
    const returned = returnsOf(documents, loaded)
    const values: Readonly<Record<string, () => Json>> = {
      id: () => id,
      number: () => header.tranid ?? null,
      url: () => `${appUrl}/app/accounting/transactions/salesord.nl?id=${id}`,
      status: () => letterOf(header.status),
      untouched: () => lines.every((line) => isNothing(line.shipped) && isNothing(line.billed)),
      date: () => header.orderdate ?? null,
      ship_date: () => header.orderships ?? null,
      ...totalsOf(header, lines),
      customer: () => (header.entity === undefined ? null : { id: header.entity }),
      external_id: () => header.externalid ?? null,
      currency: () =>
        header.currency === undefined
          ? null
          : { id: header.currency, symbol: header.currencysymbol ?? null, name: header.currencyname ?? null },
      lines: () =>
        lines.filter(isGoods).map((line) => ({
          ...lineOf(line, returned, tree.get('lines'), loaded.units.get(lineName(id, line.number))),
          ordered_item: areTold(lines) ? (line.item ?? null) : null,
        })),
      fulfillments: () =>
        documents
          .filter(ofType('ItemShip', 'RtnAuth'))
          .map((document) => fulfillmentOf(document, loaded, ratesOf(lines, id, loaded))),
      invoices: () => [
        ...documents.filter(ofType('CustInvc', 'CashSale', 'CustCred')).map(invoiceOf),
        ...creditsOf(documents, loaded).map(invoiceOf),
      ],
      payments: () => paymentsOf(documents, loaded),
      work_orders: () => documents.filter(ofType('WorkOrd')).map((document) => workOrderOf(document, loaded)),
      purchase_orders: () => documents.filter(ofType('PurchOrd')).map(purchaseOf),
    }
    const fields = [...tree].flatMap(([name, inner]): [string, Json][] => {
      const known = values[name]
      return known === undefined ? [] : [[name, pick(known(), inner)]]
    })
    return { id, fields: { id, ...own, ...Object.fromEntries(fields) } }
  }

  return { load, build }
}

const wantsLines = (tree: Tree): boolean => ['lines', 'net', 'tax', 'total', 'untouched'].some((name) => tree.has(name))
/** What is counted of lines and documents is in base units. */
const wantsUnits = (tree: Tree): boolean =>
  (tree.get('lines')?.size ?? 0) > 0 || tree.get('fulfillments')?.has('lines') === true
const ofType =
  (...types: readonly string[]) =>
  (row: Row): boolean =>
    types.includes(row.type ?? '')

const numberOf = (text: string | undefined): Decimal | null => (text === undefined ? null : parseDecimal(text))
const quantityOf = (text: string | undefined): Decimal => absolute(numberOf(text) ?? zero)

const isDropped = (line: Row): boolean => line.closed === 'T' && isNothing(line.shipped) && isNothing(line.billed)

/**
 * Nothing is owed for a line that was closed before anything of it was shipped or billed, yet it counts in the totals of the
 * order; what tax would be without it is not known.
 */
function totalsOf(header: Row, lines: readonly Row[]): Readonly<Record<'net' | 'tax' | 'total', () => Json>> {
  const own = lines.filter((line) => line.taxline !== 'T')
  const netOf = (some: readonly Row[]): Decimal => absolute(sum(some.map((line) => numberOf(line.amount) ?? zero)))
  const total = numberOf(header.foreigntotal)
  const whole = !own.some(isDropped)
  return {
    net: () => netOf(own.filter((line) => !isDropped(line))),
    tax: () => (whole && total !== null ? subtract(total, netOf(own)) : null),
    total: () => (whole ? total : null),
  }
}

/** Digits that are kept where a quantity is not a whole number of the line's unit. */
const quantityPlaces = 8
const inUnits = (base: Decimal, rate: Decimal): Decimal =>
  rate === one ? base : round(divide(base, rate), quantityPlaces)

/** Base units in the unit that an order has an item in; an item of which it has several is told in base units. */
function ratesOf(lines: readonly Row[], order: string, loaded: Loaded): ReadonlyMap<string, Decimal> {
  const rates = new Map<string, Decimal>()
  for (const { item = '', number } of lines) {
    const rate = loaded.units.get(lineName(order, number))?.rate ?? one
    rates.set(item, (rates.get(item) ?? rate) === rate ? rate : one)
  }
  return rates
}

/** Quantities of lines are in base units, and told in the unit of the line. */
function lineOf(
  line: Row,
  returned: Map<string, Decimal>,
  tree: Tree | undefined,
  units: LineUnits | undefined,
): JsonObject {
  const told = (base: Decimal): Decimal => inUnits(base, units?.rate ?? one)
  const own = units?.own ?? null
  const quantity = quantityOf(line.quantity)
  const shipped = quantityOf(line.shipped)
  const billed = quantityOf(line.billed)
  const closed = line.closed === 'T'
  const stocked = stockedTypes.has(line.itemtype ?? '')
  const done = stocked || compare(shipped, billed) > 0 ? shipped : billed
  const custom = [...(tree?.keys() ?? [])].filter((name) => isCustom(name))
  return {
    id: line.number ?? '',
    key: line.linekey ?? null,
    sku: line.itemid ?? null,
    name: line.displayname ?? null,
    description: line.description ?? null,
    item: { id: line.item ?? '' },
    item_type: line.itemtype ?? null,
    stocked,
    unit: units?.name ?? null,
    product_unit: own?.name ?? null,
    unit_size: units === undefined || own === null ? null : divide(units.rate, own.rate),
    quantity: told(quantity),
    ordered: told(closed && compare(done, quantity) < 0 ? done : quantity),
    shipped: told(shipped),
    returned: told(takeReturned(line.item ?? '', shipped, returned)),
    billed: told(billed),
    committed: told(quantityOf(line.committed)),
    backordered: told(quantityOf(line.backordered)),
    rate: numberOf(line.rate),
    amount: line.amount === undefined ? null : subtract(zero, numberOf(line.amount) ?? zero),
    closed,
    ...Object.fromEntries(custom.map((name) => [name, line[name] ?? null])),
  }
}

/** What came back, by item: a return names its order, and not which of its lines. */
function returnsOf(documents: readonly Row[], loaded: Loaded): Map<string, Decimal> {
  const returned = new Map<string, Decimal>()
  for (const document of documents.filter(ofType('RtnAuth'))) {
    for (const line of linesIn(document, loaded)) {
      returned.set(line.item ?? '', add(returned.get(line.item ?? '') ?? zero, quantityOf(line.shipped)))
    }
  }
  return returned
}

/** Spreads what came back of an item over its lines, no more on each than was shipped of it. */
function takeReturned(item: string, shipped: Decimal, returned: Map<string, Decimal>): Decimal {
  const left = returned.get(item) ?? zero
  const taken = compare(left, shipped) < 0 ? left : shipped
  returned.set(item, subtract(left, taken))
  return taken
}

const linesIn = (document: Row, loaded: Loaded): readonly Row[] =>
  loaded.documentLines(document.id).filter((line) => line.mainline !== 'T' && line.item !== undefined)

const headOf = (document: Row) => ({
  id: document.id ?? '',
  number: document.tranid ?? null,
  kind: document.type ?? '',
  status: letterOf(document.status),
  date: document.documentdate ?? null,
})

function fulfillmentOf(document: Row, loaded: Loaded, rates: ReadonlyMap<string, Decimal>): JsonObject {
  const carrier = document.carrier === undefined ? null : carrierOf(document.carrier)
  const numbers = [...new Set(loaded.tracking(document.id).flatMap((row) => row.trackingnumber ?? []))]
  const back = document.type === 'RtnAuth'
  // A fulfillment has a line for the stock that leaves and one for its cost: the first is negative.
  const moved = linesIn(document, loaded).filter((line) => back || !isPositive(line.quantity))
  const bySku = Map.groupBy(moved, (line) => line.itemid ?? '')
  return {
    ...headOf(document),
    shipped: hasMoved(document) ? (document.shippedon ?? document.documentdate ?? null) : null,
    carrier,
    tracking_number: numbers.length === 0 ? null : numbers.join(', '),
    packages: numbers.map((number) => ({ tracking_number: number, carrier })),
    lines: [...bySku].map(([sku, rows]) => ({
      sku: sku === '' ? null : sku,
      quantity: inUnits(
        sum(rows.map((row) => quantityOf(back ? row.shipped : row.quantity))),
        rates.get(rows[0]?.item ?? '') ?? one,
      ),
    })),
  }
}
/** A fulfillment is shipped in status C; a return is on its way until D. */
const hasMoved = ({ type, status }: Row): boolean =>
  type === 'RtnAuth' ? !'ABC'.includes(letterOf(status)) : letterOf(status) === 'C'
const isPositive = (text: string | undefined): boolean => compare(numberOf(text) ?? zero, zero) > 0
const carrierOf = (code: string): string | null => {
  const known = carriers[code.toLowerCase()]
  return known === undefined ? code : known
}

function invoiceOf(document: Row): JsonObject {
  return {
    ...headOf(document),
    due: document.due ?? null,
    total: quantityOf(document.total),
    // A cash sale is paid when it is made.
    unpaid: document.type === 'CashSale' ? zero : quantityOf(document.unpaid),
  }
}

/** Credits of an order's returns, each once. */
function creditsOf(documents: readonly Row[], loaded: Loaded): readonly Row[] {
  const known = new Set(documents.map((document) => document.id))
  const credits = documents
    .filter(ofType('RtnAuth'))
    .flatMap((document) => loaded.settlements(document.id))
    .filter(ofType('CustCred'))
  return [...new Map(credits.map((row) => [row.id, row])).values()].filter((row) => !known.has(row.id))
}

/** What was paid on the order's invoices, a payment once for all lines of them; and its cash sales. */
function paymentsOf(documents: readonly Row[], loaded: Loaded): JsonObject[] {
  const paid = documents
    .filter(ofType('CustInvc'))
    .flatMap((document) => loaded.settlements(document.id))
    .filter((row) => row.type !== 'CustCred')
  const byPayment = [...Map.groupBy(paid, (row) => row.id)].flatMap(([, rows]) => {
    const [first] = rows
    return first === undefined ? [] : [{ ...headOf(first), amount: sum(rows.map((row) => quantityOf(row.amount))) }]
  })
  const cash = documents
    .filter(ofType('CashSale'))
    .map((document) => ({ ...headOf(document), amount: quantityOf(document.total) }))
  return [...byPayment, ...cash]
}

function workOrderOf(document: Row, loaded: Loaded): JsonObject {
  const main = loaded.documentLines(document.id).find((line) => line.mainline === 'T')
  const { id, number, status } = headOf(document)
  return {
    id,
    number,
    status,
    quantity: quantityOf(main?.quantity),
    built: quantityOf(main?.shipped),
    due: document.ends ?? null,
  }
}

function purchaseOf(document: Row): JsonObject {
  const { id, number, status } = headOf(document)
  return { id, number, status, due: document.due ?? null }
}
