import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger, longText, silentLog, someKeys } from '../../test/ledger/fresh-ledger.ts'
import { StoreAway } from '../core/store-away.ts'
import type { Instant } from '../core/time.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { TimelineEntry } from '../ports/ledger/timeline.ts'
import { openLedger } from './ledger.ts'

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>

beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
})
afterAll(() => close())

const deal = (id: string) => ({ connection: 'crm', object: 'deals', id })
const at = (text: string) => `2026-11-24T${text}.000Z` as Instant
const failure = { problem: { kind: 'auth_rejected' }, message: 'No.', fix: 'Enter a new key.' } as const

describe('timeline', () => {
  const entry = (change: Partial<TimelineEntry>): TimelineEntry => ({
    sync: 'orders',
    ref: deal('deal-1'),
    at: at('10:00:00'),
    event: 'created',
    text: 'Order S1',
    details: null,
    actor: null,
    ...change,
  })

  test('tells the entries of a record oldest first over all syncs, and those of one instant in their order', async () => {
    const entries = [
      entry({ at: at('10:00:02'), event: 'shipped', sync: 'status', details: { carrier: 'DHL', parcels: [1, 2] } }),
      entry({ event: 'intended' }),
      entry({ event: 'created' }),
      entry({ ref: deal('deal-2') }),
    ]
    await ledger.timeline.add(entries)
    await ledger.timeline.add([])
    expect(await ledger.timeline.of({ id: 'deal-1' })).toEqual([entries[1], entries[2], entries[0]])
    expect(await ledger.timeline.of({ id: 'deal-3' })).toEqual([])
  })

  test('tells one account’s record from another’s of the same id', async () => {
    const other = { connection: 'crm_us', object: 'deals', id: 'twin' }
    const company = { connection: 'crm', object: 'companies', id: 'twin' }
    const refs = [deal('twin'), other, company]
    await ledger.timeline.add(refs.map((ref) => entry({ ref, text: `${ref.connection} ${ref.object}` })))
    expect(await ledger.timeline.of({ id: 'twin' })).toHaveLength(3)
    for (const ref of refs) {
      expect((await ledger.timeline.of(ref)).map((one) => one.text)).toEqual([`${ref.connection} ${ref.object}`])
    }
  })
})

describe('runs', () => {
  test('add up what all workers counted', async () => {
    const id = await ledger.runs.start('orders', 'manual', at('10:00:00'))
    await Promise.all(Array.from({ length: 20 }, () => ledger.runs.count(id, { created: 2, failed: 1 })))
    await ledger.runs.count(id, { adopted: 1 })
    await ledger.runs.count(id, {})
    await ledger.runs.finish(id, { state: 'stopped', reason: 'login refused', now: at('10:05:00') })
    expect(await ledger.runs.list({ sync: 'orders', max: 1 })).toEqual([
      {
        id,
        sync: 'orders',
        kind: 'manual',
        state: 'stopped',
        startedAt: at('10:00:00'),
        endedAt: at('10:05:00'),
        counts: { created: 40, failed: 20, adopted: 1 },
        reason: 'login refused',
        waitsUntil: null,
        actor: null,
      },
    ])
  })
})

