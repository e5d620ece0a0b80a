import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { deliver } from '../../src/app/engine/deliver.ts'
import { type Jobs, openJobs } from '../../src/app/engine/jobs.ts'
import type { Instant } from '../../src/core/time.ts'
import type { Lane } from '../../src/ports/http.ts'
import type { Job, Queue } from '../../src/ports/queue.ts'
import { settle, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'
import { idleQueue } from './idle-queue.ts'

/* Who gets the calls of a quota when they are scarce, and how those who wait go on. */

const from = '2025-01-01T00:00:00.000Z' as Instant
const allowed = 10_000
let rig: Rig
let project: OpenProject
let client: pg.Client
let shop: ReturnType<typeof stock>
let jobs: Jobs
let queued: Job[]
const queue: Queue = { ...idleQueue(), enqueue: async (added) => void queued.push(...added) }

beforeAll(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  project = await rig.open()
  client = new pg.Client(project.database)
  await client.connect()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  jobs = openJobs(project.projects, queue, { ...project.deps, metrics: project.metrics })
  await jobs.begin()
}, 60_000)
afterAll(async () => {
  await client.end()
  await project.close()
  await rig.close()
})
beforeEach(async () => {
  await goOn()
  await settle(project)
  queued = []
})

/** So many calls are left to all, as HubSpot says, and Crosswalk has been told. */
async function leave(calls: number): Promise<void> {
  rig.hubspot.quota?.limit(allowed)
  rig.hubspot.quota?.spend(allowed - calls)
  await project.projects.current().endpoint('hubspot').connection.read('deals', ['1'], ['properties.dealname'])
  rig.hubspot.resetCalls()
}
/** The quota is free again, and all waits are over. */
async function goOn(): Promise<void> {
  rig.hubspot.quota?.limit(1_000_000_000)
  rig.pass(86_400_000)
  await client.query('delete from crosswalk.quotas')
  await client.query(`update crosswalk.quota_waits set until = now()`)
  await client.query(`update crosswalk.inbox set due_at = least(due_at, now())`)
  await client.query(`update crosswalk.connections set paused_because = null, paused_until = null, failures = 0`)
}
const asked = () => Object.values(rig.hubspot.calls()).reduce((sum, one) => sum + one, 0)
const add = (sync: string, lane: Lane, id: string, run: string | null = null) =>
  project.deps.ledger.inbox.add(sync, [{ connection: 'hubspot', object: 'deals', id }], { lane, run })
const deliverSync = async (name: string) => deliver(await project.projects.current().sync(name), project.deps)
const hasOrder = (id: string) => rig.odoo.erp.orders().some(({ key }) => key?.endsWith(`_deal_${id}`))

// Of 10,000 calls 1,000 are the reserve. Of the rest a tenth is kept from what is tried again, a quarter from backfills.
describe('when calls are scarce', () => {
  const work: readonly (readonly [string, Lane, (id: string) => Promise<unknown>])[] = [
    ['the count of a backfill', 'backfill', () => project.crosswalk.backfill('orders', { from, dryRun: true })],
    ['a comparison of both systems', 'backfill', () => project.crosswalk.reconcile('orders', { mend: false })],
    ['the newest deal of the demo and of `init`', 'backfill', () => project.crosswalk.newestWon()],
    ['a preview of a backfill', 'backfill', (id) => project.crosswalk.preview(id, { backfill: true })],
    ['deals of a backfill', 'backfill', (id) => add('orders', 'backfill', id).then(() => stopOf('orders'))],
    [
      'what is written back of a backfill',
      'backfill',
      (id) => add('fulfilment', 'backfill', id).then(() => stopOf('fulfilment')),
    ],
    ['deals that are tried again', 'retry', (id) => add('orders', 'retry', id).then(() => stopOf('orders'))],
  ]
  async function stopOf(sync: string): Promise<void> {
    const { stopped } = await deliverSync(sync)
    if (stopped !== null) throw new Error(stopped.message)
  }

  test.each(work)(
    '%s make no call when none is left to a %s',
    async (_, lane, act) => {
      const [old = ''] = shop.win(1)
      await settle(project)
      const order = rig.odoo.erp.orders().find(({ key }) => key?.endsWith(`_deal_${old}`))
      rig.odoo.erp.ship(order?.id ?? '')
      // To the better lane something is left.
      await leave(lane === 'backfill' ? 2600 : 1500)
      await expect(act(old)).rejects.toThrow(
        /leaves to (backfills|what is tried again) of connection "hubspot" is used up/,
      )
      expect(asked()).toBe(0)
      expect(await project.projects.current().endpoint('hubspot').paused()).toBeNull()
      const [id = ''] = shop.win(1)
      await add('orders', lane === 'backfill' ? 'retry' : 'live', id)
      expect((await deliverSync('orders')).stopped).toBeNull()
      expect(hasOrder(id)).toBe(true)
    },
    60_000,
  )

  test('live work asks for itself what a backfill asked in vain at the same moment', async () => {
    await leave(2600)
    // A process that knows nothing yet.
    const fresh = await rig.open()
    try {
      const endpoint = fresh.projects.current().endpoint('hubspot')
      const ask = (lane: Lane) => endpoint.within({ lane, mayWrite: false }).describe('deals')
      const [backfill, live] = await Promise.allSettled([ask('backfill'), ask('live')])
      expect([backfill.status, live.status]).toEqual(['rejected', 'fulfilled'])
      expect(await endpoint.paused()).toBeNull()
    } finally {
      await fresh.close()
    }
  }, 60_000)

  test('live work goes first, and with its own lane, where a batch could hold both', async () => {
    const [old = '', fresh = ''] = shop.win(2)
    await leave(1500)
    await add('orders', 'backfill', old)
    await add('orders', 'live', fresh)
    const { counts, stopped } = await deliverSync('orders')
    expect([hasOrder(fresh), hasOrder(old)]).toEqual([true, false])
    expect(counts).toMatchObject({ created: 1 })
    expect(stopped?.problem.kind).toBe('rate_limited')
  }, 60_000)
})

