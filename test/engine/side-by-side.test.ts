import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { startEmbedded } from '../../src/ledger/embedded.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import { flawless, prove, settle, stock, until } from '../faults/proof.ts'
import { silentLog, someKeys } from '../ledger/fresh-ledger.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * A rolling restart: servers of this release are at work while the next one migrates the database under them. The next one
 * is this one with a folder of migrations more.
 */

const next = (...names: readonly string[]) => names.map((name) => join(import.meta.dirname, '../ledger/next', name))
type Worker = ReturnType<Rig['cli']>

let rig: Rig
let shop: ReturnType<typeof stock>
let workers: Worker[] = []
const log: string[] = []

beforeAll(async () => {
  const every = () => ({ cron: '* * * * * *', time_zone: 'UTC' })
  rig = await openRig({
    simulators: { hubspot: { latencyMs: 5, indexDelayMs: 0 }, odoo: { latencyMs: 5 } },
    crm: { indexDelaySeconds: 0 },
    orders: { batch: 5, schedule: every() },
    fulfilment: { batch: 5, schedule: every() },
  })
  shop = stock(rig)
  const project = await rig.open()
  await project.crosswalk.setup('hubspot')
  await project.close()
}, 60_000)
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await Promise.all(workers.map((worker) => worker.done))
  await rig.close()
})

async function startWorker(): Promise<Worker> {
  const worker = rig.cli('start', '--role', 'worker')
  workers.push(worker)
  const ended = worker.done.then(({ err }) => log.push(err))
  await Promise.race([until(() => worker.printed().includes('"started"'), 'a worker', worker.printed), ended])
  return worker
}
async function stop(worker: Worker): Promise<void> {
  worker.kill('SIGTERM')
  await worker.done
  workers = workers.filter((one) => one !== worker)
}

/** What a server of the next release does when it starts. */
async function migrate(...names: readonly string[]): Promise<void> {
  const embedded = await startEmbedded(rig.home)
  try {
    const { connection } = embedded
    const options = { connection, vaultKeys: someKeys(), log: silentLog, migrations: next(...names) }
    await (await openLedger(options)).close()
  } finally {
    await embedded.close()
  }
}

const done = (ids: readonly string[]) =>
  ids.filter((id) => (rig.hubspot.store.deal(id)?.properties.erp_status ?? '') !== '').length
const lines = () => workers.map((worker) => worker.printed().split('\n').slice(-15).join('\n')).join('\n---\n')
const faults = () =>
  workers.flatMap((worker) =>
    worker
      .printed()
      .split('\n')
      .filter((line) => /"level":"(warn|error)"/.test(line)),
  )

async function proof(): Promise<object> {
  const project: OpenProject = await rig.open()
  await settle(project)
  const found = await prove(rig, project)
  await project.close()
  return found
}

test('an additive migration runs under servers at work, and neither loses nor doubles an order', async () => {
  await startWorker()
  await startWorker()
  const first = shop.win(40)
  await until(() => done(first) > 5, 'the first orders', lines)
  const before = done(first)
  await migrate('additive')
  // It ran in the middle of the work.
  expect(before).toBeLessThan(first.length)
  const second = shop.win(20)
  await until(() => done([...first, ...second]) === 60, 'sixty orders', lines)
  expect(faults()).toEqual([])
  for (const worker of workers) expect(worker.printed()).not.toContain('"level":"error"')
  expect(await proof()).toMatchObject({ ...flawless, won: 60, orders: 60 })
}, 240_000)

test('the older release starts again on it', async () => {
  for (const worker of [...workers]) await stop(worker)
  const ids = shop.win(10)
  await startWorker()
  await until(() => done(ids) === 10, 'ten orders', lines)
  expect(await proof()).toMatchObject({ ...flawless, won: 70, orders: 70 })
}, 240_000)

test('a server that was taken for dead ends when it is back and does not fit any more', async () => {
  const worker = await startWorker()
  const embedded = await startEmbedded(rig.home)
  const client = new pg.Client(embedded.connection)
  await client.connect()
  try {
    await client.query(`
      begin;
      delete from crosswalk.processes where pid = ${worker.pid};
      insert into crosswalk.migrations (name, digest, kind, applied_at) values ('9999-other.sql', '', 'breaking', now());
      commit`)
    const { code, err } = await worker.done
    expect(code).toBe(2)
    expect(err).toContain('"event":"outdated"')
    expect(err).toContain('Use a newer release')
    await client.query(`delete from crosswalk.migrations where name = '9999-other.sql'`)
  } finally {
    workers = workers.filter((one) => one !== worker)
    await client.end()
    await embedded.close()
  }
}, 240_000)

test('a breaking migration names the servers that must stop first, and runs when they have', async () => {
  const [worker] = workers
  const other = await startWorker()
  const refusal = await migrate('additive', 'breaking').then(
    () => '',
    (error: Error) => error.message,
  )
  for (const { pid } of workers) expect(refusal).toContain(`process ${pid} on `)
  // They go on as if nothing had been asked.
  const ids = shop.win(5)
  await until(() => done(ids) === 5, 'five orders', lines)
  expect(await proof()).toMatchObject({ ...flawless, won: 75, orders: 75 })
  if (worker !== undefined) await stop(worker)
  await expect(migrate('additive', 'breaking')).rejects.toThrow(`process ${other.pid} on `)
  await stop(other)
  await migrate('additive', 'breaking')

  const late = rig.cli('start', '--role', 'worker')
  const { code, err } = await late.done
  expect(code).toBe(2)
  expect(err).toContain('The database knows the migration 9002-other.sql, this release does not')
  expect(err).toContain('Use a newer release')
}, 240_000)
