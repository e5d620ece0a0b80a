import { Client } from '@hubspot/api-client'
import { inChunks } from '../../chunks.ts'
import type { Contestant } from '../../contestant.ts'
import { type Connected, setting, type Target } from '../../target.ts'
import { moduleOf, openOdooRpc } from './odoo-rpc.ts'
import { type Customer, makeOrders } from './orders.ts'
import { createOrderNumberProperty } from './sequential.ts'

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

// As many calls at once as the connector allows itself.
const hubspotAtOnce = 6

/**
 * The practical limit: the fewest calls that both systems allow, those of one step side by side. It keeps no ledger,
 * looks for no order or customer before it makes one, proves nothing, and is not fit for a second run.
 */
export async function openBatched({ crm, erp }: Target): Promise<Contestant> {
  const post = openPost(crm)
  const odoo = await openOdooRpc(erp)
  const [accessToken, basePath] = [setting(crm, 'accessToken'), setting(crm, 'baseUrl')]
  await createOrderNumberProperty(new Client({ accessToken, basePath }))
  return {
    postgresPid: null,
    async pass() {
      const found = await wonDeals(post)
      // Nothing that an order needs here, but nobody makes an order without it.
      await readAll(post, 'deals', found, ['dealname', 'closedate', 'amount', 'deal_currency_code'])
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
          ['name', 'address', 'city', 'zip', 'country'],
        ),
        readAll(post, 'contacts', [...contactOf.values()].map(first), ['firstname', 'lastname', 'email']),
      ])
      const orders = found.map((id) => ({
        id,
        companyId: first(companyOf.get(id)),
        lines: (linesOf.get(id) ?? []).map((lineId) => {
          const { hs_sku: sku, quantity, price } = lines.get(lineId) ?? {}
          return { id: lineId, sku: sku ?? '', quantity: quantity ?? '', price: price ?? '' }
        }),
      }))
      const customers = [...companies].map(([id, { name, address, city, zip, country }]): [string, Customer] => [
        id,
        { name: name ?? '', street: address ?? '', city: city ?? '', zip: zip ?? '', country: country ?? '' },
      ])
      const numbers = await makeOrders(odoo, moduleOf(erp), orders, new Map(customers))
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

type Post = <Answer>(path: string, body: unknown) => Promise<Answer>

function openPost(hubspot: Connected): Post {
  const [url, token] = [setting(hubspot, 'baseUrl'), setting(hubspot, 'accessToken')]
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
