import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Condition } from '../../src/core/condition.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { ChangesSince, Connection, Write, WriteOutcome } from '../../src/ports/connector.ts'
import { changesOf, problemOf } from '../../test/asked.ts'
import { hubspot } from './index.ts'
import { type HubspotSimulatorOptions, startHubspotSimulator } from './simulator/index.ts'

const start = '2026-11-24T09:00:00.000Z' as Instant
let now = start
const slept: number[] = []
const clock = {
  now: () => now,
  sleep: async (ms: number) => {
    slept.push(ms)
    now = shift(now, ms)
  },
}
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }

let simulator: Awaited<ReturnType<typeof startHubspotSimulator>>
let connection: Connection

async function begin(options: HubspotSimulatorOptions = {}, settings: object = {}) {
  const key = 'refreshToken' in settings ? {} : { accessToken: 'test-token' }
  await simulator?.close()
  simulator = await startHubspotSimulator({ now: () => toMillis(now), ...options })
  connection = open({ ...key, ...settings })
  return simulator.store
}
const open = (settings: object): Connection =>
  hubspot.open(
    { baseUrl: simulator.url, ...settings },
    { name: 'crm', http: openHttpClient({ clock, log }), clock, log },
  )
beforeEach(async () => {
  now = start
  slept.length = 0
  await begin()
})
afterEach(() => simulator.close())

const paths = [
  'id',
  'url',
  'properties.dealname',
  'properties.amount',
  'owner.email',
  'company.properties.name',
  'contact.properties.email',
  'line_items.id',
  'line_items.properties.hs_sku',
]
const total = () => Object.values(simulator.calls()).reduce((sum, one) => sum + one, 0)
/** As the shipped mapping of deals says it. */
const wonOrOrdered: readonly Condition[] = [
  { 'properties.hs_is_closed_won': true },
  { 'properties.erp_order_no': { present: true } },
]
async function poll(since: ChangesSince, object = 'deals', where = object === 'deals' ? wonOrOrdered : []) {
  const { ids, pages, next } = await changesOf(connection, { object, where }, since)
  if (!('cursor' in next)) throw new Error('no cursor')
  return { ids, cursor: next.cursor, pages }
}
const from = (instant: Instant): ChangesSince => ({ from: instant })

