import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { settle, settleUntil, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * Orders that end otherwise than with all of it shipped.
 */

let rig: Rig
let project: OpenProject
beforeEach(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  project = await rig.open()
  await project.crosswalk.setup('hubspot')
})
afterEach(async () => {
  await project.close()
  await rig.close()
})

const deal = (id: string) => rig.hubspot.store.deal(id)?.properties ?? {}
async function shows(id: string, status: string): Promise<void> {
  await settleUntil(project, rig, () => deal(id).erp_status === status, 10)
  expect(deal(id).erp_status).toBe(status)
}
/** A deal of ten pieces, whose order is confirmed. */
async function sell(): Promise<{ deal: string; order: string }> {
  stock(rig)
  const companyId = rig.hubspot.store.addCompany({ name: 'Ends GmbH', domain: 'ends.example' })
  const lines = [{ hs_sku: 'A-1', name: 'A', quantity: '10', price: '10' }]
  const id = rig.hubspot.store.addDeal({ name: 'Ten', stage: 'closedwon', companyId, lines })
  await settleUntil(project, rig, () => rig.odoo.store.orders().at(-1)?.state === 'sale')
  return { deal: id, order: rig.odoo.store.orders().at(-1)?.id ?? '' }
}

test('an order that is shipped in part with nothing on back order is shipped, then paid', async () => {
  const sold = await sell()
  rig.odoo.store.ship(sold.order, { part: true, short: true })
  await shows(sold.deal, 'shipped')
  const told = (await project.crosswalk.timeline({ id: sold.deal })).map((entry) => entry.text)
  expect(told).toContain('The order is shipped; less than was ordered: 5 of 10')
  rig.odoo.store.invoice(sold.order, { delivered: true })
  await shows(sold.deal, 'invoiced')
  rig.odoo.store.pay(sold.order, 'all')
  await shows(sold.deal, 'paid')
  expect(rig.odoo.store.order(sold.order)?.lines[0]?.delivered).toBe(5)
})

test('an order is partly shipped as long as the rest is on back order', async () => {
  const sold = await sell()
  rig.odoo.store.ship(sold.order, { part: true })
  await shows(sold.deal, 'partly_shipped')
  rig.odoo.store.ship(sold.order)
  await shows(sold.deal, 'shipped')
})

test('an order that is paid stays paid when some of it comes back for good', async () => {
  const sold = await sell()
  rig.odoo.store.ship(sold.order)
  rig.odoo.store.invoice(sold.order)
  rig.odoo.store.pay(sold.order, 'all')
  await shows(sold.deal, 'paid')
  rig.odoo.store.takeBack(sold.order)
  rig.pass(60_000)
  await settle(project)
  expect(deal(sold.deal).erp_status).toBe('paid')
})
