import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../src/core/json.ts'
import type { SyncError } from '../../src/core/problem.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { ChangesSince, Connection } from '../../src/ports/connector.ts'
import { changesOf } from '../../test/asked.ts'
import { treeOf } from '../kit/tree.ts'
import type { Client } from './client.ts'
import { netsuite } from './index.ts'
import { openItems } from './items.ts'
import type { Metadata } from './metadata.ts'
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
const everything: ChangesSince = { from: '1970-01-01T00:00:00.000Z' as Instant }
const paths = [
  ...['itemid', 'displayname', 'sales_description', 'unit', 'active', 'url', 'on_hand', 'available'],
  ...['prices.currency', 'prices.amount'],
]

let simulator: Awaited<ReturnType<typeof startNetsuiteSimulator>>
let close = async (): Promise<void> => {}
let connection: Connection

async function begin(options: NetsuiteSimulatorOptions = {}) {
  await close()
  simulator = await startNetsuiteSimulator({ now: () => toMillis(now), currency: 'EUR', ...options })
  close = simulator.close
  open()
}
function open(settings: Readonly<Record<string, Json>> = {}) {
  connection = netsuite.open(
    { ...simulator.settings, ...settings },
    { name: 'erp', http: openHttpClient({ clock, log }), clock, log },
  )
}
beforeEach(async () => {
  now = start
  await begin()
})
afterEach(async () => {
  await close()
  close = async () => {}
})
const pass = (seconds: number) => {
  now = shift(now, seconds * 1000)
}
const read = async (id: string, ...wanted: string[]): Promise<JsonObject> =>
  (await connection.read('item', [id], wanted))[0]?.fields ?? {}
const poll = (since: ChangesSince, watched: readonly string[] = paths) =>
  changesOf(connection, { object: 'item', paths: watched }, since)
async function settled(): Promise<ChangesSince> {
  pass(700)
  const { next } = await poll(everything)
  pass(700)
  return (await poll(next)).next
}
function calls(): number {
  const count = Object.values(simulator.calls()).reduce((sum, one) => sum + one, 0)
  simulator.resetCalls()
  return count
}

