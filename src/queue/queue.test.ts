import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { Queue as BullQueue, createPostgresBackend } from 'bullmq'
import { Redis } from 'ioredis'
import { type FreshDatabase, freshDatabase, silentLog } from '../../test/ledger/fresh-ledger.ts'
import { StoreAway } from '../core/store-away.ts'
import type { Job, Queue } from '../ports/queue.ts'
import { openQueue, type QueueOptions } from './queue.ts'

const redisMissing = spawnSync('redis-server', ['--version']).error !== undefined
if (redisMissing)
  process.stderr.write(
    '\nThe queue is NOT tested on Redis: there is no redis-server here. Install it: apt-get install redis-server\n\n',
  )

const live: Job = { queue: 'deliver', sync: 'orders', lane: 'live' }
const retry: Job = { queue: 'deliver', sync: 'orders', lane: 'retry' }
const backfill: Job = { queue: 'deliver', sync: 'orders', lane: 'backfill' }

/** A promise, and what ends it. */
const gate = () => Promise.withResolvers<void>()

/** Passes on what is pushed, in order, to who waits for it. */
function channel<T>() {
  const values: T[] = []
  let arrived = gate()
  return {
    push(value: T) {
      values.push(value)
      arrived.resolve()
    },
    async take(): Promise<T> {
      while (values.length === 0) {
        arrived = gate()
        await arrived.promise
      }
      return values.shift() as T
    },
  }
}

interface Store {
  readonly backend: QueueOptions['backend']
  /** The ids of the stored schedules with their next times in their zone. */
  schedules(): Promise<readonly string[]>
  /** By schedule, in milliseconds. */
  nextTimes(): Promise<Readonly<Record<string, number>>>
  /** Rows or keys that are stored, and events. */
  size(): Promise<{ readonly stored: number; readonly events: number }>
  /** Loses its data. */
  lose(): Promise<void>
  close(): Promise<void>
}

async function onPostgres(): Promise<Store> {
  const database: FreshDatabase = await freshDatabase()
  const { connection } = database
  return {
    backend: { kind: 'postgres', connection },
    async nextTimes() {
      const queue = new BullQueue('detect', { connection: { ...connection, schema: 'bullmq' } }, createPostgresBackend)
      const found = await queue.getJobSchedulers()
      await queue.close()
      return Object.fromEntries(found.map(({ key, next = 0 }) => [key, next]))
    },
    async schedules() {
      const queue = new BullQueue('detect', { connection: { ...connection, schema: 'bullmq' } }, createPostgresBackend)
      const found = await queue.getJobSchedulers()
      await queue.close()
      return found.map(({ key, pattern, tz }) => `${key} ${pattern} ${tz}`)
    },
    async size() {
      const [row] = await database.query(
        `select (select count(*) from bullmq.job) + (select count(*) from bullmq.dedup) as stored,
          (select count(*) from bullmq.event) as events`,
      )
      return { stored: Number(row?.stored), events: Number(row?.events) }
    },
    async lose() {
      const queue = new BullQueue('detect', { connection: { ...connection, schema: 'bullmq' } }, createPostgresBackend)
      await queue.obliterate({ force: true })
      await queue.close()
    },
    close: () => database.drop(),
  }
}

async function onRedis(): Promise<Store> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  probe.close()
  await once(probe, 'close')
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const server: ChildProcess & { stdout: NodeJS.ReadableStream } = spawn('redis-server', args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: server.stdout }))
    if (/Ready to accept connections/.test(line)) break
  const url = `redis://127.0.0.1:${port}`
  return {
    backend: { kind: 'redis', url },
    async nextTimes() {
      const queue = new BullQueue('detect', { connection: { url }, prefix: 'crosswalk' })
      const found = await queue.getJobSchedulers()
      await queue.close()
      return Object.fromEntries(found.map(({ key, next = 0 }) => [key, next]))
    },
    async schedules() {
      const queue = new BullQueue('detect', { connection: { url }, prefix: 'crosswalk' })
      const found = await queue.getJobSchedulers()
      await queue.close()
      return found.map(({ key, pattern, tz }) => `${key} ${pattern} ${tz}`)
    },
    async size() {
      const client = new Redis(url)
      const events = await Promise.all(
        ['detect', 'deliver', 'upkeep'].map((name) => client.xlen(`crosswalk:${name}:events`)),
      )
      const stored = await client.dbsize()
      await client.quit()
      return { stored, events: events.reduce((sum, one) => sum + one, 0) }
    },
    async lose() {
      const queue = new BullQueue('detect', { connection: { url }, prefix: 'crosswalk' })
      await queue.obliterate({ force: true })
      await queue.close()
    },
    async close() {
      const exit = once(server, 'exit')
      server.kill()
      await exit
    },
  }
}

