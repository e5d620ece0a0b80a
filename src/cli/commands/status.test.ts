import { expect, test } from '@jest/globals'
import type { Status } from '../../app/crosswalk.ts'
import { shift } from '../../core/time.ts'
import { aRun, cli, now, text } from '../fake.ts'

const sync: Status['syncs'][number] = {
  sync: 'deals',
  from: 'crm',
  to: 'erp',
  document: 'deal',
  schedule: '*/2 * * * *',
  enabledAt: now,
  mode: 'live',
  mappings: null,
  heldBecause: null,
  extraOrders: 0,
  lookedAt: null,
  cursors: {},
  inbox: { sync: 'deals', due: 10, later: 3, inWork: 2, oldest: null, bestLane: null, nextInMs: null },
  problems: 2,
  mutedProblems: 1,
  lastRun: aRun,
}
const account = { id: '123', name: 'Acme', timeZone: 'UTC', currency: null, apiVersion: '1' }
const status: Status = {
  connections: [
    {
      connection: 'crm',
      system: 'hubspot',
      account,
      pausedBecause: null,
      pausedUntil: null,
      failures: 0,
      quotas: [
        { name: '10 seconds', limit: 190, remaining: 154, windowMs: 10_000, endsAt: shift(now, 10_000) },
        { name: 'day', limit: 650_000, remaining: 1200, windowMs: 86_400_000, endsAt: shift(now, 1_500_000) },
      ],
      parallel: { calls: 4, most: 10, held: 3 },
    },
    {
      connection: 'erp',
      system: 'odoo',
      account: null,
      pausedBecause: { problem: { kind: 'auth_rejected' }, message: 'Odoo refused the login.', fix: 'Make a key.' },
      pausedUntil: shift(now, 240_000),
      failures: 3,
      quotas: [],
      parallel: null,
    },
  ],
  syncs: [
    { ...sync, heldBecause: '240 orders, 100 are allowed' },
    {
      ...sync,
      sync: 'fulfilment',
      from: 'erp',
      to: 'crm',
      mode: 'shadow',
      inbox: null,
      problems: 0,
      mutedProblems: 0,
      lastRun: null,
    },
  ],
  waits: [{ sync: 'deals', lane: 'backfill', connection: 'crm', until: shift(now, 1_500_000), records: 120 }],
  alerts: [],
  orders: [
    { state: 'linked', stage: 'paid', count: 1240 },
    { state: 'linked', stage: 'in_production', count: 9 },
    { state: 'unknown', stage: null, count: 1 },
    { state: 'linked', stage: 'draft', count: 3 },
  ],
}

test('answers on one screen', async () => {
  const { code, out } = await cli('status', { status: async () => status })
  expect(code).toBe(0)
  expect(out).toBe(text`
    Connections
      crm  hubspot  ✓ ok      Acme (123)
      erp  odoo     ✗ paused  next try in 4 min
      ✗ Odoo refused the login.
        What to do: Make a key.

    Calls
      crm  10 seconds  154 of 190 left        counted anew in 10 s
      crm  day         1,200 of 650,000 left  counted anew in 25 min
      crm  at once     4 calls (at most 10)   3 in use

    Syncs
      SYNC        WAY        MODE    DUE  LATER  PROBLEMS  LAST RUN
      deals       crm → erp  held     12      3         2  2 min ago, 11 delivered, 1 problem
      fulfilment  erp → crm  shadow    0      0         0  no work yet
      ✗ deals is held: 240 orders, 100 are allowed
        To resume it: crosswalk resume deals
      … 120 records of deals wait for the quota of crm, until 2026-11-24 10:55:00 (in 25 min). What is
        more urgent goes on meanwhile. A server goes on by itself then; without one, the next
        \`crosswalk run\` does.
      ✗ 2 problems wait for a person: crosswalk problems
        1 problem is muted: crosswalk problems --muted

    Orders  1,253
      1 outcome unknown   3 draft   9 in production   1,240 paid
  `)
})

test('breaks the stages where the terminal ends', async () => {
  const { out } = await cli('status', { status: async () => status }, { outColumns: 40 })
  expect(out).toContain('  1 outcome unknown   3 draft\n  9 in production   1,240 paid\n')
})

test.each([
  ['running', { state: 'running' as const, endedAt: null }, 'running, began 2 min ago'],
  ['stopped', { state: 'stopped' as const, reason: 'Odoo is down' }, '2 min ago, stopped: Odoo is down'],
])('tells a run that is %s', async (_state, change, words) => {
  const syncs = [{ ...sync, lastRun: { ...aRun, ...change } }]
  const { out } = await cli('status', { status: async () => ({ ...status, syncs }) })
  expect(out).toContain(words)
})

test('--json gives the status', async () => {
  expect(JSON.parse((await cli('status --json', { status: async () => status })).out)).toEqual(status)
})
