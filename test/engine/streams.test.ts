import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { startOdooSimulator } from '../../connectors/odoo/simulator/index.ts'
import { startSalesforceSimulator } from '../../connectors/salesforce/simulator/index.ts'
import { systemClock } from '../../src/main/clock.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import { flawless, prove, settle, stock, until } from '../faults/proof.ts'
import { openPair, type Pair } from '../rig.ts'

/*
 * No schedule and no webhook: what arrives here arrives by the stream of change events.
 */

let pair: Pair
let salesforce: Awaited<ReturnType<typeof startSalesforceSimulator>>
let shop: ReturnType<typeof stock>
const servers: RunningServer[] = []
const log: string[] = []

const start = async (clock = systemClock) => {
  const { config, home } = pair
  const options = { config, home, environment: {}, clock, log: (line: string) => void log.push(line) }
  const server = await startServer({ ...options, role: 'all' })
  servers.push(server)
  return server
}
const lastLines = () => log.slice(-20).join('')
const opened = () => log.filter((line) => line.includes('salesforce.stream_opened')).length
const hasOrders = (count: number) => () =>
  pair.erp.erp.orders().filter((order) => order.state === 'confirmed').length === count

beforeAll(async () => {
  salesforce = await startSalesforceSimulator()
  pair = await openPair(
    { system: 'salesforce', simulator: salesforce },
    { system: 'odoo', simulator: await startOdooSimulator() },
    { crm: { events: ['/data/OpportunityChangeEvent'] } },
  )
  shop = stock(pair)
  const project = await pair.open()
  await project.crosswalk.setup('salesforce')
  await project.close()
})
afterAll(async () => {
  for (const server of servers) await server.close()
  await pair.close()
})

test('a won deal is delivered as soon as the stream tells of it', async () => {
  await start()
  await until(() => opened() === 1, 'a stream', lastLines)
  shop.win(3)
  await until(hasOrders(3), 'three orders', lastLines)
})

test('a second process leaves the stream to the first, and goes on where the first stopped', async () => {
  const second = await start()
  await servers[0]?.close()
  servers.shift()
  // Nobody listens now, or soon not any more.
  shop.win(2)
  await until(() => opened() === 2, 'the stream taken over', lastLines)
  await until(hasOrders(5), 'what happened in between', lastLines)
  expect(await second.opened.deps.ledger.streams.take('salesforce', { worker: 'another', leaseMs: 1 })).toBeNull()
})

test('a login that expired is renewed, and a stream that broke off is opened again', async () => {
  salesforce.store.expireTokens()
  shop.win(1)
  await until(hasOrders(6), 'the order after the login', lastLines)
  salesforce.store.dropStreams()
  shop.win(1)
  await until(hasOrders(7), 'the order after the server forgot us', lastLines)
  expect(log.join('')).not.toContain('connection paused')
})

test('events that the system no longer has are a gap, for which changes are looked for at once', async () => {
  await servers[0]?.close()
  servers.shift()
  const project = await pair.open()
  await project.deps.ledger.streams.take('salesforce', { worker: 'test', leaseMs: 60_000 })
  await project.deps.ledger.streams.move('salesforce', 'test', { '/data/OpportunityChangeEvent': 999_999 })
  await project.deps.ledger.streams.leave('salesforce', 'test')
  await project.close()
  shop.win(2)
  const before = log.length
  const server = await start()
  await until(hasOrders(9), 'the orders of deals whose events are gone', lastLines)
  expect(log.slice(before).join('')).toContain('"events lost"')
  expect(await server.opened.metrics.text()).toMatch(/crosswalk_event_gaps_total\{connection="salesforce"\} 1/)
  const check = await pair.open()
  await settle(check)
  expect(await prove(pair, check)).toMatchObject({ ...flawless, orders: 9 })
  await check.close()
})

test('a stream that a connection no longer asks for is left, and followed once it does again', async () => {
  const [server] = servers
  if (server === undefined) throw new Error('a server runs')
  const { projects, deps } = server.opened
  const publish = async (events: string[]) => {
    const change = { system: 'salesforce', settings: { events } }
    expect((await projects.connect('salesforce', change, { actor: null, note: null })).findings).toEqual([])
  }
  const isFree = async () => {
    const taken = await deps.ledger.streams.take('salesforce', { worker: 'another', leaseMs: 1 })
    if (taken !== null) await deps.ledger.streams.leave('salesforce', 'another')
    return taken !== null
  }
  await publish([])
  await until(isFree, 'the stream is left', lastLines)
  const before = opened()
  await publish(['/data/OpportunityChangeEvent'])
  await until(() => opened() > before, 'the stream again', lastLines)
  shop.win(1)
  await until(hasOrders(10), 'the order', lastLines)
})

test('a ledger that is away for a while ends no stream for good, and no process', async () => {
  await servers[0]?.close()
  servers.shift()
  // Leases are renewed and back-offs are over before one can look.
  const quick = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 1000, signal) }
  const before = log.length
  const since = () => log.slice(before).join('')
  const server = await start(quick)
  await until(() => since().includes('salesforce.stream_opened'), 'a stream', lastLines)
  const client = new pg.Client(server.opened.database)
  await client.connect()
  try {
    await client.query('alter table crosswalk.streams rename to away')
    await until(() => since().split('"event stream failed"').length > 2, 'a failure, and one more', lastLines)
    await client.query('alter table crosswalk.away rename to streams')
  } finally {
    await client.end()
  }
  shop.win(1)
  await until(hasOrders(11), 'the order of a deal that the stream tells of', lastLines)
  expect(since()).not.toContain('no longer followed')
})
