import { describe, expect, test } from '@jest/globals'
import { fromMillis, type Instant, toMillis } from '../../src/core/time.ts'
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

describe('a clock that jumps', () => {
  const day = 24 * 3_600_000

  test.each([
    ['a day ahead and back', [day, -day]],
    ['a day back and ahead', [-day, day]],
  ])('%s makes nothing twice and keeps nothing waiting', async (_name, jumps) => {
    const rig = await openRig({ crm: { indexDelaySeconds: 1 } })
    const project = await rig.open()
    const shop = stock(rig)
    await project.crosswalk.setup('hubspot')
    shop.win(5)
    await settle(project)
    for (const jump of jumps) {
      rig.pass(jump)
      shop.win(5)
      await settle(project, rig)
      await project.crosswalk.reconcile('orders', { mend: true })
      await settle(project, rig)
    }
    expect(await prove(rig, project)).toMatchObject({ ...flawless, orders: 15 })
    await project.close()
    await rig.close()
  })

  test('while a connection is paused does not lengthen the pause', async () => {
    const rig = await openRig({ crm: { indexDelaySeconds: 1 } })
    const project = await rig.open()
    const shop = stock(rig)
    await project.crosswalk.setup('hubspot')
    const { ledger, clock } = project.deps
    rig.pass(day)
    const because = { problem: { kind: 'unavailable' } as const, message: 'It is down.', fix: 'Wait.' }
    const until = fromMillis(toMillis(clock.now()) + 60_000) as Instant
    await ledger.connections.setPaused('odoo', { because, until })
    const endpoint = project.projects.current().endpoint('odoo')
    expect(await endpoint.paused()).toEqual(because)
    rig.pass(-day)
    expect(await endpoint.paused()).toBeNull()
    shop.win(3)
    await settle(project)
    expect(await prove(rig, project)).toMatchObject({ ...flawless, orders: 3 })
    await project.close()
    await rig.close()
  })
})
