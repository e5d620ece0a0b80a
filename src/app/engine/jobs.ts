import { SyncError } from '../../core/problem.ts'
import { type Instant, shift } from '../../core/time.ts'
import type { Run } from '../../ports/ledger/runs.ts'
import type { Job, Queue } from '../../ports/queue.ts'
import { madeCount } from '../bench/batch.ts'
import type { Deps } from '../bench/deps.ts'
import { connectionCause } from '../bench/endpoint.ts'
import type { Sync } from '../flows/flow.ts'
import { channelCause } from '../project/alerts.ts'
import { type Projects, publishingCause } from '../project/projects.ts'
import { certify } from './certify.ts'
import { deliver } from './deliver.ts'
import { detect } from './detect.ts'
import { freeWork } from './free-work.ts'
import { tellHeld } from './held.ts'
import { noticeChanges } from './notice.ts'
import { purge } from './purge.ts'
import { isNotStarted, tellNotStarted, tellStarted } from './start.ts'

/** How many parked records of each problem are tried again by themselves, every round. */
const probesPerProblem = 100
/** Problems of one sync that are tried again in one round are one run. */
const probeRunMs = 60_000

/** What the server does with jobs. A job says that a sync has work, the inbox says which. */
export interface Jobs {
  handle(job: Job, signal: AbortSignal): Promise<void>
  /** Frees lapsed leases, wakes syncs with due work and restores schedules: this makes lost jobs harmless. */
  sweep(): Promise<void>
  /** Tries the oldest records of each open problem again, in case the cause was fixed. */
  probe(): Promise<void>
  /** Has deals say why they wait, where their whole sync does. */
  tellHeld(): Promise<void>
  /** Takes note of changed mappings, of a switch from shadow to live, and of schedules: at every start and for every new project. */
  begin(): Promise<void>
  /** Removes what the configuration does not keep, unless that was begun less than `restMs` ago. */
  purge(restMs: number): Promise<void>
}

interface Observer {
  ordersCreated(sync: string, count: number): void
  runEnded(run: Pick<Run, 'sync' | 'kind' | 'state' | 'startedAt' | 'endedAt'>): void
}

