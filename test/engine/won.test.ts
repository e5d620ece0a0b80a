import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import { startOdooSimulator } from '../../connectors/odoo/simulator/index.ts'
import { startSalesforceSimulator } from '../../connectors/salesforce/simulator/index.ts'
import { defaultStages } from '../../connectors/salesforce/simulator/objects.ts'
import type { Instant } from '../../src/core/time.ts'
import type { SimulatedCrm } from '../../src/simulator/world.ts'
import { settle, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openPair, type Pair } from '../rig.ts'

/** What the people of a CRM do with deals, in its own words. */
interface Desk {
  readonly crm: SimulatedCrm
  /** Moves a won deal to another stage that counts as won. */
  moveToOtherWon(id: string): void
  setCloseDate(id: string, day: string): void
  edit(id: string): void
}

const desks: Readonly<Record<string, () => Promise<Desk>>> = {
  async hubspot() {
    const crm = await startHubspotSimulator()
    return {
      crm,
      moveToOtherWon: (id) => crm.store.updateDeal(id, { pipeline: '75001', dealstage: '750012' }),
      setCloseDate: (id, day) => crm.store.updateDeal(id, { closedate: `${day}T09:00:00Z` }),
      edit: (id) => crm.store.updateDeal(id, { description: 'edited in bulk' }),
    }
  },
  async salesforce() {
    const delivered = { name: 'Won - Delivered', probability: 100, forecast: 'Closed', won: true, closed: true }
    const crm = await startSalesforceSimulator({ stages: [...defaultStages, delivered] })
    return {
      crm,
      moveToOtherWon: (id) => crm.store.update('Opportunity', id, { StageName: delivered.name }),
      setCloseDate: (id, day) => crm.store.update('Opportunity', id, { CloseDate: day }),
      edit: (id) => crm.store.update('Opportunity', id, { Description: 'edited in bulk' }),
    }
  },
}
const since = '2026-06-01T00:00:00.000Z'
const longAgo = Date.parse('2024-05-02T10:00:00Z')

