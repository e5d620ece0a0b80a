import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { type FreshDatabase, freshDatabase, oldDatabase, silentLog, someKeys } from '../../test/ledger/fresh-ledger.ts'
import type { Instant } from '../core/time.ts'
import { inspectLedger } from './inspect.ts'
import { openLedger } from './ledger.ts'
import { readMigrations } from './migrations.ts'
import { workOf } from './work-of.ts'

let database: FreshDatabase
let drop: () => Promise<void> = async () => undefined
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await drop()
  drop = async () => undefined
})

async function use(made: Promise<FreshDatabase>): Promise<void> {
  database = await made
  drop = database.drop
}
const next = (...names: readonly string[]) =>
  names.map((name) => join(import.meta.dirname, '../../test/ledger/next', name))

async function look(migrations: readonly string[] = []) {
  const { connection } = database
  const looked = await inspectLedger({ connection, vaultKeys: someKeys(), log: silentLog, migrations })
  closing.push(() => looked.ledger.close())
  return looked
}
const everything = () =>
  Promise.all([
    database.query(
      `select table_name, column_name from information_schema.columns where table_schema = 'crosswalk' order by 1, 2`,
    ),
    database.query(`select to_regclass('crosswalk.migrations') as name`),
  ])

test('a look changes nothing, and whatever would change something is refused', async () => {
  await use(oldDatabase('0009-alerts.sql'))
  const before = await everything()
  const { ledger, inspection } = await look()
  expect(inspection).toMatchObject({
    exists: true,
    pending: expect.arrayContaining([{ name: '0010-processes.sql', kind: 'additive', tables: [] }]),
    newer: [],
    inTheWay: [],
    refusal: null,
  })
  const all = (await readMigrations()).map(({ name }) => name)
  expect(inspection.pending.map(({ name }) => name)).toEqual(all.filter((name) => name > '0009-alerts.sql'))
  const entry = { sync: 's', ref: { connection: 'c', object: 'o', id: '1' }, at: '2026-11-24T10:00:00.000Z' as Instant }
  const adding = ledger.timeline.add([{ ...entry, event: 'e', text: 't', details: null, actor: null }])
  await expect(adding).rejects.toThrow('read-only transaction')
  expect(await everything()).toEqual(before)
})

test('an empty database is told from one that is behind', async () => {
  await use(freshDatabase())
  const { inspection } = await look()
  expect(inspection.exists).toBe(false)
  expect(inspection.pending.length).toBeGreaterThan(8)
  expect(await everything()).toEqual([[], [{ name: null }]])
})

test('what a migration does to large tables is told before, with their sizes', async () => {
  await use(freshDatabase())
  const { connection } = database
  await (await openLedger({ connection, vaultKeys: someKeys(), log: silentLog })).close()
  await database.query(
    `insert into crosswalk.timeline (sync, connection, object, record_id, at, event, text, details)
     select 'orders', 'crm', 'deals', n::text, now(), 'created', 'An order was made', '{}' from generate_series(1, 200000) n`,
  )
  await database.query('analyze crosswalk.timeline')
  const { inspection } = await look(next('additive'))
  const [pending] = inspection.pending
  expect(pending).toMatchObject({ name: '9001-more.sql', kind: 'additive' })
  const timeline = pending?.tables.find(({ table }) => table === 'timeline')
  expect(timeline).toMatchObject({ work: 'index' })
  expect(timeline?.rows).toBeGreaterThan(190_000)
  expect(timeline?.bytes).toBeGreaterThan(10_000_000)
  expect(pending?.tables.map(({ table, work }) => `${table} ${work}`).sort()).toEqual([
    'connections columns',
    'inbox columns',
    'links index',
    'problem_records columns',
    'problems columns',
    'runs columns',
    'syncs columns',
    'timeline index',
  ])
})

test.each([
  ['alter table crosswalk.links add column a text', { links: 'columns' }],
  ['create index concurrently a on crosswalk.links (a)', { links: 'index' }],
  ['alter table crosswalk.links add column a text;\nupdate crosswalk.links set a = 1', { links: 'rows' }],
  ['alter table crosswalk.links alter column a type bigint', { links: 'rewrite' }],
  ['alter table crosswalk.inbox drop constraint inbox_pkey, add primary key (a)', { inbox: 'index' }],
  ['alter table crosswalk.inbox add constraint a unique (b)', { inbox: 'index' }],
  ['create function crosswalk.f() as $$ update crosswalk.links set a = 1; $$', {}],
  ['-- create index a on crosswalk.links (a);', {}],
])('of "%s" is known: %j', (sql, expected) => {
  expect(Object.fromEntries(workOf(sql))).toEqual(expected)
})

test('a database of a newer release is told by what this one cannot work with', async () => {
  await use(freshDatabase())
  const { connection } = database
  const open = async (...names: readonly string[]) =>
    (await openLedger({ connection, vaultKeys: someKeys(), log: silentLog, migrations: next(...names) })).close()
  await open('additive')
  expect((await look()).inspection).toMatchObject({ pending: [], newer: ['9001-more.sql'], refusal: null })
  await open('additive', 'breaking')
  const { inspection } = await look()
  expect(inspection.refusal?.message).toContain('knows the migration 9002-other.sql, this release does not')
})
