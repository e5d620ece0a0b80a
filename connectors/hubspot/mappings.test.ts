import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Instant } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import { compileMapping } from '../../src/mapping/compile/compile.ts'
import { mapOutbound } from '../../src/mapping/run/run.ts'
import { openSandbox } from '../../src/mapping/sandbox/sandbox.ts'
import { runMappingTests } from '../../src/mapping/testing/test-file.ts'
import type { Connection, ObjectSchema } from '../../src/ports/connector.ts'
import { hubspot } from './index.ts'
import { startHubspotSimulator } from './simulator/index.ts'

/* The shipped mappings against an account as `setup` leaves it. */

const clock = { now: () => '2026-11-24T09:00:00.000Z' as Instant, sleep: async () => {} }
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const sandbox = openSandbox()
let simulator: Awaited<ReturnType<typeof startHubspotSimulator>>
let connection: Connection
const schemas = new Map<string, ObjectSchema>()
beforeAll(async () => {
  simulator = await startHubspotSimulator()
  const deps = { name: 'crm', http: openHttpClient({ clock, log }), clock, log }
  connection = hubspot.open({ baseUrl: simulator.url, accessToken: 'test-token' }, deps)
  await connection.setup?.()
  for (const object of ['deals', 'companies', 'contacts', 'line_items', 'products']) {
    schemas.set(object, await connection.describe(object))
  }
})
afterAll(async () => {
  await simulator.close()
  await sandbox.close()
})

const textOf = (name: string) => readFileSync(new URL(`../../mappings/hubspot/${name}`, import.meta.url), 'utf8')
function compile(name: string) {
  const file = { file: `${name}.yaml`, text: textOf(`${name}.yaml`) }
  const schemaOf = (object: string) => schemas.get(object) ?? null
  return compileMapping(file, {
    schemaOf,
    ...{ otherObject: null, otherSchemaOf: () => null, tables: {} },
    ...{ links: [], owners: false, creates: name === 'product', fileOf: () => null },
  })
}

test.each(['deal', 'fulfilment', 'product'])(
  '%s.yaml names nothing that is not there, and its tests hold',
  async (name) => {
    const { mapping, findings } = compile(name)
    expect(findings).toEqual([])
    if (mapping === null) throw new Error('does not compile')
    const results = await runMappingTests(mapping, { file: name, text: textOf(`${name}.test.yaml`) }, sandbox)
    expect(results.filter((result) => !result.ok)).toEqual([])
    expect(results.length).toBeGreaterThan(1)
  },
)

test('product.yaml makes a product that shows what the ERP knows of it', async () => {
  const { mapping } = compile('product')
  if (mapping === null) throw new Error('does not compile')
  const document = {
    id: '41',
    sku: 'DESK',
    name: 'Desk',
    prices: [{ currency: 'EUR', amount: '420.5' }],
    active: false,
    stock: { onHand: '12', available: '9', asOf: '2026-11-24T09:00:00.000Z' },
  }
  const { account } = await connection.check()
  const scope = { document, op: 'create', account: { ...account }, links: {} } as const
  const [mapped] = await mapOutbound(mapping, [scope], { lookup: async () => [] }, sandbox)
  if (mapped?.ok !== true) throw new Error(JSON.stringify(mapped))
  const { fields } = mapped.value
  expect(
    await connection.write([{ do: 'create', object: 'products', key: 'odoo_1_product_41', fields, lines: null }]),
  ).toEqual([{ ok: true, id: expect.any(String) }])
  expect(simulator.crm.products()).toEqual([
    {
      id: expect.any(String),
      sku: 'DESK',
      name: 'Desk',
      key: 'odoo_1_product_41',
      active: false,
      prices: { EUR: '420.5' },
      onHand: '12',
      available: '9',
      asOf: '2026-11-24T09:00:00.000Z',
    },
  ])
})
