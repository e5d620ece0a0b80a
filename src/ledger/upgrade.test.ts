import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, oldDatabase, silentLog, someKeys } from '../../test/ledger/fresh-ledger.ts'
import type { Instant } from '../core/time.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import { openLedger } from './ledger.ts'

/*
 * A ledger that was written by the release before, whose rows name records by their id alone.
 */

let database: FreshDatabase
let ledger: Ledger

const failure = JSON.stringify({
  problem: { kind: 'lookup_failed', object: 'product.product', value: 'X', hits: 0 },
  message: 'no X',
  fix: 'add X',
})
const order = JSON.stringify({
  fields: { partner_id: '7' },
  lines: { k_line_1: { price_unit: '10' } },
  confirmed: true,
})
const fill = [
  `insert into crosswalk.inbox (sync, record_id, lane, run, attempts, hinted_at, due_at, worker, lease_until, version, again) values
    ('orders', 'waits', 0, '1', 0, now() - interval '1 minute', now() - interval '1 minute', null, null, 0, null),
    ('orders', 'later', 2, '1', 3, now() - interval '1 hour', now() + interval '1 hour', null, null, 4, null),
    ('orders', 'in work', 1, null, 1, now() - interval '1 hour', now() - interval '1 hour', 'dead', now() - interval '1 second', 2, null),
    ('orders', 'hinted again', 1, null, 0, now() - interval '1 hour', now() - interval '1 hour', 'dead', now() - interval '1 second', 1, 0),
    ('orders', 'both', 0, '1', 0, now() - interval '1 hour', now() - interval '1 hour', null, null, 0, null),
    ('fulfilment', 'linked', 0, null, 0, now(), now(), null, null, 0, null),
    ('gone', 'waits', 0, null, 0, now(), now(), null, null, 0, null)`,
  `insert into crosswalk.links
    (sync, kind, source_id, key, state, connection, target_object, target_id, origin, written, reported, label, target_label, stage, source_version, target_version, created_at, updated_at) values
    ('orders', 'order', 'linked', 'k_linked', 'linked', 'erp', 'sale.order', '10', 'created', '${order}', '{"erp_status": "ready"}', 'Deal', 'S010', 'confirmed', 'd 1', 'd 2', '2026-01-02', '2026-01-03'),
    ('orders', 'order', 'adopted', 'k_adopted', 'linked', 'erp', 'sale.order', '11', 'adopted', null, null, 'Deal', 'S011', 'paid', null, null, '2026-01-02', '2026-01-03'),
    ('orders', 'order', 'intended', 'k_intended', 'intended', 'erp', 'sale.order', null, null, null, null, 'Deal', null, null, null, null, '2026-01-02', '2026-01-03'),
    ('orders', 'order', 'sent', 'k_sent', 'sent', 'erp', 'sale.order', null, null, null, null, 'Deal', null, null, null, null, '2026-01-02', '2026-01-03'),
    ('orders', 'order', 'unknown', 'k_unknown', 'unknown', 'erp', 'sale.order', null, null, null, null, 'Deal', null, null, null, null, '2026-01-02', '2026-01-03'),
    ('orders', 'order', 'rejected', 'k_rejected', 'rejected', 'erp', 'sale.order', null, null, null, null, 'Deal', null, null, null, null, '2026-01-02', '2026-01-03'),
    ('orders', 'customer', 'company-1', 'k_company', 'linked', 'erp', 'res.partner', '7', 'created', '{"fields": {"name": "A"}, "lines": {}, "confirmed": false}', null, 'A', 'A', null, null, null, '2026-01-02', '2026-01-03'),
    ('orders', 'customer', 'company-2', 'k_other', 'unknown', 'erp', 'res.partner', null, null, null, null, 'B', null, null, null, null, '2026-01-02', '2026-01-03'),
    ('other', 'customer', 'company-1', 'k_third', 'linked', 'erp', 'res.partner', '7', 'adopted', null, null, 'A', 'A', null, null, null, '2026-01-02', '2026-01-03')`,
  `insert into crosswalk.problems (sync, cause_key, kind, failure, whole, first_seen, last_seen) values
    ('orders', 'lookup_failed product.product X', 'lookup_failed', '${failure}', false, '2026-01-02', '2026-01-03'),
    ('connection erp', 'unavailable', 'unavailable', '{"problem": {"kind": "unavailable"}, "message": "down", "fix": "start it"}', true, '2026-01-02', '2026-01-03')`,
  `insert into crosswalk.problem_records (sync, record_id, problem_id, failure, since) values
    ('orders', 'rejected', 1, '${failure}', '2026-01-02'), ('orders', 'both', 1, '${failure}', '2026-01-03')`,
  `insert into crosswalk.timeline (record_id, sync, at, event, text, details) values
    ('linked', 'orders', '2026-01-02', 'created', 'An order was made', '{"fields": []}'),
    ('linked', 'fulfilment', '2026-01-03', 'reported', 'Written back', 'null')`,
  `insert into crosswalk.runs (sync, kind, state, started_at, ended_at, counts) values
    ('orders', 'scheduled', 'done', '2026-01-02', '2026-01-02', '{"found": 3, "created": 2}')`,
  `insert into crosswalk.syncs (sync, enabled_at, mode, mappings, held_because, extra_orders, cursor) values
    ('orders', '2026-01-01', 'live', 'digest', 'a person said so', 4, '{"from": "2026-01-03", "seen": {}}'),
    ('fulfilment', '2026-01-01', 'shadow', null, null, 0, '{"since": "2026-01-03"}'),
    ('fresh', '2026-01-01', 'live', null, null, 0, null)`,
  `insert into crosswalk.allowances (sync, at, orders) values ('orders', '2026-01-03T10:00:00Z', 6)`,
  `insert into crosswalk.connections (connection, account, failures) values ('crm', '{"id": "4711"}', 0)`,
  `insert into crosswalk.events (connection, id, request_id, hint, received_at) values ('crm', 'e1', 1, null, now())`,
]

