import { afterEach, describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../src/core/json.ts'
import { openHttpClient } from '../../src/http/client.ts'
import { systemClock } from '../../src/main/clock.ts'
import type { Connection, RemoteRecord, Write } from '../../src/ports/connector.ts'
import { odoo } from './index.ts'
import { startOdooSimulator } from './simulator/index.ts'

const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const paths = ['product_uom_qty', 'unit', 'product_unit', 'unit_size', 'reserved', 'shipped', 'returned']

let simulator: Awaited<ReturnType<typeof startOdooSimulator>>
let connection: Connection
afterEach(() => simulator.close())

async function begin(version: string) {
  simulator = await startOdooSimulator({ version })
  const settings = { url: simulator.url, database: 'demo', username: 'admin', password: 'admin' }
  const http = openHttpClient({ clock: systemClock, log, random: () => 0 })
  connection = odoo.open(settings, { name: 'erp', http, clock: systemClock, log })
  return { store: simulator.store, customer: simulator.store.addCustomer({ name: 'Acme' }) }
}
const upsert = (key: string, fields: JsonObject) => ({
  field: 'order_line',
  upsert: [{ key: `${key}_line_1`, fields }],
  remove: [],
})
const create = (customer: string, line: JsonObject): Write => ({
  do: 'create',
  object: 'sale.order',
  key: 'deal_1',
  fields: { partner_id: customer },
  lines: upsert('deal_1', { product_uom_qty: '3', price_unit: '10', ...line }),
})
async function write(one: Write): Promise<string> {
  const [outcome] = await connection.write([one])
  return outcome?.ok === true ? outcome.id : (outcome?.failure.message ?? '')
}
const listOf = (record: RemoteRecord | null | undefined, name: string) =>
  (record?.fields[name] ?? []) as readonly JsonObject[]
async function lineOf(id: string): Promise<JsonObject> {
  const [record] = await connection.read(
    'sale.order',
    [id],
    paths.map((path) => `order_line.${path}`),
  )
  return listOf(record, 'order_line')[0] ?? {}
}

describe.each(['14.0', '17.0', '19.0'])('with Odoo %s', (version) => {
  test('tells what moved in the unit of the line, and not what a kit is made of', async () => {
    const { store, customer } = await begin(version)
    const egg = store.addProduct({ sku: 'EGG' })
    const id = await write(create(customer, { product_id: egg, unit: 'Dozens' }))
    store.confirm(id)
    const told = { product_uom_qty: 3, unit: 'Dozens', product_unit: 'Units', unit_size: '12' }
    expect(await lineOf(id)).toMatchObject({ ...told, reserved: '3', shipped: '0', returned: '0' })
    expect([store.ship(id), store.takeBack(id, 1)]).toEqual([true, true])
    const [record] = await connection.read('sale.order', [id], ['picking_ids.picking_type_code', 'order_line.sequence'])
    const back = listOf(record, 'picking_ids').find((picking) => picking.picking_type_code === 'incoming')
    // A part of a kit moves for the line as well.
    store.create('stock.move', {
      name: 'Carton',
      state: 'done',
      product_id: Number(store.addProduct({ sku: 'CARTON' })),
      product_uom_qty: 5,
      sale_line_id: Number(listOf(record, 'order_line')[0]?.id),
      picking_id: Number(back?.id),
      to_refund: true,
    })
    expect(await lineOf(id)).toMatchObject({ ...told, reserved: '0', shipped: '3', returned: '0.08' })
  })

  test('writes a unit by its name, within what the product can be counted in', async () => {
    const { store, customer } = await begin(version)
    const egg = store.addProduct({ sku: 'EGG', unit: 'Dozens' })
    const id = await write(create(customer, { product_id: egg, unit: ' units ' }))
    expect(await lineOf(id)).toMatchObject({ unit: 'Units', product_unit: 'Dozens' })
    const change = (fields: JsonObject): Write => ({
      ...{ do: 'update', object: 'sale.order', id, key: 'deal_1', fields: {} },
      lines: upsert('deal_1', { price_unit: '10', ...fields }),
    })
    // The line that is there knows its product.
    expect(await write(change({ unit: null }))).toBe(id)
    expect(await lineOf(id)).toMatchObject({ unit: 'Dozens', unit_size: '1' })
    expect(await write(change({ unit: 'Hours' }))).toContain(
      'EGG in "Hours" and Odoo in "Dozens": the two are not of one',
    )
    expect(await write(change({ unit: 'Crates' }))).toContain(
      'EGG in "Crates" and Odoo in "Dozens": there is no such unit',
    )
    expect(await lineOf(id)).toMatchObject({ unit: 'Dozens' })
  })

  test('leaves a line without a unit to Odoo, with no call more', async () => {
    const { store, customer } = await begin(version)
    const egg = store.addProduct({ sku: 'EGG', unit: 'Dozens' })
    const id = await write(create(customer, { product_id: egg, unit: null }))
    expect(Object.keys(simulator.calls()).filter((call) => /uom|product/.test(call))).toEqual([])
    expect(await lineOf(id)).toMatchObject({ unit: 'Dozens' })
  })
})
