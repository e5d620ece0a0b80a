import { Client } from '@hubspot/api-client'
import type { Contestant } from './contestant.ts'
import { type OdooRpc, openOdooRpc } from './odoo-rpc.ts'
import { createOrderNumberProperty } from './sequential.ts'
import type { Target } from './target.ts'

interface Row {
  readonly id: string
  readonly properties: Readonly<Record<string, string | null>>
}
interface Reply {
  readonly results: readonly Row[]
  readonly paging?: { readonly next?: { readonly after: string } }
}
interface Associations {
  readonly results: readonly { readonly from: { id: string }; readonly to: readonly { toObjectId: number }[] }[]
}
type Loaded = { readonly ids: readonly number[] | false; readonly messages: unknown }

// As many calls at once as the connectors allow themselves, records a call as the systems allow.
const hubspotAtOnce = 6
export const odooAtOnce = 4
const ordersPerLoad = 200
const ordersPerConfirm = 50

/**
 * The practical limit: the fewest calls that both systems allow, those of one step side by side. It keeps no ledger,
 * looks for no order or customer before it makes one, proves nothing, and is not fit for a second run.
 */
export async function openBatched(target: Target): Promise<Contestant> {
  const post = openPost(target.hubspot)
  const odoo = await openOdooRpc(target.odoo)
  await createOrderNumberProperty(new Client({ accessToken: target.hubspot.token, basePath: target.hubspot.url }))
  return {
    postgresPid: null,
    async pass() {
      const found = await wonDeals(post)
      const deals = await readAll(post, 'deals', found, ['dealname', 'closedate', 'amount', 'deal_currency_code'])
      const [linesOf, companyOf, contactOf] = await Promise.all([
        associations(post, found, 'line_items'),
        associations(post, found, 'companies'),
        associations(post, found, 'contacts'),
      ])
      const first = (ids: readonly string[] | undefined) => ids?.[0] ?? ''
      const [lines, companies] = await Promise.all([
        readAll(
          post,
          'line_items',
          found.flatMap((id) => linesOf.get(id) ?? []),
          ['hs_sku', 'name', 'quantity', 'price'],
        ),
        readAll(
          post,
          'companies',
          found.map((id) => first(companyOf.get(id))),
          ['name', 'phone', 'address', 'city', 'zip'],
        ),
        readAll(post, 'contacts', [...contactOf.values()].map(first), ['firstname', 'lastname', 'email']),
      ])
      const orders = found.map((id) => ({
        id,
        currency: deals.get(id)?.deal_currency_code ?? null,
        companyId: first(companyOf.get(id)),
        lines: (linesOf.get(id) ?? []).map((lineId) => ({ id: lineId, ...lines.get(lineId) })),
      }))
      const numbers = await makeOrders(odoo, target.odoo.module, orders, companies, odooAtOnce)
      await inChunks([...numbers], 100, hubspotAtOnce, (part) =>
        post('objects/deals/batch/update', {
          inputs: part.map(([id, number]) => ({ id, properties: { erp_order_no: number } })),
        }),
      )
      return { created: numbers.size }
    },
    async close() {},
  }
}

export interface BatchedOrder {
  /** The deal's. */
  readonly id: string
  /** Only read: every order is in the company's own. */
  readonly currency: string | null
  readonly companyId: string
  readonly lines: readonly Readonly<Record<string, string | null>>[]
}

