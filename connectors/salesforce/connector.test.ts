import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Condition } from '../../src/core/condition.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { SyncError } from '../../src/core/problem.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { ChangesSince, Connection } from '../../src/ports/connector.ts'
import { changesOf, problemOf } from '../../test/asked.ts'
import { salesforce } from './index.ts'
import { type SalesforceSimulatorOptions, startSalesforceSimulator } from './simulator/index.ts'

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
const logged: string[] = []
const note = (event: string) => void logged.push(event)
const log = { debug: () => {}, info: note, warn: note, error: note }

let simulator: Awaited<ReturnType<typeof startSalesforceSimulator>>
let connection: Connection

async function begin(options: SalesforceSimulatorOptions = {}, settings: object = {}) {
  await simulator?.close()
  simulator = await startSalesforceSimulator({ now: () => toMillis(now), ...options })
  connection = open({ ...simulator.settings, ...settings })
  return simulator.store
}
const open = (settings: object): Connection =>
  salesforce.open(settings, { name: 'crm', http: openHttpClient({ clock, log, random: () => 0 }), clock, log })
beforeEach(async () => {
  now = start
  slept.length = 0
  logged.length = 0
  await begin()
})
afterEach(() => simulator.close())

/** Requests by kind, logins left out. */
function calls(): Readonly<Record<string, number>> {
  const all = Object.entries(simulator.calls()).filter(([name]) => !name.endsWith('/oauth2/token'))
  return Object.fromEntries(all.map(([name, count]) => [name.replace('/services/data/v67.0', ''), count]))
}
const total = () => Object.values(calls()).reduce((sum, one) => sum + one, 0)
/** Logs in and describes what deals are made of, as a connection that has been at work. */
async function warmUp() {
  await connection.describe('Opportunity')
  await Promise.all(['OpportunityLineItem', 'Account', 'Contact', 'Product2', 'User'].map(connection.describe))
  await connection.describe('OpportunityContactRole')
  simulator.resetCalls()
}
/** As the shipped mapping for deals has them. */
const won: readonly Condition[] = [{ IsWon: true }, { ERP_Order_Number__c: { present: true } }]
async function poll(since: ChangesSince, object = 'Opportunity', where = object === 'Opportunity' ? won : []) {
  const { ids, pages, next } = await changesOf(connection, { object, where }, since)
  if (!('cursor' in next)) throw new Error('no cursor')
  return { ids, cursor: next.cursor, pages }
}
const from = (instant: Instant): ChangesSince => ({ from: instant })
const pass = (seconds: number) => {
  now = shift(now, seconds * 1000)
}