describe('syncs', () => {
  test('are enabled when they are first seen', async () => {
    const state = await ledger.syncs.get('fresh', at('10:00:00'))
    expect(state).toEqual({
      sync: 'fresh',
      enabledAt: at('10:00:00'),
      mode: 'live',
      mappings: null,
      heldBecause: null,
      extraOrders: 0,
      lookedAt: null,
      cursors: {},
    })
    expect(await ledger.syncs.get('fresh', at('11:00:00'))).toEqual(state)
  })

  test('are peeked at together, in the order asked for, those not seen yet among them', async () => {
    await ledger.syncs.get('seen', at('10:00:00'))
    await ledger.syncs.set('seen', { heldBecause: 'stock-taking' })
    const states = await ledger.syncs.peekAll(['not seen', 'seen'], at('12:00:00'))
    expect(states.map((one) => [one.sync, one.enabledAt, one.heldBecause])).toEqual([
      ['not seen', at('12:00:00'), null],
      ['seen', at('10:00:00'), 'stock-taking'],
    ])
    expect(await ledger.syncs.peekAll(['not seen'], at('13:00:00'))).toMatchObject([{ enabledAt: at('13:00:00') }])
  })

  test('change what is named; the cursor is set and forgotten', async () => {
    await ledger.syncs.get('changed', at('10:00:00'))
    await ledger.syncs.set('changed', { mode: 'shadow', heldBecause: 'guard', mappings: 'abc', extraOrders: 5 })
    await ledger.syncs.setCursor('changed', 'deals', { after: 'x', page: 2 })
    await ledger.syncs.set('changed', { heldBecause: null, enabledAt: at('09:00:00') })
    expect(await ledger.syncs.get('changed', at('11:00:00'))).toMatchObject({
      mode: 'shadow',
      heldBecause: null,
      mappings: 'abc',
      extraOrders: 5,
      enabledAt: at('09:00:00'),
      cursors: { deals: { after: 'x', page: 2 } },
    })
    await ledger.syncs.forgetCursors('changed')
    expect(await ledger.syncs.get('changed', at('11:00:00'))).toMatchObject({ cursors: {} })
  })

  test('refuse a change of what nobody has seen yet', async () => {
    await expect(ledger.syncs.set('nobody', { mode: 'shadow' })).rejects.toThrow('does not know the sync "nobody"')
  })

  test('grant new orders for an hour, all or nothing, and never more when many workers ask at once', async () => {
    const take = (wanted: number, now: string) => ledger.syncs.takeAllowance('guarded', wanted, 10, at(now))
    const answers = await Promise.all(Array.from({ length: 8 }, () => take(3, '10:00:00')))
    expect(answers.filter((answer) => answer.granted)).toHaveLength(3)
    expect(await take(2, '10:30:00')).toEqual({ granted: false, used: 9 })
    expect(await take(1, '10:30:00')).toEqual({ granted: true, used: 9 })
    expect(await take(9, '11:00:00')).toEqual({ granted: true, used: 1 })
  })

  test('count grants of a clock that was put back since as of now, for an hour', async () => {
    const take = (wanted: number, now: string) => ledger.syncs.takeAllowance('put back', wanted, 10, at(now))
    expect(await take(9, '22:00:00')).toEqual({ granted: true, used: 0 })
    expect(await take(2, '10:00:00')).toEqual({ granted: false, used: 9 })
    expect(await take(1, '10:10:00')).toEqual({ granted: true, used: 9 })
    expect(await take(9, '11:00:00')).toEqual({ granted: true, used: 1 })
  })

  test('draw from the orders a person allowed beyond the guard, and use them up', async () => {
    await ledger.syncs.get('extra', at('10:00:00'))
    await ledger.syncs.set('extra', { extraOrders: 5 })
    const take = (wanted: number) => ledger.syncs.takeAllowance('extra', wanted, 10, at('10:00:00'))
    expect(await take(16)).toEqual({ granted: false, used: 0 })
    expect(await take(12)).toEqual({ granted: true, used: 0 })
    expect(await ledger.syncs.get('extra', at('10:00:00'))).toMatchObject({ extraOrders: 3 })
    expect(await take(4)).toEqual({ granted: false, used: 12 })
    expect(await take(3)).toEqual({ granted: true, used: 12 })
    expect(await ledger.syncs.get('extra', at('10:00:00'))).toMatchObject({ extraOrders: 0 })
  })
})

describe('connections', () => {
  test('are working and unknown at first', async () => {
    expect(await ledger.connections.get('none')).toEqual({
      connection: 'none',
      account: null,
      pausedBecause: null,
      pausedUntil: null,
      failures: 0,
    })
    expect(await ledger.connections.secrets('none')).toBeNull()
  })

  test('count failures in a row until they are resumed', async () => {
    const account = { id: '1', name: 'Acme', timeZone: 'Europe/Berlin', currency: 'EUR', apiVersion: 'v3' }
    await ledger.connections.setPaused('crm', null)
    await ledger.connections.setPaused('crm', { because: failure, until: at('10:00:00') })
    await ledger.connections.setPaused('crm', { because: failure, until: at('11:00:00') })
    await ledger.connections.setAccount('crm', account)
    const paused = { connection: 'crm', account, pausedBecause: failure, pausedUntil: at('11:00:00'), failures: 2 }
    expect(await ledger.connections.get('crm')).toEqual(paused)
    await ledger.connections.setPaused('crm', null)
    expect(await ledger.connections.get('crm')).toMatchObject({ pausedBecause: null, pausedUntil: null, failures: 0 })
  })

  test('keep their secrets encrypted', async () => {
    await ledger.connections.setSecrets('erp', { apiKey: 'hunter2' })
    expect(await ledger.connections.secrets('erp')).toEqual({ apiKey: 'hunter2' })
    const stored = await database.query(`select secrets from crosswalk.connections where connection = 'erp'`)
    expect(JSON.stringify(stored)).not.toContain('hunter2')
    await database.query(`insert into crosswalk.connections (connection, secrets) select 'thief', secrets
      from crosswalk.connections where connection = 'erp'`)
    await expect(ledger.connections.secrets('thief')).rejects.toThrow('belong to another one')
  })
})

