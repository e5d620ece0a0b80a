import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { ChangesSince, Connection, Write } from '../../src/ports/connector.ts'
import { changesOf } from '../../test/asked.ts'
import { odoo } from './index.ts'
import { startOdooSimulator } from './simulator/index.ts'

const start = '2026-11-24T09:00:00.000Z' as Instant
let now = start
const clock = { now: () => now, sleep: async () => {} }
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const pass = (ms: number) => {
  now = shift(now, ms)
}

let simulator: Awaited<ReturnType<typeof startOdooSimulator>>
let connection: Connection
let customer = ''
let desk = ''

async function begin(version = '14.0', route: 'stock' | 'make' | 'buy' = 'stock') {
  await simulator?.close()
  simulator = await startOdooSimulator({ now: () => toMillis(now), version })
  connection = odoo.open(
    { url: simulator.url, database: 'demo', username: 'admin', password: 'admin' },
    { name: 'erp', http: openHttpClient({ clock, log, random: () => 0 }), clock, log },
  )
  customer = simulator.store.addCustomer({ name: 'Acme' })
  desk = simulator.store.addProduct({ sku: 'DESK', route })
  // Whatever is asked once in a connection's life.
  const [id = ''] = await make('first')
  await connection.read('sale.order', [id], paths)
  await poll({ from: start })
  pass(600_000)
}
beforeEach(() => begin())
afterEach(() => simulator.close())

function calls(): number {
  const total = Object.values(simulator.calls()).reduce((sum, one) => sum + one, 0)
  simulator.resetCalls()
  return total
}
async function make(...keys: readonly string[]): Promise<string[]> {
  const writes = keys.map(
    (key): Write => ({
      do: 'create',
      object: 'sale.order',
      key,
      fields: { partner_id: customer },
      lines: {
        field: 'order_line',
        upsert: [{ key: `${key}_line`, fields: { product_id: desk, product_uom_qty: '2', price_unit: '10' } }],
        remove: [],
      },
    }),
  )
  return (await connection.write(writes)).map((outcome) => (outcome.ok ? outcome.id : ''))
}
const confirm = (ids: readonly string[]) =>
  connection.write(ids.map((id) => ({ do: 'confirm', object: 'sale.order', id }) as const))
const poll = (since: ChangesSince) => changesOf(connection, { object: 'sale.order' }, since)
/** What tells how far an order is. */
const paths = [
  'name',
  'state',
  'note',
  'order_line.product_uom_qty',
  'order_line.product_id.type',
  'order_line.shipped',
  'order_line.returned',
  'picking_ids.state',
  'picking_ids.carrier_tracking_ref',
  'production_orders.state',
  'purchase_orders.state',
  'purchase_orders.order_line.qty_received',
  'invoice_ids.state',
]
const many = Array.from({ length: 300 }, (_, place) => `k${place}`)

test('reads how far orders are in five calls, however many they are', async () => {
  const ids = await make(...many)
  await confirm(ids)
  await connection.read('sale.order', ids, paths)
  pass(120_000)
  calls()
  const records = await connection.read('sale.order', ids, paths)
  // Orders; lines, transfers and moves side by side; products. Nothing was bought or made, or moves in another unit than it
  // is sold in, and nobody asks for it.
  expect(calls()).toBe(5)
  expect(records[299]?.fields).toMatchObject({
    state: 'sale',
    order_line: [{ product_uom_qty: 2, product_id: { type: 'product' }, shipped: '0' }],
    picking_ids: [{ state: 'assigned' }],
    purchase_orders: [],
  })
})

test.each(['14.0', '17.0', '19.0'])(
  'finds in Odoo %s what is bought for an order, asked for and ordered',
  async (version) => {
    await begin(version, 'buy')
    const [id = ''] = await make('a')
    await confirm([id])
    const bought = async () => (await connection.read('sale.order', [id], paths))[0]?.fields.purchase_orders
    expect(await bought()).toMatchObject([{ state: 'draft' }])
    simulator.store.purchase(id)
    expect(await bought()).toMatchObject([{ state: 'purchase' }])
    simulator.store.receive(id)
    expect(await bought()).toMatchObject([{ order_line: [{ qty_received: 2 }] }])
  },
)

test('finds a service that was bought as it was sold', async () => {
  const [id = ''] = await make('a')
  const { store } = simulator
  const [line] = store.order(id)?.lines ?? []
  const vendor = store.addCustomer({ name: 'Vendor' })
  const order = store.create('purchase.order', {
    name: 'P1',
    partner_id: Number(vendor),
    date_order: '2026-11-24 09:00:00',
  })
  store.create('purchase.order.line', {
    order_id: Number(order),
    name: 'A service',
    product_id: Number(desk),
    product_qty: 1,
    price_unit: 1,
    date_planned: '2026-11-24 09:00:00',
    sale_line_id: Number(line?.id),
    sale_order_id: Number(id),
  })
  const [record] = await connection.read('sale.order', [id], paths)
  expect(record?.fields.purchase_orders).toMatchObject([{ id: order }])
})