describe.each([
  { name: 'PostgreSQL', open: onPostgres, missing: false },
  { name: 'Redis', open: onRedis, missing: redisMissing },
])('the queue on $name', ({ open, missing }) => {
  const run = missing ? test.skip : test
  let store: Store
  let queue: Queue
  let logged: string[]

  beforeAll(async () => {
    if (!missing) store = await open()
  })
  afterAll(() => store?.close())

  const openHere = (options: Partial<QueueOptions> = {}) =>
    openQueue({
      backend: store.backend,
      concurrency: { detect: 1, deliver: 1, upkeep: 1 },
      log: { ...silentLog, error: (event) => logged.push(event), warn: (event) => logged.push(event) },
      ...options,
    })
  beforeEach(async () => {
    logged = []
    if (!missing) queue = await openHere()
  })
  afterEach(() => queue?.close())

  run('a job equal to one that waits is not added; another sync or lane is another job', async () => {
    await queue.enqueue([live, live, retry])
    await queue.enqueue([live, { ...live, sync: 'products' }])
    await queue.enqueue([])
    expect((await queue.counts()).deliver).toEqual({ waiting: 3, active: 0 })
    const seen = channel<Job>()
    const stop = await queue.work(async (job) => seen.push(job))
    expect(await seen.take()).toEqual(live)
    expect(await seen.take()).toEqual({ ...live, sync: 'products' })
    expect(await seen.take()).toEqual(retry)
    await stop()
    expect((await queue.counts()).deliver).toEqual({ waiting: 0, active: 0 })
  })

  run('a job that arrives while an equal one is at work runs after it, once', async () => {
    const started = channel<PromiseWithResolvers<void>>()
    const stop = await queue.work(async () => {
      const end = gate()
      started.push(end)
      await end.promise
    })
    await queue.enqueue([live])
    const first = await started.take()
    await queue.enqueue([live])
    await queue.enqueue([live])
    expect((await queue.counts()).deliver).toEqual({ waiting: 1, active: 1 })
    first.resolve()
    const second = await started.take()
    await queue.enqueue([live])
    expect((await queue.counts()).deliver).toEqual({ waiting: 1, active: 1 })
    second.resolve()
    const third = await started.take()
    third.resolve()
    await stop()
    expect((await queue.counts()).deliver).toEqual({ waiting: 0, active: 0 })
  })

  run('live goes before retry, and retry before backfill', async () => {
    await queue.enqueue([backfill])
    await queue.enqueue([retry])
    await queue.enqueue([live])
    const seen = channel<Job>()
    const stop = await queue.work(async (job) => seen.push(job))
    expect([await seen.take(), await seen.take(), await seen.take()]).toEqual([live, retry, backfill])
    await stop()
  })

  run('the jobs of all queues arrive as they were sent', async () => {
    const jobs: Job[] = [{ queue: 'detect', sync: 'orders', kind: 'manual' }, live, { queue: 'upkeep', task: 'purge' }]
    await queue.enqueue(jobs)
    const seen = channel<Job>()
    const stop = await queue.work(async (job) => seen.push(job))
    const arrived = [await seen.take(), await seen.take(), await seen.take()]
    expect(arrived).toEqual(expect.arrayContaining(jobs))
    await stop()
  })

  run('a job that fails is logged, is not repeated, and does not keep an equal one out', async () => {
    let runs = 0
    const seen = channel<Job>()
    const stop = await queue.work(async (job) => {
      runs += 1
      if (runs === 1) throw new Error('broken')
      seen.push(job)
    })
    await queue.enqueue([live])
    while (!logged.includes('job failed')) await queue.counts()
    await queue.enqueue([live])
    await seen.take()
    await stop()
    expect(runs).toBe(2)
    expect(logged).toEqual(['job failed'])
  })

  run('whatever the number of jobs that were done or failed, a hundred are kept and a few events', async () => {
    const jobs = 400
    let ended = 0
    const all = gate()
    const stop = await queue.work(async (job) => {
      ended += 1
      if (ended === jobs) all.resolve()
      if (job.queue !== 'deliver' || job.lane === 'live') throw new Error('broken')
    })
    const before = (await store.size()).stored
    for (let nth = 0; nth < jobs / 2; nth += 1) {
      await queue.enqueue([
        { ...live, sync: `sync ${nth}` },
        { ...retry, sync: `sync ${nth}` },
      ])
    }
    await all.promise
    await stop()
    const { stored, events } = await store.size()
    expect(stored - before).toBeGreaterThan(90)
    // Redis has some keys for each queue besides its jobs, and trims events a macro node at a time.
    expect(stored - before).toBeLessThan(130)
    expect(events).toBeLessThan(600)
  })

  run('stopping tells the jobs at work, waits for them, and leaves the others waiting', async () => {
    const seen = channel<Job>()
    const finished: Job[] = []
    const stop = await queue.work(async (job, signal) => {
      seen.push(job)
      if (!signal.aborted) await once(signal, 'abort')
      finished.push(job)
    })
    await queue.enqueue([live, retry])
    await seen.take()
    await Promise.all([stop(), stop()])
    expect(finished).toEqual([live])
    expect((await queue.counts()).deliver).toEqual({ waiting: 1, active: 0 })
    const again = await queue.work(async (job) => seen.push(job))
    expect(await seen.take()).toEqual(retry)
    await again()
  })

  run('stopping does not wait for ever', async () => {
    const other = await openHere({ drainLimitMs: 1 })
    const end = gate()
    const seen = channel<Job>()
    const stop = await other.work(async (job) => {
      seen.push(job)
      await end.promise
    })
    await queue.enqueue([live])
    await seen.take()
    await stop()
    expect(logged).toEqual(['jobs still at work at the end'])
    end.resolve()
    while ((await queue.counts()).deliver.active > 0);
    await other.close()
  })

  run('stores exactly the schedules it is given, and runs them', async () => {
    const every = { cron: '* * * * * *', timeZone: 'Asia/Shanghai' }
    const nightly = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }
    await queue.schedule([
      { sync: 'orders', ...nightly },
      { sync: 'products', ...nightly },
    ])
    await queue.schedule([
      { sync: 'orders', ...every },
      { sync: 'customers', ...nightly },
    ])
    expect([...(await store.schedules())].sort()).toEqual([
      'customers 30 2 * * * Europe/Berlin',
      'orders * * * * * * Asia/Shanghai',
    ])
    const seen = channel<Job>()
    const stop = await queue.work(async (job) => seen.push(job))
    expect(await seen.take()).toEqual({ queue: 'detect', sync: 'orders', kind: 'scheduled' })
    expect(await seen.take()).toEqual({ queue: 'detect', sync: 'orders', kind: 'scheduled' })
    await queue.schedule([])
    expect(await store.schedules()).toEqual([])
    await stop()
  })

  run('takes the same schedules from several processes at the same moment, while they run', async () => {
    const others = await Promise.all([openHere(), openHere(), openHere()])
    const second = { cron: '* * * * * *', timeZone: 'UTC' }
    const schedules = ['orders', 'fulfilment'].map((sync) => ({ sync, ...second }))
    const seen = channel<Job>()
    const stop = await queue.work(async (job) => seen.push(job))
    for (let ran = 0; ran < 3; ran += 1) {
      for (let round = 0; round < 20; round += 1)
        await Promise.all([queue, ...others].map((one) => one.schedule(schedules)))
      await seen.take()
    }
    expect(await store.schedules()).toHaveLength(2)
    await stop()
    await queue.schedule([])
    for (const one of others) await one.close()
  })

  run('restores schedules that the store has lost, runs them, and leaves the others as they are', async () => {
    const every = { cron: '* * * * * *', timeZone: 'Asia/Shanghai' }
    const nightly = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }
    await queue.schedule([{ sync: 'orders', ...every }])
    await store.lose()
    expect(await store.schedules()).toEqual([])
    const seen = channel<Job>()
    const stop = await queue.work(async (job) => seen.push(job))
    await queue.restore([{ sync: 'orders', ...every }])
    expect(await seen.take()).toEqual({ queue: 'detect', sync: 'orders', kind: 'scheduled' })
    await queue.restore([
      { sync: 'orders', ...nightly },
      { sync: 'customers', ...nightly },
    ])
    expect([...(await store.schedules())].sort()).toEqual([
      'customers 30 2 * * * Europe/Berlin',
      'orders * * * * * * Asia/Shanghai',
    ])
    await queue.schedule([])
    await stop()
  })

  run('restores schedules that wait for the time of a clock that was put back, and no others', async () => {
    const every = { sync: 'orders', cron: '* * * * * *', timeZone: 'Europe/Berlin' }
    const yearly = { sync: 'customers', cron: '30 2 1 1 *', timeZone: 'Europe/Berlin' }
    const clock = jest.spyOn(Date, 'now')
    const now = Date.now()
    clock.mockImplementation(() => now + 86_400_000)
    await queue.schedule([every, yearly])
    clock.mockRestore()
    const before = await store.nextTimes()
    expect(before.orders).toBeGreaterThan(now + 80_000_000)
    const seen = channel<Job>()
    const stop = await queue.work(async (job) => seen.push(job))
    await queue.restore([every, yearly])
    for (let nth = 0; nth < 2; nth += 1)
      expect(await seen.take()).toEqual({ queue: 'detect', sync: 'orders', kind: 'scheduled' })
    const after = await store.nextTimes()
    expect(after.orders).toBeLessThan(now + 80_000_000)
    expect(after.customers).toBe(before.customers)
    await queue.schedule([])
    await stop()
  })

  run('whose store goes away says that of each use', async () => {
    const mortal = await open()
    const other = await openHere({ backend: mortal.backend })
    await other.enqueue([live])
    await mortal.close()
    const uses = [() => other.enqueue([retry]), () => other.counts(), () => other.schedule([]), () => other.restore([])]
    for (const use of uses) await expect(use()).rejects.toThrow(StoreAway)
    await other.close()
  })
})

test('a Redis that does not answer at the start is named, without its password, and not waited for for ever', async () => {
  const backend = { kind: 'redis', url: 'redis://user:hidden@127.0.0.1:1' } as const
  const concurrency = { detect: 1, deliver: 1, upkeep: 1 }
  const opening = openQueue({ backend, concurrency, log: silentLog, readyLimitMs: 100 })
  await expect(opening).rejects.toThrow(/^Redis at 127\.0\.0\.1:1 does not answer\. Start it, or correct REDIS_URL/)
  await expect(opening).rejects.toThrow(StoreAway)
})
