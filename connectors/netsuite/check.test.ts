import { generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../src/core/json.ts'
import type { SyncError } from '../../src/core/problem.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { CheckFinding, Connection } from '../../src/ports/connector.ts'
import { problemOf } from '../../test/asked.ts'
import { openClient } from './client.ts'
import { netsuite } from './index.ts'
import { settings } from './settings.ts'
import { type NetsuiteSimulatorOptions, startNetsuiteSimulator } from './simulator/index.ts'

let now = '2026-11-24T09:00:00.000Z' as Instant
/** How far the clock of our machine is off. */
let skewMs = 0
const clock = {
  now: () => shift(now, skewMs),
  sleep: async (ms: number) => {
    now = shift(now, ms)
  },
}
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }

let simulator: Awaited<ReturnType<typeof startNetsuiteSimulator>>
const open = (more: Readonly<Record<string, Json>> = {}): Connection =>
  netsuite.open({ ...simulator.settings, ...more }, { name: 'erp', http: openHttpClient({ clock, log }), clock, log })
async function begin(options: NetsuiteSimulatorOptions = {}) {
  simulator = await startNetsuiteSimulator({ now: () => toMillis(now), currency: 'EUR', ...options })
  return simulator.store
}
afterEach(async () => {
  skewMs = 0
  await simulator.close()
})
const wrong = (findings: readonly CheckFinding[]) =>
  findings.filter((one) => one.level !== 'ok').map((one) => [one.level, one.subject])
function makeOrder(): string {
  const { store } = simulator
  const entity = { id: store.addCustomer({ companyName: 'Acme' }) }
  const item = { id: store.addItem({ sku: 'DESK' }) }
  return store.addOrder({
    entity,
    item: {
      items: [
        { item, quantity: 1, rate: 1 },
        { item, quantity: 1, rate: 1 },
      ],
    },
  })
}

describe('the connection test', () => {
  test('finds nothing wrong with an account that is set up', async () => {
    await begin()
    makeOrder()
    const { account, findings } = await open({ subsidiary: '1' }).check()
    expect(account).toEqual({
      id: '1234567_SB1',
      name: 'Parent Company',
      timeZone: 'Etc/GMT+8',
      currency: 'EUR',
      apiVersion: 'record v1, query v1',
    })
    expect(wrong(findings)).toEqual([])
    expect(findings.map((one) => one.subject)).toEqual(expect.arrayContaining(['login', 'line numbers', 'tax']))
  })

  test('takes the zone that is named', async () => {
    await begin({ timeZone: 'Asia/Kolkata' })
    expect((await open().check()).account.timeZone).toBe('UTC')
    const { account, findings } = await open({ timeZone: 'Asia/Kolkata', subsidiary: '1' }).check()
    expect([account.timeZone, wrong(findings)]).toEqual(['Asia/Kolkata', []])
  })

  test('says when the zone that is named is not that of SuiteQL', async () => {
    await begin()
    makeOrder()
    const { findings } = await open({ timeZone: 'Europe/Berlin', subsidiary: '1' }).check()
    // By the clock, and by an order that says in UTC when it was changed.
    expect(wrong(findings)).toEqual([
      ['error', 'time zone'],
      ['error', 'time zone'],
    ])
  })

  test.each<[string, NetsuiteSimulatorOptions, [string, string][]]>([
    ['no subsidiary for new customers', {}, [['warning', 'subsidiary']]],
    ['the old tax engine', { oneWorld: false, legacyTax: true }, [['warning', 'tax']]],
    ['no field for the key of a line', { oneWorld: false, lineColumn: false }, [['error', 'custcol_crosswalk_line']]],
    ['a role without items', { oneWorld: false, denied: ['item'] }, [['error', 'table item']]],
    [
      'a role without shipments and invoices',
      { oneWorld: false, denied: ['itemFulfillment', 'invoice', 'trackingnumber'] },
      [
        ['warning', 'itemFulfillment'],
        ['warning', 'table trackingnumber'],
        ['warning', 'invoice'],
      ],
    ],
    [
      'a role without prices, stock and units',
      { oneWorld: false, denied: ['pricing', 'aggregateitemlocation'], units: false },
      [
        ['warning', 'table pricing'],
        ['warning', 'table aggregateitemlocation'],
        ['warning', 'table unitstypeuom'],
      ],
    ],
  ])('names %s, and what to do', async (_, options, expected) => {
    await begin(options)
    const { findings } = await open().check()
    expect(wrong(findings)).toEqual(expected)
    for (const finding of findings) if (finding.level !== 'ok') expect(finding.fix).toMatch(/./)
  })

  test('names what the shipped mappings write and the metadata does not show', async () => {
    await begin()
    const deps = { name: 'erp', http: openHttpClient({ clock, log }), clock, log }
    const page = await openClient(settings.parse(simulator.settings), deps).metadata('salesOrder')
    const { otherRefNum: _, ...properties } = page.properties as JsonObject
    const refTo = (name: string) => ({ $ref: `/services/rest/record/v1/metadata-catalog/${name}` })
    simulator.fault({
      match: { path: 'metadata-catalog/salesOrder' },
      ...{ kind: 'status', status: 200, times: 1 },
      body: {
        ...page,
        properties: {
          ...properties,
          ...{ entity: refTo('customer'), memo: { type: 'string', readOnly: true } },
          shippingAddress: refTo('salesOrder-shippingAddress'),
        },
      },
    })
    const connection = open({ subsidiary: '1' })
    const { findings } = await connection.check()
    expect(wrong(findings)).toEqual([['error', 'fields of salesOrder']])
    const { message, fix } = findings.find(({ level }) => level === 'error') ?? {}
    expect(message).toContain('otherRefNum')
    expect(message).toContain('memo')
    expect(message).toContain('shippingAddress.city')
    expect(message).not.toContain('entity')
    expect(fix).toContain('salesOrder')
    // An order without these fields is made all the same.
    const entity = simulator.store.addCustomer({ companyName: 'Acme' })
    const item = simulator.store.addItem({ sku: 'DESK' })
    const line = { key: 'crm_1_deal_1_line_1', fields: { item, quantity: '1', rate: '10', price: '-1' } }
    const outcomes = await connection.write([
      {
        ...{ do: 'create', object: 'salesOrder', key: 'crm_1_deal_1', fields: { entity } },
        lines: { field: 'item', upsert: [line], remove: [] },
      },
    ])
    expect(outcomes).toEqual([{ ok: true, id: expect.any(String) }])
  })

  test('goes as far as it can without SuiteQL, and names the permission', async () => {
    await begin({ denied: ['suiteAnalytics'] })
    const { account, findings } = await open({ subsidiary: '1' }).check()
    expect(account).toMatchObject({ id: '1234567_SB1', currency: null })
    expect(findings.find((one) => one.level === 'error')).toMatchObject({
      subject: 'SuiteQL',
      fix: expect.stringContaining('SuiteAnalytics Workbook (Edit)'),
    })
  })

  test('warns of a clock that is wrong', async () => {
    await begin()
    skewMs = -240_000
    const { findings } = await open({ subsidiary: '1' }).check()
    expect(wrong(findings)).toEqual([['warning', 'clock']])
  })

  test('writes nothing', async () => {
    await begin()
    makeOrder()
    await open().check()
    const names = Object.keys(simulator.calls())
    expect(names.filter((name) => /^(PUT|PATCH|DELETE)|record\/v1\/\w+$/.test(name) && name.startsWith('P'))).toEqual(
      [],
    )
  })
})

