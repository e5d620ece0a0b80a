import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Publication } from '../../src/app/project/projects.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import type { Revision } from '../../src/ports/ledger/revisions.ts'
import { type Api, apiOf } from '../api.ts'
import { dealOf, stock } from '../faults/proof.ts'
import { openRig, type Rig } from '../rig.ts'

/* Files of a project that change while a server and a worker of its own process run. */

let rig: Rig
let server: RunningServer
let worker: ReturnType<Rig['cli']>
let shop: ReturnType<typeof stock>
const log: string[] = []

const orderMapping = 'mappings/odoo/order.yaml'
const orderTest = 'mappings/odoo/order.test.yaml'
const table = 'config/tables/refs.yaml'
const shipped = (path: string) => readFile(join(import.meta.dirname, '../..', path), 'utf8')
const pathOf = (path: string) => join(dirname(dirname(rig.config)), path)
const onDisk = (path: string) => readFile(pathOf(path), 'utf8')
async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(pathOf(path)), { recursive: true })
  await writeFile(pathOf(path), text)
}

beforeAll(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  const mapping = await shipped(orderMapping)
  await write(orderMapping, mapping.replace(/client_order_ref:.*/, 'client_order_ref: { from: deal.name, map: refs }'))
  await write(table, 'Deal 1: REF-1\n')
  const project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  await project.close()
  const options = { config: rig.config, home: rig.home, environment: { OTHER_TOKEN: 'test-token' } }
  server = await startServer({ ...options, role: 'all', log: (line) => void log.push(line) })
  worker = rig.cli('start', '--role', 'worker')
  await until(() => worker.printed().includes('"started"'), 'a second process')
}, 60_000)
afterAll(async () => {
  worker.kill('SIGTERM')
  await worker.done
  await server.close()
  await rig.close()
})

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let round = 0; round < 600; round += 1) {
    if (await holds()) return
    await server.opened.deps.clock.sleep(25)
  }
  throw new Error(`never: ${what}\n${log.slice(-20).join('')}`)
}
const orderOf = (id: string) => rig.odoo.store.orders().find((order) => dealOf(order.externalId) === id)
const problems = () => server.opened.deps.ledger.problems.list({ max: 100 })
const revision = async () => (await server.opened.deps.ledger.revisions.newest()) ?? 0
const taken = (printed: string, number: number) => printed.includes(`"revision taken over","revision":${number}`)
const bothWorkWith = (number: number) =>
  until(
    () => server.opened.projects.state().revision?.number === number && taken(worker.printed(), number),
    `revision ${number} in both processes`,
  )

const api: Api = (...asked) => apiOf(rig.home, server.url)(...asked)
const publishByApi = (files: Record<string, string | null>, note = 'by program') =>
  api<Publication>('POST', '/project/publish', { files, note })
async function publish(...args: string[]): Promise<Publication & { code: number | null }> {
  const { code, out, err } = await rig.cli('publish', '--json', ...args).done
  if (out === '') throw new Error(err)
  return { code, ...(JSON.parse(out) as Publication) }
}

test('a deal that waits on an entry of a table gets its order once the table is published, without a restart', async () => {
  const [first = '', second = ''] = shop.win(2)
  await api('POST', '/syncs/orders/run')
  await until(async () => orderOf(first)?.state === 'sale' && (await problems()).length === 1, 'one order, one problem')
  const [missing] = await problems()
  expect(missing).toMatchObject({ kind: 'mapping_failed', message: expect.stringContaining('Deal 2') })

  await write(table, 'Deal 1: REF-1\nDeal 2: REF-2\n')
  await server.opened.deps.ledger.inbox.add('orders', missing?.records ?? [], { lane: 'retry' })
  await until(async () => (await problems())[0]?.lastSeen !== missing?.lastSeen, 'another try')
  expect(orderOf(second)).toBeUndefined()

  const published = await publish('--note', 'the second customer')
  expect(published).toMatchObject({
    code: 0,
    findings: [],
    revision: { number: 1, note: 'the second customer', actor: expect.stringMatching(/^.+@.+$/) },
  })
  expect(published.changes.map((one) => one.path)).toEqual(['config/crosswalk.yaml', table, orderMapping])
  await until(() => orderOf(second)?.state === 'sale', 'the order')
  expect(orderOf(second)?.reference).toBe('REF-2')
  await until(async () => (await problems()).length === 0, 'no problem')
  await bothWorkWith(1)
}, 60_000)

