import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger, silentLog } from '../../test/ledger/fresh-ledger.ts'
import { fromMillis, type Instant } from '../core/time.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Keep } from '../ports/ledger/retention.ts'
import { openQueue } from '../queue/queue.ts'
import { rules } from './retention/rules.ts'

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>
beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
})
afterAll(() => close())

const now = () => fromMillis(Date.now()) as Instant
const keep: Keep = {
  timelines: 10,
  webhooks: 20,
  runs: 30,
  problems: 40,
  certificates: 50,
  audit: 80,
  unconfigured: 60,
  links: 70,
  timelineEntries: 100,
  configured: { syncs: ['orders'], connections: ['crm'], channels: ['office'] },
}
const count = async (table: string, where = 'true'): Promise<number> =>
  Number((await database.query(`select count(*)::integer as rows from ${table} where ${where}`))[0]?.rows)
const tablesOf = async (schema: string) =>
  (await database.query('select tablename as name from pg_tables where schemaname = $1 order by name', [schema])).map(
    ({ name }) => String(name),
  )

test('every table of the ledger has a rule, and every rule a table', async () => {
  expect(Object.keys(rules).sort()).toEqual(await tablesOf('crosswalk'))
})

/** What of a table goes and what stays: rows are made `days` ago, `$1` days old. */
interface Proof {
  /** Makes one row. `$1` is the days ago, `$2` a number that no other row has. */
  readonly row: string
  /** Days ago: rows that stay, and rows that go. */
  readonly stays: readonly number[]
  readonly goes: readonly number[]
}
const ago = `statement_timestamp() - $1::integer * interval '1 day'`
const proofs: Readonly<Record<string, Proof>> = {
  timeline: {
    row: `insert into crosswalk.timeline (sync, connection, object, record_id, at, event, text, details)
      values ('orders', 'crm', 'deals', 'd' || $2::integer, ${ago}, 'created', '', 'null')`,
    stays: [0, 9],
    goes: [11, 400],
  },
  requests: {
    row: `insert into crosswalk.requests (connection, received_at, body) values ('crm', ${ago}, $2::text)`,
    stays: [0, 19],
    goes: [21, 400],
  },
  events: {
    row: `insert into crosswalk.events (connection, id, request_id, received_at) values ('crm', $2::text, 1, ${ago})`,
    stays: [0, 19],
    goes: [21, 400],
  },
  runs: {
    row: `insert into crosswalk.runs (sync, kind, state, started_at, ended_at)
      values ('orders', 'manual', 'done', ${ago}, ${ago} + $2::integer * interval '1 microsecond')`,
    stays: [0, 29],
    goes: [31, 400],
  },
  certificates: {
    row: `insert into crosswalk.certificates (sync, at, text, signature) values ('orders', ${ago}, $2::text, '')`,
    stays: [0, 49],
    goes: [51, 400],
  },
  audit: {
    row: `insert into crosswalk.audit (at, action, subject, outcome) values (${ago}, $2::text, '{}', 'done')`,
    stays: [0, 79],
    goes: [81, 400],
  },
  problems: {
    row: `insert into crosswalk.problems (sync, cause_key, kind, failure, whole, first_seen, last_seen)
      values ('orders', $2::text, 'busy', '{}', false, ${ago}, ${ago})`,
    stays: [0, 39],
    goes: [41, 400],
  },
  // Of one that is open for longer than that.
  problem_deeds: {
    row: `with problem as (
        insert into crosswalk.problems (sync, cause_key, kind, failure, whole, first_seen, last_seen)
        values ('orders', 'deeds', 'busy', '{}', true, ${ago} - $2::integer * interval '1 day', now())
        on conflict (sync, cause_key) do update set whole = true returning id
      )
      insert into crosswalk.problem_deeds (problem_id, at, deed) select id, ${ago}, 'unmuted' from problem`,
    stays: [0, 39],
    goes: [41, 400],
  },
}

describe('what is older than it is kept goes, what is not stays', () => {
  const aged = Object.keys(rules).filter((table) => rules[table]?.by === 'age')
  test('of every table whose rule is an age', () => expect(Object.keys(proofs).sort()).toEqual(aged.sort()))

  test.each(Object.entries(proofs))('%s', async (table, { row, stays, goes }) => {
    let nth = 0
    for (const days of [...stays, ...goes]) await database.query(row, [days, ++nth])
    expect(await count(`crosswalk.${table}`)).toBe(stays.length + goes.length)
    // A clock that runs a year ahead makes nothing old.
    const ahead = fromMillis(Date.now() + 365 * 86_400_000) as Instant
    expect(await ledger.retention.purge(keep, ahead)).toEqual({ [table]: goes.length })
    expect(await count(`crosswalk.${table}`)).toBe(stays.length)
    expect(await ledger.retention.purge(keep, now())).toEqual({})
    await database.query(`delete from crosswalk.${table}`)
  })
})