describe('read', () => {
  const paths = [
    'id',
    'Name',
    'Amount',
    'CloseDate',
    'Owner.Email',
    'Account.Name',
    'contact.Email',
    'OpportunityLineItems.Quantity',
    'OpportunityLineItems.Product2.ProductCode',
  ]

  test('reads two hundred opportunities with everything that belongs to them in one call', async () => {
    const { store } = simulator
    const accountId = store.addAccount({ Name: 'Acme' })
    const ids = Array.from({ length: 200 }, (_, n) =>
      store.addOpportunity({
        name: `Deal ${n}`,
        accountId,
        contactIds: [store.addContact({ LastName: `C${n}`, Email: `c${n}@acme.test` })],
        lines: [{ sku: `S${n}`, price: '10.25', quantity: '2' }],
      }),
    )
    await warmUp()
    const records = await connection.read('Opportunity', ids, paths)
    expect(calls()).toEqual({ 'GET /query': 1 })
    expect(records[7]).toEqual({
      id: ids[7],
      fields: {
        id: ids[7],
        Name: 'Deal 7',
        Amount: '20.5',
        CloseDate: expect.stringMatching(/^2026-/),
        Owner: { id: expect.any(String), Email: expect.stringContaining('@') },
        Account: { id: accountId, Name: 'Acme' },
        contact: { id: expect.any(String), Email: 'c7@acme.test' },
        OpportunityLineItems: [
          { id: expect.any(String), Quantity: '2', Product2: { id: expect.any(String), ProductCode: 'S7' } },
        ],
      },
    })
  })

  test('asks for nothing that no path names', async () => {
    const id = simulator.store.addOpportunity({ lines: [{ sku: 'A', price: '1', quantity: '1' }] })
    const [record] = await connection.read('Opportunity', [id], ['Name'])
    expect(Object.keys(record?.fields ?? {})).toEqual(['id', 'Name'])
    expect(Object.keys(calls()).filter((call) => call.includes('describe'))).toEqual([
      'GET /sobjects/Opportunity/describe',
    ])
  })

  test('keeps the order of the ids, repeats included, and answers null for what is gone or is no id', async () => {
    const { store } = simulator
    const [a = '', b = '', gone = ''] = ['A', 'B', 'C'].map((name) => store.addOpportunity({ name }))
    store.delete('Opportunity', gone)
    const ids = [b, gone, a, b, "x') OR (Id != '", '']
    const records = await connection.read('Opportunity', ids, ['Name'])
    expect(records.map((record) => record?.id ?? null)).toEqual([b, null, a, b, null, null])
  })

  test('takes ids of 15 characters', async () => {
    const id = simulator.store.addOpportunity({})
    const [record] = await connection.read('Opportunity', [id.slice(0, 15)], ['Name'])
    expect(record?.id).toBe(id)
  })

  test('reads every line of an order that has more than come along at once', async () => {
    await begin({ childPageSize: 100 })
    const lines = Array.from({ length: 650 }, (_, n) => ({ sku: `S${n % 50}`, price: '1', quantity: String(n + 1) }))
    const ids = [simulator.store.addOpportunity({ lines }), simulator.store.addOpportunity({})]
    const [long, empty] = await connection.read('Opportunity', ids, ['OpportunityLineItems.Quantity'])
    const items = long?.fields.OpportunityLineItems as readonly { Quantity: string }[]
    expect(items.map((item) => item.Quantity)).toEqual(lines.map((line) => line.quantity))
    expect(empty?.fields.OpportunityLineItems).toEqual([])
  })

  test('follows pages that are shorter than what was asked for', async () => {
    await begin({ pageSizeMax: 200 })
    const ids = Array.from({ length: 450 }, () => simulator.store.addOpportunity({}))
    const records = await connection.read('Opportunity', ids, ['Name'])
    expect(records.map((record) => record?.id)).toEqual(ids)
  })

  test('splits by the length of the address when many fields are read', async () => {
    const fields = Array.from(
      { length: 200 },
      (_, n) => ({ name: `A_Rather_Long_Field_Name_${n}__c`, type: 'string' }) as const,
    )
    await begin({ customFields: { Opportunity: fields } })
    const ids = Array.from({ length: 400 }, () => simulator.store.addOpportunity({}))
    const wanted = fields.map((field) => field.name)
    const records = await connection.read('Opportunity', ids, wanted)
    expect(records.map((record) => record?.id)).toEqual(ids)
    expect(calls()['GET /query']).toBeGreaterThan(2)
    const endless = wanted.flatMap((name) => [name, `Account.Owner.${name}`])
    expect(await problemOf(connection.read('Opportunity', ids, endless))).toMatchObject({
      kind: 'configuration_invalid',
    })
  })

  test('reads lists of records further in by the ids of their owners', async () => {
    const { store } = simulator
    const accountId = store.addAccount({ Name: 'Acme' })
    store.addContact({ LastName: 'King', AccountId: accountId })
    const ids = [store.addOpportunity({ accountId }), store.addOpportunity({})]
    await warmUp()
    const records = await connection.read('Opportunity', ids, ['Account.Name', 'Account.Contacts.LastName'])
    expect(records.map((record) => record?.fields.Account)).toEqual([
      { id: accountId, Name: 'Acme', Contacts: [{ id: expect.any(String), LastName: 'King' }] },
      null,
    ])
    expect(total()).toBe(2)
  })

  test('takes the contact of the primary role, else of the oldest', async () => {
    const { store } = simulator
    const [first = '', second = ''] = ['A', 'B'].map((name) => store.addContact({ LastName: name }))
    const primary = store.addOpportunity({})
    const none = store.addOpportunity({})
    const role = (OpportunityId: string, ContactId: string, IsPrimary: boolean) =>
      store.create('OpportunityContactRole', { OpportunityId, ContactId, IsPrimary })
    role(primary, first, false)
    role(primary, second, true)
    role(none, second, false)
    role(none, first, false)
    const records = await connection.read(
      'Opportunity',
      [primary, none],
      ['contact.LastName', 'OpportunityContactRoles.Role'],
    )
    const contact = { id: second, LastName: 'B' }
    expect(records.map((record) => record?.fields.contact)).toEqual([contact, contact])
    expect(records[0]?.fields.OpportunityContactRoles).toHaveLength(2)
  })

  test('gives the contact as the person who buys only on an opportunity without an account', async () => {
    const { store } = simulator
    const contact = store.addContact({ FirstName: 'Ada', LastName: 'King', MailingCountry: 'France' })
    const ids = [
      store.addOpportunity({ contactIds: [contact], accountId: store.addAccount({ Name: 'Acme' }) }),
      store.addOpportunity({ contactIds: [contact] }),
      store.addOpportunity({}),
    ]
    const wanted = ['person.Name', 'person.is_person', 'person.mailing_country', 'contact.LastName']
    const records = await connection.read('Opportunity', ids, wanted)
    const person = { id: contact, Name: 'Ada King', is_person: true, mailing_country: 'France' }
    expect(records.map((record) => record?.fields.person)).toEqual([null, person, null])
    expect(records.map((record) => record?.fields.contact)).toEqual([
      { id: contact, LastName: 'King' },
      { id: contact, LastName: 'King' },
      null,
    ])
  })

  test('gives what some orgs have and others have not under one name', async () => {
    const wanted = [
      'currency',
      'url',
      'stage_changed_at',
      'Account.is_person',
      'Account.person_email',
      'Account.domain',
    ]
    const first = simulator.store.addOpportunity({
      accountId: simulator.store.addAccount({ Name: 'Acme', Website: 'http://www.acme.test/en' }),
    })
    const [plain] = await connection.read('Opportunity', [first], wanted)
    expect(plain?.fields).toMatchObject({
      currency: null,
      url: `${simulator.url}/${first}`,
      stage_changed_at: '2026-11-24T09:00:00.000Z',
      Account: { is_person: false, person_email: null, domain: 'acme.test' },
    })
    const store = await begin({
      currencies: ['USD'],
      personAccounts: true,
      hidden: ['Opportunity.LastStageChangeDate'],
    })
    const accountId = store.addAccount({ LastName: 'King', PersonEmail: 'ada@home.test' })
    const second = store.addOpportunity({ accountId, fields: { CurrencyIsoCode: 'USD' } })
    const [rich] = await connection.read('Opportunity', [second], wanted)
    expect(rich?.fields).toMatchObject({
      currency: 'USD',
      stage_changed_at: null,
      Account: { is_person: true, person_email: 'ada@home.test', domain: null },
    })
  })

  test('tells a discount by the total price where the user may not see it', async () => {
    const wanted = ['OpportunityLineItems.discount_percent', 'OpportunityLineItems.discount_amount']
    const lines = [
      { sku: 'A', price: '19.99', quantity: '3', discountPercent: '10' },
      { sku: 'B', price: '5', quantity: '1' },
    ]
    const shown = simulator.store.addOpportunity({ lines })
    const [seen] = await connection.read('Opportunity', [shown], wanted)
    expect(seen?.fields.OpportunityLineItems).toMatchObject([
      { discount_percent: '10', discount_amount: null },
      { discount_percent: null, discount_amount: null },
    ])
    const store = await begin({ hidden: ['OpportunityLineItem.Discount'] })
    const [unseen] = await connection.read('Opportunity', [store.addOpportunity({ lines })], wanted)
    expect(unseen?.fields.OpportunityLineItems).toMatchObject([
      { discount_percent: null, discount_amount: '6' },
      { discount_percent: null, discount_amount: null },
    ])
  })

  test('answers a merged account with the surviving one, also after two merges', async () => {
    const { store } = simulator
    const [a = '', b = '', c = '', gone = ''] = ['A', 'B', 'C', 'D'].map((Name) => store.addAccount({ Name }))
    store.merge('Account', b, a)
    store.merge('Account', c, b)
    store.delete('Account', gone)
    const records = await connection.read('Account', [a, c, gone], ['Name'])
    expect(records.map((record) => record?.id ?? null)).toEqual([c, c, null])
    expect(records[0]?.fields.Name).toBe('C')
  })

  test('reads custom objects and fields, behind references and in lists', async () => {
    const { store } = simulator
    const id = store.addOpportunity({ name: 'Big' })
    const delivery = store.create('Delivery__c', {
      Opportunity__c: id,
      Tracking_Number__c: 'T1',
      Shipped_On__c: '2026-11-20',
    })
    const [deal] = await connection.read('Opportunity', [id], ['Deliveries__r.Tracking_Number__c'])
    expect(deal?.fields.Deliveries__r).toEqual([{ id: delivery, Tracking_Number__c: 'T1' }])
    const [one] = await connection.read('Delivery__c', [delivery], ['Opportunity__r.Name', 'Shipped_On__c'])
    expect(one?.fields).toEqual({ id: delivery, Opportunity__r: { id, Name: 'Big' }, Shipped_On__c: '2026-11-20' })
  })

  test('names a field that is not there', async () => {
    expect(
      await problemOf(connection.read('Opportunity', [simulator.store.addOpportunity({})], ['Account.Nothing__c'])),
    ).toEqual({ kind: 'configuration_invalid', path: 'Account.Nothing__c' })
  })
})

