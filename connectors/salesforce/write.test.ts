import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../src/core/json.ts'
import type { SyncError } from '../../src/core/problem.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import { compileMapping } from '../../src/mapping/compile/compile.ts'
import { mapOutbound } from '../../src/mapping/run/run.ts'
import { openSandbox } from '../../src/mapping/sandbox/sandbox.ts'
import { runMappingTests } from '../../src/mapping/testing/test-file.ts'
import type { Connection, ObjectSchema, Write } from '../../src/ports/connector.ts'
import { salesforce } from './index.ts'
import { type SalesforceSimulatorOptions, startSalesforceSimulator } from './simulator/index.ts'

let now: Instant
const clock = {
  now: () => now,
  sleep: async (ms: number) => {
    now = shift(now, ms)
  },
}
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

let simulator: Awaited<ReturnType<typeof startSalesforceSimulator>>
let connection: Connection

async function begin(options: SalesforceSimulatorOptions = {}, settings: object = {}) {
  await simulator?.close()
  simulator = await startSalesforceSimulator({ now: () => toMillis(now), ...options })
  const deps = { name: 'crm', http: openHttpClient({ clock, log, random: () => 0 }), clock, log }
  connection = salesforce.open({ ...simulator.settings, ...settings }, deps)
  await connection.setup?.()
  await Promise.all(['Product2', 'PricebookEntry'].map(connection.describe))
  simulator.resetCalls()
  return simulator.store
}
beforeEach(async () => {
  now = '2026-11-24T09:00:00.000Z' as Instant
  await begin()
})
afterEach(() => simulator.close())

type Prices = readonly (readonly [currency: string, fields: JsonObject])[]
const linesOf = (prices: Prices, remove: readonly string[] = []) => ({
  field: 'PricebookEntries',
  upsert: prices.map(([currency, fields]) => ({ key: `erp_1_product_1_line_${currency}`, fields })),
  remove: remove.map((currency) => `erp_1_product_1_line_${currency}`),
})
const create = (key: string, fields: JsonObject, lines: ReturnType<typeof linesOf> | null = null) =>
  ({ do: 'create', object: 'Product2', key, fields, lines }) as const
const update = (id: string, lines: ReturnType<typeof linesOf> | null, fields: JsonObject = {}) =>
  ({ do: 'update', object: 'Product2', id, key: null, fields, lines }) as const
const products = () => simulator.store.records('Product2')
/** Currency and amount of each price that is active. */
const prices = () =>
  simulator.store
    .records('PricebookEntry')
    .filter((entry) => entry.IsActive === true)
    .map(({ CurrencyIsoCode = '', UnitPrice }) => `${CurrencyIsoCode} ${UnitPrice}`.trim())
const kindsOf = (outcomes: Awaited<ReturnType<Connection['write']>>) =>
  outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.failure.problem.kind))
const calls = () =>
  Object.fromEntries(
    Object.entries(simulator.calls()).map(([name, count]) => [name.replace('/services/data/v67.0', ''), count]),
  )

