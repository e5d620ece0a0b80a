import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { Connection, Write, WriteOutcome } from '../../src/ports/connector.ts'
import { problemOf } from '../../test/asked.ts'
import { openClient } from './client.ts'
import { netsuite } from './index.ts'
import { appUrlOf, baseUrlOf, settings as schema } from './settings.ts'
import { type NetsuiteSimulatorOptions, startNetsuiteSimulator } from './simulator/index.ts'

const start = '2026-11-24T09:00:00.000Z' as Instant
let now = start
const clock = {
  now: () => now,
  sleep: async (ms: number) => {
    now = shift(now, ms)
  },
}
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }

let simulator: Awaited<ReturnType<typeof startNetsuiteSimulator>>
let close = async (): Promise<void> => {}
let connection: Connection
let customer = ''
let desk = ''

async function begin(options: NetsuiteSimulatorOptions = {}, settings: Readonly<Record<string, Json>> = {}) {
  await close()
  simulator = await startNetsuiteSimulator({ now: () => toMillis(now), currency: 'EUR', ...options })
  close = simulator.close
  connection = open(settings)
  customer = simulator.store.addCustomer({ companyName: 'Acme', email: 'info@acme.test' })
  desk = simulator.store.addItem({ sku: 'DESK', route: 'make' })
  return simulator.store
}
const deps = { name: 'erp', http: openHttpClient({ clock, log }), clock, log }
const open = (settings: Readonly<Record<string, Json>> = {}): Connection =>
  netsuite.open({ ...simulator.settings, ...settings }, deps)
/** A record as NetSuite's own interface shows it. */
const record = (type: string, id: string): Promise<JsonObject> =>
  openClient(schema.parse(simulator.settings), deps).get(type, id, 'expandSubResources=true')
beforeEach(async () => {
  now = start
  await begin()
})
afterEach(async () => {
  await close()
  close = async () => {}
})

