import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { flawless, prove, settle, settleUntil, stock } from '../faults/proof.ts'
import { type FreshDatabase, freshDatabase, oldDatabase } from '../ledger/fresh-ledger.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * A project whose ledger was written by the release before goes on as if nothing had happened. What that release would
 * have left is made of what this one has written, with its columns and no others.
 */

let rig: Rig
let project: OpenProject
let shop: ReturnType<typeof stock>
let fresh: FreshDatabase
let old: FreshDatabase
const environment: Record<string, string> = {}

const urlOf = ({ connection: { host, port, user, database } }: FreshDatabase) =>
  `postgres://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`

/** Columns of the release before, as a select gives them from today's tables. */
const leftBehind: Readonly<Record<string, string>> = {
  inbox: 'sync, record_id, lane, run, attempts, hinted_at, due_at, worker, lease_until, version, again',
  links: `id, sync, kind, source_id, key, state, target_connection as connection, target_object, target_id, origin,
    target_written as written, source_written as reported, source_label as label, target_label, stage, source_version,
    target_version, created_at, updated_at`,
  problems: 'id, sync, cause_key, kind, failure, whole, first_seen, last_seen',
  problem_records: 'sync, record_id, problem_id, failure, since',
  timeline: 'id, record_id, sync, at, event, text, details',
  runs: 'id, sync, kind, state, started_at, ended_at, counts, reason',
  syncs: `sync, enabled_at, mode, mappings, held_because, extra_orders,
    (select value from jsonb_each(cursors) limit 1) as cursor`,
  allowances: 'sync, at, orders',
  connections: 'connection, account, paused_because, paused_until, failures, secrets',
}

async function copyBack(): Promise<void> {
  for (const [table, columns] of Object.entries(leftBehind)) {
    const rows = await fresh.query(`select to_json(row) as row from (select ${columns} from crosswalk.${table}) as row`)
    const names = columns
      .replace(/\([^)]*\([^)]*\)[^)]*\)/g, '')
      .split(',')
      .map((one) => one.trim().split(/\s+/).at(-1))
    await old.query(
      `insert into crosswalk.${table} (${names.join(', ')}) overriding system value
       select ${names.map((one) => (one === 'details' ? `coalesce(details, 'null')` : one)).join(', ')} from json_populate_recordset(null::crosswalk.${table}, $1)`,
      [JSON.stringify(rows.map(({ row }) => row))],
    )
    if (columns.startsWith('id,')) {
      await old.query(
        `select setval(pg_get_serial_sequence('crosswalk.${table}', 'id'), (select coalesce(max(id), 1) from crosswalk.${table}))`,
      )
    }
  }
}

const orderOf = (id: string) => rig.odoo.store.orders().find((order) => order.externalId?.endsWith(`_deal_${id}`))
const deal = (id: string) => rig.hubspot.store.deal(id)?.properties ?? {}
const refOf = (id: string) => ({ connection: 'hubspot', object: 'deals', id })

beforeAll(async () => {
  fresh = await freshDatabase()
  old = await oldDatabase()
  environment.DATABASE_URL = urlOf(fresh)
  rig = await openRig({ environment, crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
}, 60_000)
afterAll(async () => {
  await project.close()
  await rig.close()
  await fresh.drop()
  await old.drop()
})

test('a ledger of the release before is taken over with all that is under way', async () => {
  const done = shop.win(6)
  const unknown = shop.winUnknown()
  await settle(project)
  const [shipped = '', lost = '', notSent = '', amended = '', unreported = ''] = done
  const before = rig.odoo.store.orders().map((order) => order.name)
  const waiting = shop.win(2)
  const due = [...waiting, lost, notSent]
  await project.deps.ledger.inbox.add('orders', due.map(refOf), { lane: 'live' })
  await project.deps.ledger.inbox.add('fulfilment', [refOf(unreported)], { lane: 'live' })
  await project.close()
  // A report was about to be written back.
  rig.hubspot.store.updateDeal(unreported, { erp_status: '' })
  await fresh.query(`update crosswalk.links set source_written = null where source_id = $1`, [unreported])
  // One answer was lost, of another order nothing more than the intent was stored: both are in the ERP.
  await fresh.query(
    `update crosswalk.links set state = 'unknown', target_id = null, origin = null, target_written = null where source_id = $1`,
    [lost],
  )
  await fresh.query(
    `update crosswalk.links set state = 'intended', target_id = null, origin = null, target_written = null where source_id = $1`,
    [notSent],
  )
  await copyBack()
  environment.DATABASE_URL = urlOf(old)

  // The sync of reports is the first to run, and alone: it reads what the other one's rows tell.
  rig.odoo.store.ship(orderOf(shipped)?.id ?? '', { part: false })
  project = await rig.open()
  const report = await project.crosswalk.run(['fulfilment'], {})
  expect(report.syncs[0]?.counts).not.toHaveProperty('left_out')
  expect(deal(unreported).erp_status).toBe('ready')
  for (let round = 0; round < 100 && deal(shipped).erp_status !== 'shipped'; round += 1) {
    await project.crosswalk.run(['fulfilment'], {})
    await project.deps.clock.sleep(100)
  }
  expect(deal(shipped).erp_status).toBe('shipped')
  expect(deal(unknown).erp_sync_problem).toContain('NOT-THERE')

  await settle(project)
  const problems = await project.crosswalk.problems({ max: 10 })
  expect(problems).toHaveLength(2)
  const problem = problems.find(({ kind }) => kind === 'lookup_failed')
  expect(problem).toMatchObject({ waiting: 1, records: [refOf(unknown)] })
  // There is an order of which nothing more than the intent was stored.
  expect(problems).toContainEqual(expect.objectContaining({ kind: 'ledger_behind', waiting: 0 }))
  expect(rig.odoo.store.orders().map((order) => order.name)).toEqual(expect.arrayContaining(before))
  expect(await prove(rig, project)).toMatchObject({ ...flawless, won: 9, orders: 8, problems: 1 })
  for (const id of [...done, ...waiting]) expect(orderOf(id)?.state).toBe('sale')

  // Stories go on, and the deals are followed as before.
  const story = await project.crosswalk.timeline(refOf(shipped))
  expect(story.map((entry) => entry.event)).toEqual(
    expect.arrayContaining(['won', 'created', 'confirmed', 'stage', 'reported']),
  )
  expect(await project.crosswalk.reconcile('orders', { mend: false })).toMatchObject({ missing: [], extra: [] })
  rig.hubspot.store.addLine(amended, { hs_sku: 'A-1', name: 'A', quantity: '1', price: '10' })
  rig.hubspot.store.updateDeal(amended, { amount: String(Number(deal(amended).amount) + 10) })
  rig.odoo.store.addProduct({ sku: 'NOT-THERE', price: '1', route: 'stock' })
  await project.crosswalk.retry({ problem: problem?.id ?? '' })
  await settleUntil(project, rig, () => orderOf(amended)?.lines.length === 3)
  expect(orderOf(amended)?.lines).toHaveLength(3)
  expect(await prove(rig, project)).toMatchObject({ ...flawless, won: 9, orders: 9, problems: 0 })
}, 120_000)
