import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Instant, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import { type CompiledMapping, compileMapping } from '../../src/mapping/compile/compile.ts'
import { mapInbound } from '../../src/mapping/run/run.ts'
import { openSandbox } from '../../src/mapping/sandbox/sandbox.ts'
import { runMappingTests } from '../../src/mapping/testing/test-file.ts'
import type { Connection, ObjectSchema } from '../../src/ports/connector.ts'
import { netsuite } from './index.ts'
import { lineUnit, required, typeOf, writes, written } from './schema.ts'
import { startNetsuiteSimulator } from './simulator/index.ts'

const folder = join(import.meta.dirname, '../../mappings/netsuite')
const clock = { now: () => '2026-11-24T09:00:00.000Z' as Instant, sleep: async () => {} }
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const sandbox = openSandbox()

let simulator: Awaited<ReturnType<typeof startNetsuiteSimulator>>
let connection: Connection
beforeAll(async () => {
  simulator = await startNetsuiteSimulator({ currency: 'EUR', now: () => toMillis(clock.now()) })
  connection = netsuite.open(simulator.settings, { name: 'erp', http: openHttpClient({ clock, log }), clock, log })
})
afterAll(async () => {
  await simulator.close()
  await sandbox.close()
})

/** Compiles a shipped mapping against the account, as lint does. */
async function compile(name: string): Promise<CompiledMapping> {
  const text = await readFile(join(folder, `${name}.yaml`), 'utf8')
  const schemas = new Map<string, ObjectSchema>()
  for (;;) {
    const { mapping, findings, wanted } = compileMapping(
      { file: `${name}.yaml`, text },
      {
        schemaOf: (object) => schemas.get(object) ?? null,
        ...{ otherObject: null, otherSchemaOf: () => null, tables: { countries: {} } },
        ...{ links: ['customer', 'shipTo', 'billTo', 'contact'], owners: false, creates: true, fileOf: () => null },
      },
    )
    const missing = wanted.filter((object) => !schemas.has(object))
    if (missing.length === 0) {
      expect(findings).toEqual([])
      if (mapping !== null) return mapping
    }
    for (const object of missing) schemas.set(object, await connection.describe(object))
  }
}
function targetsOf({ program }: CompiledMapping): readonly string[] {
  if (program.direction === 'inbound') return []
  const lines = program.lines
  return [
    ...program.fields.map((field) => field.path),
    ...(lines?.fields.map((field) => `${lines.field}.${field.name}`) ?? []),
  ]
}

describe('the mapping of products', () => {
  test('compiles against what the connector describes, and does what its tests say', async () => {
    const mapping = await compile('product')
    const text = await readFile(join(folder, 'product.test.yaml'), 'utf8')
    const results = await runMappingTests(mapping, { file: 'product.test.yaml', text }, sandbox)
    expect(results.map(({ name, message }) => [name, message])).toEqual(results.map(({ name }) => [name, null]))
    expect(results.length).toBeGreaterThan(1)
  })

  test('reads an item as a product', async () => {
    const mapping = await compile('product')
    const { store } = simulator
    const id = store.addItem({
      sku: 'LAMP',
      name: 'Lamp',
      price: '10.5',
      prices: { USD: 12 },
      onHand: 7,
      unit: { name: 'Each' },
    })
    const [record] = await connection.read(mapping.object, [id], mapping.reads)
    const [mapped] = await mapInbound(mapping, record === null || record === undefined ? [] : [record], {}, sandbox)
    expect(mapped).toMatchObject({
      ok: true,
      value: {
        ...{ id, sku: 'LAMP', name: 'Lamp', description: 'Lamp', unit: 'Each', active: true },
        url: `https://1234567-sb1.app.netsuite.com/app/common/item/item.nl?id=${id}`,
        prices: [
          { currency: 'EUR', amount: '10.5' },
          { currency: 'USD', amount: '12' },
        ],
        stock: { onHand: '7', available: '7' },
      },
    })
  })
})

describe.each(['order', 'customer'])('the mapping %s.yaml', (name) => {
  test('writes what the connection test looks for, and all that is required', async () => {
    const mapping = await compile(name)
    // But for our own field of a line's unit: what NetSuite has in its place is there with the feature alone.
    const targets = targetsOf(mapping).filter((target) => target !== `item.${lineUnit}`)
    expect([...targets].sort()).toEqual([...(written[typeOf(mapping.object)] ?? [])].sort())
    for (const [object, field] of Object.entries(required)) {
      const [type = '', list] = object.split('.')
      if (type === mapping.object) expect(targets).toContain(list === undefined ? field : `${list}.${field}`)
    }
  })

  test('writes an object that the connector takes', async () => {
    expect(writes[(await compile(name)).object]).toMatchObject({ create: true })
  })
})