describe('read', () => {
  test('reads a hundred deals with everything that belongs to them in eight calls', async () => {
    const { store } = simulator
    const companyId = store.addCompany({ name: 'Acme' })
    const ids = Array.from({ length: 100 }, (_, n) =>
      store.addDeal({
        name: `Deal ${n}`,
        companyId,
        contactId: store.addContact({ email: `c${n}@acme.test` }),
        lines: [{ hs_sku: `S${n}`, price: '10', quantity: '2' }],
      }),
    )
    const records = await connection.read(
      'deals',
      ids,
      paths.filter((path) => path !== 'url' && path !== 'owner.email'),
    )
    expect(total()).toBe(1 + 3 + 1 + 1 + 1)
    expect(records[7]).toEqual({
      id: ids[7],
      fields: {
        id: ids[7],
        properties: { dealname: 'Deal 7', amount: '20' },
        company: { id: companyId, properties: { name: 'Acme' } },
        contact: { id: expect.any(String), properties: { email: 'c7@acme.test' } },
        line_items: [{ id: expect.any(String), properties: { hs_sku: 'S7' } }],
      },
      version: expect.any(String),
    })
  })

  test('fetches nothing that no path names', async () => {
    const id = simulator.store.addDeal({ lines: [{ price: '1' }] })
    await connection.read('deals', [id], ['properties.dealname'])
    expect(simulator.calls()).toEqual({ 'POST /crm/objects/2026-09/deals/batch/read': 1 })
  })

  test('keeps the order of the ids, repeats included, and answers null for what is gone', async () => {
    const { store } = simulator
    const [a, b, gone] = [store.addDeal({ name: 'A' }), store.addDeal({ name: 'B' }), store.addDeal({})]
    store.archive('deals', gone)
    const records = await connection.read('deals', [b, gone, a, b, '999999'], ['properties.dealname'])
    expect(records.map((record) => record?.id ?? null)).toEqual([b, null, a, b, null])
  })

  test('answers a merged id with the surviving record, also beside the survivor', async () => {
    const { store } = simulator
    const [winner, loser] = [
      store.addDeal({ name: 'Winner' }),
      store.addDeal({ name: 'Loser', lines: [{ hs_sku: 'L' }] }),
    ]
    store.merge('deals', winner, loser)
    const alone = await connection.read('deals', [loser], paths)
    const both = await connection.read('deals', [winner, loser], ['properties.dealname'])
    expect(alone[0]).toMatchObject({ id: winner, fields: { line_items: [{ properties: { hs_sku: 'L' } }] } })
    expect(both.map((record) => record?.id)).toEqual([winner, winner])
  })

  test('reads every line of a deal with thousands of them', async () => {
    const lines = Array.from({ length: 2345 }, (_, n) => ({ hs_sku: `S${n}` }))
    const id = simulator.store.addDeal({ lines })
    const [record] = await connection.read('deals', [id], ['line_items.properties.hs_sku'])
    const items = record?.fields.line_items as readonly { properties: { hs_sku: string } }[]
    expect(items.map((item) => item.properties.hs_sku)).toEqual(lines.map((line) => line.hs_sku))
  })

  test('takes the primary company, else the lowest id, and lists all', async () => {
    const { store } = simulator
    const [first, second, third] = [1, 2, 3].map((n) => store.addCompany({ name: `C${n}` })) as [string, string, string]
    const primary = store.addDeal({ companyId: third, companyIds: [second, first] })
    const none = store.addDeal({ companyIds: [second, first] })
    const records = await connection.read('deals', [primary, none], ['company.id', 'companies.id'])
    expect(records.map((record) => record?.fields.company)).toEqual([
      { id: third, properties: {} },
      { id: first, properties: {} },
    ])
    expect(records[0]?.fields.companies).toHaveLength(3)
  })

  test('gives null where HubSpot has an empty or no value', async () => {
    const id = simulator.store.addDeal({ properties: { closedate: null } })
    const [record] = await connection.read('deals', [id], ['properties.closedate', 'company.properties.name'])
    expect(record?.fields).toEqual({ id, properties: { closedate: null }, company: null })
  })

  test('gives the contact as the person who buys only on a deal without a company', async () => {
    const { store } = simulator
    const contactId = store.addContact({ firstname: 'Ada', lastname: 'King' })
    const company = store.addDeal({ contactId, companyId: store.addCompany({ name: 'Acme' }) })
    const person = store.addDeal({ contactId })
    const wanted = ['company.key', 'person.key', 'person.name', 'person.is_person']
    const records = await connection.read('deals', [company, person], wanted)
    expect(records.map((record) => record?.fields.person)).toEqual([
      null,
      { id: contactId, key: `contact-${contactId}`, name: 'Ada King', is_person: true, properties: {} },
    ])
    const before = total()
    await connection.read('deals', [company], wanted)
    expect(total() - before).toBe(2)
  })

  test.each([
    ['per unit, so times the quantity', { discount: '2.5', quantity: '3' }, '7.5'],
    ['not counted beside a percentage', { discount: '2.5', quantity: '3', hs_discount_percentage: '10' }, null],
    ['absent', { quantity: '3' }, null],
  ])('gives the discount of a line: %s', async (_, line, amount) => {
    const id = simulator.store.addDeal({ lines: [{ price: '10', ...line }] })
    const [record] = await connection.read('deals', [id], ['line_items.discount_amount'])
    expect(record?.fields.line_items).toMatchObject([{ discount_amount: amount }])
  })

  test('gives owners, those who left too, and the link of the record', async () => {
    const { store } = simulator
    const ana = store.addOwner({ firstName: 'Ana', lastName: 'Li', email: 'ana@acme.test' })
    const ben = store.addOwner({ firstName: 'Ben', lastName: '', email: 'ben@acme.test', archived: true })
    const ids = [store.addDeal({ ownerId: ana }), store.addDeal({ ownerId: ben }), store.addDeal({})]
    const records = await connection.read('deals', ids, ['owner.name', 'url'])
    expect(records.map((record) => record?.fields.owner)).toEqual([
      { id: ana, name: 'Ana Li', email: 'ana@acme.test', active: true },
      { id: ben, name: 'Ben', email: 'ben@acme.test', active: false },
      null,
    ])
    expect(records[0]?.fields.url).toBe(`https://app.hubspot.com/contacts/4711/record/0-3/${ids[0]}`)
    const before = total()
    await connection.read('deals', ids, ['owner.name', 'url'])
    expect(total() - before).toBe(1)
  })

  test('notices within minutes that an owner left, and who came', async () => {
    const { store } = simulator
    const ana = store.addOwner({ firstName: 'Ana', lastName: 'Li', email: 'ana@acme.test' })
    const [first, second] = [store.addDeal({ ownerId: ana }), store.addDeal({})]
    const activeOf = async (id: string) => {
      const [record] = await connection.read('deals', [id], ['owner.active'])
      return record?.fields.owner
    }
    expect(await activeOf(first)).toMatchObject({ id: ana, active: true })
    store.updateOwner(ana, { archived: true })
    const ben = store.addOwner({ firstName: 'Ben', lastName: 'Ruiz', email: 'ben@acme.test' })
    store.updateDeal(second, { hubspot_owner_id: ben })
    expect(await activeOf(second)).toBeNull()
    now = shift(now, 301_000)
    expect(await activeOf(first)).toMatchObject({ id: ana, active: false })
    expect(await activeOf(second)).toMatchObject({ id: ben, active: true })
  })
})

