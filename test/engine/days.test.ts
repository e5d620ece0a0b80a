import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DateTime } from 'luxon'
import { registry } from '../../connectors/registry.ts'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import { dealSchema, type Fulfilment } from '../../src/core/documents.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { summarise } from '../../src/core/summary.ts'
import { openHttpClient } from '../../src/http/client.ts'
import { systemClock } from '../../src/main/clock.ts'
import { type CompiledMapping, compileMapping } from '../../src/mapping/compile/compile.ts'
import { mapInbound, mapOutbound } from '../../src/mapping/run/run.ts'
import { openSandbox } from '../../src/mapping/sandbox/sandbox.ts'
import type { Connection, ObjectSchema } from '../../src/ports/connector.ts'
import { startOf } from '../rig.ts'

// Both ends of the world, what lies 12 hours and more apart, either way round, and a zone of half hours.
const zones = [
  'Pacific/Pago_Pago',
  'America/Los_Angeles',
  'America/New_York',
  'UTC',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Asia/Shanghai',
  'Pacific/Auckland',
  'Pacific/Kiritimati',
]
// One in winter, one in summer, and the days on which clocks change in Europe and America.
const days = ['2026-11-26', '2026-07-01', '2026-03-29', '2026-11-01']

const sandbox = openSandbox()
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const mappings = new Map<string, CompiledMapping>()
const closing: (() => Promise<unknown>)[] = [() => sandbox.close()]

beforeAll(async () => {
  const files = {
    netsuite: ['fulfilment', 'order'],
    odoo: ['fulfilment', 'order'],
    hubspot: ['fulfilment'],
    salesforce: ['fulfilment'],
  }
  for (const [system, names] of Object.entries(files)) {
    const simulator = await startOf({ ...simulatedCrms, ...simulatedErps }, system)({})
    closing.push(() => simulator.close())
    const connector = registry.find((one) => one.name === system)
    const http = openHttpClient({ clock: systemClock, log })
    const connection = connector?.open(simulator.settings, { name: system, http, clock: systemClock, log })
    if (connection === undefined) throw new Error(`no connector "${system}"`)
    await connection.setup?.()
    for (const name of names) mappings.set(`${system}/${name}`, await compile(system, name, connection))
  }
}, 60_000)
afterAll(async () => {
  for (const close of closing) await close()
})