test('a run whose process died goes a month later than one that ended', async () => {
  const run = (days: number) =>
    database.query(
      `insert into crosswalk.runs (sync, kind, state, started_at) values ('orders', 'manual', 'running', ${ago})`,
      [days],
    )
  await run(59)
  await run(61)
  expect(await ledger.retention.purge(keep, now())).toEqual({ runs: 1 })
  await database.query('delete from crosswalk.runs')
})

test('problems that are open stay, however old', async () => {
  const failure = { problem: { kind: 'busy' } as const, message: 'x', fix: 'x' }
  const record = { connection: 'crm', object: 'deals', id: '1' }
  await ledger.problems.raise([
    { sync: 'orders', causeKey: 'waiting', failure, records: [record] },
    { sync: 'orders', causeKey: 'whole', failure, records: [] },
  ])
  await database.query(`update crosswalk.problems set last_seen = last_seen - interval '1000 days'`)
  expect(await ledger.retention.purge(keep, now())).toEqual({})
  await ledger.problems.clear('orders', [record])
  await ledger.problems.close('orders', ['whole'])
  expect(await ledger.retention.purge(keep, now())).toEqual({ problems: 2 })
})

test('a lot of rows goes in chunks, each a statement of its own', async () => {
  await database.query(`
    create sequence purges;
    create function count_purge() returns trigger language plpgsql as $$ begin perform nextval('purges'); return null; end $$;
    create trigger count_purge after delete on crosswalk.events for each statement execute function count_purge();
    insert into crosswalk.events (connection, id, request_id, received_at)
      select 'crm', n::text, n, now() - interval '1 year' from generate_series(1, 25000) n;
    insert into crosswalk.events (connection, id, request_id, received_at) values ('crm', 'new', 1, now())`)
  expect(await ledger.retention.purge(keep, now())).toEqual({ events: 25_000 })
  expect(Number((await database.query('select last_value from purges'))[0]?.last_value)).toBe(3)
  expect(await count('crosswalk.events')).toBe(1)
  await database.query('drop trigger count_purge on crosswalk.events; delete from crosswalk.events')
})

test('sessions, one-time links, tokens and links to orders go a day after their end', async () => {
  await ledger.accounts.add({ name: 'ida', display: 'Ida', role: 'viewer' })
  const deal = { connection: 'crm', object: 'deals', id: '1' }
  const add = (days: number) => {
    const digest = Buffer.from(`days ${days}`)
    const lastsMs = days * 86_400_000
    return Promise.all([
      ledger.accounts.addSession({ digest, account: 'ida', lastsMs }),
      ledger.accounts.addToken({ digest, name: 'x', role: 'viewer', createdBy: 'ida', lastsMs }),
      ledger.sharedOrders.add({ digest, sync: 'orders', ref: deal, createdBy: 'ida', lastsMs }),
    ])
  }
  for (const days of [-2, 0.5, 2]) await add(days)
  await ledger.accounts.addLink({ digest: Buffer.from('x'), account: 'ida', lastsMs: -2 * 86_400_000 })
  const gone = { sessions: 1, one_time_links: 1, api_tokens: 1, shared_orders: 1 }
  expect(await ledger.retention.purge(keep, now())).toEqual(gone)
  expect(await ledger.retention.purge(keep, now())).toEqual({})
  await database.query(
    'delete from crosswalk.accounts; delete from crosswalk.api_tokens; delete from crosswalk.shared_orders',
  )
})

test('of revisions the newest thousand stay, and the files in force', async () => {
  await database.query(`insert into crosswalk.revisions (number, at, changes, files)
    select n, now() - interval '9 years', '[]', case n when 1500 then 'sealed' end from generate_series(1, 1500) n`)
  expect(await ledger.retention.purge(keep, now())).toEqual({ revisions: 500 })
  expect(await ledger.revisions.newest()).toBe(1500)
  expect(await count('crosswalk.revisions', 'files is not null')).toBe(1)
  await database.query('delete from crosswalk.revisions')
})