describe('what is wrong is refused, and nothing changes', () => {
  async function isRefused(findings: readonly object[], draft: Record<string, string | null>): Promise<void> {
    const before = { number: await revision(), project: server.opened.projects.current() }
    expect(await publishByApi(draft)).toEqual({
      revision: null,
      changes: [],
      findings: findings.map((finding) => expect.objectContaining(finding)),
    })
    expect({ number: await revision(), project: server.opened.projects.current() }).toEqual(before)
  }

  test('a mapping to a field that the system does not have, with its place, on disk as by program', async () => {
    const good = await onDisk(orderMapping)
    const broken = good.replace('  origin:', '  orign:')
    const line = broken.split('\n').findIndex((text) => text.includes('orign')) + 1
    const finding = { file: orderMapping, line, column: 3, kind: 'unknown_field' }
    await isRefused([finding], { [orderMapping]: broken })
    await write(orderMapping, broken)
    const before = await revision()
    const { code, out, err } = await rig.cli('publish').done
    expect(code).toBe(1)
    expect(out).toContain(`${orderMapping}:${line}:3 unknown_field: `)
    expect(err).toContain('1 finding. Nothing was published.')
    expect(await revision()).toBe(before)
    await write(orderMapping, good)
  })

  test('a configuration with mistakes, at their places', async () => {
    const config = await onDisk('config/crosswalk.yaml')
    await isRefused(
      [
        {
          file: 'config/crosswalk.yaml',
          kind: 'configuration',
          message: expect.stringContaining('syncs.orders.batch'),
        },
      ],
      { 'config/crosswalk.yaml': config.replace('document: deal', 'document: deal\n    batch: many') },
    )
    await isRefused([{ kind: 'configuration', message: expect.stringContaining('no connection "nowhere"') }], {
      'config/crosswalk.yaml': config.replace('to: odoo', 'to: nowhere'),
    })
    await isRefused([{ kind: 'configuration', message: expect.stringContaining('no such mapping') }], {
      'config/crosswalk.yaml': config.replace(
        'document: deal',
        'document: deal\n    mappings: { order: mappings/odoo/gone.yaml }',
      ),
    })
    await isRefused([{ kind: 'configuration' }], { 'config/crosswalk.yaml': null })
  })

  test('another server, and what would read the environment or other files', async () => {
    const config = await onDisk('config/crosswalk.yaml')
    const kept = (message: string) => [{ kind: 'kept_until_restart', message: expect.stringContaining(message) }]
    const to = (from: string, text: string) => ({ 'config/crosswalk.yaml': config.replace(from, text) })
    await isRefused(kept('connections.hubspot'), to('accessToken: test-token', 'accessToken: "${OTHER_TOKEN}"'))
    await isRefused(kept('server'), to('port: 0', 'port: 1'))
    const path = (text: string) => to('document: deal', `document: deal\n    mappings: { order: ${text} }`)
    await isRefused(
      [{ kind: 'configuration', message: expect.stringContaining('mappings/ can be') }],
      path('../x.yaml'),
    )
    await isRefused([{ kind: 'configuration', message: 'the environment has no NOT_SET' }], path('"${NOT_SET}"'))
  })

  test('a server that differs on disk from the one that runs, until it is started with it', async () => {
    const config = await onDisk('config/crosswalk.yaml')
    await write('config/crosswalk.yaml', config.replace('port: 0', 'port: 1'))
    expect(await publish()).toMatchObject({
      code: 1,
      findings: [
        { file: 'config/crosswalk.yaml', kind: 'kept_until_restart', fix: expect.stringContaining('restart') },
      ],
    })
    await write('config/crosswalk.yaml', config)
  })

  test('a broken table, a test that fails, and files that are none of a project', async () => {
    await isRefused([{ file: table, line: 1, kind: 'wrong_form' }], { [table]: '- a list\n' })
    await isRefused([{ file: orderTest, line: 1, kind: 'failed_test' }], {
      [orderTest]:
        '- name: wants another reference\n  given: { deal: { name: Deal 1 } }\n  expect: { client_order_ref: REF-9 }\n',
    })
    await isRefused([{ file: 'mappings/../../secret.yaml', kind: 'not_a_project_file' }], {
      'mappings/../../secret.yaml': 'a: b',
    })
  })

  test('one of two that were made from the same state', async () => {
    const { ledger } = server.opened.deps
    const number = await revision()
    const stored = await ledger.revisions.files()
    const made = { number: number + 1, at: server.opened.deps.clock.now(), actor: null, note: null, changes: [] }
    const again = await Promise.all([1, 2].map(() => ledger.revisions.publish(made, stored?.files ?? {})))
    expect(again.toSorted()).toEqual([false, true])
  })
})

