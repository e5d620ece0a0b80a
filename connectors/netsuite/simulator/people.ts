import { type Decimal, parseDecimal, zero } from '../../../src/core/decimal.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import type { Billing } from './billing.ts'
import type { Books } from './books.ts'
import type { Customers } from './customers.ts'
import type { Database, Row } from './database.ts'
import { addCustomField, type CustomScope, type CustomType, type RecordTypes, recordType } from './fields.ts'
import type { Fulfilment } from './fulfilment.ts'
import type { ItemChange, Items, NewItem, SimulatedItem } from './items.ts'
import type { Orders } from './orders.ts'
import type { Checking } from './values.ts'

export type SimulatedOrder = {
  readonly id: string
  readonly number: string
  readonly externalId: string | null
  /** A letter: `A` pending approval, … `H` closed. */
  readonly status: string
  readonly customerId: string
  readonly shipTo: SimulatedAddress | null
  readonly billTo: SimulatedAddress | null
  readonly currency: string
  readonly net: Decimal
  readonly tax: Decimal
  readonly total: Decimal
  readonly reference: string | null
  readonly lines: readonly SimulatedLine[]
}
type SimulatedAddress = {
  readonly addressee: string | null
  readonly attention: string | null
  readonly addr1: string | null
  readonly city: string | null
  readonly zip: string | null
  readonly country: string | null
}
type SimulatedLine = {
  readonly line: number
  readonly sku: string
  /** In base units. */
  readonly quantity: Decimal
  /** The unit that it was entered in; null without units. */
  readonly unit: string | null
  readonly rate: Decimal
  readonly shipped: Decimal
  readonly billed: Decimal
  readonly closed: boolean
  /** Of the column field that the connector keeps its key in; null without it. */
  readonly key: string | null
}
type SimulatedCustomer = {
  readonly id: string
  readonly name: string
  readonly externalId: string | null
}
type SimulatedDocument = {
  readonly id: string
  readonly type: string
  readonly number: string
  readonly status: string
}
/** What people at the real account would do. Ids are text, as connectors have them. */
export interface NetsuiteStore {
  addItem(item: NewItem): string
  /** Many in one go, as they stood a day ago: a hundred thousand take seconds. */
  addItems(items: readonly NewItem[]): readonly string[]
  /** What is on hand is adjusted by an inventory adjustment; all else is a change of the item. */
  changeItem(id: string, change: ItemChange): void
  items(): readonly SimulatedItem[]
  addLocation(name: string): string
  /** @param body  a customer as REST takes it; the first subsidiary when it names none */
  addCustomer(body: JsonObject): string
  /** @param body  an order as REST takes it */
  addOrder(body: JsonObject): string
  addSubsidiary(subsidiary: { readonly name: string; readonly currency: string }): string
  /** Adds a field of the account's own; its name begins with custbody_, custcol_ or custentity_. */
  addCustomField(scope: CustomScope, name: string, type?: CustomType): void
  setInactive(record: 'item' | 'customer', id: string, inactive: boolean): void
  orders(): readonly SimulatedOrder[]
  /** Null when there is none. */
  order(id: string): SimulatedOrder | null
  customers(): readonly SimulatedCustomer[]
  /** What follows from an order, directly or through another document, the oldest first. */
  documents(orderId: string): readonly SimulatedDocument[]
  editOrder(id: string, body: JsonObject): void
  editCustomer(id: string, body: JsonObject): void
  approve(orderId: string): void
  startWork(orderId: string): boolean
  build(orderId: string): boolean
  receive(orderId: string): boolean
  /** Picks what is there, without shipping it. */
  pick(orderId: string): boolean
  ship(orderId: string, options?: { readonly part?: boolean }): boolean
  invoice(orderId: string): boolean
  pay(orderId: string, amount: string): boolean
  /** Takes back what was shipped of one line. */
  takeBack(orderId: string): boolean
  /** Credits what was taken back. */
  credit(orderId: string): boolean
  /** From now on the customer's orders are billed as cash sales. */
  paysCash(customerId: string): void
  /** Closes an order, or one of its lines. */
  close(orderId: string, line?: number): void
  /** Cancels an order that waits for approval, and closes any other. */
  cancel(orderId: string): void
  /** Deletes an order and all that follows from it. */
  remove(orderId: string): void
  /** A workflow locks a record, so that it cannot even be opened. */
  lock(record: 'transaction' | 'customer', id: string): void
  unlock(record: 'transaction' | 'customer', id: string): void
  /** The next writes lose against another save. */
  race(times: number): void
  /** The next requests fail by an unexpected error, before anything is done. */
  crash(times: number): void
  /** Requests of other integrations that are under way all the time. */
  occupy(requests: number): void
  /** Percent that orders are taxed with from now on. */
  setTax(percent: string): void
  /** Tables and record types that the role may not see. */
  setDenied(denied: readonly string[]): void
  expireTokens(): void
  /** As refreshing a sandbox does: nobody gets in with a certificate. */
  removeCertificates(): void
  /** Advances every approved order that is not finished, or those given, by one step. @returns how many moved */
  tick(options?: { readonly orders?: readonly string[]; readonly steps?: number }): number
}