describe('creating', () => {
  test('makes 450 products in three calls, each with its key', async () => {
    const keys = Array.from({ length: 450 }, (_, n) => `erp_1_product_${n}`)
    const outcomes = await connection.write(keys.map((key) => create(key, { Name: key, ProductCode: key })))
    expect(kindsOf(outcomes)).toEqual(keys.map(() => 'ok'))
    expect(calls()).toEqual({ 'PATCH /composite/sobjects/Product2/ERP_Key__c': 3 })
    expect(products().map((one) => one.ERP_Key__c)).toEqual(keys)
    expect(outcomes[7]).toEqual({ ok: true, id: products()[7]?.Id })
  })

  test('makes one record for one key, however often and however written it is told to', async () => {
    const [first] = await connection.write([create('erp_1_product_a', { Name: 'Desk' })])
    const again = await connection.write([
      create('erp_1_product_a', { Name: 'Desk', ProductCode: 'D' }),
      create('ERP_1_product_A', { Name: 'Desk 2' }),
    ])
    expect(again).toEqual([first, first])
    expect(products()).toMatchObject([{ Name: 'Desk 2', ProductCode: 'D', ERP_Key__c: 'erp_1_product_a' }])
  })

  test('sends a creation again whose answer was lost, as the key is unique', async () => {
    simulator.fault({ match: { method: 'PATCH', path: '/Product2/' }, kind: 'lose_answer' })
    const [outcome] = await connection.write([create('erp_1_product_a', { Name: 'Desk' })])
    expect(products()).toMatchObject([{ Name: 'Desk' }])
    expect(outcome).toEqual({ ok: true, id: products()[0]?.Id })
  })

  test('finds by the key, and tells the key of what it finds by fields', async () => {
    const [outcome] = await connection.write([create('erp_1_product_a', { Name: 'Desk', ProductCode: 'D' })])
    const id = outcome?.ok === true ? outcome.id : ''
    simulator.store.addProduct({ sku: 'OLD' })
    const found = await connection.find('Product2', [
      { key: 'erp_1_product_a' },
      { key: 'erp_1_product_b' },
      { fields: { ProductCode: 'd' } },
      { fields: { ProductCode: 'old' } },
    ])
    const match = { id, key: 'erp_1_product_a', label: 'Desk', archived: true }
    expect(found.slice(0, 3)).toEqual([[match], [], [match]])
    expect(found[3]).toMatchObject([{ key: null }])
  })

  test('makes the neighbours of a record that is refused', async () => {
    simulator.store.addValidationRule({
      object: 'Product2',
      message: 'Too heavy',
      fails: (values) => values.Name === 'Anvil',
    })
    const outcomes = await connection.write([
      create('k1', { Name: 'Desk' }),
      create('k2', { ProductCode: 'nameless' }),
      create('k3', { Name: 'Anvil' }),
      create('k4', { Name: 'x'.repeat(256) }),
      create('k5', { Name: 'Lamp', Nothing__c: 'x' }),
      create('k6', { Name: 'Lamp' }),
    ])
    expect(kindsOf(outcomes)).toEqual([
      'ok',
      'record_rejected',
      'record_rejected',
      'record_rejected',
      'configuration_invalid',
      'ok',
    ])
    expect(outcomes[1]).toMatchObject({
      failure: { problem: { remoteCode: 'REQUIRED_FIELD_MISSING' }, message: expect.stringContaining('Product2 k2') },
    })
    expect(products().map((one) => one.ERP_Key__c)).toEqual(['k1', 'k6'])
  })

  test('waits for another one who makes a record for the same key', async () => {
    const raced = {
      success: false,
      errors: [
        { statusCode: 'DUPLICATE_VALUE', message: 'duplicate value found: ERP_Key__c duplicates value on record' },
      ],
    }
    simulator.fault({ match: { method: 'PATCH', path: '/Product2/' }, kind: 'status', status: 200, body: [raced] })
    expect(kindsOf(await connection.write([create('k1', { Name: 'Desk' })]))).toEqual(['ok'])
  })

  test('says what to do about a duplicate rule of the org', async () => {
    const found = {
      success: false,
      errors: [{ statusCode: 'DUPLICATES_DETECTED', message: 'Use one of these records?' }],
    }
    simulator.fault({ match: { method: 'PATCH', path: '/Account/' }, kind: 'status', status: 200, body: [found] })
    const [outcome] = await connection.write([
      { do: 'create', object: 'Account', key: 'k1', fields: { Name: 'Acme' }, lines: null },
    ])
    expect(outcome).toMatchObject({
      failure: { problem: { kind: 'record_rejected' }, fix: expect.stringContaining('duplicate rule') },
    })
  })

  test('makes accounts, and contacts that belong to them', async () => {
    const [account] = await connection.write([
      { do: 'create', object: 'Account', key: 'k1', fields: { Name: 'Acme', Website: 'acme.test' }, lines: null },
    ])
    const AccountId = account?.ok === true ? account.id : ''
    const outcomes = await connection.write([
      { do: 'create', object: 'Contact', key: 'k1', fields: { LastName: 'King', AccountId }, lines: null },
    ])
    expect(kindsOf(outcomes)).toEqual(['ok'])
    expect(simulator.store.records('Contact')).toMatchObject([{ LastName: 'King', AccountId, ERP_Key__c: 'k1' }])
  })

  test.each<[string, Write]>([
    ['opportunities', { do: 'create', object: 'Opportunity', key: 'k', fields: {}, lines: null }],
    ['objects that nobody spoke of', { do: 'create', object: 'Delivery__c', key: 'k', fields: {}, lines: null }],
    ['lines but prices', { ...create('k', { Name: 'x' }), lines: { field: 'Assets', upsert: [], remove: [] } }],
    [
      'a price without a currency',
      create('k', { Name: 'x' }, { ...linesOf([]), upsert: [{ key: 'line_1', fields: {} }] }),
    ],
    ['a price of another product', create('k', { Name: 'x' }, linesOf([['EUR', { Product2Id: '01t' }]]))],
    ['what is no writing', { do: 'confirm', object: 'Product2', id: '01t' }],
  ])('refuses %s, and writes nothing', async (_, write) => {
    expect(kindsOf(await connection.write([write]))).toEqual(['configuration_invalid'])
    expect(products()).toEqual([])
  })

  test('wants the field for the key to be made first', async () => {
    await simulator.close()
    simulator = await startSalesforceSimulator({ now: () => toMillis(now) })
    const deps = { name: 'crm', http: openHttpClient({ clock, log, random: () => 0 }), clock, log }
    connection = salesforce.open(simulator.settings, deps)
    const [outcome] = await connection.write([create('k1', { Name: 'Desk' })])
    const error = await connection.find('Product2', [{ key: 'k1' }]).catch((thrown: SyncError) => thrown)
    for (const failure of [outcome?.ok === false ? outcome.failure : null, error]) {
      expect(failure).toMatchObject({
        problem: { kind: 'configuration_invalid' },
        message: expect.stringContaining('ERP_Key__c'),
        fix: expect.stringContaining('crosswalk setup'),
      })
    }
    await connection.setup?.()
    expect(kindsOf(await connection.write([create('k1', { Name: 'Desk' })]))).toEqual(['ok'])
    expect(await connection.find('Product2', [{ key: 'k1' }])).toMatchObject([[{ key: 'k1' }]])
  })
})