/** Calls since the last time, by what they are; logins are not counted. */
function calls(): Readonly<Record<string, number>> {
  const counted = simulator.calls()
  simulator.resetCalls()
  return Object.fromEntries(
    Object.entries(counted).flatMap(([name, count]) =>
      name.includes('/oauth2/') ? [] : [[name.replace(/\/services\/rest\/(record|query)\/v1\//, ''), count]],
    ),
  )
}
const keyOf = (name: string) => `crm_1_deal_${name}`
const order = (name: string, fields: JsonObject = {}, line: JsonObject = {}): Write => ({
  do: 'create',
  object: 'salesOrder',
  key: keyOf(name),
  fields: { entity: customer, orderStatus: 'A', ...fields },
  lines: {
    field: 'item',
    upsert: [
      {
        key: `${keyOf(name)}_line_1`,
        fields: { item: desk, quantity: '2', price: '-1', rate: '10', amount: '20', ...line },
      },
    ],
    remove: [],
  },
})
const idsOf = (outcomes: readonly WriteOutcome[]): string[] =>
  outcomes.map((outcome) => (outcome.ok ? outcome.id : JSON.stringify(outcome.failure)))
const make = async (...names: readonly string[]): Promise<string[]> =>
  idsOf(await connection.write(names.map((name) => order(name))))
const kindsOf = (outcomes: readonly WriteOutcome[]) =>
  outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.failure.problem.kind))
type Lines = NonNullable<Extract<Write, { do: 'update' }>['lines']>
const change = (id: string, name: string, upsert: Lines['upsert'], remove: readonly string[] = []): Write => ({
  do: 'update',
  object: 'salesOrder',
  id,
  key: keyOf(name),
  fields: {},
  lines: {
    field: 'item',
    upsert: upsert.map((line) => ({ ...line, key: `${keyOf(name)}_line_${line.key}` })),
    remove: remove.map((key) => `${keyOf(name)}_line_${key}`),
  },
})
const linesOf = (id: string) =>
  simulator.store.order(id)?.lines.map(({ key, quantity, closed }) => [key?.split('_').at(-1), quantity, closed])
const read = async (id: string, ...paths: string[]): Promise<JsonObject> =>
  (await connection.read('salesOrder', [id], paths))[0]?.fields ?? {}

describe('writing orders', () => {
  test('keeps rate and amount that were agreed when the quantity alone changes', async () => {
    const [id = ''] = idsOf(await connection.write([order('agreed', {}, { rate: '10.33', amount: '21' })]))
    const unchanged = { item: desk, price: '-1', rate: '10.33', amount: '21' }
    expect(
      kindsOf(await connection.write([change(id, 'agreed', [{ key: '1', fields: { quantity: '3' }, unchanged }])])),
    ).toEqual(['ok'])
    expect(simulator.store.order(id)).toMatchObject({ net: '21', lines: [{ quantity: '3' }] })
  })

  test('sends decimals as they are, and line breaks as NetSuite wants them', async () => {
    const quantity = '1234567.12345678'
    const [id = ''] = idsOf(
      await connection.write([order('a', { memo: 'first\r\nsecond' }, { quantity, rate: '0.12345678', amount: null })]),
    )
    expect((await read(id, 'memo')).memo).toBe('first\nsecond')
    expect(simulator.store.order(id)?.lines[0]).toMatchObject({ quantity, rate: '0.12345678' })
  })

  test('takes one call for each new order, whatever its lines', async () => {
    await connection.describe('salesOrder')
    calls()
    const ids = await make('a', 'b', 'c')
    expect(calls()).toEqual({ 'POST salesOrder': 3 })
    expect(simulator.store.orders().map((one) => [one.id, one.externalId])).toEqual(
      ids.map((id, place) => [id, keyOf('abc'[place] ?? '')]),
    )
  })

  test('never has more calls under way than the settings allow', async () => {
    await begin({ concurrency: 2, latencyMs: 5 })
    expect(await make(...'abcdefgh')).toHaveLength(8)
    // A third one at once would have been refused and been sent again.
    expect(calls()['POST salesOrder']).toBe(8)
  })

  test('answers an order that is there already, and never one of somebody else', async () => {
    const [id] = await make('a')
    expect(await make('a', 'b', 'a')).toEqual([id, expect.stringMatching(/^\d+$/), id])
    // External ids are shared by all transactions: this one is no order.
    const mine = simulator.store.addOrder({
      externalId: 'somebody-elses',
      entity: { id: customer },
      item: { items: [{ item: { id: desk }, quantity: 1, rate: 1 }] },
    })
    await connection.write([
      { do: 'update', object: 'salesOrder', id: mine, key: keyOf('x'), fields: { memo: 'm' }, lines: null },
    ])
    expect(simulator.store.order(mine)?.externalId).toBe('somebody-elses')
  })

  test('does not know what became of an order whose answer was lost; the key tells', async () => {
    simulator.fault({ match: { method: 'POST', body: keyOf('b') }, kind: 'lose_answer' })
    const outcomes = await connection.write([order('a'), order('b'), order('c')])
    expect(kindsOf(outcomes)).toEqual(['ok', 'outcome_unknown', 'ok'])
    const [found] = await connection.find('salesOrder', [{ key: keyOf('b') }])
    expect(found).toMatchObject([{ key: keyOf('b'), archived: false }])
    expect(simulator.store.orders()).toHaveLength(3)
  })

  test('does not know what became of an order after an unexpected error of NetSuite', async () => {
    const body = {
      'o:errorDetails': [{ detail: 'An unexpected error occurred. Error ID: x', 'o:errorCode': 'UNEXPECTED_ERROR' }],
    }
    simulator.fault({ match: { method: 'POST', path: 'salesOrder' }, kind: 'status', status: 500, body })
    expect(kindsOf(await connection.write([order('a')]))).toEqual(['outcome_unknown'])
  })

  test('takes nothing for made that has no id', async () => {
    simulator.fault({ match: { method: 'POST', path: 'salesOrder' }, kind: 'status', status: 204 })
    expect(kindsOf(await connection.write([order('a'), order('b')])).sort()).toEqual(['bad_reply', 'ok'])
  })

  test('tells what was written and what was not sent once nobody answers any more', async () => {
    const refused = {
      match: { method: 'POST', path: 'salesOrder' },
      kind: 'status',
      status: 503,
      skip: 3,
      times: 1000,
    } as const
    simulator.fault(refused)
    const outcomes = await connection.write([...'abcdefgh'].map((name) => order(name)))
    expect(kindsOf(outcomes)).toEqual(['ok', 'ok', 'ok', ...Array(5).fill('unavailable')])
    expect(simulator.store.orders()).toHaveLength(3)
  })

  test('throws when nothing at all was written', async () => {
    simulator.fault({ match: { path: 'salesOrder' }, kind: 'status', status: 401, body: '{}', times: 1000 })
    expect(await problemOf(connection.write([order('a'), order('b')]))).toEqual({ kind: 'auth_rejected' })
  })

  test('tries a record again that is in use, and gives up after a while', async () => {
    const [id = ''] = await make('a')
    simulator.store.race(2)
    const memo: Write = { do: 'update', object: 'salesOrder', id, key: null, fields: { memo: 'x' }, lines: null }
    expect(kindsOf(await connection.write([memo]))).toEqual(['ok'])
    simulator.store.lock('transaction', id)
    const before = now
    expect(kindsOf(await connection.write([memo]))).toEqual(['busy'])
    expect(toMillis(now) - toMillis(before)).toBeGreaterThan(5000)
  })

  test('names the line that NetSuite refuses, by our key', async () => {
    const [outcome] = await connection.write([order('a', {}, { item: '99999' })])
    expect(outcome).toMatchObject({ ok: false, failure: { problem: { kind: 'record_rejected' } } })
    expect(JSON.stringify(outcome)).toContain(`item[${keyOf('a')}_line_1].item`)
  })

  test('names a currency that the customer does not trade in', async () => {
    const [[gbp] = []] = await connection.find('currency', [{ fields: { symbol: 'gbp' } }])
    const [outcome] = await connection.write([order('a', { currency: gbp?.id ?? '' })])
    expect(outcome).toMatchObject({
      ok: false,
      failure: { problem: { kind: 'record_rejected', field: 'currency' }, fix: expect.stringContaining('Currencies') },
    })
    expect(outcome?.ok === false && outcome.failure.message).toContain('GBP')
  })

  test.each([
    ['a key with a blank', (): Write => ({ ...order('a'), key: 'deal 1' }) as Write, 'externalId'],
    ['a value of another kind', () => order('a', { shipDate: 'soon' }), 'shipDate'],
    ['a line without a number', () => order('a', {}, { quantity: 'many' }), 'quantity'],
  ])('refuses %s before it is sent', async (_, write, field) => {
    await connection.describe('salesOrder')
    calls()
    expect(await connection.write([write()])).toMatchObject([
      { ok: false, failure: { problem: { kind: 'record_rejected', field } } },
    ])
    expect(calls()).toEqual({})
  })

  test('makes no order without the field that carries the key of a line', async () => {
    await begin({ lineColumn: false })
    expect(await connection.write([order('a')])).toMatchObject([
      { ok: false, failure: { problem: { kind: 'configuration_invalid', path: 'custcol_crosswalk_line' } } },
    ])
  })

  test('puts an address on the order, and leaves out what is empty', async () => {
    const address = { addressee: 'Dock 4', addr1: 'Quay 1', city: 'Kiel', country: 'DE', zip: null }
    const fields = Object.fromEntries(
      Object.entries(address).map(([name, value]) => [`shippingAddress.${name}`, value]),
    )
    const [with_ = '', without = ''] = idsOf(
      await connection.write([order('a', fields), order('b', { 'shippingAddress.city': null })]),
    )
    expect((await record('salesOrder', with_)).shippingAddress).toMatchObject({
      addressee: 'Dock 4',
      addr1: 'Quay 1',
      city: 'Kiel',
      country: { id: 'DE' },
    })
    expect((await record('salesOrder', without)).shippingAddress).toBeUndefined()
  })

  test('writes a changed address as a whole, as parts that are not named may be lost, and empties none', async () => {
    const kiel = { 'shippingAddress.addr1': 'Quay 1', 'shippingAddress.city': 'Kiel', memo: 'x' }
    const [id = ''] = idsOf(await connection.write([order('a', kiel)]))
    const update = (fields: JsonObject, unchanged: JsonObject): Write => ({
      ...{ do: 'update', object: 'salesOrder', id, key: keyOf('a'), fields, unchanged, lines: null },
    })
    const { 'shippingAddress.addr1': _, ...rest } = kiel
    expect(await connection.write([update({ 'shippingAddress.addr1': 'Quay 9' }, rest)])).toEqual([{ ok: true, id }])
    expect((await record('salesOrder', id)).shippingAddress).toMatchObject({ addr1: 'Quay 9', city: 'Kiel' })
    const none = { 'shippingAddress.addr1': null, 'shippingAddress.city': null }
    expect(await connection.write([update(none, { memo: 'x' })])).toMatchObject([
      { ok: false, failure: { problem: { kind: 'record_rejected', field: 'shippingAddress' } } },
    ])
    expect((await record('salesOrder', id)).shippingAddress).toMatchObject({ addr1: 'Quay 9', city: 'Kiel' })
  })

  test('takes the location of the settings, unless the mapping names one', async () => {
    await begin({}, { location: '1' })
    const [id = ''] = await make('a')
    expect(await record('salesOrder', id)).toMatchObject({ location: { id: '1' } })
  })
})

describe('what is not taken', () => {
  const nothing = { fields: {}, lines: null } as const
  test.each<[string, Write]>([
    ['a record type that is none of ours', { do: 'create', object: 'invoice', key: keyOf('a'), ...nothing }],
    ['an item', { do: 'update', object: 'item', id: '301', key: null, ...nothing }],
    ['to confirm a customer', { do: 'confirm', object: 'Customer', id: '2001' }],
    ['to cancel an item', { do: 'cancel', object: 'item', id: '301' }],
  ])('is refused by itself: %s', async (_, write) => {
    const [before, refused, after] = await connection.write([order('a'), write, order('b')])
    expect([before?.ok, after?.ok]).toEqual([true, true])
    expect(refused).toMatchObject({ ok: false, failure: { problem: { kind: 'configuration_invalid' } } })
    expect(refused?.ok === false && refused.failure.fix).toContain(
      'salesOrder (create, update, confirm, cancel); Customer (create, update)',
    )
  })

  test('costs no call', async () => {
    calls()
    await connection.write([{ do: 'create', object: 'invoice', key: keyOf('a'), ...nothing }])
    expect(calls()).toEqual({})
  })

  test('is all but what the connection says', () => {
    expect(Object.keys(connection.writes)).toEqual(['salesOrder', 'Customer'])
  })
})

describe('the lines of an order', () => {
  const two = async (): Promise<string> => {
    const [id = ''] = await make('a')
    const second = { key: '2', fields: { item: desk, quantity: '7', price: '-1', rate: '1', amount: '7' } }
    expect(kindsOf(await connection.write([change(id, 'a', [second])]))).toEqual(['ok'])
    return id
  }

  test('are found by their keys, so that nothing is there twice however often it is sent', async () => {
    const id = await two()
    const again = change(id, 'a', [
      { key: '1', fields: { quantity: '3' } },
      { key: '2', fields: { item: desk, quantity: '8', price: '-1', rate: '1', amount: '8' } },
    ])
    await connection.write([again])
    await connection.write([again])
    expect(linesOf(id)).toEqual([
      ['1', '3', false],
      ['2', '8', false],
    ])
  })

  test('that somebody added are kept, when others are taken from a draft', async () => {
    const id = await two()
    simulator.store.editOrder(id, { item: { items: [{ item: { id: desk }, quantity: 5, rate: 1 }] } })
    await connection.write([change(id, 'a', [{ key: '2', fields: { quantity: '9' } }], ['1'])])
    expect(linesOf(id)).toEqual([
      ['2', '9', false],
      [undefined, '5', false],
    ])
  })

  test('are closed in an approved order, which owes nothing for them any more', async () => {
    const id = await two()
    simulator.store.approve(id)
    const remove = change(id, 'a', [], ['1'])
    await connection.write([remove])
    calls()
    expect(kindsOf(await connection.write([remove]))).toEqual(['ok'])
    // What is closed already is not sent again.
    expect(calls()[`PATCH salesOrder/${id}`]).toBeUndefined()
    expect(linesOf(id)).toEqual([
      ['1', '2', true],
      ['2', '7', false],
    ])
    expect(await read(id, 'net', 'tax', 'total', 'lines.ordered', 'lines.closed')).toMatchObject({
      net: '7',
      tax: null,
      total: null,
      lines: [
        { ordered: '0', closed: true },
        { ordered: '7', closed: false },
      ],
    })
    await connection.write([change(id, 'a', [{ key: '1', fields: { quantity: '4' } }])])
    expect(linesOf(id)?.[0]).toEqual(['1', '4', false])
  })

  test('that are gone in NetSuite are not made anew from half their fields', async () => {
    const id = await two()
    await connection.write([change(id, 'a', [], ['2'])])
    expect(await connection.write([change(id, 'a', [{ key: '2', fields: { quantity: '4' } }])])).toMatchObject([
      {
        ok: false,
        failure: { problem: { kind: 'record_rejected' }, message: expect.stringContaining('no such line') },
      },
    ])
  })

  test('of many orders are read in two calls', async () => {
    const ids = await make('a', 'b', 'c')
    calls()
    const writes = ids.map((id, place) => change(id, 'abc'[place] ?? '', [{ key: '1', fields: { quantity: '4' } }]))
    expect(kindsOf(await connection.write(writes))).toEqual(['ok', 'ok', 'ok'])
    expect(calls()).toEqual({
      'POST suiteql': 2,
      ...Object.fromEntries(ids.map((id) => [`PATCH salesOrder/${id}`, 1])),
    })
  })

  test('of an order that is gone are not written', async () => {
    const [gone = '', there = ''] = await make('a', 'b')
    simulator.store.remove(gone)
    const outcomes = await connection.write([
      change(gone, 'a', [{ key: '1', fields: { quantity: '4' } }]),
      change(there, 'b', [{ key: '1', fields: { quantity: '4' } }]),
    ])
    expect(kindsOf(outcomes)).toEqual(['record_gone', 'ok'])
  })
})

describe('confirming and cancelling', () => {
  const act = (action: 'confirm' | 'cancel', ...ids: readonly string[]) =>
    connection.write(ids.map((id): Write => ({ do: action, object: 'salesOrder', id })))

  test('approves orders, and takes approved ones for done', async () => {
    const [a = '', b = ''] = await make('a', 'b')
    simulator.store.approve(b)
    expect(idsOf(await act('confirm', a, b))).toEqual([a, b])
    calls()
    expect(idsOf(await act('confirm', a, b))).toEqual([a, b])
    expect(calls()).toEqual({ 'POST suiteql': 1 })
  })

  test('reports an approval whose answer was lost, and finds it done the next time', async () => {
    const [id = ''] = await make('a')
    simulator.fault({ match: simulator.requests.confirm, kind: 'lose_answer' })
    expect(kindsOf(await act('confirm', id))).toEqual(['outcome_unknown'])
    expect(idsOf(await act('confirm', id))).toEqual([id])
  })

  test('closes what nobody has begun, approved or not', async () => {
    const [a = '', b = ''] = await make('a', 'b')
    simulator.store.approve(b)
    expect(idsOf(await act('cancel', a, b))).toEqual([a, b])
    expect([a, b].map((id) => simulator.store.order(id)?.status)).toEqual(['H', 'H'])
    expect(await read(a, 'status', 'untouched')).toMatchObject({ status: 'H', untouched: true })
    expect(idsOf(await act('cancel', a, b))).toEqual([a, b])
    // Nobody wants it any more: it cannot be confirmed either.
    expect(kindsOf(await act('confirm', a))).toEqual(['record_rejected'])
  })

  test('leaves an order alone of which something was shipped', async () => {
    const lamp = simulator.store.addItem({ sku: 'LAMP', route: 'stock' })
    const [id = ''] = idsOf(await connection.write([order('a', {}, { item: lamp })]))
    simulator.store.approve(id)
    simulator.store.ship(id, { part: true })
    const [outcome] = await act('cancel', id)
    expect(outcome).toMatchObject({
      ok: false,
      failure: { problem: { kind: 'record_rejected', field: 'orderStatus' } },
    })
    expect(simulator.store.order(id)?.lines[0]?.closed).toBe(false)
  })

  test('is for orders alone', async () => {
    expect(await connection.write([{ do: 'confirm', object: 'Customer', id: customer }])).toMatchObject([
      { ok: false, failure: { problem: { kind: 'configuration_invalid', path: 'Customer' } } },
    ])
  })
})

describe('customers', () => {
  const make = async (fields: JsonObject): Promise<string> => {
    const write: Write = { do: 'create', object: 'Customer', key: 'crm_1_customer_7', fields, lines: null }
    return idsOf(await connection.write([write]))[0] ?? ''
  }
  const address = (kind: string, city: string) => ({
    [`${kind}.addr1`]: 'Street 1',
    [`${kind}.city`]: city,
    [`${kind}.country`]: 'DE',
  })

  test('are made with tax number, subsidiary and one address that is both', async () => {
    const id = await make({
      companyName: 'Bolt',
      isPerson: false,
      taxNumber: 'DE1',
      ...address('billingAddress', 'Kiel'),
    })
    const { addressBook, taxRegistration, subsidiary, externalId } = await record('customer', id)
    expect({ addressBook, taxRegistration, subsidiary, externalId }).toMatchObject({
      externalId: 'crm_1_customer_7',
      subsidiary: { id: '1' },
      addressBook: { items: [{ defaultBilling: true, defaultShipping: true, addressBookAddress: { city: 'Kiel' } }] },
      taxRegistration: { items: [{ taxRegistrationNumber: 'DE1', nexusCountry: { id: 'DE' } }] },
    })
  })

  test('have a line of the address book for each of two addresses', async () => {
    const id = await make({
      companyName: 'Bolt',
      ...address('billingAddress', 'Kiel'),
      ...address('shippingAddress', 'Ulm'),
    })
    expect((await record('customer', id)).addressBook).toMatchObject({
      items: [
        { defaultBilling: true, defaultShipping: false, addressBookAddress: { city: 'Kiel' } },
        { defaultBilling: false, defaultShipping: true, addressBookAddress: { city: 'Ulm' } },
      ],
    })
  })

  test('keep their tax number where an account with the old tax engine has it', async () => {
    await begin({ legacyTax: true })
    const id = await make({ companyName: 'Bolt', taxNumber: '123' })
    expect(await record('customer', id)).toMatchObject({ vatRegNumber: '123' })
    expect(await connection.find('Customer', [{ fields: { taxNumber: '123' } }])).toMatchObject([[{ id }]])
  })

  test('need a country for a tax number that has none', async () => {
    const id = await make({ companyName: 'Bolt', taxNumber: '123' })
    expect(JSON.parse(id)).toMatchObject({ problem: { kind: 'record_rejected', field: 'taxNumber' } })
  })

  test('get no subsidiary that nobody named, where there are several', async () => {
    simulator.store.addSubsidiary({ name: 'UK', currency: 'GBP' })
    expect(JSON.parse(await make({ companyName: 'Bolt' }))).toMatchObject({
      problem: { kind: 'record_rejected', field: 'subsidiary' },
    })
    connection = open({ subsidiary: '2' })
    expect(await record('customer', await make({ companyName: 'Bolt' }))).toMatchObject({ subsidiary: { id: '2' } })
  })

  test('are adopted when they are there already, and keep the address that they have', async () => {
    const id = await make({ companyName: 'Bolt' })
    expect(await make({ companyName: 'Bolt' })).toBe(id)
    const write: Write = {
      do: 'update',
      object: 'Customer',
      id,
      key: null,
      fields: address('billingAddress', 'Kiel'),
      lines: null,
    }
    expect(kindsOf(await connection.write([write]))).toEqual(['record_rejected'])
  })

  test('do without subsidiary and currency in an account that has neither', async () => {
    await begin({ oneWorld: false })
    expect(await make({ companyName: 'Bolt', subsidiary: '1' })).toMatch(/^\d+$/)
  })
})

describe('finding', () => {
  test('asks once for queries of one shape, whatever the case, and tells archived ones', async () => {
    const old = simulator.store.addItem({ sku: 'OLD', inactive: true })
    const twin = simulator.store.addItem({ sku: 'desk' })
    calls()
    const found = await connection.find('item', [
      { fields: { itemid: 'Desk' } },
      { fields: { itemid: 'OLD' } },
      { fields: { itemid: "none' OR '1'='1" } },
      { fields: { itemid: 'Desk' } },
    ])
    expect(found.map((matches) => matches.map(({ id, archived }) => [id, archived]))).toEqual([
      [
        [desk, false],
        [twin, false],
      ],
      [[old, true]],
      [],
      [
        [desk, false],
        [twin, false],
      ],
    ])
    expect(calls()).toEqual({ 'POST suiteql': 1 })
  })

  test('finds a thousand keys in one call, and more in the next', async () => {
    const [a] = await make('a')
    calls()
    const found = await connection.find('salesOrder', [
      ...Array.from({ length: 1000 }, (_, place) => ({ key: keyOf(`none${place}`) })),
      { key: keyOf('a') },
    ])
    expect(found.at(-1)).toMatchObject([{ id: a, key: keyOf('a'), label: 'SO1001' }])
    expect(found.slice(0, 1000).flat()).toEqual([])
    expect(calls()).toEqual({ 'POST suiteql': 2 })
  })

  test('takes no other integration’s external id for a key of ours', async () => {
    const theirs = simulator.store.addCustomer({ companyName: 'Theirs', externalId: 'SHOP-77' })
    const ours = simulator.store.addCustomer({ companyName: 'Ours', externalId: 'crm_1_customer_7' })
    const found = await connection.find('Customer', [
      { fields: { companyName: 'theirs' } },
      { fields: { companyName: 'ours' } },
    ])
    expect(found).toMatchObject([[{ id: theirs, key: null }], [{ id: ours, key: 'crm_1_customer_7' }]])
  })

  test('finds by several fields, and by what is empty', async () => {
    const king = simulator.store.addCustomer({
      isPerson: true,
      firstName: 'Ada',
      lastName: 'King',
      email: 'a@king.test',
    })
    const found = await connection.find('Customer', [
      { fields: { firstName: 'ADA', lastName: 'king' } },
      { fields: { firstName: 'Ada', lastName: 'Queen' } },
      { fields: { firstName: 'Ada', phone: null } },
    ])
    expect(found.map((matches) => matches.map(({ id, label }) => [id, label]))).toEqual([
      [[king, 'Ada King']],
      [],
      [[king, 'Ada King']],
    ])
  })

  test.each([
    ['a table that is not there', 'nothing', { name: 'x' }],
    ['a column that is not there', 'item', { colour: 'red' }],
  ])('refuses %s', async (_, object, fields) => {
    expect(await problemOf(connection.find(object, [{ fields: fields as JsonObject }]))).toMatchObject({
      kind: 'configuration_invalid',
    })
  })
})

describe('reading', () => {
  const steps = ['startWork', 'build', 'receive', 'pick', 'ship', 'invoice'] as const
  async function whole(): Promise<string> {
    const chair = simulator.store.addItem({ sku: 'CHAIR', route: 'buy' })
    const setup = simulator.store.addItem({ sku: 'SETUP', route: 'service' })
    const [id = ''] = await make('a')
    const line = (item: string, quantity: string) => ({ item, quantity, price: '-1', rate: '5' })
    await connection.write([
      change(id, 'a', [
        { key: '2', fields: line(chair, '4') },
        { key: '3', fields: line(setup, '1') },
      ]),
    ])
    simulator.store.approve(id)
    for (const step of steps) simulator.store[step](id)
    simulator.store.pay(id, '20')
    return id
  }

  test('shows an order with all that came of it', async () => {
    const id = await whole()
    expect(
      await read(
        id,
        ...['number', 'status', 'untouched', 'date', 'url', 'customer', 'currency.symbol', 'net', 'tax', 'total'],
        ...['lines.sku', 'lines.stocked', 'lines.ordered', 'lines.shipped', 'lines.billed', 'lines.returned'],
        ...['fulfillments.kind', 'fulfillments.status', 'fulfillments.carrier', 'fulfillments.tracking_number'],
        ...['fulfillments.packages.tracking_number', 'fulfillments.lines.sku', 'fulfillments.lines.quantity'],
        ...['invoices.kind', 'invoices.total', 'invoices.unpaid', 'payments.amount', 'payments.date'],
        ...['work_orders.status', 'work_orders.quantity', 'work_orders.built', 'purchase_orders.status'],
      ),
    ).toEqual({
      id,
      number: 'SO1001',
      status: 'G',
      untouched: false,
      date: '2026-11-24',
      url: `https://1234567-sb1.app.netsuite.com/app/accounting/transactions/salesord.nl?id=${id}`,
      customer: { id: customer },
      currency: expect.objectContaining({ symbol: 'EUR' }),
      net: '45',
      tax: '0',
      total: '45',
      lines: [
        { id: '1', sku: 'DESK', stocked: true, ordered: '2', shipped: '2', billed: '2', returned: '0' },
        { id: '4', sku: 'CHAIR', stocked: true, ordered: '4', shipped: '4', billed: '4', returned: '0' },
        { id: '7', sku: 'SETUP', stocked: false, ordered: '1', shipped: '0', billed: '1', returned: '0' },
      ],
      fulfillments: [
        {
          id: expect.any(String),
          kind: 'ItemShip',
          status: 'C',
          carrier: 'UPS',
          tracking_number: expect.stringMatching(/^1Z/),
          packages: [{ tracking_number: expect.stringMatching(/^1Z/) }],
          lines: [
            { sku: 'DESK', quantity: '2' },
            { sku: 'CHAIR', quantity: '4' },
          ],
        },
      ],
      invoices: [{ id: expect.any(String), kind: 'CustInvc', total: '45', unpaid: '25' }],
      payments: [{ id: expect.any(String), amount: '20', date: '2026-11-24' }],
      work_orders: [{ id: expect.any(String), status: 'G', quantity: '2', built: '2' }],
      purchase_orders: [{ id: expect.any(String), status: 'F' }],
    })
  })

  test('tells what came back, and the credit for it', async () => {
    const id = await whole()
    simulator.store.takeBack(id)
    simulator.store.credit(id)
    const fields = await read(
      id,
      'lines.returned',
      'fulfillments.kind',
      'fulfillments.shipped',
      'invoices.kind',
      'payments.amount',
    )
    expect(fields).toMatchObject({
      lines: [{ returned: '2' }, { returned: '0' }, { returned: '0' }],
      fulfillments: [{ kind: 'ItemShip' }, { kind: 'RtnAuth', shipped: '2026-11-24' }],
      invoices: [{ kind: 'CustInvc' }, { kind: 'CustCred' }],
      payments: [{ amount: '20' }],
    })
  })

  test('takes a cash sale for paid', async () => {
    simulator.store.paysCash(customer)
    const id = await whole()
    expect(await read(id, 'invoices.kind', 'invoices.unpaid', 'payments.kind', 'payments.amount')).toMatchObject({
      invoices: [{ kind: 'CashSale', unpaid: '0' }],
      payments: [{ kind: 'CashSale', amount: '45' }],
    })
  })

  test('takes tax from the total, whatever the engine', async () => {
    await begin({ taxPercent: '19' })
    const [id = ''] = await make('a')
    expect(await read(id, 'net', 'tax', 'total')).toEqual({ id, net: '20', tax: '3.8', total: '23.8' })
  })

  test('costs one call for a kind of things, whatever the number of orders', async () => {
    const ids = await make(...'abcdefgh')
    for (const id of ids) {
      simulator.store.approve(id)
      for (const step of steps) simulator.store[step](id)
    }
    await connection.describe('salesOrder')
    calls()
    await connection.read('salesOrder', ids, ['number', 'status', 'currency.symbol', 'net', 'tax', 'total'])
    expect(calls()).toEqual({ 'POST suiteql': 2 })
    await connection.read('salesOrder', ids, [
      'lines.sku',
      'fulfillments.tracking_number',
      'fulfillments.lines.sku',
      'invoices.unpaid',
      'payments.amount',
    ])
    expect(calls()).toEqual({ 'POST suiteql': 7 })
  })

  test('works on an order that is locked, which the record interface does not', async () => {
    const [id = ''] = await make('a')
    simulator.store.lock('transaction', id)
    expect(await read(id, 'number')).toEqual({ id, number: 'SO1001' })
    await expect(record('salesOrder', id)).rejects.toThrow('in use')
  })

  test('reads fields of the account’s own, on orders and lines', async () => {
    simulator.store.addCustomField('body', 'custbody_region')
    simulator.store.addCustomField('line', 'custcol_colour')
    connection = open()
    const [id = ''] = idsOf(
      await connection.write([order('a', { custbody_region: 'North' }, { custcol_colour: 'red' })]),
    )
    expect(await read(id, 'custbody_region', 'lines.custcol_colour')).toEqual({
      id,
      custbody_region: 'North',
      lines: [{ id: '1', custcol_colour: 'red' }],
    })
    expect((await connection.describe('salesOrder')).fields.custbody_region).toMatchObject({ writable: true })
    expect((await connection.describe('salesOrder.line')).fields.custcol_colour).toMatchObject({ type: 'text' })
  })

  test('refuses what it cannot read, by name', async () => {
    const [id = ''] = await make('a')
    expect(await problemOf(connection.read('salesOrder', [id], ['colour']))).toEqual({
      kind: 'configuration_invalid',
      path: 'salesOrder.colour',
    })
  })

  test('shows empty what the role may not see', async () => {
    const id = await whole()
    simulator.store.setDenied(['trackingnumber', 'invoice'])
    const paths = ['fulfillments.status', 'fulfillments.tracking_number', 'invoices.number', 'payments.amount']
    expect(await read(id, ...paths)).toMatchObject({
      fulfillments: [{ status: 'C', tracking_number: null }],
      invoices: [],
      payments: [],
    })
  })

  test('understands names of columns in capitals', async () => {
    await begin({ columnCase: 'upper' })
    const [id = ''] = await make('a')
    expect(await read(id, 'number', 'lines.sku', 'total')).toMatchObject({ number: 'SO1001', lines: [{ sku: 'DESK' }] })
  })

  test('goes to the next page where there are more than a thousand rows', async () => {
    const upsert = Array.from({ length: 1001 }, (_, place) => ({
      key: `${keyOf('long')}_line_${place}`,
      fields: { item: desk, quantity: '1', price: '-1', rate: '1' },
    }))
    const write = { ...order('long'), lines: { field: 'item', upsert, remove: [] } } as Write
    const [id = ''] = idsOf(await connection.write([write]))
    expect((await read(id, 'lines.key', 'net')).lines).toHaveLength(1001)
  })

  test('reads customers and items too', async () => {
    expect(
      await connection.read('Customer', [customer, '999999'], ['companyName', 'email', 'subsidiary', 'isPerson']),
    ).toEqual([
      {
        id: customer,
        fields: {
          id: customer,
          companyName: 'Acme',
          email: 'info@acme.test',
          subsidiary: { id: '1' },
          isPerson: false,
        },
      },
      null,
    ])
    expect(await connection.read('item', [desk], ['itemid', 'itemtype'])).toMatchObject([
      { fields: { itemid: 'DESK', itemtype: 'Assembly' } },
    ])
  })
})

describe('settings', () => {
  const tokens = { consumerKey: 'a', consumerSecret: 'b', tokenId: 'c', tokenSecret: 'd' }
  const machine = { clientId: 'a', certificateId: 'b', privateKey: 'c' }
  test.each([
    ['no login', { account: '1' }],
    ['two logins', { account: '1', ...tokens, ...machine }],
    ['half a login', { account: '1', clientId: 'a' }],
    ['an account as in an address', { account: '1234567-sb1', ...tokens }],
    ['a time zone that is none', { account: '1', ...tokens, timeZone: 'Mars/Olympus' }],
    ['a field that is none of a line', { account: '1', ...tokens, lineKeyField: 'custbody_x' }],
    ['more calls at once than any account has', { account: '1', ...tokens, concurrency: 21 }],
    ['an unknown setting', { account: '1', ...tokens, colour: 'red' }],
  ])('refuse %s', (_, given) => {
    expect(() => netsuite.open(given, deps)).toThrow()
  })

  test('give the addresses of an account', () => {
    const parsed = schema.parse({ account: '1234567_SB1', ...tokens })
    expect([baseUrlOf(parsed), appUrlOf(parsed)]).toEqual([
      'https://1234567-sb1.suitetalk.api.netsuite.com',
      'https://1234567-sb1.app.netsuite.com',
    ])
    expect(baseUrlOf(schema.parse({ account: '1', ...tokens, baseUrl: 'https://proxy.test/' }))).toBe(
      'https://proxy.test',
    )
  })
})
