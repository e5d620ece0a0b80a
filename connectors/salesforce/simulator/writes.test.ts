import { afterEach, describe, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { SalesforceSimulatorOptions } from './index.ts'
import { closeAll, codeOf, line, start, typed } from './rig.ts'

afterEach(closeAll)

const erpFields: SalesforceSimulatorOptions = {
  customFields: {
    Opportunity: [
      { name: 'ERP_Order_Number__c', length: 30 },
      { name: 'ERP_Order_Id__c', externalId: true, length: 40 },
      { name: 'ERP_Status__c', type: 'picklist', values: ['draft', 'shipped'], restricted: true },
      { name: 'ERP_Amount_Outstanding__c', type: 'currency' },
      { name: 'ERP_Synced_At__c', type: 'datetime' },
      { name: 'Margin__c', type: 'percent', calculated: true },
      { name: 'Code__c', externalId: true, unique: false },
    ],
  },
}

async function filled(options: SalesforceSimulatorOptions = erpFields) {
  const org = await start(options)
  const account = org.store.addAccount({ Name: 'Acme' })
  const deal = org.store.addOpportunity({ name: 'Won', accountId: account, lines: [line('A-1', '2', '10')] })
  const other = org.store.addOpportunity({ name: 'Open', stage: 'Prospecting', fields: { Amount: '5' } })
  const stampOf = async (object: string, id: string) =>
    (await org.rows(`SELECT SystemModstamp FROM ${object} WHERE Id = '${id}'`, 'queryAll'))[0]?.SystemModstamp
  return { ...org, account, deal, other, stampOf }
}
const saved = (id: string) => ({ id, success: true, errors: [] })
const failed = (statusCode: string, message: string, fields: readonly string[] = []) => ({
  success: false,
  errors: [{ statusCode, message: expect.stringContaining(message), fields }],
})

describe('an update of many records', () => {
  test('has an outcome for each, in their order', async () => {
    const { store, update, deal, other } = await filled()
    const records = [
      {
        id: deal,
        ERP_Order_Number__c: 'S1',
        ERP_Amount_Outstanding__c: 12.345,
        ERP_Synced_At__c: '2026-03-01T09:00:00.500+01:00',
      },
      { id: other, ERP_Order_Number__c: 'S'.repeat(31) },
      { Id: other.slice(0, 15), erp_status__c: 'shipped' },
    ]
    expect(await update(records)).toMatchObject({
      status: 200,
      body: [
        saved(deal),
        failed('STRING_TOO_LONG', 'ERP Order Number: data value too large: SSS', ['ERP_Order_Number__c']),
        saved(other),
      ],
    })
    expect(store.record('Opportunity', deal)).toMatchObject({
      ERP_Order_Number__c: 'S1',
      ERP_Amount_Outstanding__c: 12.345,
      ERP_Synced_At__c: '2026-03-01T08:00:00.000+0000',
    })
    expect(store.record('Opportunity', other)).toMatchObject({ ERP_Status__c: 'shipped' })
  })

  test.each<[string, JsonObject, string, string, readonly string[]]>([
    [
      'a value that a restricted picklist lacks',
      { ERP_Status__c: 'flown' },
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      'ERP Status: bad value for restricted picklist field: flown',
      ['ERP_Status__c'],
    ],
    [
      'a formula',
      { Margin__c: 1 },
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      'Unable to create/update fields: Margin__c.',
      ['Margin__c'],
    ],
    [
      'fields that only Salesforce sets',
      { IsWon: true, SystemModstamp: '2026-01-01T00:00:00Z' },
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      'fields: IsWon, SystemModstamp.',
      ['IsWon', 'SystemModstamp'],
    ],
    [
      'a required field emptied',
      { Name: null },
      'REQUIRED_FIELD_MISSING',
      'Required fields are missing: [Name]',
      ['Name'],
    ],
    [
      'a required field of blanks',
      { Name: '  ' },
      'REQUIRED_FIELD_MISSING',
      'Required fields are missing: [Name]',
      ['Name'],
    ],
    [
      'a stage that there is not',
      { StageName: 'Won!' },
      'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
      'Won!',
      ['StageName'],
    ],
    [
      'a number out of range',
      { ERP_Amount_Outstanding__c: 1e17 },
      'NUMBER_OUTSIDE_VALID_RANGE',
      'value outside of valid range',
      ['ERP_Amount_Outstanding__c'],
    ],
    [
      'an id of another object',
      { AccountId: '$other' },
      'MALFORMED_ID',
      'Account ID: id value of incorrect type',
      ['AccountId'],
    ],
    [
      'an id that is none',
      { AccountId: 'Acme' },
      'MALFORMED_ID',
      'Account ID: id value of incorrect type: Acme',
      ['AccountId'],
    ],
    [
      'an id of nobody',
      { AccountId: '001000000000001AAA' },
      'INVALID_CROSS_REFERENCE_KEY',
      'invalid cross reference id',
      ['AccountId'],
    ],
    [
      'a value that another has',
      { ERP_Order_Id__c: 'taken' },
      'DUPLICATE_VALUE',
      'duplicate value found: ERP_Order_Id__c duplicates value on record with id: 006',
      [],
    ],
    ['a record of another object', { id: '$account' }, 'MALFORMED_ID', 'id value of incorrect type', ['Id']],
    [
      'a record that there is not',
      { id: '006000000000001AAA' },
      'INVALID_CROSS_REFERENCE_KEY',
      'invalid cross reference id',
      [],
    ],
    ['no id', { id: null }, 'MISSING_ARGUMENT', 'Id not specified in an update call', []],
    ['a deleted record', { id: '$deleted', Name: 'x' }, 'ENTITY_IS_DELETED', 'entity is deleted', []],
  ])('refuses %s for that record alone', async (_, change, code, message, fields) => {
    const { store, update, deal, other, account } = await filled()
    const deleted = store.addOpportunity({ fields: { ERP_Order_Id__c: 'gone' } })
    store.delete('Opportunity', deleted)
    store.update('Opportunity', other, { ERP_Order_Id__c: 'Taken' })
    const ids: Readonly<Record<string, string>> = { $account: account, $deleted: deleted, $other: other }
    const given = Object.fromEntries(Object.entries(change).map(([name, value]) => [name, ids[String(value)] ?? value]))
    const reply = await update([
      { id: deal, ...given },
      { id: deal, ERP_Order_Number__c: 'S2' },
    ])
    expect(reply).toMatchObject({ status: 200, body: [failed(code, message, fields), saved(deal)] })
    expect(store.record('Opportunity', deal)).toMatchObject({ Name: 'Won', ERP_Order_Number__c: 'S2' })
  })

  test.each<[string, JsonObject, number, string, string]>([
    [
      'a field that there is not',
      { Nothing__c: 1 },
      400,
      'INVALID_FIELD',
      "No such column 'Nothing__c' on sobject of type Opportunity",
    ],
    ['a field that is hidden', { Amount: 1 }, 400, 'INVALID_FIELD', "No such column 'Amount'"],
    [
      'text for a number',
      { ERP_Amount_Outstanding__c: '1,000.00' },
      400,
      'JSON_PARSER_ERROR',
      'Cannot deserialize instance of currency from VALUE_STRING value 1,000.00',
    ],
    [
      'a number for text',
      { ERP_Order_Number__c: 12 },
      400,
      'JSON_PARSER_ERROR',
      'Cannot deserialize instance of string from VALUE_NUMBER_INT value 12',
    ],
    [
      'a list for text',
      { ERP_Order_Number__c: ['S1'] },
      400,
      'JSON_PARSER_ERROR',
      'instance of string from START_ARRAY',
    ],
    [
      'text for a boolean',
      { IsPrivate: 'yes' },
      400,
      'JSON_PARSER_ERROR',
      'instance of boolean from VALUE_STRING value yes',
    ],
    [
      'a date in another form',
      { CloseDate: '31.12.2026' },
      400,
      'JSON_PARSER_ERROR',
      'instance of date from VALUE_STRING value 31.12.2026',
    ],
    [
      'a date-time without a zone',
      { ERP_Synced_At__c: '2026-03-01T09:00:00' },
      400,
      'JSON_PARSER_ERROR',
      'instance of datetime',
    ],
    [
      'a type that there is not',
      { attributes: { type: 'Nothing__c' } },
      400,
      'INVALID_TYPE',
      "sObject type 'Nothing__c' is not supported",
    ],
    ['no type', { attributes: {} }, 400, 'JSON_PARSER_ERROR', 'attributes'],
  ])('refuses %s for the whole request, and writes nothing', async (_, change, status, code, message) => {
    const { store, call, deal } = await filled()
    store.setHidden(['Opportunity.Amount'])
    const good = { attributes: { type: 'Opportunity' }, id: deal, ERP_Order_Number__c: 'S3' }
    const reply = await call('PATCH', '/composite/sobjects', { records: [good, { ...good, ...change }] })
    expect(reply).toMatchObject({ status, body: [{ errorCode: code, message: expect.stringContaining(message) }] })
    expect(store.record('Opportunity', deal)).not.toHaveProperty('ERP_Order_Number__c')
  })

  test('takes numbers as text, and gives back all of their decimals', async () => {
    const { update, rows, deal } = await filled()
    await update([{ id: deal, ERP_Amount_Outstanding__c: '1234.56789' }])
    expect(await rows(`SELECT ERP_Amount_Outstanding__c FROM Opportunity WHERE Id = '${deal}'`)).toEqual([
      { ERP_Amount_Outstanding__c: 1234.56789 },
    ])
  })

  test('keeps nothing with allOrNone when one record fails', async () => {
    const { store, update, deal, other, stampOf, pass } = await filled()
    const before = await stampOf('Opportunity', deal)
    pass(5000)
    const records = [
      { id: deal, ERP_Order_Number__c: 'S4' },
      { id: other, ERP_Status__c: 'flown' },
    ]
    expect(await update(records, { allOrNone: true })).toMatchObject({
      status: 200,
      body: [
        failed('ALL_OR_NONE_OPERATION_ROLLED_BACK', 'rolled back'),
        failed('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', '', ['ERP_Status__c']),
      ],
    })
    expect(store.record('Opportunity', deal)).not.toHaveProperty('ERP_Order_Number__c')
    expect(await stampOf('Opportunity', deal)).toBe(before)
  })

  test('takes 200 records and no more, and ten changes of type', async () => {
    const { call, update, deal, account } = await filled()
    const one = { id: deal, NextStep: 'call' }
    const many = Array.from({ length: 201 }, () => one)
    expect((await update(many.slice(1))).status).toBe(200)
    expect(await update(many)).toMatchObject({ status: 400, body: [{ errorCode: 'EXCEEDED_ID_LIMIT' }] })
    const mixed = Array.from({ length: 11 }, (_, n) =>
      n % 2 === 0 ? typed('Opportunity')(one) : typed('Account')({ id: account, Phone: '1' }),
    )
    expect((await call('PATCH', '/composite/sobjects', { records: mixed.slice(1) })).status).toBe(200)
    expect((await call('PATCH', '/composite/sobjects', { records: mixed })).status).toBe(400)
  })

  test('finds locked records busy until they are let go', async () => {
    const { store, update, call, deal, other } = await filled()
    store.lock(deal)
    const records = [
      { id: deal, NextStep: 'a' },
      { id: other, NextStep: 'a' },
    ]
    expect((await update(records)).body).toMatchObject([
      failed('UNABLE_TO_LOCK_ROW', 'unable to obtain exclusive access to this record'),
      saved(other),
    ])
    expect(codeOf(await call('PATCH', `/sobjects/Opportunity/${deal}`, { NextStep: 'a' }))).toBe('UNABLE_TO_LOCK_ROW')
    store.unlock()
    expect((await update(records)).body).toMatchObject([saved(deal), saved(other)])
  })

  test('meets the rules that admins made', async () => {
    const { store, update, deal } = await filled()
    store.addValidationRule({
      object: 'Opportunity',
      message: 'A won deal needs a next step',
      field: 'NextStep',
      fails: (values) => values.IsWon === true && values.NextStep === null,
    })
    expect(
      (
        await update([
          { id: deal, Type: 'x' },
          { id: deal, NextStep: 'ship' },
        ])
      ).body,
    ).toMatchObject([
      failed('FIELD_CUSTOM_VALIDATION_EXCEPTION', 'A won deal needs a next step', ['NextStep']),
      saved(deal),
    ])
  })

  test('may see a field and not edit it', async () => {
    const { store, update, deal } = await filled()
    store.setReadOnly(['Opportunity.NextStep'])
    expect((await update([{ id: deal, NextStep: 'x' }])).body).toMatchObject([
      failed('INVALID_FIELD_FOR_INSERT_UPDATE', 'NextStep', ['NextStep']),
    ])
    store.setReadOnly(['Opportunity'])
    expect((await update([{ id: deal, Name: 'x' }])).body).toMatchObject([
      failed('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights'),
    ])
  })
})

describe('records of a collection', () => {
  test('are made, read back and deleted', async () => {
    const { call, store, deal } = await filled()
    const made = await call('POST', '/composite/sobjects', {
      records: [
        typed('Contact')({ LastName: 'Lee' }),
        typed('Contact')({ FirstName: 'Ann' }),
        typed('Contact')({ LastName: 'Ray', Email: 'ray' }),
      ],
    })
    expect(made).toMatchObject({
      status: 200,
      body: [
        { success: true },
        failed('REQUIRED_FIELD_MISSING', 'Required fields are missing: [LastName]', ['LastName']),
        failed('INVALID_EMAIL_ADDRESS', 'invalid email address: ray', ['Email']),
      ],
    })
    const id = String((made.body as JsonObject[])[0]?.id)
    const ids = [id, '003000000000001AAA', deal, id.slice(0, 15)]
    const retrieve = (fields: Json) => call('POST', '/composite/sobjects/Contact', { ids, fields })
    expect((await retrieve(['Id', 'name'])).body).toEqual([
      { attributes: { type: 'Contact', url: `/services/data/v67.0/sobjects/Contact/${id}` }, Id: id, Name: 'Lee' },
      null,
      null,
      expect.objectContaining({ Id: id }),
    ])
    expect(codeOf(await retrieve(['Account.Name']))).toBe('INVALID_FIELD')
    expect(await call('DELETE', `/composite/sobjects?ids=${id},${id}`)).toMatchObject({
      status: 200,
      body: [saved(id), failed('ENTITY_IS_DELETED', 'entity is deleted')],
    })
    expect((await retrieve(['Id'])).body).toEqual([null, null, null, null])
    expect(store.record('Contact', id)).toBeNull()
  })

  test('are upserted by an External ID, each key once', async () => {
    const { call, store, deal } = await filled()
    store.update('Opportunity', deal, { ERP_Order_Id__c: '4711' })
    const fields = { StageName: 'Prospecting', CloseDate: '2026-12-31', Name: 'New' }
    const upsert = (records: readonly JsonObject[], field = 'ERP_Order_Id__c') =>
      call('PATCH', `/composite/sobjects/Opportunity/${field}`, { records: records.map(typed('Opportunity')) })
    const reply = await upsert([
      { ERP_Order_Id__c: '4711', NextStep: 'x' },
      { ERP_Order_Id__c: 'a/b c', ...fields },
      { ERP_Order_Id__c: 'twice', ...fields },
      { ERP_Order_Id__c: 'Twice', ...fields },
      { ...fields },
    ])
    expect(reply.body).toMatchObject([
      { ...saved(deal), created: false },
      { success: true, created: true },
      failed('DUPLICATE_VALUE', 'Duplicate external id specified: twice', ['ERP_Order_Id__c']),
      failed('DUPLICATE_VALUE', 'Duplicate external id specified: Twice', ['ERP_Order_Id__c']),
      failed('MISSING_ARGUMENT', 'ERP_Order_Id__c not specified', ['ERP_Order_Id__c']),
    ])
    expect(await upsert([], 'NextStep')).toMatchObject({ status: 404, body: [{ errorCode: 'NOT_FOUND' }] })
  })
})

describe('a single record', () => {
  test('is made, read, changed and deleted', async () => {
    const { call } = await filled()
    const made = await call('POST', '/sobjects/Account', { Name: ' Beta ', BillingCity: 'Bonn' })
    expect(made).toMatchObject({ status: 201, body: { success: true, errors: [] } })
    const path = `/sobjects/Account/${(made.body as JsonObject).id}`
    expect((await call('PATCH', path, { Phone: '1' })).status).toBe(204)
    expect((await call('GET', `${path}?fields=Name,Phone`)).body).toMatchObject({ Name: 'Beta', Phone: '1' })
    expect((await call('GET', path)).body).toMatchObject({ BillingCity: 'Bonn', IsDeleted: false })
    expect((await call('DELETE', path)).status).toBe(204)
    for (const method of ['GET', 'DELETE']) {
      expect(await call(method, path)).toMatchObject({ status: 404, body: [{ errorCode: 'ENTITY_IS_DELETED' }] })
    }
  })

  test.each<[string, string, string, JsonObject | undefined, number, string]>([
    ['an id of nobody', 'GET', '/sobjects/Account/001000000000001AAA', undefined, 404, 'NOT_FOUND'],
    ['an object that there is not', 'POST', '/sobjects/Nothing', {}, 400, 'INVALID_TYPE'],
    ['a field that there is not', 'POST', '/sobjects/Account', { Name: 'x', Nothing: 1 }, 400, 'INVALID_FIELD'],
    ['a record without its name', 'POST', '/sobjects/Account', { Phone: '1' }, 400, 'REQUIRED_FIELD_MISSING'],
    ['an id of its own choice', 'POST', '/sobjects/Account', { Name: 'x', Id: '001' }, 400, 'INVALID_FIELD'],
  ])('is refused with the code of a request: %s', async (_, method, path, body, status, code) => {
    const { call } = await filled()
    expect(await call(method, path, body)).toMatchObject({ status, body: [{ errorCode: code }] })
  })

  test('is upserted: 201 when it is new, 200 when it is there, 204 before version 46.0', async () => {
    const { call } = await filled()
    const path = `/sobjects/Delivery__c/External_Id__c/${encodeURIComponent('a/b c')}`
    const { status, body } = await call('PATCH', path, { Status__c: 'Planned' })
    expect({ status, body }).toMatchObject({ status: 201, body: { success: true, created: true } })
    expect(await call('PATCH', path, { Status__c: 'Shipped' })).toMatchObject({
      status: 200,
      body: { ...saved(String((body as JsonObject).id)), created: false },
    })
    expect((await call('PATCH', `/services/data/v45.0${path}`, { Status__c: 'Delivered' })).status).toBe(204)
    expect((await call('GET', path)).body).toMatchObject({ External_Id__c: 'a/b c', Status__c: 'Delivered' })
    expect(codeOf(await call('PATCH', path, { External_Id__c: 'x' }))).toBe('INVALID_FIELD')
    const other = '/sobjects/Delivery__c/External_Id__c/other?updateOnly=true'
    expect((await call('PATCH', other, { Status__c: 'Planned' })).status).toBe(404)
  })

  test('is not chosen when several carry the External ID: 300 and where they are', async () => {
    const { call, store, deal, other } = await filled()
    for (const id of [deal, other]) store.update('Opportunity', id, { Code__c: 'X' })
    expect(await call('PATCH', '/sobjects/Opportunity/Code__c/x', { NextStep: 'a' })).toMatchObject({
      status: 300,
      body: [deal, other].map((id) => `/services/data/v67.0/sobjects/Opportunity/${id}`),
    })
    expect(await call('PATCH', '/sobjects/Opportunity/Name/x', {})).toMatchObject({
      status: 404,
      body: [{ message: 'Provided external ID field does not exist or is not accessible: Name' }],
    })
  })
})

describe('an opportunity', () => {
  test('has the amount of its lines, whatever is written', async () => {
    const { store, update, deal, other } = await filled()
    const amounts = [
      { id: deal, Amount: 999, NextStep: 'x' },
      { id: other, Amount: 999 },
    ]
    expect((await update(amounts)).body).toMatchObject([saved(deal), saved(other)])
    expect(store.record('Opportunity', deal)).toMatchObject({ Amount: 20, NextStep: 'x' })
    expect(store.record('Opportunity', other)).toMatchObject({ Amount: 999 })
    store.addLine(deal, { sku: 'B-2', quantity: '3', price: '9.99', discountPercent: '10' })
    store.addLine(deal, { sku: 'C-3', quantity: '2', price: '5', discountEach: '1.5' })
    expect(store.record('Opportunity', deal)).toMatchObject({ Amount: 53.97, TotalOpportunityQuantity: 7 })
  })

  test('is won by its stage', async () => {
    const { store, update, other, pass } = await filled()
    pass(60_000)
    await update([{ id: other, StageName: 'Closed Won' }])
    expect(store.record('Opportunity', other)).toMatchObject({
      IsWon: true,
      IsClosed: true,
      Probability: 100,
      ForecastCategoryName: 'Closed',
      LastStageChangeDate: '2026-03-01T08:01:00.000+0000',
    })
  })

  test('takes lines of its own price book and currency only', async () => {
    const { store, call, deal } = await filled({ ...erpFields, currency: 'EUR', currencies: ['USD'] })
    const product = store.addProduct({ sku: 'A-1' })
    const book = store.create('Pricebook2', { Name: 'Other', IsActive: true })
    const entry = (fields: JsonObject) =>
      store.create('PricebookEntry', { Product2Id: product, UnitPrice: '1', IsActive: true, ...fields })
    const standard = String(store.record('Opportunity', deal)?.Pricebook2Id)
    const add = async (fields: JsonObject) =>
      codeOf(
        await call('POST', '/sobjects/OpportunityLineItem', {
          OpportunityId: deal,
          Quantity: 1,
          UnitPrice: 1,
          ...fields,
        }),
      )
    expect(await add({ PricebookEntryId: entry({ Pricebook2Id: book }) })).toBe('FIELD_INTEGRITY_EXCEPTION')
    const dollars = entry({ Pricebook2Id: standard, CurrencyIsoCode: 'USD' })
    expect(await add({ PricebookEntryId: dollars })).toBe('FIELD_INTEGRITY_EXCEPTION')
    expect(await add({})).toBe('FIELD_INTEGRITY_EXCEPTION')
    expect(await add({ Product2Id: product, TotalPrice: 1 })).toBe('FIELD_INTEGRITY_EXCEPTION')
    expect(await add({ Product2Id: product })).toBeNull()
  })
})

describe('a product', () => {
  const keyed = { Product2: [{ name: 'ERP_Key__c', externalId: true, unique: true }] }
  const upsert = (org: Awaited<ReturnType<typeof start>>, records: readonly JsonObject[]) =>
    org.call('PATCH', '/composite/sobjects/Product2/ERP_Key__c', { records: records.map(typed('Product2')) })

  test('is made once for a key that is unique, and changed after that', async () => {
    const org = await start({ customFields: keyed })
    const { body } = await upsert(org, [{ ERP_Key__c: 'k1', Name: 'Desk' }, { ERP_Key__c: 'k2' }])
    const id = String(org.store.records('Product2')[0]?.Id)
    expect(body).toEqual([{ ...saved(id), created: true }, failed('REQUIRED_FIELD_MISSING', '[Name]', ['Name'])])
    expect((await upsert(org, [{ ERP_Key__c: 'K1', Name: 'Table' }])).body).toEqual([{ ...saved(id), created: false }])
    expect(org.store.records('Product2')).toMatchObject([{ Name: 'Table' }])
    const made = await org.call('POST', '/sobjects/Product2', { Name: 'Other', ERP_Key__c: 'k1' })
    expect([made.status, codeOf(made)]).toEqual([400, 'DUPLICATE_VALUE'])
  })

  test('has one price in a book and currency, and in other books only with a standard one', async () => {
    const { store, call } = await start({ currencies: ['USD'] })
    const Product2Id = String(store.create('Product2', { Name: 'Desk' }))
    const standard = String(store.records('Pricebook2')[0]?.Id)
    const other = store.create('Pricebook2', { Name: 'Other', IsActive: true })
    const add = async (fields: JsonObject) => {
      const reply = await call('POST', '/sobjects/PricebookEntry', { Product2Id, ...fields })
      return reply.status === 201 ? 201 : codeOf(reply)
    }
    const price = { Pricebook2Id: standard, UnitPrice: 1 }
    expect(await add({ UnitPrice: 1 })).toBe('REQUIRED_FIELD_MISSING')
    expect(await add({ Pricebook2Id: standard })).toBe('REQUIRED_FIELD_MISSING')
    expect(await add({ Pricebook2Id: other, UnitPrice: 1 })).toBe('STANDARD_PRICE_NOT_DEFINED')
    expect(await add(price)).toBe(201)
    expect(await add(price)).toBe('DUPLICATE_VALUE')
    expect(await add({ ...price, CurrencyIsoCode: 'USD' })).toBe(201)
    expect(await add({ ...price, CurrencyIsoCode: 'GBP' })).toBe('INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST')
    expect(await add({ Pricebook2Id: other, UnitPrice: 1, UseStandardPrice: true })).toBe('NOT_SIMULATED')
    expect(await add({ Pricebook2Id: other, UnitPrice: 1 })).toBe(201)
    const entry = String(store.records('PricebookEntry')[0]?.Id)
    expect((await call('PATCH', `/sobjects/PricebookEntry/${entry}`, { UnitPrice: 2, IsActive: true })).status).toBe(
      204,
    )
    expect(codeOf(await call('PATCH', `/sobjects/PricebookEntry/${entry}`, { Pricebook2Id: other }))).toBe(
      'INVALID_FIELD_FOR_INSERT_UPDATE',
    )
    expect(store.record('PricebookEntry', entry)).toMatchObject({
      UnitPrice: 2,
      IsActive: true,
      CurrencyIsoCode: 'EUR',
    })
  })
})

describe('SystemModstamp', () => {
  test.each<[string, boolean, (org: Awaited<ReturnType<typeof filled>>) => unknown]>([
    ['moves when a field is written', true, ({ update, deal }) => update([{ id: deal, NextStep: 'x' }])],
    ['moves when nothing in the record is new', true, ({ update, deal }) => update([{ id: deal, Name: 'Won' }])],
    ['stays when the write is refused', false, ({ update, deal }) => update([{ id: deal, Name: null }])],
    ['moves when a line moves the amount', true, ({ store, deal }) => store.addLine(deal, line('B-2'))],
    ['stays when a line is worth nothing', false, ({ store, deal }) => store.addLine(deal, line('B-2', '1', '0'))],
    [
      'stays when a line is written that is worth the same',
      false,
      ({ store }) => store.update('OpportunityLineItem', lineOf(store), { Description: 'x' }),
    ],
    ['moves when a line is deleted', true, ({ store }) => store.delete('OpportunityLineItem', lineOf(store))],
    [
      'stays when its account is written',
      false,
      ({ store, account }) => store.update('Account', account, { Phone: '1' }),
    ],
    ['moves when it is deleted', true, ({ store, deal }) => store.delete('Opportunity', deal)],
  ])('%s', async (_, moves, act) => {
    const org = await filled()
    const before = await org.stampOf('Opportunity', org.deal)
    org.pass(1500)
    await act(org)
    const after = await org.stampOf('Opportunity', org.deal)
    // Whole seconds.
    expect(after).toBe(moves ? '2026-03-01T08:00:01.000+0000' : before)
  })

  const lineOf = (store: Awaited<ReturnType<typeof filled>>['store']): string =>
    String(store.records('OpportunityLineItem')[0]?.Id)
})

describe('records that are gone', () => {
  test('are told by the two calls for it, by minutes', async () => {
    const { store, call, deal, other, pass } = await filled()
    pass(3_600_000)
    store.update('Opportunity', other, { NextStep: 'x' })
    store.delete('Opportunity', deal)
    pass(120_000)
    const window = (start: string, end: string) => `start=${encodeURIComponent(start)}&end=${encodeURIComponent(end)}`
    const hour = window('2026-03-01T09:00:00+00:00', '2026-03-01T09:01:59+00:00')
    expect((await call('GET', `/sobjects/Opportunity/updated?${hour}`)).body).toEqual({
      ids: [other],
      latestDateCovered: '2026-03-01T09:01:00.000+0000',
    })
    expect((await call('GET', `/sobjects/Opportunity/deleted?${hour}`)).body).toEqual({
      deletedRecords: [{ id: deal, deletedDate: '2026-03-01T09:00:00.000+0000' }],
      earliestDateAvailable: '2026-02-14T09:02:00.000+0000',
      latestDateCovered: '2026-03-01T09:01:00.000+0000',
    })
    const old = window('2026-02-01T00:00:00Z', '2026-03-01T09:00:00Z')
    expect((await call('GET', `/sobjects/Opportunity/updated?${old}`)).status).toBe(200)
    expect(codeOf(await call('GET', `/sobjects/Opportunity/deleted?${old}`))).toBe('INVALID_REPLICATION_DATE')
    const empty = window('2026-03-01T09:00:00Z', '2026-03-01T09:00:30Z')
    expect(codeOf(await call('GET', `/sobjects/Opportunity/updated?${empty}`))).toBe('INVALID_REPLICATION_DATE')
  })

  test('come back with what went along', async () => {
    const { store, query, deal } = await filled()
    store.delete('Opportunity', deal)
    store.undelete('Opportunity', deal)
    expect((await query('SELECT Id FROM OpportunityLineItem')).totalSize).toBe(1)
    expect(store.record('Opportunity', deal)).toMatchObject({ Amount: 20 })
  })

  test('name the account that they were merged into, which has all that was theirs', async () => {
    const { store, rows, account, deal } = await filled()
    const winner = store.addAccount({ Name: 'Acme Holding' })
    const contact = store.addContact({ LastName: 'Lee', AccountId: account })
    store.merge('Account', winner, account)
    expect(await rows(`SELECT Id FROM Account WHERE Id = '${account}'`)).toEqual([])
    expect(await rows(`SELECT MasterRecordId, IsDeleted FROM Account WHERE Id = '${account}'`, 'queryAll')).toEqual([
      { MasterRecordId: winner, IsDeleted: true },
    ])
    expect(store.record('Opportunity', deal)).toMatchObject({ AccountId: winner })
    expect(store.record('Contact', contact)).toMatchObject({ AccountId: winner })
  })
})