/** Customers by one `load`, orders by `load`s of 200, confirmed by 50. @returns order numbers by deal id */
export async function makeOrders(
  odoo: OdooRpc,
  module: string,
  orders: readonly BatchedOrder[],
  companies: ReadonlyMap<string, Readonly<Record<string, string | null>>>,
  atOnce: number,
): Promise<Map<string, string>> {
  const skus = [...new Set(orders.flatMap((order) => order.lines.map((line) => line.hs_sku ?? '')))]
  const [products, partners] = await Promise.all([
    odoo.call<{ id: number; default_code: string }[]>('product.product', 'search_read', [
      [['default_code', 'in', skus]],
      ['default_code'],
    ]),
    odoo.call<Loaded>('res.partner', 'load', [
      ['id', 'name', 'is_company', 'phone', 'street', 'city', 'zip'],
      [...companies].map(([id, { name, phone, address, city, zip }]) => [
        ...[`${module}.company_${id}`, name, '1', phone, address, city, zip],
      ]),
    ]),
  ])
  const productIds = new Map(products.map((product) => [product.default_code, product.id]))
  const partnerIds = new Map([...companies.keys()].map((id, place) => [id, idsOf(partners)[place]]))
  const dealOf = new Map<number, string>()
  await inChunks(orders, ordersPerLoad, atOnce, async (part) => {
    const rows = part.flatMap((order) =>
      order.lines.map((line, place) => [
        ...(place === 0
          ? [`${module}.deal_${order.id}`, String(partnerIds.get(order.companyId)), order.id, order.id]
          : ['', '', '', '']),
        `${module}.line_${line.id}`,
        String(productIds.get(line.hs_sku ?? '')),
        ...[line.quantity, line.price],
      ]),
    )
    const loaded = await odoo.call<Loaded>('sale.order', 'load', [orderColumns, rows])
    for (const [place, id] of idsOf(loaded).entries()) dealOf.set(id, part[place]?.id ?? '')
  })
  const ids = [...dealOf.keys()]
  await inChunks(ids, ordersPerConfirm, atOnce, (part) => odoo.call('sale.order', 'action_confirm', [part]))
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

type Post = <Answer>(path: string, body: unknown) => Promise<Answer>

function openPost({ url, token }: Target['hubspot']): Post {
  return async (path, body) => {
    const reply = await fetch(`${url}/crm/${path.replace('/', '/2026-09/')}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!reply.ok) throw new Error(`HubSpot: ${path} answered ${reply.status}: ${await reply.text()}`)
    return (await reply.json()) as never
  }
}

/** Pages of 200, each from the last time seen, as offsets end at 10,000. */
async function wonDeals(post: Post): Promise<string[]> {
  const found = new Set<string>()
  let from = '0'
  for (;;) {
    const page: Reply = await post('objects/deals/search', {
      filterGroups: [
        {
          filters: [
            { propertyName: 'hs_is_closed_won', operator: 'EQ', value: 'true' },
            { propertyName: 'hs_lastmodifieddate', operator: 'GTE', value: from },
          ],
        },
      ],
      sorts: ['hs_lastmodifieddate'],
      properties: ['hs_lastmodifieddate'],
      limit: 200,
      after: '0',
    })
    for (const { id } of page.results) found.add(id)
    if (page.paging?.next === undefined) return [...found]
    from = String(Date.parse(page.results.at(-1)?.properties.hs_lastmodifieddate ?? ''))
  }
}

async function readAll(
  post: Post,
  object: string,
  ids: readonly string[],
  properties: readonly string[],
): Promise<Map<string, Row['properties']>> {
  const found = new Map<string, Row['properties']>()
  await inChunks([...new Set(ids)], 100, hubspotAtOnce, async (part) => {
    const reply = await post<Reply>(`objects/${object}/batch/read`, {
      inputs: part.map((id) => ({ id })),
      properties,
      propertiesWithHistory: [],
    })
    for (const row of reply.results) found.set(row.id, row.properties)
  })
  return found
}

async function associations(post: Post, ids: readonly string[], object: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  await inChunks(ids, 1000, hubspotAtOnce, async (part) => {
    const inputs = part.map((id) => ({ id }))
    const reply = await post<Associations>(`associations/deals/${object}/batch/read`, { inputs })
    for (const { from, to } of reply.results)
      found.set(
        from.id,
        to.map((other) => String(other.toObjectId)),
      )
  })
  return found
}

async function inChunks<T>(
  all: readonly T[],
  size: number,
  atOnce: number,
  work: (part: readonly T[]) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < all.length) {
      const part = all.slice(next, next + size)
      next += size
      await work(part)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
