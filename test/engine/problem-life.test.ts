import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openJobs } from '../../src/app/engine/jobs.ts'
import { behind } from '../../src/app/flows/orders/reconcile.ts'
import type { PlainDate } from '../../src/core/time.ts'
import { settle, settleUntil, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'
import { idleQueue } from './idle-queue.ts'

/* What becomes of a problem: who takes care of it, what is muted, how it closes and that it comes back. */

let rig: Rig
let project: OpenProject
let shop: ReturnType<typeof stock>
const ida = () => project.crosswalk.as('ida')

beforeAll(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  const { accounts } = project.deps.ledger
  for (const name of ['ida', 'eve', 'gone']) await accounts.add({ name, display: name, role: 'operator' })
  await accounts.change('gone', { isDisabled: true })
})
afterAll(async () => {
  await project.close()
  await rig.close()
})

/** A deal of an article that the ERP does not have. @returns the problem that it waits on */
async function stuck(sku: string, name = sku): Promise<string> {
  const [companyId = ''] = shop.companies
  rig.crm.crm.addDeal({ name, companyId, lines: [{ sku, name: 'A', quantity: '2', price: '10' }] })
  await settle(project)
  const found = await project.crosswalk.problems({ max: 10 })
  return found.find(({ message }) => message.includes(sku))?.id ?? ''
}
const add = (sku: string) => rig.erp.erp.addProduct({ sku, name: 'New', price: '10', route: 'stock' })
const jobs = () => openJobs(project.projects, idleQueue(), { ...project.deps, metrics: project.metrics })
const seen = async (id: string) => (await project.crosswalk.problem(id))?.problem

describe('a problem closes, and tells how', () => {
  test('by a retry, and by whom', async () => {
    const id = await stuck('R-1')
    expect(await seen(id)).toMatchObject({ state: 'new', isOpen: true })
    add('R-1')
    await ida().retry({ problem: id })
    expect(await seen(id)).toMatchObject({ state: 'ongoing', isOpen: true })
    await settle(project)
    expect(await seen(id)).toMatchObject({ state: 'closed', closedHow: 'retried', closedBy: 'ida', waiting: 0 })
    expect(await project.crosswalk.problems({ state: 'closed', max: 1 })).toMatchObject([{ id }])
    expect((await project.crosswalk.problem(id))?.deeds).toMatchObject([{ deed: 'retried', actor: 'ida' }])
    await expect(project.crosswalk.retry({ problem: id })).rejects.toThrow(`There is no open problem "${id}"`)
  })

  test('by itself, also where somebody retried it in vain', async () => {
    const id = await stuck('R-2')
    await ida().retry({ problem: id })
    await settle(project)
    add('R-2')
    await jobs().probe()
    await settle(project)
    expect(await seen(id)).toMatchObject({ closedHow: 'by_itself', closedBy: null })
  })

  test('by an entry that somebody added to a table', async () => {
    const companyId = rig.crm.crm.addCompany({ name: 'Far GmbH', domain: 'far.example', country: 'Nordland' })
    rig.crm.crm.addDeal({ name: 'Far', companyId, lines: [{ sku: 'A-1', name: 'A', quantity: '1', price: '10' }] })
    await settle(project)
    const [{ id = '' } = {}] = await project.crosswalk.problems({ max: 1 })
    await ida().addTableEntry('countries', { key: 'Nordland', value: 'DE' })
    await settle(project)
    expect(await seen(id)).toMatchObject({ state: 'closed', closedHow: 'entry_added', closedBy: 'ida' })
  })

  test('by what somebody accepted', async () => {
    const [companyId = ''] = shop.companies
    rig.crm.crm.addDeal({ name: 'Drifts', companyId, lines: [{ sku: 'A-1', name: 'A', quantity: '4', price: '10' }] })
    const order = () => rig.odoo.store.orders().at(-1)
    await settleUntil(project, rig, () => order()?.state === 'sale' && order()?.lines[0]?.quantity === 4)
    rig.odoo.store.editLine(order()?.lines[0]?.id ?? '', { product_uom_qty: 7 })
    rig.pass(60_000)
    await settle(project)
    const [{ id = '', records = [] } = {}] = await project.crosswalk.problems({ kind: 'order_drifted', max: 1 })
    await ida().decide({ deal: records[0]?.id ?? '', decision: 'accept' })
    await settle(project)
    expect(await seen(id)).toMatchObject({ state: 'closed', closedHow: 'accepted', closedBy: 'ida' })
  })

  test('by mappings that changed, which nobody in particular is said to have done it for', async () => {
    const id = await stuck('R-3')
    add('R-3')
    await ida().addTableEntry('countries', { key: 'Südland', value: 'DE' })
    await settle(project)
    expect(await seen(id)).toMatchObject({ state: 'closed', closedHow: 'mappings_changed', closedBy: null })
  })

  test('by the customer that somebody chose', async () => {
    const [target = ''] = ['Ulm', 'Köln'].map((city) => rig.odoo.store.addCustomer({ name: 'Twice GmbH', city }))
    const companyId = rig.crm.crm.addCompany({ name: 'Twice GmbH', domain: 'twice.example', country: 'Germany' })
    rig.crm.crm.addDeal({ name: 'Twice', companyId, lines: [{ sku: 'A-1', name: 'A', quantity: '1', price: '10' }] })
    await settle(project)
    const [{ id = '' } = {}] = await project.crosswalk.problems({ kind: 'customer_ambiguous', max: 1 })
    await ida().linkCustomer({ customer: `company-${companyId}`, target, move: false })
    await settle(project)
    expect(await seen(id)).toMatchObject({ state: 'closed', closedHow: 'customer_linked', closedBy: 'ida' })
  })

  test('by a comparison that somebody asked for', async () => {
    const failure = { problem: { kind: 'ledger_behind', orders: 1 } as const, message: 'Older', fix: 'Compare.' }
    await project.deps.ledger.problems.raise([{ sync: 'orders', causeKey: behind, failure, records: [] }])
    const [{ id = '' } = {}] = await project.crosswalk.problems({ kind: 'ledger_behind', max: 1 })
    await ida().reconcile('orders', { mend: true })
    expect(await seen(id)).toMatchObject({ state: 'closed', closedHow: 'compared', closedBy: 'ida' })
    await settle(project)
  })

  test('as its sync is configured no more', async () => {
    const failure = { problem: { kind: 'unavailable' } as const, message: 'Away', fix: 'Wait.' }
    await project.deps.ledger.problems.raise([{ sync: 'old', causeKey: 'start', failure, records: [] }])
    const [{ id = '' } = {}] = await project.crosswalk.problems({ sync: 'old', max: 1 })
    await jobs().begin()
    expect(await seen(id)).toMatchObject({ state: 'closed', closedHow: 'not_configured', closedBy: null })
  })

  test('by resuming what the guard held', async () => {
    const failure = {
      problem: { kind: 'guard_tripped', allowed: 1, wanted: 2 } as const,
      message: 'Many',
      fix: 'Look.',
    }
    await project.deps.ledger.problems.raise([{ sync: 'orders', causeKey: 'guard_tripped', failure, records: [] }])
    await ida().hold('orders', 'Many')
    const [{ id = '' } = {}] = await project.crosswalk.problems({ kind: 'guard_tripped', max: 1 })
    await ida().resume('orders', {})
    expect(await seen(id)).toMatchObject({ state: 'closed', closedHow: 'resumed', closedBy: 'ida' })
  })
})

