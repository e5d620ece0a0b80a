import { Client } from '@hubspot/api-client'
import { FilterOperatorEnum } from '@hubspot/api-client/lib/codegen/crm/deals/index.js'
import {
  PropertyCreateFieldTypeEnum,
  PropertyCreateTypeEnum,
} from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import type { Contestant } from '../../contestant.ts'
import { setting, type Target } from '../../target.ts'
import { moduleOf, type OdooRpc, openOdooRpc } from './odoo-rpc.ts'

const dealProperties = ['dealname', 'closedate', 'deal_currency_code']
const lineProperties = ['hs_sku', 'name', 'quantity', 'price']
const companyProperties = ['name', 'domain', 'address', 'city', 'zip', 'country']

/** One deal after the other with the systems' usual clients, as an integrator writes it in an afternoon. */
export async function openSequential({ crm, erp }: Target): Promise<Contestant> {
  const hubspot = new Client({
    accessToken: setting(crm, 'accessToken'),
    basePath: setting(crm, 'baseUrl'),
    // Without the nine calls a second that the client allows itself: the loop is measured, not its brake.
    limiterOptions: { minTime: 0, maxConcurrent: 6 },
  })
  const odoo = await openOdooRpc(erp)
  await createOrderNumberProperty(hubspot)
  return {
    postgresPid: null,
    async pass() {
      let orders = 0
      let after: string | undefined
      do {
        const page = await hubspot.crm.deals.searchApi.doSearch({
          filterGroups: [
            {
              filters: [
                { propertyName: 'hs_is_closed_won', operator: FilterOperatorEnum.Eq, value: 'true' },
                { propertyName: 'erp_order_no', operator: FilterOperatorEnum.NotHasProperty },
              ],
            },
          ],
          sorts: ['hs_lastmodifieddate'],
          properties: dealProperties,
          limit: 100,
          // Deals that got their number leave the search, so that the next page is again the first one.
          after: '0',
        })
        for (const deal of page.results) await sell(hubspot, odoo, moduleOf(erp), deal)
        orders += page.results.length
        after = page.paging?.next?.after
      } while (after !== undefined)
      return orders === 0 ? {} : { created: orders }
    },
    async close() {},
  }
}

export async function createOrderNumberProperty(hubspot: Client): Promise<void> {
  await hubspot.crm.properties.coreApi.create('deals', {
    name: 'erp_order_no',
    label: 'ERP order number',
    type: PropertyCreateTypeEnum.String,
    fieldType: PropertyCreateFieldTypeEnum.Text,
    groupName: 'dealinformation',
  })
}

interface Deal {
  readonly id: string
  readonly properties: Readonly<Record<string, string | null>>
}

async function sell(hubspot: Client, odoo: OdooRpc, module: string, deal: Deal): Promise<void> {
  const [companyId = ''] = await associated(hubspot, deal.id, 'companies')
  const company = await hubspot.crm.companies.basicApi.getById(companyId, companyProperties)
  const partnerId = await partnerOf(odoo, module, company)
  const lineIds = await associated(hubspot, deal.id, 'line_items')
  const lines = await hubspot.crm.lineItems.batchApi.read({
    inputs: lineIds.map((id) => ({ id })),
    properties: lineProperties,
    propertiesWithHistory: [],
  })
  const skus = lines.results.map((line) => line.properties.hs_sku)
  const products = await odoo.call<{ id: number; default_code: string }[]>('product.product', 'search_read', [
    [['default_code', 'in', skus]],
    ['default_code'],
  ])
  const productIds = new Map(products.map((product) => [product.default_code, product.id]))
  const orderId = await odoo.call<number>('sale.order', 'create', [
    {
      partner_id: partnerId,
      client_order_ref: deal.id,
      origin: deal.properties.dealname,
      order_line: lines.results.map(({ properties }) => [
        0,
        0,
        {
          product_id: productIds.get(properties.hs_sku ?? ''),
          name: properties.name,
          product_uom_qty: Number(properties.quantity),
          price_unit: Number(properties.price),
        },
      ]),
    },
  ])
  await odoo.call('sale.order', 'action_confirm', [[orderId]])
  const [order] = await odoo.call<{ name: string }[]>('sale.order', 'read', [[orderId], ['name']])
  await hubspot.crm.deals.basicApi.update(deal.id, { properties: { erp_order_no: order?.name ?? '' } })
}

async function associated(hubspot: Client, dealId: string, object: string): Promise<string[]> {
  const reply = await hubspot.crm.associations.v4.batchApi.getPage('deals', object, { inputs: [{ id: dealId }] })
  return reply.results.flatMap((one) => one.to.map((other) => String(other.toObjectId)))
}

async function partnerOf(odoo: OdooRpc, module: string, company: Deal): Promise<number> {
  const name = `company_${company.id}`
  const [known] = await odoo.call<{ res_id: number }[]>('ir.model.data', 'search_read', [
    [
      ['module', '=', module],
      ['name', '=', name],
    ],
    ['res_id'],
  ])
  if (known !== undefined) return known.res_id
  const { properties } = company
  const loaded = await odoo.call<{ ids: number[] | false; messages: unknown }>('res.partner', 'load', [
    ['id', 'name', 'is_company', 'street', 'city', 'zip', 'country_id'],
    [
      [
        `${module}.${name}`,
        properties.name,
        '1',
        properties.address,
        properties.city,
        properties.zip,
        properties.country,
      ],
    ],
  ])
  if (loaded.ids === false) throw new Error(`Odoo refused the customer: ${JSON.stringify(loaded.messages)}`)
  return loaded.ids[0] ?? 0
}
