import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client, Signature } from '@hubspot/api-client'
import {
  AssociationSpecAssociationCategoryEnum as Category,
  FilterOperatorEnum as Operator,
} from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import {
  PropertyCreateFieldTypeEnum as Field,
  PropertyCreateTypeEnum as Type,
} from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'

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

describe('an area that the product works in', () => {
  test('companies, contacts and lines are read many at once, those that are gone apart', async () => {
    const areas = [client.crm.companies, client.crm.contacts, client.crm.lineItems] as const
    for (const area of areas) {
      const { id } = await area.basicApi.create({ properties: {}, associations: [] })
      const ask = { inputs: [{ id }, { id: '999999' }], properties: [], propertiesWithHistory: [] }
      const { results, ...rest } = await area.batchApi.read(ask)
      expect(results.map((one) => one.id)).toEqual([id])
      expect('errors' in rest && rest.errors).toMatchObject([{ context: { ids: ['999999'] } }])
    }
  })

  test('deals are changed many at once, and listed page after page', async () => {
    const ids = ['a', 'b', 'c'].map((name) => simulator.store.addDeal({ name }))
    const inputs = ids.map((id) => ({ id, properties: { description: `text of ${id}` } }))
    const { results } = await client.crm.deals.batchApi.update({ inputs })
    expect(results.map(({ id }) => id).sort()).toEqual([...ids].sort())
    const seen: string[] = []
    let after: string | undefined
    do {
      const page = await client.crm.deals.basicApi.getPage(2, after, ['description'])
      seen.push(
        ...page.results.filter((deal) => ids.includes(deal.id)).map((deal) => deal.properties.description ?? ''),
      )
      after = page.paging?.next?.after
    } while (after !== undefined)
    expect(seen).toEqual(ids.map((id) => `text of ${id}`))
  })

  test('associations tell what a deal is linked with', async () => {
    const companyId = simulator.store.addCompany({ name: 'Linked' })
    const id = simulator.store.addDeal({ companyId })
    const alone = simulator.store.addDeal({})
    const reply = await client.crm.associations.v4.batchApi.getPage('deals', 'companies', {
      inputs: [{ id }, { id: alone }],
    })
    expect(reply.results).toMatchObject([
      { to: [{ associationTypes: [{ typeId: 5 }, { typeId: 341 }], toObjectId: Number(companyId) }], _from: { id } },
    ])
    expect('errors' in reply && reply.errors).toMatchObject([
      { category: 'OBJECT_NOT_FOUND', context: { fromObjectId: [alone] } },
    ])
  })

  test('properties, pipelines, owners and the account are described', async () => {
    const { results: properties } = await client.crm.properties.coreApi.getAll('deals', false)
    expect(properties.find(({ name }) => name === 'dealstage')?.options.map(({ value }) => value)).toContain(
      'closedwon',
    )
    expect((await client.crm.properties.coreApi.getAll('deals', true)).results).toEqual([])
    const { results: pipelines } = await client.crm.pipelines.pipelinesApi.getAll('deals')
    expect(pipelines[0]?.stages.find(({ id }) => id === 'closedwon')?.metadata).toEqual({
      isClosed: 'true',
      probability: '1.0',
    })
    const ownerId = simulator.store.addOwner({ firstName: 'Eve', lastName: 'Seller', email: 'eve@acme.test' })
    const { results: owners } = await client.crm.owners.ownersApi.getPage('eve@acme.test', undefined, 100, false)
    expect(owners).toMatchObject([{ id: ownerId, firstName: 'Eve' }])
    expect(await client.crm.owners.ownersApi.getById(Number(ownerId), 'id', false)).toMatchObject({
      email: 'eve@acme.test',
    })
    const account = await client.apiRequest({ path: '/account-info/v3/details' })
    expect(await account.json()).toMatchObject({ portalId: 4711, companyCurrency: 'EUR' })
  })

  test('a token is renewed', async () => {
    const oauth = { clientId: 'c', clientSecret: 's', refreshToken: 'r' }
    const other = await startHubspotSimulator({ oauth })
    try {
      const asked = new Client({ basePath: other.url, numberOfApiCallRetries: 0 })
      const { accessToken } = await asked.oauth.tokensApi.create('refresh_token', undefined, undefined, 'c', 's', 'r')
      asked.setAccessToken(accessToken)
      expect((await asked.crm.deals.basicApi.getPage()).results).toEqual([])
    } finally {
      await other.close()
    }
  })
})

test.each<[string, () => Promise<unknown>]>([
  ['a parameter', () => client.apiRequest({ path: '/crm/v3/objects/deals?sort=amount' }).then((reply) => reply.json())],
  ['pipelines of tickets and the like', () => client.crm.pipelines.pipelinesApi.getAll('companies')],
  ['owners by the id of their user', () => client.crm.owners.ownersApi.getById(1, 'userId')],
  [
    'a property that is calculated',
    () =>
      client.crm.properties.coreApi.create('deals', {
        ...{ name: 'sum', label: 'Sum', type: Type.Number, fieldType: Field.Number, groupName: 'dealinformation' },
        calculationFormula: 'amount * 2',
      }),
  ],
  [
    'a token in a text',
    () =>
      client.crm.deals.searchApi.doSearch({
        filterGroups: [{ filters: [{ propertyName: 'dealname', operator: Operator.ContainsToken, value: 'x' }] }],
      }),
  ],
])('what is not simulated is refused: %s', async (_, call) => {
  const reply = await call().catch((thrown: { body: object }) => thrown.body)
  expect(reply).toMatchObject({ category: 'VALIDATION_ERROR', message: expect.stringContaining('not simulated') })
})

test('webhooks are signed as the client signs them, and tell who changed what', async () => {
  // The client takes no signature that is older than five minutes by the clock of the machine.
  const live = await startHubspotSimulator({})
  const received: { headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/hubspot`
    live.sendWebhooks(url)
    const id = live.store.addDeal({ properties: { description: 'text' } })
    live.store.updateDeal(id, { description: '' })
    await live.store.flushWebhooks()
    for (const { headers, body } of received) {
      const given = {
        ...{ clientSecret: String(live.settings.webhookSecret), method: 'POST', url, requestBody: body },
        timestamp: Number(headers['x-hubspot-request-timestamp']),
      }
      const [latest, older] = ['x-hubspot-signature-v3', 'x-hubspot-signature'].map((name) => String(headers[name]))
      expect(Signature.isValid({ ...given, signatureVersion: 'v3', signature: latest ?? '' })).toBe(true)
      expect([headers['x-hubspot-signature-version'], Signature.isValid({ ...given, signature: older ?? '' })]).toEqual(
        ['v1', true],
      )
    }
    const events = received.flatMap(({ body }) => JSON.parse(body) as readonly object[])
    expect(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ subscriptionType: 'deal.creation', objectId: Number(id), changeFlag: 'CREATED' }),
        expect.objectContaining({
          ...{ subscriptionType: 'deal.propertyChange', propertyName: 'description', propertyValue: '' },
          ...{ changeSource: 'CRM_UI', sourceId: expect.stringMatching(/^userId:\d+$/) },
        }),
      ]),
    )
  } finally {
    await live.close()
    await new Promise((resolve) => server.close(resolve))
  }
})