describe('events', () => {
  test('tells which events are new, and keeps the body once', async () => {
    const event = (id: string) => ({ id, hint: { object: 'deals', id: '7' } })
    expect([...(await ledger.events.store('crm', [event('1'), event('2'), event('1')], 'first'))].sort()).toEqual([
      '1',
      '2',
    ])
    expect(await ledger.events.store('crm', [event('2'), { id: '3', hint: null }], 'second')).toEqual(['3'])
    expect(await ledger.events.store('crm', [event('1')], 'third')).toEqual([])
    expect(await ledger.events.store('erp', [event('1')], 'other')).toEqual(['1'])
    expect(await ledger.events.store('crm', [], 'nothing')).toEqual([])
    const bodies = await database.query('select body from crosswalk.requests order by id')
    expect(bodies.map((row) => row.body)).toEqual(['first', 'second', 'other'])
  })

  test('takes names longer than an index does, and knows them again', async () => {
    const event = (id: string) => ({ id, hint: { object: 'deals', id: '7' } })
    const long = event(longText(6_000))
    expect(await ledger.events.store('crm', [long, event('4')], 'long')).toEqual(expect.arrayContaining([long.id, '4']))
    expect(await ledger.events.store('crm', [long], 'again')).toEqual([])
  })

  test('takes names and bodies that PostgreSQL cannot hold, and knows them again', async () => {
    const event = { id: 'odd:\u0000\ud800', hint: { object: 'deals', id: '7' } }
    expect(await ledger.events.store('crm', [event], 'body \u0000')).toEqual([event.id])
    expect(await ledger.events.store('crm', [event], 'again')).toEqual([])
  })
})

describe('inTransaction', () => {
  const entries = (recordId: string): TimelineEntry[] => [
    { sync: 's', ref: deal(recordId), at: at('10:00:00'), event: 'won', text: '', details: null, actor: null },
  ]

  test('stores all or nothing', async () => {
    const failing = ledger.inTransaction(async (tx) => {
      await tx.timeline.add(entries('all'))
      expect(await tx.timeline.of({ id: 'all' })).toHaveLength(1)
      throw new Error('stop')
    })
    await expect(failing).rejects.toThrow('stop')
    expect(await ledger.timeline.of({ id: 'all' })).toEqual([])
    expect(await ledger.inTransaction(async (tx) => tx.timeline.add(entries('all')).then(() => 7))).toBe(7)
    expect(await ledger.timeline.of({ id: 'all' })).toHaveLength(1)
  })

  test('an inner one fails alone when its error is caught', async () => {
    await ledger.inTransaction(async (tx) => {
      await tx.timeline.add(entries('outer'))
      const inner = tx.inTransaction(async (deeper) => {
        await deeper.timeline.add(entries('inner'))
        throw new Error('stop')
      })
      await expect(inner).rejects.toThrow('stop')
    })
    expect(await ledger.timeline.of({ id: 'outer' })).toHaveLength(1)
    expect(await ledger.timeline.of({ id: 'inner' })).toEqual([])
  })

  test('fails when the error of a statement was caught, because nothing was stored then', async () => {
    const caught = ledger.inTransaction(async (tx) => {
      await tx.timeline.add(entries('caught'))
      await expect(tx.runs.finish('no number', { state: 'done', reason: null, now: at('10:00:00') })).rejects.toThrow()
    })
    await expect(caught).rejects.toThrow('Nothing was stored')
  })

  test('is done once more when two of them waited for each other', async () => {
    const both = await ledger.links.intend(
      ['1', '2'].map((sourceId) => ({
        sync: 's',
        kind: 'order',
        key: sourceId,
        source: { ref: deal(sourceId), label: null },
        target: { connection: 'erp', object: 'sale.order' },
        scope: '',
      })),
    )
    const ids = both.map((link) => link.id)
    let begun = 0
    let calls = 0
    const work = (order: readonly string[], stage: string) =>
      ledger.inTransaction(async (tx) => {
        calls += 1
        for (const id of order) {
          await tx.links.update([{ id, stage }])
          await tx.timeline.add(entries(`${stage} ${id}`))
          begun += 1
          while (begun < 2) await new Promise((resolve) => setImmediate(resolve))
        }
      })
    await Promise.all([work(ids, 'a'), work(ids.toReversed(), 'b')])
    expect(calls).toBe(3)
    for (const stage of ['a', 'b']) {
      for (const id of ids) expect(await ledger.timeline.of({ id: `${stage} ${id}` })).toHaveLength(1)
    }
  })

  test('refuses its ledger after the end, and refuses to be closed', async () => {
    const leaked = await ledger.inTransaction(async (tx) => {
      await expect(tx.close()).rejects.toThrow('is not closed')
      return tx
    })
    await expect(leaked.timeline.of({ id: 'x' })).rejects.toThrow('This transaction is over')
  })

  test('sends statements that do not await each other together', async () => {
    await ledger.inTransaction((tx) =>
      Promise.all([tx.timeline.add(entries('together')), tx.inbox.add('s', [deal('1')], { lane: 'live' })]),
    )
    expect(await ledger.timeline.of({ id: 'together' })).toHaveLength(1)
  })
})