describe('prices of a product', () => {
  const price = { UnitPrice: '12.5', IsActive: true }

  test('are made with it in the standard price book, of which the org is asked once', async () => {
    const outcomes = await connection.write(
      ['1', '2'].map((n) => create(`k${n}`, { Name: n, IsActive: true }, linesOf([['EUR', { UnitPrice: n }]]))),
    )
    expect(kindsOf(outcomes)).toEqual(['ok', 'ok'])
    expect(prices()).toEqual(['1', '2'])
    expect(calls()).toEqual({
      'PATCH /composite/sobjects/Product2/ERP_Key__c': 1,
      'GET /query': 2,
      'POST /composite/sobjects': 1,
    })
    const [entry] = simulator.store.records('PricebookEntry')
    expect(entry).toMatchObject({ Product2Id: products()[0]?.Id, IsActive: true })
    simulator.resetCalls()
    await connection.write([create('k1', { Name: '1' }, linesOf([['EUR', { UnitPrice: '3' }]]))])
    expect(prices()).toEqual(['3', '2'])
    expect(calls()).toMatchObject({ 'GET /query': 1, 'PATCH /composite/sobjects': 1 })
  })

  test('are left alone when they are as they should be', async () => {
    const id = simulator.store.addProduct({ sku: 'A', price: '12.50' })
    expect(await connection.write([update(id, linesOf([['EUR', price]]))])).toEqual([{ ok: true, id }])
    expect(calls()).toEqual({ 'GET /query': 2 })
  })

  test('are one for each currency, and those of currencies that the org does not have are left out', async () => {
    await begin({ currencies: ['USD'] })
    const id = simulator.store.addProduct({ sku: 'A', price: '5' })
    const lines = linesOf([
      ['EUR', price],
      ['USD', { UnitPrice: '15' }],
      ['GBP', { UnitPrice: '11' }],
    ])
    expect(await connection.write([update(id, lines)])).toEqual([{ ok: true, id }])
    expect(prices()).toEqual(['EUR 12.5', 'USD 15'])
    expect(await connection.write([update(id, linesOf([], ['USD', 'GBP']))])).toEqual([{ ok: true, id }])
    expect(prices()).toEqual(['EUR 12.5'])
    await begin()
    const single = simulator.store.addProduct({ sku: 'A', price: '5' })
    expect(await connection.write([update(single, lines)])).toEqual([{ ok: true, id: single }])
    expect(prices()).toEqual(['12.5'])
  })

  test('go by the currency that a price names, too', async () => {
    await begin({ currencies: ['USD'] })
    const id = simulator.store.addProduct({ sku: 'A', price: '5' })
    const upsert = [{ key: 'line_1', fields: { CurrencyIsoCode: 'USD', ...price } }]
    await connection.write([update(id, { ...linesOf([]), upsert })])
    expect(prices()).toEqual(['EUR 5', 'USD 12.5'])
  })

  test('want the currency of an org with one, which the API does not tell', async () => {
    await begin({}, { currency: undefined })
    const [outcome] = await connection.write([create('k1', { Name: 'Desk' }, linesOf([['EUR', price]]))])
    expect(outcome).toMatchObject({
      failure: {
        problem: { kind: 'configuration_invalid', path: 'currency' },
        fix: expect.stringContaining('currency'),
      },
    })
  })

  test('are looked for again when the answer to their creation was lost, and are there once', async () => {
    simulator.fault({ match: { method: 'POST', path: '/composite/sobjects' }, kind: 'lose_answer' })
    const outcomes = await connection.write([create('k1', { Name: 'Desk' }, linesOf([['EUR', price]]))])
    expect(kindsOf(outcomes)).toEqual(['ok'])
    expect(prices()).toEqual(['12.5'])
    expect(calls()).toMatchObject({ 'POST /composite/sobjects': 1 })
  })

  test('that cannot be written keep their product from being done, and no other', async () => {
    simulator.store.addValidationRule({
      object: 'PricebookEntry',
      message: 'Too cheap',
      fails: (values) => values.UnitPrice === '1',
    })
    const outcomes = await connection.write(
      ['1', '2'].map((n) => create(`k${n}`, { Name: n }, linesOf([['EUR', { UnitPrice: n }]]))),
    )
    expect(kindsOf(outcomes)).toEqual(['record_rejected', 'ok'])
    expect(outcomes[0]).toMatchObject({ failure: { message: expect.stringContaining('in EUR') } })
    simulator.store.clearValidationRules()
    expect(
      kindsOf(await connection.write([create('k1', { Name: '1' }, linesOf([['EUR', { UnitPrice: '1' }]]))])),
    ).toEqual(['ok'])
    expect([products().length, prices()]).toEqual([2, ['2', '1']])
  })

  test('are told of when Salesforce does not answer, and are written the next time', async () => {
    const lines = linesOf([['EUR', price]])
    const down = { match: { method: 'POST', path: '/composite/sobjects' }, kind: 'lose_answer', times: 9 } as const
    simulator.fault(down)
    simulator.fault({ match: { query: 'FROM PricebookEntry' }, kind: 'status', status: 503, body: 'busy', times: 99 })
    expect(kindsOf(await connection.write([create('k1', { Name: 'Desk' }, lines)]))).toEqual(['unavailable'])
    simulator.clearFaults()
    expect(kindsOf(await connection.write([create('k1', { Name: 'Desk' }, lines)]))).toEqual(['ok'])
    expect([products().length, prices()]).toEqual([1, ['12.5']])
  })

  test('need a standard price book that the user sees', async () => {
    await begin({ hidden: ['Pricebook2'] })
    const [outcome] = await connection.write([create('k1', { Name: 'Desk' }, linesOf([['EUR', price]]))])
    expect(outcome).toMatchObject({ failure: { problem: { kind: 'configuration_invalid' } } })
    simulator.store.setHidden([])
    expect(kindsOf(await connection.write([create('k1', { Name: 'Desk' }, linesOf([['EUR', price]]))]))).toEqual(['ok'])
  })
})