describe('describe', () => {
  test('shows fields with their types, and what they lead to', async () => {
    await connection.setup?.()
    const { fields } = await connection.describe('Opportunity')
    expect(fields.Amount).toMatchObject({ type: 'number', writable: true })
    expect(fields.IsWon).toMatchObject({ type: 'boolean', writable: false })
    expect(fields.CloseDate?.type).toBe('date')
    expect(fields.SystemModstamp?.type).toBe('instant')
    expect(fields.ERP_Status__c?.options).toContain('partly_shipped')
    expect(fields.Account).toMatchObject({ type: 'reference', relation: 'Account' })
    expect(fields.OpportunityLineItems).toMatchObject({ type: 'list', relation: 'OpportunityLineItem' })
    expect(fields.Deliveries__r).toMatchObject({ type: 'list', relation: 'Delivery__c' })
    expect(fields.person).toMatchObject({ type: 'reference', relation: 'Contact' })
  })

  test('does not show what the org does not have, or the user does not see', async () => {
    await begin({ hidden: ['Opportunity.Amount'] })
    const { fields } = await connection.describe('Opportunity')
    expect(fields.Amount).toBeUndefined()
    expect(fields.CurrencyIsoCode).toBeUndefined()
    expect(fields.currency).toMatchObject({ type: 'text', writable: false })
  })

  test('says what must be given when a record is made, and what of it we give', async () => {
    const required = async (object: string) =>
      Object.entries((await connection.describe(object)).fields).flatMap(([name, field]) =>
        field.required ? [name] : [],
      )
    expect(await required('Product2')).toEqual(['Name'])
    expect(await required('Contact')).toEqual(['LastName'])
    expect(await required('PricebookEntry')).toEqual(['UnitPrice'])
    expect((await required('Opportunity')).sort()).toEqual(['CloseDate', 'Name', 'StageName'])
    const { fields } = await connection.describe('Product2')
    expect(fields.PricebookEntries).toMatchObject({ type: 'list', writable: true, relation: 'PricebookEntry' })
  })

  test('asks once', async () => {
    await connection.describe('Opportunity')
    await connection.describe('Opportunity')
    expect(total()).toBe(1)
  })

  test('says that there is no such object', async () => {
    expect(await problemOf(connection.describe('Nothing__c'))).toEqual({
      kind: 'configuration_invalid',
      path: 'Nothing__c',
    })
  })
})

