import {
  compare,
  type Decimal,
  decimal,
  multiply,
  parseDecimal,
  percentOf,
  round,
  subtract,
  sum,
  zero,
} from '../../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import { parsePlainDate } from '../../../src/core/time.ts'
import { fieldOf, fieldsOf, refused } from './fields.ts'

/** What every record of the account has. */
interface Row {
  readonly id: string
  /** Of whoever made it; no two records of an object have the same. */
  readonly key: string | null
  fields: JsonObject
  version: number
  modifiedAt: number
}
interface Line {
  readonly key: string
  fields: JsonObject
  shipped: Decimal
  invoiced: Decimal
}
interface Shipment {
  readonly number: string
  readonly at: number
  readonly lines: readonly { readonly sku: string; readonly quantity: Decimal }[]
}
interface Invoice {
  readonly number: string
  readonly date: string
  readonly total: Decimal
  open: Decimal
}
export interface Order extends Row {
  readonly number: string
  state: 'draft' | 'confirmed' | 'cancelled'
  lines: Line[]
  readonly shipments: Shipment[]
  readonly invoices: Invoice[]
  readonly payments: { readonly date: string; readonly amount: Decimal }[]
}
export interface Operation {
  readonly action: 'create' | 'update' | 'confirm' | 'cancel'
  readonly object: string
  readonly key?: string | undefined
  readonly id?: string | undefined
  readonly fields?: JsonObject | undefined
  readonly lines?:
    | {
        readonly set: readonly { readonly key: string; readonly fields: JsonObject }[]
        readonly remove: readonly string[]
      }
    | undefined
}
interface Options {
  readonly now: () => number
  readonly currencies: readonly string[]
  readonly url: () => string
}

export type Store = ReturnType<typeof openStore>