describe.each(Object.keys(desks))('a deal of %s', (system) => {
  let desk: Desk
  let erp: Awaited<ReturnType<typeof startOdooSimulator>>
  let pair: Pair
  let project: OpenProject
  let shop: ReturnType<typeof stock>
  beforeAll(async () => {
    const opened = await desks[system]?.()
    if (opened === undefined) throw new Error(`there is no desk for ${system}`)
    desk = opened
    erp = await startOdooSimulator()
    pair = await openPair(
      { system, simulator: desk.crm },
      { system: 'odoo', simulator: erp },
      { orders: { since }, ...(system === 'hubspot' ? { crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } } : {}) },
    )
    project = await pair.open()
    shop = stock(pair)
    await project.crosswalk.setup(system)
  })
  afterAll(async () => {
    await project.close()
    await pair.close()
  })

  const lines = [{ sku: 'A-1', name: 'A', quantity: '1', price: '10' }]
  const add = (state: 'open' | 'won', modifiedAt?: number) =>
    desk.crm.crm.addDeal({
      name: 'Desks',
      state,
      companyId: shop.companies[0] ?? '',
      lines,
      ...(modifiedAt === undefined ? {} : { modifiedAt }),
    })
  const stateOf = (id: string) =>
    erp.store.orders().find((order) => order.externalId?.endsWith(`_deal_${id}`))?.state ?? null
  const problemOf = async (id: string) => {
    for (const one of await project.crosswalk.problems({ max: 100 })) {
      const found = await project.crosswalk.problem(one.id)
      if (found?.waiting.some((ref) => ref.id === id)) return one
    }
    return null
  }
  const eventsOf = async (id: string) => (await project.crosswalk.timeline({ id })).map((entry) => entry.event)
  const missing = async () => (await project.crosswalk.reconcile('orders', { mend: false })).missing

  test('that was won last is found, however long ago, and a backfill of it can be previewed', async () => {
    const { crosswalk } = project
    add('open')
    expect(await crosswalk.newestWon()).toBeNull()
    const old = add('won', longAgo)
    add('won', longAgo - 86_400_000)
    expect((await crosswalk.newestWon())?.id).toBe(old)
    expect(await crosswalk.preview(old, {})).toMatchObject({ action: 'left out' })
    expect(await crosswalk.preview(old, { backfill: true })).toMatchObject({ action: 'create', failures: [] })
    const fresh = add('won')
    expect((await crosswalk.newestWon())?.id).toBe(fresh)
    await settle(project)
  })

  test('that was won years ago gets no order for a bulk edit of today', async () => {
    const id = add('won', longAgo)
    desk.edit(id)
    await settle(project)
    expect([stateOf(id), await problemOf(id), await eventsOf(id)]).toEqual([null, null, ['left_out']])
    expect(await missing()).toEqual([])
  })

  test('that was won years ago gets none for a move from one won stage to another, either', async () => {
    const id = add('won', longAgo)
    desk.moveToOtherWon(id)
    desk.setCloseDate(id, '2026-11-20')
    await settle(project)
    expect([stateOf(id), await problemOf(id), await eventsOf(id)]).toEqual([null, null, ['left_out']])
    expect(await missing()).toEqual([])
  })

  test('that is won now gets its order, whatever day people entered as its close date', async () => {
    const id = add('open', longAgo)
    desk.crm.crm.changeDeal(id, { state: 'won' })
    desk.setCloseDate(id, '2026-05-20')
    await settle(project)
    expect([stateOf(id), await problemOf(id)]).toEqual(['sale', null])
  })

  test('that was lost and is won again gets its order', async () => {
    const id = add('won', longAgo)
    desk.crm.crm.changeDeal(id, { state: 'lost' })
    desk.crm.crm.changeDeal(id, { state: 'won' })
    await settle(project)
    expect(stateOf(id)).toBe('sale')
  })

  test('that was entered as won with a close date before the sync began is asked about', async () => {
    const id = add('won')
    desk.setCloseDate(id, '2026-05-20')
    await settle(project)
    expect(stateOf(id)).toBeNull()
    expect(await problemOf(id)).toMatchObject({
      kind: 'won_date_unclear',
      message: expect.stringContaining('with the close date 2026-05-20'),
    })
    // Trying again guesses no better, and there is nothing that a reconciliation could mend.
    await project.crosswalk.retry({ sync: 'orders', records: [id] })
    await settle(project)
    expect([stateOf(id), (await problemOf(id))?.kind, await missing()]).toEqual([null, 'won_date_unclear', []])

    const which = { ids: [id, 'not-there'] }
    expect(await project.crosswalk.backfill('orders', { ...which, dryRun: true })).toEqual({ found: 1 })
    await project.crosswalk.backfill('orders', { ...which, dryRun: false })
    await settle(project)
    expect([stateOf(id), await problemOf(id)]).toEqual(['sale', null])
  })

  test('is not among those of a backfill when it was won before the day that is given', async () => {
    const id = add('won', Date.parse('2025-03-01T10:00:00Z'))
    desk.edit(id)
    await settle(project)
    const found = (from: string) => project.crosswalk.backfill('orders', { from: from as Instant, dryRun: true })
    const [after, before] = [await found('2025-04-01T00:00:00.000Z'), await found('2025-02-01T00:00:00.000Z')]
    expect(before.found - after.found).toBe(1)
  })

  test('that was entered as won is left out while the policy says so', async () => {
    await project.close()
    await pair.configure({ orders: { policies: { undated: 'leave_out' } } })
    project = await pair.open()
    const id = add('won')
    desk.setCloseDate(id, '2026-05-20')
    await settle(project)
    // Polls overlap, so that it may be met more than once.
    expect([stateOf(id), await problemOf(id), new Set(await eventsOf(id))]).toEqual([null, null, new Set(['left_out'])])
    expect(await missing()).toEqual([])
  })
})

test('an opportunity whose history the user may not read is asked about', async () => {
  const crm = await startSalesforceSimulator()
  crm.store.setHidden(['OpportunityHistory'])
  const simulator = await startOdooSimulator()
  const pair = await openPair(
    { system: 'salesforce', simulator: crm },
    { system: 'odoo', simulator },
    { orders: { since } },
  )
  const project = await pair.open()
  try {
    const shop = stock(pair)
    await project.crosswalk.setup('salesforce')
    const [check] = await project.crosswalk.check(['salesforce'])
    expect(check?.report?.findings).toContainEqual(
      expect.objectContaining({ level: 'warning', message: expect.stringContaining('OpportunityHistory') }),
    )
    shop.win(2)
    await settle(project)
    expect(simulator.store.orders()).toEqual([])
    expect(await project.crosswalk.problems({ sync: 'orders', max: 10 })).toMatchObject([
      { kind: 'won_date_unclear', message: expect.stringContaining('does not tell since when') },
    ])
  } finally {
    await project.close()
    await pair.close()
  }
})
