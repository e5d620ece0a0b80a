import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { idOf } from '../../connectors/salesforce/simulator/ids.ts'
import { startSalesforceSimulator } from '../../connectors/salesforce/simulator/index.ts'
import { settle } from '../faults/proof.ts'
import { type OpenProject, openProjectFolder, type ProjectFolder } from '../project-folder.ts'
import { type Erp, erpLogin, openErp } from './erp.ts'

/*
 * What real data brings, between a simulated Salesforce and a real Odoo: units, contacts of a company, terms of a customer,
 * streets of two lines, states, addresses of deals, orders that end short, returns in another unit.
 */

/** A deal's own address, where it has a next step. */
const shipTo = `  shipTo:
    when: NextStep
    fields:
      street: NextStep
      city: { value: Kiel }
      country: { value: DE }
`
const mark = `D${Date.now().toString(36)}`
let salesforce: Awaited<ReturnType<typeof startSalesforceSimulator>>
let folder: ProjectFolder
let project: OpenProject
let erp: Erp
let dozens: number

beforeAll(async () => {
  const login = erpLogin()
  erp = await openErp(login)
  const [company] = await erp.search<{ currency_id: [number, string] }>('res.company', [], ['currency_id'])
  // 19 comes with them archived.
  const all = [
    ['name', '=', 'Dozens'],
    ['active', 'in', [true, false]],
  ]
  const [unit] = await erp.search('uom.uom', all, ['name'])
  await erp.call('uom.uom', 'write', [[unit?.id], { active: true }])
  dozens = unit?.id ?? 0
  // Every run is another org, so that the keys of an earlier run are not met again.
  const organizationId = idOf('00D', Math.floor(Date.now() / 1000))
  salesforce = await startSalesforceSimulator({ organizationId, currency: company?.currency_id[1] ?? 'EUR' })
  folder = await openProjectFolder(
    { crm: { system: 'salesforce', settings: salesforce.settings }, erp: { system: 'odoo', settings: { ...login } } },
    {},
  )
  const shipped = await readFile(join(import.meta.dirname, '../../mappings/salesforce/deal.yaml'), 'utf8')
  const own = join(dirname(folder.config), '../mappings/salesforce')
  await mkdir(own, { recursive: true })
  const named = 'name: { from: Account.Name, else: person.Name }\n'
  await writeFile(
    join(own, 'deal.yaml'),
    `${shipped.replace(`      ${named}`, `      ${named}      taxId: Account.AccountNumber\n`).trimEnd()}\n${shipTo}`,
  )
  project = await folder.open()
  await project.crosswalk.setup('salesforce')
})
afterAll(async () => {
  await project?.close()
  await salesforce?.close()
  await folder?.remove()
})

const partner = (values: Record<string, unknown>) => erp.call<number>('res.partner', 'create', [values])
/** @param unit  that Odoo keeps it in */
async function product(name: string, unit?: number): Promise<string> {
  const sku = `${mark}-${name}`
  const units = unit === undefined ? {} : erp.words.keptIn(unit)
  const values = {
    ...{ name: sku, default_code: sku, list_price: 1, invoice_policy: 'delivery' },
    ...erp.words.storable,
    ...units,
  }
  const id = await erp.call<number>('product.product', 'create', [values])
  const [stock] = await erp.search<{ lot_stock_id: [number] }>('stock.warehouse', [], ['lot_stock_id'])
  const quant = { product_id: id, location_id: stock?.lot_stock_id[0], [erp.words.counted]: 100 }
  await erp.call('stock.quant', 'create', [quant], { context: { inventory_mode: true } })
  return sku
}
interface Won {
  readonly account: Record<string, string>
  readonly sku: string
  readonly quantity: string
  /** Of the product in Salesforce. */
  readonly unit?: string
}
/** Wins a deal and delivers it. @returns its order */
async function order({ account, sku, quantity, unit }: Won) {
  const accountId = salesforce.store.addAccount(account)
  if (unit !== undefined) salesforce.store.addProduct({ sku, fields: { QuantityUnitOfMeasure: unit } })
  const id = salesforce.store.addOpportunity({ accountId, lines: [{ sku, quantity, price: '1' }] })
  await settle(project)
  expect((await project.crosswalk.problems({ max: 10 })).map((problem) => problem.message)).toEqual([])
  const [found] = await erp.search<{
    name: string
    state: string
    partner_id: [number, string]
    payment_term_id: [number, string] | false
    order_line: number[]
  }>('sale.order', [['client_order_ref', '=', id]], ['name', 'state', 'partner_id', 'payment_term_id', 'order_line'])
  if (found === undefined) throw new Error(`no order for ${id}`)
  return { ...found, deal: id }
}
const line = async (id: number) =>
  (await erp.search('sale.order.line', [['id', '=', id]], ['product_uom_qty', erp.words.lineUnit, 'price_unit']))[0]
