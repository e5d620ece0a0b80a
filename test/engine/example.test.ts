import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startExampleSimulator } from '../../connectors/example/simulator/index.ts'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import { registry } from '../../connectors/registry.ts'
import { referencePages } from '../../src/main/reference.ts'
import { flawless, prove, settle } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openPair, type Pair } from '../rig.ts'

let pair: Pair
let opened: OpenProject
beforeAll(async () => {
  pair = await openPair(
    { system: 'hubspot', simulator: await startHubspotSimulator() },
    { system: 'example', simulator: await startExampleSimulator() },
    { crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } },
  )
  opened = await pair.open()
  await opened.crosswalk.setup('hubspot')
})
afterAll(async () => {
  await opened?.close()
  await pair?.close()
})

test('the mappings of the example fit it, and their own tests pass', async () => {
  expect(await opened.crosswalk.lint({ offline: false })).toEqual([])
  expect((await opened.crosswalk.test()).filter((one) => !one.ok)).toEqual([])
}, 60_000)

test('nobody is offered it who does not name it', async () => {
  expect(registry.map(({ name }) => name)).not.toContain('example')
  const offered = await pair.cli('init', '--yes', '--force', '--crm', 'hubspot', '--erp', 'example').done
  expect([offered.code, offered.err]).toEqual([2, expect.stringContaining('odoo')])
  for (const page of referencePages().values()) expect(page).not.toContain('Example ERP')
}, 60_000)

test('a deal becomes one order of the example and goes from won to paid', async () => {
  const { crm } = pair.crm
  const { erp } = pair.erp
  erp.addProduct({ sku: 'LAMP', price: '39.9' })
  erp.addProduct({ sku: 'SETUP', price: '95', route: 'service' })
  const companyId = crm.addCompany({ name: 'Nordlicht GmbH', domain: 'nordlicht.example', country: 'Germany' })
  const lines = [
    { sku: 'LAMP', quantity: '3', price: '39.9', discountPercent: '10' },
    { sku: 'SETUP', quantity: '1', price: '95' },
  ]
  const id = crm.addDeal({ name: 'New office', companyId, lines })
  await settle(opened)
  const [order, ...others] = erp.orders()
  expect([order?.state, order?.net, others]).toEqual(['confirmed', '202.73', []])
  expect(crm.deal(id)?.shown).toMatchObject({ orderNumber: order?.number, problem: null })

  const seen: (string | null | undefined)[] = []
  while (erp.tick() > 0) {
    await settle(opened)
    seen.push(crm.deal(id)?.shown.status)
  }
  expect(seen).toEqual(['partly_shipped', 'shipped', 'invoiced', 'paid'])
  expect(crm.deal(id)?.shown.trackingNumber).toMatch(/^PP/)
  expect(Number(crm.deal(id)?.shown.outstanding)).toBe(0)
  expect(await prove(pair, opened)).toMatchObject(flawless)
}, 120_000)