/** The records of an account and what may be done to them. */
export function openStore({ now, currencies, url }: Options) {
  const tables = {
    customers: new Map<string, Row>(),
    products: new Map<string, Row>(),
    orders: new Map<string, Order>(),
  }
  let last = 1000
  const nextId = () => {
    last += 1
    return String(last)
  }
  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

  function tableOf(object: string): ReadonlyMap<string, Row> {
    fieldsOf(object)
    const table = (tables as Readonly<Record<string, ReadonlyMap<string, Row>>>)[object]
    if (table === undefined) throw refused('unknown_object', `${object} are read with their order only.`, object)
    return table
  }
  function touch(row: Row): void {
    row.version += 1
    row.modifiedAt = now()
  }
  function orderOf(id: string): Order {
    const order = tables.orders.get(id)
    if (order === undefined) throw refused('not_found', `There is no order ${id}.`, id)
    return order
  }

  /** Values as they are kept. Fields that are not there, or not to be written, and values of another type are refused. */
  function checked(object: string, given: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(given).map(([name, value]): [string, Json] => {
        const { writable, required, type, relation = '' } = fieldOf(object, name)
        const refuse = (why: string) => refused('invalid_value', `${name} of ${object}: ${why}.`, name)
        if (!writable || type === 'list') throw refuse('is not written here')
        if (value === null) {
          if (required) throw refuse('must not be empty')
          return [name, null]
        }
        const kept = type === 'number' ? parseDecimal(value) : type === 'boolean' ? value : String(value)
        if (kept === null || (type === 'boolean' && typeof value !== 'boolean'))
          throw refuse(`takes no ${JSON.stringify(value)}`)
        if (type === 'date' && parsePlainDate(value) === null) throw refuse(`takes no ${JSON.stringify(value)}`)
        if (type === 'reference' && !tableOf(relation).has(String(kept)))
          throw refuse(`there is no ${kept} in ${relation}`)
        if (name === 'currency' && !currencies.includes(String(kept))) throw refuse(`the company has no ${kept}`)
        return [name, kept]
      }),
    )
  }
  function complete(object: string, fields: JsonObject): void {
    for (const [name, { required }] of Object.entries(fieldsOf(object))) {
      if (required && (fields[name] ?? null) === null)
        throw refused('invalid_value', `${name} of ${object} is missing.`, name)
    }
  }

  function changedLines(order: Order, lines: Operation['lines']): Line[] {
    if (lines === undefined) return order.lines
    const changed = new Map(order.lines.map((line) => [line.key, line]))
    for (const key of lines.remove) {
      if (changed.get(key)?.shipped !== undefined && changed.get(key)?.shipped !== zero)
        throw refused('wrong_state', `Line ${key} was shipped.`, 'lines')
      changed.delete(key)
    }
    for (const { key, fields } of lines.set) {
      const known = changed.get(key)
      const line = {
        shipped: zero,
        invoiced: zero,
        ...known,
        key,
        fields: { ...known?.fields, ...checked('order_lines', fields) },
      }
      complete('order_lines', line.fields)
      if (compare(quantityOf(line), line.shipped) < 0)
        throw refused('wrong_state', `More of line ${key} was shipped.`, 'lines')
      changed.set(key, line)
    }
    return [...changed.values()]
  }

  function create({ object, key = '', fields = {}, lines }: Operation): string {
    if (object !== 'orders' && object !== 'customers')
      throw refused('forbidden', `${object} are not made by apps.`, `${object}.write`)
    if (key === '') throw refused('invalid_value', 'A new record needs a key.', 'key')
    const known = [...tables[object].values()].find((row) => row.key === key)
    if (known !== undefined) return known.id
    const values = checked(object, fields)
    complete(object, values)
    const row: Row = { id: nextId(), key, fields: values, version: 1, modifiedAt: now() }
    if (object === 'customers') {
      if (lines !== undefined) throw refused('unknown_field', 'customers have no lines.', 'lines')
      tables.customers.set(row.id, row)
      return row.id
    }
    const documents = { lines: [], shipments: [], invoices: [], payments: [] }
    const order: Order = { ...row, number: `SO-${row.id}`, state: 'draft', ...documents }
    order.fields = { currency: currencies[0] ?? '', ...values }
    order.lines = changedLines(order, lines)
    tables.orders.set(order.id, order)
    return order.id
  }

  function update({ object, id = '', fields = {}, lines }: Operation): string {
    if (object === 'orders') {
      const order = orderOf(id)
      if (order.state === 'cancelled') throw refused('wrong_state', `Order ${order.number} is cancelled.`, 'state')
      const [values, changed] = [checked(object, fields), changedLines(order, lines)]
      order.fields = { ...order.fields, ...values }
      order.lines = changed
      touch(order)
      return id
    }
    const customer = object === 'customers' ? tables.customers.get(id) : undefined
    if (object !== 'customers') throw refused('forbidden', `${object} are not changed by apps.`, `${object}.write`)
    if (customer === undefined) throw refused('not_found', `There is no customer ${id}.`, id)
    customer.fields = { ...customer.fields, ...checked(object, fields) }
    touch(customer)
    return id
  }

  function become(state: 'confirmed' | 'cancelled', { object, id = '' }: Operation): string {
    if (object !== 'orders') throw refused('invalid_value', `${object} have no state.`, 'action')
    const order = orderOf(id)
    if (order.state === state) return id
    if (order.state === 'cancelled' || order.shipments.length + order.invoices.length > 0)
      throw refused('wrong_state', `Order ${order.number} cannot become ${state} any more.`, 'state')
    order.state = state
    touch(order)
    return id
  }

  const netOf = (order: Order) => sum(order.lines.map((line) => amountOf(line, quantityOf(line))))
  const productOf = (line: Line) => tables.products.get(String(line.fields.product))?.fields ?? {}
  const openOf = (line: Line) => (productOf(line).service === true ? zero : subtract(quantityOf(line), line.shipped))

  return {
    tableOf,
    operate(operation: Operation): string {
      switch (operation.action) {
        case 'create':
          return create(operation)
        case 'update':
          return update(operation)
        case 'confirm':
          return become('confirmed', operation)
        case 'cancel':
          return become('cancelled', operation)
      }
    },
    /** The record as the API gives it. */
    shown(object: string, row: Row): JsonObject {
      const base = { id: row.id, key: row.key, ...row.fields }
      const order = object === 'orders' ? tables.orders.get(row.id) : undefined
      if (order === undefined) return base
      const net = netOf(order)
      return {
        ...base,
        ...{ number: order.number, state: order.state, url: `${url()}/orders/${order.id}` },
        ...{ net: Number(net), tax: 0, total: Number(net) },
        lines: order.lines.map((line) => ({
          ...{ id: line.key, key: line.key, ...line.fields, sku: productOf(line).sku ?? null },
          ...{
            service: productOf(line).service === true,
            shipped: Number(line.shipped),
            invoiced: Number(line.invoiced),
          },
        })),
        shipments: order.shipments.map(({ number, at, lines }) => ({
          ...{ number, shipped_at: new Date(at).toISOString(), carrier: 'Parcel Post', tracking_number: `PP${number}` },
          lines: lines.map(({ sku, quantity }) => ({ sku, quantity: Number(quantity) })),
        })),
        invoices: order.invoices.map((one) => ({
          ...one,
          due: one.date,
          total: Number(one.total),
          open: Number(one.open),
        })),
        payments: order.payments.map(({ date, amount }) => ({ date, amount: Number(amount) })),
      }
    },
    netOf,
    openOf,
    productOf,
    orders: () => [...tables.orders.values()],
    customers: () => [...tables.customers.values()],
    order: (id: string) => tables.orders.get(id) ?? null,
    addProduct(fields: JsonObject): string {
      const id = nextId()
      tables.products.set(id, { id, key: null, fields, version: 1, modifiedAt: now() })
      return id
    },
    /** Ships what is open, or one piece of the first line of which something is. */
    ship(id: string, part: boolean): void {
      const order = orderOf(id)
      if (order.state !== 'confirmed') throw new Error(`order ${id} is ${order.state} and cannot be shipped`)
      const open = order.lines.filter((line) => openOf(line) !== zero).slice(0, part ? 1 : undefined)
      const lines = open.map((line) => {
        const quantity = part && compare(openOf(line), decimal(1)) > 0 ? decimal(1) : openOf(line)
        line.shipped = sum([line.shipped, quantity])
        return { sku: String(productOf(line).sku), quantity }
      })
      order.shipments.push({ number: `${order.id}-${order.shipments.length + 1}`, at: now(), lines })
      touch(order)
    },
    invoice(id: string): void {
      const order = orderOf(id)
      const open = order.lines.map((line) => amountOf(line, subtract(quantityOf(line), line.invoiced)))
      for (const line of order.lines) line.invoiced = quantityOf(line)
      const total = sum(open)
      order.invoices.push({
        number: `INV-${order.id}-${order.invoices.length + 1}`,
        date: dayOf(now()),
        total,
        open: total,
      })
      touch(order)
    },
    pay(id: string, amount: Decimal): void {
      const order = orderOf(id)
      let left = amount
      for (const invoice of order.invoices) {
        const paid = compare(left, invoice.open) < 0 ? left : invoice.open
        invoice.open = subtract(invoice.open, paid)
        left = subtract(left, paid)
      }
      order.payments.push({ date: dayOf(now()), amount })
      touch(order)
    },
    remove: (id: string) => void tables.orders.delete(id),
  }
}

const number = (value: Json | undefined) => parseDecimal(value ?? null) ?? zero
const quantityOf = (line: Line): Decimal => number(line.fields.quantity)
const amountOf = (line: Line, quantity: Decimal): Decimal => {
  const gross = multiply(quantity, number(line.fields.price))
  return round(subtract(gross, percentOf(gross, number(line.fields.discount))), 2)
}
