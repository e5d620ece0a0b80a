import {
  add,
  compare,
  type Decimal,
  decimal,
  divide,
  multiply,
  percentOf,
  round,
  subtract,
  zero,
} from '../../../src/core/decimal.ts'
import { userError } from './errors.ts'
import type { Value } from './models.ts'
import type { Row, Store } from './store.ts'

/*
 * What a price list makes of a product, for one piece and nobody in particular, as the source of Odoo 14 has it
 * (`_compute_price_rule`) and a real one answered.
 */

/** Prices have two digits unless "Decimal Accuracy" says otherwise. */
const places = 2
const text = (value: Value | undefined): Decimal => decimal(typeof value === 'number' ? value : 0)

/** Currency of a product: its company's, or the first company's. */
export const currencyOf = (store: Store): number => Number(store.get('res.company', 1)?.currency_id)
export const templateOf = (store: Store, product: Row): Row | undefined =>
  store.get('product.template', Number(product.product_tmpl_id))

export function priceOf(store: Store, product: Row, list: Row): number {
  const template = templateOf(store, product)
  const base = text(template?.list_price)
  const item = itemsFor(store, product, template, list.id)[0]
  if (item?.compute_price === 'fixed') return Number(round(text(item.fixed_price), places))
  if (item !== undefined && item.base !== 'list_price') {
    throw userError(`not simulated: a price list rule that is based on ${item.base}`)
  }
  const price = item === undefined ? base : computed(item, base)
  return converted(store, price, Number(list.currency_id))
}

function computed(item: Row, base: Decimal): Decimal {
  if (item.compute_price === 'percentage') return subtract(base, percentOf(base, text(item.percent_price)))
  let price = subtract(base, percentOf(base, text(item.price_discount)))
  const step = text(item.price_round)
  if (step !== zero) price = multiply(round(divide(price, step), 0), step)
  price = add(price, text(item.price_surcharge))
  const least = add(base, text(item.price_min_margin))
  const most = add(base, text(item.price_max_margin))
  if (item.price_min_margin !== 0 && compare(price, least) < 0) price = least
  if (item.price_max_margin !== 0 && compare(price, most) > 0) price = most
  return price
}

/** A currency without a rate counts one to one. */
function rateOf(store: Store, currency: number): Decimal {
  const today = store.time().slice(0, 10)
  const rates = store
    .having('res.currency.rate', 'currency_id', currency)
    .flatMap((id) => store.get('res.currency.rate', id) ?? [])
    .filter((rate) => String(rate.name) <= today)
    .sort((a, b) => (String(a.name) < String(b.name) ? 1 : -1))
  return rates[0] === undefined ? decimal(1) : text(rates[0].rate)
}
/** As Python multiplies, without rounding: a real one answered 295.15000000000003. */
function converted(store: Store, amount: Decimal, to: number): number {
  const from = currencyOf(store)
  return from === to ? Number(amount) : Number(amount) * (Number(rateOf(store, to)) / Number(rateOf(store, from)))
}

/** The rules that fit, the one that decides first. */
function itemsFor(store: Store, product: Row, template: Row | undefined, list: number): readonly Row[] {
  const categories = new Set<number>()
  for (let at = store.get('product.category', Number(template?.categ_id)); at !== undefined; ) {
    categories.add(at.id)
    at = store.get('product.category', Number(at.parent_id))
  }
  const now = store.time()
  const model = 'product.pricelist.item'
  return [
    ...store.having(model, 'product_id', product.id),
    ...store.having(model, 'product_tmpl_id', template?.id ?? 0),
    ...store.having(model, 'applied_on', '2_product_category'),
    ...store.having(model, 'applied_on', '3_global'),
  ]
    .flatMap((id) => store.get(model, id) ?? [])
    .filter(
      (item) =>
        item.pricelist_id === list &&
        Number(item.min_quantity) <= 1 &&
        (item.date_start === false || String(item.date_start) <= now) &&
        (item.date_end === false || String(item.date_end) >= now) &&
        (item.categ_id === false || categories.has(Number(item.categ_id))),
    )
    .sort(
      (a, b) =>
        compareText(String(a.applied_on), String(b.applied_on)) ||
        Number(b.min_quantity) - Number(a.min_quantity) ||
        compareText(pathOf(store, b.categ_id), pathOf(store, a.categ_id)) ||
        b.id - a.id,
    )
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
/** `All / Office / Chairs`. */
function pathOf(store: Store, category: Value | undefined): string {
  const row = store.get('product.category', Number(category))
  if (row === undefined) return ''
  return row.parent_id === false ? String(row.name) : `${pathOf(store, row.parent_id)} / ${row.name}`
}