test('a policy by program takes effect in both processes, and a process that starts later has it', async () => {
  const config = await onDisk('config/crosswalk.yaml')
  const held = config.replace('document: deal', 'document: deal\n    policies: { missing_customer: hold }')
  const { revision: made } = await publishByApi({ 'config/crosswalk.yaml': held })
  expect(made).toMatchObject({ actor: 'API token', changes: [{ path: 'config/crosswalk.yaml', change: 'changed' }] })
  const number = made?.number ?? 0
  await bothWorkWith(number)
  const policies = server.opened.projects.current().config.syncs.orders as { policies?: object }
  expect(policies.policies).toMatchObject({ missing_customer: 'hold' })

  const companyId = rig.crm.crm.addCompany({ name: 'New Ltd', domain: 'new.example', country: 'Germany' })
  const lines = [{ sku: 'A-1', name: 'A', quantity: '1', price: '10' }]
  const waiting = rig.crm.crm.addDeal({ name: 'Deal 1', companyId, lines })
  await api('POST', '/syncs/orders/run')
  await until(async () => (await problems()).some((one) => one.kind === 'customer_missing'), 'a deal that waits')

  const later = await rig.open()
  expect(later.projects.state().revision?.number).toBe(number)
  expect(later.loaded.config.syncs.orders).toMatchObject({ policies: { missing_customer: 'hold' } })
  await later.close()

  // Whoever edits the disk afterwards means the disk: the next start has it, running processes wait to be told.
  await write('config/crosswalk.yaml', `${config}# edited\n`)
  const edited = await rig.open()
  expect(edited.loaded.config.syncs.orders).toMatchObject({ policies: { missing_customer: 'create' } })
  await edited.close()
  expect(server.opened.projects.state().revision?.number).toBe(number)
  const published = await publish()
  expect(published).toMatchObject({ code: 0, changes: [{ path: 'config/crosswalk.yaml', change: 'changed' }] })
  await bothWorkWith(number + 1)
  expect(server.opened.projects.current().config.syncs.orders).toMatchObject({
    policies: { missing_customer: 'create' },
  })
  await until(() => orderOf(waiting)?.state === 'sale', 'the order of the deal that waited')
}, 60_000)

test('a file is removed, and the shipped one takes its place', async () => {
  await publishByApi({ [orderMapping]: null, [table]: null })
  const { files } = await api<{ revision: Revision; files: string[] }>('GET', '/project')
  expect(files).toEqual(['config/crosswalk.yaml'])
  const [id = ''] = shop.win(1)
  await api('POST', '/syncs/orders/run')
  await until(() => orderOf(id)?.state === 'sale', 'the order')
  expect(orderOf(id)?.reference).toBe(id)
  const runs = await server.opened.deps.ledger.runs.list({ sync: 'orders', max: 50 })
  expect(runs.map((run) => run.actor)).toContain('API token')
}, 60_000)

test('what a process cannot take over is a problem, and it goes on with what it had', async () => {
  const { ledger, clock } = server.opened.deps
  const { projects } = server.opened
  const stored = await ledger.revisions.files()
  const number = (await revision()) + 1
  const config = stored?.files['config/crosswalk.yaml']
  const other = { ...stored?.files, 'config/crosswalk.yaml': { text: 'syncs: {}', replaces: config?.replaces ?? null } }
  const before = projects.current()
  await ledger.revisions.publish({ number, at: clock.now(), actor: null, note: null, changes: [] }, other)
  await until(async () => (await problems()).some((one) => one.sync === 'published project'), 'the problem')
  expect(projects.current()).toBe(before)
  const [problem] = await problems()
  expect(problem?.message).toContain(`Revision ${number} was published and could not be taken over`)

  const late = rig.cli('status').done
  expect(await late).toMatchObject({
    code: 2,
    err: expect.stringContaining('config/crosswalk.yaml as it was published:1:1'),
  })
  await write('config/crosswalk.yaml', `${await onDisk('config/crosswalk.yaml')}# edited again\n`)
  expect((await publish()).revision?.number).toBe(number + 1)
  await bothWorkWith(number + 1)
  await until(async () => (await problems()).length === 0, 'no problem')
}, 60_000)

test('the list shows who published what', async () => {
  const { out } = await rig.cli('publish', '--list', '--json').done
  const revisions = JSON.parse(out) as Revision[]
  expect(revisions.map((one) => one.number)).toEqual(revisions.map((_one, index) => revisions.length - index))
  expect(revisions.at(-1)).toMatchObject({ note: 'the second customer', actor: expect.stringContaining('@') })
  expect(revisions.map((one) => one.actor)).toContain('API token')
  await rm(pathOf(orderMapping))
})