describe('changes', () => {
  test('finds opportunities won since, and then costs one call a poll while nothing happens', async () => {
    const { store } = simulator
    await connection.setup?.()
    store.addOpportunity({ name: 'old', modifiedAt: toMillis(shift(start, -3_600_000)) })
    const negotiated = store.addOpportunity({ stage: 'Negotiation/Review' })
    const won = store.addOpportunity({})
    pass(5)
    const first = await poll(from(shift(start, -60_000)))
    expect(first.ids).toEqual([won])
    simulator.resetCalls()
    pass(60)
    const idle = await poll({ cursor: first.cursor })
    expect([idle.ids, idle.pages, calls()]).toEqual([[], 0, { 'GET /queryAll': 1 }])
    store.update('Opportunity', negotiated, { StageName: 'Closed Won' })
    pass(5)
    expect((await poll({ cursor: idle.cursor })).ids).toEqual([negotiated])
  })

  test('hands out once more what was handed out before its second was over', async () => {
    const { store } = simulator
    const id = store.addOpportunity({ name: 'Before' })
    const young = await poll(from(shift(start, -60_000)))
    // The same second: nothing in the record tells that it changed again.
    store.update('Opportunity', id, { Name: 'After' })
    const same = await poll({ cursor: young.cursor })
    pass(5)
    const settled = await poll({ cursor: same.cursor })
    pass(60)
    expect([young.ids, same.ids, settled.ids]).toEqual([[id], [], [id]])
    expect((await poll({ cursor: settled.cursor })).ids).toEqual([])
  })

  test('forgets what is older than the overlap, with an empty page', async () => {
    simulator.store.addOpportunity({})
    pass(5)
    const first = await poll(from(start))
    pass(600)
    const second = await poll({ cursor: first.cursor })
    expect(second).toMatchObject({ ids: [], pages: 1, cursor: { seen: {} } })
    pass(60)
    expect((await poll({ cursor: second.cursor })).pages).toBe(0)
  })

  test('finds what was committed late, within the overlap', async () => {
    const { store } = simulator
    const early = store.addOpportunity({})
    pass(100)
    const first = await poll(from(start))
    // A long transaction began before that poll and becomes visible after it.
    const late = store.addOpportunity({ modifiedAt: toMillis(shift(start, 30_000)) })
    pass(100)
    const second = await poll({ cursor: first.cursor })
    expect([first.ids, second.ids]).toEqual([[early], [late]])
  })

  test('goes by the clock of Salesforce, not by ours', async () => {
    await begin({ now: () => toMillis(now) - 3_600_000 })
    pass(600)
    const { store } = simulator
    store.addOpportunity({})
    pass(5)
    const first = await poll(from(shift(start, -7_200_000)))
    const late = store.addOpportunity({})
    pass(5)
    expect((await poll({ cursor: first.cursor })).ids).toEqual([late])
  })

  test('tells of an opportunity that carries an order number and is no longer won', async () => {
    const { store } = simulator
    await connection.setup?.()
    const id = store.addOpportunity({ fields: { ERP_Order_Number__c: 'SO1' } })
    pass(5)
    const first = await poll(from(start))
    store.update('Opportunity', id, { StageName: 'Closed Lost' })
    pass(5)
    expect((await poll({ cursor: first.cursor })).ids).toEqual([id])
  })

  test('tells of a deleted opportunity', async () => {
    const { store } = simulator
    const id = store.addOpportunity({})
    pass(5)
    const first = await poll(from(start))
    store.delete('Opportunity', id)
    pass(5)
    expect((await poll({ cursor: first.cursor })).ids).toEqual([id])
    expect(await connection.read('Opportunity', [id], ['Name'])).toEqual([null])
  })

  test('costs one call for a process that has just begun, too', async () => {
    await connection.setup?.()
    const first = await poll(from(start))
    connection = open(simulator.settings)
    simulator.resetCalls()
    pass(60)
    await poll({ cursor: first.cursor })
    expect(calls()).toEqual({ 'GET /queryAll': 1 })
  })

  test('goes without order numbers in an org that has no such field yet, and notices when it has', async () => {
    const { store } = simulator
    const id = store.addOpportunity({})
    pass(5)
    const first = await poll(from(start))
    expect([first.ids, logged]).toEqual([[id], ['salesforce.watched_field_missing']])
    await connection.setup?.()
    const ordered = store.addOpportunity({ stage: 'Closed Lost', fields: { ERP_Order_Number__c: 'SO1' } })
    pass(5)
    expect((await poll({ cursor: first.cursor })).ids).toEqual([ordered])
  })

  test('goes on without order numbers when the field is taken out of sight', async () => {
    const { store } = simulator
    await connection.setup?.()
    const first = await poll(from(start))
    store.setHidden(['Opportunity.ERP_Order_Number__c'])
    const id = store.addOpportunity({})
    pass(5)
    expect((await poll({ cursor: first.cursor })).ids).toEqual([id])
    expect(logged).toContain('salesforce.watched_field_missing')
  })

  test('tells all records of an object for which no condition is given', async () => {
    const ids = ['Closed Won', 'Closed Lost', 'Prospecting'].map((stage) => simulator.store.addOpportunity({ stage }))
    pass(5)
    expect((await poll(from(start), 'Opportunity', [])).ids).toEqual(ids)
  })

  test.each<[string, Condition]>([
    ['every field of a condition', { StageName: 'Closed Won', 'RecordType.DeveloperName': 'Export' }],
    ['one of several values', { 'RecordType.DeveloperName': ['Import', 'Export'], IsWon: true }],
    ['text with quotes', { NextStep: "\\' OR Id != '", IsWon: [true] }],
    ['a number', { Amount: 12.5 }],
    ['a number written as text', { Amount: '12.50' }],
    ['a truth value written as text', { IsPrivate: 'true' }],
    ['text written as a number', { NextStep: ["\\' OR Id != '", 5], Amount: { present: true } }],
    ['a date', { CloseDate: '2027-01-31' }],
    ['an instant', { LastStageChangeDate: '2026-11-24T09:00:00.000Z', Amount: '12.5' }],
    ['its id', { id: '$id' }],
  ])('keeps to %s', async (_, condition) => {
    const { store } = simulator
    const type = { Name: 'Export', DeveloperName: 'Export', SobjectType: 'Opportunity', IsActive: true }
    const RecordTypeId = store.create('RecordType', type)
    store.addOpportunity({ lines: [{ sku: 'A', price: '3', quantity: '1' }] })
    const fields = {
      RecordTypeId,
      NextStep: "\\' OR Id != '",
      IsPrivate: true,
      CloseDate: '2027-01-31',
      Amount: '12.5',
    }
    const id = store.addOpportunity({ fields })
    pass(5)
    const where = [JSON.parse(JSON.stringify(condition).replace('$id', id)) as Condition]
    expect((await poll(from(start), 'Opportunity', where)).ids).toEqual([id])
  })

  test('keeps to the conditions for edited products, too', async () => {
    const { store } = simulator
    const line = { sku: 'A', price: '5', quantity: '1' }
    const [big, small] = ['big', 'small'].map((NextStep) =>
      store.addOpportunity({ lines: [line], fields: { NextStep } }),
    )
    pass(5)
    const where: Condition[] = [{ NextStep: 'big', Nothing__c: { present: true } }, { NextStep: ['big', 'huge'] }]
    const first = await poll(from(start), 'Opportunity', where)
    pass(3600)
    for (const { Id } of store.records('OpportunityLineItem')) {
      store.update('OpportunityLineItem', String(Id), { Description: 'in blue' })
    }
    pass(5)
    const second = await poll({ cursor: first.cursor }, 'Opportunity', where)
    expect([first.ids, second.ids, small]).toEqual([[big], [big], expect.any(String)])
  })

  test('tells more where a field cannot be asked for, and never fewer', async () => {
    const ids = ['a', 'b'].map((Description) => simulator.store.addOpportunity({ fields: { Description } }))
    simulator.store.addOpportunity({ stage: 'Prospecting', fields: { Description: 'a' } })
    pass(5)
    expect((await poll(from(start), 'Opportunity', [{ Description: 'a', IsWon: true }])).ids).toEqual(ids)
  })

  test.each<[string, readonly Condition[], string]>([
    ['a name of ours', [{ currency: 'EUR' }], 'currency'],
    ['a name of ours further in', [{ 'contact.Email': 'a@b.test' }], 'contact.Email'],
    ['what is no path', [{ "Name = '' OR Id": 'x' }], "Name = '' OR Id"],
    ['more values than a query holds', [{ StageName: Array(900).fill('Closed Won') }], 'Opportunity'],
    ['nothing but fields that are not there', [{ Nothing__c: 'x' }, { 'Account.Nothing__c': 'x' }], 'Nothing__c'],
  ])('refuses to look for %s', async (_, where, path) => {
    expect(await problemOf(poll(from(start), 'Opportunity', where))).toEqual({ kind: 'configuration_invalid', path })
  })

  test('walks past many records of one second without losing or repeating any', async () => {
    const { store } = simulator
    const at = toMillis(start) - 3_600_000
    const before = Array.from({ length: 150 }, (_, n) => store.addOpportunity({ modifiedAt: at - 200_000 + n * 1000 }))
    const equal = Array.from({ length: 4100 }, () => store.addOpportunity({ modifiedAt: at }))
    const after = Array.from({ length: 250 }, (_, n) => store.addOpportunity({ modifiedAt: at + 1000 + n * 1000 }))
    const { ids } = await poll(from(shift(start, -7_200_000)))
    expect(ids).toEqual([...before, ...equal, ...after])
  })

  test('can be stopped at any page and goes on from its cursor without skipping', async () => {
    await begin({ pageSizeMax: 200 })
    const { store } = simulator
    const at = toMillis(start) - 3_600_000
    const all = Array.from({ length: 1900 }, (_, n) =>
      store.addOpportunity({ modifiedAt: at + Math.floor(n / 950) * 1000 }),
    )
    const met: string[] = []
    let since: ChangesSince = from(shift(start, -7_200_000))
    for (let round = 0; round < 40 && met.length < all.length; round += 1) {
      for await (const page of connection.changes({ object: 'Opportunity', paths: [], where: [] }, since)) {
        met.push(...page.ids)
        since = { cursor: JSON.parse(JSON.stringify(page.cursor)) }
        break
      }
    }
    expect(new Set(met)).toEqual(new Set(all))
  })

  test('looks for edited products once an hour and names their opportunities', async () => {
    const { store } = simulator
    const id = store.addOpportunity({ lines: [{ sku: 'A', price: '5', quantity: '1' }] })
    const open = store.addOpportunity({ stage: 'Negotiation/Review', lines: [{ sku: 'A', price: '5', quantity: '1' }] })
    pass(5)
    const first = await poll(from(start))
    pass(1800)
    const lineOf = (opportunity: string) =>
      String(store.records('OpportunityLineItem').find((line) => line.OpportunityId === opportunity)?.Id)
    for (const one of [id, open]) store.update('OpportunityLineItem', lineOf(one), { Description: 'in blue' })
    pass(5)
    const early = await poll({ cursor: first.cursor })
    pass(1800)
    const due = await poll({ cursor: early.cursor })
    expect([early.ids, due.ids]).toEqual([[], [id]])
    simulator.resetCalls()
    pass(60)
    expect((await poll({ cursor: due.cursor })).ids).toEqual([])
    expect(total()).toBe(1)
  })

  test('refuses a cursor it did not make', async () => {
    expect(await problemOf(poll({ cursor: { offset: 3 } }))).toEqual({ kind: 'configuration_invalid', path: 'cursor' })
  })

  test('reads changes of other objects by their own time of change', async () => {
    const id = simulator.store.addContact({ LastName: 'King' })
    pass(5)
    expect((await poll(from(start), 'Contact')).ids).toEqual([id])
  })
})

