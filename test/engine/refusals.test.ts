import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Instant } from '../../src/core/time.ts'
import { settle, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * Deals that are not delivered as they are: each is told of, leaves nothing in the ERP, and its preview says so before.
 */

let rig: Rig
let project: OpenProject
let shop: ReturnType<typeof stock>

beforeAll(async () => {
  rig = await openRig({
    crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 },
    orders: { since: '2026-06-01T00:00:00Z', mappings: { customer: 'mappings/customer.yaml' } },
  })
  // A customer mapping of the project's own, with a rule that reaches the deal's record.
  const folder = join(dirname(rig.config), '..', 'mappings')
  await mkdir(folder)
  const shipped = await readFile(join(import.meta.dirname, '../../mappings/odoo/customer.yaml'), 'utf8')
  const own = shipped.replace('  - name\nfields:\n', '  - name\n  - ref\nfields:\n  ref: crm.properties.dealname\n')
  await writeFile(join(folder, 'customer.yaml'), own)
  project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
}, 60_000)
afterAll(async () => {
  await project.close()
  await rig.close()
})

const line = (more: Record<string, string> = {}) => ({ hs_sku: 'A-1', name: 'A', quantity: '1', price: '10', ...more })
type NewDeal = Parameters<Rig['hubspot']['store']['addDeal']>[0]
const win = (deal: NewDeal = {}) =>
  rig.hubspot.store.addDeal({ stage: 'closedwon', companyId: shop.companies[0] ?? '', lines: [line()], ...deal })
/** A deal won before the sync began, whose line has a price that is no number. */
const winBroken = () => {
  const modifiedAt = Date.parse('2026-03-01T12:00:00Z')
  const id = win({ name: 'Broken', lines: [line({ price: 'ten' })], modifiedAt })
  rig.hubspot.store.updateDeal(id, { description: 'edited' })
  return id
}
const refOf = (id: string) => ({ connection: 'hubspot', object: 'deals', id })
const orderOf = (id: string) => rig.odoo.store.orders().find((order) => order.externalId?.endsWith(`_deal_${id}`))
const partners = (name: string) => rig.odoo.store.partners().filter((partner) => partner.name === name)
const previewOf = (id: string) => project.crosswalk.preview(id, {})
async function problemOf(id: string) {
  for (const problem of await project.crosswalk.problems({ sync: 'orders', max: 1000 })) {
    const found = await project.crosswalk.problem(problem.id)
    if (found?.waiting.some((ref) => ref.id === id)) return problem
  }
  return null
}
const backfill = () =>
  project.crosswalk.backfill('orders', { from: '2026-01-01T00:00:00.000Z' as Instant, dryRun: false })

describe('a won deal from before the sync began that does not map', () => {
  test('is left out until it is asked for, and a problem once a backfill has', async () => {
    const id = winBroken()
    await settle(project)
    expect(await problemOf(id)).toBeNull()
    expect(await backfill()).toMatchObject({ found: expect.any(Number) })
    await settle(project)
    expect(await problemOf(id)).toMatchObject({ kind: 'mapping_failed', message: expect.stringContaining('ten') })
    expect(rig.hubspot.store.deal(id)?.properties.erp_sync_problem).toContain('ten')
  }, 60_000)

  test('is a problem also when a live hint joined that of the backfill', async () => {
    const id = winBroken()
    await backfill()
    await project.deps.ledger.inbox.add('orders', [refOf(id)], { lane: 'live' })
    await settle(project)
    expect(await problemOf(id)).toMatchObject({ kind: 'mapping_failed' })
  }, 60_000)

  test('stays a problem when it is retried, and is delivered once it maps', async () => {
    const id = winBroken()
    await backfill()
    await settle(project)
    const before = await problemOf(id)
    await project.crosswalk.retry({ problem: before?.id ?? '' })
    await settle(project)
    expect(await problemOf(id)).toMatchObject({ kind: 'mapping_failed' })
    // It stays what was asked for, although the hint of the backfill is long gone.
    await project.crosswalk.retry({ sync: 'orders', records: [id] })
    await settle(project)
    expect(await problemOf(id)).toMatchObject({ kind: 'mapping_failed' })
    const [item] = rig.hubspot.store.deal(id)?.lines ?? []
    rig.hubspot.store.updateRecord('line_items', item?.hs_object_id ?? '', { price: '10' })
    rig.hubspot.store.updateDeal(id, { amount: '10' })
    await project.crosswalk.retry({ sync: 'orders', records: [id] })
    await settle(project)
    expect([await problemOf(id), orderOf(id)?.lines.length]).toEqual([null, 1])
  }, 60_000)

  test('is no problem any more when it turns out lost', async () => {
    const id = winBroken()
    await backfill()
    await settle(project)
    expect(await problemOf(id)).not.toBeNull()
    rig.hubspot.store.updateDeal(id, { dealstage: 'closedlost' })
    await project.crosswalk.retry({ sync: 'orders', records: [id] })
    await settle(project)
    expect([await problemOf(id), orderOf(id)]).toEqual([null, undefined])
  }, 60_000)
})

