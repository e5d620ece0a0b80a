import { expect, test } from '@jest/globals'
import { flawless, prove, settle, settleUntil, stock } from '../faults/proof.ts'
import { openRig } from '../rig.ts'

test.each([
  ['ahead', 15 * 60_000],
  ['behind', -15 * 60_000],
])('clocks of the systems that are a quarter of an hour %s lose no deal and no report', async (_name, skewMs) => {
  const rig = await openRig({ skewMs, crm: { indexDelaySeconds: 1 } })
  const project = await rig.open()
  const shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  const [id = ''] = shop.win(5)
  await settle(project)
  shop.win(5)
  await settle(project)
  const order = rig.odoo.store.orders().find((one) => one.externalId?.endsWith(`_deal_${id}`))
  rig.odoo.store.ship(order?.id ?? '', { part: false })
  await settleUntil(project, rig, () => rig.hubspot.store.deal(id)?.properties.erp_status === 'shipped')
  expect(await prove(rig, project)).toMatchObject({ ...flawless, orders: 10 })
  expect(rig.hubspot.store.deal(id)?.properties.erp_status).toBe('shipped')
  await project.close()
  await rig.close()
})
