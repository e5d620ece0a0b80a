import { beforeAll, describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../src/core/json.ts'
import { isObject } from '../../src/core/json.ts'
import type { ChangesSince, Write } from '../../src/ports/connector.ts'
import { act, type Company, changesSince, create, openConnection, readOne, seedCompany, words } from './real-odoo.ts'

const opened = openConnection()
const { connection, calls, pass } = opened
let company: Company

beforeAll(async () => {
  company = await seedCompany()
})

const fulfilmentPaths = [
  'name',
  'url',
  'state',
  'commitment_date',
  'amount_untaxed',
  'currency_id.name',
  'partner_id.country_id.code',
  'order_line.product_uom_qty',
  'order_line.qty_delivered',
  'order_line.qty_invoiced',
  'order_line.product_id.default_code',
  'order_line.product_id.type',
  'order_line.move_ids.reserved',
  'order_line.move_ids.done',
  'picking_ids.name',
  'picking_ids.state',
  'picking_ids.picking_type_code',
  'picking_ids.carrier_tracking_ref',
  'picking_ids.moves.done',
  'picking_ids.moves.product_id.default_code',
  'production_orders.state',
  'production_orders.qty_produced',
  'purchase_orders.state',
  'purchase_orders.order_line.qty_received',
  'invoice_ids.name',
  'invoice_ids.amount_residual',
  'payments.amount',
]

function orderWrite(key: string, kinds: readonly (keyof Company['products'])[]): Write {
  return {
    do: 'create',
    object: 'sale.order',
    key,
    fields: { partner_id: company.customer },
    lines: {
      field: 'order_line',
      upsert: kinds.map((kind) => ({
        key: `${key}_${kind}`,
        fields: { product_id: company.products[kind], product_uom_qty: '2', price_unit: '10' },
      })),
      remove: [],
    },
  }
}
async function makeOrder(name: string, kinds: readonly (keyof Company['products'])[]): Promise<string> {
  const [outcome] = await connection.write([orderWrite(`${company.mark}_${name}`, kinds)])
  if (outcome?.ok !== true) throw new Error(JSON.stringify(outcome))
  return outcome.id
}
async function fulfilmentOf(id: string): Promise<JsonObject> {
  const [record] = await connection.read('sale.order', [id], fulfilmentPaths)
  if (record === null || record === undefined) throw new Error(`order ${id} was not read`)
  return record.fields
}
const listOf = (record: JsonObject, name: string): readonly JsonObject[] =>
  ((record[name] ?? []) as readonly unknown[]).filter(isObject)

/** Goes on from a place until the order shows up, comparing in full, as a poll some time later does. */
async function awaitChange(since: ChangesSince, id: string): Promise<ChangesSince> {
  pass(16_000)
  const { ids, next } = await changesSince(connection, since)
  expect(ids).toContain(id)
  // Odoo's times have seconds, and people take at least one.
  const second = new Date().getSeconds()
  while (new Date().getSeconds() === second) await act('res.users', 'context_get', [])
  return next
}

describe('an order on its way', () => {
  test('is reported and read at every step, from the quotation to the payment', async () => {
    const start = { from: new Date(Date.now() - 1000).toISOString() as never }
    const id = await makeOrder('journey', ['make', 'buy', 'stock', 'service'])
    let since = await awaitChange(start, id)
    expect(await fulfilmentOf(id)).toMatchObject({
      state: 'draft',
      picking_ids: [],
      production_orders: [],
      payments: [],
    })

    await connection.write([{ do: 'confirm', object: 'sale.order', id }])
    since = await awaitChange(since, id)
    const confirmed = await fulfilmentOf(id)
    expect(confirmed).toMatchObject({
      state: 'sale',
      amount_untaxed: 80,
      production_orders: [{ state: 'confirmed', qty_produced: 0 }],
      purchase_orders: [{ state: 'draft', order_line: [{ qty_received: 0 }] }],
      picking_ids: [{ picking_type_code: 'outgoing' }],
    })
    expect(listOf(confirmed, 'order_line').map((line) => (line.product_id as JsonObject).default_code)).toEqual([
      company.skus.make,
      company.skus.buy,
      company.skus.stock,
      company.skus.service,
    ])

    const production = Number(listOf(confirmed, 'production_orders')[0]?.id)
    await act('mrp.production', 'action_assign', [[production]])
    await act('mrp.production', 'write', [[production], { qty_producing: 2 }])
    since = await awaitChange(since, id)
    const raw = (await readOne('mrp.production', production, ['move_raw_ids'])).move_raw_ids as number[]
    await act('stock.move', 'write', [raw, words.moved(4)])
    await act('mrp.production', 'button_mark_done', [[production]])
    since = await awaitChange(since, id)
    expect(await fulfilmentOf(id)).toMatchObject({ production_orders: [{ state: 'done', qty_produced: 2 }] })

    const purchase = Number(listOf(confirmed, 'purchase_orders')[0]?.id)
    await act('purchase.order', 'button_confirm', [[purchase]])
    since = await awaitChange(since, id)
    expect(await fulfilmentOf(id)).toMatchObject({ purchase_orders: [{ state: 'purchase' }] })
    const receipts = (await readOne('purchase.order', purchase, ['picking_ids'])).picking_ids as number[]
    const received = (await act('stock.move', 'search', [[['picking_id', 'in', receipts]]])) as number[]
    await act('stock.move', 'write', [received, words.moved(2)])
    await act('stock.picking', 'button_validate', [receipts])
    since = await awaitChange(since, id)
    expect(await fulfilmentOf(id)).toMatchObject({ purchase_orders: [{ order_line: [{ qty_received: 2 }] }] })

    const [picking] = (await readOne('sale.order', id, ['picking_ids'])).picking_ids as number[]
    await act('stock.picking', 'action_assign', [[picking ?? 0]])
    const moves = (await act('stock.move', 'search', [[['picking_id', '=', picking ?? 0]]])) as number[]
    await act('stock.move', 'write', [moves.slice(0, 1), words.moved(1)])
    await act('stock.picking', 'write', [[picking ?? 0], { carrier_tracking_ref: 'TRK1' }])
    const asked = (await act('stock.picking', 'button_validate', [[picking ?? 0]])) as { context: JsonObject }
    const backorder = await create(
      'stock.backorder.confirmation',
      {
        pick_ids: [[4, picking ?? 0]],
        backorder_confirmation_line_ids: [[0, 0, { picking_id: picking ?? 0, to_backorder: true }]],
      },
      asked.context,
    )
    await act('stock.backorder.confirmation', 'process', [[backorder]], {
      context: { ...asked.context, button_validate_picking_ids: [picking ?? 0] },
    })
    since = await awaitChange(since, id)
    const partly = await fulfilmentOf(id)
    const states = listOf(partly, 'picking_ids').map((one) => one.state)
    expect(states.toSorted()).toEqual(['assigned', 'done'])
    expect(listOf(partly, 'picking_ids').find((one) => one.state === 'done')).toMatchObject({
      carrier_tracking_ref: 'TRK1',
      moves: [{ done: 1, product_id: { default_code: company.skus.make } }],
    })
    expect(listOf(partly, 'order_line')[0]).toMatchObject({ product_uom_qty: 2, qty_delivered: 1 })

    const context = { active_ids: [Number(id)], active_model: 'sale.order', active_id: Number(id) }
    const wizard = await create('sale.advance.payment.inv', { advance_payment_method: 'delivered' }, context)
    await act('sale.advance.payment.inv', 'create_invoices', [[wizard]], { context })
    since = await awaitChange(since, id)
    const invoices = (await readOne('sale.order', id, ['invoice_ids'])).invoice_ids as number[]
    await act('account.move', 'action_post', [invoices])
    since = await awaitChange(since, id)
    const ofInvoice = { active_model: 'account.move', active_ids: invoices }
    const payment = await create('account.payment.register', { amount: 20 }, ofInvoice)
    await act('account.payment.register', 'action_create_payments', [[payment]], { context: ofInvoice })
    since = await awaitChange(since, id)
    const paid = await fulfilmentOf(id)
    expect(paid).toMatchObject({ payments: [{ amount: 20 }] })
    // Two services were invoiced when ordered, and the one desk that was shipped; with 15% tax, less what was paid.
    expect(listOf(paid, 'invoice_ids')[0]).toMatchObject({ amount_residual: 14.5 })

    // What was changed a moment ago may be reported once more; then there is silence.
    pass(16_000)
    since = (await changesSince(connection, since)).next
    pass(16_000)
    expect((await changesSince(connection, since)).ids).toEqual([])
  })
})

describe('changes', () => {
  test('cost one call when there are none', async () => {
    const { next } = await changesSince(connection, { from: new Date(Date.now() - 5000).toISOString() as never })
    calls()
    const again = await changesSince(connection, next)
    expect(calls()).toBe(1)
    expect(again.ids).toEqual([])
    // And when all that was changed lately has been left behind.
    const later = { from: new Date(Date.now() + 3_600_000).toISOString() as never }
    expect((await changesSince(connection, later)).ids).toEqual([])
    expect(calls()).toBe(1)
  })

  test('find what was changed while they were read, from any page on', async () => {
    const from = new Date(Date.now() - 1000).toISOString() as never
    const writes = Array.from({ length: 1020 }, (_, place) => orderWrite(`${company.mark}_page_${place}`, ['stock']))
    const ids = (await connection.write(writes)).map((outcome) => (outcome.ok ? outcome.id : ''))
    const seen: string[] = []
    const first: string[] = []
    const places: ChangesSince[] = []
    for await (const page of connection.changes({ object: 'sale.order', paths: [], where: [] }, { from })) {
      seen.push(...page.ids)
      if (places.length === 0) first.push(...page.ids)
      places.push({ cursor: JSON.parse(JSON.stringify(page.cursor)) })
      if (places.length === 1) await act('sale.order', 'write', [[Number(ids[0])], { origin: 'meanwhile' }])
    }
    expect(places.length).toBeGreaterThan(1)
    expect(ids.filter((id) => !seen.includes(id))).toEqual([])
    // A worker that died after the first page goes on there.
    const rest = await changesSince(connection, places[0] as ChangesSince)
    expect(ids.filter((id) => !first.includes(id) && !rest.ids.includes(id))).toEqual([])
    pass(16_000)
    const last = await changesSince(connection, places.at(-1) as ChangesSince)
    expect(last.ids).toContain(ids[0])
  })

  test('of customers and products are read alike', async () => {
    const from = new Date(Date.now() - 1000).toISOString() as never
    const customer = await create('res.partner', { name: `Changed ${company.mark}` })
    const template = (await readOne('product.product', company.products.stock, ['product_tmpl_id'])).product_tmpl_id
    await act('product.template', 'write', [[(template as number[])[0] ?? 0], { list_price: 12 }])
    const read = async (object: string) => {
      const ids: string[] = []
      for await (const page of connection.changes({ object, paths: [], where: [] }, { from })) ids.push(...page.ids)
      return ids
    }
    expect(await read('res.partner')).toContain(String(customer))
    expect(await read('product.product')).toContain(company.products.stock)
  })
})

describe('reading', () => {
  test('answers in the order asked, null for what is gone, in few calls', async () => {
    const ids = [await makeOrder('read_a', ['stock']), await makeOrder('read_b', ['service'])]
    await fulfilmentOf(ids[0] ?? '')
    calls()
    const records = await connection.read('sale.order', [ids[1] ?? '', '99999999', 'x', ids[0] ?? ''], fulfilmentPaths)
    expect(records.map((record) => record?.id ?? null)).toEqual([ids[1], null, null, ids[0]])
    // The orders, their lines, the lines' products, the customers, purchases of services.
    expect(calls()).toBeLessThanOrEqual(5)
  })

  test('refuses a path that this Odoo has not, by its name', async () => {
    const id = await makeOrder('bad_path', ['stock'])
    await expect(connection.read('sale.order', [id], ['order_line.x_nothing'])).rejects.toMatchObject({
      problem: { kind: 'configuration_invalid', path: 'sale.order.line.x_nothing' },
    })
  })
})

describe('finding', () => {
  test('finds by our key, by text in any case, by several fields, and says what is archived', async () => {
    const key = `${company.mark}_find me: ä/1.x`
    const [outcome] = await connection.write([orderWrite(key, ['stock'])])
    const id = outcome?.ok === true ? outcome.id : ''
    expect(await connection.find('sale.order', [{ key: 'no such key' }, { key }])).toEqual([
      [],
      [{ id, key, label: expect.stringMatching(/^S/), archived: false }],
    ])
    const name = `MiXed_100%\\ ${company.mark}`
    const one = await create('res.partner', { name, vat: 'X1' })
    const two = await create('res.partner', { name: name.toUpperCase(), active: false })
    const found = await connection.find('res.partner', [
      { fields: { name: name.toLowerCase() } },
      { fields: { name: 'nobody at all' } },
      { fields: { name, vat: 'x1' } },
      { fields: { id: String(one) } },
      { fields: { name: name.replace('_', 'x') } },
    ])
    expect(found.map((matches) => matches.map((match) => [match.id, match.archived]))).toEqual([
      [
        [String(one), false],
        [String(two), true],
      ],
      [],
      [[String(one), false]],
      [[String(one), false]],
      [],
    ])
  })

  test('asks once for all products of a batch', async () => {
    const queries = [...Object.values(company.skus), 'NO-SUCH-1'].map((sku) => ({ fields: { default_code: sku } }))
    await connection.find('product.product', queries)
    calls()
    const found = await connection.find('product.product', queries)
    expect(found.map((matches) => matches.length)).toEqual([1, 1, 1, 1, 0])
    // Once as it is written, and once in any spelling for the one that is missing.
    expect(calls()).toBe(2)
  })

  test('finds by a path', async () => {
    // 19 comes without any.
    await create('product.pricelist', { name: company.mark })
    const [usd, none] = await connection.find('product.pricelist', [
      { fields: { 'currency_id.name': 'usd' } },
      { fields: { 'currency_id.name': 'XYZ' } },
    ])
    expect(usd?.length).toBeGreaterThan(0)
    expect(none).toEqual([])
  })

  test('refuses a field that is not there', async () => {
    await expect(connection.find('res.partner', [{ fields: { x_nothing: 'a' } }])).rejects.toMatchObject({
      problem: { kind: 'configuration_invalid', path: 'res.partner.x_nothing' },
    })
  })
})