describe('a deal that is refused', () => {
  test.each<[string, NewDeal, string]>([
    ['without lines', { lines: [] }, 'mapping_failed'],
    ['with a line that takes back', { lines: [line(), line({ quantity: '-1' })] }, 'mapping_failed'],
    ['of a product that the ERP does not have', { lines: [line(), line({ hs_sku: 'NONE' })] }, 'lookup_failed'],
    ['of a currency that the ERP does not have', { properties: { deal_currency_code: 'XTS' } }, 'lookup_failed'],
  ])(
    '%s leaves no customer in the ERP, and its preview said what became of it',
    async (name, deal, kind) => {
      const company = `Refused ${name}`
      const id = win({ ...deal, companyId: rig.hubspot.store.addCompany({ name: company, domain: 'refused.example' }) })
      const shown = await previewOf(id)
      expect(shown).toMatchObject({ action: 'problem', failures: [{ problem: { kind } }] })
      expect(partners(company)).toEqual([])
      await settle(project)
      expect(await problemOf(id)).toMatchObject({ kind, message: shown.failures[0]?.message })
      expect([orderOf(id), partners(company)]).toEqual([undefined, []])
      // A good deal of the same company, in one batch with another bad one, makes the customer once.
      const companyId = rig.hubspot.store.addCompany({ name: `${company} too`, domain: 'refused-too.example' })
      const bad = win({ ...deal, companyId })
      const good = win({ companyId })
      await settle(project)
      expect([orderOf(bad), orderOf(good)?.state]).toEqual([undefined, 'sale'])
      expect(partners(`${company} too`)).toHaveLength(1)
    },
    60_000,
  )
})