describe('changes', () => {
  test('finds deals won since, and then costs one call a poll while nothing happens', async () => {
    const { store } = simulator
    store.addDeal({ name: 'old', modifiedAt: toMillis(shift(start, -3_600_000)) })
    const open = store.addDeal({ stage: 'contractsent' })
    const won = store.addDeal({})
    store.addProperty('deals', 'erp_order_no', 'string')
    const first = await poll(from(shift(start, -60_000)))
    expect(first.ids).toEqual([won])
    simulator.resetCalls()
    const idle = await poll({ cursor: first.cursor })
    expect([idle.ids, idle.pages, total()]).toEqual([[], 0, 1])
    now = shift(now, 60_000)
    store.updateDeal(open, { dealstage: 'closedwon' })
    expect((await poll({ cursor: idle.cursor })).ids).toEqual([open])
  })

  test('forgets what is older than the lag of the index, with an empty page', async () => {
    simulator.store.addDeal({})
    const first = await poll(from(start))
    now = shift(now, 600_000)
    const second = await poll({ cursor: first.cursor })
    expect(second).toMatchObject({ ids: [], pages: 1, cursor: { seen: {} } })
    expect((await poll({ cursor: second.cursor })).pages).toBe(0)
  })

  test('tells of a deal that carries an order number and is no longer won', async () => {
    const { store } = simulator
    store.addProperty('deals', 'erp_order_no', 'string')
    const id = store.addDeal({ properties: { erp_order_no: 'SO1' } })
    const first = await poll(from(start))
    now = shift(now, 1000)
    store.updateDeal(id, { dealstage: 'closedlost' })
    expect((await poll({ cursor: first.cursor })).ids).toEqual([id])
  })

  test('goes without order numbers in an account that has no such property yet', async () => {
    const id = simulator.store.addDeal({})
    const first = await poll(from(start))
    expect(first.ids).toEqual([id])
    simulator.resetCalls()
    await poll({ cursor: first.cursor })
    expect(total()).toBe(1)
  })

  test('walks past 10,000 records with one and the same time without losing or repeating any', async () => {
    const { store } = simulator
    const at = toMillis(start) - 3_600_000
    const before = Array.from({ length: 150 }, (_, n) => store.addDeal({ modifiedAt: at - 1000 + n }))
    const equal = Array.from({ length: 10_450 }, () => store.addDeal({ modifiedAt: at }))
    const after = Array.from({ length: 250 }, (_, n) => store.addDeal({ modifiedAt: at + 1 + n }))
    const { ids } = await poll(from(shift(start, -7_200_000)))
    expect(ids).toHaveLength(before.length + equal.length + after.length)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('can be stopped at any page and goes on from its cursor without skipping', async () => {
    const { store } = simulator
    const at = toMillis(start) - 3_600_000
    const all = Array.from({ length: 1900 }, (_, n) => store.addDeal({ modifiedAt: at + Math.floor(n / 950) }))
    const met: string[] = []
    let since: ChangesSince = from(shift(start, -7_200_000))
    for (let round = 0; round < 40 && met.length < all.length; round += 1) {
      for await (const page of connection.changes({ object: 'deals', paths: [], where: wonOrOrdered }, since)) {
        met.push(...page.ids)
        since = { cursor: page.cursor }
        break
      }
    }
    expect(new Set(met)).toEqual(new Set(all))
  })

  test('asks for no record twice on the way, and for no page after the last', async () => {
    const { store } = simulator
    // Twenty at each moment: every page ends in the midst of one.
    const at = toMillis(start) - 3_600_000
    const all = Array.from({ length: 1000 }, (_, n) => store.addDeal({ modifiedAt: at + Math.floor((n + 10) / 20) }))
    expect((await poll(from(shift(start, -7_200_000)))).ids).toEqual(all)
    const searches = Object.entries(simulator.calls()).filter(([call]) => call.endsWith('/search'))
    expect(searches.map(([, count]) => count)).toEqual([5])
  })

  test('finds what the search index showed late', async () => {
    await begin({ indexDelayMs: 120_000 })
    const { store } = simulator
    const early = store.addDeal({})
    now = shift(now, 60_000)
    const late = store.addDeal({})
    now = shift(now, 61_000)
    const first = await poll(from(start))
    now = shift(now, 61_000)
    const second = await poll({ cursor: first.cursor })
    expect([first.ids, second.ids]).toEqual([[early], [late]])
  })

  const deal = (properties: Record<string, string>) => simulator.store.addDeal({ stage: 'contractsent', properties })
  test.each<[string, readonly Condition[], readonly Record<string, string>[], readonly Record<string, string>[]]>([
    [
      'pipelines and stages together',
      [{ 'properties.pipeline': '75001', 'properties.dealstage': ['750012', '750011'] }],
      [{ pipeline: '75001', dealstage: '750012' }],
      [{ dealstage: 'closedwon' }],
    ],
    ['numbers by their value', [{ 'properties.amount': 12.5 }], [{ amount: '12.50' }], [{ amount: '12' }]],
    [
      'days and moments',
      [{ 'properties.requested_delivery_date': '2026-12-01' }, { 'properties.closedate': '2026-11-24T10:00:00Z' }],
      [{ requested_delivery_date: '2026-12-01' }, { closedate: '2026-11-24T10:00:00Z' }],
      [{ requested_delivery_date: '2026-12-02', closedate: '2026-11-24T11:00:00Z' }],
    ],
    [
      'text whatever its case',
      [{ 'properties.po_number': ['PO-1', 'PO-2'] }],
      [{ po_number: 'po-1' }, { po_number: 'PO-2' }],
      [{ po_number: 'PO-3' }],
    ],
    [
      'what no search can ask for, by telling more',
      [{ 'company.properties.name': 'Acme', 'properties.po_number': 'A' }],
      [{ po_number: 'A' }],
      [{ po_number: 'B' }],
    ],
    [
      'more fields than one condition of a search takes, by telling more',
      [
        Object.fromEntries(
          ['dealname', 'pipeline', 'dealstage', 'dealtype', 'po_number', 'payment_terms', 'amount'].map((name) => [
            `properties.${name}`,
            { present: true as const },
          ]),
        ),
      ],
      [{ dealtype: 'newbusiness' }],
      [{ po_number: 'B' }],
    ],
  ])('searches by conditions: %s', async (_, where, found, left) => {
    const ids = found.map(deal)
    left.map(deal)
    expect((await poll(from(start), 'deals', where)).ids).toEqual(ids)
  })

  test('tells every deal rather than too few where the conditions are too many for one search', async () => {
    const names = ['A', 'B', 'C', 'D', 'E', 'F']
    const ids = [...names, 'G'].map((po_number) => deal({ po_number }))
    const where = names.map((name) => ({ 'properties.po_number': name, 'properties.pipeline': 'default' }))
    expect((await poll(from(start), 'deals', where)).ids).toEqual(ids)
    expect((await poll(from(start), 'deals', where.slice(0, 5))).ids).toEqual(ids.slice(0, 5))
  })

  test('walks by three conditions, a page ending in the midst of one time, and tells each deal once', async () => {
    const at = toMillis(start) - 3_600_000
    const names = ['A', 'B', 'C', 'X']
    const all = Array.from({ length: 1200 }, (_, n) =>
      simulator.store.addDeal({
        properties: { po_number: names[n % 4] ?? '', pipeline: 'default' },
        modifiedAt: at + Math.floor((n + 10) / 20),
      }),
    )
    const where = ['A', 'B', 'C'].map((name) => ({ 'properties.po_number': name, 'properties.pipeline': 'default' }))
    const told = (await poll(from(shift(start, -7_200_000)), 'deals', where)).ids
    expect(told).toEqual(all.filter((_, n) => n % 4 !== 3))
  })

  test('tells nothing, and keeps its place, while no condition can hold, and all of it once one can', async () => {
    const where = [{ 'properties.late': { present: true } as const }, { 'properties.late': 'x' }]
    const id = deal({})
    const first = await poll({ cursor: (await poll(from(shift(start, -60_000)), 'deals', [])).cursor }, 'deals', where)
    expect([first.ids, first.pages]).toEqual([[], 0])
    simulator.store.addProperty('deals', 'late', 'string')
    now = shift(now, 1000)
    simulator.store.updateDeal(id, { late: 'y' })
    // Made by somebody else: it is looked for again within the time that each poll looks back.
    expect((await poll({ cursor: first.cursor }, 'deals', where)).ids).toEqual([])
    now = shift(now, 300_000)
    expect((await poll({ cursor: first.cursor }, 'deals', where)).ids).toEqual([id])
  })

  test('goes on when a property that it searched by is deleted', async () => {
    const { store } = simulator
    store.addProperty('deals', 'erp_order_no', 'string')
    const first = await poll(from(start))
    store.removeProperty('deals', 'erp_order_no')
    now = shift(now, 1000)
    const id = store.addDeal({})
    expect((await poll({ cursor: first.cursor })).ids).toEqual([id])
  })

  test('searches other objects by conditions as well', async () => {
    const { store } = simulator
    const [bonn] = ['Bonn', 'Paris'].map((city) => store.addCompany({ name: city, city }))
    expect((await poll(from(start), 'companies', [{ 'properties.city': 'Bonn' }])).ids).toEqual([bonn])
  })

  test('looks for edited line items once an hour and names their deals', async () => {
    const { store } = simulator
    const id = store.addDeal({})
    const line = store.addLine(id, { price: '5', quantity: '1' })
    const first = await poll(from(start))
    now = shift(now, 1_800_000)
    store.updateRecord('line_items', line, { price: '6' })
    const early = await poll({ cursor: first.cursor })
    now = shift(now, 1_800_000)
    const due = await poll({ cursor: early.cursor })
    expect([early.ids, due.ids]).toEqual([[], [id]])
    simulator.resetCalls()
    now = shift(now, 60_000)
    expect((await poll({ cursor: due.cursor })).ids).toEqual([])
    expect(total()).toBe(1)
  })

  test('refuses a cursor it did not make', async () => {
    await expect(poll({ cursor: { offset: 3 } })).rejects.toMatchObject({ problem: { kind: 'configuration_invalid' } })
  })

  test('reads changes of other objects by their own time of change', async () => {
    const id = simulator.store.addContact({ email: 'a@b.test' })
    expect((await poll(from(start), 'contacts')).ids).toEqual([id])
  })
})

describe('write', () => {
  const update = (id: string, fields: Record<string, string | null>) =>
    ({ do: 'update', object: 'deals', id, key: null, fields, lines: null }) as const

  test('writes 250 deals in three calls', async () => {
    await connection.setup?.()
    const ids = Array.from({ length: 250 }, () => simulator.store.addDeal({}))
    simulator.resetCalls()
    const outcomes = await connection.write(ids.map((id) => update(id, { erp_order_no: `SO${id}` })))
    expect(outcomes).toEqual(ids.map((id) => ({ ok: true, id })))
    expect(simulator.calls()['POST /crm/objects/2026-09/deals/batch/update']).toBe(3)
    expect(simulator.store.deal(ids[249] ?? '')?.properties.erp_order_no).toBe(`SO${ids[249]}`)
  })

  test('writes each type as HubSpot wants it, and clears by null', async () => {
    await connection.setup?.()
    const { store } = simulator
    const id = store.addDeal({ properties: { closedate: '2026-11-01T00:00:00Z' } })
    const fields = {
      'properties.erp_status': 'partly_shipped',
      erp_promised_date: '2026-12-01',
      erp_amount_outstanding: '12.5',
      closedate: '2026-11-24T10:00:00.000Z',
    }
    expect(await connection.write([update(id, fields)])).toEqual([{ ok: true, id }])
    expect(store.deal(id)?.properties).toMatchObject({
      erp_status: 'partly_shipped',
      erp_promised_date: '2026-12-01',
      erp_amount_outstanding: '12.5',
      closedate: '2026-11-24T10:00:00.000Z',
    })
    await connection.write([update(id, { erp_status: null, erp_amount_outstanding: null })])
    expect(store.deal(id)?.properties.erp_status).toBeUndefined()
  })

  test.each([
    ['an option that the property does not have', { erp_status: 'lost' }, 'record_rejected', 'paid'],
    [
      'a number with a thousands separator',
      { erp_amount_outstanding: '1,200' },
      'record_rejected',
      'erp_amount_outstanding',
    ],
    ['an instant for a date', { erp_shipped_date: '2026-11-24T10:00:00.000Z' }, 'record_rejected', 'erp_shipped_date'],
    ['a text that is too long', { erp_sync_problem: 'x'.repeat(65_537) }, 'record_rejected', '65536'],
    ['a property that is not there', { erp_nothing: 'x' }, 'configuration_invalid', 'erp_nothing'],
    ['a read-only property', { hs_is_closed_won: 'true' }, 'configuration_invalid', 'read-only'],
  ])('refuses %s before sending it, and writes the neighbour', async (_, fields, kind, words) => {
    await connection.setup?.()
    const [bad, good] = [simulator.store.addDeal({}), simulator.store.addDeal({})]
    const outcomes = await connection.write([
      update(bad, fields as Record<string, string>),
      update(good, { erp_order_no: 'SO1' }),
    ])
    expect(outcomes[0]).toMatchObject({
      ok: false,
      failure: { problem: { kind }, message: expect.stringContaining(words) },
    })
    expect(outcomes[1]).toEqual({ ok: true, id: good })
  })

  test('sees a property that was added since, and asks for the definitions once for many writes', async () => {
    const ids = Array.from({ length: 3 }, () => simulator.store.addDeal({}))
    await connection.describe('deals')
    simulator.store.addProperty('deals', 'late', 'string')
    simulator.resetCalls()
    const writes = ids.flatMap((id) => [update(id, { late: 'x' }), update(id, { never: 'x' })])
    const outcomes = await connection.write(writes)
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, false, true, false, true, false])
    expect(simulator.calls()['GET /crm/properties/2026-09/deals']).toBe(1)
  })

  test('names the one record that HubSpot refuses and writes the others', async () => {
    await connection.setup?.()
    const { store } = simulator
    const ids = Array.from({ length: 20 }, () => store.addDeal({}))
    const bad = ids[13] ?? ''
    // HubSpot checks a stage against the pipeline, which the definitions do not tell.
    const outcomes = await connection.write(
      ids.map((id) => update(id, id === bad ? { dealstage: '750012' } : { erp_order_no: id })),
    )
    expect(outcomes.filter((outcome) => !outcome.ok)).toHaveLength(1)
    expect(outcomes[13]).toMatchObject({
      ok: false,
      failure: {
        problem: { kind: 'record_rejected', field: 'dealstage' },
        message: expect.stringContaining(`deals ${bad}`),
      },
    })
    expect(ids.filter((id) => store.deal(id)?.properties.erp_order_no === id)).toHaveLength(19)
  })

  test('says which deal is gone, and accepts a merged one', async () => {
    await connection.setup?.()
    const { store } = simulator
    const [gone, winner, loser, good] = [0, 1, 2, 3].map(() => store.addDeal({})) as [string, string, string, string]
    store.archive('deals', gone)
    store.merge('deals', winner, loser)
    const outcomes = await connection.write([gone, loser, good].map((id) => update(id, { erp_order_no: 'SO1' })))
    expect(outcomes).toEqual([
      { ok: false, failure: expect.objectContaining({ problem: { kind: 'record_gone', object: 'deals', id: gone } }) },
      { ok: true, id: loser },
      { ok: true, id: good },
    ])
    expect(store.deal(winner)?.properties.erp_order_no).toBe('SO1')
  })

  test('sends two writes of one deal as one', async () => {
    await connection.setup?.()
    const id = simulator.store.addDeal({})
    const outcomes = await connection.write([update(id, { erp_order_no: 'A' }), update(id, { erp_order_no: 'B' })])
    expect(outcomes).toEqual([
      { ok: true, id },
      { ok: true, id },
    ])
    expect(simulator.store.deal(id)?.properties.erp_order_no).toBe('B')
  })

  test('sends an update again whose answer was lost', async () => {
    await connection.setup?.()
    const id = simulator.store.addDeal({})
    simulator.fault({ match: { path: 'batch/update' }, kind: 'lose_answer' })
    expect(await connection.write([update(id, { erp_order_no: 'SO1' })])).toEqual([{ ok: true, id }])
  })

  test.each<[string, Write]>([
    ['a new deal', { do: 'create', object: 'deals', key: 'k', fields: {}, lines: null }],
    ['a line item', { do: 'update', object: 'line_items', id: '1', key: null, fields: { price: '1' }, lines: null }],
    ['an object it does not know', { do: 'create', object: 'tickets', key: 'k', fields: {}, lines: null }],
    ['a confirmation', { do: 'confirm', object: 'deals', id: '1' }],
    [
      'lines',
      {
        do: 'create',
        object: 'products',
        key: 'k',
        fields: {},
        lines: { field: 'lines', upsert: [], remove: [] },
      },
    ],
  ])('refuses %s without a call', async (_, write) => {
    const [outcome] = await connection.write([write])
    expect(outcome).toMatchObject({ ok: false, failure: { problem: { kind: 'configuration_invalid' } } })
    expect(total()).toBe(0)
  })
})