describe('reading an item', () => {
  test('tells its names, its unit, its prices and its stock', async () => {
    simulator.store.addLocation('Outlet')
    const each = { name: 'Each' }
    const id = simulator.store.addItem({ sku: 'LAMP', name: 'Lamp', price: '10.5', onHand: 7, unit: each })
    expect(await read(id, ...paths)).toEqual({
      id,
      itemid: 'LAMP',
      displayname: 'Lamp',
      sales_description: 'Lamp',
      unit: 'Each',
      active: true,
      url: `https://1234567-sb1.app.netsuite.com/app/common/item/item.nl?id=${id}`,
      prices: [{ currency: 'EUR', amount: '10.5' }],
      on_hand: '14',
      available: '14',
    })
    simulator.store.setInactive('item', id, true)
    expect(await read(id, 'active')).toEqual({ id, active: false })
  })

  test('tells one price for each currency, that of one piece', async () => {
    const id = simulator.store.addItem({ sku: 'A', price: 10, breaks: { 100: 8 }, prices: { USD: '11.25', GBP: 9 } })
    expect((await read(id, 'prices.currency', 'prices.amount')).prices).toEqual([
      { currency: 'EUR', amount: '10' },
      { currency: 'GBP', amount: '9' },
      { currency: 'USD', amount: '11.25' },
    ])
    expect((await read(simulator.store.addItem({ sku: 'B', price: null }), 'prices.amount')).prices).toEqual([])
  })

  test('tells what is promised already', async () => {
    const item = simulator.store.addItem({ sku: 'A', onHand: '10.5' })
    const entity = { id: simulator.store.addCustomer({ companyName: 'Acme' }) }
    const order = simulator.store.addOrder({ entity, item: { items: [{ item: { id: item }, quantity: 4, rate: 1 }] } })
    simulator.store.approve(order)
    expect(await read(item, 'on_hand', 'available')).toMatchObject({ on_hand: '10.5', available: '6.5' })
    simulator.store.ship(order)
    expect(await read(item, 'on_hand', 'available')).toMatchObject({ on_hand: '6.5', available: '6.5' })
  })

  test('tells stock in the unit that is sold, which is the unit of the price', async () => {
    const dozen = { name: 'Dozen', rate: 12 }
    const id = simulator.store.addItem({ sku: 'EGG', onHand: 30, unit: { name: 'Each' }, saleUnit: dozen })
    expect(await read(id, 'unit', 'on_hand')).toEqual({ id, unit: 'Dozen', on_hand: '2.5' })
    const third = simulator.store.addItem({ sku: 'C', onHand: 1, saleUnit: { name: 'Three', rate: 3 } })
    expect((await read(third, 'available')).available).toBe('0.33333333')
  })

  test.each([
    ['a service', { route: 'service' as const }],
    ['a kit', { type: 'Kit' }],
    ['what is not kept in stock', { type: 'NonInvtPart', subtype: 'Sale' }],
  ])('tells no stock of %s', async (_, item) => {
    const id = simulator.store.addItem({ sku: 'A', ...item })
    expect(await read(id, 'on_hand', 'available')).toEqual({ id, on_hand: null, available: null })
  })

  test('tells none on hand where there never was any', async () => {
    const id = simulator.store.addItem({ sku: 'A', route: 'make' })
    expect(await read(id, 'on_hand', 'available')).toEqual({ id, on_hand: '0', available: '0' })
  })

  test('tells no stock where the role sees none, and asks for it once', async () => {
    const id = simulator.store.addItem({ sku: 'A' })
    simulator.store.setDenied(['aggregateitemlocation'])
    expect(await read(id, 'itemid', 'on_hand')).toEqual({ id, itemid: 'A', on_hand: null })
    calls()
    expect(await read(id, 'itemid', 'on_hand')).toMatchObject({ on_hand: null })
    expect(calls()).toBe(2)
  })

  test('tells no stock in a unit that the role may not see', async () => {
    const id = simulator.store.addItem({ sku: 'A', unit: { name: 'Each' } })
    const loose = simulator.store.addItem({ sku: 'B', onHand: 3 })
    simulator.store.setDenied(['unitstypeuom'])
    expect(await read(id, 'unit', 'on_hand')).toEqual({ id, unit: null, on_hand: null })
    expect(await read(loose, 'unit', 'on_hand')).toEqual({ id: loose, unit: null, on_hand: '3' })
  })

  test('works without units of measure', async () => {
    await begin({ units: false })
    const id = simulator.store.addItem({ sku: 'A', onHand: 3 })
    expect(await read(id, 'unit', 'on_hand')).toEqual({ id, unit: null, on_hand: '3' })
  })

  test('takes prices that it may not see for an error, never for none', async () => {
    const id = simulator.store.addItem({ sku: 'A' })
    simulator.store.setDenied(['pricing'])
    const error = await read(id, 'prices.amount').catch((thrown: SyncError) => thrown)
    expect((error as SyncError).problem).toMatchObject({ kind: 'configuration_invalid' })
  })

  test('costs a call for each kind of thing, whatever the number of items', async () => {
    const ids = simulator.store.addItems(Array.from({ length: 1000 }, (_, n) => ({ sku: `S-${n}` })))
    await connection.read('item', ids, paths)
    calls()
    const records = await connection.read('item', ids, paths)
    expect([records.length, records[999]?.fields.itemid, calls()]).toEqual([1000, 'S-999', 4])
    await connection.read('item', ids, ['itemid', 'active', 'url'])
    expect(calls()).toBe(1)
  })

  test('is described with all that it tells', async () => {
    const { fields } = await connection.describe('item')
    for (const path of paths) expect(Object.keys(fields)).toContain(path.split('.')[0])
    expect(fields.prices).toMatchObject({ type: 'list', relation: 'item.price', writable: false })
    expect(Object.keys((await connection.describe('item.price')).fields)).toEqual(['currency', 'amount'])
  })
})