const shown = (deal: string) => salesforce.store.record('Opportunity', deal) ?? {}
/** A change may be told a little later, as stamps are whole seconds. */
async function until(reached: () => boolean): Promise<void> {
  for (let round = 0; round < 60 && !reached(); round += 1) {
    await settle(project)
    await project.deps.clock.sleep(500)
  }
}
async function shows(deal: string, status: string): Promise<void> {
  await until(() => shown(deal).ERP_Status__c === status)
  expect(shown(deal).ERP_Status__c).toBe(status)
}
/** Ships so much of an order's one line, in the unit of the product; the rest is never shipped. */
async function ship(name: string, quantity: number): Promise<number> {
  const [picking] = await erp.search('stock.picking', [['origin', '=', name]], ['name'])
  const id = picking?.id ?? 0
  await erp.call('stock.picking', 'action_assign', [[id]])
  const [move] = await erp.search('stock.move.line', [['picking_id', '=', id]], ['id'])
  await erp.call('stock.move.line', 'write', [[move?.id], erp.words.detailMoved(quantity)])
  const asked = await erp.call<unknown>('stock.picking', 'button_validate', [[id]])
  if (typeof asked === 'object' && asked !== null && 'context' in asked) {
    const context = asked.context as object
    const lines = { backorder_confirmation_line_ids: [[0, 0, { picking_id: id, to_backorder: false }]] }
    const wizard = await erp.call<number>(
      'stock.backorder.confirmation',
      'create',
      [{ pick_ids: [[6, 0, [id]]], ...lines }],
      { context },
    )
    await erp.call('stock.backorder.confirmation', 'process_cancel_backorder', [[wizard]], { context })
  }
  return id
}

test('24 Each of what is kept in dozens are 24 units, not 24 dozens', async () => {
  const sku = await product('EGG', dozens)
  const made = await order({ account: { Name: `${mark} eggs` }, sku, quantity: '24', unit: 'Each' })
  expect(made.state).toBe('sale')
  expect(await line(made.order_line[0] ?? 0)).toMatchObject({
    product_uom_qty: 24,
    [erp.words.lineUnit]: [expect.any(Number), 'Units'],
  })
  const moves = await erp.search('stock.move', [['origin', '=', made.name]], ['product_qty'])
  expect(moves).toMatchObject([{ product_qty: 2 }])
})

test('the contacts of a company are no rivals of it', async () => {
  const vat = `${mark}-X1`
  const holding = await partner({ name: `${mark} Holding`, is_company: true, vat })
  for (const name of ['Ada', 'Ben']) await partner({ name, parent_id: holding })
  const sku = await product('DESK')
  const made = await order({ account: { Name: `${mark} Holding Ltd`, AccountNumber: vat }, sku, quantity: '1' })
  expect(made.partner_id[0]).toBe(holding)
})

test('an order has the payment terms of its customer', async () => {
  const [term] = await erp.search<{ name: string }>('account.payment.term', [['name', '=', '30 Days']], ['name'])
  const name = `${mark} on terms`
  await partner({ name, is_company: true, property_payment_term_id: term?.id })
  const made = await order({ account: { Name: name }, sku: await product('LAMP'), quantity: '1' })
  expect(made.payment_term_id).toEqual([term?.id, '30 Days'])
})