describe('changes from far back', () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) =>
      simulator.store.addOpportunity({ modifiedAt: toMillis(start) - 3_600_000 + Math.floor(n / 10) * 1000 }),
    )
  const far = from(shift(start, -7_200_000))

  test('are read with a job when there are many, a page at a time', async () => {
    await begin({ bulkPageSize: 100 }, { bulkAbove: 200 })
    const all = many(350)
    const { ids, cursor } = await poll(far)
    expect(ids).toEqual(all)
    expect(calls()).toMatchObject({ 'POST /jobs/query': 1 })
    expect(Object.keys(calls()).some((call) => call.endsWith('/results'))).toBe(true)
    pass(60)
    expect((await poll({ cursor })).ids).toEqual([])
  })

  test('go on where they were left, with the same job', async () => {
    await begin({ bulkPageSize: 100 }, { bulkAbove: 200 })
    const all = many(350)
    const met: string[] = []
    let since: ChangesSince = far
    for (let round = 0; round < 10 && met.length < all.length; round += 1) {
      for await (const page of open({ ...simulator.settings, bulkAbove: 200 }).changes(
        { object: 'Opportunity', paths: [], where: [] },
        since,
      )) {
        met.push(...page.ids)
        since = { cursor: JSON.parse(JSON.stringify(page.cursor)) }
        break
      }
    }
    expect(met).toEqual(all)
    expect(calls()['POST /jobs/query']).toBe(1)
  })

  test('find what changed while the job ran', async () => {
    await begin({}, { bulkAbove: 20 })
    const all = many(30)
    const pages = connection.changes({ object: 'Opportunity', paths: [], where: [] }, far)[Symbol.asyncIterator]()
    await pages.next()
    pass(5)
    const late = simulator.store.addOpportunity({})
    pass(5)
    const ids: string[] = []
    for (let page = await pages.next(); page.done !== true; page = await pages.next()) ids.push(...page.value.ids)
    expect(new Set(ids)).toEqual(new Set([...all, late]))
  })

  test('are read by queries when there is no job to be had, or it fails', async () => {
    await begin({}, { bulkAbove: 20 })
    const all = many(30)
    simulator.fault({
      match: { method: 'POST', path: '/jobs/query' },
      kind: 'status',
      status: 400,
      body: [{ errorCode: 'FEATURENOTENABLED', message: 'no' }],
    })
    expect((await poll(far)).ids).toEqual(all)
    const failed = { id: '7505g0000000001AAA', state: 'Failed', errorMessage: 'InvalidBatch' }
    simulator.fault({ match: { method: 'GET', path: '/jobs/query/' }, kind: 'status', status: 200, body: failed })
    expect((await poll(far)).ids).toEqual(all)
    expect(logged.filter((event) => event.startsWith('salesforce.bulk'))).toEqual([
      'salesforce.bulk_refused',
      'salesforce.bulk_failed',
    ])
  })

  test('are read by queries when a job takes too long, which is then ended', async () => {
    await begin({ bulkPolls: 100_000 }, { bulkAbove: 20 })
    const all = many(30)
    expect((await poll(far)).ids).toEqual(all)
    expect(Object.keys(calls()).some((call) => call.startsWith('PATCH /jobs/query/'))).toBe(true)
  })
})

