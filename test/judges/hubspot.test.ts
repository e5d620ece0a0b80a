import { Client } from '@hubspot/api-client'
import {
  AssociationSpecAssociationCategoryEnum as Category,
  FilterOperatorEnum as Operator,
} from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import {
  PropertyCreateFieldTypeEnum as Field,
  PropertyCreateTypeEnum as Type,
} from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startHubspotSimulator } from './index.ts'

/*
 * HubSpot's own client reads what the simulator answers: statuses and shapes that it does not know, it throws at.
 */

let now = Date.UTC(2026, 10, 24, 9)
let simulator: Awaited<ReturnType<typeof startHubspotSimulator>>
let client: Client
beforeAll(async () => {
  simulator = await startHubspotSimulator({ now: () => now, currencies: ['USD'] })
  client = new Client({ accessToken: 'test-token', basePath: simulator.url, numberOfApiCallRetries: 0 })
  await client.crm.properties.coreApi.create('products', {
    name: 'erp_key',
    label: 'ERP key',
    type: Type.String,
    fieldType: Field.Text,
    groupName: 'productinformation',
    hasUniqueValue: true,
  })
})
afterAll(() => simulator.close())

async function refusal(call: Promise<unknown>) {
  const error = await call
    .then(() => null)
    .catch((thrown: { code: number; body: { category: string; message: string } }) => thrown)
  return error === null ? null : { status: error.code, category: error.body.category, message: error.body.message }
}
const upsert = (id: string, properties: Record<string, string>, idProperty = 'erp_key') => ({
  id,
  idProperty,
  properties,
})