test('an address keeps its second line and its state', async () => {
  const address = {
    BillingStreet: '1 Main St\r\nSuite 2',
    BillingCity: 'Fresno',
    BillingPostalCode: '93650',
    BillingState: 'California',
    BillingCountry: 'United States',
  }
  const made = await order({
    account: { Name: `${mark} Redwood`, ...address },
    sku: await product('PEN'),
    quantity: '1',
  })
  const fields = ['street', 'street2', 'state_id', 'city']
  const [found] = await erp.search('res.partner', [['id', '=', made.partner_id[0]]], fields)
  expect(found).toMatchObject({
    street: '1 Main St',
    street2: 'Suite 2',
    state_id: [expect.any(Number), 'California (US)'],
  })
})

test('an order that ends short is paid in the end', async () => {
  const made = await order({ account: { Name: `${mark} short` }, sku: await product('NAIL'), quantity: '10' })
  await ship(made.name, 8)
  await shows(made.deal, 'shipped')
  await erp.invoice(made.id)
  await erp.pay(made.id)
  await shows(made.deal, 'paid')
})

test('what is shipped and comes back is told in the unit of the order line', async () => {
  const sku = await product('EGGS')
  const made = await order({ account: { Name: `${mark} dozens` }, sku, quantity: '3', unit: 'Dozen' })
  const quantities = async () => {
    const paths = ['product_uom_qty', 'reserved', 'shipped', 'returned'].map((name) => `order_line.${name}`)
    const [record] = await project.projects
      .current()
      .endpoint('odoo')
      .use((odoo) => odoo.read('sale.order', [String(made.id)], paths))
    return record?.fields.order_line
  }
  expect(await quantities()).toMatchObject([{ product_uom_qty: 3, reserved: '3', shipped: '0', returned: '0' }])
  const shipped = await ship(made.name, 36)
  const [move] = await erp.search<{ product_id: [number] }>(
    'stock.move',
    [['picking_id', '=', shipped]],
    ['product_id'],
  )
  const [picking] = await erp.search<{ location_id: [number] }>(
    'stock.picking',
    [['id', '=', shipped]],
    ['location_id'],
  )
  const context = { active_id: shipped, active_ids: [shipped], active_model: 'stock.picking' }
  const back = { product_id: move?.product_id[0], move_id: move?.id, quantity: 1, to_refund: true }
  const values = {
    picking_id: shipped,
    ...erp.words.returnTo(picking?.location_id[0] ?? false),
    product_return_moves: [[0, 0, back]],
  }
  const wizard = await erp.call<number>('stock.return.picking', 'create', [values], { context })
  const { res_id } = await erp.call<{ res_id: number }>('stock.return.picking', erp.words.createReturns, [[wizard]], {
    context,
  })
  const moves = await erp.search('stock.move', [['picking_id', '=', res_id]], ['id'])
  await erp.call('stock.move', 'write', [moves.map(({ id }) => id), erp.words.moved(1)])
  await erp.call('stock.picking', 'button_validate', [[res_id]])
  expect(await quantities()).toMatchObject([{ product_uom_qty: 3, reserved: '0', shipped: '3', returned: '0.08' }])
})