describe('write', () => {
  const update = (id: string, fields: JsonObject) =>
    ({ do: 'update', object: 'Opportunity', id, key: null, fields, lines: null }) as const

  test('writes 450 opportunities in three calls', async () => {
    await connection.setup?.()
    const ids = Array.from({ length: 450 }, () => simulator.store.addOpportunity({}))
    await warmUp()
    const outcomes = await connection.write(ids.map((id) => update(id, { ERP_Order_Number__c: `SO${id}` })))
    expect(outcomes).toEqual(ids.map((id) => ({ ok: true, id })))
    expect(calls()).toEqual({ 'PATCH /composite/sobjects': 3 })
    expect(simulator.store.record('Opportunity', ids[449] ?? '')?.ERP_Order_Number__c).toBe(`SO${ids[449]}`)
  })

  test('writes each type as Salesforce wants it, and clears by null', async () => {
    await connection.setup?.()
    const { store } = simulator
    const id = store.addOpportunity({})
    const fields = {
      ERP_Status__c: 'partly_shipped',
      ERP_Promised_Date__c: '2026-12-01',
      ERP_Amount_Outstanding__c: '12.5',
      ERP_Order_URL__c: 'https://erp.test/5',
      IsPrivate: true,
    }
    expect(await connection.write([update(id, fields)])).toEqual([{ ok: true, id }])
    expect(store.record('Opportunity', id)).toMatchObject({
      ERP_Status__c: 'partly_shipped',
      ERP_Promised_Date__c: '2026-12-01',
      ERP_Amount_Outstanding__c: 12.5,
      ERP_Order_URL__c: 'https://erp.test/5',
      IsPrivate: true,
    })
    await connection.write([update(id, { ERP_Status__c: null, ERP_Amount_Outstanding__c: '' })])
    expect(store.record('Opportunity', id)?.ERP_Status__c).toBeUndefined()
    expect(store.record('Opportunity', id)?.ERP_Amount_Outstanding__c).toBeUndefined()
  })

  test.each<[string, JsonObject, string, string]>([
    ['a value that the picklist does not have', { ERP_Status__c: 'lost' }, 'record_rejected', 'paid'],
    ['a number with a thousands separator', { ERP_Amount_Outstanding__c: '1,200' }, 'record_rejected', 'currency'],
    [
      'a number that no double holds',
      { ERP_Amount_Outstanding__c: '1234567890123456.78' },
      'record_rejected',
      'currency',
    ],
    ['an instant for a date', { ERP_Shipped_Date__c: '2026-11-24T10:00:00.000Z' }, 'record_rejected', 'date'],
    ['a text that is too long', { ERP_Order_Number__c: 'x'.repeat(256) }, 'record_rejected', '255'],
    ['a text for a boolean', { IsPrivate: 'maybe' }, 'record_rejected', 'boolean'],
    ['a field that is not there', { ERP_Nothing__c: 'x' }, 'configuration_invalid', 'ERP_Nothing__c'],
    ['a read-only field', { IsWon: true }, 'configuration_invalid', 'read-only'],
  ])('refuses %s before sending it, and writes the neighbour', async (_, fields, kind, words) => {
    await connection.setup?.()
    const [bad = '', good = ''] = [simulator.store.addOpportunity({}), simulator.store.addOpportunity({})]
    const outcomes = await connection.write([update(bad, fields), update(good, { ERP_Order_Number__c: 'SO1' })])
    expect(outcomes[0]).toMatchObject({
      ok: false,
      failure: { problem: { kind }, message: expect.stringContaining(words) },
    })
    expect(outcomes[1]).toEqual({ ok: true, id: good })
  })

  test('sees a field that was added since, and asks for the description once for many writes', async () => {
    const ids = Array.from({ length: 3 }, () => simulator.store.addOpportunity({}))
    await warmUp()
    simulator.store.addField('Opportunity', { name: 'Late__c', type: 'string' })
    const writes = ids.flatMap((id) => [update(id, { Late__c: 'x' }), update(id, { Never__c: 'x' })])
    const outcomes = await connection.write(writes)
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, false, true, false, true, false])
    expect(calls()['GET /sobjects/Opportunity/describe']).toBe(1)
  })

  test('names the record that a rule of the org refuses, and writes the others', async () => {
    await connection.setup?.()
    const { store } = simulator
    const ids = Array.from({ length: 20 }, () => store.addOpportunity({}))
    const bad = ids[13] ?? ''
    store.addValidationRule({
      object: 'Opportunity',
      field: 'ERP_Order_Number__c',
      message: 'Numbers begin with SO',
      fails: (values) => values.ERP_Order_Number__c === 'wrong',
    })
    const outcomes = await connection.write(
      ids.map((id) => update(id, { ERP_Order_Number__c: id === bad ? 'wrong' : 'SO1' })),
    )
    expect(outcomes.filter((outcome) => !outcome.ok)).toHaveLength(1)
    expect(outcomes[13]).toMatchObject({
      ok: false,
      failure: {
        problem: { kind: 'record_rejected', remoteCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION' },
        message: expect.stringContaining(`Opportunity ${bad}`),
      },
    })
  })

  test('finds by halves what makes Salesforce refuse a whole call', async () => {
    await connection.setup?.()
    const ids = Array.from({ length: 8 }, () => simulator.store.addOpportunity({}))
    simulator.fault({
      match: { method: 'PATCH', body: '"poison"' },
      kind: 'status',
      status: 400,
      body: [{ errorCode: 'JSON_PARSER_ERROR', message: 'Cannot deserialize' }],
      times: 50,
    })
    const outcomes = await connection.write(
      ids.map((id, place) => update(id, { ERP_Order_Number__c: place === 5 ? 'poison' : 'SO1' })),
    )
    expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true, true, true, true, false, true, true])
  })

  test('tries a locked record again, the others once', async () => {
    await connection.setup?.()
    const { store } = simulator
    const [free = '', locked = ''] = [store.addOpportunity({}), store.addOpportunity({})]
    await warmUp()
    store.lock(locked)
    const outcomes = await connection.write([free, locked].map((id) => update(id, { ERP_Order_Number__c: 'SO1' })))
    expect(outcomes).toEqual([
      { ok: true, id: free },
      { ok: false, failure: expect.objectContaining({ problem: { kind: 'busy' } }) },
    ])
    expect(calls()).toEqual({ 'PATCH /composite/sobjects': 4 })
    store.unlock()
    expect(await connection.write([update(locked, { ERP_Order_Number__c: 'SO1' })])).toEqual([{ ok: true, id: locked }])
  })

  test('says which opportunity is gone', async () => {
    await connection.setup?.()
    const { store } = simulator
    const [gone = '', good = ''] = [store.addOpportunity({}), store.addOpportunity({})]
    store.delete('Opportunity', gone)
    const outcomes = await connection.write([gone, good, 'x'].map((id) => update(id, { ERP_Order_Number__c: 'SO1' })))
    const problem = { kind: 'record_gone', object: 'Opportunity' }
    expect(outcomes).toEqual([
      { ok: false, failure: expect.objectContaining({ problem: { ...problem, id: gone } }) },
      { ok: true, id: good },
      { ok: false, failure: expect.objectContaining({ problem: { ...problem, id: 'x' } }) },
    ])
  })

  test('sends two writes of one opportunity as one', async () => {
    await connection.setup?.()
    const id = simulator.store.addOpportunity({})
    await warmUp()
    const outcomes = await connection.write([
      update(id, { ERP_Order_Number__c: 'A', ERP_Order_Id__c: '5' }),
      update(id.slice(0, 15), { ERP_Order_Number__c: 'B' }),
    ])
    expect(outcomes).toEqual([
      { ok: true, id },
      { ok: true, id },
    ])
    expect(total()).toBe(1)
    expect(simulator.store.record('Opportunity', id)).toMatchObject({ ERP_Order_Number__c: 'B', ERP_Order_Id__c: '5' })
  })

  test('sends an update again whose answer was lost', async () => {
    await connection.setup?.()
    const id = simulator.store.addOpportunity({})
    simulator.fault({ match: { method: 'PATCH' }, kind: 'lose_answer' })
    expect(await connection.write([update(id, { ERP_Order_Number__c: 'SO1' })])).toEqual([{ ok: true, id }])
  })
})

describe('find', () => {
  test('asks once for many values of one field, without regard to case, and marks what is archived', async () => {
    const { store } = simulator
    const [acme = '', other = '', deleted = ''] = ['acme@x.test', 'ACME@x.test', 'acme@X.test'].map((Email) =>
      store.addContact({ LastName: 'King', Email }),
    )
    store.delete('Contact', deleted)
    await warmUp()
    const found = await connection.find('Contact', [
      { fields: { Email: 'Acme@X.Test' } },
      { fields: { Email: 'none@x.test' } },
      { fields: { Email: 'acme@x.test' } },
      { fields: { LastName: 'king', Email: 'acme@x.test' } },
    ])
    expect(found.map((matches) => matches.map((match) => [match.id, match.archived]))).toEqual([
      [
        [acme, false],
        [other, false],
        [deleted, true],
      ],
      [],
      [
        [acme, false],
        [other, false],
        [deleted, true],
      ],
      [
        [acme, false],
        [other, false],
        [deleted, true],
      ],
    ])
    expect(found[0]?.[0]).toMatchObject({ key: null, label: 'King' })
    expect(calls()).toEqual({ 'GET /queryAll': 2 })
  })

  test('takes an inactive product for an archived one, and compares numbers and dates as such', async () => {
    const { store } = simulator
    const product = store.addProduct({ sku: 'OLD', fields: { IsActive: false } })
    const [match] = await connection.find('Product2', [{ fields: { ProductCode: 'old' } }])
    expect(match).toEqual([{ id: product, key: null, label: expect.any(String), archived: true }])
    const id = store.addOpportunity({ fields: { Amount: '1200.5', CloseDate: '2026-11-30' } })
    const [byAmount] = await connection.find('Opportunity', [
      { fields: { Amount: '1200.50', CloseDate: '2026-11-30' } },
    ])
    expect(byAmount?.map((one) => one.id)).toEqual([id])
  })

  test.each([["O'Brien"], ["\\' OR Name != '"], ['back\\slash'], ["a') OR (Name LIKE '%"], ['two\nlines']])(
    'finds the one account called %p and no other',
    async (Name) => {
      const { store } = simulator
      store.addAccount({ Name: 'Acme' })
      const id = store.addAccount({ Name })
      const [found] = await connection.find('Account', [{ fields: { Name } }])
      expect(found?.map((match) => match.id)).toEqual([id])
    },
  )

  test('finds hundreds of values in as few calls as addresses hold', async () => {
    const values = Array.from({ length: 600 }, (_, n) => `customer-${n}@example-company.test`)
    const ids = values.map((Email) => simulator.store.addContact({ LastName: 'K', Email }))
    const found = await connection.find(
      'Contact',
      values.map((Email) => ({ fields: { Email } })),
    )
    expect(found.map((matches) => matches[0]?.id)).toEqual(ids)
    expect(calls()['GET /queryAll']).toBeLessThan(6)
  })

  test.each<[string, JsonObject | null]>([
    ['a key', null],
    ['no field', {}],
    ['an empty value', { Name: '' }],
    ['a field that is not there', { Nothing__c: 'x' }],
    ['a word for a number', { AnnualRevenue: 'much' }],
  ])('refuses to look for %s', async (_, fields) => {
    const query = fields === null ? { key: 'k' } : { fields }
    expect(await problemOf(connection.find('Account', [query]))).toEqual({
      kind: 'configuration_invalid',
      path: 'Account',
    })
  })
})

