import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { settle, settleUntil, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * Orders that are not what their deals say: changed by hand in the ERP, changed on the deal, or by a mapping.
 */

let rig: Rig
let project: OpenProject
let sold: string
beforeEach(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  project = await rig.open()
  await project.crosswalk.setup('hubspot')
  stock(rig)
  const companyId = rig.hubspot.store.addCompany({ name: 'Drifts GmbH', domain: 'drifts.example' })
  const lines = [
    { hs_sku: 'A-1', name: 'Chair', quantity: '4', price: '10.5' },
    { hs_sku: 'B-2', name: 'Desk', quantity: '1', price: '99' },
  ]
  sold = rig.hubspot.store.addDeal({ name: 'Drifts', stage: 'closedwon', companyId, lines })
  await settleUntil(project, rig, () => order()?.state === 'sale')
})
afterEach(async () => {
  await project.close()
  await rig.close()
})

const order = () => rig.odoo.store.orders().at(-1)
const line = (index: number) => order()?.lines[index]?.id ?? ''
const deal = () => rig.hubspot.store.deal(sold)?.properties ?? {}
const problems = () => project.crosswalk.problems({ max: 10 })
const texts = async () => (await project.crosswalk.timeline({ id: sold })).map((entry) => entry.text)
/** A minute later. */
async function later(): Promise<void> {
  rig.pass(60_000)
  await settle(project)
}
/** Somebody changes a line in the ERP. */
async function edit(index: number, values: Parameters<Rig['odoo']['store']['editLine']>[1]): Promise<void> {
  rig.odoo.store.editLine(line(index), values)
  await later()
}
async function change(properties: Parameters<Rig['hubspot']['store']['updateDeal']>[1]): Promise<void> {
  rig.hubspot.store.updateDeal(sold, properties)
  await later()
}
/** The customer wants more, or less, of a line of the deal. */
async function sell(index: number, quantity: string): Promise<void> {
  const { store } = rig.hubspot
  const of = () => store.deal(sold)?.lines ?? []
  store.updateRecord('line_items', of()[index]?.hs_object_id ?? '', { quantity })
  const amount = of().reduce((sum, one) => sum + Number(one.quantity) * Number(one.price), 0)
  await change({ amount: String(amount) })
}
const decide = (decision: 'accept' | 'overwrite' | 'ignore', only?: string) =>
  project.crosswalk.as('ann').decide({ deal: sold, decision, ...(only === undefined ? {} : { only }) })

