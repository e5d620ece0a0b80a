import { expect, test } from '@jest/globals'
import type { Instant } from '../core/time.ts'
import { openMetrics } from './metrics.ts'

const at = (time: string) => `2026-11-24T${time}.000Z` as Instant
const count = { sync: 'orders', due: 4, later: 2, inWork: 1, bestLane: null, nextInMs: null }

/** The project's own lines, without comments and buckets. */
async function lines(metrics: ReturnType<typeof openMetrics>): Promise<readonly string[]> {
  const text = await metrics.text()
  return text.split('\n').filter((line) => line.startsWith('crosswalk_') && !line.includes('_bucket'))
}

test('shows each observation with its labels', async () => {
  const metrics = openMetrics()
  metrics.called({ connection: 'odoo', method: 'POST', status: 200, ms: 250 })
  metrics.called({ connection: 'odoo', method: 'POST', status: 0, ms: 750 })
  metrics.ordersCreated('orders', 3)
  metrics.webhookReceived('hubspot', 401)
  metrics.runEnded({
    sync: 'orders',
    kind: 'manual',
    state: 'done',
    startedAt: at('09:00:00'),
    endedAt: at('09:00:05'),
  })
  metrics.problemsOpen([
    { sync: 'orders', kind: 'lookup_failed', waiting: 2 },
    { sync: 'orders', kind: 'lookup_failed', waiting: 3 },
  ])
  metrics.inbox([{ ...count, oldest: at('09:00:00') }], at('09:01:00'))
  const quota = { name: '10 seconds', limit: 190, remaining: -3, windowMs: 10_000, endsAt: at('09:00:10') }
  metrics.usage([{ connection: 'hubspot', quotas: [quota], parallel: { calls: 4, most: 10, held: 3 } }])
  metrics.queue({
    detect: { waiting: 1, active: 0 },
    deliver: { waiting: 0, active: 2 },
    upkeep: { waiting: 0, active: 0 },
  })
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      'crosswalk_calls_total{connection="odoo",method="POST",status="200"} 1',
      'crosswalk_calls_total{connection="odoo",method="POST",status="0"} 1',
      'crosswalk_call_duration_seconds_sum{connection="odoo",method="POST"} 1',
      'crosswalk_orders_created_total{sync="orders"} 3',
      'crosswalk_webhooks_total{connection="hubspot",status="401"} 1',
      'crosswalk_run_duration_seconds_sum{sync="orders",kind="manual",state="done"} 5',
      'crosswalk_problems_open{sync="orders",kind="lookup_failed"} 2',
      'crosswalk_records_parked{sync="orders",kind="lookup_failed"} 5',
      'crosswalk_inbox_records{sync="orders",state="due"} 4',
      'crosswalk_inbox_oldest_seconds{sync="orders"} 60',
      'crosswalk_quota_limit{connection="hubspot",quota="10 seconds"} 190',
      'crosswalk_quota_remaining{connection="hubspot",quota="10 seconds"} 0',
      'crosswalk_parallel_calls{connection="hubspot",state="limit"} 4',
      'crosswalk_parallel_calls{connection="hubspot",state="held"} 3',
      'crosswalk_queue_jobs{queue="deliver",state="active"} 2',
    ]),
  )
})

test('forgets problems and syncs that are gone', async () => {
  const metrics = openMetrics()
  metrics.problemsOpen([{ sync: 'orders', kind: 'unavailable', waiting: 1 }])
  metrics.inbox([{ ...count, oldest: null }], at('09:00:00'))
  metrics.problemsOpen([])
  metrics.inbox([], at('09:00:00'))
  expect((await lines(metrics)).join()).not.toMatch(/orders/)
})

test('keeps the registries of two instances apart', async () => {
  const first = openMetrics()
  openMetrics().ordersCreated('orders', 1)
  expect((await lines(first)).join()).not.toMatch(/orders"/)
})