export function openJobs(
  projects: Pick<Projects, 'current' | 'takeOver'>,
  queue: Queue,
  deps: Deps & { readonly metrics: Observer },
): Jobs {
  const { ledger, clock, log, metrics } = deps

  // Not opened since the start or since the project was replaced: any may have been broken when it was last tried.
  const broken = new Set<string>()
  const passedOver = new Map<string, Instant>()

  /** Opens a sync; a mistake in it is a problem that holds it, not a crash. */
  async function open(name: string, project = projects.current()): Promise<Sync | null> {
    // A job may be of a sync that went with the project before.
    if (!Object.hasOwn(project.config.syncs, name)) return null
    try {
      const sync = await project.sync(name)
      if (broken.delete(name)) {
        await tellStarted(name, ledger)
        await notice(sync)
      }
      return sync
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      broken.add(name)
      await tellNotStarted(name, error, ledger)
      log.warn('sync cannot start', { sync: name, kind: error.problem.kind, why: error.message })
      return null
    }
  }

  // What a quota stopped, and when it is free again: the next poll may be hours away. Work on records needs none of this, as
  // they wait in the inbox; a process that ends has its successor look at everything at its start.
  const owed = new Map<string, { readonly job: Job; readonly at: Instant }>()
  const owe = (job: Job, at: Instant) => void owed.set(JSON.stringify(job), { job, at })

  async function handle(job: Job, signal: AbortSignal): Promise<void> {
    if (job.queue === 'upkeep') return reconcileAll(job.sync === undefined ? null : job.sync)
    // Asked before each job and each batch: a record that another process releases for what was published must not fail once
    // more here, by what was in force before.
    await projects.takeOver()
    const project = projects.current()
    const sync = await open(job.sync, project)
    if (sync === null) return
    if (job.queue === 'detect') {
      const paused = await sync.source.paused()
      if (paused !== null) {
        const { pausedUntil } = await ledger.connections.get(sync.source.name)
        if (paused.problem.kind === 'rate_limited' && pausedUntil !== null) owe(job, pausedUntil)
        return
      }
      const startedAt = clock.now()
      const detection = await failsQuietly(job, () =>
        detect(sync, { kind: job.kind, actor: job.actor ?? null, signal }, deps),
      )
      if (detection === null) return
      if (detection.run !== null) {
        const endedAt = clock.now()
        await ledger.runs.finish(detection.run, { state: 'done', reason: null, now: endedAt })
        metrics.runEnded({ sync: sync.name, kind: job.kind, state: 'done', startedAt, endedAt })
        await queue.enqueue([{ queue: 'deliver', sync: sync.name, lane: 'live' }])
      }
      return
    }
    // Write-backs need not wait for the last of many batches.
    const progress = async (_records: number, _counts: unknown, told: number) => {
      if (told === 0 || sync.feeds === null) return
      await queue.enqueue([{ queue: 'deliver', sync: sync.feeds, lane: job.lane }])
    }
    const outdated = async () => {
      await projects.takeOver()
      return projects.current() !== project
    }
    const delivery = await deliver(sync, deps, { signal, progress, outdated })
    if (await outdated()) await queue.enqueue([{ ...job }])
    metrics.ordersCreated(sync.name, delivery.counts[madeCount] ?? 0)
    if (delivery.records > 0) log.info('delivered', { sync: sync.name, records: delivery.records, ...delivery.counts })
  }

  /** Compares both systems and queues what is missing: this finds what polls and webhooks lost. */
  async function reconcileAll(only: string | null): Promise<void> {
    for (const [name, config] of Object.entries(projects.current().config.syncs)) {
      if (only !== null && name !== only) continue
      const sync = await open(name)
      const deals = sync?.deals ?? null
      if (sync === null || deals === null) continue
      const mend = config.mode === 'live'
      const result = await failsQuietly({ queue: 'upkeep', task: 'reconcile', sync: name }, () =>
        deals.reconcile({ mend, actor: null }, deps),
      )
      if (result === null) continue
      // In shadow there are no orders to certify.
      if (mend) await certify(sync, result, deps)
      const { won, linked, missing, extra } = result
      log.info('reconciled', { sync: name, won, linked, missing: missing.length, extra: extra.length })
    }
  }

  async function notice(sync: Sync): Promise<void> {
    const { mappings, heldBecause } = await ledger.syncs.get(sync.name, clock.now())
    if (mappings !== null && mappings !== sync.digest && heldBecause !== null) await release(sync.name, heldBecause)
    await noticeChanges(sync, deps)
  }

  /** Lets a sync go on that was held for a mistake in its configuration; what a person or the guard holds stays held. */
  async function release(name: string, because: string): Promise<void> {
    const open = await ledger.problems.list({ sync: name, kind: 'configuration_invalid', max: 1000 })
    if (!open.some((one) => one.message === because)) return
    await ledger.syncs.set(name, { heldBecause: null })
    // Batches side by side may have met several mistakes; the sync names the last of them.
    await ledger.problems.close(
      name,
      open.map((one) => one.causeKey),
      { how: 'mappings_changed', by: null },
    )
  }

  /** Closes problems of whole syncs and connections that are configured no more: nobody else would. */
  async function closeOrphans(): Promise<void> {
    const { config } = projects.current()
    const configured = new Set([
      ...Object.keys(config.syncs),
      ...Object.keys(config.connections).map(connectionCause),
      ...Object.keys(config.alerts.channels).map(channelCause),
    ])
    for (const { sync, causeKey, waiting } of await ledger.problems.list({ max: 10_000 })) {
      if (waiting === 0 && sync !== publishingCause && !configured.has(sync))
        await ledger.problems.close(sync, [causeKey], { how: 'not_configured', by: null })
    }
  }

  /**
   * A SyncError is logged only: the circuit breaker and the problems have it already, and the next schedule tries again.
   * @param job  the same work once more, for when a quota that stopped it is free again
   */
  async function failsQuietly<T>(job: Job, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      const { problem } = error
      if (problem.kind === 'rate_limited') owe(job, shift(clock.now(), problem.retryAfterMs))
      log.warn('detection stopped', { kind: problem.kind, why: error.message })
      return null
    }
  }

  const schedules = () =>
    Object.entries(projects.current().config.syncs).flatMap(([sync, { schedule }]) =>
      schedule === null ? [] : [{ sync, cron: schedule.cron, timeZone: schedule.time_zone }],
    )

  return {
    handle,
    async sweep() {
      // A Redis that comes back empty has no schedules either.
      await queue.restore(schedules())
      await freeWork({ ledger, log })
      const free = [...owed].filter(([, { at }]) => at <= clock.now())
      for (const [name] of free) owed.delete(name)
      await queue.enqueue(free.map(([, { job }]) => job))
      const counts = await ledger.inbox.counts()
      await queue.enqueue(
        counts
          .filter((one) => one.due > 0 && projects.current().config.syncs[one.sync] !== undefined)
          .map((one) => ({ queue: 'deliver', sync: one.sync, lane: one.bestLane ?? 'live' })),
      )
    },
    async probe() {
      for (const name of Object.keys(projects.current().config.syncs)) {
        for (const problem of await ledger.problems.list({ sync: name, max: 200 })) {
          // Another process may have met it, and be gone.
          if (isNotStarted(problem) && (await open(name)) !== null) await tellStarted(name, ledger)
          if (problem.waiting === 0) continue
          const records = await ledger.problems.waiting(problem.id, probesPerProblem)
          const run = await ledger.runs.join(name, 'retry', clock.now(), probeRunMs)
          const added = await ledger.inbox.add(name, records, { lane: 'retry', run })
          await ledger.runs.count(run, { found: added })
          await ledger.runs.finish(run, { state: 'done', reason: null, now: clock.now() })
        }
      }
    },
    async tellHeld() {
      for (const name of Object.keys(projects.current().config.syncs)) {
        if (broken.has(name)) continue
        const sync = await open(name)
        if (sync?.feeds != null && (await tellHeld(sync, passedOver, deps)) > 0)
          await queue.enqueue([{ queue: 'deliver', sync: sync.feeds, lane: 'live' }])
      }
    },
    async begin() {
      for (const name of Object.keys(projects.current().config.syncs)) {
        broken.add(name)
        await open(name)
      }
      await closeOrphans()
      await queue.schedule(schedules())
    },
    purge: (restMs) => purge(projects.current().config, restMs, deps),
  }
}
