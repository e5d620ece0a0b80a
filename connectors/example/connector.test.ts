import { afterEach, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { ChangesSince, Connection, Write } from '../../src/ports/connector.ts'
import type { Quota } from '../../src/ports/http.ts'
import { example } from './index.ts'
import { type ExampleSimulatorOptions, startExampleSimulator } from './simulator/index.ts'

/* What is particular to this connector. What it shares with all others is proven by test/contract. */

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function open(options: ExampleSimulatorOptions = {}) {
  let now = '2026-11-24T09:00:00.000Z' as Instant
  const slept: number[] = []
  const simulator = await startExampleSimulator({ ...options, now: () => toMillis(now) })
  closing.push(simulator.close)
  const quiet = () => {}
  const deps = {
    name: 'example',
    clock: {
      now: () => now,
      async sleep(ms: number) {
        slept.push(ms)
        now = shift(now, ms)
      },
    },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  }
  const learned: Quota[] = []
  const budget = {
    take: async () => 0,
    learn: async (_name: string, quotas: readonly Quota[]) => void learned.push(...quotas),
  }
  const http = openHttpClient({ ...deps, budget, random: () => 0 })
  const connection = example.open(simulator.settings, { ...deps, http })
  const calls = (part: string) =>
    Object.entries(simulator.calls()).reduce((sum, [call, count]) => (call.includes(part) ? sum + count : sum), 0)
  const pass = (ms: number) => {
    now = shift(now, ms)
  }
  return { connection, simulator, slept, learned, calls, pass }
}

const customer = (key: string, fields: JsonObject = {}): Write => ({
  do: 'create',
  object: 'customers',
  key,
  fields: { name: key, ...fields },
  lines: null,
})
const customers = (count: number, name: string) =>
  Array.from({ length: count }, (_, place) => customer(`${name}_${place}`))
const beginning = { from: '2026-11-24T00:00:00.000Z' as Instant }

async function poll(connection: Connection, since: ChangesSince, pagesMax = Number.POSITIVE_INFINITY) {
  const pages: (readonly string[])[] = []
  let next = since
  for await (const { ids, cursor } of connection.changes({ object: 'customers', paths: [], where: [] }, since)) {
    pages.push(ids)
    next = { cursor: JSON.parse(JSON.stringify(cursor)) }
    if (pages.length >= pagesMax) break
  }
  return { pages, ids: pages.flat(), next }
}
const told = (outcomes: Awaited<ReturnType<Connection['write']>>) =>
  outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.failure.problem.kind))

test('pages through more changes of one moment than a page holds, and goes on where a walk was left', async () => {
  const { connection, calls } = await open()
  await connection.write(customers(1200, 'c'))
  const whole = await poll(connection, beginning)
  expect(whole.pages.map((page) => page.length)).toEqual([500, 500, 200])
  expect(new Set(whole.ids).size).toBe(1200)
  expect(calls('/v1/customers')).toBe(3)
  const begun = await poll(connection, beginning, 1)
  const rest = await poll(connection, begun.next)
  expect(new Set([...begun.ids, ...rest.ids]).size).toBe(1200)
})

test('tells a change that shows late, and tells it once', async () => {
  const { connection, pass } = await open({ commitMs: (key) => (key === 'late_0' ? 60_000 : 0) })
  await connection.write(customers(1, 'late'))
  pass(30_000)
  await connection.write(customers(600, 'c'))
  const begun = await poll(connection, beginning, 1)
  // The walk was past it when it showed, and took longer than a transaction may.
  pass(600_000)
  const rest = await poll(connection, begun.next)
  expect(new Set([...begun.ids, ...rest.ids]).size).toBe(600)
  const late = await poll(connection, rest.next)
  expect(late.ids).toHaveLength(1)
  expect([...begun.ids, ...rest.ids]).not.toContain(late.ids[0])
  expect((await poll(connection, late.next)).ids).toEqual([])
})

test('tells two changes of one record within one moment', async () => {
  const { connection } = await open()
  await connection.write(customers(1, 'c'))
  const first = await poll(connection, beginning)
  const [id = ''] = first.ids
  const fields = { phone: '1' }
  await connection.write([{ do: 'update', object: 'customers', id, key: null, fields, lines: null }])
  expect((await poll(connection, first.next)).ids).toEqual([id])
})

test('writes a hundred records a call, each for itself', async () => {
  const { connection, calls } = await open()
  const outcomes = await connection.write([...customers(150, 'c'), customer('bad', { person: 'maybe' })])
  expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(150)
  expect(outcomes.at(-1)).toMatchObject({
    ok: false,
    failure: { problem: { kind: 'record_rejected', field: 'person', remoteCode: 'invalid_value' }, field: 'person' },
  })
  expect(calls('/v1/batch')).toBe(2)
})

test('does not send what follows a batch whose answer was lost', async () => {
  const { connection, simulator, calls } = await open()
  simulator.fault({ match: { path: '/v1/batch' }, kind: 'lose_answer', skip: 1 })
  const outcomes = told(await connection.write(customers(250, 'c')))
  expect([outcomes[0], outcomes[100], outcomes[200]]).toEqual(['ok', 'outcome_unknown', 'unavailable'])
  expect([simulator.erp.customers().length, calls('/v1/batch')]).toEqual([200, 2])
  const found = await connection.find('customers', [{ key: 'c_150' }, { key: 'c_200' }])
  expect(found.map((matches) => matches.length)).toEqual([1, 0])
})

test('says how many calls are left, and for how long there are none', async () => {
  const { connection, slept, learned } = await open({ callsPerMinute: 2 })
  for (let call = 0; call < 2; call += 1) await connection.check()
  const failure = await connection.check().catch((error: unknown) => error)
  expect(failure).toMatchObject({ problem: { kind: 'rate_limited', retryAfterMs: 60_000 } })
  // So long a wait is the engine's.
  expect(slept).toEqual([])
  expect(learned.map(({ limit, remaining }) => [limit, remaining])).toEqual([
    [2, 1],
    [2, 0],
  ])
})

test('a login that expired is renewed once for all calls', async () => {
  const { connection, calls, pass } = await open()
  await connection.check()
  pass(3_600_000)
  await Promise.all([connection.check(), connection.describe('orders'), connection.describe('customers')])
  expect(calls('/oauth/token')).toBe(2)
})

test('says which rights the app lacks', async () => {
  const { connection, simulator } = await open()
  const body: Json = {
    ...{ id: 'e', name: 'E', time_zone: 'Europe/Berlin', currency: 'EUR', api_version: '1' },
    rights: ['orders.read'],
  }
  simulator.fault({ match: { path: '/v1/company' }, kind: 'status', status: 200, body })
  const { findings } = await connection.check()
  expect(findings.filter(({ level }) => level === 'error').map(({ subject }) => subject)).toEqual([
    'orders.write',
    'customers.read',
    'customers.write',
    'products.read',
  ])
})
