import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { settle, settleUntil, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

let rig: Rig
let project: OpenProject
let shop: ReturnType<typeof stock>

async function begin(change: Parameters<typeof openRig>[0] = {}) {
  rig = await openRig(change)
  project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  await settle(project)
}
async function end() {
  await project.close()
  await rig.close()
}

const deal = (id: string) => rig.hubspot.store.deal(id)?.properties ?? {}
const orderOf = (id: string) => rig.odoo.store.orders().find((order) => order.externalId?.endsWith(`_deal_${id}`))
const found = async () =>
  Object.fromEntries((await project.crosswalk.run([], {})).syncs.map((sync) => [sync.sync, sync.found]))
function callsTo(simulator: { calls(): Readonly<Record<string, number>> }, part: string): number {
  const calls = Object.entries(simulator.calls()).filter(([name]) => name.includes(part))
  return calls.reduce((sum, [, count]) => sum + count, 0)
}

describe('our own write-back, met again', () => {
  beforeEach(() => begin())
  afterEach(end)

  test('is read by nobody, on either side', async () => {
    const ids = shop.win(30)
    expect(await found()).toEqual({ orders: 30, fulfilment: 0 })
    expect(deal(ids[0] ?? '').erp_order_no).toMatch(/^S\d+$/)
    // Until Odoo's seconds are over, so that it is compared.
    rig.pass(3500)
    rig.hubspot.resetCalls()
    rig.odoo.resetCalls()
    expect(await found()).toEqual({ orders: 0, fulfilment: 0 })
    expect(callsTo(rig.hubspot, '/search')).toBe(1)
    expect(callsTo(rig.hubspot, 'associations')).toBe(2)
    expect(callsTo(rig.hubspot, '/batch/read')).toBe(2)
    expect(callsTo(rig.odoo, 'jsonrpc')).toBe(4)
  })

  test('of a problem is read by nobody either', async () => {
    const id = shop.winUnknown()
    expect(await found()).toMatchObject({ orders: 1 })
    expect(deal(id).erp_sync_problem).toContain('NOT-THERE')
    expect(await found()).toMatchObject({ orders: 0 })
  })

  test('is read by another process, which then knows it', async () => {
    shop.win(3)
    await project.crosswalk.run(['orders', 'fulfilment'], {})
    await project.close()
    project = await rig.open()
    expect(await found()).toMatchObject({ orders: 3 })
    expect(await found()).toMatchObject({ orders: 0 })
  })

  test.each<[string, (id: string) => void, (id: string) => void]>([
    [
      'a line was added',
      (id) => rig.hubspot.store.addLine(id, { hs_sku: 'C-3', name: 'C', quantity: '1', price: '3' }),
      (id) => expect(orderOf(id)?.lines.filter((line) => line.quantity !== 0)).toHaveLength(3),
    ],
    [
      'a line was taken away',
      (id) => {
        const [line] = rig.hubspot.store.deal(id)?.lines ?? []
        rig.hubspot.store.archive('line_items', line?.hs_object_id ?? '')
      },
      (id) => expect(orderOf(id)?.lines.filter((line) => line.quantity !== 0)).toHaveLength(1),
    ],
    [
      'the deal went to another company',
      (id) => rig.hubspot.store.moveDeal(id, shop.companies.at(-1) ?? ''),
      (id) => expect(deal(id).erp_sync_problem).toContain('"partner_id" of a confirmed order is never changed'),
    ],
    [
      'the deal was lost',
      (id) => rig.hubspot.store.updateDeal(id, { dealstage: 'closedlost' }),
      (id) => expect(deal(id).erp_sync_problem).toContain('no longer won'),
    ],
  ])('hides nothing that happened after the deal was read and before we wrote: %s', async (_name, happens, shows) => {
    const [id = ''] = shop.win(1)
    await project.crosswalk.run(['orders'], {})
    expect(orderOf(id)?.state).toBe('sale')
    expect(deal(id).erp_order_no).toBeUndefined()
    happens(id)
    // Writes the number back, and so becomes the last to have changed the deal.
    await project.crosswalk.run(['fulfilment'], {})
    expect(deal(id).erp_order_no).toBe(orderOf(id)?.name)
    await settle(project)
    shows(id)
  })

  test('hides no shipment that came right after the order was reported', async () => {
    const [id = ''] = shop.win(1)
    await project.crosswalk.run([], {})
    rig.odoo.store.ship(orderOf(id)?.id ?? '')
    await settleUntil(project, rig, () => deal(id).erp_status === 'shipped')
    expect(deal(id).erp_status).toBe('shipped')
  })
})
