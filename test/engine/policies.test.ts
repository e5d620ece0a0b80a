import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { flawless, prove, settle, settleUntil, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

let rig: Rig
let project: OpenProject
let shop: ReturnType<typeof stock>

async function begin(options: Parameters<typeof openRig>[0] = {}): Promise<void> {
  rig = await openRig({ ...options, crm: { indexDelaySeconds: 0, lineItemsMinutes: 0, ...options?.crm } })
  project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
}
afterEach(async () => {
  await project.close()
  await rig.close()
})

const deal = (id: string) => rig.hubspot.store.deal(id)?.properties ?? {}
const orderOf = (id: string) => rig.odoo.store.orders().find((order) => order.externalId?.endsWith(`_deal_${id}`))
/** Opens the project anew, after its configuration changed. */
async function reopen(): Promise<void> {
  await project.close()
  project = await rig.open()
}

describe('a new sync', () => {
  test('takes deals won from `since` on and leaves older ones to a backfill', async () => {
    await begin({ orders: { since: '2026-06-01T00:00:00Z' } })
    const old = shop.wonEarlier('2026-05-31T12:00:00Z')
    const [fresh = ''] = shop.win(1)
    await settle(project)
    expect([orderOf(old), orderOf(fresh)?.state]).toEqual([undefined, 'sale'])
    expect((await project.crosswalk.timeline({ id: old })).map((entry) => entry.event)).toContain('left_out')
    const from = '2026-01-01T00:00:00.000Z' as never
    expect(await project.crosswalk.backfill('orders', { from, dryRun: true })).toEqual({ found: 1 })
    await settle(project)
    expect(orderOf(old)).toBeUndefined()
    await project.crosswalk.backfill('orders', { from, dryRun: false })
    await settle(project)
    expect(orderOf(old)?.state).toBe('sale')
  })

  test('writes nothing in shadow mode, and everything once it goes live', async () => {
    await begin({ orders: { mode: 'shadow' }, fulfilment: { mode: 'shadow' } })
    const [id = ''] = shop.win(3)
    shop.winUnknown()
    rig.odoo.resetCalls()
    await settle(project)
    expect(rig.odoo.store.orders()).toEqual([])
    expect(rig.odoo.store.partners().filter((partner) => partner.externalId !== null)).toEqual([])
    expect(deal(id).erp_status ?? '').toBe('')
    expect((await project.crosswalk.timeline({ id })).map((entry) => entry.event)).toEqual(['would_create'])
    expect(await project.crosswalk.problems({ max: 10 })).toHaveLength(1)
    await rig.configure({ orders: { mode: 'live' }, fulfilment: { mode: 'live' } })
    await reopen()
    await settle(project)
    expect(await prove(rig, project)).toMatchObject({ ...flawless, orders: 3 })
  })

  test('stops before the first order when there are more than the guard allows, and goes on when told', async () => {
    await begin({ orders: { guard: { orders_per_hour: 5 } } })
    shop.win(8)
    const report = await project.crosswalk.run(['orders'], {})
    expect(report.syncs[0]?.stopped?.problem).toMatchObject({ kind: 'guard_tripped', allowed: 5, wanted: 8 })
    expect(rig.odoo.store.orders()).toEqual([])
    // Nor is there a customer that nobody needs yet.
    expect(rig.odoo.store.partners().filter((partner) => partner.externalId !== null)).toEqual([])
    await project.crosswalk.run(['orders'], {})
    expect(rig.odoo.store.orders()).toEqual([])
    await project.crosswalk.run(['orders'], { allow: 8 })
    await settle(project)
    expect(await prove(rig, project)).toMatchObject({ ...flawless, orders: 8 })
    expect(await project.crosswalk.problems({ max: 10 })).toEqual([])
  })
})

describe('an order', () => {
  beforeEach(() => begin())

  test('stays a draft when its totals differ from the deal, and is confirmed once they agree', async () => {
    const [id = ''] = shop.win(1)
    const amount = deal(id).amount ?? ''
    rig.hubspot.store.updateDeal(id, { amount: '1234' })
    await settle(project)
    expect(orderOf(id)?.state).toBe('draft')
    expect(deal(id).erp_sync_problem).toContain('1234')
    rig.hubspot.store.updateDeal(id, { amount })
    await settle(project)
    expect(orderOf(id)?.state).toBe('sale')
    expect(deal(id).erp_sync_problem ?? '').toBe('')
    expect(rig.odoo.store.orders()).toHaveLength(1)
  })

  test('follows its deal as long as nothing is shipped, and no further', async () => {
    const [id = ''] = shop.win(1)
    await settle(project)
    const lines = orderOf(id)?.lines.length ?? 0
    const change = (price: string) => {
      rig.hubspot.store.addLine(id, { hs_sku: 'C-3', name: 'more', quantity: '1', price })
      rig.hubspot.store.updateDeal(id, { amount: String(Number(deal(id).amount) + Number(price)) })
    }
    change('7')
    await settle(project)
    expect(orderOf(id)?.lines).toHaveLength(lines + 1)
    rig.odoo.store.ship(orderOf(id)?.id ?? '', { part: true })
    change('8')
    await settle(project)
    expect(orderOf(id)?.lines).toHaveLength(lines + 1)
    expect(deal(id).erp_sync_problem).toContain('partly shipped')
  })

  test('that is confirmed is compared with its deal again, whatever changed, until they agree', async () => {
    const [id = ''] = shop.win(1)
    await settle(project)
    const amount = deal(id).amount ?? ''
    rig.hubspot.store.updateDeal(id, { amount: '1234' })
    await settle(project)
    const problems = () => project.crosswalk.problems({ max: 10 })
    expect(await problems()).toMatchObject([{ kind: 'totals_differ', records: [{ id }] }])
    expect(deal(id).erp_sync_problem).toContain('1234')
    expect(deal(id).erp_sync_problem).toContain('confirmed already')
    // Trying again does not make it right.
    await project.crosswalk.retry({ problem: (await problems())[0]?.id ?? '' })
    await settle(project)
    expect(await problems()).toHaveLength(1)
    rig.hubspot.store.updateDeal(id, { amount })
    await settle(project)
    expect(await problems()).toEqual([])
    expect(deal(id).erp_sync_problem ?? '').toBe('')
    // A person changed the order in the ERP, and the deal changed in what no order shows.
    rig.odoo.store.editLine(orderOf(id)?.lines[0]?.id ?? '', { price_unit: 3 })
    rig.hubspot.store.updateDeal(id, { dealname: 'Other name' })
    await settle(project)
    expect(await problems()).toMatchObject([{ kind: 'order_drifted', message: expect.stringContaining('net') }])
  })

  test('that was cancelled in the ERP is compared with its deal no more', async () => {
    const [id = ''] = shop.win(1)
    await settle(project)
    rig.odoo.store.cancelOrder(orderOf(id)?.id ?? '')
    rig.hubspot.store.updateDeal(id, { amount: '1234' })
    await settle(project)
    expect(await project.crosswalk.problems({ max: 10 })).toEqual([])
  })

  test('is left alone when its deal is no longer won, with a problem that says so', async () => {
    const [id = ''] = shop.win(1)
    await settle(project)
    rig.hubspot.store.updateDeal(id, { dealstage: 'closedlost' })
    await settle(project)
    expect(orderOf(id)?.state).toBe('sale')
    const [problem] = await project.crosswalk.problems({ max: 10 })
    expect(problem).toMatchObject({ kind: 'unwon_refused', records: [{ id }] })
    expect(deal(id).erp_sync_problem).toContain('no longer won')
    rig.hubspot.store.updateDeal(id, { dealstage: 'closedwon' })
    await settle(project)
    expect(await project.crosswalk.problems({ max: 10 })).toEqual([])
    expect(rig.odoo.store.orders()).toHaveLength(1)
  })

  test('that was deleted in the ERP is a problem, never made again in silence', async () => {
    const [id = ''] = shop.win(1)
    await settle(project)
    const order = orderOf(id)?.id ?? ''
    rig.odoo.store.cancelOrder(order)
    rig.odoo.store.deleteOrder(order)
    rig.hubspot.store.updateDeal(id, { dealname: 'touched' })
    rig.hubspot.store.addLine(id, { hs_sku: 'A-1', name: 'more', quantity: '1', price: '10' })
    await settle(project)
    expect(orderOf(id)).toBeUndefined()
    expect((await project.crosswalk.problems({ max: 10 })).map((problem) => problem.kind)).toContain('record_gone')
  })
})

describe('an order of Odoo 19', () => {
  beforeEach(() => begin({ simulators: { odoo: { version: '19.0' } } }))

  test('keeps the agreed price when the quantity changes, confirmed or not', async () => {
    const [id = ''] = shop.win(1)
    await settle(project)
    const line = rig.hubspot.store.addLine(id, { hs_sku: 'A-1', name: 'more', quantity: '2', price: '10.5' })
    rig.hubspot.store.updateDeal(id, { amount: (Number(deal(id).amount) + 21).toFixed(2) })
    await settle(project)
    rig.hubspot.store.updateRecord('line_items', line, { quantity: '4' })
    rig.hubspot.store.updateDeal(id, { amount: (Number(deal(id).amount) + 21).toFixed(2) })
    await settle(project)
    expect(orderOf(id)?.lines.at(-1)).toMatchObject({ quantity: 4, price: 10.5 })
    expect(orderOf(id)?.amountUntaxed).toBeCloseTo(Number(deal(id).amount))
    expect(await project.crosswalk.problems({ max: 10 })).toEqual([])
  })
})

describe('a problem', () => {
  beforeEach(() => begin())

  test('holds all records of one cause, and one retry releases them', async () => {
    const waiting = [shop.winUnknown(), shop.winUnknown(), shop.winUnknown()]
    const [good = ''] = shop.win(1)
    await settle(project)
    expect(orderOf(good)?.state).toBe('sale')
    const [problem] = await project.crosswalk.problems({ max: 10 })
    expect(problem).toMatchObject({
      kind: 'lookup_failed',
      waiting: 3,
      records: waiting.map((id) => ({ connection: 'hubspot', object: 'deals', id })),
    })
    expect(problem?.message).toContain('NOT-THERE')
    rig.odoo.store.addProduct({ sku: 'NOT-THERE', price: '1', route: 'stock' })
    expect(await project.crosswalk.retry({ problem: problem?.id ?? '' })).toBe(3)
    await settle(project)
    expect(await project.crosswalk.problems({ max: 10 })).toEqual([])
    for (const id of waiting) expect(deal(id)).toMatchObject({ erp_status: 'ready' })
    for (const id of waiting) expect(deal(id).erp_sync_problem ?? '').toBe('')
  })
})

describe('after the ledger', () => {
  beforeEach(() => begin())

  test('was lost, every order is found by its key and none is made twice', async () => {
    shop.win(12)
    await settle(project)
    const before = rig.odoo.store.orders().map((order) => order.id)
    await project.close()
    rmSync(rig.home, { recursive: true, force: true, maxRetries: 5 })
    project = await rig.open()
    const added = shop.win(2)
    await settle(project)
    expect(await prove(rig, project)).toMatchObject({ ...flawless, won: 14, orders: 14 })
    expect(rig.odoo.store.orders().map((order) => order.id)).toEqual(expect.arrayContaining(before))
    for (const id of added) expect(orderOf(id)?.state).toBe('sale')
  })

  test('was restored from an earlier state, later orders are found and the deals show them as they are', async () => {
    const [early = ''] = shop.win(5)
    await settle(project)
    await project.close()
    const copy = (from: string, to: string) => execFileSync('cp', ['-a', from, to])
    copy(rig.home, `${rig.home}.earlier`)
    project = await rig.open()
    const later = [...shop.win(5), shop.winUnknown()]
    await settle(project)
    rig.odoo.store.ship(orderOf(early)?.id ?? '', { part: false })
    await project.close()
    rmSync(rig.home, { recursive: true, force: true, maxRetries: 5 })
    copy(`${rig.home}.earlier`, rig.home)
    project = await rig.open()
    await settleUntil(project, rig, () => deal(early).erp_status === 'shipped')
    expect(await prove(rig, project)).toMatchObject({ ...flawless, won: 11, orders: 10, problems: 1 })
    expect(deal(early).erp_status).toBe('shipped')
    for (const id of later.slice(0, 5)) expect(orderOf(id)?.state).toBe('sale')
  })
})