test('looks for keys of orders and of customers by one call, when both are asked for at once', async () => {
  const acme: Write = { do: 'create', object: 'res.partner', key: 'b', fields: { name: 'Bolt' }, lines: null }
  await connection.write([acme])
  await make('a')
  calls()
  const [orders, customers] = await Promise.all([
    connection.find('sale.order', [{ key: 'a' }, { key: 'b' }]),
    connection.find('res.partner', [{ key: 'b' }, { key: 'a' }]),
  ])
  expect(orders.map((matches) => matches.map((match) => match.key))).toEqual([['a'], []])
  expect(customers.map((matches) => matches.map((match) => match.label))).toEqual([['Bolt'], []])
  // One for the keys, and one for the names of the records of each model.
  expect(calls()).toBe(3)
})

test('asks for the terms of customers that were just made by one call, however many calls their orders take', async () => {
  const keys = ['a', 'b', 'c', 'd']
  calls()
  const made = await connection.write(
    keys.map((key): Write => ({ do: 'create', object: 'res.partner', key, fields: { name: key }, lines: null })),
  )
  for (const [index, outcome] of made.entries()) {
    customer = outcome.ok ? outcome.id : ''
    await make(`order_${index}`)
  }
  // Customers, their terms, and each order.
  expect(calls()).toBe(2 + keys.length)
  pass(60_000)
  await make('later')
  expect(calls()).toBe(2)
})

describe('a confirmation', () => {
  test('of an order that was just read asks for no state', async () => {
    const ids = await make('a', 'b')
    await connection.read('sale.order', ids, ['state'])
    calls()
    expect(await confirm(ids)).toEqual(ids.map((id) => ({ ok: true, id })))
    expect(calls()).toBe(1)
    // What was written to is not known any more.
    await confirm(ids)
    expect(calls()).toBe(1)
    expect(simulator.store.orders().map((order) => order.state)).toEqual(['draft', 'sale', 'sale'])
  })

  test.each([
    ['some time ago', () => pass(11_000)],
    ['before we wrote to it', () => make('a')],
  ])('of an order that was read %s asks', async (_name, happens) => {
    const ids = await make('a')
    await connection.read('sale.order', ids, ['state'])
    await happens()
    calls()
    await confirm(ids)
    expect(calls()).toBe(2)
  })

  test('is done when a person was faster than we were after reading', async () => {
    await begin('17.0')
    const [id = '', other = ''] = await make('a', 'b')
    await connection.read('sale.order', [id, other], ['state'])
    simulator.store.confirm(id)
    expect(await confirm([id, other])).toEqual([
      { ok: true, id },
      { ok: true, id: other },
    ])
  })

  test('is refused when a person cancelled after we read', async () => {
    const [id = ''] = await make('a')
    await connection.read('sale.order', [id], ['state'])
    simulator.store.cancelOrder(id)
    expect(await confirm([id])).toMatchObject([{ ok: false, failure: { problem: { remoteCode: 'cancel' } } }])
  })
})

describe('an order that was read whole', () => {
  async function read(ids: readonly string[]) {
    return (await connection.read('sale.order', ids, paths)).map((record) => record?.version ?? '')
  }

  test('is met in the version in which it was read', async () => {
    const before = await poll({ from: now })
    const [id = ''] = await make('a')
    await confirm([id])
    const [version] = await read([id])
    pass(60_000)
    const { ids, versions } = await poll(before.next)
    expect(ids).toEqual([id])
    expect(versions[id]).toEqual([version])
  })

  test.each<[string, (id: string) => void]>([
    ['its note', (id) => simulator.store.editOrder(id, { note: 'call first' })],
    ['a shipment', (id) => simulator.store.ship(id)],
    ['an invoice', (id) => simulator.store.invoice(id)],
  ])('is met in another version when %s came within the same second', async (_name, happens) => {
    const before = await poll({ from: now })
    const [id = ''] = await make('a')
    await confirm([id])
    const [version] = await read([id])
    happens(id)
    pass(60_000)
    const { ids, versions } = await poll(before.next)
    expect(ids).toEqual([id])
    expect(versions[id]).toHaveLength(1)
    expect(versions[id]).not.toContain(version)
  })

  test('costs four calls to meet again, the search included, however many there are', async () => {
    const before = await poll({ from: now })
    const ids = await make(...many)
    await confirm(ids)
    await read(ids)
    pass(30_000)
    calls()
    expect((await poll(before.next)).ids).toHaveLength(300)
    expect(calls()).toBe(4)
  })

  test('is not looked at again within three seconds, unless something newer happened', async () => {
    const before = await poll({ from: now })
    const [id = '', other = ''] = await make('a', 'b')
    await confirm([id, other])
    await read([id, other])
    pass(1500)
    calls()
    const brief = await poll(before.next)
    expect(brief.ids).toEqual([])
    expect(calls()).toBe(1)
    simulator.store.ship(other)
    expect((await poll(brief.next)).ids).toEqual([other])
    pass(20_000)
    expect((await poll(brief.next)).ids.sort()).toEqual([id, other].sort())
  })
})