describe('the login', () => {
  test.each<[string, NetsuiteSimulatorOptions, [string, string][]]>([
    ['an RSA key', { algorithm: 'PS256', oneWorld: false }, []],
    ['an EC key', { algorithm: 'ES256', oneWorld: false }, []],
    ['an access token of the old kind', { auth: 'tokens', oneWorld: false }, [['warning', 'login']]],
  ])('works with %s', async (_, options, expected) => {
    await begin(options)
    expect(wrong((await open().check()).findings)).toEqual(expected)
  })

  test('takes a key whose line breaks are written out', async () => {
    await begin()
    const privateKey = String(simulator.settings.privateKey).trim().replaceAll('\n', '\\n')
    expect((await open({ privateKey }).check()).account.id).toBe('1234567_SB1')
  })

  test('asks for a token once for all calls, early for the next, and again when one is refused', async () => {
    await begin()
    const connection = open()
    const token = 'POST /services/rest/auth/oauth2/v1/token'
    const find = () => connection.find('currency', [{ fields: { symbol: 'EUR' } }])
    await Promise.all([find(), connection.describe('salesOrder'), connection.describe('Customer')])
    expect(simulator.calls()[token]).toBe(1)
    now = shift(now, 59 * 60_000)
    await find()
    expect(simulator.calls()[token]).toBe(2)
    simulator.store.expireTokens()
    await Promise.all([find(), find()])
    expect(simulator.calls()[token]).toBe(3)
  })

  test('stops after one new token, as refreshing a sandbox wipes certificates', async () => {
    await begin()
    const connection = open()
    await connection.check()
    simulator.store.removeCertificates()
    simulator.store.expireTokens()
    simulator.resetCalls()
    expect(await problemOf(connection.find('currency', [{ fields: { symbol: 'EUR' } }]))).toEqual({
      kind: 'auth_rejected',
    })
    expect(Object.values(simulator.calls()).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(3)
  })

  test('stops when a new token is refused like the one before', async () => {
    await begin()
    simulator.fault({ match: { path: 'suiteql' }, ...simulator.trouble.loginExpired, times: 1000 })
    expect(await problemOf(open().find('currency', [{ fields: { symbol: 'EUR' } }]))).toEqual({ kind: 'auth_rejected' })
    expect(simulator.calls()['POST /services/rest/query/v1/suiteql']).toBe(2)
  })

  test.each([
    ['no key at all', { privateKey: 'not a key' }, 'configuration_invalid'],
    ['a key of another kind', { algorithm: 'PS256' }, 'configuration_invalid'],
    ['another client', { clientId: 'somebody' }, 'auth_rejected'],
    ['another certificate', { certificateId: 'another' }, 'auth_rejected'],
  ])('with %s is told as what it is, without the key', async (_, settings, kind) => {
    await begin()
    const error = await open(settings)
      .check()
      .then(() => null)
      .catch((thrown: SyncError) => thrown)
    expect(error?.problem.kind).toBe(kind)
    expect(`${error?.message} ${error?.fix}`).not.toContain('not a key')
  })

  test('with somebody else’s key is refused', async () => {
    await begin()
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(await problemOf(open({ privateKey: pem }).check())).toEqual({ kind: 'auth_rejected' })
  })

  test('by signature signs each attempt anew, with the query of the address', async () => {
    await begin({ auth: 'tokens', oneWorld: false })
    const connection = open()
    simulator.fault({ match: { path: 'suiteql' }, ...simulator.trouble.rateLimited, times: 2 })
    // A signature that is used twice is refused.
    expect(await connection.find('currency', [{ fields: { symbol: 'EUR' } }])).toMatchObject([[{ label: 'Euro' }]])
    expect(await problemOf(open({ tokenSecret: 'wrong' }).check())).toEqual({ kind: 'auth_rejected' })
  })
})
