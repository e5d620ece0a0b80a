import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { readMigrations } from '../../src/ledger/migrations.ts'
import type { UpgradeReport } from '../../src/ports/ledger/upgrade.ts'
import { until } from '../faults/proof.ts'
import { type FreshDatabase, oldDatabase } from '../ledger/fresh-ledger.ts'
import { openRig, type Rig } from '../rig.ts'

/* The command that is run from the checkout of a new release, beside servers of the older one. */

let rig: Rig
let old: FreshDatabase | null = null
const environment: Record<string, string> = {}

beforeAll(async () => {
  rig = await openRig({ environment })
  await (await rig.open()).close()
})
afterEach(async () => {
  environment.DATABASE_URL = ''
  await rm(folder(), { recursive: true, force: true })
  await rig.configure({ crm: { wonStages: undefined }, erp: { notASetting: undefined } })
  await old?.drop()
  old = null
})
afterAll(() => rig.close())

const folder = () => join(dirname(dirname(rig.config)), 'mappings')
async function use(last: string): Promise<FreshDatabase> {
  old = await oldDatabase(last)
  const { host, port, user, database } = old.connection
  environment.DATABASE_URL = `postgres://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`
  return old
}
async function check(...more: readonly string[]): Promise<{ code: number | null; report: UpgradeReport }> {
  const { code, out, err } = await rig.cli('upgrade', '--json', ...more).done
  expect([out !== '', err]).toEqual([true, expect.any(String)])
  return { code, report: JSON.parse(out) as UpgradeReport }
}
const errors = ({ findings }: UpgradeReport) => findings.filter(({ level }) => level === 'error')
const tablesOf = async (database: FreshDatabase) =>
  (
    await database.query(`select table_name from information_schema.tables where table_schema = 'crosswalk' order by 1`)
  ).map(({ table_name: name }) => name)

test('beside a server of this release it says that nothing is to be done, and who runs', async () => {
  const worker = rig.cli('start', '--role', 'worker')
  try {
    await until(() => worker.printed().includes('"started"'), 'a worker', worker.printed)
    const { code, report } = await check('--check')
    expect(code).toBe(0)
    expect(report).toMatchObject({ ready: true, migrations: [], newer: [], node: process.versions.node })
    expect(report.database).toMatchObject({ exists: true, version: expect.stringMatching(/^18/) })
    expect(report.processes.map(({ pid }) => pid)).toEqual([worker.pid])
    const { code: done, out, err } = await rig.cli('upgrade').done
    expect([done, err]).toEqual([0, 'Nothing to do: the database is up to date.\n'])
    expect(out).toContain('No migration to run.')
  } finally {
    worker.kill('SIGTERM')
    await worker.done
  }
})

test('it says what would run, changes nothing, and without --check it runs', async () => {
  const database = await use('0002-functions.sql')
  await database.query(`
    insert into crosswalk.timeline (record_id, sync, at, event, text, details)
    select n::text, 'orders', now(), 'created', 'made', '{}' from generate_series(1, 3000) n`)
  await database.query('analyze')
  const before = await tablesOf(database)
  const { code, report } = await check('--check')
  expect([code, errors(report)]).toEqual([0, []])
  expect(report.migrations[0]).toMatchObject({ name: '0003-records.sql', kind: 'breaking' })
  expect(report.migrations[0]?.tables).toContainEqual(
    expect.objectContaining({ table: 'timeline', work: 'index', rows: 3000 }),
  )
  expect(report.findings.map(({ about }) => about)).toEqual(expect.arrayContaining(['disk', 'backup']))
  expect(await tablesOf(database)).toEqual(before)

  const shown = await rig.cli('upgrade', '--check').done
  expect(shown.out).toMatch(/0003-records\.sql +breaking/)
  expect(shown.err).toContain('Processes of the older release must not run during the upgrade or after it.')

  expect((await check()).code).toBe(0)
  expect(await tablesOf(database)).toEqual(expect.arrayContaining(['processes', 'revisions']))
})