describe('what is configured no more', () => {
  test('is remembered for a while, and then goes with all that belongs to it', async () => {
    const record = (id: string) => ({ connection: 'crm', object: 'deals', id })
    const failure = { problem: { kind: 'busy' } as const, message: 'x', fix: 'x' }
    for (const sync of ['orders', 'gone']) {
      await ledger.syncs.get(sync, now())
      await ledger.inbox.add(sync, [record('1')], { lane: 'live' })
      await ledger.syncs.takeAllowance(sync, 1, 10, now())
      await ledger.quotas.wait(sync, 'live', { connection: 'crm', afterMs: 1 })
      await ledger.problems.raise([{ sync, causeKey: 'x', failure, records: [record('1')] }])
      await ledger.links.intend([
        {
          ...{ sync, kind: 'order', key: `${sync}_1`, scope: '' },
          source: { ref: record('1'), label: null },
          target: { connection: 'erp', object: 'sale.order' },
        },
      ])
    }
    for (const connection of ['crm', 'lost']) {
      await ledger.connections.setAccount(connection, {
        id: '1',
        name: 'Acme',
        timeZone: 'UTC',
        currency: null,
        apiVersion: '1',
      })
      await ledger.streams.take(connection, { worker: 'w', leaseMs: 1 })
      await database.query(`insert into crosswalk.budgets values ($1, 10, 1000, 10, now() - interval '2 days')`, [
        connection,
      ])
      await database.query(`insert into crosswalk.quotas values ($1, 'day', 10, 1000, 10, now() - interval '2 days')`, [
        connection,
      ])
      await database.query('insert into crosswalk.parallelism values ($1, 2, 4)', [connection])
    }
    await database.query(`update crosswalk.streams set lease_until = now() - interval '2 days'`)
    const state = { waitingSince: null, toldAt: null, failures: 0, failingSince: null, nextTryAt: null, failure: null }
    for (const channel of ['office', 'office crm 7', 'closed', 'closed crm 7']) {
      await ledger.alerts.setChannel(channel, { ...state, certified: '0' })
      await database.query(`insert into crosswalk.alerts values ($1, 'x', '{}', 0, now())`, [channel])
    }
    expect(await ledger.retention.purge(keep, now())).toEqual({
      ...{ budgets: 1, quotas: 1, parallelism: 1, streams: 1 },
      ...{ alert_channels: 2, alerts: 2 },
    })
    const back = { ...keep.configured, syncs: ['orders', 'gone'], connections: ['crm', 'lost'] }
    const age = () =>
      database.query(`update crosswalk.syncs set gone_since = gone_since - interval '61 days';
        update crosswalk.connections set gone_since = gone_since - interval '61 days'`)
    await age()
    // It came back in time: everything is as it was.
    expect(await ledger.retention.purge({ ...keep, configured: back }, now())).toEqual({})
    expect(await ledger.retention.purge(keep, now())).toEqual({})
    await age()
    const gone = { syncs: 1, inbox: 1, allowances: 1, quota_waits: 1, problem_records: 1, connections: 1 }
    expect(await ledger.retention.purge(keep, now())).toEqual(gone)
    for (const table of [
      'syncs',
      'inbox',
      'allowances',
      'problem_records',
      'connections',
      'streams',
      'budgets',
      'quotas',
      'parallelism',
      'quota_waits',
    ])
      expect([table, await count(`crosswalk.${table}`)]).toEqual([table, 1])
    // A channel's own, and that of an owner it writes to.
    expect(await count('crosswalk.alerts')).toBe(2)
    // Without its link the order would be made again.
    expect(await count('crosswalk.links')).toBe(2)
  })
})

test('one process takes the turn, and a clock that was put back keeps nobody from it', async () => {
  expect(await ledger.retention.take('test', 60_000)).toBe(true)
  expect(await ledger.retention.take('test', 60_000)).toBe(false)
  expect(await ledger.retention.take('other', 60_000)).toBe(true)
  const move = (by: string) =>
    database.query(`update crosswalk.upkeep set begun_at = begun_at + $1::interval where task = 'test'`, [by])
  await move('-2 minutes')
  expect(await ledger.retention.take('test', 60_000)).toBe(true)
  await move('1 day')
  expect(await ledger.retention.take('test', 60_000)).toBe(true)
})

