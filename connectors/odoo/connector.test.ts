import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { ChangesSince, Connection, Write, WriteOutcome } from '../../src/ports/connector.ts'
import { changesOf, problemOf } from '../../test/asked.ts'
import { odoo } from './index.ts'
import { type OdooSimulatorOptions, startOdooSimulator } from './simulator/index.ts'

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

let simulator: Awaited<ReturnType<typeof startOdooSimulator>>
let connection: Connection
let customer = ''
let desk = ''

async function begin(options: OdooSimulatorOptions = {}, settings: Readonly<Record<string, Json>> = {}) {
  await simulator?.close()
  simulator = await startOdooSimulator({ now: () => toMillis(now), ...options })
  connection = open(settings)
  customer = simulator.store.addCustomer({ name: 'Acme' })
  desk = simulator.store.addProduct({ sku: 'DESK', route: 'make' })
  return simulator.store
}
const open = (settings: Readonly<Record<string, Json>> = {}): Connection =>
  odoo.open(
    { url: simulator.url, database: 'demo', username: 'admin', password: 'admin', ...settings },
    { name: 'erp', http: openHttpClient({ clock, log, random: () => 0 }), clock, log },
  )
beforeEach(async () => {
  now = start
  await begin()
})
afterEach(() => simulator.close())

function calls(): number {
  const total = Object.values(simulator.calls()).reduce((sum, one) => sum + one, 0)
  simulator.resetCalls()
  return total
}
const pass = (ms: number) => {
  now = shift(now, ms)
}
const order = (key: string, fields: JsonObject = {}, line: JsonObject = {}): Write => ({
  do: 'create',
  object: 'sale.order',
  key,
  fields: { partner_id: customer, ...fields },
  lines: {
    field: 'order_line',
    upsert: [{ key: `${key}_line_1`, fields: { product_id: desk, product_uom_qty: '2', price_unit: '10', ...line } }],
    remove: [],
  },
})
const idsOf = (outcomes: readonly WriteOutcome[]): string[] =>
  outcomes.map((outcome) => (outcome.ok ? outcome.id : JSON.stringify(outcome.failure)))
async function make(...keys: readonly string[]): Promise<string[]> {
  return idsOf(await connection.write(keys.map((key) => order(key))))
}
const poll = (since: ChangesSince, object = 'sale.order') => changesOf(connection, { object }, since)

