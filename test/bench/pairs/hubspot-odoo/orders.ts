import { inChunks } from '../../chunks.ts'
import type { OdooRpc } from './odoo-rpc.ts'

// As many calls at once as the connector allows itself, records a call as Odoo allows.
const odooAtOnce = 4
const ordersPerLoad = 200
const ordersPerConfirm = 50

type Loaded = { readonly ids: readonly number[] | false; readonly messages: unknown }

export interface BatchedOrder {
  /** The deal's. */
  readonly id: string
  readonly companyId: string
  readonly lines: readonly Readonly<Record<'id' | 'sku' | 'quantity' | 'price', string>>[]
}
export type Customer = Readonly<Record<'name' | 'street' | 'city' | 'zip' | 'country', string>>

/**
 * Customers by one `load`, orders by `load`s of 200, confirmed by 50.
 * @param customers  by company id
 * @returns order numbers by deal id
 */
export async function makeOrders(
  odoo: OdooRpc,
  module: string,
  orders: readonly BatchedOrder[],
  customers: ReadonlyMap<string, Customer>,
): Promise<Map<string, string>> {
  const skus = [...new Set(orders.flatMap((order) => order.lines.map((line) => line.sku)))]
  const [products, partners] = await Promise.all([
    odoo.call<{ id: number; default_code: string }[]>('product.product', 'search_read', [
      [['default_code', 'in', skus]],
      ['default_code'],
    ]),
    odoo.call<Loaded>('res.partner', 'load', [
      // With a country, by which Odoo looks for the fiscal position of every order: without one it has less to do.
      ['id', 'name', 'is_company', 'street', 'city', 'zip', 'country_id'],
      [...customers].map(([id, { name, street, city, zip, country }]) => [
        ...[`${module}.company_${id}`, name, '1', street, city, zip, country],
      ]),
    ]),
  ])
  const productIds = new Map(products.map((product) => [product.default_code, product.id]))
  const partnerIds = new Map([...customers.keys()].map((id, place) => [id, idsOf(partners)[place]]))
  const dealOf = new Map<number, string>()
  await inChunks(orders, ordersPerLoad, odooAtOnce, async (part) => {
    const rows = part.flatMap((order) =>
      order.lines.map((line, place) => [
        ...(place === 0
          ? [`${module}.deal_${order.id}`, String(partnerIds.get(order.companyId)), order.id, order.id]
          : ['', '', '', '']),
        `${module}.line_${line.id}`,
        String(productIds.get(line.sku)),
        ...[line.quantity, line.price],
      ]),
    )
    const loaded = await odoo.call<Loaded>('sale.order', 'load', [orderColumns, rows])
    for (const [place, id] of idsOf(loaded).entries()) dealOf.set(id, part[place]?.id ?? '')
  })
  const ids = [...dealOf.keys()]
  await inChunks(ids, ordersPerConfirm, odooAtOnce, (part) => odoo.call('sale.order', 'action_confirm', [part]))
  const rows = await odoo.call<{ id: number; name: string }[]>('sale.order', 'read', [ids, ['name']])
  return new Map(rows.map((row) => [dealOf.get(row.id) ?? '', row.name]))
}

const orderColumns = [
  'id',
  'partner_id/.id',
  'client_order_ref',
  'origin',
  'order_line/id',
  'order_line/product_id/.id',
  'order_line/product_uom_qty',
  'order_line/price_unit',
]

function idsOf(loaded: Loaded): readonly number[] {
  if (loaded.ids === false) throw new Error(`Odoo refused a load: ${JSON.stringify(loaded.messages)}`)
  return loaded.ids
}