describe('a preview', () => {
  test('knows rules of the customer that reach the deal, as delivery does', async () => {
    // Only by what the deal is called can this customer of the ERP be recognised.
    const known = rig.odoo.store.addCustomer({ name: 'Known by the deal', ref: 'From the deal' })
    const companyId = rig.hubspot.store.addCompany({ name: 'Reached AG', domain: 'reached.example' })
    const id = win({ name: 'From the deal', companyId })
    const shown = await previewOf(id)
    expect(shown).toMatchObject({ action: 'create', failures: [] })
    expect(shown.fields).toContainEqual(expect.objectContaining({ field: 'partner_id', value: known }))
    await settle(project)
    const order = orderOf(id)
    expect(order).toMatchObject({ state: 'sale', partnerId: known })
    expect(partners('Reached AG')).toEqual([])
    expect(await previewOf(id)).toMatchObject({ action: 'nothing', order: { id: order?.id }, failures: [] })
  }, 60_000)

  test('of a deal whose order is there says what a live pass then does with it', async () => {
    const [same, more, shipped, lost] = ['same', 'more', 'shipped', 'lost'].map((name) => win({ name }))
    await settle(project)
    const addTo = (id = '') => {
      rig.hubspot.store.addLine(id, line({ hs_sku: 'C-3', price: '7' }))
      rig.hubspot.store.updateDeal(id, { amount: String(Number(rig.hubspot.store.deal(id)?.properties.amount) + 7) })
    }
    rig.odoo.store.ship(orderOf(shipped ?? '')?.id ?? '')
    addTo(more)
    addTo(shipped)
    rig.hubspot.store.updateDeal(lost ?? '', { dealstage: 'closedlost' })
    const before = rig.odoo.store.orders()
    const shown = [
      await previewOf(same ?? ''),
      await previewOf(more ?? ''),
      await previewOf(shipped ?? ''),
      await previewOf(lost ?? ''),
    ]
    expect(shown.map(({ action, failures }) => [action, failures[0]?.problem.kind])).toEqual([
      ['nothing', undefined],
      ['update', undefined],
      ['problem', 'amendment_refused'],
      ['problem', 'unwon_refused'],
    ])
    expect(rig.odoo.store.orders()).toEqual(before)
    await settle(project)
    expect(orderOf(more ?? '')?.lines).toHaveLength(2)
    expect(orderOf(shipped ?? '')?.lines).toHaveLength(1)
    expect((await problemOf(shipped ?? ''))?.message).toBe(shown[2]?.failures[0]?.message)
    expect((await problemOf(lost ?? ''))?.message).toBe(shown[3]?.failures[0]?.message)
    expect(await problemOf(same ?? '')).toBeNull()
  }, 60_000)

  test('of a lost deal finds the order whose answer was lost, as a live pass does', async () => {
    const id = win({ name: 'Lost answer, lost deal' })
    await settle(project)
    const { ledger } = project.deps
    const [link] = await ledger.links.bySource('orders', 'order', [refOf(id)])
    await ledger.links.update([{ id: link?.id ?? '', state: 'unknown', move: true, target: { id: null } }])
    rig.hubspot.store.updateDeal(id, { dealstage: 'closedlost' })
    const shown = await previewOf(id)
    expect(shown).toMatchObject({ action: 'problem', failures: [{ problem: { kind: 'unwon_refused' } }] })
    await settle(project)
    expect((await problemOf(id))?.message).toBe(shown.failures[0]?.message)
    expect(await ledger.links.bySource('orders', 'order', [refOf(id)])).toMatchObject([{ state: 'linked' }])
    expect(orderOf(id)?.state).toBe('sale')
  }, 60_000)

  test('leaves no trace in the ledger', async () => {
    const id = win({ name: 'Looked at', companyId: rig.hubspot.store.addCompany({ name: 'Looked at AG' }) })
    const { ledger } = project.deps
    const state = async () => ({
      links: await ledger.links.counts(),
      problems: (await ledger.problems.list({ max: 1000 })).length,
      timeline: await ledger.timeline.of(refOf(id)),
      runs: (await ledger.runs.list({ max: 1000 })).length,
      inbox: (await ledger.inbox.counts()).map((one) => one.sync),
    })
    const before = await state()
    expect(await previewOf(id)).toMatchObject({ action: 'create' })
    expect(await state()).toEqual(before)
  }, 60_000)
})

describe('a preview', () => {
  test('names the customer, how it was recognised, products, and both totals; what would change is marked', async () => {
    const company = rig.hubspot.store.addCompany({ name: 'Known by name', city: 'Bonn' })
    const partner = rig.odoo.store.addCustomer({ name: 'Known by name', is_company: true })
    const id = win({ companyId: company })
    const first = await previewOf(id)
    expect(first).toMatchObject({
      action: 'create',
      customer: { id: partner, label: 'Known by name', by: 'Known by name', fields: [] },
      lines: [{ names: { product_id: expect.stringContaining('A-1') }, changed: null }],
      totals: { source: { net: '10', currency: 'EUR' }, target: null },
    })
    expect(first.fields.map(({ changed }) => changed)).not.toContain(true)

    const stranger = rig.hubspot.store.addCompany({ name: 'Nobody yet', city: 'Kiel' })
    expect((await previewOf(win({ companyId: stranger }))).customer).toMatchObject({
      id: null,
      fields: expect.arrayContaining([expect.objectContaining({ field: 'city', value: 'Kiel' })]),
    })

    await settle(project)
    rig.hubspot.store.updateDeal(id, { description: 'Call before delivery', amount: '20' })
    const [item] = rig.hubspot.store.deal(id)?.lines ?? []
    rig.hubspot.store.updateRecord('line_items', item?.hs_object_id ?? '', { quantity: '2' })
    const amended = await previewOf(id)
    expect(amended).toMatchObject({ action: 'update', totals: { source: { net: '20' }, target: { net: '10' } } })
    expect(amended.lines[0]?.changed).toContain('product_uom_qty')
    expect(amended.lines[0]?.changed).not.toContain('product_id')
    expect(amended.customer).toMatchObject({ id: partner, by: null })
  }, 60_000)
})