describe('what waits for a quota', () => {
  test('a backfill says so everywhere, claims nothing meanwhile, and goes on when the quota is free', async () => {
    const ids = shop.win(3)
    await settle(project)
    const { ledger, clock } = project.deps
    const run = await ledger.runs.start('orders', 'backfill', clock.now(), null)
    for (const id of ids) await add('orders', 'backfill', id, run)
    await leave(2600)
    const report = await project.crosswalk.run(['orders'], {})
    const wait = { sync: 'orders', lane: 'backfill', connection: 'hubspot', records: 3, until: expect.any(String) }
    expect(report).toMatchObject({ waits: [wait], waiting: 3 })
    const status = await project.crosswalk.status()
    expect(status.waits).toEqual([wait])
    expect(status.connections.find((one) => one.connection === 'hubspot')).toMatchObject({
      quotas: [
        { name: '10 seconds', limit: allowed },
        { name: 'day', limit: allowed },
      ],
      parallel: { most: 10 },
    })
    expect((await project.crosswalk.runs({ sync: 'orders', max: 10 })).find((one) => one.id === run)).toMatchObject({
      state: 'stopped',
      waitsUntil: expect.any(String),
      reason: expect.stringMatching(
        /^What the quota leaves to backfills .* 3 records wait for the quota of connection "hubspot" until /,
      ),
    })
    await jobs.sweep()
    expect(queued).toEqual([])
    // The quota is free again: the next sweep wakes the workers, whatever the schedule says.
    await goOn()
    await jobs.sweep()
    expect(queued).toEqual([{ queue: 'deliver', sync: 'orders', lane: 'backfill' }])
    for (const job of queued.splice(0)) await jobs.handle(job, new AbortController().signal)
    expect((await project.crosswalk.status()).waits).toEqual([])
    expect((await project.crosswalk.runs({ sync: 'orders', max: 10 })).find((one) => one.id === run)).toMatchObject({
      state: 'done',
      reason: null,
      waitsUntil: null,
      counts: { unchanged: 3 },
    })
  }, 60_000)

  test('a look for changes is made up for when the quota is free, not at the next poll', async () => {
    const [id = ''] = shop.win(1)
    const look: Job = { queue: 'detect', sync: 'orders', kind: 'scheduled' }
    const handle = (job: Job) => jobs.handle(job, new AbortController().signal)
    await leave(900)
    await handle(look)
    // Another one finds the connection paused already.
    await handle({ ...look, kind: 'manual' })
    expect(asked()).toBe(0)
    expect((await project.crosswalk.status()).waits).toMatchObject([
      { sync: 'orders', lane: 'live', connection: 'hubspot', records: 0 },
      { sync: 'fulfilment', lane: 'live', connection: 'hubspot' },
    ])
    await jobs.sweep()
    expect(queued).toEqual([])
    await goOn()
    await jobs.sweep()
    expect(queued).toEqual([look, { ...look, kind: 'manual' }])
    for (const job of queued.splice(0)) await handle(job)
    for (const job of queued.splice(0)) await handle(job)
    expect(hasOrder(id)).toBe(true)
  }, 60_000)

  test('the nightly comparison of a sync is made up for likewise, of that sync alone', async () => {
    await leave(2600)
    await jobs.handle({ queue: 'upkeep', task: 'reconcile' }, new AbortController().signal)
    await goOn()
    await jobs.sweep()
    const again: Job = { queue: 'upkeep', task: 'reconcile', sync: 'orders' }
    expect(queued).toEqual([again])
    const before = await project.crosswalk.certificates({ max: 100 })
    await jobs.handle(again, new AbortController().signal)
    expect(await project.crosswalk.certificates({ max: 100 })).toHaveLength(before.length + 1)
  }, 60_000)
})

test('others keep the reserve that the connection has', async () => {
  await leave(1000)
  await expect(project.crosswalk.preview(shop.win(1)[0] ?? '', {})).rejects.toThrow(
    'The quota of connection "hubspot" is used up',
  )
  await goOn()
  await leave(1200)
  expect(await project.crosswalk.preview(shop.win(1)[0] ?? '', {})).toMatchObject({ action: 'create' })
}, 60_000)
