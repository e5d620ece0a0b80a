import { afterEach, describe, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import { type OdooSimulatorOptions, startOdooSimulator } from './index.ts'

type Odoo = Awaited<ReturnType<typeof startOdooSimulator>>

const opened: Odoo[] = []
afterEach(async () => {
  for (const odoo of opened.splice(0)) await odoo.close()
})

async function start(options: OdooSimulatorOptions = {}) {
  let at = Date.parse('2026-03-01T08:00:00Z')
  const odoo = await startOdooSimulator({ now: () => at, ...options })
  opened.push(odoo)
  const { store } = odoo
  const customer = store.addCustomer({ name: 'Acme', ref: 'A-1' })
  const stock = store.addProduct({ sku: 'STOCK', price: 10 })
  const make = store.addProduct({ sku: 'MAKE', price: '20', route: 'make' })
  const buy = store.addProduct({ sku: 'BUY', price: 30, route: 'buy' })

  async function post(path: string, body: Json, headers: Readonly<Record<string, string>> = {}) {
    const response = await fetch(`${odoo.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers })
    return { status: response.status, body: (await response.json()) as JsonObject }
  }
  async function service(name: string, method: string, args: Json): Promise<Json> {
    const params = { service: name, method, args }
    const { body } = await post('/jsonrpc', { jsonrpc: '2.0', method: 'call', id: 1, params })
    if (body.error === undefined) return body.result ?? null
    const { data } = body.error as { data: { name: string; message: string } }
    throw new Error(`${data.name}: ${data.message}`)
  }
  const call = (model: string, method: string, args: Json = [], named: Json = {}) =>
    service('object', 'execute_kw', ['demo', 2, 'admin', model, method, args, named])
  const load = (fields: readonly string[], data: Json, model = 'sale.order') => call(model, 'load', [fields, data])
  const rows = async (model: string, domain: Json, fields: readonly string[], more: JsonObject = {}) =>
    (await call(model, 'search_read', [domain, fields], more)) as JsonObject[]
  /** Loads an order of a stocked, a made and a bought product, four of each. */
  async function order(name = 'o1', skus: readonly string[] = [stock, make, buy]): Promise<string> {
    const data = skus.map((id, place) => [
      ...(place === 0 ? [`crm.${name}`, customer] : ['', '']),
      `crm.${name}_${place}`,
      id,
      '4',
    ])
    const reply = (await load(columns, data)) as { ids: number[] }
    return String(reply.ids[0])
  }
  const pass = (ms: number) => {
    at += ms
  }
  return { odoo, store, customer, stock, make, buy, post, service, call, load, rows, order, pass }
}

const columns = ['id', 'partner_id/.id', 'order_line/id', 'order_line/product_id/.id', 'order_line/product_uom_qty']
const priced = [...columns, 'order_line/price_unit']

describe('products', () => {
  const fields = ['qty_available', 'free_qty', 'virtual_available']

  test('are counted, reserved and shipped, which moves quants and not the product', async () => {
    const { odoo, stock, rows, order, pass, store } = await start()
    const moment = async () => (await rows('product.product', [['id', '=', Number(stock)]], ['write_date']))[0]
    const before = await moment()
    const count = async () => (await rows('product.product', [['id', '=', Number(stock)]], fields))[0]
    pass(60_000)
    odoo.erp.catalogue?.change(stock, { onHand: '9' })
    expect(await count()).toMatchObject({ qty_available: 9, free_qty: 9, virtual_available: 9 })
    const id = await order('o1', [stock])
    store.confirm(id)
    expect(await count()).toMatchObject({ qty_available: 9, free_qty: 5, virtual_available: 5 })
    store.ship(id, { part: true })
    expect(await count()).toMatchObject({ qty_available: 7, free_qty: 5, virtual_available: 5 })
    store.cancelOrder(id)
    expect(await count()).toMatchObject({ qty_available: 7, free_qty: 7, virtual_available: 7 })
    expect(await moment()).toEqual(before)
    const [quant] = await rows('stock.quant', [['product_id', '=', Number(stock)]], ['quantity', 'write_date'])
    expect(quant).toMatchObject({ quantity: 7, write_date: '2026-03-01 08:01:00' })
    expect(await rows('product.product', [['qty_available', '<', 8]], [])).toMatchObject([{ id: Number(stock) }])
  })

  test('of which too few are there are reserved in part, and come in with time', async () => {
    const { odoo, stock, rows, order, store } = await start()
    odoo.erp.catalogue?.change(stock, { onHand: '3' })
    const id = await order('o1', [stock])
    store.confirm(id)
    const move = async () =>
      (await rows('stock.move', [['sale_line_id', '!=', false]], ['state', 'reserved_availability']))[0]
    expect(await move()).toMatchObject({ state: 'partially_available', reserved_availability: 3 })
    expect(odoo.erp.catalogue?.products()[0]).toMatchObject({ onHand: '3', available: '0' })
    expect(store.tick()).toBe(1)
    expect(await move()).toMatchObject({ state: 'assigned', reserved_availability: 4 })
    store.ship(id)
    expect(store.order(id)?.lines[0]).toMatchObject({ delivered: 4 })
  })

  test('that are shipped as far as they are there leave the rest to a back order', async () => {
    const { odoo, stock, rows, order, store } = await start()
    odoo.erp.catalogue?.change(stock, { onHand: '3' })
    const id = await order('o1', [stock])
    store.confirm(id)
    store.ship(id)
    const moves = await rows('stock.move', [['sale_line_id', '!=', false]], ['state', 'product_uom_qty'])
    expect(moves).toMatchObject([
      { state: 'done', product_uom_qty: 3 },
      { state: 'confirmed', product_uom_qty: 1 },
    ])
    expect(odoo.erp.catalogue?.products()[0]).toMatchObject({ onHand: '0', available: '0' })
  })

  test('are changed by a person, whose words show as they are', async () => {
    const { odoo, stock, rows } = await start()
    odoo.erp.catalogue?.change(stock, { name: 'Stool', price: '12.5', active: false })
    expect(odoo.erp.catalogue?.products()[0]).toEqual({
      id: stock,
      sku: 'STOCK',
      name: 'Stool',
      active: false,
      price: '12.5',
      onHand: '1000',
      available: '1000',
    })
    expect(await rows('product.product', [['id', '=', Number(stock)]], ['name'])).toEqual([])
    expect(() => odoo.erp.catalogue?.change('99', { name: 'x' })).toThrow('no product.product 99')
  })

  test('cost what a price list says, and nothing without one', async () => {
    const { odoo, store, stock, rows } = await start({ currencies: ['USD'] })
    const price = async (more: JsonObject) =>
      (await rows('product.product', [['id', '=', Number(stock)]], ['price'], more))[0]?.price
    expect(await price({})).toBe(0)
    store.setRate('USD', 1.25)
    expect(await price({ context: { pricelist: 2 } })).toBe(12.5)
    store.setPrice(stock, 'USD', '11')
    expect(await price({ context: { pricelist: 2 } })).toBe(11)
    expect(await price({ context: { pricelist: 1 } })).toBe(10)
    expect(await price({ context: { pricelist: 99 } })).toBeUndefined()
    store.create('product.pricelist.item', { pricelist_id: 1, compute_price: 'formula', base: 'standard_price' })
    await expect(price({ context: { pricelist: 1 } })).rejects.toThrow('not simulated: a price list rule')
    expect(odoo.erp.catalogue?.products()[0]?.price).toBe('10')
  })

  test('can be a hundred thousand', async () => {
    const { store, rows } = await start()
    const first = Number(store.addProducts(100_000))
    expect(await rows('product.product', [['id', '=', first + 99_999]], ['default_code'])).toMatchObject([
      { default_code: 'BULK-100000' },
    ])
  }, 60_000)
})

describe('describing', () => {
  test('shows the fields of users that are made up as a real one does', async () => {
    const { call } = await start()
    const shown = (await call('res.users', 'fields_get', [
      ['sel_groups_2_3', 'login'],
      ['type', 'required', 'selection'],
    ])) as JsonObject
    expect(shown.sel_groups_2_3).toEqual({
      type: 'selection',
      string: 'Administration',
      selection: [
        [false, ''],
        [2, 'Access Rights'],
        [3, 'Settings'],
      ],
    })
    expect(shown.login).toEqual({ type: 'char', required: true })
  })

  test('tells the defaults of what we create, and says where it does not know them', async () => {
    const { call } = await start()
    const asked = ['name', 'partner_id', 'partner_invoice_id', 'warehouse_id']
    expect(await call('sale.order', 'default_get', [asked])).toEqual({ name: 'New', warehouse_id: 1 })
    await expect(call('stock.picking', 'default_get', [['name']])).rejects.toThrow('not simulated: default_get')
    expect(await call('res.users', 'context_get')).toEqual({ lang: 'en_US', tz: 'Europe/Berlin' })
  })
})

describe('load', () => {
  test('makes orders with their lines by External ID, and changes the same ones when it is repeated', async () => {
    const { load, customer, stock, make, store } = await start()
    const data = [
      ['crm.o1', customer, 'crm.l1', stock, '2', '10.5'],
      ['', '', 'crm.l2', make, '1', '4'],
      ['crm.o2', customer, 'crm.l3', stock, '1', '1'],
    ]
    expect(await load(priced, data)).toEqual({ ids: [1, 2], messages: [], nextrow: 0 })
    expect(await load(priced, [['crm.o1', customer, 'crm.l1', stock, '5', '9']])).toMatchObject({ ids: [1] })
    expect(store.orders()).toMatchObject([
      {
        name: 'S00001',
        externalId: 'crm.o1',
        amountTotal: 49,
        lines: [
          { sku: 'STOCK', quantity: 5, price: 9, externalId: 'crm.l1' },
          { sku: 'MAKE', quantity: 1, price: 4, externalId: 'crm.l2' },
        ],
      },
      { externalId: 'crm.o2', amountTotal: 1 },
    ])
  })

  const line = (...cells: readonly string[]) => [['crm.o1', '$customer', 'crm.l1', ...cells]]
  test.each<[string, readonly string[], readonly (readonly string[])[], JsonObject]>([
    [
      'a customer that is not there',
      priced,
      [['crm.o1', '999', 'crm.l1', '$stock', '1', '1']],
      {
        field: 'partner_id',
        record: 0,
        message: "No matching record found for database id '999' in field 'Customer'",
      },
    ],
    [
      'an id that is none',
      priced,
      [['crm.o1', 'abc', 'crm.l1', '$stock', '1', '1']],
      { field: 'partner_id', message: "Invalid database id 'abc' for the field 'Customer'" },
    ],
    [
      'no customer',
      priced,
      [['crm.o1', '', 'crm.l1', '$stock', '1', '1']],
      { field: 'partner_id', message: "Missing required value for the field 'Customer' (partner_id)" },
    ],
    [
      'a quantity that is no number',
      priced,
      line('$stock', '1,000.5', '1'),
      {
        field: 'order_line',
        rows: { from: 0, to: 0 },
        message: "'1,000.5' does not seem to be a number for field 'Order Lines/Quantity'",
      },
    ],
    ['a line without product', priced, line('', '1', '1'), { message: "Missing required value for the field 'name'" }],
    [
      'a customer by a name that is not there',
      ['id', 'partner_id'],
      [['crm.o1', 'Nobody']],
      { field: 'partner_id', message: "No matching record found for name 'Nobody' in field 'Customer'" },
    ],
    [
      'a customer by an External ID that is not there',
      ['id', 'partner_id/id'],
      [['crm.o1', 'no.such']],
      { field: 'partner_id', message: "No matching record found for external id 'no.such' in field 'Customer'" },
    ],
    [
      'a customer named twice',
      ['id', 'partner_id/id', 'partner_id/.id'],
      [['crm.o1', 'no.such', '$customer']],
      {
        field: 'partner_id',
        message: "Ambiguous specification for field 'Customer', only provide one of name, external id or database id",
      },
    ],
    [
      'a time in another form',
      ['id', 'partner_id/.id', 'commitment_date'],
      [['crm.o1', '$customer', '2026-12-01T00:00:00Z']],
      {
        field: 'commitment_date',
        message: "'2026-12-01T00:00:00Z' does not seem to be a valid datetime for field 'Delivery Date'",
      },
    ],
    [
      'an id of the record itself that is not there',
      ['.id', 'partner_id/.id'],
      [['999', '$customer']],
      { field: '.id', message: "Unknown database identifier '999'" },
    ],
    [
      'a line that is not there',
      ['id', 'partner_id/.id', 'order_line/.id'],
      [['crm.o1', '$customer', '999']],
      { field: 'order_line', message: "No matching record found for database id '999' in field 'Order Lines'" },
    ],
    [
      'an archived customer',
      ['id', 'partner_id/.id'],
      [['crm.o1', '$archived']],
      { field: 'partner_id', message: "No matching record found for database id '5' in field 'Customer'" },
    ],
  ])('refuses %s in the words of Odoo', async (_, fields, data, message) => {
    const { load, store, customer, stock } = await start()
    const archived = store.addCustomer({ name: 'Old', active: false })
    const values: Readonly<Record<string, string>> = { $customer: customer, $stock: stock, $archived: archived }
    const given = data.map((row) => row.map((cell) => values[cell] ?? cell))
    const reply = (await load(fields, given)) as { ids: Json; messages: JsonObject[] }
    expect(reply.ids).toBe(false)
    expect(reply.messages[0]).toMatchObject({ type: 'error', record: 0, ...message })
    expect(store.orders()).toEqual([])
  })

  test('keeps nothing of a call with one bad record, and names that record and its rows', async () => {
    const { load, rows, customer, stock, store } = await start()
    const reply = await load(priced, [
      ['crm.o1', customer, 'crm.l1', stock, '1', '1'],
      ['', '', 'crm.l2', stock, '1', '1'],
      ['crm.o2', customer, 'crm.l3', stock, '1', '1'],
      ['', '', 'crm.l4', stock, 'two', '1'],
    ])
    expect(reply).toMatchObject({ ids: false, messages: [{ record: 1, rows: { from: 2, to: 3 } }] })
    expect(store.orders()).toEqual([])
    expect(await rows('ir.model.data', [['module', '=', 'crm']], ['name'])).toEqual([])
  })

  test.each<[string, readonly string[], Json, string]>([
    ['a column that is not there', ['id', 'nofield'], [['crm.o1', '1']], 'builtins.KeyError: nofield'],
    [
      'a column of a line that is not there',
      ['id', 'order_line/nofield'],
      [['crm.o1', '1']],
      'builtins.KeyError: nofield',
    ],
    ['an id that is no number', ['.id', 'origin'], [['abc', '1']], 'psycopg2.errors.InvalidTextRepresentation'],
    ['a row that is too short', ['id', 'origin'], [['crm.o1']], 'builtins.IndexError: list index out of range'],
  ])('fails as a whole on %s', async (_, fields, data, message) => {
    const { load } = await start()
    await expect(load(fields, data)).rejects.toThrow(message)
  })

  test('warns of a boolean that it does not know, and takes it for yes', async () => {
    const { load, rows } = await start()
    const reply = await load(['id', 'name', 'is_company'], [['crm.p1', 'Bolt', 'maybe']], 'res.partner')
    expect(reply).toMatchObject({ ids: [5], messages: [{ type: 'warning', field: 'is_company' }] })
    expect(await rows('res.partner', [['id', '=', 5]], ['is_company'])).toEqual([{ id: 5, is_company: true }])
  })

  test('clears what an empty cell stands for, and makes children with their parent', async () => {
    const { load, rows } = await start()
    const fields = ['id', 'name', 'email', 'child_ids/id', 'child_ids/name', 'child_ids/type']
    await load(fields, [['crm.p1', 'Bolt', 'a@b.test', 'crm.p1d', 'Dock', 'delivery']], 'res.partner')
    await load(['id', 'name', 'email'], [['crm.p1', 'Bolt', '']], 'res.partner')
    expect(await rows('res.partner', [['name', '=', 'Bolt']], ['email', 'child_ids'])).toEqual([
      { id: 5, email: false, child_ids: [6] },
    ])
    expect(await rows('res.partner', [['parent_id', '=', 5]], ['display_name', 'type'])).toEqual([
      { id: 6, display_name: 'Bolt, Dock', type: 'delivery' },
    ])
  })

  test('makes a record anew whose External ID outlived it', async () => {
    const { load, rows, order, store, customer, stock } = await start()
    const first = await order('o1', [stock])
    store.deleteOrder(first)
    // The database took the line along without its External ID.
    expect(await rows('ir.model.data', [['module', '=', 'crm']], ['name', 'res_id'])).toEqual([
      { id: 2, name: 'o1_0', res_id: 1 },
    ])
    expect(await load(columns, [['crm.o1', customer, 'crm.o1_0', stock, '4']])).toMatchObject({ ids: [2] })
    expect(store.order('2')?.lines).toMatchObject([{ id: '2', externalId: 'crm.o1_0' }])
  })

  test('moves a line to the order that names it, and counts both totals anew', async () => {
    const { load, order, store, customer, stock } = await start()
    await order('o1', [stock])
    await load(columns, [['crm.o2', customer, 'crm.o1_0', stock, '4']])
    expect(store.orders()).toMatchObject([
      { externalId: 'crm.o1', amountTotal: 0, lines: [] },
      { externalId: 'crm.o2', amountTotal: 40 },
    ])
  })

  test('loses a race as often as it is told', async () => {
    const { load, customer } = await start({ raceEvery: 2 })
    const data = [['crm.o1', customer]]
    expect(await load(['id', 'partner_id/.id'], data)).toMatchObject({ ids: [1] })
    expect(await load(['id', 'partner_id/.id'], data)).toMatchObject({
      ids: false,
      messages: [{ message: 'could not serialize access due to concurrent update\n' }],
    })
    expect(await load(['id', 'partner_id/.id'], data)).toMatchObject({ ids: [1] })
  })
})

describe('amounts', () => {
  test.each([
    [
      'rounds prices and quantities to two digits',
      '1.005',
      '10.125',
      '',
      '',
      { amountUntaxed: 10.23, amountTotal: 10.23 },
    ],
    ['takes the discount off', '3', '10', '12.5', '', { amountUntaxed: 26.25 }],
    [
      'adds the taxes of the product',
      '3',
      '10.34',
      '0',
      '15',
      { amountUntaxed: 31.02, amountTax: 4.65, amountTotal: 35.67 },
    ],
  ])('%s', async (_, quantity, price, discount, tax, expected) => {
    const { load, store, customer } = await start()
    if (tax !== '') store.setDefaultTax(Number(tax))
    const product = store.addProduct({ sku: 'TAXED' })
    await load([...priced, 'order_line/discount'], [['crm.o1', customer, 'crm.l1', product, quantity, price, discount]])
    expect(store.orders()).toMatchObject([expected])
  })

  test('come in the currency of the pricelist, and prices and taxes from the product where none are given', async () => {
    const { load, rows, store, customer } = await start({ currency: 'USD', currencies: ['EUR', 'JPY'] })
    store.setDefaultTax(10)
    const product = store.addProduct({ sku: 'TAXED', price: '99.5' })
    const lists = await rows('product.pricelist', [['currency_id.name', '=', 'JPY']], ['display_name'])
    expect(lists).toEqual([{ id: 3, display_name: 'Pricelist JPY (JPY)' }])
    await load(
      [
        'id',
        'partner_id/.id',
        'pricelist_id/.id',
        'order_line/id',
        'order_line/product_id/.id',
        'order_line/tax_id/.id',
      ],
      [['crm.o1', customer, '3', 'crm.l1', product, '1']],
    )
    await load(
      ['id', 'partner_id/.id', 'order_line/id', 'order_line/product_id/.id', 'order_line/tax_id/.id'],
      [['crm.o2', customer, 'crm.l2', product, '']],
    )
    expect(store.orders()).toMatchObject([
      { currency: 'JPY', amountUntaxed: 100, amountTax: 10, amountTotal: 110, lines: [{ price: 99.5 }] },
      { currency: 'USD', amountUntaxed: 99.5, amountTax: 0 },
    ])
  })

  test.each([
    ['14.0', false, false, [2, 'Mitchell Admin']],
    ['15.0', false, false, [2, 'Mitchell Admin']],
    ['16.0', [2, '30 Days'], [1, 'Export'], [3, 'Ana']],
  ])('take the terms of their customer by themselves, or not: Odoo %s', async (version, term, position, user) => {
    const { store, customer, rows, order } = await start({ version })
    const ana = store.create('res.users', { name: 'Ana', login: 'ana', company_id: 1 })
    const export_ = store.create('account.fiscal.position', { name: 'Export' })
    store.write('res.partner', customer, {
      property_payment_term_id: 2,
      property_account_position_id: Number(export_),
      user_id: Number(ana),
    })
    const id = Number(await order())
    const [made] = await rows('sale.order', [['id', '=', id]], ['payment_term_id', 'fiscal_position_id', 'user_id'])
    expect(made).toEqual({ id, payment_term_id: term, fiscal_position_id: position, user_id: user })
  })

  test('gives whoever is below a company what is agreed with the company', async () => {
    const { store, customer, rows } = await start()
    const [term = 0] = (await rows('account.payment.term', [], ['name'])).map(({ id }) => Number(id))
    const ada = store.create('res.partner', { name: 'Ada', parent_id: Number(customer), vat: 'HERS' })
    const branch = store.create('res.partner', { name: 'Branch', parent_id: Number(customer), is_company: true })
    store.write('res.partner', customer, { vat: 'X1', property_payment_term_id: term })
    const later = store.create('res.partner', { name: 'Ben', parent_id: Number(ada) })
    const agreed = await rows(
      'res.partner',
      [['id', 'in', [ada, branch, later].map(Number)]],
      ['vat', 'property_payment_term_id'],
    )
    expect(agreed).toEqual([
      { id: Number(ada), vat: 'X1', property_payment_term_id: [term, 'Immediate Payment'] },
      { id: Number(branch), vat: false, property_payment_term_id: false },
      { id: Number(later), vat: 'X1', property_payment_term_id: [term, 'Immediate Payment'] },
    ])
  })

  test('sends orders to the addresses of their customer', async () => {
    const { load, rows, store, customer } = await start()
    const dock = store.addCustomer({ name: 'Dock', parent_id: Number(customer), type: 'delivery' })
    await load(['id', 'partner_id/.id'], [['crm.o1', customer]])
    const [order] = await rows('sale.order', [], ['partner_invoice_id', 'partner_shipping_id'])
    expect(order).toMatchObject({
      partner_invoice_id: [Number(customer), 'Acme'],
      partner_shipping_id: [Number(dock), 'Acme, Dock'],
    })
  })
})

describe('errors', () => {
  test.each<[string, readonly [string, string, Json, Json?], string]>([
    ['a model', ['no.model', 'read', [[1]]], "odoo.exceptions.UserError: Object no.model doesn't exist"],
    [
      'a method',
      ['sale.order', 'nomethod', [[1]]],
      "builtins.AttributeError: type object 'sale.order' has no attribute 'nomethod'",
    ],
    [
      'a private method',
      ['sale.order', '_foo', [[1]]],
      'odoo.exceptions.AccessError: Private methods (such as _foo) cannot be called remotely.',
    ],
    [
      'a field that is read',
      ['sale.order', 'search_read', [[], ['nofield']]],
      "builtins.ValueError: Invalid field 'nofield' on model 'sale.order'",
    ],
    [
      'a field of a condition',
      ['sale.order', 'search', [[['nofield', '=', 1]]]],
      "builtins.ValueError: Invalid field sale.order.nofield in leaf ('nofield', '=', 1)",
    ],
    [
      'a field that is written',
      ['sale.order', 'write', [[1], { nofield: 1 }]],
      "builtins.ValueError: Invalid field 'nofield' on model 'sale.order'",
    ],
    [
      'an operator',
      ['sale.order', 'search', [[['name', 'foo', 'x']]]],
      "builtins.ValueError: Invalid leaf ('name', 'foo', 'x')",
    ],
    [
      'a time',
      ['sale.order', 'search', [[['write_date', '>=', 'foo']]]],
      'psycopg2.errors.InvalidDatetimeFormat: invalid input syntax for type timestamp: "foo"',
    ],
    [
      'an id',
      ['sale.order', 'search', [[['id', '=', 'foo']]]],
      'psycopg2.errors.InvalidTextRepresentation: invalid input syntax for type integer: "foo"',
    ],
    [
      'an order of records',
      ['sale.order', 'search_read', [], { order: 'nofield' }],
      "builtins.ValueError: Invalid field 'nofield' on model 'sale.order'",
    ],
    [
      'an order that is none',
      ['sale.order', 'search_read', [], { order: 'name; drop' }],
      'odoo.exceptions.UserError: Invalid "order" specified (name; drop).',
    ],
    [
      'an argument',
      ['sale.order', 'search_read', [], { nokw: 1 }],
      "builtins.TypeError: search_read() got an unexpected keyword argument 'nokw'",
    ],
    [
      'a record that is gone',
      ['sale.order', 'write', [[99], { note: 'x' }]],
      'odoo.exceptions.MissingError: Record does not exist or has been deleted.\n(Record: sale.order(99,), User: 2)',
    ],
    [
      'a choice',
      ['res.partner', 'create', [{ name: 'X', type: 'nope' }]],
      "builtins.ValueError: Wrong value for res.partner.type: 'nope'",
    ],
    [
      'an External ID that is taken',
      ['ir.model.data', 'create', [{ module: 'crm', name: 'o1', model: 'sale.order', res_id: 1 }]],
      'odoo.exceptions.ValidationError: duplicate key value violates unique constraint',
    ],
    [
      'a missing customer',
      ['sale.order', 'create', [{}]],
      'Model: Sales Order (sale.order), Field: Customer (partner_id)',
    ],
  ])('names %s that it does not take', async (_, [model, method, args, named], message) => {
    const { call, order } = await start()
    await order()
    await expect(call(model, method, args, named)).rejects.toThrow(message)
  })

  test('reads around records that are gone', async () => {
    const { call, order } = await start()
    await order()
    expect(await call('sale.order', 'read', [[1, 99], ['name']])).toEqual([{ id: 1, name: 'S00001' }])
  })

  test('tells wrong logins and databases apart', async () => {
    const { service } = await start()
    expect(await service('common', 'authenticate', ['demo', 'admin', 'admin', {}])).toBe(2)
    expect(await service('common', 'authenticate', ['demo', 'admin', 'wrong', {}])).toBe(false)
    await expect(service('common', 'authenticate', ['other', 'admin', 'admin', {}])).rejects.toThrow(
      'psycopg2.OperationalError: FATAL:  database "other" does not exist',
    )
    await expect(
      service('object', 'execute_kw', ['demo', 2, 'wrong', 'sale.order', 'search', [[]], {}]),
    ).rejects.toThrow('odoo.exceptions.AccessDenied: Access Denied')
    expect(await service('common', 'version', [])).toMatchObject({ server_version: '14.0' })
  })

  test('refuses what the user may not do, and tells so beforehand', async () => {
    const { call, load, customer, store } = await start({ denied: ['mrp.production', 'ir.model.data create'] })
    await expect(call('mrp.production', 'search', [[]])).rejects.toThrow(
      "odoo.exceptions.AccessError: You are not allowed to access 'Production Order' (mrp.production) records.",
    )
    await expect(load(['id', 'partner_id/.id'], [['crm.o1', customer]])).rejects.toThrow('(ir.model.data)')
    const may = (model: string, operation: string) =>
      call(model, 'check_access_rights', [], { operation, raise_exception: false })
    expect(await may('ir.model.data', 'read')).toBe(true)
    expect(await may('ir.model.data', 'create')).toBe(false)
    store.setDenied([])
    expect(await may('ir.model.data', 'create')).toBe(true)
  })
})

describe('search', () => {
  test.each<[string, string, Json, readonly number[], JsonObject?]>([
    [
      'all conditions, when nothing joins them',
      'sale.order',
      [
        ['id', '>', 1],
        ['id', '<', 3],
      ],
      [2],
    ],
    ['one of two', 'sale.order', ['|', ['id', '=', 1], ['id', '=', 3]], [1, 3]],
    ['one of two beside a third', 'sale.order', [['id', '<', 3], '|', ['id', '=', 1], ['id', '=', 3]], [1]],
    ['the opposite', 'sale.order', ['!', ['id', 'in', [1, 2]]], [3]],
    ['what is not in a list', 'sale.order', [['id', 'not in', [1]]], [2, 3]],
    ['text with any letters', 'res.partner', [['name', '=ilike', 'a_m%']], [4]],
    ['text as it is, with a percent sign', 'res.partner', [['name', '=ilike', 'a\\%%']], []],
    ['a part of a text, whatever its letters', 'res.partner', [['name', 'ilike', 'CM']], [4]],
    ['a part of a text with its letters', 'res.partner', [['name', 'like', 'CM']], []],
    ['what is empty', 'res.partner', [['ref', '=', false]], [1, 3]],
    ['what is not empty', 'res.partner', [['ref', '!=', false]], [4]],
    ['everything but a value, what is empty too', 'res.partner', [['ref', '!=', 'A-1']], [1, 3]],
    ['what is empty among others', 'res.partner', [['ref', 'in', ['A-1', false]]], [1, 3, 4]],
    ['across references', 'sale.order', [['partner_id.ref', '=', 'A-1']], [1, 2, 3]],
    ['across lists', 'sale.order', [['order_line.product_id.default_code', '=', 'MAKE']], [1]],
    ['across fields of the template', 'product.product', [['name', '=', 'MAKE']], [2]],
    ['a reference by its name', 'sale.order', [['partner_id', 'ilike', 'acm']], [1, 2, 3]],
    ['a reference by its id', 'sale.order.line', [['order_id', '=', 1]], [1, 2, 3]],
    ['lists that are empty', 'sale.order', [['order_line', '=', false]], [3]],
    ['lists with a record', 'sale.order', [['order_line', 'in', [4]]], [2]],
    ['records below one', 'res.partner', [['id', 'child_of', 4]], [4]],
    ['records that are not archived', 'product.product', [['default_code', '=', 'OLD']], []],
    [
      'archived ones that are asked for',
      'product.product',
      [
        ['active', 'in', [true, false]],
        ['default_code', '=', 'OLD'],
      ],
      [4],
    ],
    [
      'archived ones where the context says so',
      'product.product',
      [['default_code', '=', 'OLD']],
      [4],
      { context: { active_test: false } },
    ],
    ['nothing', 'sale.order', [['id', 'in', []]], []],
    ['a page in an order', 'sale.order', [], [2, 1], { order: 'name desc', offset: 1, limit: 2 }],
    ['as much as is asked', 'sale.order', [['write_date', '>=', '2026-01-01']], [1, 2], { order: 'id', limit: 2 }],
    ['what is not searchable, as if it were not there', 'product.product', [['lst_price', '>', 5000]], [3, 2, 1]],
  ])('finds %s', async (_, model, domain, ids, named = {}) => {
    const { call, order, load, store, customer, stock } = await start()
    await order('o1')
    await order('o2', [stock])
    await load(['id', 'partner_id/.id'], [['crm.o3', customer]])
    store.addProduct({ sku: 'OLD', archived: true })
    const inOrder = named.order !== undefined || model === 'product.product'
    const found = (await call(model, 'search', [domain], named)) as number[]
    expect(inOrder ? found : found.sort((a, b) => a - b)).toEqual(ids)
  })

  test('pages through changes by time and id, to the second', async () => {
    const { rows, order, stock, pass } = await start()
    for (const name of ['o1', 'o2', 'o3']) {
      await order(name, [stock])
      pass(500)
    }
    const found = await rows('sale.order', [['write_date', '>', '2026-03-01 08:00:00']], ['write_date'], {
      order: 'write_date,id',
    })
    // Times are kept more exactly than they are shown.
    expect(found).toEqual([
      { id: 2, write_date: '2026-03-01 08:00:00' },
      { id: 3, write_date: '2026-03-01 08:00:01' },
    ])
  })

  test('finds orders by what changed about them, however many relations away', async () => {
    const { rows, order, store, pass, make, buy } = await start()
    const [made, bought] = [await order('o1', [make]), await order('o2', [buy])]
    for (const id of [made, bought]) store.confirm(id)
    pass(10_000)
    const group = 'procurement_group_id.stock_move_ids'
    const changed = (path: string) => rows('sale.order', [[path, '>=', '2026-03-01 08:00:10']], ['name'])
    expect(await changed('write_date')).toEqual([])
    store.startProduction(made)
    const siblings = `${group}.created_production_id.procurement_group_id.mrp_production_ids.write_date`
    expect(await changed(siblings)).toMatchObject([{ id: 1 }])
    store.receive(bought)
    expect(await changed(`${group}.created_purchase_line_id.order_id.write_date`)).toEqual([])
    expect(await changed(`${group}.move_orig_ids.purchase_line_id.order_id.write_date`)).toMatchObject([{ id: 2 }])
    expect(await changed('write_date')).toEqual([])
  })
})

describe('an order', () => {
  test.each([
    ['14.0', 'cancel', 'It is not allowed to confirm an order in the following states: cancel, done'],
    ['17.0', 'cancel', 'Some orders are not in a state requiring confirmation.'],
    ['17.0', 'sale', 'Some orders are not in a state requiring confirmation.'],
  ])('is not confirmed by version %s in state %s', async (version, state, message) => {
    const { call, order, store } = await start({ version })
    const id = await order()
    if (state === 'cancel') store.cancelOrder(id)
    else store.confirm(id)
    await expect(call('sale.order', 'action_confirm', [[Number(id)]])).rejects.toThrow(message)
  })

  test('is confirmed twice by version 14 without asking for its goods twice', async () => {
    const { call, rows, order } = await start()
    const id = Number(await order())
    expect(await call('sale.order', 'action_confirm', [[id]])).toBe(true)
    expect(await call('sale.order', 'action_confirm', [[id]])).toBe(true)
    expect(await rows('stock.move', [], ['state', 'product_uom_qty'])).toEqual([
      { id: 1, state: 'assigned', product_uom_qty: 4 },
      { id: 2, state: 'waiting', product_uom_qty: 4 },
      { id: 3, state: 'waiting', product_uom_qty: 4 },
    ])
  })

  test('asks for more when a line of it grows, and for nothing when one shrinks', async () => {
    const { rows, order, store, stock } = await start()
    const id = await order('o1', [stock])
    store.confirm(id)
    store.editLine('1', { product_uom_qty: 7 })
    store.editLine('1', { product_uom_qty: 0 })
    expect(await rows('stock.move', [], ['product_uom_qty', 'picking_id'])).toMatchObject([
      { product_uom_qty: 4, picking_id: [1, 'WH/OUT/00001'] },
      { product_uom_qty: 3, picking_id: [1, 'WH/OUT/00001'] },
    ])
  })

  test('is deleted as a draft only, and keeps its lines once it is confirmed', async () => {
    const { call, order, store } = await start()
    const id = await order()
    store.confirm(id)
    await expect(call('sale.order', 'unlink', [[1]])).rejects.toThrow('You must first cancel it.')
    await expect(call('sale.order.line', 'unlink', [[1]])).rejects.toThrow('You should rather set the quantity to 0.')
    store.deleteOrder(id)
    expect(store.order(id)).toBeNull()
  })

  test('asks a person before it is cancelled with goods shipped', async () => {
    const { call, order, store, stock } = await start()
    const id = await order('o1', [stock])
    store.confirm(id)
    store.ship(id, { part: true })
    expect(await call('sale.order', 'action_cancel', [[1]])).toMatchObject({ res_model: 'sale.order.cancel' })
    expect(store.order(id)?.state).toBe('sale')
    const context = { disable_cancel_warning: true }
    expect(await call('sale.order', 'action_cancel', [[1]], { context })).toBe(true)
    expect(store.order(id)?.state).toBe('cancel')
  })

  test.each([
    ['17.0', { res_model: 'sale.order.cancel' }, 'sale'],
    ['19.0', true, 'cancel'],
  ])('is asked about or not when it is cancelled with goods shipped: %s', async (version, reply, state) => {
    const { call, order, store, stock } = await start({ version })
    const id = await order('o1', [stock])
    store.confirm(id)
    store.ship(id)
    const answer = await call('sale.order', 'action_cancel', [[1]])
    expect(typeof reply === 'boolean' ? [answer] : answer).toMatchObject(typeof reply === 'boolean' ? [reply] : reply)
    expect(store.order(id)?.state).toBe(state)
  })

  test.each(['14.0', '17.0'])('ends short where nothing is left on back order: %s', async (version) => {
    const { rows, order, store, stock } = await start({ version })
    const id = await order('o1', [stock])
    store.confirm(id)
    const [line] = store.order(id)?.lines ?? []
    store.editLine(line?.id ?? '', { product_uom_qty: 10, price_unit: 10 })
    store.ship(id, { part: true, short: true })
    expect(await rows('stock.picking', [['sale_id', '=', 1]], ['state'])).toMatchObject([{ state: 'done' }])
    const delivered = store.order(id)?.lines[0]?.delivered ?? 0
    expect(delivered).toBeGreaterThan(0)
    expect(delivered).toBeLessThan(10)
    expect(store.ship(id)).toBe(false)
    store.invoice(id, { delivered: true })
    expect(await rows('account.move', [], ['amount_untaxed'])).toMatchObject([{ amount_untaxed: delivered * 10 }])
    expect(await rows('sale.order.line', [], ['qty_invoiced'])).toMatchObject([{ qty_invoiced: delivered }])
  })

  test('is made, bought, shipped in parts, invoiced and paid by the clock', async () => {
    const { rows, order, store, pass } = await start()
    const id = await order()
    store.confirm(id)
    const look = async () => {
      const states = async (model: string, field = 'state') =>
        (await rows(model, [['origin', 'not like', 'P0']], [field], { order: 'id' })).map((row) => row[field]).join()
      const invoices = await rows('account.move', [], ['state', 'payment_state'])
      const made = await states('mrp.production')
      const bought = await states('purchase.order')
      const shipped = await states('stock.picking')
      return `${made} ${bought} ${shipped} ${invoices.map((one) => `${one.state}:${one.payment_state}`).join()}`.trim()
    }
    const seen = [await look()]
    for (;;) {
      pass(1000)
      if (store.tick() === 0) break
      seen.push(await look())
    }
    expect(seen).toEqual([
      'confirmed draft assigned',
      'progress purchase assigned',
      'done purchase assigned',
      'done purchase done,assigned',
      'done purchase done,done',
      'done purchase done,done draft:not_paid',
      'done purchase done,done posted:not_paid',
      'done purchase done,done posted:partial',
      'done purchase done,done posted:paid',
    ])
    expect(
      await rows('stock.picking', [['sale_id', '=', 1]], ['name', 'backorder_id', 'carrier_tracking_ref']),
    ).toEqual([
      { id: 3, name: 'WH/OUT/00002', backorder_id: [1, 'WH/OUT/00001'], carrier_tracking_ref: 'TRACK00000003' },
      { id: 1, name: 'WH/OUT/00001', backorder_id: false, carrier_tracking_ref: 'TRACK00000001' },
    ])
    const [bill] = await rows('account.move', [], ['invoice_payments_widget', 'amount_residual', 'invoice_origin'])
    expect(bill).toMatchObject({ amount_residual: 0, invoice_origin: 'S00001' })
    const { content } = JSON.parse(String(bill?.invoice_payments_widget)) as { content: { amount: number }[] }
    expect(content.map((payment) => payment.amount)).toEqual([120, 120])
    expect(store.order(id)?.lines.map((line) => line.delivered)).toEqual([4, 4, 4])
  })

  test('keeps its own time of change while goods move, and not when it is invoiced', async () => {
    const { rows, order, store, pass } = await start()
    const id = await order()
    store.confirm(id)
    const changedAt = async () => (await rows('sale.order', [], ['write_date']))[0]?.write_date
    pass(5000)
    store.produce(id)
    store.receive(id)
    store.ship(id)
    expect(await changedAt()).toBe('2026-03-01 08:00:00')
    store.invoice(id)
    expect(await changedAt()).toBe('2026-03-01 08:00:05')
    pass(5000)
    store.pay(id, '12.5')
    expect(await changedAt()).toBe('2026-03-01 08:00:05')
  })

  test('takes goods back with a receipt that lowers what is delivered', async () => {
    const { rows, order, store, stock } = await start()
    const id = await order('o1', [stock])
    store.confirm(id)
    store.ship(id)
    store.takeBack(id)
    expect(store.order(id)?.lines).toMatchObject([{ delivered: 0 }])
    expect(await rows('stock.move', [], ['picking_code', 'to_refund', 'quantity_done'])).toEqual([
      { id: 1, picking_code: 'outgoing', to_refund: false, quantity_done: 4 },
      { id: 2, picking_code: 'incoming', to_refund: true, quantity_done: 4 },
    ])
  })
})

describe('JSON-2', () => {
  const bearer = (key: string) => ({ authorization: `bearer ${key}` })

  test('is served from version 19 on, by API key', async () => {
    const { post, order, odoo } = await start({ version: '19.0' })
    await order()
    const body = { domain: [['id', '=', 1]], fields: ['name'], context: {} }
    expect(await post('/json/2/sale.order/search_read', body, bearer('admin'))).toEqual({
      status: 200,
      body: [{ id: 1, name: 'S00001' }],
    })
    expect(await (await fetch(`${odoo.url}/web/version`)).json()).toMatchObject({ version: '19.0' })
  })

  test.each<[string, string, JsonObject, string, number, JsonObject]>([
    ['a wrong key', 'sale.order/search', {}, 'wrong', 401, { message: 'Invalid apikey' }],
    ['an unknown model', 'no.model/search', {}, 'admin', 404, { message: "the model 'no.model' does not exist" }],
    ['an unknown method', 'sale.order/nomethod', {}, 'admin', 404, { name: 'werkzeug.exceptions.NotFound' }],
    ['ids where none belong', 'sale.order/search', { ids: [1] }, 'admin', 422, {}],
    ['a rule', 'sale.order/create', { vals_list: [{}] }, 'admin', 422, { name: 'odoo.exceptions.ValidationError' }],
    ['a record that is gone', 'sale.order/write', { ids: [9], vals: {} }, 'admin', 404, {}],
    ['a renewal', 'res.users.apikeys/generate', {}, 'admin', 404, { name: 'werkzeug.exceptions.NotFound' }],
  ])('answers %s by status', async (_, path, body, key, status, error) => {
    const { post } = await start({ version: '19.0' })
    expect(await post(`/json/2/${path}`, body, bearer(key))).toMatchObject({ status, body: error })
  })

  test('gives out a new key for a valid one, and takes a revoked or expired one no more', async () => {
    const { post, pass } = await start({ version: 'saas~19.1' })
    const given = { key: 'admin', scope: 'rpc', name: 'next', expiration_date: '2026-03-02 00:00:00' }
    const { body: fresh } = await post('/json/2/res.users.apikeys/generate', given, bearer('admin'))
    const key = String(fresh)
    const works = async (one: string) => (await post('/json/2/res.users/search_count', {}, bearer(one))).status
    expect(await works(key)).toBe(200)
    const revoke = async (one: string) =>
      (await post('/json/2/res.users.apikeys/revoke', { key: one }, bearer(key))).status
    expect(await revoke('nope')).toBe(403)
    expect(await revoke('admin')).toBe(200)
    expect(await works('admin')).toBe(401)
    pass(86_400_000)
    expect(await works(key)).toBe(401)
  })
})

test('does over HTTP what people at the real system would do', async () => {
  const { post } = await start()
  const control = async (name: string, body: Json = {}) => (await post(`/_simulator/${name}`, body)).body
  const seeded = { products: [{ sku: 'X', price: '5', route: 'make' }], customers: [{ name: 'Bolt' }], tax: 19 }
  expect(await control('seed', seeded)).toEqual({ products: ['4'], customers: ['5'] })
  await control('create', {
    model: 'sale.order',
    values: { partner_id: 5, order_line: [[0, 0, { product_id: 4, product_uom_qty: 1 }]] },
  })
  await control('step', { name: 'confirm', id: '1' })
  expect(await control('step', { name: 'produce', id: '1' })).toEqual({ done: true })
  expect(await control('tick', { steps: 2 })).toEqual({ moved: 1 })
  expect(await control('orders')).toMatchObject([{ state: 'sale', amountTotal: 5.95, lines: [{ delivered: 1 }] }])
})