describe('a line that somebody changed in the ERP', () => {
  test('is told, from what to what, and is a problem no more once it is changed back', async () => {
    await edit(0, { product_uom_qty: 3, price_unit: 12 })
    const [problem] = await problems()
    expect(problem).toMatchObject({ kind: 'order_drifted', sync: 'orders', records: [{ id: sold }] })
    expect(problem?.message).toContain('Chair 4 → 3; Chair price 10.5 → 12')
    expect(deal().erp_sync_problem).toContain(`crosswalk accept ${sold}`)
    await edit(0, { product_uom_qty: 4, price_unit: 10.5 })
    expect(await problems()).toEqual([])
    expect(deal().erp_sync_problem ?? '').toBe('')
  })

  test('is set beside the line of the deal in a preview, which changes nothing', async () => {
    rig.odoo.store.editLine(line(0), { product_uom_qty: 3 })
    const preview = await project.crosswalk.preview(sold, {})
    expect(preview).toMatchObject({
      ...{ action: 'problem', differences: [{ text: 'Chair 4 → 3' }], gone: [] },
      lines: [
        { fields: { product_uom_qty: '4', price_unit: '10.5' }, now: { product_uom_qty: '3', price_unit: '10.5' } },
        { fields: { product_uom_qty: '1' }, now: { product_uom_qty: '1' } },
      ],
    })
    expect(preview.label).toContain('Drifts')
    expect(await problems()).toEqual([])
    expect((await project.crosswalk.timeline({ id: sold })).map((one) => one.event)).not.toContain('problem')
  })

  test('is accepted as it is, in just these values', async () => {
    await edit(0, { product_uom_qty: 3 })
    expect((await decide('accept')).decided).toContain('Chair 4 → 3')
    await settle(project)
    expect(await problems()).toEqual([])
    expect((await project.crosswalk.timeline({ id: sold })).filter((one) => one.event === 'accepted')).toMatchObject([
      { actor: 'ann', text: expect.stringContaining('Chair 4 → 3') },
    ])
    // Nor do other changes bring it up, or take it back.
    await change({ dealname: 'Drifts on' })
    await edit(1, { sequence: 5 })
    expect(await problems()).toEqual([])
    expect(order()?.lines[0]?.quantity).toBe(3)
    await edit(0, { product_uom_qty: 2 })
    expect((await problems())[0]?.message).toContain('Chair 3 → 2')
    // Accepted once more, and the deal goes on from there.
    await decide('accept')
    await settle(project)
    expect(await problems()).toEqual([])
    await sell(0, '6')
    expect(order()?.lines[0]?.quantity).toBe(6)
    expect(await texts()).toContain('The order was updated from the deal: Chair 2 → 6')
    expect(await problems()).toEqual([])
  })

  test('is overwritten with what the deal says, price and all', async () => {
    await edit(0, { product_uom_qty: 3, price_unit: 8 })
    await decide('overwrite')
    await settle(project)
    expect(order()?.lines[0]).toMatchObject({ quantity: 4, price: 10.5 })
    expect(await problems()).toEqual([])
    await later()
    expect(await problems()).toEqual([])
  })

  test('is not overwritten once goods have left', async () => {
    await edit(0, { price_unit: 8 })
    rig.odoo.store.ship(order()?.id ?? '', { part: true })
    await later()
    await decide('overwrite')
    await settle(project)
    expect(order()?.lines[0]?.price).toBe(8)
    expect((await problems())[0]?.message).toContain('It was not overwritten: it is already partly shipped')
  })

  test('is not watched any more where a person says so, and in that alone', async () => {
    await edit(0, { price_unit: 12 })
    await decide('ignore', 'price')
    await settle(project)
    // What comes of it is another matter.
    expect(await problems()).toMatchObject([{ kind: 'totals_differ' }])
    await decide('ignore')
    await edit(0, { price_unit: 11 })
    expect(await problems()).toEqual([])
    await edit(0, { product_uom_qty: 5 })
    expect(await problems()).toMatchObject([{ kind: 'order_drifted' }])
  })

  test('keeps the deal from writing over it', async () => {
    await edit(0, { product_uom_qty: 3 })
    await sell(1, '2')
    expect(order()?.lines.map((one) => one.quantity)).toEqual([3, 1])
    await edit(0, { product_uom_qty: 4 })
    expect(order()?.lines.map((one) => one.quantity)).toEqual([4, 2])
    expect(await problems()).toEqual([])
  })

  test('is no problem where the deal says the same by now', async () => {
    rig.odoo.store.editLine(line(0), { product_uom_qty: 7 })
    await sell(0, '7')
    expect(await problems()).toEqual([])
    expect(order()?.lines[0]?.quantity).toBe(7)
  })

  test('is what a refused change of the deal asked for', async () => {
    rig.odoo.store.ship(order()?.id ?? '', { part: true })
    await later()
    await sell(1, '2')
    expect((await problems())[0]).toMatchObject({
      kind: 'amendment_refused',
      message: expect.stringContaining('The deal changed (Desk 1 → 2)'),
    })
    await edit(1, { product_uom_qty: 2 })
    expect(await problems()).toEqual([])
  })

  test('is told of a line more, and of one that is gone', async () => {
    const product = rig.odoo.store.products().find((one) => one.sku === 'C-3')?.id ?? ''
    const added = { order_id: Number(order()?.id), product_id: Number(product), product_uom_qty: 2, price_unit: 3 }
    rig.odoo.store.create('sale.order.line', added)
    await edit(1, { product_uom_qty: 0 })
    expect((await problems())[0]?.message).toContain('Desk 1 → 0')
    expect((await problems())[0]?.message).toContain('C-3 added (2)')
    await decide('accept')
    await settle(project)
    expect(await problems()).toEqual([])
  })

  test('is seen by the nightly reconciliation, whatever was missed', async () => {
    const { ledger } = project.deps
    await edit(0, { product_uom_qty: 3 })
    // As if nobody had told.
    await ledger.problems.clear('orders', [{ connection: 'hubspot', object: 'deals', id: sold }])
    const [link] = await project.crosswalk.deals({ max: 1 })
    await ledger.links.update([{ id: link?.id ?? '', suspect: false }])
    await project.crosswalk.reconcile('orders', { mend: true })
    await settle(project)
    expect(await problems()).toMatchObject([{ kind: 'order_drifted' }])
  })
})

test('is seen by the reconciliation of a sync whose orders are not written back', async () => {
  const config = parse(await readFile(rig.config, 'utf8'))
  const { orders } = config.syncs
  await writeFile(rig.config, stringify({ ...config, syncs: { orders } }))
  await project.close()
  project = await rig.open()
  await edit(0, { product_uom_qty: 3 })
  expect(await problems()).toEqual([])
  await project.crosswalk.reconcile('orders', { mend: true })
  await later()
  expect((await problems())[0]?.message).toContain('Chair 4 → 3')
})