describe.each([
  ['14.0', 'json-rpc'],
  ['17.0', 'json-rpc'],
  ['19.0', 'json-2'],
])('with Odoo %s over %s', (version, transport) => {
  beforeEach(() => begin({ version }))

  test('checks the account and that nothing is missing', async () => {
    const { account, findings } = await connection.check()
    expect(account).toMatchObject({ currency: 'EUR', timeZone: 'Europe/Berlin', apiVersion: version })
    expect(findings.find((finding) => finding.subject === 'login')?.message).toContain(transport)
    expect(findings.filter((finding) => finding.level !== 'ok')).toEqual([])
  })

  test('keeps the price that was agreed, whatever of a line changes', async () => {
    const chair = simulator.store.addProduct({ sku: 'CHAIR', price: '30' })
    const line = { product_id: desk, product_uom_qty: '2', price_unit: '10.5', discount: '50' }
    const [id = ''] = idsOf(await connection.write([order('deal_1', {}, line)]))
    const change = async (fields: JsonObject, rest: JsonObject) => {
      const upsert = [{ key: 'deal_1_line_1', fields, unchanged: rest }]
      const lines = { field: 'order_line', upsert, remove: [] }
      const write = { do: 'update', object: 'sale.order', id, key: 'deal_1', fields: {}, lines } as const
      expect(await connection.write([write])).toEqual([{ ok: true, id }])
      return simulator.store.order(id)?.lines[0]
    }
    const { product_uom_qty: _, ...priced } = line
    expect(await change({ product_uom_qty: '4' }, priced)).toMatchObject({ quantity: 4, price: 10.5, discount: 50 })
    expect(await change({ product_uom_qty: '6' }, { ...priced, unit: 'Units' })).toMatchObject({
      quantity: 6,
      price: 10.5,
    })
    expect(await change({ product_uom_qty: '4' }, priced)).toMatchObject({ quantity: 4, price: 10.5 })
    const { product_id: __, ...sold } = { ...line, product_uom_qty: '4' }
    expect(await change({ product_id: chair }, sold)).toMatchObject({ sku: 'CHAIR', quantity: 4, price: 10.5 })
  })

  test('keeps the price list that was agreed when a draft gets another customer', async () => {
    await begin({ version, currencies: ['USD'] })
    const [dollars] = await connection.find('product.pricelist', [{ fields: { 'currency_id.name': 'USD' } }])
    const list = dollars?.[0]?.id ?? ''
    const [id = ''] = idsOf(await connection.write([order('deal_1', { pricelist_id: list })]))
    const other = simulator.store.addCustomer({ name: 'Other' })
    const update = { do: 'update', object: 'sale.order', id, key: 'deal_1', lines: null } as const
    const fields = { partner_id: other }
    expect(await connection.write([{ ...update, fields, unchanged: { pricelist_id: list } }])).toEqual([
      { ok: true, id },
    ])
    expect(simulator.store.order(id)).toMatchObject({ partnerId: other, currency: 'USD' })
  })

  test('carries an order from the quotation to the payment', async () => {
    const chair = simulator.store.addProduct({ sku: 'CHAIR', route: 'buy' })
    const two = order('deal_1')
    if (two.do !== 'create' || two.lines === null) throw new Error('no lines')
    const [id = ''] = idsOf(
      await connection.write([
        {
          ...two,
          lines: {
            ...two.lines,
            upsert: [
              ...two.lines.upsert,
              { key: 'deal_1_line_2', fields: { product_id: chair, product_uom_qty: '4', price_unit: '5' } },
            ],
          },
        },
      ]),
    )
    expect(await connection.write([{ do: 'confirm', object: 'sale.order', id }])).toEqual([{ ok: true, id }])
    let since: ChangesSince = { from: start }
    const stages: JsonObject[] = []
    for (let step = 0; step < 15; step += 1) {
      const found = await poll(since)
      since = found.next
      if (found.ids.includes(id)) {
        const [record] = await connection.read(
          'sale.order',
          [id],
          [
            'state',
            'production_orders.state',
            'purchase_orders.state',
            'purchase_orders.order_line.qty_received',
            'picking_ids.state',
            'picking_ids.moves.done',
            'order_line.qty_delivered',
            'invoice_ids.state',
            'invoice_ids.amount_residual',
            'payments.amount',
          ],
        )
        stages.push(record?.fields ?? {})
      }
      pass(60_000)
      simulator.store.tick()
    }
    expect(stages[0]).toMatchObject({
      state: 'sale',
      production_orders: [{}],
      purchase_orders: [{}],
      picking_ids: [{}],
    })
    expect(stages.at(-1)).toMatchObject({
      production_orders: [{ state: 'done' }],
      purchase_orders: [{ order_line: [{ qty_received: 4 }] }],
      order_line: [{ qty_delivered: 2 }, { qty_delivered: 4 }],
      invoice_ids: [{ state: 'posted', amount_residual: 0 }],
    })
    expect(stages.length).toBeGreaterThan(5)
    expect(stages.at(-1)?.payments).not.toEqual([])
  })

  test('makes orders on the terms of their customer, as if they were typed in by hand', async () => {
    const { store } = simulator
    const user = (name: string, active = true) =>
      Number(store.create('res.users', { name, login: name, company_id: 1, active }))
    const ana = user('Ana')
    const gone = user('Gone', false)
    const position = Number(store.create('account.fiscal.position', { name: 'Export' }))
    const terms = { property_payment_term_id: 2, property_account_position_id: position }
    const own = store.addCustomer({ name: 'Own', ...terms, user_id: ana })
    const below = store.addCustomer({ name: 'Below', parent_id: Number(own), is_company: false })
    const left = store.addCustomer({ name: 'Left', user_id: version === '14.0' ? gone : false })
    const ids = idsOf(
      await connection.write([
        order('deal_1', { partner_id: own }),
        order('deal_2', { partner_id: own, payment_term_id: '1' }),
        order('deal_3', { partner_id: below }),
        order('deal_4', { partner_id: left }),
      ]),
    )
    const made = await connection.read('sale.order', ids, [
      'payment_term_id.name',
      'fiscal_position_id.name',
      'user_id.name',
    ])
    const on = (term: string | null, fiscal: string | null, person: string) => ({
      payment_term_id: term === null ? null : { name: term },
      fiscal_position_id: fiscal === null ? null : { name: fiscal },
      user_id: { name: person },
    })
    expect(made.map((record) => record?.fields)).toMatchObject([
      on('30 Days', 'Export', 'Ana'),
      on('Immediate Payment', 'Export', 'Ana'),
      on('30 Days', 'Export', 'Ana'),
      on(null, null, 'Mitchell Admin'),
    ])
  })

  test('refuses a choice that Odoo does not have before anything is sent, so that no order number is lost', async () => {
    await make('first')
    const outcomes = await connection.write([order('a'), order('b', {}, { display_type: 'line_story' }), order('c')])
    expect(outcomes).toMatchObject([
      { ok: true },
      { ok: false, failure: { problem: { kind: 'record_rejected', field: 'display_type', remoteCode: 'choice' } } },
      { ok: true },
    ])
    expect(simulator.store.orders().map(({ name }) => name)).toEqual(['S00001', 'S00002', 'S00003'])
  })

  test('describes, finds, confirms and cancels', async () => {
    const { fields } = await connection.describe('sale.order')
    expect(fields.partner_id).toMatchObject({ writable: true, relation: 'res.partner' })
    expect(fields.picking_ids).toBeDefined()
    const [one = '', two = ''] = await make('a', 'b')
    expect(await connection.find('sale.order', [{ key: 'b' }, { key: 'c' }])).toMatchObject([
      [{ id: two, key: 'b' }],
      [],
    ])
    expect(await connection.find('product.product', [{ fields: { default_code: 'desk' } }])).toMatchObject([
      [{ id: desk }],
    ])
    expect(
      idsOf(
        await connection.write([
          { do: 'confirm', object: 'sale.order', id: one },
          { do: 'cancel', object: 'sale.order', id: two },
        ]),
      ),
    ).toEqual([one, two])
    expect([simulator.store.order(one)?.state, simulator.store.order(two)?.state]).toEqual(['sale', 'cancel'])
    expect(idsOf(await connection.write([{ do: 'cancel', object: 'sale.order', id: one }]))).toEqual([one])
  })

  test('sends a draft that gets another customer to that one, unless the deal says where', async () => {
    const [one = '', two = ''] = await make('a', 'b')
    const other = simulator.store.addCustomer({ name: 'Other' })
    const dock = simulator.store.create('res.partner', { parent_id: Number(other), name: 'Dock', type: 'delivery' })
    const gate = simulator.store.create('res.partner', { parent_id: Number(other), name: 'Gate', type: 'other' })
    const update = {
      do: 'update',
      object: 'sale.order',
      key: null,
      lines: null,
      fields: { partner_id: other },
    } as const
    const outcomes = await connection.write([
      { ...update, id: one, unchanged: { partner_shipping_id: null } },
      { ...update, id: two, unchanged: { partner_shipping_id: gate } },
    ])
    expect(outcomes).toEqual([one, two].map((id) => ({ ok: true, id })))
    const addressed = [one, two].map((id) => simulator.store.order(id))
    expect(addressed).toMatchObject([
      { partnerId: other, shippingId: dock, invoiceId: other },
      { partnerId: other, shippingId: gate, invoiceId: other },
    ])
  })

  test('sends the open deliveries of an order, and no other, to its new address', async () => {
    const [one = '', two = ''] = await make('a', 'b')
    await connection.write([one, two].map((id) => ({ do: 'confirm', object: 'sale.order', id })))
    const dock = simulator.store.create('res.partner', { parent_id: Number(customer), name: 'Dock', type: 'other' })
    const gate = simulator.store.create('res.partner', { parent_id: Number(customer), name: 'Gate', type: 'other' })
    for (const id of [one, two]) simulator.store.produce(id)
    simulator.store.ship(one, { part: true })
    const update = { do: 'update', object: 'sale.order', key: null, lines: null } as const
    expect(
      await connection.write([
        { ...update, id: one, fields: { partner_shipping_id: dock } },
        { ...update, id: two, fields: { partner_shipping_id: gate } },
      ]),
    ).toEqual([
      { ok: true, id: one },
      { ok: true, id: two },
    ])
    const sentTo = simulator.store.pickings().map(({ state, partnerId }) => [state === 'done', partnerId])
    expect(sentTo).toEqual([
      [true, customer],
      [false, gate],
      [false, dock],
    ])
  })

  test('does not cancel an order that was delivered, also when all of it came back', async () => {
    const [one = '', two = ''] = await make('a', 'b')
    await connection.write([one, two].map((id) => ({ do: 'confirm', object: 'sale.order', id })))
    for (const id of [one, two]) {
      simulator.store.produce(id)
      simulator.store.ship(id)
    }
    simulator.store.takeBack(two)
    const outcomes = await connection.write([one, two].map((id) => ({ do: 'cancel', object: 'sale.order', id })))
    const refused = { problem: { kind: 'record_rejected', remoteCode: 'delivered_or_invoiced' } }
    expect(outcomes).toMatchObject([
      { ok: false, failure: refused },
      { ok: false, failure: refused },
    ])
    expect([one, two].map((id) => simulator.store.order(id)?.state)).toEqual(['sale', 'sale'])
  })
})