describe('the mapping for products', () => {
  const sandbox = openSandbox()
  afterAll(() => sandbox.close())
  const file = 'mappings/salesforce/product.yaml'
  const textOf = (path: string) => ({ file: path, text: readFileSync(path, 'utf8') })

  async function compiled() {
    const schemas = new Map<string, ObjectSchema>()
    for (const object of ['Product2', 'PricebookEntry']) schemas.set(object, await connection.describe(object))
    const { mapping, findings } = compileMapping(textOf(file), {
      schemaOf: (object) => schemas.get(object) ?? null,
      otherObject: null,
      otherSchemaOf: () => null,
      tables: {},
      ...{ links: [], owners: false, creates: true, fileOf: () => null },
    })
    expect(findings).toEqual([])
    if (mapping === null) throw new Error('it does not compile')
    return mapping
  }

  test.each([[undefined], [['USD']]])(
    'fits an org with the further currencies %p, and does what its tests say',
    async (currencies) => {
      await begin(currencies === undefined ? {} : { currencies })
      const mapping = await compiled()
      expect(mapping).toMatchObject({ object: 'Product2', match: [{ same: ['ProductCode'], identity: true }] })
      const results = await runMappingTests(mapping, textOf(file.replace('.yaml', '.test.yaml')), sandbox)
      expect(results.filter((result) => !result.ok)).toEqual([])
      expect(results.length).toBeGreaterThan(2)
    },
  )

  test('makes the product as the ERP has it', async () => {
    const stock = { onHand: '12', available: '9.5', asOf: '2026-11-24T08:00:00.000Z' }
    const prices = [{ currency: 'EUR', amount: '199.9' }]
    const document = { id: '7', sku: 'DESK', name: 'Desk', description: null, active: true, prices, stock }
    const scope = { document, op: 'create', account: {}, links: {} } as const
    const [mapped] = await mapOutbound(await compiled(), [scope], { lookup: async () => [] }, sandbox)
    if (mapped?.ok !== true || mapped.value.lines === null) throw new Error('it does not map')
    const { fields, lines } = mapped.value
    const upsert = lines.items.map((line) => ({ ...line, key: `k_line_${line.key}` }))
    const write = create('k', fields, { field: lines.field, upsert, remove: [] })
    expect(kindsOf(await connection.write([write]))).toEqual(['ok'])
    expect(simulator.crm.products()).toEqual([
      { id: expect.any(String), sku: 'DESK', name: 'Desk', key: 'k', active: true, prices: { EUR: '199.9' }, ...stock },
    ])
  })
})