test('an order that nobody changed is not compared line by line because its deal is read', async () => {
  await expect(decide('accept')).rejects.toThrow('has no order that differs from it')
  await project.crosswalk.run(['orders'], {})
  const [link] = await project.crosswalk.deals({ max: 1 })
  expect(link).toMatchObject({ suspect: false, decisions: null })
})

test('a difference of totals that is meant is accepted, until either side changes again', async () => {
  const amount = String(Number(deal().amount) - 5)
  await change({ amount })
  expect(await problems()).toMatchObject([{ kind: 'totals_differ' }])
  expect(deal().erp_sync_problem).toContain(`crosswalk accept ${sold}`)
  await expect(decide('overwrite')).rejects.toThrow('writing it again would change nothing')
  await decide('accept')
  await settle(project)
  expect(await problems()).toEqual([])
  await change({ dealname: 'Still meant' })
  expect(await problems()).toEqual([])
  await change({ amount: String(Number(amount) - 1) })
  expect(await problems()).toMatchObject([{ kind: 'totals_differ' }])
  await change({ amount })
  expect(await problems()).toEqual([])
})

describe('a mapping that changed', () => {
  const reference = (policy: string) => `  client_order_ref: ${policy}\n`
  /** Puts the shipped mapping with another rule for the customer's reference into force. */
  async function remap(rule: string, fields: Record<string, string>): Promise<void> {
    const shipped = await readFile(join(import.meta.dirname, '../../mappings/odoo/order.yaml'), 'utf8')
    const folder = join(dirname(rig.config), '..', 'mappings')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'order.yaml'), shipped.replace(/ {2}client_order_ref: .*\n/, reference(rule)))
    await rig.configure({
      orders: { mappings: { order: 'mappings/order.yaml' }, policies: { amended: { fields } } },
    })
    await project.close()
    project = await rig.open()
  }
  const now = '{ from: deal.poNumber, default: by-hand }'

  test('is no change of the deal: the order is left, and still follows its deal', async () => {
    const before = order()?.reference
    await remap(now, {})
    await sell(0, '7')
    expect(order()).toMatchObject({ reference: before, lines: [{ quantity: 7 }, {}] })
    expect(await problems()).toEqual([])
    expect(await texts()).toContain('The order was updated from the deal: Chair 4 → 7')
  })

  test('is written where the policy of the field says so', async () => {
    const before = order()?.reference
    await remap(now, { client_order_ref: 'write' })
    await change({ dealname: 'Same' })
    expect(order()?.reference).toBe('by-hand')
    expect(await texts()).toContain(`The order was updated from the deal: client_order_ref ${before} → by-hand`)
  })

  test('is asked about where the policy of the field says so', async () => {
    await remap(now, { client_order_ref: 'ask' })
    await change({ dealname: 'Same' })
    expect((await problems())[0]?.message).toContain('the policy of these fields asks first')
  })
})

test('a policy for a field that no rule writes is refused', async () => {
  await rig.configure({ orders: { policies: { amended: { fields: { product_uom_qty: 'ask' } } } } })
  await project.close()
  project = await rig.open()
  await expect(project.crosswalk.run(['orders'], {})).rejects.toThrow('policy for "product_uom_qty"')
})

test('a draft whose totals differ, corrected in the ERP as its problem says, is confirmed', async () => {
  const companyId = rig.hubspot.store.addCompany({ name: 'Corrects GmbH', domain: 'corrects.example' })
  const lines = [{ hs_sku: 'A-1', name: 'Lamp', quantity: '2', price: '10' }]
  const properties = { amount: '18' }
  rig.hubspot.store.addDeal({ name: 'Corrected', stage: 'closedwon', companyId, lines, properties })
  await later()
  expect(await problems()).toMatchObject([{ kind: 'totals_differ' }])
  expect(order()?.state).toBe('draft')
  await edit(0, { price_unit: 9.5 })
  expect(await problems()).toMatchObject([{ kind: 'order_drifted' }])
  await edit(0, { price_unit: 9 })
  expect(await problems()).toEqual([])
  expect(order()).toMatchObject({ state: 'sale', lines: [{ price: 9 }] })
})

test('a change of the deal is left out where the policy of the field says so', async () => {
  await rig.configure({ orders: { policies: { amended: { fields: { 'order_line.product_uom_qty': 'ignore' } } } } })
  await project.close()
  project = await rig.open()
  await sell(0, '7')
  expect(order()?.lines[0]?.quantity).toBe(4)
  expect(await problems()).toMatchObject([{ kind: 'totals_differ' }])
  await decide('accept')
  await settle(project)
  expect(await problems()).toEqual([])
})
