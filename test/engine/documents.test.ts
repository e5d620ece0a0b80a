import { afterEach, expect, test } from '@jest/globals'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import { simulatedErps, simulatedExamples } from '../../connectors/simulators.ts'
import { shift } from '../../src/core/time.ts'
import { settle } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openPair, type Pair } from '../rig.ts'

/* What stands behind an order is read from every ERP when somebody looks, and costs no delivery anything. */

const erps = { ...simulatedErps, ...simulatedExamples }

let pair: Pair
let opened: OpenProject
async function begin(erp: string): Promise<void> {
  const start = erps[erp]
  if (start === undefined) throw new Error(`there is no simulator of "${erp}"`)
  pair = await openPair(
    { system: 'hubspot', simulator: await startHubspotSimulator() },
    { system: erp, simulator: await start() },
    { crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } },
  )
  opened = await pair.open()
  await opened.crosswalk.setup('hubspot')
}
afterEach(async () => {
  await opened?.close()
  await pair?.close()
})

/** A won deal of a stocked lamp. */
async function win(): Promise<string> {
  const { crm } = pair.crm
  pair.erp.erp.addProduct({ sku: 'LAMP', name: 'Lamp', price: '39.9' })
  const companyId = crm.addCompany({ name: 'Nordlicht GmbH', domain: 'nordlicht.example', country: 'Germany' })
  const id = crm.addDeal({ name: 'New office', companyId, lines: [{ sku: 'LAMP', quantity: '2', price: '39.9' }] })
  await settle(opened)
  return id
}

test.each(Object.keys(erps))('%s tells the shipments, invoices and payments of an order', async (erp) => {
  await begin(erp)
  const id = await win()
  const [order] = pair.erp.erp.orders()
  const before = await opened.crosswalk.documents(id, {})
  expect(before).toMatchObject({ sync: 'orders', number: order?.number, invoices: [], payments: [] })
  for (let step = 0; step < 10 && pair.erp.erp.tick() > 0; step += 1);
  const after = await opened.crosswalk.documents(id, { sync: 'orders' })
  expect(after?.currency).toBe(order?.currency)
  const left = after?.shipments.filter(({ state }) => state === 'shipped') ?? []
  expect(left.length).toBeGreaterThan(0)
  for (const one of left) {
    expect(one).toMatchObject({ kind: 'delivery', trackingNumber: expect.stringMatching(/./) })
    expect(one.shippedDate).toMatch(/^\d{4}-\d\d-\d\d$/)
  }
  const [invoice] = after?.invoices ?? []
  expect(invoice).toMatchObject({ kind: 'invoice', state: 'posted', paid: 'paid' })
  expect([Number(invoice?.total), Number(invoice?.outstanding)]).toEqual([Number(order?.total), 0])
  const paid = after?.payments.reduce((sum, { amount }) => sum + Number(amount), 0)
  expect(paid).toBeCloseTo(Number(order?.total), 2)
})

test('a made article shows its production order, a bought one its purchase order', async () => {
  await begin('odoo')
  const { crm } = pair.crm
  const { erp } = pair.erp
  erp.addProduct({ sku: 'DESK', name: 'Desk', price: '420', route: 'make' })
  erp.addProduct({ sku: 'CHAIR', name: 'Chair', price: '99.5', route: 'buy' })
  const companyId = crm.addCompany({ name: 'Nordlicht GmbH', domain: 'nordlicht.example', country: 'Germany' })
  const lines = ['DESK', 'CHAIR'].map((sku) => ({ sku, quantity: '1', price: '100' }))
  const id = crm.addDeal({ name: 'New office', companyId, lines })
  await settle(opened)
  const { productionOrders, purchaseOrders } = (await opened.crosswalk.documents(id, {})) ?? {}
  expect(productionOrders).toEqual([expect.objectContaining({ number: expect.stringMatching(/./), ordered: '1' })])
  expect(purchaseOrders).toEqual([expect.objectContaining({ number: expect.stringMatching(/./) })])
})

test('a deal without an order has none, and an order that was deleted is told as such', async () => {
  await begin('odoo')
  expect(await opened.crosswalk.documents('4711', {})).toBeNull()
  const id = await win()
  const [order] = pair.erp.erp.orders()
  pair.erp.erp.remove(order?.id ?? '')
  await expect(opened.crosswalk.documents(id, {})).rejects.toMatchObject({
    message: expect.stringContaining('no longer in the ERP'),
    problem: { kind: 'record_gone' },
  })
})

test('an ERP that is away is told, and deliveries go on as if nobody had asked; a paused one is not asked', async () => {
  await begin('odoo')
  const id = await win()
  const { ledger } = opened.deps
  pair.erp.fault({ match: {}, kind: 'status', status: 503, times: 1000 })
  for (let nth = 0; nth < 3; nth += 1)
    await expect(opened.crosswalk.documents(id, {})).rejects.toMatchObject({ problem: { kind: 'unavailable' } })
  expect(await ledger.connections.get('odoo')).toMatchObject({ failures: 0, pausedUntil: null })
  expect(await opened.crosswalk.problems({ max: 10 })).toEqual([])
  const because = { problem: { kind: 'auth_rejected' }, message: 'Odoo refused the key', fix: 'Enter it.' } as const
  await ledger.connections.setPaused('odoo', { because, until: shift(opened.deps.clock.now(), 60_000) })
  pair.erp.resetCalls()
  await expect(opened.crosswalk.documents(id, {})).rejects.toThrow('Odoo refused the key')
  expect(pair.erp.calls()).toEqual({})
})