describe('create', () => {
  const upserts = 'POST /crm/objects/2026-09/products/batch/upsert'
  const product = (key: string, fields: JsonObject = {}): Write => ({
    do: 'create',
    object: 'products',
    key,
    fields: { 'properties.name': `Product ${key}`, 'properties.hs_sku': `SKU-${key}`, ...fields },
    lines: null,
  })
  const kindsOf = (outcomes: readonly WriteOutcome[]) =>
    outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.failure.problem.kind))
  const products = () => simulator.crm.products()
  beforeEach(async () => {
    await connection.setup?.()
    simulator.resetCalls()
  })

  test('makes 250 products in three calls, and none of them again', async () => {
    const writes = Array.from({ length: 250 }, (_, n) => product(`odoo_1_product_${n}`, { 'properties.price': '10.5' }))
    const first = await connection.write(writes)
    expect(simulator.calls()[upserts]).toBe(3)
    expect(await open({ accessToken: 'test-token' }).write(writes)).toEqual(first)
    expect(products()).toHaveLength(250)
    const made = products().find(({ key }) => key === 'odoo_1_product_7')
    expect(first[7]).toEqual({ ok: true, id: made?.id })
    expect(made).toMatchObject({ name: 'Product odoo_1_product_7', prices: { EUR: '10.5' } })
  })

  test('never sends again what may have been made; its key finds it at once', async () => {
    simulator.store.setIndexDelay(60_000)
    simulator.fault({ match: { path: 'batch/upsert' }, kind: 'lose_answer' })
    expect(kindsOf(await connection.write([product('a'), product('b')]))).toEqual([
      'outcome_unknown',
      'outcome_unknown',
    ])
    expect(simulator.calls()[upserts]).toBe(1)
    const found = await connection.find('products', [{ key: 'b' }, { key: 'never' }])
    const [made] = products().filter(({ key }) => key === 'b')
    expect(found).toEqual([[{ id: made?.id, key: 'b', label: 'Product b', archived: false }], []])
  })

  test.each([
    ['a gateway that gave up', 502, 'outcome_unknown', 1],
    ['a limit, by waiting', 429, 'ok', 2],
    ['a lock, by waiting', 423, 'ok', 2],
  ])('takes %s for what it is', async (_, status, kind, calls) => {
    simulator.fault({ match: { path: 'batch/upsert' }, kind: 'status', status, body: {} })
    expect(kindsOf(await connection.write([product('a')]))).toEqual([kind])
    expect(simulator.calls()[upserts]).toBe(calls)
  })

  test('makes the neighbours of one that HubSpot refuses', async () => {
    simulator.store.addContact({ email: 'known@acme.test' })
    const outcomes = await connection.write(
      ['a', 'known', 'c', 'd', 'e'].map((name) => ({
        do: 'create',
        object: 'contacts',
        key: `k_${name}`,
        fields: { email: `${name}@acme.test` },
        lines: null,
      })),
    )
    expect(kindsOf(outcomes)).toEqual(['ok', 'record_rejected', 'ok', 'ok', 'ok'])
    expect(outcomes[1]).toMatchObject({ failure: { message: expect.stringContaining('already exists') } })
  })

  test('makes neither a value of the wrong type nor a key by hand, and the neighbour', async () => {
    const outcomes = await connection.write([
      product('a', { 'properties.price': 'much' }),
      product('b', { 'properties.erp_key': 'mine' }),
      product('c', { 'properties.description': null, 'properties.erp_active': false }),
    ])
    expect(kindsOf(outcomes)).toEqual(['record_rejected', 'configuration_invalid', 'ok'])
    expect(products()).toMatchObject([{ key: 'c', active: false }])
  })

  test.each<[string, object, readonly string[]]>([
    ['by the trace of an input', { context: { objectWriteTraceId: ['1'] } }, ['ok', 'record_rejected', 'ok']],
    ['by its key', { context: { ids: ['b'] } }, ['ok', 'record_rejected', 'ok']],
  ])('reads whose a refusal is: %s', async (_, told, kinds) => {
    const error = { status: 'error', category: 'VALIDATION_ERROR', message: 'no', ...told }
    const results = ['0', '2'].map((objectWriteTraceId) => ({
      ...{ id: `90${objectWriteTraceId}`, properties: {}, objectWriteTraceId, new: true, archived: false },
      ...{ createdAt: start, updatedAt: start },
    }))
    const body = { status: 'COMPLETE', results, errors: [error], numErrors: 1, startedAt: start, completedAt: start }
    simulator.fault({ match: { path: 'batch/upsert' }, kind: 'status', status: 207, body })
    const outcomes = await connection.write(['a', 'b', 'c'].map((key) => product(key)))
    expect(kindsOf(outcomes)).toEqual(kinds)
    expect(outcomes[2]).toEqual({ ok: true, id: '902' })
  })

  test('finds whose a refusal is that does not say so', async () => {
    const error = { status: 'error', category: 'VALIDATION_ERROR', message: 'a rule of the account' }
    const times = { startedAt: start, completedAt: start }
    const refusing = { status: 207, body: { status: 'COMPLETE', results: [], errors: [error], numErrors: 1, ...times } }
    simulator.fault({ match: { path: 'batch/upsert', body: '"id":"b"' }, kind: 'status', ...refusing, times: 10 })
    expect(kindsOf(await connection.write(['a', 'b', 'c', 'd'].map((key) => product(key))))).toEqual([
      'ok',
      'record_rejected',
      'ok',
      'ok',
    ])
  })

  test.each([
    ['is looked up when it is there', true, 'outcome_unknown'],
    ['is refused when none is found that has it', false, 'record_rejected'],
  ])('a key that HubSpot says is taken %s', async (_, there, kind) => {
    if (there) simulator.store.addProduct({ name: 'Twin', erp_key: 'a' })
    const invalid = [{ isValid: false, message: 'taken', error: 'CONFLICTING_UNIQUE_VALUE', name: 'erp_key' }]
    const message = `Property values were not valid: ${JSON.stringify(invalid)}`
    const body = { status: 'error', category: 'VALIDATION_ERROR', message }
    simulator.fault({ match: { path: 'batch/upsert' }, kind: 'status', status: 400, body })
    expect(kindsOf(await connection.write([product('a')]))).toEqual([kind])
  })

  test('changes what was made, by its id', async () => {
    const [made] = await connection.write([product('a')])
    const id = made?.ok === true ? made.id : ''
    const fields = { 'properties.price': '12', 'properties.erp_stock_as_of': '2026-11-24T09:00:00.000Z' }
    const change = { do: 'update', object: 'products', id, key: 'a', fields, lines: null } as const
    expect(await connection.write([change])).toEqual([{ ok: true, id }])
    expect(products()).toMatchObject([{ key: 'a', prices: { EUR: '12' }, asOf: '2026-11-24T09:00:00.000Z' }])
  })

  test('finds by a field, and tells our key or that there is none', async () => {
    simulator.crm.addProduct({ sku: 'OLD', name: 'Old' })
    await connection.write([product('a')])
    const found = await connection.find('products', [
      { fields: { 'properties.hs_sku': 'sku-A' } },
      { key: 'a' },
      { fields: { 'properties.hs_sku': 'old' } },
    ])
    expect(found.map((matches) => matches.map(({ key, label }) => [key, label]))).toEqual([
      [['a', 'Product a']],
      [['a', 'Product a']],
      [[null, 'Old']],
    ])
  })

  test('says what a new product needs, and shows the key as ours', async () => {
    const { fields } = await connection.describe('products')
    const inner = fields.properties?.fields ?? {}
    expect(Object.entries(inner).flatMap(([name, field]) => (field.required ? [name] : []))).toEqual(['name'])
    expect(inner.erp_key).toMatchObject({ label: 'ERP key', writable: false })
    expect(inner.erp_active).toMatchObject({ type: 'boolean', writable: true })
  })
})

