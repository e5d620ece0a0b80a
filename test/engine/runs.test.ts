import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { deliver } from '../../src/app/engine/deliver.ts'
import { openJobs } from '../../src/app/engine/jobs.ts'
import type { RecordRef } from '../../src/core/ref.ts'
import type { Instant } from '../../src/core/time.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import type { RunKind } from '../../src/ports/ledger/runs.ts'
import type { Queue } from '../../src/ports/queue.ts'
import { flawless, prove, settle, stock } from '../faults/proof.ts'
import { type OpenProject, webhookToken } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

let rig: Rig
let project: OpenProject
/** Serves and takes webhooks, and works on nothing. */
let server: RunningServer
let shop: ReturnType<typeof stock>
const clientSecret = 'secret-of-the-webhook-app'

beforeAll(async () => {
  rig = await openRig({
    crm: { indexDelaySeconds: 0, lineItemsMinutes: 0, webhookSecret: clientSecret },
    orders: { batch: 1 },
  })
  project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  const { config, home } = rig
  server = await startServer({ config, home, environment: {}, role: 'api', log: () => undefined })
  const token = (await readFile(`${home}/api-token`, 'utf8')).trim()
  get = (path) => fetch(`${server.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
}, 60_000)
afterAll(async () => {
  await server.close()
  await project.close()
  await rig.close()
})
afterEach(() => rig.odoo.clearFaults())
let get: (path: string) => Promise<Response>

const refOf = (id: string): RecordRef => ({ connection: 'hubspot', object: 'deals', id })
const orderOf = (id: string) => rig.odoo.store.orders().find((order) => order.externalId?.endsWith(`_deal_${id}`))
/** The newest run, which must be of this kind. */
async function newest(kind: RunKind, sync = 'orders') {
  const [run] = await project.crosswalk.runs({ sync, max: 1 })
  expect(run).toMatchObject({ kind })
  return run
}
const idsOfRuns = async (sync = 'orders') => (await project.crosswalk.runs({ sync, max: 1000 })).map((run) => run.id)
/** Works on what waits, without looking for changes. */
async function work(sync = 'orders'): Promise<void> {
  await deliver(await project.projects.current().sync(sync), project.deps)
}

describe('asking', () => {
  const paths = ['/api/v1/status', '/readyz', '/healthz', '/metrics', '/api/v1/status'] as const

  test('for the status of what never ran begins nothing', async () => {
    for (const path of paths) expect((await get(path)).status).toBe(200)
    expect(await project.crosswalk.status()).toMatchObject({ syncs: [{ sync: 'orders' }, { sync: 'fulfilment' }] })
    const id = shop.win(1)[0] ?? ''
    expect(await project.crosswalk.preview(id, {})).toMatchObject({ action: 'create' })
    // The moment that a sync first started decides which deals are its own; it has not come yet.
    const later = '2030-01-01T00:00:00.000Z' as Instant
    for (const sync of ['orders', 'fulfilment']) {
      expect((await project.deps.ledger.syncs.peek(sync, later)).enabledAt).toBe(later)
    }
    await settle(project)
    expect((await project.deps.ledger.syncs.peek('orders', later)).enabledAt).not.toBe(later)
  }, 60_000)

  test('frees no lease, not even one that lapsed; only the sweep does', async () => {
    const { inbox } = project.deps.ledger
    await inbox.add('asked', [refOf('1')], { lane: 'live' })
    const [claim] = await inbox.claim('asked', { max: 1, worker: 'dead', leaseMs: 0 })
    const waits = async () => (await inbox.counts()).find((one) => one.sync === 'asked')
    for (const path of paths) expect((await get(path)).status).toBe(200)
    await project.crosswalk.status()
    expect(await waits()).toMatchObject({ inWork: 1, due: 0 })
    // Whoever held it may still finish.
    if (claim === undefined) throw new Error('nothing was claimed')
    expect(await inbox.renew([claim], 0)).toBe(true)
    await inbox.free()
    expect(await waits()).toMatchObject({ inWork: 0, due: 1 })
    expect(await inbox.renew([claim], 0)).toBe(false)
  }, 60_000)
})

describe('a run beside another one', () => {
  const claimAs = async (worker: string, ids: readonly string[]) => {
    const { inbox } = project.deps.ledger
    await inbox.add('orders', ids.map(refOf), { lane: 'live' })
    return inbox.claim('orders', { max: 10, worker, leaseMs: 60_000 })
  }

  test('ends well while the other has records in work, or has died over them', async () => {
    await settle(project)
    const claims = await claimAs('another', shop.win(2))
    const report = await project.crosswalk.run([], {})
    expect(report).toMatchObject({ waiting: 0, elsewhere: 2, syncs: [{ stopped: null }, { stopped: null }] })
    expect(await rig.cli('run').done).toMatchObject({ code: 0 })
    // It died: its leases lapse, and the next run delivers.
    await project.deps.ledger.inbox.renew(claims, -1)
    expect(await project.crosswalk.run([], {})).toMatchObject({
      waiting: 0,
      elsewhere: 0,
      syncs: [{ counts: { made: 2 } }, {}],
    })
  }, 60_000)

  test('fails with what it could not deliver itself', async () => {
    await settle(project)
    const claims = await claimAs('another', shop.win(1))
    const [own = ''] = shop.win(1)
    await project.deps.ledger.inbox.add('orders', [refOf(own)], { lane: 'live' })
    rig.odoo.fault({ match: {}, kind: 'status', status: 503, times: 1000 })
    const report = await project.crosswalk.run(['orders'], {})
    rig.odoo.clearFaults()
    await project.deps.ledger.inbox.renew(claims, -1)
    await settle(project, rig)
    expect(report).toMatchObject({ waiting: 1, elsewhere: 1 })
    expect(report.syncs[0]?.stopped).not.toBeNull()
    expect(orderOf(own)?.state).toBe('sale')
  }, 60_000)
})

describe('work is a run of the kind that brought it:', () => {
  test('a webhook', async () => {
    rig.hubspot.store.sendWebhooks({ url: `${server.url}/hooks/hubspot/${webhookToken}`, clientSecret })
    const [id = ''] = shop.win(1)
    expect(new Set(await rig.hubspot.store.flushWebhooks())).toEqual(new Set([204]))
    rig.hubspot.store.sendWebhooks({ url: `${rig.odoo.url}/nowhere`, clientSecret })
    await newest('webhook')
    await work()
    expect(orderOf(id)?.state).toBe('sale')
    const run = await newest('webhook')
    expect(run).toMatchObject({ state: 'done', actor: null, counts: { found: 1, created: 1, made: 1 } })
    await settle(project)
  }, 60_000)

  test('another sync that fed it', async () => {
    await settle(project)
    const before = await idsOfRuns('fulfilment')
    // What was fed within a minute is one run.
    rig.pass(61_000)
    shop.win(1)
    await project.crosswalk.run(['orders'], {})
    await work('fulfilment')
    expect(await newest('scheduled', 'fulfilment')).toMatchObject({ state: 'done', counts: { reported: 1 } })
    expect(await idsOfRuns('fulfilment')).not.toEqual(before)
    const { syncs } = await project.crosswalk.status()
    expect(syncs[1]).toMatchObject({ sync: 'fulfilment', lastRun: { counts: { reported: 1 } } })
    await settle(project)
  }, 60_000)

  test('a retry, by a person and by itself', async () => {
    const id = shop.winUnknown()
    await settle(project)
    await project.crosswalk.as('ada').retry({ sync: 'orders', records: [id] })
    await work()
    expect(await newest('retry')).toMatchObject({ actor: 'ada', counts: { found: 1, problems: 1 } })
    const enqueue = async () => undefined
    const metrics = { ordersCreated: () => undefined, runEnded: () => undefined }
    const jobs = openJobs(project.projects, { enqueue } as unknown as Queue, { ...project.deps, metrics })
    const before = await idsOfRuns()
    rig.odoo.store.addProduct({ sku: 'NOT-THERE', price: '1', route: 'stock' })
    // Within a minute of the last retry it is one run with it.
    await jobs.probe()
    await work()
    expect(orderOf(id)?.state).toBe('sale')
    expect(await newest('retry')).toMatchObject({ counts: { problems: 1, created: 1 } })
    expect(await idsOfRuns()).toEqual(before)
    await settle(project)
  }, 60_000)

  test('a person’s word about a customer', async () => {
    const ids = ['one', 'two'].map(() => rig.odoo.store.addCustomer({ name: 'Runs AG', is_company: true }))
    const company = rig.hubspot.store.addCompany({ name: 'Runs AG', domain: 'runs.example' })
    const lines = [{ hs_sku: 'A-1', name: 'A', quantity: '1', price: '10' }]
    const id = rig.hubspot.store.addDeal({ stage: 'closedwon', companyId: company, lines })
    await settle(project)
    expect(orderOf(id)).toBeUndefined()
    const what = { customer: `company-${company}`, target: ids[0] ?? '', move: false }
    await project.crosswalk.as('ada').linkCustomer(what)
    await work()
    expect(orderOf(id)?.partnerId).toBe(ids[0])
    expect(await newest('retry')).toMatchObject({ actor: 'ada', counts: { found: 1, created: 1 } })
    await settle(project)
  }, 60_000)

  test('a reconciliation, of the orders and of their reports', async () => {
    const { ledger } = project.deps
    const [id = ''] = shop.win(1)
    // As if a poll had passed it by.
    await project.crosswalk.run(['fulfilment'], {})
    const reports = await idsOfRuns('fulfilment')
    expect(await project.crosswalk.as('ada').reconcile('orders', { mend: true })).toMatchObject({ missing: [id] })
    const inbox = (await ledger.inbox.counts()).find((one) => one.sync === 'fulfilment')
    expect(inbox?.due).toBeGreaterThan(0)
    await work()
    expect(orderOf(id)?.state).toBe('sale')
    expect(await newest('reconcile')).toMatchObject({ actor: 'ada', counts: { found: 1, created: 1 } })
    await work('fulfilment')
    expect(await newest('reconcile', 'fulfilment')).toMatchObject({ counts: { found: inbox?.due } })
    expect(await idsOfRuns('fulfilment')).toHaveLength(reports.length + 1)
    await settle(project)
  }, 60_000)

  test('a backfill', async () => {
    const id = shop.wonEarlier('2025-12-01T00:00:00Z')
    await settle(project)
    await project.crosswalk.as('ada').backfill('orders', { from: '2025-01-01T00:00:00.000Z' as Instant, dryRun: false })
    await work()
    expect(orderOf(id)?.state).toBe('sale')
    expect(await newest('backfill')).toMatchObject({ actor: 'ada', counts: { found: 1, created: 1 } })
    await settle(project)
  }, 60_000)
})

describe('a lost answer', () => {
  test('leaves one record unknown, stops nothing, and is settled within the same run', async () => {
    const before = rig.odoo.store.orders().length
    const ids = shop.win(20)
    // One order a call; every fifth answer is lost.
    for (const skip of [2, 7, 12, 17])
      rig.odoo.fault({ match: { body: '"sale.order","load"' }, kind: 'lose_answer', skip })
    for (const skip of [2, 7, 12, 17]) rig.odoo.fault({ match: { body: '"load"' }, kind: 'lose_answer', skip })
    const report = await project.crosswalk.run(['orders'], {})
    expect(report).toMatchObject({ waiting: 0, problems: 0, syncs: [{ found: 20, stopped: null }] })
    expect(report.syncs[0]?.counts.deferred).toBeGreaterThanOrEqual(4)
    expect(rig.odoo.store.orders()).toHaveLength(before + 20)
    for (const id of ids) expect(orderOf(id)?.state).toBe('sale')
    const told = await Promise.all(ids.map((id) => project.crosswalk.timeline(refOf(id))))
    const texts = told.map((entries) => entries.filter((entry) => entry.event === 'created').map((entry) => entry.text))
    expect(texts.filter((some) => some.length !== 1)).toEqual([])
    expect(texts.flat().filter((text) => text.includes('although the answer was lost')).length).toBeGreaterThanOrEqual(
      1,
    )
    rig.odoo.clearFaults()
    await settle(project)
    expect(await prove(rig, project)).toMatchObject(flawless)
  }, 120_000)
})