test('a problem that came back says so until somebody does something about it', async () => {
  const id = await stuck('B-1')
  await ida().muteProblem(id, { because: 'The article comes next week' })
  const failure = { problem: { kind: 'busy' } as const, message: 'x', fix: 'x' }
  const { problems } = project.deps.ledger
  const [{ causeKey = '', records = [] } = {}] = await problems.list({ id, max: 1 })
  await problems.clear('orders', records)
  await problems.raise([{ sync: 'orders', causeKey, failure, records }])
  expect(await seen(id)).toMatchObject({ state: 'came_back', cameBack: 1, mute: null })
  await ida().assignProblem(id, 'eve')
  expect(await seen(id)).toMatchObject({ state: 'ongoing', cameBack: 1, assignee: 'eve' })
  add('B-1')
  await ida().retry({ problem: id })
  await settle(project)
})

describe('an open problem', () => {
  let id = ''
  beforeAll(async () => {
    id = await stuck('M-1')
  })
  afterAll(async () => {
    add('M-1')
    await project.crosswalk.retry({ problem: id })
    await settle(project)
  })

  test('is assigned to who may sign in, and to nobody else', async () => {
    expect((await project.crosswalk.assignees()).map(({ name }) => name)).toEqual(['eve', 'ida'])
    await ida().assignProblem(id, 'eve')
    for (const name of ['gone', 'nobody', ''])
      await expect(ida().assignProblem(id, name)).rejects.toThrow(`Nobody who may sign in is called "${name}"`)
    expect((await project.crosswalk.problems({ assignee: 'eve', max: 9 })).map((one) => one.id)).toEqual([id])
    expect(await project.crosswalk.problems({ assignee: 'ida', max: 9 })).toEqual([])
    await ida().assignProblem(id, null)
    expect(await seen(id)).toMatchObject({ assignee: null })
    await expect(ida().assignProblem('999999', null)).rejects.toThrow('There is no open problem "999999"')
  })

  test('that is muted waits for nobody, and Home says what it holds back', async () => {
    const whole = await project.crosswalk.home('UTC')
    expect(whole.waiting).toMatchObject({ problems: 1, records: 1, held: [{ currency: 'EUR' }] })
    expect(whole.muted).toEqual({ problems: 0, records: 0, held: [], unknown: 0 })
    await ida().muteProblem(id, { because: 'The article comes next week' })
    const { waiting, muted } = await project.crosswalk.home('UTC')
    expect((await project.crosswalk.status()).syncs).toMatchObject([
      { problems: 0, mutedProblems: 1 },
      { problems: 0, mutedProblems: 0 },
    ])
    expect({ waiting: muted, muted: waiting }).toEqual({ waiting: whole.waiting, muted: whole.muted })
    const listed = async (state?: 'open' | 'muted' | 'new') =>
      (await project.crosswalk.problems({ ...(state === undefined ? {} : { state }), max: 9 })).map((one) => one.id)
    expect(await Promise.all([listed(), listed('muted'), listed('open'), listed('new')])).toEqual([[id], [id], [], []])
    await ida().unmuteProblem(id)
    expect((await project.crosswalk.home('UTC')).waiting).toEqual(whole.waiting)
    await expect(ida().unmuteProblem(id)).rejects.toThrow(`No open problem "${id}" is muted`)
    await expect(ida().muteProblem('999999', { because: 'x' })).rejects.toThrow('There is no open problem "999999"')
  })

  test('is muted until a day that is to come', async () => {
    const today = new Date(project.deps.clock.now()).toISOString().slice(0, 10) as PlainDate
    await expect(ida().muteProblem(id, { because: 'x', until: today })).rejects.toThrow(`${today} is not to come`)
    await ida().muteProblem(id, { because: 'x', until: '9999-12-31' as PlainDate })
    expect(await seen(id)).toMatchObject({ state: 'muted', mute: { until: '9999-12-31', by: 'ida' } })
    await ida().unmuteProblem(id)
  })
})