test('goods go where each deal says; open deliveries follow, and customers stay as they are', async () => {
  const name = `${mark} two docks`
  const values = { name, is_company: true, street: 'Am Ring 1', city: 'Bonn', customer_rank: 1 }
  const customer = await partner(values)
  const [country] = await erp.search('res.country', [['code', '=', 'DE']], ['name'])
  const entered = { parent_id: customer, type: 'other', street: 'kai 2', city: 'Kiel', country_id: country?.id }
  const typed = await partner(entered)
  const sku = await product('BOX')
  const accountId = salesforce.store.addAccount({ Name: name })
  const lines = [{ sku, quantity: '1', price: '1' }]
  const win = (step?: string) =>
    salesforce.store.addOpportunity({ accountId, lines, ...(step === undefined ? {} : { fields: { NextStep: step } }) })
  const deals = [win('Kai 1'), win('Kai 2'), win()]
  await settle(project)
  expect((await project.crosswalk.problems({ max: 10 })).map((problem) => problem.message)).toEqual([])
  type Addressed = { name: string; state: string; partner_shipping_id: [number]; partner_invoice_id: [number] }
  const orderOf = async (deal: string) => {
    const fields = ['name', 'state', 'partner_shipping_id', 'partner_invoice_id']
    const [found] = await erp.search<Addressed>('sale.order', [['client_order_ref', '=', deal]], fields)
    return found
  }
  const [first, second, third] = await Promise.all(deals.map(orderOf))
  const below = async () =>
    erp.search<{ street: string }>('res.partner', [['parent_id', '=', customer]], ['type', 'street', 'city'])
  const made = (await below()).find(({ id }) => id !== typed)
  expect(made).toMatchObject({ type: 'other', street: 'Kai 1', city: 'Kiel' })
  expect([first, second, third].map((one) => one?.partner_shipping_id[0])).toEqual([made?.id, typed, customer])
  expect([first, second, third].map((one) => one?.partner_invoice_id[0])).toEqual([customer, customer, customer])
  expect((await erp.search('res.partner', [['id', '=', customer]], ['street', 'city']))[0]).toMatchObject({
    street: 'Am Ring 1',
    city: 'Bonn',
  })

  const sentTo = async () =>
    (await erp.search<{ partner_id: [number] }>('stock.picking', [['origin', '=', first?.name]], ['partner_id'])).map(
      ({ partner_id }) => partner_id[0],
    )
  expect([first?.state, await sentTo()]).toEqual(['sale', [made?.id]])
  salesforce.store.update('Opportunity', deals[0] ?? '', { NextStep: 'Kai 2' })
  for (let round = 0; round < 60 && (await sentTo())[0] !== typed; round += 1) {
    await settle(project)
    await project.deps.clock.sleep(500)
  }
  expect([(await orderOf(deals[0] ?? ''))?.partner_shipping_id[0], await sentTo()]).toEqual([typed, [typed]])
  expect(await below()).toHaveLength(2)
})

test('a draft that gets another customer goes to that one', async () => {
  const [one, other] = [await partner({ name: `${mark} one` }), await partner({ name: `${mark} other` })]
  const dock = await partner({ name: 'Dock', parent_id: other, type: 'delivery' })
  const id = await erp.call<number>('sale.order', 'create', [{ partner_id: one }])
  const fields = { partner_id: String(other) }
  const outcomes = await project.projects
    .current()
    .endpoint('odoo')
    .use((odoo) =>
      odoo.write([
        { do: 'update', object: 'sale.order', id: String(id), key: null, fields, unchanged: {}, lines: null },
      ]),
    )
  expect(outcomes).toEqual([{ ok: true, id: String(id) }])
  const names = ['partner_id', 'partner_shipping_id', 'partner_invoice_id']
  const [draft] = await erp.search<Record<string, [number]>>('sale.order', [['id', '=', id]], names)
  expect(names.map((name) => draft?.[name]?.[0])).toEqual([other, dock, other])
})

test('a shipped order is not cancelled when its deal is lost', async () => {
  const made = await order({ account: { Name: `${mark} lost` }, sku: await product('CUP'), quantity: '2' })
  await ship(made.name, 2)
  salesforce.store.update('Opportunity', made.deal, { StageName: 'Closed Lost' })
  await until(() => typeof shown(made.deal).ERP_Sync_Problem__c === 'string')
  const [after] = await erp.search('sale.order', [['id', '=', made.id]], ['state'])
  expect(after).toMatchObject({ state: 'sale' })
  expect(shown(made.deal).ERP_Sync_Problem__c).toContain('no longer won')
})