describe('openLedger', () => {
  test('says where nothing listens and what to do', async () => {
    const connection = { host: '127.0.0.1', port: 1, user: 'crosswalk', database: 'crosswalk' }
    const opening = openLedger({ connection, vaultKeys: someKeys(), log: silentLog })
    await expect(opening).rejects.toThrow(
      /"crosswalk" at 127\.0\.0\.1:1 failed: .*Start PostgreSQL, or correct DATABASE_URL/,
    )
  })

  test('says which disk is full, and that nothing is lost', async () => {
    const { connection } = database
    const other = await openLedger({
      connection,
      directory: '/data/postgres',
      vaultKeys: someKeys(),
      log: silentLog,
    })
    await database.query(
      `create function full_disk() returns trigger language plpgsql as
       $$ begin raise exception 'could not extend file' using errcode = '53100'; end $$`,
    )
    await database.query(`create trigger full_disk before insert on crosswalk.runs execute function full_disk()`)
    try {
      await expect(other.runs.start('full', 'manual', at('08:00:00'))).rejects.toThrow(
        /in \/data\/postgres failed: could not extend file\. Its disk is full: make room there\. Nothing .* is lost/,
      )
    } finally {
      await database.query(`drop trigger full_disk on crosswalk.runs`)
      await other.close()
    }
  })

  test('works again after its connections were cut', async () => {
    const lost: string[] = []
    const log = { ...silentLog, warn: (event: string) => lost.push(event) }
    const second = await openLedger({ connection: database.connection, vaultKeys: someKeys(), log, poolMax: 1 })
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'crosswalk %' and datname = current_database()`
    const broken = second.inTransaction(async (tx) => {
      await database.query(cut)
      await tx.timeline.of({ id: 'x' })
    })
    await expect(broken).rejects.toThrow(/Work goes on as soon as it answers again/)
    await expect(broken).rejects.toThrow(StoreAway)
    expect(await second.timeline.of({ id: 'x' })).toEqual([])
    await second.close()
  })

  test('several processes may start on an empty database at once', async () => {
    await database.query('drop schema crosswalk cascade')
    const open = () =>
      openLedger({ connection: database.connection, vaultKeys: someKeys(), log: silentLog, poolMax: 1 })
    const opened = await Promise.all([open(), open(), open()])
    await Promise.all(opened.map((one) => one.close()))
    const [row] = await database.query('select count(*) as n from crosswalk.migrations')
    expect(Number(row?.n)).toBeGreaterThan(0)
  })

  test.each([
    {
      change: `update crosswalk.migrations set digest = 'x' where name like '0001%'`,
      says: 'was changed after it ran',
    },
    {
      change: `insert into crosswalk.migrations (name, digest, applied_at) values ('9999-later.sql', '', now())`,
      says: 'The database knows the migration 9999-later.sql, this release does not',
    },
    {
      change: `insert into crosswalk.migrations (name, digest, kind, applied_at) values ('9999-later.sql', '', 'breaking', now())`,
      says: 'The database knows the migration 9999-later.sql, this release does not',
    },
  ])('refuses a database where a migration $says', async ({ change, says }) => {
    await database.query(change)
    const opening = openLedger({
      connection: database.connection,
      vaultKeys: someKeys(),
      log: silentLog,
      poolMax: 1,
    })
    await expect(opening).rejects.toThrow(says)
    await database.query('drop schema crosswalk cascade')
    await (await openLedger({ connection: database.connection, vaultKeys: someKeys(), log: silentLog })).close()
  })
})

describe('streams', () => {
  const take = (worker: string, leaseMs = 60_000) => ledger.streams.take('crm', { worker, leaseMs })

  test('are followed by one worker at a time, and go on where the one before stopped', async () => {
    expect(await take('a')).toEqual({ place: null })
    expect(await take('b')).toBeNull()
    await ledger.streams.move('crm', 'a', { replayId: 7 })
    await ledger.streams.move('crm', 'b', { replayId: 1 })
    await ledger.streams.leave('crm', 'b')
    expect(await take('b')).toBeNull()
    await ledger.streams.leave('crm', 'a')
    expect(await take('b', -1)).toEqual({ place: { replayId: 7 } })
    // A worker that died has its lease lapse.
    expect(await take('a')).toEqual({ place: { replayId: 7 } })
  })
})
