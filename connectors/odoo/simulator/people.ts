import type { JsonObject } from '../../../src/core/json.ts'
import type { Route } from './fulfilment.ts'

export type SimulatedOrder = {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly partnerId: string
  readonly shippingId: string
  readonly invoiceId: string
  readonly externalId: string | null
  readonly reference: string | null
  readonly currency: string
  readonly amountUntaxed: number
  readonly amountTax: number
  readonly amountTotal: number
  readonly lines: readonly SimulatedLine[]
}
type SimulatedLine = {
  readonly id: string
  readonly sku: string | null
  readonly quantity: number
  readonly unit: string
  readonly price: number
  readonly discount: number
  readonly delivered: number
  readonly externalId: string | null
}
export type SimulatedPartner = {
  readonly id: string
  readonly name: string
  readonly ref: string | null
  readonly externalId: string | null
  readonly parentId: string | null
  readonly type: string
  readonly email: string | null
  readonly street: string | null
  readonly city: string | null
}
export interface NewProduct {
  readonly sku: string
  readonly name?: string
  readonly price?: number | string
  /** Name of the unit that it is counted and sold in; `Units` when not given. */
  readonly unit?: string
  /** From where it comes when it is ordered; 'stock' when not given. */
  readonly route?: Route
  readonly archived?: boolean
  /** Pieces in stock at first; 1,000 when not given, none of a service. */
  readonly onHand?: number
}
type SimulatedProduct = {
  readonly id: string
  readonly sku: string
  readonly name: string
  readonly active: boolean
  readonly price: number
  readonly onHand: number
  readonly available: number
}
interface ProductChange {
  readonly price?: string
  readonly onHand?: string
  readonly active?: boolean
  readonly name?: string
}

/** What people at the real system would do. Ids are text, as connectors have them. */
export interface OdooStore {
  addProduct(product: NewProduct): string
  /** Many at once, `BULK-1` and so on. @returns the id of the first; the others follow it */
  addProducts(count: number): string
  /** Sets the price in a price list, of one piece and any number; the price list of the currency must be there. */
  setPrice(productId: string, currency: string, price: string): void
  /** How many of a currency make one of the company's own, from today on. */
  setRate(currency: string, rate: number): void
  changeProduct(id: string, change: ProductChange): void
  products(): readonly SimulatedProduct[]
  /** @param values  fields of `res.partner` */
  addCustomer(values: JsonObject): string
  /** Any record, in Odoo's words. */
  create(model: string, values: JsonObject): string
  write(model: string, id: string, values: JsonObject): void
  /** Deletes a record, whatever refers to it. */
  remove(model: string, id: string): void
  orders(): readonly SimulatedOrder[]
  pickings(): readonly { readonly id: string; readonly state: string; readonly partnerId: string }[]
  /** @param code  ISO 3166 alpha-2 */
  countryId(code: string): number
  /** Null when there is none. */
  order(id: string): SimulatedOrder | null
  partners(): readonly SimulatedPartner[]
  /** Null when there is none. */
  partner(id: string): SimulatedPartner | null
  setArchived(model: 'product.product' | 'res.partner', id: string, archived: boolean): void
  /** Percent that new products are taxed with; null for no tax. */
  setDefaultTax(percent: number | null): void
  setDenied(denied: readonly string[]): void
  /** Advances every confirmed order that is not finished, or those given, by one step. @returns how many moved */
  tick(options?: { readonly orders?: readonly string[]; readonly steps?: number }): number
  confirm(orderId: string): void
  startProduction(orderId: string): boolean
  produce(orderId: string): boolean
  /** Orders at the vendor what is to be bought. */
  purchase(orderId: string): boolean
  receive(orderId: string): boolean
  /** Ships what is ready, or a `part` of it; what stays is delivered later, or, `short`, never. */
  ship(orderId: string, options?: { readonly part?: boolean; readonly short?: boolean }): boolean
  /** Fills up the stock of what the order waits for. @returns whether something was missing */
  replenish(orderId: string): boolean
  /** Takes back what was shipped of one line, or so much of it in the unit of the product. */
  takeBack(orderId: string, quantity?: number): boolean
  /** Makes an invoice, of what was ordered or `delivered`, and posts it; `draft` leaves it so. */
  invoice(orderId: string, options?: { readonly draft?: boolean; readonly delivered?: boolean }): boolean
  pay(orderId: string, amount: string | number): boolean
  cancelOrder(orderId: string): void
  deleteOrder(orderId: string): void
  editOrder(orderId: string, values: JsonObject): void
  editLine(lineId: string, values: JsonObject): void
}
