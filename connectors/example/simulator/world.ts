import { parseDecimal, zero } from '../../../src/core/decimal.ts'
import type { ErpOrder, ErpWorld, SimulatedErp, SimulatedSystem } from '../../../src/simulator/world.ts'
import type { Order, Store } from './store.ts'

/** The account in the words that all simulated ERPs share. */
export function worldOf(store: Store): ErpWorld {
  const text = (value: unknown) => parseDecimal(value) ?? zero
  const orderOf = (order: Order): ErpOrder => ({
    ...{ id: order.id, number: order.number, key: order.key, state: order.state },
    customerId: String(order.fields.customer),
    ...{ shipTo: null, billTo: null },
    currency: String(order.fields.currency),
    net: store.netOf(order),
    total: store.netOf(order),
    lines: order.lines.map((line) => ({
      sku: String(store.productOf(line).sku),
      quantity: text(line.fields.quantity),
      shipped: line.shipped,
    })),
  })
  const isPaid = (order: Order) => order.invoices.length > 0 && order.invoices.every(({ open }) => open === zero)
  /** Ships in two parts, invoices, and is paid. */
  function advance(order: Order): void {
    const open = order.lines.filter((line) => store.openOf(line) !== zero)
    if (open.length > 0) store.ship(order.id, order.shipments.length === 0)
    else if (order.invoices.length === 0) store.invoice(order.id)
    else store.pay(order.id, store.netOf(order))
  }
  return {
    catalogue: null,
    addProduct({ sku, name = sku, price = '0', route = 'stock' }) {
      if (route === 'make' || route === 'buy') throw new Error(`not simulated: the example ERP does not ${route} goods`)
      return store.addProduct({ sku, name, price: text(price), service: route === 'service' })
    },
    orders: () => store.orders().map(orderOf),
    order(id) {
      const found = store.order(id)
      return found === null ? null : orderOf(found)
    },
    customers: () => store.customers().map(({ id, key, fields }) => ({ id, key, name: String(fields.name) })),
    tick() {
      const moving = store.orders().filter((order) => order.state === 'confirmed' && !isPaid(order))
      for (const order of moving) advance(order)
      return moving.length
    },
    ship: (id, how) => store.ship(id, how?.part === true),
    invoice: (id) => store.invoice(id),
    pay: (id, amount) => store.pay(id, text(amount)),
    cancel: (id) => void store.operate({ action: 'cancel', object: 'orders', id }),
    remove: (id) => store.remove(id),
  }
}

export const words: SimulatedErp['words'] = {
  order: 'orders',
  lines: 'lines',
  customer: { object: 'customers', name: 'name' },
  product: { object: 'products', sku: 'sku' },
  fields: (customerId) => ({ customer: customerId }),
  line: (productId, quantity) => ({ product: productId, quantity, price: '10' }),
  quantity: 'quantity',
  bad: { customer: '999999' },
  shipTo: null,
}

export const requests: SimulatedErp['requests'] = {
  create: { path: '/v1/batch', body: '"create","object":"orders"' },
  confirm: { path: '/v1/batch', body: '"confirm"' },
  read: { path: '/v1/', query: 'ids=' },
  changes: { path: '/v1/', query: 'modified_from=' },
}

const answer = (status: number, code: string, message: string) => ({ status, body: { error: { code, message } } })
export const trouble: SimulatedSystem['trouble'] = {
  rateLimited: {
    ...{ kind: 'status', headers: { 'retry-after': '1' } },
    ...answer(429, 'too_many_calls', 'Too many calls in this minute.'),
  },
  loginExpired: { kind: 'status', ...answer(401, 'invalid_token', 'The access token is not valid.') },
  busy: { kind: 'status', ...answer(409, 'locked', 'Somebody else is saving one of these records.') },
}
