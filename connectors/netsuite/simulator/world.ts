import type { ErpOrder, ErpWorld, SimulatedErp, SimulatedSystem } from '../../../src/simulator/world.ts'
import { changedRecord, errorReply, invalidLogin, tooManyRequests } from './errors.ts'
import type { NetsuiteStore, SimulatedOrder } from './people.ts'

/** The account in the words that all simulated ERPs share. */
export function worldOf(store: NetsuiteStore): ErpWorld {
  return {
    addProduct: (product) => store.addItem(product),
    catalogue: { products: () => store.items(), change: (id, change) => store.changeItem(id, change) },
    orders: () => store.orders().map(orderOf),
    order: (id) => {
      const found = store.order(id)
      return found === null ? null : orderOf(found)
    },
    customers: () => store.customers().map(({ id, name, externalId }) => ({ id, name, key: externalId })),
    tick: () => store.tick(),
    ship: (id, how) => void store.ship(id, how),
    invoice: (id) => void store.invoice(id),
    pay: (id, amount) => void store.pay(id, amount),
    cancel: (id) => store.cancel(id),
    remove: (id) => store.remove(id),
  }
}

const orderOf = (order: SimulatedOrder): ErpOrder => ({
  id: order.id,
  number: order.number,
  key: order.externalId,
  state: stateOf(order),
  customerId: order.customerId,
  shipTo: placeOf(order.shipTo),
  billTo: placeOf(order.billTo),
  currency: order.currency,
  net: order.net,
  total: order.total,
  // Nothing more comes of a closed line than what was shipped of it.
  lines: order.lines.map(({ sku, quantity, shipped, closed }) => ({
    sku,
    quantity: closed ? shipped : quantity,
    shipped,
  })),
})

const placeOf = (address: SimulatedOrder['shipTo']): ErpOrder['shipTo'] =>
  address === null ? null : { name: address.addressee, street: address.addr1, city: address.city }

/** There is no cancelling of an approved order: it is closed, and may have been shipped in part before. */
function stateOf({ status, lines }: SimulatedOrder): ErpOrder['state'] {
  if (status === 'A') return 'draft'
  const isShipped = lines.some((line) => line.shipped !== '0')
  return status === 'C' || (status === 'H' && !isShipped) ? 'cancelled' : 'confirmed'
}

export const words: SimulatedErp['words'] = {
  order: 'salesOrder',
  lines: 'item',
  customer: { object: 'Customer', name: 'companyName' },
  product: { object: 'item', sku: 'itemid' },
  fields: (customerId) => ({ entity: customerId, orderStatus: 'A' }),
  line: (productId, quantity) => ({ item: productId, quantity, price: '-1', rate: '10' }),
  quantity: 'quantity',
  bad: { entity: '999999' },
  shipTo: { place: null, fields: (street) => ({ 'shippingAddress.addr1': street }) },
}

const records = '/services/rest/record/v1/salesOrder'
const suiteql = '/services/rest/query/v1/suiteql'
export const requests: SimulatedErp['requests'] = {
  create: { method: 'POST', path: records },
  confirm: { method: 'PATCH', path: records, body: '"orderStatus"' },
  read: { method: 'POST', path: suiteql },
  changes: { method: 'POST', path: suiteql, body: 'lastmodifieddate' },
}

export const trouble: SimulatedSystem['trouble'] = {
  rateLimited: { kind: 'status', ...tooManyRequests },
  loginExpired: { kind: 'status', ...errorReply(invalidLogin()) },
  busy: { kind: 'status', ...errorReply(changedRecord()) },
}