describe('create without a key to make records by', () => {
  const write = { do: 'create', object: 'products', key: 'k', fields: { name: 'x' }, lines: null } as const
  test('refuses before setup, and goes on after it', async () => {
    const [outcome] = await connection.write([write])
    const problem = { kind: 'configuration_invalid', path: 'products.erp_key' }
    expect(outcome).toMatchObject({ ok: false, failure: { problem, fix: expect.stringContaining('crosswalk setup') } })
    expect(await problemOf(connection.find('products', [{ key: 'k' }]))).toEqual(problem)
    // By somebody else, as far as this connection knows.
    await open({ accessToken: 'test-token' }).setup?.()
    expect(await connection.write([write])).toMatchObject([{ ok: true }])
  })

  test('refuses a property that takes a value twice, and setup says so', async () => {
    simulator.store.addProperty('products', 'erp_key', 'string')
    const steps = await connection.setup?.()
    expect(steps?.find((step) => step.subject === 'products.erp_key')).toMatchObject({ outcome: 'differs' })
    const [outcome] = await connection.write([write])
    expect(outcome).toMatchObject({ ok: false, failure: { fix: expect.stringContaining('Delete the property') } })
    expect((await connection.check()).findings.filter(({ level }) => level === 'error')).toMatchObject([
      { message: expect.stringContaining('products.erp_key') },
    ])
  })
})

