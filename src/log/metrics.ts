import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { type Instant, toMillis } from '../core/time.ts'
import type { InboxCount } from '../ports/ledger/inbox.ts'
import type { KnownProblem } from '../ports/ledger/problems.ts'
import type { Usage } from '../ports/ledger/quotas.ts'
import type { Run } from '../ports/ledger/runs.ts'
import type { Queue } from '../ports/queue.ts'

/** What is observed, one function each. Labels are few and bounded: no ids, no paths. */
export interface Metrics {
  /** One HTTP attempt; status 0 is a call without a reply. */
  called(call: {
    readonly connection: string
    readonly method: string
    readonly status: number
    readonly ms: number
  }): void
  ordersCreated(sync: string, count: number): void
  webhookReceived(connection: string, status: number): void
  eventsLost(connection: string): void
  /** Somebody who did not know the secret of the address. */
  refused(door: 'api' | 'hooks'): void
  runEnded(run: Pick<Run, 'sync' | 'kind' | 'state' | 'startedAt' | 'endedAt'>): void
  /** The whole state each time: labels that are no longer named are removed. */
  problemsOpen(problems: readonly Pick<KnownProblem, 'sync' | 'kind' | 'waiting'>[]): void
  inbox(counts: readonly InboxCount[], now: Instant): void
  /** What is left of quotas, and calls at once; the whole state each time. */
  usage(usages: readonly Usage[]): void
  alerted(channel: string, outcome: 'sent' | 'failed'): void
  queue(counts: Awaited<ReturnType<Queue['counts']>>): void
  /** In the Prometheus text format. */
  text(): Promise<string>
}

export function openMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] })

  const calls = counter('crosswalk_calls_total', 'Calls to other systems, every attempt; status 0: no reply', [
    'connection',
    'method',
    'status',
  ])
  const callSeconds = new Histogram({
    name: 'crosswalk_call_duration_seconds',
    help: 'Time of one call to another system',
    labelNames: ['connection', 'method'] as const,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [registry],
  })
  const orders = counter('crosswalk_orders_created_total', 'Orders created in the ERP', ['sync'])
  const webhooks = counter('crosswalk_webhooks_total', 'Webhook requests by the status they were answered with', [
    'connection',
    'status',
  ])
  const gaps = counter(
    'crosswalk_event_gaps_total',
    'Times that a stream of events could not go on where it was left',
    ['connection'],
  )
  const refused = counter('crosswalk_refused_total', 'Requests without the secret of the address: API or webhooks', [
    'door',
  ])
  const alerts = counter('crosswalk_alerts_total', 'Messages to people', ['channel', 'outcome'])
  const runSeconds = new Histogram({
    name: 'crosswalk_run_duration_seconds',
    help: 'Time of one run of a sync',
    labelNames: ['sync', 'kind', 'state'] as const,
    buckets: [1, 5, 15, 60, 300, 900, 3600, 14_400],
    registers: [registry],
  })
  const problems = gauge('crosswalk_problems_open', 'Open problems', ['sync', 'kind'])
  const parked = gauge('crosswalk_records_parked', 'Records that wait on an open problem', ['sync', 'kind'])
  const waiting = gauge('crosswalk_inbox_records', 'Records with a change that is not delivered yet', ['sync', 'state'])
  const oldest = gauge('crosswalk_inbox_oldest_seconds', 'Age of the oldest change that is not delivered yet', ['sync'])
  const callsLeft = gauge('crosswalk_quota_remaining', 'Calls that are left of a quota', ['connection', 'quota'])
  const callsAllowed = gauge('crosswalk_quota_limit', 'Calls that a quota allows', ['connection', 'quota'])
  const parallelCalls = gauge('crosswalk_parallel_calls', 'Calls at once: `limit` as learnt, `held` by processes now', [
    'connection',
    'state',
  ])
  const jobs = gauge('crosswalk_queue_jobs', 'Jobs in the queue', ['queue', 'state'])

  return {
    called({ connection, method, status, ms }) {
      calls.inc({ connection, method, status: String(status) })
      callSeconds.observe({ connection, method }, ms / 1000)
    },
    ordersCreated: (sync, count) => orders.inc({ sync }, count),
    webhookReceived: (connection, status) => webhooks.inc({ connection, status: String(status) }),
    refused: (door) => refused.inc({ door }),
    alerted: (channel, outcome) => alerts.inc({ channel, outcome }),
    eventsLost: (connection) => gaps.inc({ connection }),
    runEnded({ sync, kind, state, startedAt, endedAt }) {
      if (endedAt !== null) runSeconds.observe({ sync, kind, state }, secondsBetween(startedAt, endedAt))
    },
    problemsOpen(open) {
      problems.reset()
      parked.reset()
      for (const { sync, kind, waiting: records } of open) {
        problems.inc({ sync, kind })
        parked.inc({ sync, kind }, records)
      }
    },
    inbox(counts, now) {
      waiting.reset()
      oldest.reset()
      for (const count of counts) {
        waiting.set({ sync: count.sync, state: 'due' }, count.due)
        waiting.set({ sync: count.sync, state: 'later' }, count.later)
        waiting.set({ sync: count.sync, state: 'in_work' }, count.inWork)
        oldest.set({ sync: count.sync }, count.oldest === null ? 0 : Math.max(0, secondsBetween(count.oldest, now)))
      }
    },
    usage(usages) {
      for (const one of [callsLeft, callsAllowed, parallelCalls]) one.reset()
      for (const { connection, quotas, parallel } of usages) {
        for (const { name, limit, remaining } of quotas) {
          callsLeft.set({ connection, quota: name }, Math.max(0, remaining))
          callsAllowed.set({ connection, quota: name }, limit)
        }
        if (parallel === null) continue
        parallelCalls.set({ connection, state: 'limit' }, parallel.calls)
        parallelCalls.set({ connection, state: 'held' }, parallel.held)
      }
    },
    queue(counts) {
      for (const [queue, count] of Object.entries(counts)) {
        jobs.set({ queue, state: 'waiting' }, count.waiting)
        jobs.set({ queue, state: 'active' }, count.active)
      }
    },
    text: () => registry.metrics(),
  }
}

const secondsBetween = (start: Instant, end: Instant): number => (toMillis(end) - toMillis(start)) / 1000
