import { decimal, round } from '../../src/core/decimal.ts'
import { toMillis } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { chunks } from '../kit/chunks.ts'
import type { Client, Domain, Row } from './client.ts'
import type { Models } from './schema.ts'
import type { Settings } from './settings.ts'

const productModel = 'product.product'
const listModel = 'product.pricelist'
const itemModel = 'product.pricelist.item'
/** How long price lists are taken for what they were: they are asked for with every reading of products. */
const listsMs = 60_000
/** Odoo walks all fixed prices of a call for each of its products: 1,000 products took 12 s, 200 of them 0.3 s. */
const pricedMax = 200
const idsMax = 1000
/** Of prices, unless "Decimal Accuracy" says otherwise. */
const usualDigits = 2

export interface Price {
  readonly currency: string
  readonly amount: number
}
export interface Prices {
  /**
   * Prices of one unit: first the list price, then one for each further currency that a price list is in.
   * @param products  rows with `priceColumns`
   */
  of(products: readonly Row[]): Promise<ReadonlyMap<number, readonly Price[]>>
  /** Currencies with more than one price list, none of which is taken. */
  ambiguous(): Promise<readonly string[]>
}
interface PriceList {
  readonly id: number
  readonly currency: string
}

export const priceColumns = ['lst_price', 'currency_id', 'product_tmpl_id']

export function openPrices(client: Client, models: Models, settings: Settings, clock: Clock): Prices {
  let known: { readonly at: number; readonly lists: Promise<ReadonlyMap<string, readonly PriceList[]>> } | null = null

  async function askLists(): Promise<ReadonlyMap<string, readonly PriceList[]>> {
    if (!(await models.readable(listModel))) return new Map()
    const [lists, currencies] = await Promise.all([
      client.searchRead(listModel, {
        domain: settings.priceLists === undefined ? [] : [['id', 'in', settings.priceLists]],
        fields: ['currency_id'],
        order: 'id',
      }),
      client.searchRead('res.currency', { domain: [], fields: ['name'] }),
    ])
    const active = new Map(currencies.map((row) => [row.id, String(row.name)]))
    const found = lists.flatMap((row): PriceList[] => {
      const currency = active.get(idOf(row.currency_id) ?? 0)
      return currency === undefined ? [] : [{ id: row.id, currency }]
    })
    return Map.groupBy(found, (list) => list.currency)
  }

  function listsNow() {
    const now = toMillis(clock.now())
    if (known !== null && Math.abs(now - known.at) <= listsMs) return known.lists
    const lists = askLists()
    known = { at: now, lists }
    lists.catch(() => {
      known = null
    })
    return lists
  }

  /** What Odoo itself computes from a price list: up to version 15 it can be asked for many products at once. */
  async function computed(list: PriceList, ids: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const replies = await Promise.all(
      chunks(ids, pricedMax).map((part) =>
        client.searchRead(productModel, {
          domain: [['id', 'in', part]],
          fields: ['price'],
          archived: true,
          context: { pricelist: list.id },
        }),
      ),
    )
    return new Map(replies.flat().map((row) => [row.id, Number(row.price)]))
  }

  /** Prices that price lists name for single products; what they compute can no longer be asked for from version 16 on. */
  async function fixed(
    lists: readonly PriceList[],
    products: readonly Row[],
  ): Promise<ReadonlyMap<number, ReadonlyMap<number, number>>> {
    const now = client.serverTime().slice(0, 19).replace('T', ' ')
    const prices = new Map(lists.map((list) => [list.id, new Map<number, number>()]))
    if (!(await models.readable(itemModel))) return prices
    const ofTemplate = Map.groupBy(products, (row) => idOf(row.product_tmpl_id) ?? 0)
    await Promise.all(
      chunks([...ofTemplate], idsMax).map(async (part) => {
        const own = part.flatMap(([, rows]) => rows.map((row) => row.id))
        const domain: Domain = [
          ['pricelist_id', 'in', lists.map((list) => list.id)],
          ['min_quantity', '<=', 1],
          '|',
          ['date_start', '=', false],
          ['date_start', '<=', now],
          '|',
          ['date_end', '=', false],
          ['date_end', '>=', now],
          '|',
          '&',
          ['applied_on', '=', '0_product_variant'],
          ['product_id', 'in', own],
          '&',
          ['applied_on', '=', '1_product'],
          ['product_tmpl_id', 'in', part.map(([template]) => template)],
        ]
        // In the order in which Odoo takes them: the first one that fits decides.
        const items = await client.searchRead(itemModel, {
          domain,
          fields: ['pricelist_id', 'applied_on', 'product_id', 'product_tmpl_id', 'compute_price', 'fixed_price'],
          order: 'applied_on, min_quantity desc, id desc',
        })
        const decided = new Set<string>()
        for (const item of items) {
          const list = idOf(item.pricelist_id) ?? 0
          const ids =
            item.applied_on === '0_product_variant'
              ? [idOf(item.product_id) ?? 0]
              : (ofTemplate.get(idOf(item.product_tmpl_id) ?? 0) ?? []).map((row) => row.id)
          for (const id of ids) {
            if (decided.has(`${list} ${id}`)) continue
            decided.add(`${list} ${id}`)
            if (item.compute_price === 'fixed') prices.get(list)?.set(id, Number(item.fixed_price))
          }
        }
      }),
    )
    return prices
  }

  return {
    async of(products) {
      const own = [...(await listsNow())].flatMap(([, lists]) => (lists.length === 1 ? lists : []))
      // Of a currency that is the products' own nothing but the list price is told.
      const further = own.filter(({ currency }) => products.some((row) => nameOf(row.currency_id) !== currency))
      const { major } = await client.version()
      const fields = (await models.fields(productModel)) ?? {}
      const asks = major <= 15 && Object.hasOwn(fields, 'price')
      // Converted by a rate they come as 295.15000000000003; on an order Odoo rounds them to these digits.
      const digits = fields.lst_price?.digits ?? usualDigits
      const rounded = (amount: number): number => Number(round(decimal(amount), digits))
      const ids = products.map((row) => row.id)
      const byList =
        further.length === 0
          ? new Map<number, ReadonlyMap<number, number>>()
          : asks
            ? new Map(await Promise.all(further.map(async (list) => [list.id, await computed(list, ids)] as const)))
            : await fixed(further, products)
      return new Map(
        products.map((row) => {
          const base = nameOf(row.currency_id)
          const listed = further.flatMap((list): Price[] => {
            const amount = list.currency === base ? undefined : byList.get(list.id)?.get(row.id)
            return amount === undefined ? [] : [{ currency: list.currency, amount: rounded(amount) }]
          })
          const first =
            base === null || typeof row.lst_price !== 'number'
              ? []
              : [{ currency: base, amount: rounded(row.lst_price) }]
          return [row.id, [...first, ...listed]]
        }),
      )
    },
    async ambiguous() {
      return [...(await listsNow())].flatMap(([currency, lists]) => (lists.length > 1 ? [currency] : []))
    },
  }
}

const idOf = (value: unknown): number | null =>
  typeof value === 'number' ? value : Array.isArray(value) && typeof value[0] === 'number' ? value[0] : null
const nameOf = (value: unknown): string | null =>
  Array.isArray(value) && typeof value[1] === 'string' ? value[1] : null