describe('products', () => {
  const batches = () => client.crm.products.batchApi
  const singles = () => client.crm.products.basicApi

  test('are made by their key, and changed by it the second time', async () => {
    const first = await batches().upsert({
      inputs: [upsert('k1', { name: 'Desk', hs_sku: 'D' }), upsert('k2', { name: 'Lamp' })],
    })
    const second = await batches().upsert({ inputs: [upsert('k1', { name: 'Big desk' })] })
    expect(first.results.map((one) => one._new)).toEqual([true, true])
    expect(second.results).toMatchObject([{ _new: false, properties: { name: 'Big desk', erp_key: 'k1' } }])
    expect(first.results.map((one) => one.id)).toContain(second.results[0]?.id)
    expect(simulator.crm.products().filter((product) => product.key === 'k1')).toHaveLength(1)
  })

  test('are read, one or many, and changed by a property that is unique', async () => {
    await batches().upsert({ inputs: [upsert('k3', { name: 'Chair' })] })
    const one = await singles().getById('k3', ['name'], undefined, undefined, false, 'erp_key')
    expect(one.properties).toMatchObject({ name: 'Chair' })
    const ask = {
      inputs: [{ id: 'k3' }, { id: 'k4' }],
      properties: ['name', 'erp_key'],
      propertiesWithHistory: [],
      idProperty: 'erp_key',
    }
    const many = await batches().read(ask)
    expect(many.results.map((product) => product.properties.erp_key)).toEqual(['k3'])
    expect('errors' in many && many.errors).toMatchObject([{ category: 'OBJECT_NOT_FOUND', context: { ids: ['k4'] } }])
    await singles().update('k3', { properties: { name: 'Stool' } }, 'erp_key')
    expect((await singles().getById(one.id, ['name'])).properties.name).toBe('Stool')
  })

  test.each<[string, () => Promise<unknown>, number, string]>([
    [
      'a value that another product has',
      () => singles().create({ properties: { erp_key: 'taken' }, associations: [] }),
      400,
      'CONFLICTING_UNIQUE_VALUE',
    ],
    [
      'one value twice in a batch',
      () =>
        batches().create({
          inputs: ['twice', 'twice'].map((erp_key) => ({ properties: { erp_key }, associations: [] })),
        }),
      400,
      'CONFLICTING_UNIQUE_VALUE',
    ],
    [
      'one id twice in a batch',
      () => batches().upsert({ inputs: [upsert('x', {}), upsert('x', {})] }),
      400,
      'Duplicate',
    ],
    [
      'a property that is not unique',
      () => batches().upsert({ inputs: [upsert('A', {}, 'hs_sku')] }),
      400,
      'non-unique property hs_sku',
    ],
    [
      'the record id as a property',
      () => batches().upsert({ inputs: [upsert('1', {}, 'hs_object_id')] }),
      400,
      'non-unique',
    ],
    ['an upsert by no property', () => batches().upsert({ inputs: [{ id: 'A', properties: {} }] }), 400, 'idProperty'],
    ['a word to search for', () => client.crm.products.searchApi.doSearch({ query: 'desk' }), 400, 'not simulated'],
  ])('are refused for %s', async (_, call, status, words) => {
    await batches().upsert({ inputs: [upsert('taken', { name: 'Taken' })] })
    expect(await refusal(call())).toMatchObject({
      status,
      category: 'VALIDATION_ERROR',
      message: expect.stringContaining(words),
    })
  })

  test('leave nothing behind when one of a batch is refused', async () => {
    const before = simulator.crm.products().length
    await refusal(batches().upsert({ inputs: [upsert('good', { name: 'Good' }), upsert('bad', { price: 'much' })] }))
    expect(simulator.crm.products()).toHaveLength(before)
  })

  test('are made each for itself where each input can be traced', async () => {
    const inputs = [
      { properties: { name: 'Good' }, associations: [], objectWriteTraceId: 'a' },
      { properties: { price: 'much' }, associations: [], objectWriteTraceId: 'b' },
    ]
    const reply = await batches().create({ inputs })
    expect(reply.results).toMatchObject([{ objectWriteTraceId: 'a', properties: { name: 'Good' } }])
    expect('errors' in reply && reply.errors).toMatchObject([{ context: { objectWriteTraceId: ['b'] } }])
  })

  test('give their key free when they are archived, and are still shown to who asks for archived ones', async () => {
    const { results } = await batches().upsert({ inputs: [upsert('free', { name: 'Old' })] })
    const [old] = results
    await batches().archive({ inputs: [{ id: old?.id ?? '' }] })
    expect((await batches().upsert({ inputs: [upsert('free', { name: 'New' })] })).results[0]?._new).toBe(true)
    const shown = await singles().getById(old?.id ?? '', ['name'], undefined, undefined, true)
    expect([shown.archived, shown.properties.name]).toEqual([true, 'Old'])
  })

  test('have a price in each currency, numbers being taken as text', async () => {
    const properties = { name: 'Shelf', hs_sku: 'S', price: 10.5, hs_price_usd: '12' } as unknown as Record<
      string,
      string
    >
    const { id } = await singles().create({ properties, associations: [] })
    expect(simulator.crm.products().find((product) => product.id === id)).toEqual({
      id,
      sku: 'S',
      name: 'Shelf',
      key: null,
      active: true,
      prices: { EUR: '10.5', USD: '12' },
      onHand: null,
      available: null,
      asOf: null,
    })
  })
})