const ref = (id: string, object = 'deals') => ({ connection: 'crm', object, id })
const deals = { connection: 'crm', object: 'deals' }
const name = async () => {
  await ledger.syncs.nameRecords('orders', deals, 'deals', 'order')
  await ledger.syncs.nameRecords('fulfilment', deals, 'sale.order', '')
}

beforeAll(async () => {
  database = await oldDatabase()
  for (const sql of fill) await database.query(sql)
  ledger = await openLedger({ connection: database.connection, vaultKeys: someKeys(), log: silentLog })
  // Between the start of the new release and the naming, hints and problems come for records that wait already.
  await ledger.inbox.add('orders', [ref('both')], { lane: 'backfill' })
  await ledger.problems.raise([
    {
      sync: 'orders',
      causeKey: 'record_rejected both',
      failure: { problem: { kind: 'record_rejected', field: null, remoteCode: 'E' }, message: 'newer', fix: 'mend' },
      records: [ref('both')],
    },
  ])
  await name()
})
afterAll(async () => {
  await ledger.close()
  await database.drop()
})

const linksOf = async (kind: string, ids: readonly string[]) =>
  ledger.links.bySource(
    'orders',
    kind,
    ids.map((id) => ref(id, kind === 'order' ? 'deals' : kind)),
  )