describe('a record that changes all the time', () => {
  const ref = { connection: 'crm', object: 'deals', id: 'noisy' }
  const story = async () => (await ledger.timeline.of(ref)).map(({ event, text }) => (event === 'cut' ? text : event))
  const add = (from: number, to: number) =>
    database.query(
      `insert into crosswalk.timeline (sync, connection, object, record_id, at, event, text, details)
        select 'orders', 'crm', 'deals', 'noisy', now() - interval '10 hours' + n * interval '1 second',
          'change ' || n, '', 'null' from generate_series($1::integer, $2::integer) n`,
      [from, to],
    )

  test('keeps the beginning and the end of its timeline, which tells what was cut', async () => {
    await database.query('delete from crosswalk.timeline')
    await add(1, 30_000)
    await database.query(`insert into crosswalk.timeline (sync, connection, object, record_id, at, event, text, details)
      select 'orders', 'crm', 'deals', 'calm', now(), 'won', '', 'null' from generate_series(1, 100)`)
    expect(await ledger.retention.purge(keep, now())).toEqual({ timeline: 29_901 })
    const told = await story()
    expect(told).toHaveLength(100)
    expect(told.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, n) => `change ${n + 1}`))
    expect(told[10]).toMatch(
      /^29,901 entries between \d{4}-\d\d-\d\d \d\d:\d\d and \d{4}-\d\d-\d\d \d\d:\d\d UTC were removed$/,
    )
    expect(told.slice(11)).toEqual(Array.from({ length: 89 }, (_, n) => `change ${30_000 - 88 + n}`))
    expect(await count('crosswalk.timeline', `record_id = 'calm'`)).toBe(100)
  })

  test('has one such entry however often it is cut', async () => {
    await add(30_001, 30_050)
    await ledger.retention.purge(keep, now())
    const told = await story()
    expect(told).toHaveLength(100)
    expect(told[10]).toContain('29,951 entries between')
    expect(told.filter((text) => text.includes('were removed'))).toHaveLength(1)
    expect(told.at(-1)).toBe('change 30050')
    expect(await ledger.retention.purge(keep, now())).toEqual({})
  })
})

/** What BullMQ's tables hold at most, by the settings of ours; its own, that have no place in our statements. */
const ofQueue: Readonly<Record<string, { readonly rows: number; readonly because: string }>> = {
  job: { rows: 3 * 101, because: 'completed ones go at once, of those that failed a hundred stay in each queue' },
  event: { rows: 3 * 300, because: 'a hundred stay in each queue; they are trimmed now and then' },
  meta: { rows: 30, because: 'a few settings of each queue' },
  migration: { rows: 100, because: 'one for each of its migrations' },
  dedup: { rows: 10, because: 'one for each job that waits' },
  dedup_next: { rows: 10, because: 'one for each job that waits' },
  scheduler: { rows: 10, because: 'one for each sync' },
  metrics: { rows: 6, because: 'not used' },
  rate_limit: { rows: 3, because: 'not used' },
  job_log: { rows: 0, because: 'not used' },
  job_dependency: { rows: 0, because: 'not used' },
  relay_inbox: { rows: 0, because: 'not used' },
  relay_node: { rows: 0, because: 'not used' },
  relay_retained: { rows: 0, because: 'not used' },
  relay_subscription: { rows: 0, because: 'not used' },
}

test('every table of the queue stays small, whatever the number of jobs', async () => {
  const queue = await openQueue({
    backend: { kind: 'postgres', connection: database.connection },
    concurrency: { detect: 5, deliver: 5, upkeep: 5 },
    log: silentLog,
  })
  let ended = 0
  const all = Promise.withResolvers<void>()
  const stop = await queue.work(async ({ queue: name }) => {
    ended += 1
    if (ended === 900) all.resolve()
    if (name === 'deliver') throw new Error('fails')
  })
  for (let nth = 0; nth < 450; nth += 1)
    await queue.enqueue([
      { queue: 'deliver', sync: `s${nth}`, lane: 'live' },
      { queue: 'detect', sync: `s${nth}`, kind: 'manual' },
    ])
  await all.promise
  await stop()
  const tables = await tablesOf('bullmq')
  expect(Object.keys(ofQueue).sort()).toEqual(tables)
  for (const table of tables) {
    const rows = await count(`bullmq."${table}"`)
    expect([table, rows <= (ofQueue[table]?.rows ?? -1) ? 'small' : rows]).toEqual([table, 'small'])
  }
  await queue.close()
})
