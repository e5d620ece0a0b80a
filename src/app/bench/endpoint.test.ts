import { expect, test } from '@jest/globals'
import { type Problem, SyncError } from '../../core/problem.ts'
import type { Instant } from '../../core/time.ts'
import type { Connection } from '../../ports/connector.ts'
import type { ConnectionState } from '../../ports/ledger/connections.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import { openEndpoint, rememberingSchemas } from './endpoint.ts'

const silent = () => {}

/** An endpoint on a ledger that keeps nothing but the state of the connection. */
function begin(renewed: Connection | null = null) {
  const state = { failures: 0, pausedUntil: null as Instant | null }
  const raised: string[] = []
  const connections: Partial<Ledger['connections']> = {
    get: async () => ({ connection: 'erp', account: null, pausedBecause: null, ...state }) satisfies ConnectionState,
    setPaused: async (_name, pause) => {
      state.failures = pause === null ? 0 : state.failures + 1
      state.pausedUntil = pause?.until ?? null
    },
  }
  const problems: Partial<Ledger['problems']> = {
    raise: async (some) => void raised.push(...some.map((one) => one.causeKey)),
    close: async () => {},
  }
  let now = '2026-11-24T09:00:00.000Z' as Instant
  const described: string[] = []
  const connection: Partial<Connection> = {
    async describe(object) {
      described.push(object)
      if (object === 'gone') throw new SyncError('no such object', { problem: { kind: 'unavailable' }, fix: '' })
      return { object, fields: {} }
    },
  }
  const clock = { now: () => now, sleep: async () => {} }
  const endpoint = openEndpoint(
    { name: 'erp', system: 'odoo', connection: connection as Connection, reopen: async () => renewed },
    {
      ledger: { connections, problems } as Partial<Ledger> as Ledger,
      clock,
      scopes: { within: (_scope, work) => work(), current: () => ({ lane: 'live', mayWrite: true }) },
      log: { debug: silent, info: silent, warn: silent, error: silent },
    },
  )
  const call = (problem: Problem = { kind: 'unavailable' }) =>
    expect(
      endpoint.use(async () => {
        await new Promise((resolve) => setImmediate(resolve))
        throw new SyncError('no answer', { problem, fix: '' })
      }),
    ).rejects.toThrow('no answer')
  const pass = (to: string) => {
    now = to as Instant
  }
  return { endpoint, state, raised, call, described, pass, drafting: rememberingSchemas(endpoint, clock) }
}

test.each([
  [15, []],
  [16, ['rate_limited']],
])(
  'a rate limit of %d minutes pauses the connection, and is a problem when that is long',
  async (minutes, problems) => {
    const { state, raised, call } = begin()
    await call({ kind: 'rate_limited', retryAfterMs: minutes * 60_000 })
    expect([state.pausedUntil, raised]).toEqual([`2026-11-24T09:${minutes}:00.000Z`, problems])
  },
)

test('calls side by side that find the system down count as one failure', async () => {
  const { state, raised, call } = begin()
  await Promise.all([call(), call(), call()])
  expect([state.failures, raised]).toEqual([1, []])
})

test('a second failure in a row pauses the connection and is a problem', async () => {
  const { state, raised, call } = begin()
  await Promise.all([call(), call()])
  await call()
  expect([state.failures, raised]).toEqual([2, ['unavailable']])
})

test('who checks drafts asks for the fields of an object once a minute, whatever the scope, and for what failed again', async () => {
  const { drafting, described, pass } = begin()
  const scoped = () => drafting.within({ lane: 'live', mayWrite: false })
  await Promise.all([drafting.describe('deals'), scoped().describe('deals'), scoped().describe('lines')])
  pass('2026-11-24T09:00:59.000Z')
  await scoped().describe('deals')
  expect(described).toEqual(['deals', 'lines'])
  pass('2026-11-24T09:01:00.000Z')
  await scoped().describe('deals')
  expect(described).toEqual(['deals', 'lines', 'deals'])
  for (let nth = 0; nth < 2; nth += 1) await expect(scoped().describe('gone')).rejects.toThrow('no such object')
  expect(described.filter((object) => object === 'gone')).toHaveLength(2)
})

test('what somebody asks pauses nothing, whatever comes of it', async () => {
  const { endpoint, state, raised } = begin()
  for (const kind of ['unavailable', 'auth_rejected', 'permission_missing', 'unavailable'] as const) {
    const problem: Problem = kind === 'permission_missing' ? { kind, missing: ['payments'] } : { kind }
    const asked = endpoint.ask(() => Promise.reject(new SyncError('refused', { problem, fix: '' })))
    await expect(asked).rejects.toThrow('refused')
  }
  expect([state, raised]).toEqual([{ failures: 0, pausedUntil: null }, []])
})

test('what somebody asks with a login that was renewed meanwhile is asked once more, and not twice', async () => {
  const renewed = {} as Connection
  const { endpoint } = begin(renewed)
  const used: boolean[] = []
  const refused = new SyncError('refused', { problem: { kind: 'auth_rejected' }, fix: '' })
  const ask = (isRefused: (connection: Connection) => boolean) =>
    endpoint.ask(async (connection) => {
      used.push(connection === renewed)
      if (isRefused(connection)) throw refused
      return 'told'
    })
  expect(await ask((connection) => connection !== renewed)).toBe('told')
  expect(used).toEqual([false, true])
  await expect(ask(() => true)).rejects.toThrow('refused')
  expect(used).toEqual([false, true, true])
})