describe('setup', () => {
  test('creates fields and permission set once and finds them the second time', async () => {
    const first = await connection.setup?.()
    expect(new Set(first?.map((step) => step.outcome))).toEqual(new Set(['created']))
    const second = await connection.setup?.()
    expect(new Set(second?.map((step) => step.outcome))).toEqual(new Set(['present']))
    const { fields } = await connection.describe('Opportunity')
    expect(Object.keys(fields).filter((name) => name.startsWith('ERP_'))).toHaveLength(12)
    expect((await connection.describe('Product2')).fields).toMatchObject({
      ERP_Stock_On_Hand__c: { type: 'number', writable: true },
      ERP_Stock_As_Of__c: { type: 'instant', writable: true },
      // Ours, and not for mappings.
      ERP_Key__c: { type: 'text', writable: false },
    })
  })

  test('gives back rights that were taken away', async () => {
    const { store } = simulator
    await connection.setup?.()
    const [permission] = store.records('FieldPermissions')
    store.update('FieldPermissions', String(permission?.Id), { PermissionsEdit: false })
    const set = store.records('PermissionSet').find((one) => one.Name === 'Crosswalk')
    const assignment = store.records('PermissionSetAssignment').find((one) => one.PermissionSetId === set?.Id)
    store.delete('PermissionSetAssignment', String(assignment?.Id))
    expect((await connection.setup?.())?.map((step) => step.outcome).slice(-3)).toEqual([
      'present',
      'created',
      'created',
    ])
    expect((await connection.check()).findings.every((one) => one.level === 'ok')).toBe(true)
  })

  test('reports a field of another type and leaves it alone', async () => {
    simulator.store.addField('Opportunity', { name: 'ERP_Status__c', type: 'string' })
    const steps = await connection.setup?.()
    expect(steps?.find((step) => step.subject === 'Opportunity.ERP_Status__c')).toMatchObject({
      outcome: 'differs',
      message: expect.stringContaining('string'),
    })
  })

  test('finds present what it created when the answer was lost', async () => {
    simulator.fault({ match: { path: '/tooling/' }, kind: 'lose_answer' })
    simulator.fault({ match: { method: 'POST', path: '/composite', body: 'PermissionSet"' }, kind: 'lose_answer' })
    const steps = await connection.setup?.()
    expect(steps?.[0]).toMatchObject({ subject: 'Opportunity.ERP_Order_Number__c', outcome: 'present' })
    expect(steps?.every((step) => step.outcome !== 'differs')).toBe(true)
    expect((await connection.setup?.())?.every((step) => step.outcome === 'present')).toBe(true)
  })

  test('goes on without objects that the user may not read', async () => {
    await begin({ hidden: ['Contact'] })
    const steps = await connection.setup?.()
    expect(steps?.filter((step) => step.outcome === 'differs')).toEqual([
      expect.objectContaining({ subject: 'Contact', message: expect.stringContaining('may not read') }),
    ])
    expect((await connection.describe('Account')).fields.ERP_Key__c).toBeDefined()
  })

  test('says which right is missing for it', async () => {
    await begin({ administrator: false })
    expect(await problemOf(connection.setup?.() ?? Promise.resolve())).toMatchObject({ kind: 'permission_missing' })
  })
})

describe('check', () => {
  const finding = async (subject: string) => (await connection.check()).findings.find((one) => one.subject === subject)

  test('tells the org and what is missing in it', async () => {
    const report = await connection.check()
    expect(report.account).toEqual({
      id: simulator.settings.organizationId,
      name: 'Acme',
      timeZone: 'Europe/Berlin',
      currency: 'EUR',
      apiVersion: '67.0',
    })
    expect(report.findings.filter((one) => one.level !== 'ok')).toEqual([
      expect.objectContaining({ subject: 'write-back fields', fix: expect.stringContaining('crosswalk setup') }),
      expect.objectContaining({
        subject: 'fields for records from the ERP',
        message: expect.stringContaining('Product2.ERP_Key__c'),
      }),
    ])
    await connection.setup?.()
    expect((await connection.check()).findings.every((one) => one.level === 'ok')).toBe(true)
  })

  test('names objects that the user may not read', async () => {
    await begin({ hidden: ['Product2'] })
    expect(await finding('read Product2')).toMatchObject({ level: 'error', fix: expect.stringContaining('Product2') })
    expect(await finding('read Account')).toMatchObject({ level: 'ok' })
  })

  test('names fields that the user may not edit', async () => {
    await connection.setup?.()
    simulator.store.setReadOnly(['Opportunity.ERP_Status__c'])
    expect(await finding('write-back fields')).toMatchObject({
      level: 'error',
      message: expect.stringContaining('ERP_Status__c'),
    })
    simulator.store.setReadOnly(['Opportunity'])
    expect(await finding('edit Opportunity')).toMatchObject({ level: 'error' })
  })

  test('takes the corporate currency where there are several', async () => {
    await begin({ currency: 'CHF', currencies: ['USD'] }, { currency: undefined })
    expect((await connection.check()).account.currency).toBe('CHF')
  })

  test('asks for the currency of an org with one, which the API does not tell', async () => {
    await begin({}, { currency: undefined })
    expect((await connection.check()).account.currency).toBeNull()
    expect(await finding('currency')).toMatchObject({ level: 'warning', fix: expect.stringContaining('currency') })
  })

  test('refuses a login to another org than the settings name', async () => {
    await begin({}, { organizationId: '00D5g000000ZZZZEAZ' })
    expect((await connection.check()).findings[0]).toMatchObject({ level: 'error', subject: 'login' })
  })

  test.each([
    ['67.0', 'ok'],
    ['32.0', 'warning'],
  ])('judges API version %s as %s', async (apiVersion, level) => {
    await begin({}, { apiVersion })
    expect(await finding('API version')).toMatchObject({ level, message: expect.stringContaining('31.0 to 67.0') })
  })

  test.each([['29.0'], ['99.0']])(
    'says that the org does not have API version %s, and which it has',
    async (apiVersion) => {
      await begin({}, { apiVersion })
      const error = await connection.check().catch((thrown: SyncError) => thrown)
      expect(error).toMatchObject({
        problem: { kind: 'configuration_invalid', path: 'apiVersion' },
        message: expect.stringContaining('31.0 to 67.0'),
      })
    },
  )

  test('warns when the calls of the day are nearly used up', async () => {
    simulator.store.setCallsUsed(95_000)
    expect(await finding('API calls')).toMatchObject({ level: 'warning' })
  })
})

