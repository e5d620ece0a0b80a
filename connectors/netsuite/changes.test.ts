import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Json } from '../../src/core/json.ts'
import type { SyncError } from '../../src/core/problem.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { ChangesSince, Connection } from '../../src/ports/connector.ts'
import { changesOf } from '../../test/asked.ts'
import { openChanges } from './changes.ts'
import { netsuite } from './index.ts'
import { settings } from './settings.ts'
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
let items: Readonly<Record<'desk' | 'chair' | 'lamp', string>>

async function begin(options: NetsuiteSimulatorOptions = {}, more: Readonly<Record<string, Json>> = {}) {
  await close()
  simulator = await startNetsuiteSimulator({ now: () => toMillis(now), currency: 'EUR', ...options })
  close = simulator.close
  connection = netsuite.open(
    { ...simulator.settings, ...more },
    { name: 'erp', http: openHttpClient({ clock, log }), clock, log },
  )
  customer = simulator.store.addCustomer({ companyName: 'Acme' })
  const add = (sku: string, route: 'make' | 'buy' | 'stock') => simulator.store.addItem({ sku, route })
  items = { desk: add('DESK', 'make'), chair: add('CHAIR', 'buy'), lamp: add('LAMP', 'stock') }
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
function makeOrder(): string {
  const lines = Object.values(items).map((id) => ({ item: { id }, quantity: 2, rate: 10 }))
  const id = simulator.store.addOrder({ entity: { id: customer }, item: { items: lines } })
  simulator.store.approve(id)
  return id
}
const touch = (id: string) => simulator.store.editOrder(id, { memo: String(toMillis(now)) })
const poll = (since: ChangesSince, object = 'salesOrder') => changesOf(connection, { object }, since)
/** The place after everything that happened so far was reported. */
async function settled(): Promise<ChangesSince> {
  pass(60)
  const { next } = await poll({ from: shift(start, -3_600_000) })
  pass(60)
  return next
}
function queries(): number {
  const count = simulator.calls()['POST /services/rest/query/v1/suiteql'] ?? 0
  simulator.resetCalls()
  return count
}

describe('an order', () => {
  const steps: readonly [string, (id: string) => unknown][] = [
    ['is edited', (id) => touch(id)],
    ['is closed', (id) => simulator.store.close(id)],
    ['is begun to be made', (id) => simulator.store.startWork(id)],
    ['has its work order finished', (id) => simulator.store.build(id)],
    ['has its purchase received', (id) => simulator.store.receive(id)],
    ['is picked', (id) => simulator.store.pick(id)],
    ['is shipped', (id) => simulator.store.ship(id)],
  ]
  test.each(steps)('is reported when it %s', async (_, step) => {
    const id = makeOrder()
    const since = await settled()
    step(id)
    expect((await poll(since)).ids).toEqual([id])
  })

  test('is reported when it is billed, and when its invoice is paid, two steps away', async () => {
    const id = makeOrder()
    simulator.store.ship(id)
    let since = await settled()
    for (const step of [() => simulator.store.invoice(id), () => simulator.store.pay(id, '5')]) {
      step()
      const found = await poll(since)
      expect(found.ids).toEqual([id])
      pass(700)
      since = (await poll(found.next)).next
    }
  })

  test('is reported when goods come back, and when they are credited', async () => {
    const id = makeOrder()
    simulator.store.ship(id)
    simulator.store.invoice(id)
    let since = await settled()
    for (const step of [() => simulator.store.takeBack(id), () => simulator.store.credit(id)]) {
      step()
      const found = await poll(since)
      expect(found.ids).toEqual([id])
      pass(700)
      since = (await poll(found.next)).next
    }
  })

  test('is reported once more when its second is over, and not at each poll until then', async () => {
    const id = makeOrder()
    let since = await settled()
    touch(id)
    const found: string[][] = []
    for (const seconds of [0, 0, 5, 5]) {
      pass(seconds)
      const { ids, next } = await poll(since)
      found.push(ids)
      since = next
    }
    expect(found).toEqual([[id], [], [id], []])
  })

  test('is reported once for all that happened to it', async () => {
    const id = makeOrder()
    const since = await settled()
    for (const step of ['startWork', 'build', 'receive', 'ship', 'invoice'] as const) simulator.store[step](id)
    expect((await poll(since)).ids).toEqual([id])
  })

  test('is reported although its change was saved late, within the overlap', async () => {
    const [early, late] = [makeOrder(), makeOrder()]
    const since = await settled()
    pass(300)
    touch(early)
    pass(10)
    const found = await poll(since)
    expect(found.ids).toEqual([early])
    // Begun before that poll, and over only now.
    const after = now
    now = shift(after, -200_000)
    touch(late)
    now = after
    expect((await poll(found.next)).ids).toEqual([late])
  })

  test('that changes twice within one second is reported once more, and then no more', async () => {
    const id = makeOrder()
    const since = await settled()
    touch(id)
    const first = await poll(since)
    simulator.store.editOrder(id, { memo: 'in the same second' })
    pass(30)
    const second = await poll(first.next)
    expect([first.ids, second.ids]).toEqual([[id], [id]])
    pass(30)
    expect((await poll(second.next)).ids).toEqual([])
  })
})

describe('an idle account', () => {
  test('in which nothing ever happened has its clock measured once', async () => {
    const { next } = await poll({ from: start })
    queries()
    await poll(next)
    expect(queries()).toBe(1)
  })

  test('costs one query a poll, and one more each quarter of an hour for the clock', async () => {
    makeOrder()
    let since = await settled()
    pass(3600)
    since = (await poll(since)).next
    queries()
    let found = 0
    for (let minute = 0; minute < 60; minute += 1) {
      pass(60)
      const polled = await poll(since)
      since = polled.next
      found += polled.ids.length
    }
    expect(found).toBe(0)
    expect(queries()).toBeLessThanOrEqual(60 + 4)
  })

  test('costs no more where the zone is named', async () => {
    await begin({}, { timeZone: 'America/Los_Angeles' })
    makeOrder()
    let since = await settled()
    queries()
    for (let minute = 0; minute < 60; minute += 1) {
      pass(60)
      since = (await poll(since)).next
    }
    expect(queries()).toBe(60)
  })

  test('reads no links for documents that it knows', async () => {
    const id = makeOrder()
    simulator.store.ship(id)
    pass(60)
    const first = await poll({ from: start })
    pass(60)
    queries()
    await poll(first.next)
    expect(queries()).toBe(1)
  })
})

describe.each<[string, NetsuiteSimulatorOptions, Readonly<Record<string, Json>>]>([
  ['measured', {}, {}],
  ['named', {}, { timeZone: 'America/Los_Angeles' }],
  ['measured, of half an hour', { timeZone: 'Asia/Kolkata' }, {}],
])('with a zone that is %s, nothing is skipped', (_, options, more) => {
  test.each([
    // Ten seconds after clocks were set something happens, and the next look is 25 minutes later.
    ['when clocks go back', '2026-11-01T07:40:10.000Z'],
    ['when clocks go forward', '2026-03-08T08:40:10.000Z'],
  ])('%s', async (_when, from) => {
    now = from as Instant
    await begin(options, more)
    const ids = Array.from({ length: 24 }, makeOrder)
    pass(60)
    let since = (await poll({ from: shift(now, -3_600_000) })).next
    const seen: string[] = []
    for (const [minute, id] of ids.entries()) {
      pass(20)
      touch(id)
      // Now and then nobody looks for longer than the overlap.
      pass(minute % 6 === 5 ? 1500 : 300)
      const polled = await poll(since)
      since = polled.next
      seen.push(...polled.ids)
    }
    pass(1200)
    seen.push(...(await poll(since)).ids)
    expect([...new Set(seen)].sort()).toEqual([...ids].sort())
    // Some of them once more, where the clock was set; not all of them again and again.
    expect(seen.length).toBeLessThan(ids.length * 2)
  })
})

test('a document that changed alone leads to its order, one step away or two', async () => {
  const at = '2026-11-24 01:00:00'
  const rows = [
    { id: '8', type: 'WorkOrd', modified: at, now: '2026-11-24 01:05:00' },
    { id: '9', type: 'CustPymt', modified: at, now: '2026-11-24 01:05:00' },
    { id: '10', type: 'PurchOrd', modified: at, now: '2026-11-24 01:05:00' },
  ]
  const links = [
    { document: '8', source: '1', sourcetype: 'SalesOrd' },
    { document: '9', source: '5', sourcetype: 'CustInvc', origin: '2' },
    { document: '9', source: '6', sourcetype: 'CustInvc', origin: '3' },
  ]
  const unused = (): never => {
    throw new Error('not called here')
  }
  const changes = openChanges(settings.parse(simulator.settings), {
    client: {
      ...{ create: unused, update: unused, get: unused, metadata: unused, serverTime: unused },
      query: async () => ({ rows, hasMore: false, at: start }),
      queryAll: async () => links,
    },
    zone: { named: () => -480, measure: unused },
    clock,
  })
  const pages = []
  for await (const page of changes({ object: 'salesOrder', paths: [], where: [] }, { from: start }))
    pages.push(page.ids)
  expect(pages).toEqual([['1', '2', '3']])
})

describe('pages', () => {
  test('go on from any place, with more documents than fit on one', async () => {
    const [id] = Array.from({ length: 401 }, makeOrder)
    pass(60)
    const places: ChangesSince[] = []
    const seen = new Set<string>()
    for await (const page of connection.changes({ object: 'salesOrder', paths: [], where: [] }, { from: start })) {
      for (const one of page.ids) seen.add(one)
      places.push({ cursor: JSON.parse(JSON.stringify(page.cursor)) })
    }
    expect(seen.size).toBe(401)
    expect(places).toHaveLength(2)
    // What came on the first page is not told again; the second page is.
    const again = await poll(places[0] as ChangesSince)
    expect(again.ids.length).toBeGreaterThan(0)
    expect(again.ids).not.toContain(id)
    expect((await poll(again.next)).ids).toEqual([])
  })

  test('of customers and items tell which changed', async () => {
    const other = simulator.store.addCustomer({ companyName: 'Other' })
    pass(60)
    const first = await poll({ from: start }, 'Customer')
    expect(first.ids).toEqual(expect.arrayContaining([customer, other]))
    pass(60)
    simulator.store.editCustomer(other, { email: 'x@other.test' })
    expect((await poll(first.next, 'customer')).ids).toEqual([other])
    expect((await poll({ from: start }, 'item')).ids).toEqual(expect.arrayContaining(Object.values(items)))
  })

  test.each([
    ['a place that is not ours', 'salesOrder', { cursor: { after: 'yesterday' } }],
    ['an object that is not followed', 'invoice', { from: start }],
  ])('refuse %s', async (_, object, since) => {
    const error = await poll(since as ChangesSince, object)
      .then(() => null)
      .catch((thrown: SyncError) => thrown)
    expect(error?.problem).toMatchObject({ kind: 'configuration_invalid' })
  })
})