describe('setup and check', () => {
  test('creates the properties once and finds them the second time', async () => {
    const first = await connection.setup?.()
    const second = await connection.setup?.()
    expect(new Set(first?.map((step) => step.outcome))).toEqual(new Set(['created']))
    expect(new Set(second?.map((step) => step.outcome))).toEqual(new Set(['present']))
  })

  test('reports a property of another type and leaves it alone', async () => {
    simulator.store.addProperty('deals', 'erp_status', 'string')
    const steps = await connection.setup?.()
    expect(steps?.find((step) => step.subject === 'deals.erp_status')).toMatchObject({
      outcome: 'differs',
      message: expect.stringContaining('string'),
    })
  })

  test('finds present what it created when the answer was lost', async () => {
    simulator.fault({ match: { path: '/groups' }, kind: 'lose_answer' })
    const steps = await connection.setup?.()
    expect(steps?.[0]).toMatchObject({ subject: 'group deals.erp_sync', outcome: 'present' })
  })

  test('makes the properties of deals without permission for those of products, and says what that means', async () => {
    const body = { status: 'error', category: 'MISSING_SCOPES', message: 'scopes' }
    simulator.fault({ match: { path: '/properties/2026-09/products' }, kind: 'status', status: 403, body })
    const steps = (await connection.setup?.()) ?? []
    expect(steps.filter((step) => step.outcome === 'differs')).toMatchObject([
      { subject: 'products', message: expect.stringContaining('only where products are written') },
    ])
    expect(steps.map((step) => step.subject)).toEqual(expect.arrayContaining(['deals.erp_status', 'contacts.erp_key']))
  })

  test('warns, and no more, when products may not be read', async () => {
    await connection.setup?.()
    const objects = ['deals', 'line_items', 'companies', 'contacts', 'owners']
    simulator.store.setScopes(objects.map((object) => `crm.objects.${object}.read`))
    expect((await connection.check()).findings.filter(({ level }) => level !== 'ok')).toMatchObject([
      { level: 'warning', subject: 'scope crm.objects.products.read', fix: expect.stringContaining('products.read') },
    ])
  })

  test('tells the account and what is missing in it', async () => {
    const report = await connection.check()
    expect(report.account).toEqual({
      id: '4711',
      name: 'HubSpot 4711',
      timeZone: 'Europe/Berlin',
      currency: 'EUR',
      apiVersion: '2026-09',
    })
    expect(report.findings.filter((finding) => finding.level !== 'ok')).toEqual([
      expect.objectContaining({ subject: 'write-back properties', fix: expect.stringContaining('crosswalk setup') }),
    ])
    await connection.setup?.()
    expect((await connection.check()).findings.every((finding) => finding.level === 'ok')).toBe(true)
  })

  test('names scopes that are missing', async () => {
    simulator.store.setScopes(['crm.objects.deals.read'])
    const { findings } = await connection.check()
    expect(findings.find((finding) => finding.subject === 'scope crm.objects.line_items.read')).toMatchObject({
      level: 'error',
      fix: expect.stringContaining('crm.objects.line_items.read'),
    })
  })

  test('refuses a login to another account than the settings name', async () => {
    await begin({}, { portalId: '1' })
    expect((await connection.check()).findings[0]).toMatchObject({ level: 'error', subject: 'login' })
  })

  test.each([
    ['2026-09', '2027-01-01', 'ok'],
    ['2026-09', '2027-12-01', 'warning'],
    ['2026-09', '2028-04-01', 'error'],
    ['legacy', '2027-06-01', 'warning'],
  ])('judges API version %s on %s as %s', async (apiVersion, day, level) => {
    await begin({}, { apiVersion })
    now = `${day}T00:00:00.000Z` as Instant
    const { findings } = await connection.check()
    expect(findings.find((finding) => finding.subject === 'API version')?.level).toBe(level)
  })

  test('describes properties with their types, options and relations', async () => {
    const schema = await connection.describe('deals')
    expect(schema.fields.properties?.fields?.amount).toMatchObject({ type: 'number', writable: true })
    expect(schema.fields.properties?.fields?.hs_is_closed_won).toMatchObject({ type: 'boolean', writable: false })
    expect(schema.fields.properties?.fields?.dealstage?.options).toContain('closedwon')
    expect(schema.fields.line_items).toMatchObject({ type: 'list', relation: 'line_items' })
    await connection.describe('deals')
    expect(total()).toBe(1)
  })
})