test('a new order is of the warehouse of the settings, unless the mapping names one', async () => {
  const store = await begin()
  const second = String(store.create('stock.warehouse', { name: 'North', code: 'N', company_id: 1 }))
  connection = open({ warehouseId: Number(second) })
  const outcomes = await connection.write([order('deal_1'), order('deal_2', { warehouse_id: '1' })])
  const read = await connection.read('sale.order', idsOf(outcomes), ['warehouse_id.name'])
  expect(read.map((one) => one?.fields.warehouse_id)).toMatchObject([{ name: 'North' }, { name: 'My Company' }])
})

describe('writing', () => {
  test('takes a company for a customer, and not those who carry its tax id below it', async () => {
    const holding = simulator.store.addCustomer({ name: 'Holding', vat: 'X1' })
    const below = { parent_id: Number(holding), is_company: false }
    const ada = simulator.store.addCustomer({ ...below, name: 'Ada', email: 'ada@holding.test' })
    simulator.store.addCustomer({ ...below, name: 'Gate 2', type: 'delivery' })
    const branch = simulator.store.addCustomer({ name: 'Branch', vat: 'X2', parent_id: Number(holding) })
    const person = simulator.store.addCustomer({ name: 'Ben', is_company: false, email: 'ben@home.test' })
    const found = await connection.find('res.partner', [
      { fields: { vat: 'X1' } },
      { fields: { vat: 'X2' } },
      { fields: { email: 'ada@holding.test' } },
      { fields: { email: 'ben@home.test' } },
      { fields: { email: 'ada@holding.test', parent_id: holding } },
    ])
    expect(found.map((matches) => matches.map(({ id }) => id))).toEqual([[holding], [branch], [], [person], [ada]])
  })

  test('finds the states of a country in one call, by code or by name', async () => {
    const state = (country: string, more: JsonObject) => ({ fields: { 'country_id.code': country, ...more } })
    const labels = async (...queries: { fields: JsonObject }[]) =>
      (await connection.find('res.country.state', queries)).map((matches) => matches.map(({ label }) => label))
    expect(await labels(state('US', { name: 'california' }))).toEqual([['California (US)']])
    calls()
    expect(
      await labels(
        state('US', { code: 'TX' }),
        state('US', { code: 'ny' }),
        state('CA', { code: 'QC' }),
        state('US', { code: 'QC' }),
      ),
    ).toEqual([['Texas (US)'], ['New York (US)'], ['Quebec (CA)'], []])
    // One for each country, and once more, without regard to case, for the one that is not there.
    expect(calls()).toBe(3)
  })

  test('leaves what has no value to Odoo, and takes away what an update says is gone', async () => {
    await begin({ version: '17.0' })
    const pricelist = simulator.store.create('product.pricelist', { name: 'Wholesale', currency_id: 1 })
    simulator.store.write('res.partner', customer, { property_product_pricelist: Number(pricelist) })
    const empty = { pricelist_id: null, note: null, commitment_date: null }
    const [bare = '', full = ''] = idsOf(
      await connection.write([
        order('deal_1', empty, { discount: null }),
        order('deal_2', { ...empty, note: 'Ring' }, { discount: '5' }),
      ]),
    )
    const read = async (id: string) => (await connection.read('sale.order', [id], ['pricelist_id', 'note']))[0]?.fields
    expect(await read(bare)).toMatchObject({ pricelist_id: { id: pricelist }, note: null })
    expect(await read(full)).toMatchObject({ pricelist_id: { id: pricelist }, note: '<p>Ring</p>' })
    const cleared = { pricelist_id: null, note: null }
    await connection.write([{ do: 'update', object: 'sale.order', id: full, key: null, fields: cleared, lines: null }])
    expect(await read(full)).toMatchObject({ pricelist_id: null, note: null })
  })

  test('tells the cause of a refusal, also where a salesperson would be told of the order', async () => {
    const { store } = simulator
    const partner = Number(store.create('res.partner', { name: 'Ana', email: 'ana@seller.test' }))
    const ana = store.create('res.users', { name: 'Ana', login: 'ana', company_id: 1, partner_id: partner })
    const outcomes = await connection.write([
      order('deal_1', { user_id: ana }),
      order('deal_2', { user_id: ana, client_order_ref: 'PO-2', partner_id: '999999' }),
      order('deal_3', { user_id: ana }),
    ])
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, false, true])
    const [, refused] = outcomes
    const failure = refused?.ok === false ? refused.failure : null
    expect(failure).toMatchObject({ problem: { kind: 'record_rejected', field: 'partner_id' } })
    expect(failure?.message).toContain("No matching record found for database id '999999'")
  })

  test('makes each order once, however often it is asked to', async () => {
    const ids = await make('a', 'b', 'a2')
    expect(await make('a', 'b', 'a2')).toEqual(ids)
    expect(simulator.store.orders()).toHaveLength(3)
  })

  test('makes two hundred orders in one call', async () => {
    await connection.describe('sale.order')
    await connection.describe('sale.order.line')
    await connection.describe('res.partner')
    // The types of the fields are known by now.
    calls()
    await make(...Array.from({ length: 200 }, (_, place) => `k${place}`))
    // One more reads what is agreed with their customers, as Odoo 14 does not take it over.
    expect(calls()).toBe(2)
    expect(simulator.store.orders()).toHaveLength(200)
  })

  test('sends a load again that lost a race', async () => {
    await begin({ raceEvery: 2 })
    await make('a')
    expect(await make('b')).toEqual([expect.stringMatching(/^\d+$/)])
    expect(simulator.store.orders()).toHaveLength(2)
  })

  test('gives up after many lost races, with nothing written', async () => {
    await begin({ raceEvery: 1 })
    expect(await connection.write([order('a')])).toMatchObject([{ ok: false, failure: { problem: { kind: 'busy' } } }])
    expect(simulator.store.orders()).toEqual([])
  })

  test('does not know what became of a write whose answer was lost; the key tells', async () => {
    await make('first')
    simulator.fault({ match: { body: '"load"' }, kind: 'lose_answer' })
    const outcomes = await connection.write([order('a'), order('b')])
    expect(outcomes).toMatchObject([
      { ok: false, failure: { problem: { kind: 'outcome_unknown' } } },
      { ok: false, failure: { problem: { kind: 'outcome_unknown' } } },
    ])
    const found = await connection.find('sale.order', [{ key: 'a' }, { key: 'b' }])
    expect(found.map((matches) => matches.length)).toEqual([1, 1])
  })

  test('tells what was written, what may be, and what was not sent', async () => {
    await begin({}, { loadOrders: 2 })
    await make('first')
    simulator.fault({ match: { body: '"load"' }, kind: 'lose_answer', skip: 1 })
    const outcomes = await connection.write([...'abcdefghijkl'].map((key) => order(key)))
    const kinds = outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.failure.problem.kind))
    const count = (kind: string) => kinds.filter((one) => one === kind).length
    expect(count('outcome_unknown')).toBe(2)
    expect(count('ok') + count('outcome_unknown') + count('unavailable')).toBe(12)
    // What is said not to be sent is not there; what may be there is.
    expect(simulator.store.orders()).toHaveLength(1 + count('ok') + 2)
  })

  test('throws when nothing at all was sent', async () => {
    expect(await problemOf(open({ url: 'http://127.0.0.1:1' }).write([order('a')]))).toEqual({ kind: 'unavailable' })
  })

  test.each([
    [429, 'rate_limited'],
    [503, 'unavailable'],
    [401, 'auth_rejected'],
  ])('understands status %d', async (status, kind) => {
    await make('first')
    simulator.fault({ match: { body: '"load"' }, kind: 'status', status, times: 10 })
    expect(await problemOf(connection.write([order('a')]))).toMatchObject({ kind })
  })

  test('does not know what became of a write after a page of an error', async () => {
    await make('first')
    simulator.fault({ match: { body: '"load"' }, kind: 'status', status: 500, body: '<h1>Internal Server Error</h1>' })
    const [outcome] = await connection.write([order('a')])
    expect(outcome).toMatchObject({ ok: false, failure: { problem: { kind: 'outcome_unknown' } } })
  })

  test('reports a confirmation whose answer was lost, and finds it done the next time', async () => {
    const [id = ''] = await make('a')
    simulator.fault({ match: { body: 'action_confirm' }, kind: 'lose_answer' })
    const confirm: Write = { do: 'confirm', object: 'sale.order', id }
    expect(await connection.write([confirm])).toMatchObject([
      { ok: false, failure: { problem: { kind: 'outcome_unknown' } } },
    ])
    expect(await connection.write([confirm])).toEqual([{ ok: true, id }])
    expect(calls()).toBeGreaterThan(0)
  })

  test('refuses to confirm what is no order', async () => {
    expect(await connection.write([{ do: 'confirm', object: 'res.partner', id: customer }])).toMatchObject([
      { ok: false, failure: { problem: { kind: 'configuration_invalid', path: 'res.partner' } } },
    ])
  })
})