async function compile(system: string, name: string, connection: Connection): Promise<CompiledMapping> {
  const file = `mappings/${system}/${name}.yaml`
  const text = await readFile(join(import.meta.dirname, '../..', file), 'utf8')
  const schemas = new Map<string, ObjectSchema>()
  for (;;) {
    const { mapping, findings, wanted } = compileMapping(
      { file, text },
      {
        schemaOf: (object) => schemas.get(object) ?? null,
        ...{ otherObject: null, otherSchemaOf: () => null, tables: { countries: {}, 'odoo-units': {} } },
        ...{
          links: ['customer', 'shipTo', 'billTo', 'contact'],
          owners: false,
          creates: name === 'order',
          fileOf: () => null,
        },
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

const mappingOf = (name: string): CompiledMapping => {
  const found = mappings.get(name)
  if (found === undefined) throw new Error(`no mapping ${name}`)
  return found
}

/** What a CRM in `zone` shows of an order of an ERP in another. */
async function shown(erp: string, fields: JsonObject, erpZone: string, crm: string, zone: string): Promise<JsonObject> {
  const inbound = await mapInbound<Fulfilment>(
    mappingOf(`${erp}/fulfilment`),
    [{ id: '1', fields }],
    { timeZone: erpZone },
    sandbox,
  )
  const [order] = inbound
  if (order?.ok !== true) throw new Error(order?.failures[0].message ?? 'no order')
  const document: JsonObject = { ...summarise(order.value) }
  const scope = { document, op: 'update', account: { timeZone: zone }, links: {} } as const
  return written(`${crm}/fulfilment`, scope)
}

async function written(name: string, scope: Parameters<typeof mapOutbound>[1][number]): Promise<JsonObject> {
  const lookup = async (needs: readonly unknown[]) =>
    needs.map(() => ({ matches: [{ id: '7', label: 'one', archived: false }] }))
  const [record] = await mapOutbound(mappingOf(name), [scope], { lookup }, sandbox)
  if (record?.ok !== true) throw new Error(record?.failures[0].message ?? 'no record')
  return record.value.fields
}

const shippedFields: Readonly<Record<string, string>> = {
  hubspot: 'properties.erp_shipped_date',
  salesforce: 'ERP_Shipped_Date__c',
}
const promisedFields: Readonly<Record<string, string>> = {
  hubspot: 'properties.erp_promised_date',
  salesforce: 'ERP_Promised_Date__c',
}
const netsuiteOrder = (day: string): JsonObject => ({
  ...{ number: 'SO1', status: 'F', untouched: false, ship_date: day },
  fulfillments: [{ id: '2', number: 'IF2', kind: 'ItemShip', status: 'C', shipped: day, lines: [] }],
})

describe.each(['hubspot', 'salesforce'])('%s', (crm) => {
  test.each(zones)('shows the days of a NetSuite in %s as they are, wherever the CRM is', async (erpZone) => {
    for (const crmZone of zones) {
      for (const day of days) {
        const fields = await shown('netsuite', netsuiteOrder(day), erpZone, crm, crmZone)
        expect([crmZone, fields[shippedFields[crm] ?? ''], fields[promisedFields[crm] ?? '']]).toEqual([
          crmZone,
          day,
          day,
        ])
      }
    }
  })

  test.each([
    ['Pacific/Auckland', '2026-11-25T23:30:00.000Z', '2026-11-26'],
    ['Europe/Berlin', '2026-11-25T23:30:00.000Z', '2026-11-26'],
    ['America/Los_Angeles', '2026-11-26T07:30:00.000Z', '2026-11-25'],
    ['Pacific/Pago_Pago', '2026-11-26T07:30:00.000Z', '2026-11-25'],
  ])('shows the day on which an Odoo in %s shipped at %s, wherever the CRM is', async (erpZone, at, day) => {
    const picking = { id: '2', name: 'OUT/2', state: 'done', picking_type_code: 'outgoing', date_done: at, moves: [] }
    for (const crmZone of zones) {
      const fields = await shown('odoo', { name: 'S1', state: 'sale', picking_ids: [picking] }, erpZone, crm, crmZone)
      expect([crmZone, fields[shippedFields[crm] ?? '']]).toEqual([crmZone, day])
    }
  })
})

describe('the day that a customer asks for', () => {
  const dealFor = (day: string): JsonObject => ({
    ...dealSchema.parse({
      ...{ id: '9', number: '9', won: true, currency: 'EUR', requestedDate: day },
      customer: { id: 'company-1', name: 'Acme' },
    }),
  })
  const scopeIn = (timeZone: string, day: string) =>
    ({
      document: dealFor(day),
      op: 'create',
      account: { timeZone, currency: 'EUR' },
      links: { customer: '43', shipTo: null, billTo: null },
    }) as const

  test.each(zones)('is that day in NetSuite in %s', async (zone) => {
    for (const day of days) expect((await written('netsuite/order', scopeIn(zone, day))).shipDate).toBe(day)
  })

  test.each(zones)('is noon of it in Odoo in %s, and comes back as it went, wherever the CRM is', async (zone) => {
    for (const day of days) {
      const { commitment_date } = await written('odoo/order', scopeIn(zone, day))
      expect(DateTime.fromISO(String(commitment_date), { zone }).toFormat('yyyy-LL-dd HH:mm')).toBe(`${day} 12:00`)
      const fields = { name: 'S1', state: 'draft', commitment_date: commitment_date ?? null }
      for (const crmZone of zones) {
        const promised = (await shown('odoo', fields, zone, 'hubspot', crmZone))['properties.erp_promised_date']
        expect([crmZone, promised]).toEqual([crmZone, day])
      }
    }
  })
})
