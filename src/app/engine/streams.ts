import { failureOf, SyncError } from '../../core/problem.ts'
import type { EventStream } from '../../ports/connector.ts'
import type { Job } from '../../ports/queue.ts'
import type { Deps } from '../bench/deps.ts'
import { connectionCause, type Endpoint } from '../bench/endpoint.ts'
import { together } from '../bench/together.ts'
import type { Projects } from '../project/projects.ts'
import { storeEvents } from './events.ts'

const leaseMs = 60_000
/** How soon a connection is followed that was added, or another one in its place. */
const lookMs = 5_000
/** Exponential back-off between two attempts to follow a stream: another worker may have it, or it broke off. */
const waitMs = (failures: number) => Math.min(5 * 60_000, 5_000 * 2 ** Math.max(0, failures - 1))
/** A stream that breaks off so many times in a row becomes a problem. */
const failuresBeforeProblem = 3
const cause = 'event stream'

type StreamDeps = Deps & {
  readonly wake: (jobs: readonly Job[]) => Promise<void>
  readonly metrics: { eventsLost(connection: string): void }
}

/**
 * Follows the event streams of all connections that have one, until `signal` fires. Each is followed by one process at a
 * time. A stream only makes changes known sooner: when it breaks off, polls go on and nothing is lost.
 */
export async function followStreams(
  projects: Pick<Projects, 'current'>,
  deps: StreamDeps,
  signal: AbortSignal,
): Promise<void> {
  const followed = new Map<Endpoint, { readonly gone: AbortController; readonly over: Promise<void> }>()
  // Connections come and go while it works.
  while (!signal.aborted) {
    const { endpoints } = projects.current()
    for (const [endpoint, { gone, over }] of followed) {
      if (endpoints.get(endpoint.name) === endpoint) continue
      gone.abort()
      await over
      followed.delete(endpoint)
    }
    for (const endpoint of endpoints.values()) {
      if (followed.has(endpoint)) continue
      const gone = new AbortController()
      const over = follow(projects, endpoint, deps, AbortSignal.any([signal, gone.signal]))
      followed.set(endpoint, { gone, over })
    }
    await deps.clock.sleep(lookMs, signal)
  }
  await together([...followed.values()].map(({ over }) => over))
}

async function follow(
  projects: Pick<Projects, 'current'>,
  endpoint: Endpoint,
  deps: StreamDeps,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, log, clock, worker } = deps
  const { name } = endpoint
  let failures = 0
  let ended = false
  while (!signal.aborted && !ended) {
    try {
      if (endpoint.connection.listen !== null) await followOnce()
      else {
        await ledger.problems.close(connectionCause(name), [cause])
        ended = true
      }
    } catch (error) {
      // The ledger does not answer, or it is a fault of ours: polls go on, and so does this when it is over.
      failures += 1
      log.error('event stream failed', {
        connection: name,
        why: error instanceof Error ? error.message : String(error),
      })
    }
    await clock.sleep(waitMs(failures), signal)
  }

  async function followOnce(): Promise<void> {
    const free = (await endpoint.paused()) === null
    const taken = free ? await ledger.streams.take(name, { worker, leaseMs }) : null
    if (taken !== null) {
      // Another process, or this one before its last start, may have told that the stream breaks off.
      let works = false
      try {
        await listen(projects, endpoint, taken.place, deps, signal, async () => {
          if (!works) await ledger.problems.close(connectionCause(name), [cause])
          works = true
          failures = 0
        })
      } catch (error) {
        if (!(error instanceof SyncError)) throw error
        failures += 1
        log.warn('event stream broke off', { connection: name, kind: error.problem.kind, why: error.message, failures })
        if (failures === failuresBeforeProblem) {
          const failure = {
            ...failureOf(error),
            message: `The event stream of "${name}" keeps breaking off: ${error.message}. Until it is fixed, changes are found by polling.`,
          }
          await ledger.problems.raise([{ sync: connectionCause(name), causeKey: cause, failure, records: [] }])
        }
      } finally {
        await ledger.streams.leave(name, worker)
      }
    }
  }
}

/** Follows a stream once, as long as it lasts and the lease is kept. @param works  called at every renewal of the lease */
async function listen(
  projects: Pick<Projects, 'current'>,
  { connection, name }: Endpoint,
  place: EventStream['place'],
  deps: StreamDeps,
  signal: AbortSignal,
  works: () => Promise<void>,
): Promise<void> {
  const { ledger, log, clock, worker } = deps
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const beating = (async () => {
    for (;;) {
      await clock.sleep(leaseMs / 3, stop)
      if (stop.aborted) return
      if ((await ledger.streams.take(name, { worker, leaseMs })) === null) return over.abort()
      await works()
    }
  })().then(
    () => null,
    (error: unknown) => {
      over.abort()
      return { error }
    },
  )
  let failed: { readonly error: unknown } | null = null
  try {
    await deps.scopes.within({ lane: 'live', mayWrite: false }, async () =>
      connection.listen?.({
        place,
        signal: stop,
        async handle(events, reached) {
          const woken = await ledger.inTransaction(async (tx) => {
            const jobs =
              events.length === 0
                ? []
                : await storeEvents(
                    projects.current(),
                    { connection: name, events, body: JSON.stringify(events), at: clock.now() },
                    tx,
                  )
            await tx.streams.move(name, worker, reached)
            return jobs
          })
          await deps.wake(woken)
        },
        async gap(reason) {
          log.warn('events lost', { connection: name, reason })
          deps.metrics.eventsLost(name)
          const looks = Object.entries(projects.current().config.syncs).filter(([, sync]) => sync.from === name)
          await deps.wake(looks.map(([sync]) => ({ queue: 'detect', sync, kind: 'scheduled' })))
        },
      }),
    )
  } finally {
    over.abort()
    failed = await beating
  }
  if (failed !== null) throw failed.error
}