describe('find', () => {
  test('asks once for many values of one property, without regard to case', async () => {
    const { store } = simulator
    const [acme, duplicate] = [
      store.addCompany({ name: 'A', domain: 'acme.test' }),
      store.addCompany({ name: 'B', domain: 'ACME.test' }),
    ]
    const found = await connection.find('companies', [
      { fields: { domain: 'Acme.Test' } },
      { fields: { domain: 'none.test' } },
      { fields: { name: 'a', domain: 'acme.test' } },
    ])
    expect(found.map((matches) => matches.map((match) => match.id))).toEqual([[acme, duplicate], [], [acme]])
    expect(total()).toBe(2)
  })

  test('refuses to look for a key', async () => {
    expect(await problemOf(connection.find('deals', [{ key: 'k' }]))).toMatchObject({ kind: 'configuration_invalid' })
  })
})

describe('login and errors', () => {
  const oauth = { clientId: 'C', clientSecret: 'S', refreshToken: 'R' }

  test('fetches one access token for many calls, a new one before it expires and after it was refused', async () => {
    await begin({ oauth }, oauth)
    const id = simulator.store.addDeal({})
    const read = () => connection.read('deals', [id], ['properties.dealname'])
    await Promise.all([read(), read(), read()])
    expect(simulator.calls()['POST /oauth/2026-03/token']).toBe(1)
    now = shift(now, 1_790_000)
    await read()
    expect(simulator.calls()['POST /oauth/2026-03/token']).toBe(2)
    simulator.store.expireTokens()
    await read()
    expect(simulator.calls()['POST /oauth/2026-03/token']).toBe(3)
  })

  test('says that a refresh token is no longer good', async () => {
    await begin({ oauth }, { ...oauth, refreshToken: 'revoked' })
    expect(await problemOf(connection.check())).toEqual({ kind: 'auth_rejected' })
  })

  test('says that a key is wrong, after one call', async () => {
    await begin({}, { accessToken: 'wrong' })
    expect(await problemOf(connection.check())).toEqual({ kind: 'auth_rejected' })
    expect(total()).toBe(1)
  })

  test('waits out the limits of ten seconds and of searches', async () => {
    await begin({ tenSecondly: 2, searchSecondly: 1 })
    const id = simulator.store.addDeal({})
    for (let n = 0; n < 3; n += 1) await connection.read('deals', [id], ['properties.dealname'])
    await poll(from(start), 'contacts')
    await poll(from(start), 'contacts')
    expect(slept).toContain(10_000)
    expect(slept).toContain(1000)
  })

  test('speaks the old paths when told to', async () => {
    await begin({}, { apiVersion: 'legacy' })
    const id = simulator.store.addDeal({ lines: [{ hs_sku: 'A' }] })
    await connection.read('deals', [id], ['line_items.properties.hs_sku', 'owner.name'])
    await poll(from(start))
    expect(Object.keys(simulator.calls()).every((call) => call.includes('/v3/') || call.includes('/v4/'))).toBe(true)
  })

  test('calls a reply without results what it is', async () => {
    simulator.fault({ match: { path: 'batch/read' }, kind: 'status', status: 200, body: { hello: 'proxy' } })
    expect(await problemOf(connection.read('deals', ['1'], ['properties.amount']))).toEqual({ kind: 'bad_reply' })
  })

  test.each<[string, object]>([
    ['neither a key nor a refresh token', {}],
    ['both', { accessToken: 'a', refreshToken: 'r', clientId: 'c', clientSecret: 's' }],
    ['a refresh token without its client', { refreshToken: 'r' }],
    ['a release that cannot be', { accessToken: 'a', apiVersion: '2026-05' }],
  ])('refuses settings with %s', (_, settings) => {
    expect(() => open(settings)).toThrow()
  })

  test.each([
    ['pipelines', ['1'], 'syncs.<name>.where'],
    ['wonStages', ['closedwon'], '`watch`'],
    ['orderNumberProperty', 'erp_order_no', '`watch`'],
    ['orderNumber', 'x', 'no setting'],
  ])('says where the setting %s went', (name, value, words) => {
    expect(() => open({ accessToken: 'a', [name]: value })).toThrow(words)
  })
})