interface Deps {
  readonly database: Database
  readonly books: Books
  readonly types: RecordTypes
  readonly checking: Checking
  readonly orders: Orders
  readonly customers: Customers
  readonly items: Items
  readonly fulfilment: Fulfilment
  readonly billing: Billing
  readonly lineColumn: string | null
}
type Rest = Pick<
  NetsuiteStore,
  'race' | 'crash' | 'occupy' | 'setTax' | 'setDenied' | 'expireTokens' | 'removeCertificates'
>

const dayMs = 86_400_000

/** The hands of the people who work in the account. */
export function openPeople(deps: Deps, rest: Rest): NetsuiteStore {
  const { database, books, types, checking, orders, customers, items, fulfilment, billing, lineColumn } = deps
  const act = <T>(work: () => T): T => database.transaction(work)

  function make(record: 'salesOrder' | 'customer', body: JsonObject): string {
    const type = recordType(types, record)
    const { externalId = null, ...values } = body
    const key = typeof externalId === 'string' ? externalId : null
    const checked = checking.check(type.fields, values, 'error')
    const id = record === 'customer' ? customers.create(checked, key) : orders.create(checked, key)
    if (key !== null) database.insert('sim_external', { pool: type.pool, externalid: key, id })
    return String(id)
  }
  const fieldsOf = (record: string) => recordType(types, record).fields

  function ordersWhere(condition: string, ...values: readonly number[]): readonly SimulatedOrder[] {
    const lines = Map.groupBy(
      database.all(
        `SELECT l.*, i.itemid, u.unitname FROM transactionline l JOIN "transaction" t ON t.id = l."transaction"
         LEFT JOIN item i ON i.id = l.item LEFT JOIN unitstypeuom u ON u.internalid = CAST(l.units AS INTEGER)
         WHERE l.mainline = 'F' AND t.type = 'SalesOrd' AND ${condition} ORDER BY l."transaction", l.id`,
        ...values,
      ),
      (row) => Number(row.transaction),
    )
    return database
      .all(
        `SELECT t.*, c.symbol FROM "transaction" t JOIN currency c ON c.id = t.currency
         WHERE t.type = 'SalesOrd' AND ${condition} ORDER BY t.id`,
        ...values,
      )
      .map((row) => orderOf(row, lines.get(Number(row.id)) ?? []))
  }
  function addressOf(nkey: Row[string] = null): SimulatedAddress | null {
    const row = database.get('SELECT * FROM transactionaddress WHERE nkey = ?', nkey)
    if (row === undefined) return null
    const { addressee, attention, addr1, city, zip, country } = row
    return {
      ...{ addressee: textOf(addressee), attention: textOf(attention), addr1: textOf(addr1) },
      ...{ city: textOf(city), zip: textOf(zip), country: textOf(country) },
    }
  }
  function orderOf(row: Row, all: readonly Row[]): SimulatedOrder {
    const sumOf = (rows: readonly Row[]) => exact(rows.reduce((sum, one) => sum - Number(one.netamount), 0))
    const goods = all.filter((one) => one.taxline === 'F')
    return {
      id: String(row.id),
      number: String(row.tranid),
      externalId: textOf(row.externalid),
      status: String(row.status),
      customerId: String(row.entity),
      shipTo: addressOf(row.shippingaddress),
      billTo: addressOf(row.billingaddress),
      currency: String(row.symbol),
      net: sumOf(goods),
      tax: sumOf(all.filter((one) => one.taxline === 'T')),
      total: exact(Number(row.foreigntotal)),
      reference: textOf(row.otherrefnum),
      lines: goods.map((line) => ({
        line: Number(line.id),
        sku: String(line.itemid),
        quantity: exact(-Number(line.quantity)),
        unit: textOf(line.unitname),
        rate: exact(Number(line.rate ?? 0)),
        shipped: exact(Number(line.quantityshiprecv)),
        billed: exact(Number(line.quantitybilled)),
        closed: line.isclosed === 'T',
        key: lineColumn === null ? null : textOf(line[lineColumn]),
      })),
    }
  }

  function documentsOf(id: number): readonly number[] {
    const next = database.all('SELECT DISTINCT nextdoc FROM sim_link WHERE previousdoc = ?', id)
    return next.flatMap((row) => [Number(row.nextdoc), ...documentsOf(Number(row.nextdoc))])
  }

  function close(orderId: number, line: number | null): void {
    for (const one of books.linesOf(orderId)) {
      if (line === null || line === one.line) books.changeLine(orderId, one.line, { isclosed: 'T' })
    }
    fulfilment.settle(orderId)
  }

  return {
    ...rest,
    addItem: (item) => act(() => items.add(item)),
    addItems: (all) => database.transaction(() => all.map((item) => items.add(item)), database.now() - dayMs),
    changeItem: (id, change) => act(() => items.change(Number(id), change)),
    items: () => items.all(),
    addLocation: (name) =>
      act(() => {
        const id = books.next('location', 1)
        const subsidiary = database.oneWorld ? { subsidiary: 1 } : {}
        database.insert('location', { id, name, fullname: name, ...subsidiary, isinactive: 'F' })
        return String(id)
      }),
    addCustomer: (body) =>
      act(() => make('customer', { ...(database.oneWorld ? { subsidiary: { id: '1' } } : {}), ...body })),
    addOrder: (body) => act(() => make('salesOrder', body)),
    addSubsidiary: ({ name, currency }) =>
      act(() => {
        const id = books.next('subsidiary', 1)
        database.insert('subsidiary', {
          ...{ id, name, fullname: name, currency: items.currencyOf(currency), country: 'US', isinactive: 'F' },
        })
        database.insert('location', {
          id: books.next('location', 1),
          name,
          fullname: name,
          subsidiary: id,
          isinactive: 'F',
        })
        return String(id)
      }),
    addCustomField(scope, name, type = 'text') {
      const table = addCustomField(types, scope, name, type)
      database.addColumn(table, name, type === 'number' || type === 'integer' ? 'NUMERIC' : 'TEXT')
    },
    setInactive: (record, id, inactive) =>
      act(() =>
        database.update(record, Number(id), { isinactive: inactive ? 'T' : 'F', lastmodifieddate: database.time() }),
      ),
    orders: () => ordersWhere('1 = 1'),
    order: (id) => ordersWhere('t.id = ?', Number(id))[0] ?? null,
    customers: () =>
      database
        .all('SELECT id, altname, externalid FROM customer ORDER BY id')
        .map((row) => ({ id: String(row.id), name: String(row.altname), externalId: textOf(row.externalid) })),
    documents: (orderId) =>
      [...new Set(documentsOf(Number(orderId)))]
        .sort((a, b) => a - b)
        .map((id) => {
          const row = books.header(id)
          return { id: String(id), type: String(row.type), number: String(row.tranid), status: String(row.status) }
        }),
    editOrder: (id, body) =>
      act(() => orders.update(Number(id), checking.check(fieldsOf('salesOrder'), body, 'error'), false)),
    editCustomer: (id, body) =>
      act(() => customers.update(Number(id), checking.check(fieldsOf('customer'), body, 'error'))),
    approve: (id) => act(() => fulfilment.approve(Number(id))),
    startWork: (id) => act(() => fulfilment.startWork(Number(id))),
    build: (id) => act(() => fulfilment.build(Number(id))),
    receive: (id) => act(() => fulfilment.receive(Number(id))),
    pick: (id) => act(() => fulfilment.fulfil(Number(id), { stage: 'A' }) !== null),
    ship: (id, how) => act(() => fulfilment.ship(Number(id), how)),
    invoice: (id) => act(() => billing.bill(Number(id)) !== null),
    pay: (id, amount) => act(() => billing.pay(Number(id), amount)),
    takeBack: (id) => act(() => billing.takeBack(Number(id))),
    credit: (id) => act(() => billing.credit(Number(id))),
    paysCash: (id) => billing.paysCash(Number(id)),
    close: (id, line) => act(() => close(Number(id), line ?? null)),
    cancel: (id) =>
      act(() => {
        if (books.header(Number(id)).status === 'A') books.change(Number(id), { status: 'C' })
        else close(Number(id), null)
      }),
    remove: (id) =>
      act(() => {
        for (const document of documentsOf(Number(id))) books.erase(document)
        orders.remove(Number(id))
      }),
    lock: (record, id) => database.insert('sim_lock', { kind: record, id: Number(id) }),
    unlock: (record, id) => database.run('DELETE FROM sim_lock WHERE kind = ? AND id = ?', record, Number(id)),
    tick({ orders: ids, steps = 1 } = {}) {
      let moved = 0
      for (let step = 0; step < steps; step += 1) moved = fulfilment.tick(ids?.map(Number))
      return moved
    },
  }
}

const textOf = (value: Row[string] | undefined): string | null =>
  value === null || value === undefined ? null : String(value)
/** Sums of doubles, without what is behind the fifteenth digit. */
const exact = (value: number): Decimal => parseDecimal(Number(value.toPrecision(15))) ?? zero