describe('deals', () => {
  test('are linked as they are made, and show their links and the history of a value', async () => {
    const { store } = simulator
    const companyId = store.addCompany({ name: 'Acme' })
    const line = await client.crm.lineItems.basicApi.create({
      properties: { hs_sku: 'D', quantity: '1', price: '5' },
      associations: [],
    })
    const link = (id: string, associationTypeId: number) => ({
      to: { id },
      types: [{ associationCategory: Category.HubspotDefined, associationTypeId }],
    })
    const { id } = await client.crm.deals.basicApi.create({
      properties: { dealname: 'Linked', dealstage: 'contractsent' },
      associations: [link(companyId, 5), link(line.id, 19)],
    })
    now += 1000
    await client.crm.deals.basicApi.update(id, { properties: { dealstage: 'closedwon' } })
    const deal = await client.crm.deals.basicApi.getById(
      id,
      ['dealname'],
      ['dealstage'],
      ['companies', 'line_items', 'contacts'],
    )
    expect(deal.associations).toEqual({
      companies: {
        results: [
          { id: companyId, type: 'deal_to_company' },
          { id: companyId, type: 'deal_to_company_unlabeled' },
        ],
      },
      'line items': { results: [{ id: line.id, type: 'deal_to_line_item' }] },
    })
    expect(deal.propertiesWithHistory?.dealstage).toMatchObject([
      { value: 'closedwon', timestamp: new Date(now), sourceType: 'INTEGRATION' },
      { value: 'contractsent', timestamp: new Date(now - 1000), sourceType: 'INTEGRATION' },
    ])
    expect(store.deal(id)?.lines).toHaveLength(1)
  })

  test.each([
    ['a kind of link that is not simulated', 999, 400],
    ['a company that is not there', 5, 404],
  ])('are refused with %s, and not made', async (_, associationTypeId, status) => {
    const before = simulator.store.deals().length
    const associations = [
      { to: { id: '999999' }, types: [{ associationCategory: Category.HubspotDefined, associationTypeId }] },
    ]
    expect(
      await refusal(client.crm.deals.basicApi.create({ properties: { dealname: 'x' }, associations })),
    ).toMatchObject({ status })
    expect(simulator.store.deals()).toHaveLength(before)
  })
})

test('a contact whose e-mail is known is a conflict that names the other', async () => {
  const create = (email: string) => client.crm.contacts.basicApi.create({ properties: { email }, associations: [] })
  const { id } = await create('Ada@acme.test')
  expect(await refusal(create('ada@ACME.test'))).toEqual({
    status: 409,
    category: 'CONFLICT',
    message: `Contact already exists. Existing ID: ${id}`,
  })
})

test.each([
  ['deals', 'dealinformation'],
  ['companies', 'companyinformation'],
  ['line_items', 'lineiteminformation'],
])('the standard group of %s is %s', async (object, group) => {
  const { results } = await client.crm.properties.groupsApi.getAll(object)
  expect(results.map(({ name }) => name)).toEqual([group])
  const property = {
    name: `own_${object}`,
    label: 'Own',
    type: Type.String,
    fieldType: Field.Textarea,
    groupName: group,
  }
  expect((await client.crm.properties.coreApi.create(object, property)).groupName).toBe(group)
})

test.each([
  ['deals', ['amount', 'closedate', 'dealname', 'dealstage', 'pipeline', 'hs_lastmodifieddate']],
  ['products', ['description', 'name', 'price', 'hs_lastmodifieddate']],
  ['contacts', ['email', 'firstname', 'lastname', 'lastmodifieddate']],
])('%s of which nothing is asked come with what they come with', async (object, names) => {
  const { id } = await client.crm.objects.basicApi.create(object, { properties: {}, associations: [] })
  const { properties } = await client.crm.objects.basicApi.getById(object, id)
  expect(Object.keys(properties).sort()).toEqual([...names, 'createdate', 'hs_object_id'].sort())
})

test('a property of yes and no needs both as its options', async () => {
  const property = {
    name: 'yes_no',
    label: 'Yes',
    type: Type.Bool,
    fieldType: Field.Booleancheckbox,
    groupName: 'productinformation',
  }
  expect(await refusal(client.crm.properties.coreApi.create('products', property))).toMatchObject({ status: 400 })
  const options = ['true', 'false'].map((value, displayOrder) => ({ value, label: value, displayOrder, hidden: false }))
  expect((await client.crm.properties.coreApi.create('products', { ...property, options })).options).toHaveLength(2)
})

test('a search by filters finds what its index shows', async () => {
  const id = simulator.crm.addProduct({ sku: 'FIND-ME', name: 'Findable' })
  const filters = [{ propertyName: 'hs_sku', operator: Operator.Eq, value: 'find-me' }]
  const found = await client.crm.products.searchApi.doSearch({ filterGroups: [{ filters }], properties: ['name'] })
  expect(found.results.map((product) => [product.id, product.properties.name])).toEqual([[id, 'Findable']])
})