describe('in an account of one currency', () => {
  const load = async (symbol: string | undefined) => {
    const asked: string[] = []
    const unused = (): never => {
      throw new Error('not called here')
    }
    const client: Client = {
      ...{ create: unused, update: unused, get: unused, serverTime: unused, metadata: unused },
      query: async () => ({ rows: symbol === undefined ? [] : [{ symbol }], hasMore: false, at: null }),
      async queryAll(statement) {
        asked.push(statement)
        return [{ item: '7', amount: '.5' }]
      },
    }
    const metadata: Metadata = { fields: async () => ({}), features: unused, describe: unused }
    const items = openItems(client, metadata, 'https://app.test')
    const tree = treeOf(['prices.currency', 'prices.amount'])
    return { built: items.build({ id: '7' }, {}, tree, await items.load(['7'], tree)), asked }
  }

  test('prices are in it, and nothing is joined', async () => {
    const { built, asked } = await load('USD')
    expect(built.prices).toEqual([{ currency: 'USD', amount: '0.5' }])
    expect(asked.join()).not.toContain('currency')
  })

  test('that cannot be told, no price is told', async () => {
    await expect(load(undefined)).rejects.toMatchObject({ problem: { kind: 'permission_missing' } })
  })
})

describe('changes of items', () => {
  test.each<[string, (id: string) => unknown]>([
    ['its name', (id) => simulator.store.changeItem(id, { name: 'New' })],
    ['its price', (id) => simulator.store.changeItem(id, { price: '12.5' })],
    ['whether it is active', (id) => simulator.store.changeItem(id, { active: false })],
    ['what is on hand', (id) => simulator.store.changeItem(id, { onHand: '3' })],
  ])('tell when it was %s that changed, and then no more', async (_, change) => {
    const id = simulator.store.addItem({ sku: 'A' })
    simulator.store.addItem({ sku: 'B' })
    const since = await settled()
    change(id)
    pass(30)
    const found = await poll(since)
    expect(found.ids).toEqual([id])
    pass(60)
    expect((await poll(found.next)).ids).toEqual([])
  })

  test('follow an order: what is reserved for it, made for it, and shipped', async () => {
    const stock = simulator.store.addItem({ sku: 'STOCK' })
    const made = simulator.store.addItem({ sku: 'MADE', route: 'make' })
    const service = simulator.store.addItem({ sku: 'SERVICE', route: 'service' })
    const entity = { id: simulator.store.addCustomer({ companyName: 'Acme' }) }
    const items = [stock, made, service].map((id) => ({ item: { id }, quantity: 2, rate: 1 }))
    const order = simulator.store.addOrder({ entity, item: { items } })
    let since = await settled()
    const steps: readonly [() => unknown, readonly string[]][] = [
      [() => simulator.store.approve(order), [stock]],
      [() => simulator.store.build(order), [made]],
      [() => simulator.store.ship(order), [stock, made]],
      [() => simulator.store.takeBack(order), [stock]],
    ]
    for (const [step, moved] of steps) {
      step()
      pass(30)
      const found = await poll(since)
      expect(found.ids).toEqual(expect.arrayContaining([...moved]))
      pass(700)
      since = (await poll(found.next)).next
    }
  })

  test('tell a shipment, which changes what is on hand and nothing of what is available', async () => {
    const item = simulator.store.addItem({ sku: 'A', onHand: 10 })
    const entity = { id: simulator.store.addCustomer({ companyName: 'Acme' }) }
    const order = simulator.store.addOrder({ entity, item: { items: [{ item: { id: item }, quantity: 4, rate: 1 }] } })
    simulator.store.approve(order)
    simulator.store.pick(order)
    const since = await settled()
    const before = await read(item, 'on_hand', 'available')
    simulator.store.ship(order)
    pass(30)
    expect((await poll(since)).ids).toEqual([item])
    expect(await read(item, 'on_hand', 'available')).toEqual({ ...before, on_hand: '6' })
  })

  test('tell a document that was saved late, though a newer one of the item was told', async () => {
    const item = simulator.store.addItem({ sku: 'A', onHand: 10 })
    const since = await settled()
    pass(300)
    simulator.store.changeItem(item, { name: 'Newer', onHand: '9' })
    pass(10)
    const found = await poll(since)
    expect(found.ids).toEqual([item])
    const after = now
    now = shift(after, -200_000)
    simulator.store.changeItem(item, { onHand: '7' })
    now = after
    expect((await poll(found.next)).ids).toEqual([item])
  })

  test('cost one call when there are none', async () => {
    simulator.store.addItems(Array.from({ length: 50 }, (_, n) => ({ sku: `S-${n}` })))
    const since = await settled()
    calls()
    pass(60)
    expect((await poll(since)).ids).toEqual([])
    expect(calls()).toBe(1)
  })

  test('of stock are not asked for where nothing reads it', async () => {
    const id = simulator.store.addItem({ sku: 'A' })
    const since = await settled()
    simulator.store.changeItem(id, { onHand: '3' })
    pass(30)
    expect((await poll(since, ['itemid', 'prices.amount'])).ids).toEqual([])
    expect((await poll(since, ['available'])).ids).toEqual([id])
    expect((await poll(since, [])).ids).toEqual([id])
  })

  test('are those of items for sale alone', async () => {
    const sold = [
      ...[{ route: 'stock' }, { route: 'make' }, { route: 'service' }, { type: 'Kit' }],
      ...[
        { type: 'NonInvtPart', subtype: 'Sale' },
        { type: 'NonInvtPart', subtype: 'Resale' },
        { type: 'Service', subtype: 'Resale' },
      ],
    ].map((item, n) => simulator.store.addItem({ sku: `SOLD-${n}`, ...(item as object), inactive: n === 0 }))
    for (const item of [
      { type: 'NonInvtPart', subtype: 'Purchase' },
      { type: 'Service', subtype: 'Purchase' },
      { type: 'Discount' },
      { type: 'Group' },
    ])
      simulator.store.addItem({ sku: JSON.stringify(item), ...item })
    expect((await poll(everything)).ids.sort()).toEqual(sold.sort())
  })

  test('are told as far as the role sees them', async () => {
    const id = simulator.store.addItem({ sku: 'A' })
    const since = await settled()
    simulator.store.setDenied(['aggregateitemlocation'])
    open()
    simulator.store.changeItem(id, { onHand: '3' })
    pass(30)
    const found = await poll(since)
    expect(found.ids).toEqual([id])
    calls()
    pass(30)
    await poll(found.next)
    // What is missing was found out once.
    expect(calls()).toBe(1)
    simulator.store.setDenied(['item'])
    await expect(poll(found.next)).rejects.toMatchObject({ problem: { kind: 'configuration_invalid' } })
  })

  test('are asked for source by source where no statement combines them', async () => {
    const id = simulator.store.addItem({ sku: 'A' })
    const since = await settled()
    const detail = { detail: 'Invalid search query: UNION is not supported.', 'o:errorCode': 'INVALID_PARAMETER' }
    const body = { title: 'Bad Request', status: 400, 'o:errorDetails': [detail] }
    simulator.fault({ match: { body: 'UNION ALL' }, kind: 'status', status: 400, body, times: 100 })
    simulator.store.changeItem(id, { onHand: '3' })
    pass(30)
    const found = await poll(since)
    expect(found.ids).toEqual([id])
    calls()
    pass(60)
    expect((await poll(found.next)).ids).toEqual([])
    expect(calls()).toBe(3)
  })

  test('all come at first, page after page, and a place between goes on without skipping', async () => {
    const ids = simulator.store.addItems(Array.from({ length: 2000 }, (_, n) => ({ sku: `S-${n}` })))
    const found = await poll(everything)
    expect(found.ids).toEqual(ids)
    expect(Math.max(...found.places.map((place) => JSON.stringify(place).length))).toBeLessThan(400)
    open()
    const rest = await poll(found.places[0] as ChangesSince)
    expect(rest.ids).toEqual(ids.slice(1000))
    // The number came out even, and yet the round is over: what changes of the first of them is told.
    const [first = ''] = ids
    simulator.store.changeItem(first, { name: 'New' })
    calls()
    pass(60)
    expect((await poll(rest.next)).ids).toEqual([first])
    expect(calls()).toBe(1)
  })

  test('go on behind any place also where stock and documents fill pages', async () => {
    const ids = simulator.store.addItems(Array.from({ length: 1200 }, (_, n) => ({ sku: `S-${n}` })))
    const since = await settled()
    for (const id of ids) simulator.store.changeItem(id, { onHand: '3' })
    pass(30)
    const found = await poll(since)
    expect([...new Set(found.ids)].sort()).toEqual([...ids].sort())
    expect(found.places.length).toBeGreaterThan(2)
    const told = new Set(found.ids.slice(0, 1000))
    const rest = await poll(found.places[0] as ChangesSince)
    expect(new Set([...told, ...rest.ids]).size).toBe(1200)
    pass(30)
    expect((await poll(found.next)).ids).toEqual([])
  }, 30_000)
})