describe('after an upgrade', () => {
  test('naming once more changes nothing', async () => {
    const tables = ['inbox', 'links', 'problems', 'problem_records', 'timeline', 'syncs', 'runs']
    const all = () =>
      Promise.all(tables.map((table) => database.query(`select * from crosswalk.${table} order by 1, 2, 3, 4`)))
    const before = await all()
    await name()
    // The one that goes on from another names that one as well, but for its place in the changes.
    await ledger.syncs.nameRecords('orders', deals, null, 'order')
    expect(await all()).toEqual(before)
  })

  test('what no configured sync is for stays as it was', async () => {
    expect(await database.query(`select sync, connection from crosswalk.inbox where connection = ''`)).toEqual([
      { sync: 'gone', connection: '' },
    ])
  })

  test('links are found from both ends, with all that they remember', async () => {
    expect(await linksOf('order', ['linked'])).toEqual([
      {
        id: '1',
        sync: 'orders',
        kind: 'order',
        key: 'k_linked',
        state: 'linked',
        source: { ref: ref('linked'), label: 'Deal', written: { erp_status: 'ready' } },
        target: { connection: 'erp', object: 'sale.order', id: '10', label: 'S010', written: JSON.parse(order) },
        worth: null,
        origin: 'created',
        decisions: null,
        suspect: false,
        erasedAt: null,
        stage: 'confirmed',
        createdAt: '2026-01-02T00:00:00.000Z',
        updatedAt: '2026-01-03T00:00:00.000Z',
      },
    ])
    const states = await linksOf('order', ['adopted', 'intended', 'sent', 'unknown', 'rejected'])
    expect(Object.fromEntries(states.map((link) => [link.source.ref.id, link.state]))).toEqual({
      adopted: 'linked',
      intended: 'intended',
      sent: 'sent',
      unknown: 'unknown',
      rejected: 'rejected',
    })
    const customers = await linksOf('customer', ['company-1', 'company-2'])
    expect(customers.map((link) => [link.source.ref, link.state, link.target.id])).toEqual([
      [ref('company-1', 'customer'), 'linked', '7'],
      [ref('company-2', 'customer'), 'unknown', null],
    ])
    const byTarget = await ledger.links.byTarget('order', [{ connection: 'erp', object: 'sale.order', id: '10' }])
    expect(byTarget.map((link) => link.source.ref)).toEqual([ref('linked')])
  })

  test('a change that was seen before is known, at both ends', async () => {
    for (const [end, version] of [
      ['source', 'd 1'],
      ['target', 'd 2'],
    ] as const) {
      const met = [
        { ref: ref('linked'), version },
        { ref: ref('adopted'), version },
      ]
      expect(await ledger.links.known('orders', 'order', end, met)).toEqual([ref('linked')])
    }
  })

  test('an order keeps its one deal, and a customer its one record within a sync', async () => {
    const [intended] = await linksOf('order', ['intended'])
    const [customer] = await linksOf('customer', ['company-2'])
    const ids = [intended?.id ?? '', customer?.id ?? '']
    const taken = new Set(
      await ledger.links.update([
        { id: ids[0] ?? '', state: 'linked', target: { id: '10' } },
        { id: ids[1] ?? '', state: 'linked', target: { id: '7' } },
      ]),
    )
    expect(taken).toEqual(new Set(ids))
    // The record of the source was written down before: no second intent.
    const target = { connection: 'erp', object: 'sale.order' }
    const again = {
      sync: 'orders',
      kind: 'order',
      key: 'k_sent',
      source: { ref: ref('sent'), label: null },
      target,
      scope: '',
    }
    expect(await ledger.links.intend([again])).toMatchObject([
      { state: 'sent', key: 'k_sent', source: { label: 'Deal' } },
    ])
  })

  test('problems have their records, the newer failure of one that got two', async () => {
    const problems = await ledger.problems.list({ sync: 'orders', max: 10 })
    const waiting = await Promise.all(
      problems.map(async (one) => [one.kind, await ledger.problems.waiting(one.id, 10)]),
    )
    expect(Object.fromEntries(waiting)).toEqual({
      lookup_failed: [ref('rejected')],
      record_rejected: [ref('both')],
    })
    const failures = await ledger.problems.ofRecords('orders', [ref('rejected'), ref('both')])
    expect([...failures].map(([text, { message }]) => [text, message]).sort()).toEqual([
      ['crm deals both', 'newer'],
      ['crm deals rejected', 'no X'],
    ])
    expect(await ledger.problems.list({ sync: 'connection erp', max: 10 })).toMatchObject([
      { kind: 'unavailable', waiting: 0 },
    ])
    expect(await ledger.problems.clear('orders', [ref('rejected')])).toEqual([ref('rejected')])
  })

  test('a deal has its story, of both syncs', async () => {
    expect(await ledger.timeline.of(ref('linked'))).toEqual([
      {
        sync: 'orders',
        ref: ref('linked'),
        at: '2026-01-02T00:00:00.000Z',
        event: 'created',
        text: 'An order was made',
        details: { fields: [] },
        actor: null,
      },
      {
        sync: 'fulfilment',
        ref: ref('linked'),
        at: '2026-01-03T00:00:00.000Z',
        event: 'reported',
        text: 'Written back',
        details: null,
        actor: null,
      },
    ])
  })

  test('each sync goes on where it stood', async () => {
    const now = '2026-01-03T10:30:00.000Z' as Instant
    expect(await ledger.syncs.get('orders', now)).toEqual({
      sync: 'orders',
      enabledAt: '2026-01-01T00:00:00.000Z',
      mode: 'live',
      mappings: 'digest',
      heldBecause: 'a person said so',
      extraOrders: 4,
      lookedAt: null,
      cursors: { deals: { from: '2026-01-03', seen: {} } },
    })
    expect(await ledger.syncs.get('fulfilment', now)).toMatchObject({
      mode: 'shadow',
      cursors: { 'sale.order': { since: '2026-01-03' } },
    })
    expect(await ledger.syncs.get('fresh', now)).toMatchObject({ cursors: {} })
    expect(await ledger.syncs.takeAllowance('orders', 100, 10, now)).toEqual({ granted: false, used: 6 })
    expect(await ledger.runs.list({ max: 10 })).toMatchObject([
      { kind: 'scheduled', counts: { found: 3, created: 2 }, actor: null },
    ])
    expect((await ledger.connections.get('crm')).account).toEqual({ id: '4711' })
    expect(await ledger.events.store('crm', [{ id: 'e1', hint: null }], '')).toEqual([])
  })

  test('what waits is claimed under its full name, each record once', async () => {
    await ledger.inbox.free()
    expect(await ledger.inbox.counts()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ sync: 'orders', due: 3, later: 2, inWork: 0, bestLane: 'live' }),
      ]),
    )
    const claims = await ledger.inbox.claim('orders', { max: 10, worker: 'w', leaseMs: 60_000 })
    const claimed = claims.map((one) => [one.ref, one.lane, one.attempts, one.run])
    expect(claimed).toHaveLength(3)
    expect(claimed).toEqual(
      expect.arrayContaining([
        [ref('waits'), 'live', 0, '1'],
        // The hint of the backfill that came meanwhile takes nothing from the live one.
        [ref('both'), 'live', 0, '1'],
        // A worker died over it once, with a live hint on top.
        [ref('hinted again'), 'live', 1, null],
      ]),
    )
    await ledger.inbox.settle(claims)
    expect(await ledger.inbox.claim('fulfilment', { max: 10, worker: 'w', leaseMs: 60_000 })).toMatchObject([
      { ref: ref('linked') },
    ])
  })
})