test('servers of the older release are in the way of what they would not survive', async () => {
  const database = await use('0002-functions.sql')
  const session = new pg.Client({ ...database.connection, application_name: 'crosswalk' })
  await session.connect()
  try {
    const { code, report } = await check()
    expect([code, errors(report).map(({ about }) => about)]).toEqual([1, ['processes']])
    expect(await tablesOf(database)).not.toContain('processes')
  } finally {
    await session.end()
  }
})

test.each([
  ['breaking', 1, 'this release does not'],
  ['additive', 0, 'this one can work beside it'],
])('a database that a newer release has changed is told: %s', async (kind, expected, says) => {
  const { name: last } = (await readMigrations()).at(-1) ?? { name: '' }
  const database = await use(last)
  await database.query('alter table crosswalk.migrations add column kind text')
  await database.query(
    `insert into crosswalk.migrations (name, digest, kind, applied_at) values ('9999-later.sql', '', $1, now())`,
    [kind],
  )
  const { code, report } = await check('--check')
  expect(code).toBe(expected)
  expect(report.findings).toContainEqual(expect.objectContaining({ message: expect.stringContaining(says) }))
})

test('the configuration is held against the new release, and what it has no longer is named with what replaces it', async () => {
  await rig.configure({ crm: { wonStages: ['closedwon'] }, erp: { notASetting: true } })
  const { code, report } = await check('--check')
  // All of it at once, connection by connection.
  const told = (name: string) => ({
    ...{ level: 'error', about: 'configuration' },
    ...{ message: expect.stringContaining(name), fix: expect.any(String) },
  })
  expect([code, errors(report)]).toEqual([1, [told('wonStages'), told('notASetting')]])
  expect(errors(report)[0]?.message).toMatch(/wonStages.*(watch|where)/s)
})

test('mappings and their tests are held against the new release', async () => {
  await mkdir(join(folder(), 'odoo'), { recursive: true })
  const shipped = await readFile(join(import.meta.dirname, '../../mappings/odoo/customer.yaml'), 'utf8')
  await writeFile(join(folder(), 'odoo', 'customer.yaml'), `${shipped}\nnot_a_key: 1\n`)
  const broken = await check('--check')
  expect([broken.code, errors(broken.report).map(({ about }) => about)]).toEqual([1, ['mappings']])
  expect(errors(broken.report)[0]?.message).toMatch(/^mappings\/odoo\/customer\.yaml:\d+:\d+ /)

  await writeFile(join(folder(), 'odoo', 'customer.yaml'), shipped)
  const tests = await readFile(join(import.meta.dirname, '../../mappings/odoo/customer.test.yaml'), 'utf8')
  await writeFile(join(folder(), 'odoo', 'customer.test.yaml'), tests.replace(/name: .+/g, 'name: Another'))
  const failing = await check('--check')
  expect(failing.code).toBe(1)
  expect(new Set(errors(failing.report).map(({ about }) => about))).toEqual(new Set(['tests']))
  // What is up to date needs no upgrade: containers start with this command.
  expect((await check()).code).toBe(0)
})

test('the embedded database of another PostgreSQL is told, and not touched', async () => {
  const path = join(rig.home, 'postgres/data/PG_VERSION')
  const right = await readFile(path, 'utf8')
  await writeFile(path, '17\n')
  try {
    const { code, report } = await check('--check')
    expect([code, errors(report).map(({ message }) => message)]).toEqual([
      1,
      ['The embedded database is of PostgreSQL 17, this release brings 18.'],
    ])
  } finally {
    await writeFile(path, right)
  }
})

test('before a first start there is nothing to do, and a look makes nothing', async () => {
  const home = join(rig.home, 'new')
  const { code, out } = await rig.cli('upgrade', '--check', '--json', '--home', home).done
  expect([code, JSON.parse(out)]).toMatchObject([0, { ready: true, database: { exists: false } }])
  expect(existsSync(home)).toBe(false)
  await rm(join(rig.home, 'vault.key'), { force: true })
  const before = await readdir(rig.home)
  expect((await check('--check')).code).toBe(0)
  expect(await readdir(rig.home)).toEqual(before)
})
