import { afterEach, describe, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import { fullId } from './ids.ts'
import { closeAll, codeOf, line, start } from './rig.ts'

afterEach(closeAll)

/** Two accounts, three opportunities: one won with lines and a contact, one open, one lost and without an account. */
async function filled(options: Parameters<typeof start>[0] = {}) {
  const org = await start({
    customFields: { Opportunity: [{ name: 'Colours__c', type: 'multipicklist', values: ['red', 'green', 'blue'] }] },
    ...options,
  })
  const { store } = org
  const acme = store.addAccount({ Name: 'Acme', BillingCity: 'Berlin', BillingCountry: 'Germany' })
  const beta = store.addAccount({ Name: 'beta' })
  const contact = store.addContact({ FirstName: 'Ann', LastName: 'Lee', Email: 'ann@acme.example', AccountId: acme })
  const won = store.addOpportunity({
    name: "O'Neil 100%",
    accountId: acme,
    contactIds: [contact],
    lines: [line('A-1', '2', '10.5'), line('B-2')],
    fields: { Colours__c: 'red;green' },
  })
  org.pass(1000)
  const open = store.addOpportunity({
    name: 'open_one',
    stage: 'Prospecting',
    accountId: beta,
    fields: { Amount: '1000', Colours__c: 'blue' },
  })
  org.pass(1000)
  const lost = store.addOpportunity({ name: 'Lost one', stage: 'Closed Lost', fields: { CloseDate: '2026-01-31' } })
  const name = (id: Json | undefined) => ({ [won]: 'won', [open]: 'open', [lost]: 'lost' })[String(id)] ?? String(id)
  const found = async (where: string) => (await org.ids(`SELECT Id FROM Opportunity ${where}`)).map(name)
  return { ...org, acme, beta, contact, won, open, lost, found }
}

test.each([
  // The example of Salesforce's own documentation.
  ['001D000000IRFma', '001D000000IRFmaIAH'],
  ['001d000000irfmaIAH', '001D000000IRFmaIAH'],
  ['001D000000IRFMAiah', '001D000000IRFmaIAH'],
  ['001D000000IRFm', null],
  ['001D000000IRFma!AH', null],
])('the id %s is %s in full', (id, full) => {
  expect(fullId(id)).toBe(full)
})

describe('a query', () => {
  test('answers records with their fields, lookups as objects and lists as pages', async () => {
    const { query, acme, contact, won } = await filled()
    const page = await query(
      'SELECT Id, name, Account.Name, Account.Owner.LastName, Account.BillingAddress, HasOpportunityLineItem, ' +
        '(SELECT Quantity, TotalPrice, Product2.ProductCode FROM OpportunityLineItems ORDER BY Quantity), ' +
        '(SELECT Contact.Email, IsPrimary FROM OpportunityContactRoles), (SELECT Id FROM Deliveries__r) ' +
        'FROM opportunity WHERE IsWon = TRUE',
    )
    const of = (type: string, id: unknown) => ({ type, url: `/services/data/v67.0/sobjects/${type}/${id}` })
    const ofLine = (product: string, quantity: number, price: number) => ({
      attributes: expect.objectContaining({ type: 'OpportunityLineItem' }),
      Quantity: quantity,
      TotalPrice: price,
      Product2: { attributes: expect.objectContaining({ type: 'Product2' }), ProductCode: product },
    })
    expect(page).toEqual({
      totalSize: 1,
      done: true,
      records: [
        {
          attributes: of('Opportunity', won),
          Id: won,
          Name: "O'Neil 100%",
          Account: {
            attributes: of('Account', acme),
            Name: 'Acme',
            Owner: { attributes: expect.objectContaining({ type: 'User' }), LastName: 'Seller' },
            BillingAddress: expect.objectContaining({ city: 'Berlin', country: 'Germany', street: null }),
          },
          HasOpportunityLineItem: true,
          OpportunityLineItems: { totalSize: 2, done: true, records: [ofLine('B-2', 1, 10), ofLine('A-1', 2, 21)] },
          OpportunityContactRoles: {
            totalSize: 1,
            done: true,
            records: [
              {
                attributes: expect.objectContaining({ type: 'OpportunityContactRole' }),
                Contact: { attributes: of('Contact', contact), Email: 'ann@acme.example' },
                IsPrimary: true,
              },
            ],
          },
          Deliveries__r: null,
        },
      ],
    })
  })

  test('gives null for the whole of an empty lookup', async () => {
    const { rows } = await filled()
    expect(await rows("SELECT Account.Name, Account.Parent.Name FROM Opportunity WHERE Name = 'Lost one'")).toEqual([
      { Account: null },
    ])
    expect(await rows("SELECT Account.Parent.Name FROM Opportunity WHERE Name = 'open_one'")).toMatchObject([
      { Account: { Parent: null } },
    ])
  })

  test.each<[string, readonly string[]]>([
    ["WHERE Name = 'o\\'neil 100%'", ['won']],
    ["WHERE Name != 'open_one'", ['won', 'lost']],
    ["WHERE Name LIKE 'O%'", ['won', 'open']],
    ["WHERE Name LIKE '%100\\%'", ['won']],
    ["WHERE Name LIKE 'open\\_one'", ['open']],
    ["WHERE Name LIKE 'lost_one'", ['lost']],
    ["WHERE Name LIKE 'lost\\_one'", []],
    ["WHERE StageName IN ('Closed Won', 'closed lost')", ['won', 'lost']],
    ["WHERE StageName NOT IN ('Closed Won')", ['open', 'lost']],
    ['WHERE Amount > 31', ['open']],
    ['WHERE Amount >= 31.00', ['won', 'open']],
    ['WHERE Amount = 1000.0', ['open']],
    ['WHERE Amount < -1', []],
    ['WHERE Amount = NULL', ['lost']],
    ['WHERE Amount != NULL', ['won', 'open']],
    ['WHERE Amount != 31', ['open', 'lost']],
    ["WHERE Account.Name = 'ACME'", ['won']],
    ["WHERE Account.Name != 'Acme'", ['open', 'lost']],
    ['WHERE AccountId = NULL', ['lost']],
    ['WHERE IsClosed = FALSE', ['open']],
    ['WHERE IsClosed = TRUE AND (IsWon = FALSE OR Amount > 1000)', ['lost']],
    ['WHERE NOT (IsWon = TRUE OR Amount = 1000)', ['lost']],
    ['WHERE NOT IsWon = TRUE AND Amount = 1000', ['open']],
    ["WHERE (NOT (Name = 'open_one')) AND (NOT IsWon = TRUE)", ['lost']],
    ["WHERE AccountId IN (SELECT Id FROM Account WHERE Name = 'beta')", ['open']],
    ["WHERE AccountId NOT IN (SELECT Id FROM Account WHERE Name = 'beta')", ['won', 'lost']],
    ["WHERE Colours__c INCLUDES ('blue', 'red;green')", ['won', 'open']],
    ["WHERE Colours__c EXCLUDES ('red')", ['open', 'lost']],
    ['WHERE CloseDate = 2026-01-31', ['lost']],
    ['WHERE CloseDate = TODAY', ['won', 'open']],
    ['WHERE CloseDate = LAST_MONTH', []],
    ['WHERE CloseDate >= LAST_N_DAYS:20', ['won', 'open']],
    ['WHERE CloseDate < THIS_MONTH', ['lost']],
    ['WHERE CloseDate = THIS_YEAR AND CreatedDate = TODAY', ['won', 'open', 'lost']],
    ['WHERE CloseDate = N_MONTHS_AGO:2', ['lost']],
    ['WHERE SystemModstamp > 2026-03-01T08:00:00Z', ['open', 'lost']],
    ['WHERE SystemModstamp > 2026-03-01T09:00:00.000+01:00', ['open', 'lost']],
    ['WHERE SystemModstamp >= 2026-03-01T08:00:00.500Z', ['open', 'lost']],
    ['WHERE SystemModstamp = 2026-03-01T08:00:01.000Z', ['open']],
    ['WHERE SystemModstamp < 2026-03-01T08:00:01Z', ['won']],
    ['WHERE SystemModstamp <= 2026-03-01T08:00:01Z', ['won', 'open']],
    ["WHERE SystemModstamp > 2026-03-01T08:00:01Z OR Name = 'open_one'", ['open', 'lost']],
    ['WHERE SystemModstamp < 2026-03-01T08:00:01Z OR SystemModstamp = 2026-03-01T08:00:02Z', ['won', 'lost']],
    ["WHERE SystemModstamp > 2026-03-01T08:00:00Z AND Account.Name = 'beta'", ['open']],
    ['ORDER BY Name', ['lost', 'won', 'open']],
    ['ORDER BY Amount', ['lost', 'won', 'open']],
    ['ORDER BY Amount DESC', ['open', 'won', 'lost']],
    ['ORDER BY Amount DESC NULLS FIRST', ['lost', 'open', 'won']],
    ['ORDER BY Amount NULLS LAST', ['won', 'open', 'lost']],
    ['ORDER BY IsClosed DESC, Name DESC', ['won', 'lost', 'open']],
    ['ORDER BY Account.Name NULLS LAST', ['won', 'open', 'lost']],
    ['ORDER BY SystemModstamp DESC, Id DESC', ['lost', 'open', 'won']],
    ['LIMIT 2', ['won', 'open']],
    ['LIMIT 0', []],
    ['ORDER BY Name LIMIT 2 OFFSET 1', ['won', 'open']],
    ["o WHERE o.Account.Name = 'Acme' AND Opportunity.Name LIKE 'O%'", ['won']],
  ])('%s', async (where, expected) => {
    const { found } = await filled()
    expect(await found(where)).toEqual(expected)
  })

  test('takes ids of 15 and of 18 characters, in any order and twice', async () => {
    const { found, won, open } = await filled()
    expect(await found(`WHERE Id IN ('${open.slice(0, 15)}', '${won}', '${open}')`)).toEqual(['won', 'open'])
    expect(await found(`WHERE Id = '${won.toLowerCase().slice(0, 15)}${won.slice(15)}'`)).toEqual(['won'])
    expect(await found(`WHERE Id > '${won}'`)).toEqual(['open', 'lost'])
    expect(await found(`WHERE Id >= '${open}' ORDER BY Id DESC`)).toEqual(['lost', 'open'])
  })

  test('counts without records', async () => {
    const { query } = await filled()
    expect(await query('SELECT COUNT() FROM Opportunity WHERE IsClosed = TRUE')).toEqual({
      totalSize: 2,
      done: true,
      records: [],
    })
  })

  test('knows all fields by FIELDS()', async () => {
    const { rows, ask } = await filled()
    const [standard] = await rows('SELECT FIELDS(STANDARD) FROM Opportunity')
    expect(standard).toMatchObject({ Name: "O'Neil 100%", Amount: 31 })
    expect(standard).not.toHaveProperty('Colours__c')
    expect(await rows('SELECT FIELDS(CUSTOM) FROM Opportunity LIMIT 1')).toEqual([{ Colours__c: 'red;green' }])
    expect(codeOf(await ask('SELECT FIELDS(ALL) FROM Opportunity LIMIT 201'))).toBe('MALFORMED_QUERY')
  })

  test('has the currency of a record only where there are several', async () => {
    const one = await filled()
    expect(codeOf(await one.ask('SELECT CurrencyIsoCode FROM Opportunity'))).toBe('INVALID_FIELD')
    expect(codeOf(await one.ask('SELECT IsoCode FROM CurrencyType'))).toBe('INVALID_TYPE')
    const several = await filled({ currency: 'EUR', currencies: ['USD'] })
    expect(await several.rows('SELECT CurrencyIsoCode FROM Opportunity LIMIT 1')).toEqual([{ CurrencyIsoCode: 'EUR' }])
    expect(await several.rows('SELECT IsoCode, IsCorporate FROM CurrencyType')).toEqual([
      { IsoCode: 'EUR', IsCorporate: true },
      { IsoCode: 'USD', IsCorporate: false },
    ])
  })

  test('sees deleted records by queryAll only', async () => {
    const { store, won, lost, rows, query } = await filled()
    store.delete('Opportunity', won)
    store.delete('Opportunity', lost)
    store.purge('Opportunity', lost)
    expect(await rows('SELECT Name FROM Opportunity')).toEqual([{ Name: 'open_one' }])
    expect(await rows('SELECT Name, IsDeleted FROM Opportunity ORDER BY Id', 'queryAll')).toEqual([
      { Name: "O'Neil 100%", IsDeleted: true },
      { Name: 'open_one', IsDeleted: false },
    ])
    // Lines and roles go along.
    expect((await query('SELECT Id FROM OpportunityLineItem')).totalSize).toBe(0)
    expect((await query('SELECT Id FROM OpportunityLineItem', 'queryAll')).totalSize).toBe(2)
  })
})

describe('a query is refused with the code and the words of Salesforce:', () => {
  test.each<[string, string, string, string]>([
    [
      'an unknown field',
      'SELECT Id, Nothing__c FROM Opportunity',
      'INVALID_FIELD',
      "\nSELECT Id, Nothing__c FROM Opportunity\n           ^\nERROR at Row:1:Column:12\nNo such column 'Nothing__c' on entity 'Opportunity'.",
    ],
    ['an unknown field of a lookup', 'SELECT Account.Nothing FROM Opportunity', 'INVALID_FIELD', "on entity 'Account'"],
    [
      'an unknown field in a condition',
      'SELECT Id FROM Opportunity WHERE Nothing = 1',
      'INVALID_FIELD',
      'No such column',
    ],
    ['an unknown field in an order', 'SELECT Id FROM Opportunity ORDER BY Nothing', 'INVALID_FIELD', 'No such column'],
    [
      'an unknown lookup',
      'SELECT Nothing.Name FROM Opportunity',
      'INVALID_FIELD',
      "Didn't understand relationship 'Nothing' in field path",
    ],
    [
      'an unknown list',
      'SELECT Id, (SELECT Id FROM Lines) FROM Opportunity',
      'INVALID_TYPE',
      "Didn't understand relationship 'Lines' in FROM part",
    ],
    ['an unknown object', 'SELECT Id FROM Nothing', 'INVALID_TYPE', "sObject type 'Nothing' is not supported"],
    ['a field twice', 'SELECT Id, Name, id FROM Opportunity', 'INVALID_FIELD', 'duplicate field selected: Id'],
    [
      'a long text in a condition',
      "SELECT Id FROM Opportunity WHERE Description = 'x'",
      'INVALID_FIELD',
      "field 'Description' can not be filtered in a query call",
    ],
    [
      'a long text in an order',
      'SELECT Id FROM Opportunity ORDER BY Description',
      'INVALID_FIELD',
      "field 'Description' can not be sorted in a query call",
    ],
    [
      'a date-time in quotes',
      "SELECT Id FROM Opportunity WHERE SystemModstamp > '2026-01-01T00:00:00Z'",
      'INVALID_FIELD',
      "value of filter criterion for field 'SystemModstamp' must be of type dateTime and should not be enclosed in quotes",
    ],
    [
      'a date for a date-time',
      'SELECT Id FROM Opportunity WHERE SystemModstamp > 2026-01-01',
      'INVALID_FIELD',
      'must be of type dateTime',
    ],
    [
      'a date-time for a date',
      'SELECT Id FROM Opportunity WHERE CloseDate > 2026-01-01T00:00:00Z',
      'INVALID_FIELD',
      'must be of type date',
    ],
    [
      'a number in quotes',
      "SELECT Id FROM Opportunity WHERE Amount > '1'",
      'INVALID_FIELD',
      'must be of type double and should not be enclosed',
    ],
    [
      'a text without quotes',
      'SELECT Id FROM Opportunity WHERE Name = 1',
      'INVALID_FIELD',
      'must be of type string and should be enclosed in quotes',
    ],
    [
      'a boolean in quotes',
      "SELECT Id FROM Opportunity WHERE IsWon = 'true'",
      'INVALID_FIELD',
      'must be of type boolean',
    ],
    [
      'an id that is none',
      "SELECT Id FROM Opportunity WHERE Id = '006'",
      'INVALID_QUERY_FILTER_OPERATOR',
      'invalid ID field: 006',
    ],
    ['LIKE on an id', "SELECT Id FROM Opportunity WHERE Id LIKE '006%'", 'INVALID_QUERY_FILTER_OPERATOR', 'invalid'],
    [
      'AND mixed with OR',
      "SELECT Id FROM Opportunity WHERE Name = 'a' AND Amount = 1 OR IsWon = TRUE",
      'MALFORMED_QUERY',
      'unexpected token: OR',
    ],
    ['no list of fields', 'SELECT FROM Opportunity', 'MALFORMED_QUERY', "unexpected token: 'FROM'"],
    ['a star', 'SELECT * FROM Opportunity', 'MALFORMED_QUERY', "unexpected token: '*'"],
    ['an end too early', 'SELECT Id FROM Opportunity WHERE', 'MALFORMED_QUERY', 'unexpected'],
    ['an empty list', 'SELECT Id FROM Opportunity WHERE Id IN ()', 'MALFORMED_QUERY', 'unexpected token'],
    ['ALL ROWS', 'SELECT Id FROM Opportunity ALL ROWS', 'MALFORMED_QUERY', 'unexpected token'],
    [
      'an escape that is none',
      "SELECT Id FROM Opportunity WHERE Name = 'a\\qb'",
      'MALFORMED_QUERY',
      "Illegal character sequence '\\q'",
    ],
    [
      'an alias of a plain field',
      'SELECT Id x FROM Opportunity',
      'MALFORMED_QUERY',
      'only aggregate expressions use field aliasing',
    ],
    [
      'a list inside of a list',
      'SELECT Id, (SELECT Id, (SELECT Id FROM X) FROM OpportunityLineItems) FROM Opportunity',
      'MALFORMED_QUERY',
      'Only one level',
    ],
    [
      'an offset too far',
      'SELECT Id FROM Opportunity OFFSET 2001',
      'NUMBER_OUTSIDE_VALID_RANGE',
      'Maximum SOQL offset allowed is 2000',
    ],
    ['no statement', '', 'MALFORMED_QUERY', 'unexpected'],
  ])('%s', async (_, soql, code, message) => {
    const { ask } = await filled()
    expect(await ask(soql)).toMatchObject({
      status: 400,
      body: [{ errorCode: code, message: expect.stringContaining(message) }],
    })
  })

  test('a field that field-level security hides is not there, nor is a hidden object', async () => {
    const { store, ask, found } = await filled()
    store.setHidden(['Opportunity.Amount', 'Product2'])
    expect(codeOf(await ask('SELECT Amount FROM Opportunity'))).toBe('INVALID_FIELD')
    expect(codeOf(await ask('SELECT Id FROM Opportunity WHERE Amount > 1'))).toBe('INVALID_FIELD')
    expect(codeOf(await ask('SELECT Id FROM Product2'))).toBe('INVALID_TYPE')
    expect(codeOf(await ask('SELECT Product2.Name FROM OpportunityLineItem'))).toBe('INVALID_FIELD')
    expect(await found('')).toEqual(['won', 'open', 'lost'])
  })
})

describe('pages of a query', () => {
  test('hold 200 to 2000 records, whatever is asked for', async () => {
    const { store, query, call } = await start()
    for (let n = 0; n < 450; n += 1) store.addAccount({ Name: `A${n}` })
    const soql = 'SELECT Name FROM Account ORDER BY Id'
    const sizes: number[] = []
    const names: Json[] = []
    let page = await query(soql, 'query', { 'sforce-query-options': 'batchSize=10' })
    for (;;) {
      expect(page.totalSize).toBe(450)
      sizes.push(page.records.length)
      names.push(...page.records.map((record) => record.Name ?? null))
      if (page.nextRecordsUrl === undefined) break
      expect(page.done).toBe(false)
      page = (await call('GET', page.nextRecordsUrl)).body as unknown as typeof page
    }
    expect(sizes).toEqual([200, 200, 50])
    expect(new Set(names).size).toBe(450)
    expect((await query(soql)).records).toHaveLength(450)
  })

  test('of lists inside of records are pages of their own', async () => {
    const { store, query, call } = await start({ childPageSize: 2 })
    store.addOpportunity({ lines: ['A', 'B', 'C', 'D', 'E'].map((sku) => line(sku)) })
    const { records } = await query(
      'SELECT Id, (SELECT Product2.ProductCode FROM OpportunityLineItems) FROM Opportunity',
    )
    const first = records[0]?.OpportunityLineItems as JsonObject
    expect(first).toMatchObject({ totalSize: 5, done: false })
    const second = (await call('GET', String(first.nextRecordsUrl))).body as JsonObject
    expect(second).toMatchObject({ done: false, records: [{ Product2: { ProductCode: 'C' } }, {}] })
    const third = (await call('GET', String(second.nextRecordsUrl))).body
    expect(third).toMatchObject({ done: true, records: [{ Product2: { ProductCode: 'E' } }] })
  })

  test('are gone once the server has closed them', async () => {
    const { store, query, call } = await start({ pageSizeMax: 1 })
    store.addAccount({ Name: 'A' })
    store.addAccount({ Name: 'B' })
    const { nextRecordsUrl = '' } = await query('SELECT Id FROM Account')
    expect((await call('GET', nextRecordsUrl)).status).toBe(200)
    store.expireCursors()
    expect(await call('GET', nextRecordsUrl)).toMatchObject({
      status: 400,
      body: [{ errorCode: 'INVALID_QUERY_LOCATOR' }],
    })
  })
})

describe('keyset paging by (SystemModstamp, Id)', () => {
  test('finds every record once, in order, however the changes fell into seconds', async () => {
    const { store, query, pass } = await start()
    const account = store.addAccount({ Name: 'Acme' })
    const made = Array.from({ length: 700 }, (_, n) => {
      if (n % 90 === 0) pass(1000)
      return store.addOpportunity({
        name: `Deal ${n}`,
        accountId: account,
        stage: n % 3 === 0 ? 'Prospecting' : 'Closed Won',
      })
    })
    // Changes in seconds that are over, and in the one that runs.
    for (let n = 0; n < 300; n += 7) {
      if (n % 3 === 0) pass(1000)
      store.update('Opportunity', made[(n * 13) % 700] ?? '', { NextStep: `step ${n}` })
      if (n % 5 === 0) store.update('Opportunity', made[(n * 13) % 700] ?? '', { NextStep: 'again' })
    }
    const expected = (await query('SELECT Id, SystemModstamp FROM Opportunity WHERE IsWon = TRUE')).records
      .map(({ Id, SystemModstamp }) => `${SystemModstamp} ${Id}`)
      .sort()
    const found: string[] = []
    let place = { at: '2000-01-01T00:00:00.000Z', id: '000000000000000AAA' }
    for (;;) {
      const { records } = await query(
        `SELECT Id, SystemModstamp FROM Opportunity WHERE IsWon = TRUE AND (SystemModstamp > ${place.at} OR ` +
          `(SystemModstamp = ${place.at} AND Id > '${place.id}')) ORDER BY SystemModstamp ASC, Id ASC LIMIT 50`,
      )
      found.push(...records.map(({ Id, SystemModstamp }) => `${SystemModstamp} ${Id}`))
      const last = records.at(-1)
      if (last === undefined) break
      place = { at: String(last.SystemModstamp).replace('+0000', 'Z'), id: String(last.Id) }
    }
    expect(found).toEqual(expected)
  })
})
