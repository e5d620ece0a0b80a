import {
  type Job as BullJob,
  Queue as BullQueue,
  createPostgresBackend,
  ErrorCode,
  type JobProgress,
  type PostgresConnectionOptions,
  type PostgresPoolConfig,
  type PostgresQueueBackend,
  Worker,
} from 'bullmq'
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import { CronExpressionParser } from 'cron-parser'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { assertNever } from '../core/json.ts'
import { StoreAway } from '../core/store-away.ts'
import type { Log } from '../ports/log.ts'
import type { Job, Queue, Schedule } from '../ports/queue.ts'

type QueueName = Job['queue']
const names = ['detect', 'deliver', 'upkeep'] as const satisfies readonly QueueName[]

export interface QueueOptions {
  readonly backend:
    | { readonly kind: 'postgres'; readonly connection: PostgresPoolConfig }
    | { readonly kind: 'redis'; readonly url: string }
  /** Jobs at work at once in this process, by queue. */
  readonly concurrency: Readonly<Record<QueueName, number>>
  readonly log: Log
  /** How long the end of `work` waits for the jobs at work. */
  readonly drainLimitMs?: number
  /** How long a Redis may take to answer at first. */
  readonly readyLimitMs?: number
}

const jobSchema = z.discriminatedUnion('queue', [
  z.object({
    queue: z.literal('detect'),
    sync: z.string(),
    kind: z.enum(['scheduled', 'manual', 'backfill']),
    actor: z.string().exactOptional(),
  }),
  z.object({ queue: z.literal('deliver'), sync: z.string(), lane: z.enum(['live', 'retry', 'backfill']) }),
  z.object({ queue: z.literal('upkeep'), task: z.string(), sync: z.string().exactOptional() }),
])

const redisPrefix = 'crosswalk'
const schema = 'bullmq'