describe('changes', () => {
  test('are none twice, for one call', async () => {
    await make('a', 'b')
    pass(10_000)
    const first = await poll({ from: start })
    expect(first.ids).toHaveLength(2)
    calls()
    const second = await poll(first.next)
    expect(second.ids).toEqual([])
    expect(calls()).toBe(1)
    pass(20_000)
    expect((await poll(second.next)).ids).toEqual([])
    pass(600_000)
    const quiet = await poll(second.next)
    calls()
    pass(600_000)
    expect((await poll(quiet.next)).ids).toEqual([])
    expect(calls()).toBe(1)
  })

  test('show a change of the same second as the last one, once more and later', async () => {
    const [id = ''] = await make('a')
    const first = await poll({ from: start })
    expect(first.ids).toEqual([id])
    // Not a field that is compared by its value.
    simulator.store.editOrder(id, { note: 'changed within the second' })
    pass(20_000)
    const later = await poll(first.next)
    expect(later.ids).toEqual([id])
    pass(20_000)
    expect((await poll(later.next)).ids).toEqual([])
  })

  test('go on from any page', async () => {
    await connection.write(Array.from({ length: 1001 }, (_, place) => order(`k${place}`)))
    pass(10_000)
    const places: ChangesSince[] = []
    const seen = new Set<string>()
    for await (const page of connection.changes({ object: 'sale.order', paths: [], where: [] }, { from: start })) {
      for (const id of page.ids) seen.add(id)
      places.push({ cursor: JSON.parse(JSON.stringify(page.cursor)) })
    }
    expect(seen.size).toBe(1001)
    expect(places).toHaveLength(2)
    expect((await poll(places[0] as ChangesSince)).ids).toHaveLength(1)
  })

  test('refuse a place that is not ours', async () => {
    expect(await problemOf(poll({ cursor: { after: 'yesterday' } }))).toMatchObject({ kind: 'configuration_invalid' })
  })

  test.each(['14.0', '17.0', '19.0'])(
    'are found without the apps that the user of Odoo %s may not see',
    async (version) => {
      await begin({ version, denied: ['mrp.production', 'purchase.order', 'purchase.order.line', 'account.move'] })
      const [id = ''] = await make('a')
      expect((await poll({ from: start })).ids).toEqual([id])
      const [record] = await connection.read(
        'sale.order',
        [id],
        ['production_orders.name', 'purchase_orders.name', 'order_line.shipped', 'invoice_ids.name', 'payments.amount'],
      )
      expect(record?.fields).toMatchObject({
        production_orders: [],
        purchase_orders: [],
        order_line: [{ shipped: '0' }],
        invoice_ids: [],
        payments: [],
      })
    },
  )
})

