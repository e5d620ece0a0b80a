import { parseDecimal, zero } from '../../../src/core/decimal.ts'
import type { ErpOrder, ErpWorld, SimulatedErp, SimulatedSystem } from '../../../src/simulator/world.ts'
import type { OdooStore, SimulatedOrder } from './people.ts'

const states: Readonly<Record<string, ErpOrder['state']>> = {
  draft: 'draft',
  sent: 'draft',
  sale: 'confirmed',
  done: 'confirmed',
  cancel: 'cancelled',
}

/** An External ID without the module it stands in. */
const keyOf = (externalId: string | null): string | null => externalId?.replace(/^[^.]*\./, '') ?? null
const text = (number: number): string => parseDecimal(number) ?? zero

/** The database in the words that all simulated ERPs share. */
export function worldOf(store: OdooStore): ErpWorld {
  const placeOf = (id: string): ErpOrder['shipTo'] => {
    const found = store.partner(id)
    return found === null ? null : { name: found.name || null, street: found.street, city: found.city }
  }
  const orderOf = (order: SimulatedOrder): ErpOrder => ({
    id: order.id,
    number: order.name,
    key: keyOf(order.externalId),
    state: states[order.state] ?? 'draft',
    customerId: order.partnerId,
    shipTo: placeOf(order.shippingId),
    billTo: placeOf(order.invoiceId),
    currency: order.currency,
    net: text(order.amountUntaxed),
    total: text(order.amountTotal),
    lines: order.lines.map((line) => ({
      sku: line.sku ?? '',
      quantity: text(line.quantity),
      shipped: text(line.delivered),
    })),
  })
  return {
    addProduct: (product) => store.addProduct(product),
    catalogue: {
      products: () =>
        store.products().map((product) => ({
          ...product,
          price: text(product.price),
          onHand: text(product.onHand),
          available: text(product.available),
        })),
      change: (id, change) => store.changeProduct(id, change),
    },
    orders: () => store.orders().map(orderOf),
    order: (id) => {
      const found = store.order(id)
      return found === null ? null : orderOf(found)
    },
    customers: () => store.partners().map(({ id, name, externalId }) => ({ id, name, key: keyOf(externalId) })),
    tick: () => store.tick(),
    ship(id, how) {
      // What these people ship is there.
      store.replenish(id)
      store.ship(id, how)
    },
    invoice: (id) => void store.invoice(id),
    pay: (id, amount) => void store.pay(id, amount),
    cancel: (id) => store.cancelOrder(id),
    remove: (id) => store.deleteOrder(id),
  }
}

export const words: SimulatedErp['words'] = {
  order: 'sale.order',
  lines: 'order_line',
  customer: { object: 'res.partner', name: 'name' },
  product: { object: 'product.product', sku: 'default_code' },
  fields: (customerId) => ({ partner_id: customerId }),
  line: (productId, quantity) => ({ product_id: productId, product_uom_qty: quantity, price_unit: '10' }),
  quantity: 'product_uom_qty',
  bad: { partner_id: '999999' },
  shipTo: {
    place: (customerId, street) => ({
      object: 'res.partner',
      fields: { parent_id: customerId, type: 'other', street },
    }),
    fields: (_street, place) => ({ partner_shipping_id: place }),
  },
}

export const requests: SimulatedErp['requests'] = {
  create: { body: '"load"' },
  confirm: { body: '"action_confirm"' },
  read: { body: '"search_read"' },
  changes: { body: 'write_date' },
}

export const trouble: SimulatedSystem['trouble'] = {
  rateLimited: { kind: 'status', status: 429, headers: { 'retry-after': '1' }, body: { message: 'busy' } },
  loginExpired: {
    kind: 'status',
    status: 200,
    body: {
      jsonrpc: '2.0',
      id: 1,
      error: {
        code: 200,
        message: 'Odoo Server Error',
        data: { name: 'odoo.exceptions.AccessDenied', message: 'Access Denied', arguments: [], debug: '' },
      },
    },
  },
  busy: {
    kind: 'status',
    status: 200,
    body: {
      jsonrpc: '2.0',
      id: 1,
      error: {
        code: 200,
        message: 'Odoo Server Error',
        data: {
          name: 'psycopg2.errors.SerializationFailure',
          message: 'could not serialize access due to concurrent update',
          arguments: [],
          debug: '',
        },
      },
    },
  },
}