/** @returns false when the time is over first @throws what the work throws until then */
async function endsWithin(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => late.resolve(false), limitMs)
  try {
    return await Promise.race([work.then(() => true), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Another process stores the same schedule, or a worker takes its job, at the same moment: a moment later there is room. */
const collisions: readonly unknown[] = [
  ErrorCode.SchedulerJobIdCollision,
  ErrorCode.SchedulerJobSlotsBusy,
  // Of PostgreSQL: a row that is there by now, a transaction that came too late, a deadlock.
  ...['23505', '40001', '40P01'],
]
const collided = retry(
  handleWhen((error) => error instanceof Error && 'code' in error && collisions.includes(error.code)),
  { maxAttempts: 20, backoff: new ExponentialBackoff({ initialDelay: 20, maxDelay: 1_000 }) },
)
const again = <T>(work: () => Promise<T>): Promise<T> => collided.execute(work)

/** In the words of ioredis, of Redis, and of PostgreSQL's client; the rest have codes. */
const awayWords =
  /Stream isn't writeable|Connection is closed|max retries per request|^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MISCONF|OOM|NOREPLICAS) |Connection terminated|timeout exceeded when trying to connect|not queryable/
/** Of the system's calls; of PostgreSQL that is stopped, starting, gone, full or without room for a session. */
const awayCodes = /^(E(?!RR_)[A-Z]|08|53|57P|3D000)/

function isAway(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  return awayWords.test(error.message) || ('code' in error && awayCodes.test(String(error.code)))
}

/** The same queue; what fails because its store is away says so. */
function tellingAway(queue: Queue, backend: QueueOptions['backend']): Queue {
  const place = backend.kind === 'redis' ? `Redis at ${new URL(backend.url).host}` : 'The PostgreSQL of the jobs'
  const reach = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      if (!isAway(error)) throw error
      throw new StoreAway(`${place} failed: ${error.message}. Work goes on as soon as it answers again.`, {
        cause: error,
      })
    }
  }
  return {
    enqueue: (jobs) => reach(queue.enqueue(jobs)),
    schedule: (schedules) => reach(queue.schedule(schedules)),
    restore: (schedules) => reach(queue.restore(schedules)),
    work: (handle) => reach(queue.work(handle)),
    counts: () => reach(queue.counts()),
    close: () => queue.close(),
  }
}

/**
 * Opens the queues on PostgreSQL (tables of BullMQ's own, made when missing) or on Redis.
 * @throws StoreAway when the store cannot be reached, as does each use of the queue: whoever started the process starts it
 * again
 */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  const { log, drainLimitMs = 30_000 } = options
  const stores = new Map<QueueName, Store>()
  try {
    // One after the other: the first makes the tables.
    for (const name of names) stores.set(name, await openStore(name, options))
  } catch (error) {
    await Promise.all([...stores.values()].map((store) => store.close()))
    throw error
  }
  const storeOf = (name: QueueName) => (stores.get(name) as Store).queue
  const stops = new Set<() => Promise<void>>()
  const upsert = (schedules: readonly Schedule[]) =>
    Promise.all(
      schedules.map(({ sync, cron, timeZone }) => {
        const job: Job = { queue: 'detect', sync, kind: 'scheduled' }
        const template = { name: job.queue, data: job, opts: { ...kept, priority: priorityOf(job) } }
        return again(() => storeOf('detect').upsertJobScheduler(sync, { pattern: cron, tz: timeZone }, template))
      }),
    )

  const queue: Queue = {
    async enqueue(jobs) {
      await Promise.all(
        names.map(async (name) => {
          const own = jobs.filter((job) => job.queue === name)
          if (own.length > 0) await storeOf(name).addBulk(own.map(addition))
        }),
      )
    },
    async schedule(schedules) {
      const queue = storeOf('detect')
      const wanted = new Set(schedules.map((one) => one.sync))
      const stored = await queue.getJobSchedulers(0, -1)
      await Promise.all(stored.filter((one) => !wanted.has(one.key)).map((one) => queue.removeJobScheduler(one.key)))
      await upsert(schedules)
    },
    async restore(schedules) {
      const stored = await storeOf('detect').getJobSchedulers(0, -1)
      const next = new Map(stored.map((one) => [one.key, one.next]))
      await upsert(schedules.filter((one) => isLost(one, next.get(one.sync))))
    },
    async work(handle) {
      const stopping = new AbortController()
      const perform = async (job: BullJob<Job>) => {
        // From here on an equal job is added again: what it announces may come too late for this one.
        await job.removeDeduplicationKey()
        await handle(jobSchema.parse(job.data), stopping.signal)
      }
      const workers = await Promise.all(names.map((name) => openWorker(name, options, perform)))
      const drain = async () => {
        stopping.abort()
        const closed = Promise.all(workers.map((worker) => worker.close()))
        if (!(await endsWithin(drainLimitMs, closed))) log.warn('jobs still at work at the end', { drainLimitMs })
      }
      let drained: Promise<void> | null = null
      const stop = () => {
        drained ??= drain()
        return drained
      }
      stops.add(stop)
      return stop
    },
    async counts() {
      const count = async (name: QueueName) => {
        const {
          waiting = 0,
          prioritized = 0,
          active = 0,
        } = await storeOf(name).getJobCounts('waiting', 'prioritized', 'active')
        return { waiting: waiting + prioritized, active }
      }
      const [detect, deliver, upkeep] = await Promise.all([count('detect'), count('deliver'), count('upkeep')])
      return { detect, deliver, upkeep }
    },
    async close() {
      await Promise.all([...stops].map((stop) => stop()))
      await Promise.all([...stores.values()].map((store) => store.close()))
    },
  }
  return tellingAway(queue, options.backend)
}

// Completed jobs tell nothing; some that failed are kept for inspection.
const failedMax = 100
const kept = { removeOnComplete: true, removeOnFail: { count: failedMax } }
// Nobody listens to them.
const streams = { events: { maxLen: 100 } }

/** More than a moment after its next time: it was stored before the clock was put back. */
const lateMs = 60_000

function isLost({ cron, timeZone }: Schedule, next: number | undefined): boolean {
  return next === undefined || next > CronExpressionParser.parse(cron, { tz: timeZone }).next().getTime() + lateMs
}

function addition(job: Job) {
  const id = JSON.stringify(Object.values(job))
  return { name: job.queue, data: job, opts: { ...kept, priority: priorityOf(job), deduplication: { id } } }
}

