import { z } from 'zod'
import { type Instant, shift } from '../../src/core/time.ts'
import type { Client, Domain } from './client.ts'
import type { Models } from './schema.ts'

const listModel = 'product.pricelist'
const itemModel = 'product.pricelist.item'
/** When more prices than that changed, all products are looked at. */
const itemsMax = 1000

/** Products whose price may be another one now, as what price lists say: single ones, whole categories, or all. */
export const affectedSchema = z.strictObject({
  all: z.boolean(),
  products: z.array(z.int()),
  templates: z.array(z.int()),
  categories: z.array(z.int()),
})
export type Affected = z.output<typeof affectedSchema>
/** Changes that were told, by what changed: the moment of the change. */
export const toldSchema = z.record(z.string(), z.string())
type Told = z.output<typeof toldSchema>

interface Found {
  /** Null when no price changed that is not told yet. */
  readonly affected: Affected | null
  readonly told: Told
}

/**
 * Finds what changed in price lists, which no relation leads to from a product: prices that were written, began or ended,
 * and lists that changed while none of their prices did, as when one is deleted or the list archived.
 * @param told  what the last look found; it is looked for again, as `write_date` says when a transaction began
 * @param settledMs  a change so recent may not be the last of its second, so it is not remembered
 */
export async function findPriceChanges(
  client: Client,
  models: Models,
  { since, told, settledMs }: { readonly since: Instant; readonly told: Told; readonly settledMs: number },
): Promise<Found> {
  if (!(await models.readable(itemModel)) || !(await models.readable(listModel))) return { affected: null, told: {} }
  const from = textOf(since)
  const until = textOf(client.serverTime())
  const fields = (await models.fields(itemModel)) ?? {}
  // Dates without a time up to version 13: they are left to the next time that the product is read.
  const dates = ['date_start', 'date_end'].filter((name) => fields[name]?.type === 'datetime')
  const ofItems: readonly Domain[] = [
    [['write_date', '>=', from]],
    ...dates.map((name): Domain => ['&', [name, '>=', from], [name, '<=', until]]),
  ]
  const ofLists: Domain = [['pricelist_id.write_date', '>=', from]]
  const search = (terms: readonly Domain[]) =>
    client.searchRead(itemModel, {
      domain: anyOf(terms),
      fields: ['write_date', 'pricelist_id', 'applied_on', 'product_id', 'product_tmpl_id', 'categ_id', ...dates],
      limit: itemsMax + 1,
      archived: true,
    })
  // One call as long as nothing changes, whether in a price or in a list.
  const first = await search([...ofItems, ofLists])
  if (first.length === 0) return { affected: null, told: {} }
  const [rows, lists] = await Promise.all([
    first.length > itemsMax ? search(ofItems) : first,
    client.searchRead(listModel, { domain: [['write_date', '>=', from]], fields: ['write_date'], archived: true }),
  ])
  const found = new Map<string, string>()
  const written = new Set<string>()
  const affected = {
    all: rows.length > itemsMax,
    products: new Set<number>(),
    templates: new Set<number>(),
    categories: new Set<number>(),
  }
  for (const row of rows) {
    written.add(`${idOf(row.pricelist_id)} ${row.write_date}`)
    const moments = ['write_date', ...dates].flatMap((name): [string, string][] => {
      const at = row[name]
      return typeof at === 'string' && at >= from && (name === 'write_date' || at <= until)
        ? [[`${row.id} ${name}`, at]]
        : []
    })
    for (const [name, at] of moments) found.set(name, at)
    if (moments.every(([name, at]) => told[name] === at)) continue
    const product = idOf(row.product_id)
    const template = idOf(row.product_tmpl_id)
    const category = idOf(row.categ_id)
    if (row.applied_on === '0_product_variant' && product !== null) affected.products.add(product)
    else if (row.applied_on === '1_product' && template !== null) affected.templates.add(template)
    else if (row.applied_on === '2_product_category' && category !== null) affected.categories.add(category)
    else affected.all = true
  }
  for (const row of lists) {
    // Prices that are written in the form of their list have its moment, and say themselves what they are for.
    if (written.has(`${row.id} ${row.write_date}`)) continue
    const [name, at] = [`list ${row.id}`, String(row.write_date)]
    if (told[name] !== at) affected.all = true
    found.set(name, at)
  }
  const settled = textOf(shift(client.serverTime(), -settledMs))
  const { all, products, templates, categories } = affected
  return {
    affected:
      all || products.size + templates.size + categories.size > 0
        ? { all, products: [...products], templates: [...templates], categories: [...categories] }
        : null,
    told: Object.fromEntries([...found].filter(([, at]) => at < settled)),
  }
}

/** A domain of product.product, to be joined by OR; null for all. */
export function domainOf({ all, products, templates, categories }: Affected): Domain | null {
  if (all) return null
  return anyOf([
    ...(products.length === 0 ? [] : [[['id', 'in', products] as const]]),
    ...(templates.length === 0 ? [] : [[['product_tmpl_id', 'in', templates] as const]]),
    ...(categories.length === 0 ? [] : [[['categ_id', 'child_of', categories] as const]]),
  ])
}

export const anyOf = (terms: readonly Domain[]): Domain => [...terms.slice(1).map(() => '|'), ...terms.flat()]
const idOf = (value: unknown): number | null => (Array.isArray(value) && typeof value[0] === 'number' ? value[0] : null)
const textOf = (instant: Instant): string => instant.slice(0, 19).replace('T', ' ')
