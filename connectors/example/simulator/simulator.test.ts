import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Json } from '../../../src/core/json.ts'
import type { SimulatedErp } from '../../../src/simulator/world.ts'
import { startExampleSimulator } from './index.ts'

/* The facts of README.md that the connector leans on. */

let simulator: SimulatedErp
let authorization = ''
beforeAll(async () => {
  simulator = await startExampleSimulator()
  const form = { grant_type: 'client_credentials', client_id: 'crosswalk', client_secret: 'secret-of-the-example-app' }
  const reply = await fetch(`${simulator.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
  authorization = `Bearer ${((await reply.json()) as { access_token: string }).access_token}`
})
afterAll(() => simulator.close())

async function ask(path: string, body?: Json) {
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const reply = await fetch(`${simulator.url}/v1/${path}`, { ...sent, headers: { authorization } })
  return { status: reply.status, body: (await reply.json()) as Record<string, Json> }
}
const batch = async (...operations: readonly Json[]) => (await ask('batch', { operations })).body.results
const newCustomer = (key: string, fields: Json = { name: key }): Json => ({
  ...{ action: 'create', object: 'customers', key, fields },
})

test.each([
  ['a path that is not there', 'orders/1', 404, 'unknown_object'],
  ['an object that is not there', 'fields/invoice', 404, 'unknown_object'],
  ['a part of an order by itself', 'shipments?ids=1', 404, 'unknown_object'],
  ['a field that is not there', 'orders?ids=1&fields=colour', 400, 'unknown_field'],
  [
    'more records than a call holds',
    `orders?ids=${Array.from({ length: 101 }, (_, id) => id).join()}`,
    400,
    'invalid_value',
  ],
  ['a page that is too long', 'orders?modified_from=2026-01-01&limit=501', 400, 'invalid_value'],
])('refuses %s', async (_what, path, status, code) => {
  expect(await ask(path)).toMatchObject({ status, body: { error: { code } } })
})

test('refuses calls without a valid token, and a login with a wrong secret', async () => {
  expect((await fetch(`${simulator.url}/v1/company`)).status).toBe(401)
  const form = { grant_type: 'client_credentials', client_id: 'crosswalk', client_secret: 'wrong' }
  const reply = await fetch(`${simulator.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) })
  expect(reply.status).toBe(401)
})

test('takes each record of a batch for itself, and a key once', async () => {
  const [first, twin, nameless, strange, product] = (await batch(
    newCustomer('a'),
    newCustomer('a', { name: 'Another' }),
    newCustomer('b', {}),
    newCustomer('c', { name: 'c', colour: 'red' }),
    { action: 'create', object: 'products', key: 'p', fields: {} },
  )) as readonly Record<string, Json>[]
  expect(twin).toEqual(first)
  expect([nameless, strange, product]).toMatchObject([
    { error: { code: 'invalid_value', field: 'name' } },
    { error: { code: 'unknown_field', field: 'colour' } },
    { error: { code: 'forbidden', field: 'products.write' } },
  ])
  expect(simulator.erp.customers()).toEqual([{ id: first?.id, key: 'a', name: 'a' }])
})

test('keeps what was shipped: its line, its quantity, its order', async () => {
  const product = simulator.erp.addProduct({ sku: 'LAMP', price: '5' })
  const [{ id: customer }] = (await batch(newCustomer('d'))) as readonly [{ id: string }]
  const lines = { set: [{ key: '1', fields: { product, quantity: '2', price: '5' } }], remove: [] }
  const order = { action: 'create', object: 'orders', key: 'o', fields: { customer }, lines }
  const [{ id }] = (await batch(order)) as readonly [{ id: string }]
  await batch({ action: 'confirm', object: 'orders', id })
  simulator.erp.ship(id)
  const update = { action: 'update', object: 'orders', id, fields: {} }
  const refusals = await batch(
    { ...update, lines: { set: [], remove: ['1'] } },
    { ...update, lines: { set: [{ key: '1', fields: { quantity: '1' } }], remove: [] } },
    { action: 'cancel', object: 'orders', id },
  )
  expect(refusals).toMatchObject(Array.from({ length: 3 }, () => ({ error: { code: 'wrong_state' } })))
  expect(simulator.erp.order(id)).toMatchObject({
    state: 'confirmed',
    net: '10',
    lines: [{ quantity: '2', shipped: '2' }],
  })
})

test('neither makes nor buys goods, and says so', () => {
  expect(() => simulator.erp.addProduct({ sku: 'DESK', route: 'make' })).toThrow('not simulated')
})