/** 1 goes first. */
function priorityOf(job: Job): number {
  switch (job.queue) {
    case 'detect':
      return { manual: 1, scheduled: 2, backfill: 3 }[job.kind]
    case 'deliver':
      return { live: 1, retry: 2, backfill: 3 }[job.lane]
    case 'upkeep':
      return 1
    default:
      return assertNever(job)
  }
}

// Losing jobs in a crash of the host loses nothing, so their store need not wait for the disk.
const postgres = (connection: PostgresPoolConfig): PostgresPoolConfig => ({
  ...connection,
  schema,
  migrate: true,
  max: 2,
  connectionTimeoutMillis: 10_000,
  options: '-c synchronous_commit=off',
})

interface Store {
  /** What the queues of both backends have in common, of that what is used here. */
  readonly queue: Pick<
    BullQueue<Job, void, string, Job, void, string>,
    'waitUntilReady' | 'addBulk' | 'getJobCounts' | 'getJobSchedulers' | 'removeJobScheduler' | 'upsertJobScheduler'
  >
  close(): Promise<void>
}
type Consumer = Pick<Worker, 'close'>

/** Ready for use. @throws Error when the store cannot be reached */
async function openStore(
  name: QueueName,
  { backend, log, readyLimitMs = 10_000 }: Omit<QueueOptions, 'concurrency'>,
): Promise<Store> {
  const opened = (): Store => {
    switch (backend.kind) {
      case 'postgres': {
        type Queue = BullQueue<Job, void, string, Job, void, string, PostgresQueueBackend, PostgresConnectionOptions>
        const queue: Queue = new BullQueue(
          name,
          { connection: postgres(backend.connection), streams },
          createPostgresBackend,
        )
        return { queue: queue.on('error', noteTo(log, name)), close: () => queue.close() }
      }
      case 'redis': {
        // While Redis is away, adding fails instead of waiting for ever.
        const connection = new Redis(backend.url, { enableOfflineQueue: false, maxRetriesPerRequest: 3 })
        const queue: BullQueue<Job, void, string, Job, void, string> = new BullQueue(name, {
          connection,
          prefix: redisPrefix,
          streams,
        })
        // BullMQ itself would take leave of the connection, which fails or waits where Redis is away.
        const close = async () => {
          await queue.close()
          connection.disconnect()
        }
        return { queue: queue.on('error', noteTo(log, name)), close }
      }
      default:
        return assertNever(backend)
    }
  }
  const store = opened()
  try {
    // BullMQ itself would wait for a Redis for ever.
    const ready = await endsWithin(readyLimitMs, store.queue.waitUntilReady())
    if (!ready && backend.kind === 'redis')
      throw new StoreAway(
        `Redis at ${new URL(backend.url).host} does not answer. Start it, or correct REDIS_URL; without REDIS_URL the jobs are in PostgreSQL.`,
      )
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

async function openWorker(
  name: QueueName,
  { backend, concurrency, log }: QueueOptions,
  perform: (job: BullJob<Job>) => Promise<void>,
): Promise<Consumer> {
  const opened = () => {
    const settings = { concurrency: concurrency[name] }
    switch (backend.kind) {
      case 'postgres': {
        const connection = postgres(backend.connection)
        type PostgresWorker = Worker<Job, void, string, PostgresQueueBackend, JobProgress, PostgresConnectionOptions>
        const worker: PostgresWorker = new Worker(name, perform, { ...settings, connection }, createPostgresBackend)
        return worker
      }
      case 'redis': {
        const connection = { url: backend.url, maxRetriesPerRequest: null }
        return new Worker(name, perform, { ...settings, connection, prefix: redisPrefix })
      }
      default:
        return assertNever(backend)
    }
  }
  const worker = opened()
  worker.on('error', noteTo(log, name))
  // Not repeated here: what was to be done still waits in the ledger, whose sweep asks for it again.
  worker.on('failed', (job, error) => log.error('job failed', { queue: name, job: job?.id, reason: error.message }))
  worker.on('stalled', (job) => log.warn('job lost its worker', { queue: name, job }))
  await worker.waitUntilReady()
  return worker
}

const noteTo = (log: Log, queue: QueueName) => (error: Error) =>
  log.warn('queue store failed', { queue, reason: error.message })
