import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { ChangesSince, Connection } from '../../src/ports/connector.ts'
import { changesOf } from '../../test/asked.ts'
import { hubspot } from './index.ts'
import { startHubspotSimulator } from './simulator/index.ts'

const start = '2026-11-24T09:00:00.000Z' as Instant
let now = start
const clock = { now: () => now, sleep: async () => {} }
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const later = () => {
  now = shift(now, 1000)
}

let simulator: Awaited<ReturnType<typeof startHubspotSimulator>>
let connection: Connection
let companies: string[]

const open = (settings: object = {}): Connection =>
  hubspot.open(
    { baseUrl: simulator.url, accessToken: 'test-token', ...settings },
    { name: 'crm', http: openHttpClient({ clock, log }), clock, log },
  )
beforeEach(async () => {
  now = start
  simulator = await startHubspotSimulator({ now: () => toMillis(now) })
  connection = open()
  await connection.setup?.()
  companies = ['Acme', 'Bolt'].map((name) => simulator.store.addCompany({ name }))
})
afterEach(() => simulator.close())

const paths = [
  'properties.dealname',
  'properties.amount',
  'company.properties.name',
  'person.properties.email',
  'line_items.properties.hs_sku',
]
const win = () =>
  simulator.store.addDeal({ name: 'Desks', companyId: companies[0] ?? '', lines: [{ hs_sku: 'A', price: '5' }] })
const update = (id: string) =>
  ({ do: 'update', object: 'deals', id, key: null, fields: { erp_order_no: `SO${id}` }, lines: null }) as const

async function read(ids: readonly string[], of: readonly string[] = paths) {
  return (await connection.read('deals', ids, of)).map((record) => record?.version)
}
const poll = (since: ChangesSince) => changesOf(connection, { object: 'deals' }, since)

/** A deal was read; then something happened, then it was written to. @returns what it was read as, and is met as */
async function between(happens: (id: string) => void, settings: object = {}) {
  connection = open(settings)
  const id = win()
  const first = await poll({ from: start })
  const [version = ''] = await read([id])
  later()
  happens(id)
  later()
  await connection.write([update(id)])
  later()
  const { ids, versions } = await poll(first.next)
  expect(ids).toEqual([id])
  return { version, met: versions[id] ?? [] }
}

describe('an echo', () => {
  test('is told by the version in which the deal was read', async () => {
    const { version, met } = await between(() => {})
    expect(met).toEqual([version])
  })

  test('of a thousand deals costs two calls beside the search', async () => {
    const ids = Array.from({ length: 1000 }, win)
    const first = await poll({ from: start })
    await read(ids)
    later()
    await connection.write(ids.map(update))
    later()
    simulator.resetCalls()
    const { versions } = await poll(first.next)
    expect(Object.keys(versions)).toHaveLength(1000)
    const others = Object.entries(simulator.calls()).filter(([call]) => !call.endsWith('/search'))
    expect(others).toEqual([
      ['POST /crm/associations/2026-09/deals/line_items/batch/read', 1],
      ['POST /crm/associations/2026-09/deals/companies/batch/read', 1],
    ])
  })

  test('names a version for each way in which deals are read', async () => {
    const id = win()
    const first = await poll({ from: start })
    const [one, other] = [...(await read([id])), ...(await read([id], ['properties.dealname']))]
    later()
    await connection.write([update(id)])
    later()
    const { versions } = await poll(first.next)
    expect(new Set(versions[id])).toEqual(new Set([one, other]))
  })

  test.each<[string, (id: string) => void]>([
    ['edited the deal', (id) => simulator.store.updateDeal(id, { amount: '77' })],
    ['added a line', (id) => simulator.store.addLine(id, { hs_sku: 'B', price: '7' })],
    ['gave the deal another company', (id) => simulator.store.moveDeal(id, companies[1] ?? '')],
    [
      'took a line away',
      (id) => {
        const [line] = simulator.store.deal(id)?.lines ?? []
        simulator.store.archive('line_items', line?.hs_object_id ?? '')
      },
    ],
  ])('hides nothing that somebody did between our reading and our writing: %s', async (_name, happens) => {
    const { version, met } = await between(happens)
    expect(met).toHaveLength(1)
    expect(met).not.toContain(version)
  })

  test('is none when somebody touched the deal after our writing', async () => {
    const id = win()
    const first = await poll({ from: start })
    await read([id])
    later()
    await connection.write([update(id)])
    later()
    simulator.store.updateDeal(id, { hs_next_step: 'call' })
    later()
    const { ids, versions } = await poll(first.next)
    expect([ids, versions]).toEqual([[id], {}])
  })

  test('is not looked for where nobody looks for edited lines', async () => {
    expect((await between(() => {}, { lineItemsMinutes: 0 })).met).toEqual([])
  })

  test('is not known to another process, which reads the deal', async () => {
    const id = win()
    const first = await poll({ from: start })
    await read([id])
    later()
    await open().write([update(id)])
    later()
    expect((await poll(first.next)).versions).toEqual({})
  })
})
