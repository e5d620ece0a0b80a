import { afterEach, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { openHttpClient } from '../../src/http/client.ts'
import { systemClock } from '../../src/main/clock.ts'
import type { Connection, RemoteRecord, Write } from '../../src/ports/connector.ts'
import { netsuite } from './index.ts'
import { startNetsuiteSimulator } from './simulator/index.ts'

const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }

let simulator: Awaited<ReturnType<typeof startNetsuiteSimulator>>
let connection: Connection
let customer = ''
afterEach(() => simulator.close())

async function begin(options: Parameters<typeof startNetsuiteSimulator>[0] = {}) {
  simulator = await startNetsuiteSimulator(options)
  const http = openHttpClient({ clock: systemClock, log, random: () => 0 })
  connection = netsuite.open(simulator.settings, { name: 'erp', http, clock: systemClock, log })
  customer = simulator.store.addCustomer({ companyName: 'Acme' })
  return simulator.store
}
const each = { name: 'Each' }
const dozen = { name: 'Dozen', rate: 12 }
const upsert = (fields: JsonObject) => ({ field: 'item', upsert: [{ key: 'deal_1_line_1', fields }], remove: [] })
const create = (item: string, unit: Json): Write => ({
  ...{ do: 'create', object: 'salesOrder', key: 'deal_1', fields: { entity: customer } },
  lines: upsert({ item, quantity: '3', unit, price: '-1', rate: '10' }),
})
const change = (id: string, fields: JsonObject): Write => ({
  ...{ do: 'update', object: 'salesOrder', id, key: 'deal_1', fields: {} },
  lines: upsert({ price: '-1', rate: '10', ...fields }),
})
async function write(one: Write): Promise<string> {
  const [outcome] = await connection.write([one])
  return outcome?.ok === true ? outcome.id : (outcome?.failure.message ?? '')
}
const listOf = (record: RemoteRecord | null | undefined, name: string) =>
  (record?.fields[name] ?? []) as readonly JsonObject[]
async function read(id: string) {
  const names = [
    'unit',
    'product_unit',
    'unit_size',
    'quantity',
    'ordered',
    'committed',
    'shipped',
    'returned',
    'billed',
  ]
  const paths = [...names.map((name) => `lines.${name}`), 'fulfillments.lines.quantity', 'fulfillments.lines.sku']
  const [record] = await connection.read('salesOrder', [id], paths)
  return { line: listOf(record, 'lines')[0], moved: listOf(record, 'fulfillments').flatMap((one) => one.lines) }
}

test('quantities, kept in base units, are told in the unit of the line', async () => {
  const store = await begin()
  const item = store.addItem({ sku: 'EGG', unit: each, saleUnit: dozen })
  const id = await write(create(item, null))
  await write({ do: 'confirm', object: 'salesOrder', id })
  const units = { unit: 'Dozen', product_unit: 'Dozen', unit_size: '1' }
  expect(store.orders()[0]?.lines[0]).toMatchObject({ quantity: '36', unit: 'Dozen' })
  expect((await read(id)).line).toMatchObject({ ...units, quantity: '3', ordered: '3', committed: '3', shipped: '0' })
  store.ship(id)
  const { line, moved } = await read(id)
  expect(line).toMatchObject({ ...units, ordered: '3', shipped: '3', returned: '0' })
  expect(moved).toEqual([{ sku: 'EGG', quantity: '3' }])
})

test('a unit is written by its name, within those of the item', async () => {
  const store = await begin()
  const item = store.addItem({ sku: 'EGG', unit: each, saleUnit: dozen })
  store.addItem({ sku: 'OTHER', unit: { name: 'Box' }, units: [{ name: 'Pallet', rate: 40 }] })
  const id = await write(create(item, ' each '))
  expect((await read(id)).line).toMatchObject({ unit: 'Each', product_unit: 'Dozen', ordered: '3' })
  expect((await read(id)).line?.unit_size).toMatch(/^0\.08333/)
  // The line that is there knows its item.
  expect(await write(change(id, { unit: null }))).toBe(id)
  expect((await read(id)).line).toMatchObject({ unit: 'Dozen', ordered: '3' })
  expect(await write(change(id, { unit: 'Pallet' }))).toContain('EGG in "Pallet" and NetSuite in "Dozen"')
  expect((await read(id)).line).toMatchObject({ unit: 'Dozen' })
})

test('without the feature an item is counted in pieces', async () => {
  const store = await begin({ units: false })
  const item = store.addItem({ sku: 'EGG' })
  expect(await write(create(item, 'Dozen'))).toContain('EGG in "Dozen" and NetSuite without a unit')
  const id = await write(create(item, 'Each'))
  expect((await read(id)).line).toMatchObject({ unit: null, unit_size: null, quantity: '3' })
})

test('where the role may not see units, nothing is guessed', async () => {
  const store = await begin()
  const item = store.addItem({ sku: 'EGG', unit: each, saleUnit: dozen })
  store.setDenied(['unitstypeuom'])
  expect(await write(create(item, 'Each'))).toContain('may not see in which units')
  const bare = store.addItem({ sku: 'BARE' })
  expect(await write(create(bare, 'Each'))).toMatch(/^\d+$/)
})
