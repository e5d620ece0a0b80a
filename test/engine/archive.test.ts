import { expect, test } from '@jest/globals'
import pg from 'pg'
import type { Instant } from '../../src/core/time.ts'
import { dealOf, settle, settleUntil, stock } from '../faults/proof.ts'
import { openRig } from '../rig.ts'

/*
 * Two deals that are paid, one of them long ago so that its order is archived. Whatever happens to both must end the same.
 */
test('an order that is archived is known, compared and told of as before', async () => {
  const rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  const project = await rig.open()
  await project.crosswalk.setup('hubspot')
  stock(rig)
  const companyId = rig.hubspot.store.addCompany({ name: 'Twins GmbH', domain: 'twins.example' })
  const lines = [{ hs_sku: 'A-1', name: 'A', quantity: '10', price: '10' }]
  const win = () => rig.hubspot.store.addDeal({ name: 'Twin', stage: 'closedwon', companyId, lines })
  const [fresh, old] = [win(), win()]
  const deal = (id: string) => rig.hubspot.store.deal(id)?.properties ?? {}
  const status = (id: string) => deal(id).erp_status
  await settle(project)
  while (rig.odoo.store.tick() > 0) await settle(project)
  await settleUntil(project, rig, () => status(fresh) === 'paid' && status(old) === 'paid')

  const database = new pg.Client(project.database)
  await database.connect()
  const archive = async () => {
    await database.query(`update crosswalk.links set updated_at = now() - interval '91 days'
      where kind = 'order' and source_id = '${old}'`)
    expect(await project.deps.ledger.retention.archive({ links: 90 }, new Date().toISOString() as Instant)).toBe(1)
  }
  /** What was told and what is shown of a deal since then, without what names the one or the other. */
  const after = async (id: string, from: number) => {
    const number = rig.odoo.store.orders().find((one) => dealOf(one.externalId ?? '') === id)?.name ?? 'none'
    const told = (await project.crosswalk.timeline({ id })).slice(from)
    const shown = Object.entries(deal(id)).filter(([name]) => /^erp_(status|total|sync_problem)$/.test(name))
    const text = JSON.stringify({ told: told.map((entry) => [entry.event, entry.text, entry.details]), shown })
    return text.replaceAll(number, 'NUMBER').replaceAll(id, 'DEAL')
  }
  const entries = async (id: string) => (await project.crosswalk.timeline({ id })).length

  await archive()
  const before = { fresh: await entries(fresh), old: await entries(old) }
  const change = async (work: (id: string) => void) => {
    for (const id of [fresh, old]) work(id)
    await settle(project)
    await project.crosswalk.retry({ sync: 'orders', records: [fresh, old] })
    await project.crosswalk.reconcile('orders', { mend: true })
    await settle(project)
    expect(await after(old, before.old)).toBe(await after(fresh, before.fresh))
    expect(rig.odoo.store.orders()).toHaveLength(2)
  }
  const archived = async () =>
    (await database.query('select 1 from crosswalk.links where archived is not null')).rowCount
  await project.crosswalk.reconcile('orders', { mend: true })
  await settle(project)
  expect(await archived()).toBe(1)
  // Nothing that is written to an order, then something that cannot be any more.
  await change((id) => rig.hubspot.store.updateDeal(id, { description: 'edited' }))
  expect(await archived()).toBe(0)
  await archive()
  await change((id) => rig.hubspot.store.addLine(id, { hs_sku: 'A-1', name: 'A', quantity: '3', price: '10' }))
  expect(await entries(old)).toBeGreaterThan(before.old)
  expect(await after(old, before.old)).toContain('paid')

  await database.end()
  await project.close()
  await rig.close()
})