describe('login', () => {
  const token = 'POST /services/oauth2/token'
  const read = () => connection.read('Opportunity', [simulator.store.addOpportunity({})], ['Name'])

  test('fetches one token for many calls, and one more after it was refused', async () => {
    await Promise.all([read(), read(), read()])
    expect(simulator.calls()[token]).toBe(1)
    simulator.store.expireTokens()
    await Promise.all([read(), read(), read()])
    expect(simulator.calls()[token]).toBe(2)
  })

  test('gives up when a fresh token is refused too', async () => {
    await read()
    simulator.resetCalls()
    simulator.fault({ match: { path: '/query' }, ...simulator.trouble.loginExpired, times: 100 })
    expect(await problemOf(read())).toEqual({ kind: 'auth_rejected' })
    expect(simulator.calls()).toMatchObject({ 'GET /services/data/v67.0/query': 2, [token]: 1 })
  })

  test('says that the secret is wrong, after one call', async () => {
    await begin({}, { clientSecret: 'wrong' })
    expect(await problemOf(connection.check())).toEqual({ kind: 'auth_rejected' })
    expect(simulator.calls()).toEqual({ [token]: 1 })
  })

  test('calls an answer to a login without a token, or without an identity, what it is', async () => {
    for (const body of [{ hello: 'proxy' }, { access_token: 'x', id: 'https://login.salesforce.com/' }]) {
      simulator.fault({ match: { path: '/oauth2/token' }, kind: 'status', status: 200, body })
      expect(await problemOf(read())).toEqual({ kind: 'bad_reply' })
    }
  })

  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const jwt = { publicKey, username: 'integration@acme.test' }
  const byKey = { clientSecret: undefined, username: jwt.username, privateKey }

  test.each([
    ['as it is', privateKey],
    ['in one line', privateKey.trim().replaceAll('\n', '\\n')],
  ])('signs a JWT with a key given %s', async (_, key) => {
    await begin({ jwt }, { ...byKey, privateKey: key })
    expect((await connection.check()).findings[0]).toMatchObject({ level: 'ok', subject: 'login' })
  })

  test.each<[string, object]>([
    ['of another user', { username: 'other@acme.test' }],
    ['for another audience', { audience: 'https://elsewhere.test' }],
    ['of another app', { clientId: 'other' }],
  ])('is refused with a JWT %s', async (_, wrong) => {
    await begin({ jwt }, { ...byKey, ...wrong })
    expect(await problemOf(connection.check())).toEqual({ kind: 'auth_rejected' })
  })

  test.each<[string, object]>([
    ['neither a secret nor a key', { clientSecret: undefined }],
    ['both', { username: 'u', privateKey }],
    ['a key without its user', { clientSecret: undefined, privateKey }],
    ['a key that is none', { clientSecret: undefined, username: 'u', privateKey: 'secret' }],
    ['the address of the user interface', { url: 'https://acme.lightning.force.com' }],
    ['a version that cannot be', { apiVersion: 'v67' }],
    ['a channel that is none', { events: ['OpportunityChangeEvent'] }],
    ['something unknown', { password: 'x' }],
    ['a setting that is no more', { wonStages: ['Closed Won'] }],
  ])('does not begin with %s', (_, wrong) => {
    expect(() => open({ ...simulator.settings, ...wrong })).toThrow()
  })
})

test.each([
  ['wonStages', '`watch: [{ StageName'],
  ['recordTypes', '`syncs.<name>.where`'],
  ['orderNumberField', '`watch` of the deal mapping'],
])('says where the setting %s went', (name, place) => {
  const message = salesforce.settings.safeParse({ ...simulator.settings, [name]: [] }).error?.issues[0]?.message
  expect(message).toContain(`"${name}" is no longer a setting`)
  expect(message).toContain(place)
})

describe('errors and limits', () => {
  const read = () => connection.read('Opportunity', [simulator.store.addOpportunity({})], ['Name'])

  test('waits out too many calls at once', async () => {
    await warmUp()
    simulator.store.refuseConcurrent(1)
    expect(await read()).toHaveLength(1)
    expect(slept).toEqual([10_000])
  })

  test('says for how long the limit of the day keeps it waiting', async () => {
    await warmUp()
    simulator.store.setCallsUsed(1_000_000)
    expect(await problemOf(read())).toEqual({ kind: 'rate_limited', retryAfterMs: 900_000, connection: 'crm' })
  })

  test.each<[string, string | JsonObject]>([
    ['a page of a proxy', '<html>hello</html>'],
    ['another shape', { hello: 'proxy' }],
    ['half an answer', '{"totalSize":'],
  ])('calls %s what it is', async (_, body) => {
    await warmUp()
    simulator.fault({ match: { path: '/query' }, kind: 'status', status: 200, body })
    expect(await problemOf(read())).toEqual({ kind: 'bad_reply' })
  })

  test('begins anew when Salesforce gave up a query that was half read', async () => {
    await begin({ childPageSize: 100 })
    const lines = Array.from({ length: 150 }, () => ({ sku: 'A', price: '1', quantity: '1' }))
    const id = simulator.store.addOpportunity({ lines })
    simulator.fault({
      match: { path: '/query/' },
      kind: 'status',
      status: 400,
      body: [{ errorCode: 'INVALID_QUERY_LOCATOR', message: 'invalid query locator' }],
      times: 100,
    })
    expect(await problemOf(connection.read('Opportunity', [id], ['OpportunityLineItems.Quantity']))).toEqual({
      kind: 'unavailable',
    })
  })

  test("carries jsforce's requests over our own transport", async () => {
    simulator.fault({ match: { path: '/query' }, kind: 'status', status: 503, body: 'busy', times: 2 })
    await warmUp()
    expect(await read()).toHaveLength(1)
    // Waits by our clock, and tries again, which jsforce's own transport would do by a timer.
    expect(slept).toHaveLength(2)
  })
})
