import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { until } from '../../test/faults/proof.ts'
import { type FreshDatabase, freshDatabase, oldDatabase, silentLog, someKeys } from '../../test/ledger/fresh-ledger.ts'
import type { Instant } from '../core/time.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import { openLedger } from './ledger.ts'

/*
 * Processes of this release and of the next one with one ledger: the next one has migrations that this one does not know.
 */

const folder = (name: string) => join(import.meta.dirname, '../../test/ledger/next', name)
const additive = [folder('additive')]
const breaking = [folder('additive'), folder('breaking')]

let database: FreshDatabase
let opened: Ledger[]
beforeEach(async () => {
  database = await freshDatabase()
  opened = []
})
afterEach(async () => {
  for (const ledger of opened) await ledger.close()
  await database.drop()
})

async function open(options: Partial<Parameters<typeof openLedger>[0]> = {}): Promise<Ledger> {
  const { connection } = database
  const ledger = await openLedger({ connection, vaultKeys: someKeys(), log: silentLog, poolMax: 2, ...options })
  opened.push(ledger)
  return ledger
}
async function close(ledger: Ledger): Promise<void> {
  opened = opened.filter((one) => one !== ledger)
  await ledger.close()
}
const processes = () =>
  database.query('select id::text, host, pid, schema from crosswalk.processes order by started_at')
const age = `update crosswalk.processes set seen_at = seen_at - interval '3 minutes'`

const ref = (id: string) => ({ connection: 'crm', object: 'deals', id })
const work = async (ledger: Ledger, id: string) => {
  const target = { connection: 'erp', object: 'sale.order' }
  const [link] = await ledger.links.intend([
    { sync: 'orders', kind: 'order', key: `k_${id}`, source: { ref: ref(id), label: null }, target, scope: '' },
  ])
  await ledger.links.update([{ id: link?.id ?? '', state: 'linked', origin: 'created', target: { id } }])
  await ledger.inbox.add('orders', [ref(id)], { lane: 'live' })
  const claims = await ledger.inbox.claim('orders', { max: 10, worker: 'w', leaseMs: 60_000 })
  await ledger.inbox.settle(claims)
  const at = '2026-11-24T10:00:00.000Z' as Instant
  await ledger.timeline.add([
    { sync: 'orders', ref: ref(id), at, event: 'created', text: 'made', details: null, actor: null },
  ])
  return claims.map((claim) => claim.ref.id)
}

describe('processes', () => {
  test('are known as long as they have the ledger open', async () => {
    const first = await open()
    await open()
    const schema = (await database.query('select max(name) as name from crosswalk.migrations'))[0]?.name
    const self = { id: expect.any(String), host: hostname(), pid: process.pid, schema }
    expect(await processes()).toEqual([self, self])
    await close(first)
    expect(await processes()).toHaveLength(1)
  })

  test('write down that they live', async () => {
    await open({ heartbeatMs: 5 })
    await database.query(age)
    await until(
      async () =>
        (await database.query(`select from crosswalk.processes where seen_at > now() - interval '1 minute'`)).length ===
        1,
      'a heartbeat',
    )
  })

  test('that ended without a word are forgotten once they were not seen for two minutes', async () => {
    await open()
    await database.query(
      `insert into crosswalk.processes (id, host, pid, schema, started_at, seen_at)
       select gen_random_uuid(), 'gone', n, '', now() - interval '1 day', now() - n * interval '1 second'
       from unnest(array[30, 110, 130, 9000]) as n`,
    )
    await open()
    expect((await processes()).flatMap(({ host, pid }) => (host === 'gone' ? [pid] : [])).sort()).toEqual([110, 30])
  })
})