describe('the API key of JSON-2', () => {
  beforeEach(() => begin({ version: 'saas~19.1' }))

  test('is renewed, works, and the old one is revoked', async () => {
    const { rotate } = connection
    if (rotate === null) throw new Error('no rotation')
    expect(await rotate.expiresAt()).not.toBeNull()
    const settings = await rotate.renew()
    const old = { url: simulator.url, database: 'demo', username: 'admin', password: 'admin' }
    const next = open(settings)
    await next.rotate?.retire(old)
    // Twice is no harm: a crash may come between revoking and noting it.
    await next.rotate?.retire(old)
    expect((await next.check()).findings.find((finding) => finding.subject === 'key expiry')?.level).toBe('ok')
    expect(await problemOf(connection.check())).toMatchObject({ kind: 'auth_rejected' })
    const expiresAt = await next.rotate?.expiresAt()
    expect(toMillis(expiresAt ?? start) - toMillis(now)).toBe(89 * 86_400_000)
  })

  test('is never retired by itself', async () => {
    expect(await problemOf(connection.rotate?.retire({ password: 'admin' }) ?? Promise.resolve())).toMatchObject({
      kind: 'configuration_invalid',
    })
  })

  test('is left to a person where Odoo renews none, and he is told in time', async () => {
    await begin({ version: '19.0' })
    const checked = async () => (await connection.check()).findings.find(({ subject }) => subject === 'key expiry')
    expect(await checked()).toMatchObject({ level: 'ok', message: expect.stringContaining('lets no program renew it') })
    now = shift(now, 340 * 86_400_000)
    expect(await checked()).toMatchObject({ level: 'warning', fix: expect.stringContaining('named "crosswalk erp"') })
    const failed = connection.rotate?.renew()
    await expect(failed).rejects.toMatchObject({
      message: 'Odoo 19.0 gives no new API key to a program',
      problem: { kind: 'configuration_invalid', path: 'password' },
    })
  })

  test('is not renewed where programs may make none, and the remedy names the switch', async () => {
    await begin({ version: '20.0', keysByPrograms: false })
    await expect(connection.rotate?.renew()).rejects.toMatchObject({
      message: 'Odoo refused: Programmatic API keys are not enabled',
      problem: { kind: 'configuration_invalid', path: 'password' },
      fix: expect.stringContaining('base.enable_programmatic_api_keys'),
    })
  })

  test('is not asked for in a database that is not there', async () => {
    expect(await problemOf(open({ database: 'other' }).check())).toEqual({
      kind: 'configuration_invalid',
      path: 'database',
    })
  })

  test('of others does not count, nor does the end of an older one', async () => {
    const { create } = simulator.store
    const key = (name: string, user_id: number, expiration_date: string | false) =>
      create('res.users.apikeys', { name, scope: 'rpc', user_id, expiration_date })
    const own = await connection.rotate?.expiresAt()
    key('of the robot', 1, '2026-12-02 00:00:00')
    expect(await connection.rotate?.expiresAt()).toBe(own)
    key('crosswalk erp, spring', 2, '2027-06-01 00:00:00')
    key('crosswalk erp, winter', 2, '2027-01-01 00:00:00')
    expect(await connection.rotate?.expiresAt()).toBe('2027-06-01T00:00:00.000Z')
    key('crosswalk erp', 2, false)
    expect(await connection.rotate?.expiresAt()).toBeNull()
  })

  test('says who we are, whatever user the settings name', async () => {
    const { findings } = await open({ username: 'ada' }).check()
    expect(findings.filter(({ level }) => level !== 'ok')).toMatchObject([
      { level: 'warning', subject: 'username', message: expect.stringContaining('"admin", not of "ada"') },
    ])
  })

  test('does not expire before Odoo 19', async () => {
    await begin()
    expect(await connection.rotate?.expiresAt()).toBeNull()
  })
})

describe('settings', () => {
  test.each([
    ['no database', { database: '' }],
    ['an unknown setting', { colour: 'red' }],
    ['a module with a dot', { module: 'cross.walk' }],
  ])('refuse %s', (_, settings) => {
    expect(() => open(settings)).toThrow()
  })

  test('take an address with a slash at its end', async () => {
    expect((await open({ url: `${simulator.url}/` }).check()).account.currency).toBe('EUR')
  })
})
