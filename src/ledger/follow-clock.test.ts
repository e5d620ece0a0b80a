import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger } from '../../test/ledger/fresh-ledger.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>
beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
})
afterAll(() => close())

/** Columns with a time that something waits for, and one row each that lies five minutes ahead. */
const waits: readonly (readonly [table: string, column: string, row: string])[] = [
  [
    'inbox',
    'due_at',
    `(sync, connection, object, record_id, lane, hinted_at, due_at) values ('s', 'crm', 'deals', '1', 0, now(), $1)`,
  ],
  [
    'inbox',
    'lease_until',
    `(sync, connection, object, record_id, lane, hinted_at, due_at, worker, lease_until)
      values ('s', 'crm', 'deals', '2', 0, now(), now(), 'w', $1)`,
  ],
  [
    'processes',
    'seen_at',
    `(id, host, pid, schema, started_at, seen_at) values (gen_random_uuid(), 'h', 1, '', now(), $1)`,
  ],
  ['streams', 'lease_until', `(connection, worker, lease_until) values ('crm', 'w', $1)`],
  ['alerting', 'lease_until', `(worker, lease_until) values ('w', $1)`],
  ['budgets', 'ends_at', `(connection, call_limit, window_ms, remaining, ends_at) values ('crm', 1, 1, 1, $1)`],
  [
    'quotas',
    'ends_at',
    `(connection, name, call_limit, window_ms, remaining, ends_at) values ('crm', 'day', 1, 1, 1, $1)`,
  ],
  ['quota_waits', 'until', `(sync, lane, connection, until) values ('s', 0, 'crm', $1)`],
  ['runs', 'waits_until', `(sync, kind, state, started_at, waits_until) values ('s', 'manual', 'waiting', now(), $1)`],
]
const minutesAhead = async (table: string, column: string): Promise<number> => {
  const [row] = await database.query(
    `select max(extract(epoch from ${column} - clock_timestamp()) / 60)::float8 as minutes from crosswalk.${table}`,
  )
  return Math.round(Number(row?.minutes))
}

test('a clock that goes on is none that was put back', async () => {
  expect(await ledger.followClock()).toBeNull()
  expect(await ledger.followClock()).toBeNull()
})

test('when the clock is put back, all that waits for a time waits no longer than it did', async () => {
  const now = Date.now()
  const day = 24 * 60
  for (const [table, , row] of waits)
    await database.query(`insert into crosswalk.${table} ${row}`, [new Date(now + (day + 5) * 60_000).toISOString()])
  await database.query(
    `insert into crosswalk.parallelism (connection, calls, most, holders) values ('crm', 2, 4, '{"w": {}}')`,
  )
  // As it is when the last look was at the time that the clock had then.
  await database.query(`update crosswalk.upkeep set begun_at = now() + interval '1 day' where task = 'clock'`)
  const looks = await Promise.all([1, 2, 3, 4].map(() => ledger.followClock()))
  const told = looks.filter((backMs) => backMs !== null)
  expect(told.map((backMs) => Math.round(backMs / 60_000))).toEqual([day])
  for (const [table, column] of waits)
    expect([table, column, await minutesAhead(table, column)]).toEqual([table, column, 5])
  expect(await database.query('select holders from crosswalk.parallelism')).toEqual([{ holders: {} }])
  // What is to come now stays.
  expect(await ledger.followClock()).toBeNull()
  for (const [table, column] of waits)
    expect([table, column, await minutesAhead(table, column)]).toEqual([table, column, 5])
})

test('every column of the ledger with a time that something waits for is among them', async () => {
  const columns = await database.query(
    `select table_name as table, column_name as column from information_schema.columns
      where table_schema = 'crosswalk' and data_type = 'timestamp with time zone'
        and (column_name ~ '(until|ends_at|due_at|next_try_at)$' or (table_name, column_name) = ('processes', 'seen_at'))
      order by 1, 2`,
  )
  // These are compared with the clock of the process, which looks at them itself.
  const ownClock = ['alert_channels.next_try_at', 'connections.paused_until']
  // A person, a token or a link has a right until then; nothing waits for it.
  const rights = ['api_tokens.ends_at', 'one_time_links.ends_at', 'sessions.ends_at', 'shared_orders.ends_at']
  const names = columns
    .map((one) => `${one.table}.${one.column}`)
    .filter((name) => ![...ownClock, ...rights].includes(name))
  expect(names).toEqual(waits.map(([table, column]) => `${table}.${column}`).sort())
})