describe('an additive migration of the next release', () => {
  test('leaves processes of this one at work, and they are told', async () => {
    const told: unknown[] = []
    const log = { ...silentLog, info: (event: string, details?: object) => void told.push([event, details]) }
    const old = await open({ log, heartbeatMs: 5 })
    expect(await work(old, '1')).toEqual(['1'])
    const next = await open({ migrations: additive })
    expect(await work(old, '2')).toEqual(['2'])
    expect(await work(next, '3')).toEqual(['3'])
    expect((await next.links.list({ max: 10 })).map((link) => link.target.id)).toEqual(['3', '2', '1'])
    await until(() => told.length > 0, 'a word about it')
    await until(async () => (await work(old, '4')).length === 1, 'more work')
    expect(told).toEqual([['a newer release is at work', { migrations: ['9001-more.sql'] }]])
  })

  test('lets this one start again', async () => {
    await close(await open({ migrations: additive }))
    const old = await open()
    expect(await work(old, '1')).toEqual(['1'])
    await close(old)
    // And the next one after it, which finds its own.
    expect(await work(await open({ migrations: additive }), '2')).toEqual(['2'])
  })

  test('lets work go on while it waits for a table that is in use', async () => {
    const old = await open()
    await work(old, '1')
    const reader = new pg.Client(database.connection)
    await reader.connect()
    await reader.query('begin; select from crosswalk.timeline')
    const opening = open({ migrations: additive })
    // It is waiting, and others queue behind it.
    await until(
      async () => (await database.query('select from pg_locks where not granted')).length > 0,
      'a migration that waits',
    )
    expect(await work(old, '2')).toEqual(['2'])
    await reader.end()
    expect(await work(await opening, '3')).toEqual(['3'])
  })
})

describe('a breaking migration of the next release', () => {
  const refused = /do not survive the migration 9002-other\.sql, and run: /

  test('is refused while processes of this one run, by name, and changes nothing', async () => {
    const old = await open()
    const opening = open({ migrations: breaking })
    await expect(opening).rejects.toThrow(refused)
    await expect(opening).rejects.toThrow(`process ${process.pid} on ${hostname()} (since 20`)
    expect(await database.query(`select from crosswalk.migrations where name > '9'`)).toEqual([])
    expect(await work(old, '1')).toEqual(['1'])
    await close(old)
    await close(await open({ migrations: breaking }))
    await expect(open()).rejects.toThrow('The database knows the migration 9002-other.sql, this release does not')
    expect(await processes()).toEqual([])
  })

  test('is refused while one was not seen but has a session, as it may be halted and go on', async () => {
    const old = await open({ poolMax: 1 })
    const halted = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    const transaction = old.inTransaction(async (tx) => {
      await tx.timeline.of({ id: 'x' })
      held.resolve()
      await halted.promise
    })
    await held.promise
    await database.query(age)
    await expect(open({ migrations: breaking })).rejects.toThrow(refused)
    halted.resolve()
    await transaction
  })

  test('stops one that was cut off for so long that it was taken for dead', async () => {
    const outdated = Promise.withResolvers<Error>()
    const logged: string[] = []
    const log = { ...silentLog, error: (event: string) => void logged.push(event) }
    const cutOff = await open({ heartbeatMs: 5, onOutdated: outdated.resolve, log })
    // In one go, so that no heartbeat comes between: gone from the table, no session, and the migration.
    await database.query(`
      begin;
      delete from crosswalk.processes;
      insert into crosswalk.migrations (name, digest, kind, applied_at) values ('9002-other.sql', '', 'breaking', now());
      commit`)
    expect(await outdated.promise).toMatchObject({ fix: expect.stringContaining('Use a newer release') })
    await expect(cutOff.timeline.of({ id: 'x' })).rejects.toThrow('this release does not')
    await expect(cutOff.inTransaction(async () => null)).rejects.toThrow('this release does not')
    expect(logged).toEqual(['outdated'])
    expect(await processes()).toEqual([])
  })
})

test('a breaking migration sees processes of releases that do not write themselves down', async () => {
  const old = await oldDatabase()
  const session = new pg.Client({ ...old.connection, application_name: 'crosswalk' })
  try {
    await session.connect()
    const opening = openLedger({ connection: old.connection, vaultKeys: someKeys(), log: silentLog })
    await expect(opening).rejects.toThrow(
      '0003-records.sql, and run: one or more on the host of the database (1 sessions of a release that',
    )
  } finally {
    await session.end()
  }
  await until(
    async () =>
      (
        await old.query(
          `select from pg_stat_activity where application_name = 'crosswalk' and datname = current_database()`,
        )
      ).length === 0,
    'the end of the session',
  )
  await (await openLedger({ connection: old.connection, vaultKeys: someKeys(), log: silentLog })).close()
  await old.drop()
})
