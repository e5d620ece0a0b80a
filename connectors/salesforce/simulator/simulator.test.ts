import { afterEach, describe, expect, test } from '@jest/globals'
import { exportPKCS8, exportSPKI, generateKeyPair, importPKCS8, SignJWT } from 'jose'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import { began, closeAll, codeOf, start, typed } from './rig.ts'

afterEach(closeAll)

const jwtGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

describe('login', () => {
  test('gives a token with the address of the org and of the user', async () => {
    const { sf, grant } = await start()
    const { organizationId } = sf.settings
    expect(await grant()).toEqual({
      status: 200,
      body: expect.objectContaining({
        access_token: expect.stringMatching(new RegExp(`^${String(organizationId).slice(0, 15)}!`)),
        instance_url: sf.url,
        id: expect.stringMatching(new RegExp(`^${sf.url}/id/${organizationId}/005\\w{15}$`)),
        token_type: 'Bearer',
      }),
    })
  })

  test.each([
    ['a wrong secret', { client_secret: 'other' }, 'invalid_client'],
    ['an unknown app', { client_id: 'other' }, 'invalid_client_id'],
    ['another flow', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['an assertion where none is set up', { grant_type: jwtGrant, assertion: 'x.y.z' }, 'invalid_grant'],
  ])('refuses %s with 400 and the OAuth code', async (_, change, error) => {
    const { grant } = await start()
    const login = { grant_type: 'client_credentials', client_id: 'test-client', client_secret: 'test-secret' }
    expect(await grant({ ...login, ...change })).toEqual({
      status: 400,
      body: { error, error_description: expect.anything() },
    })
  })

  test.each<[string, Readonly<Record<string, Json>>, string | null]>([
    ['takes an assertion that is signed and says who for whom', {}, null],
    ['takes the audience of a sandbox', { aud: 'https://test.salesforce.com' }, null],
    ['refuses an assertion for another audience', { aud: 'https://example.com' }, 'audience is invalid'],
    ['refuses an assertion of another app', { iss: 'other' }, 'client identifier invalid'],
    ['refuses an assertion of a user that has not approved', { sub: 'other' }, "user hasn't approved this consumer"],
    ['refuses an assertion that is over', { exp: began / 1000 - 1 }, 'expired authorization code'],
    ['refuses an assertion that holds too long', { exp: began / 1000 + 3600 }, 'invalid assertion'],
    ['refuses an assertion without an end', { exp: null }, 'invalid assertion'],
  ])('%s', async (_, claims, refused) => {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
    const { grant } = await start({ jwt: { publicKey: await exportSPKI(publicKey), username: 'robot@acme.example' } })
    const all = {
      iss: 'test-client',
      sub: 'robot@acme.example',
      aud: 'https://login.salesforce.com',
      exp: began / 1000 + 120,
      ...claims,
    }
    const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
    const key = await importPKCS8(await exportPKCS8(privateKey), 'RS256')
    const assertion = await new SignJWT(given).setProtectedHeader({ alg: 'RS256' }).sign(key)
    const reply = await grant({ grant_type: jwtGrant, assertion })
    if (refused === null) expect(reply).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
    else expect(reply).toMatchObject({ status: 400, body: { error_description: refused } })
  })

  test('refuses an assertion signed by another key', async () => {
    const [known, other] = await Promise.all([
      generateKeyPair('RS256', { extractable: true }),
      generateKeyPair('RS256'),
    ])
    const { grant } = await start({ jwt: { publicKey: await exportSPKI(known.publicKey), username: 'robot' } })
    const claims = { iss: 'test-client', sub: 'robot', aud: 'https://login.salesforce.com', exp: began / 1000 + 120 }
    const assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(other.privateKey)
    expect(await grant({ grant_type: jwtGrant, assertion })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
  })

  test('answers 401 without a token, with a wrong one, and with one that has expired', async () => {
    const { store, call, grant, token } = await start()
    const as = (authorization: string) => call('GET', '/limits', undefined, { authorization })
    expect(codeOf(await as(''))).toBe('INVALID_AUTH_HEADER')
    expect(codeOf(await as('Bearer nobody'))).toBe('INVALID_SESSION_ID')
    expect((await as(`OAuth ${token}`)).status).toBe(200)
    store.expireTokens()
    expect(await as(`Bearer ${token}`)).toMatchObject({
      status: 401,
      body: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }],
    })
    expect((await as(`Bearer ${(await grant()).body.access_token}`)).status).toBe(200)
  })

  test('takes key and secret of the app in a header, too', async () => {
    const { sf } = await start()
    const login = async (secret: string) => {
      const authorization = `Basic ${Buffer.from(`test-client:${secret}`).toString('base64')}`
      const body = new URLSearchParams({ grant_type: 'client_credentials' })
      return (await fetch(`${sf.url}/services/oauth2/token`, { method: 'POST', headers: { authorization }, body }))
        .status
    }
    expect([await login('test-secret'), await login('other')]).toEqual([200, 400])
  })

  test('ends a token that is given back', async () => {
    const { sf, token, call } = await start()
    const revoke = async () =>
      (await fetch(`${sf.url}/services/oauth2/revoke`, { method: 'POST', body: new URLSearchParams({ token }) })).status
    expect(await revoke()).toBe(200)
    expect((await call('GET', '/limits')).status).toBe(401)
    expect(await revoke()).toBe(400)
  })

  test('tells the user of a token by OpenID Connect, too', async () => {
    const { sf, call } = await start()
    const { body } = await call('GET', '/services/oauth2/userinfo')
    expect(body).toMatchObject({ preferred_username: 'integration@example.com', zoneinfo: 'Europe/Berlin' })
    const resources = (await call('GET', '/')).body as JsonObject
    expect(resources.identity).toBe((body as JsonObject).sub)
    expect(String(resources.identity)).toMatch(new RegExp(`^${sf.url}/id/00D\\w{15}/005\\w{15}$`))
  })

  test('tells the user of a token', async () => {
    const { sf, grant } = await start()
    const { id, access_token: token } = (await grant()).body
    const told = await fetch(String(id), { headers: { authorization: `Bearer ${token}` } })
    expect(await told.json()).toMatchObject({ organization_id: sf.settings.organizationId, active: true })
    expect((await fetch(String(id))).status).toBe(403)
  })
})

describe('versions', () => {
  test('are listed for everybody', async () => {
    const { sf } = await start()
    const list = (await (await fetch(`${sf.url}/services/data/`)).json()) as JsonObject[]
    expect(list[0]).toEqual({ label: 'Version 31', url: '/services/data/v31.0', version: '31.0' })
    expect(list.at(-1)).toMatchObject({ version: '67.0' })
  })

  test.each([
    ['v67.0', 200, null],
    ['v31.0', 200, null],
    ['v30.0', 410, 'GONE'],
    ['v21.0', 410, 'GONE'],
    ['v68.0', 404, 'NOT_FOUND'],
    ['67.0', 404, 'NOT_FOUND'],
  ])('%s is answered %d', async (version, status, code) => {
    const { call } = await start()
    const reply = await call('GET', `/services/data/${version}/limits`)
    expect(reply.status).toBe(status)
    if (code !== null) expect(codeOf(reply)).toBe(code)
  })
})

test('tells links of the version that was asked, and whether the org is on trial', async () => {
  const { call, rows, store } = await start()
  const id = store.addAccount({ Name: 'Acme' })
  const path = '/services/data/v60.0/composite/sobjects/Account'
  const { body } = await call('POST', path, { ids: [id], fields: ['Name'] })
  expect(body).toMatchObject([{ attributes: { url: `/services/data/v60.0/sobjects/Account/${id}` } }])
  expect(await rows('SELECT TrialExpirationDate FROM Organization')).toEqual([{ TrialExpirationDate: null }])
})

test('understands a path behind an address that ends in a slash', async () => {
  const { sf, token } = await start()
  const reply = await fetch(`${sf.url}//services/data/v67.0/limits`, { headers: { authorization: `Bearer ${token}` } })
  expect(reply.status).toBe(200)
})

test.each([['/sobjects/Account/describe/layouts'], ['/sobjects/Account/describe/compactLayouts']])(
  'says that %s is not simulated',
  async (path) => {
    const { call } = await start()
    const reply = await call('GET', path)
    expect([reply.status, codeOf(reply)]).toEqual([501, 'NOT_SIMULATED'])
  },
)

describe('limits', () => {
  test('are counted, and told with every answer', async () => {
    const { call, ask } = await start({ dailyCalls: 5000 })
    expect((await call('GET', '/limits')).body).toMatchObject({ DailyApiRequests: { Max: 5000, Remaining: 4999 } })
    const refused = await ask('SELECT Nothing FROM Opportunity')
    expect(refused.status).toBe(400)
    expect(refused.headers.get('sforce-limit-info')).toBe('api-usage=2/5000')
  })

  test('refuse with 403 when the day is used up, and when too many are at work', async () => {
    const { store, call } = await start({ dailyCalls: 10 })
    const body = (message: string) => ({ status: 403, body: [{ errorCode: 'REQUEST_LIMIT_EXCEEDED', message }] })
    store.refuseConcurrent(1)
    const concurrent = 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.'
    expect(await call('GET', '/limits')).toMatchObject(body(concurrent))
    expect((await call('GET', '/limits')).status).toBe(200)
    store.setCallsUsed(10)
    expect(await call('GET', '/limits')).toMatchObject(body('TotalRequests Limit exceeded.'))
  })
})

describe('a request that is none', () => {
  test.each<[string, string, string, string | undefined, string, number, string]>([
    ['a method that there is not', 'PUT', '/limits', undefined, 'application/json', 405, 'METHOD_NOT_ALLOWED'],
    ['an address that there is not', 'GET', '/nowhere', undefined, 'application/json', 404, 'NOT_FOUND'],
    ['a body of another type', 'POST', '/sobjects/Account', 'Name=x', 'text/plain', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a body that is no JSON', 'POST', '/sobjects/Account', '{"Name"', 'application/json', 400, 'JSON_PARSER_ERROR'],
    [
      'several records for one',
      'POST',
      '/sobjects/Account',
      '[{"Name":"x"}]',
      'application/json',
      400,
      'INVALID_FIELD',
    ],
  ])('is refused: %s', async (_, method, path, body, contentType, status, code) => {
    const { sf, token } = await start()
    const reply = await fetch(`${sf.url}/services/data/v67.0${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
      ...(body === undefined ? {} : { body }),
    })
    expect(reply.status).toBe(status)
    expect(await reply.json()).toMatchObject([{ errorCode: code }])
  })

  test('is refused when its address is too long', async () => {
    const { ask } = await start()
    const list = Array.from({ length: 1000 }, (_, n) => `'0065g00000${String(n).padStart(5, '0')}AAA'`)
    expect([414, 431]).toContain((await ask(`SELECT Id FROM Opportunity WHERE Id IN (${list})`)).status)
  })
})

describe('the org in the words of all CRMs', () => {
  const shown = {
    customFields: {
      Opportunity: [
        { name: 'ERP_Order_Number__c' },
        { name: 'ERP_Status__c' },
        { name: 'ERP_Sync_Problem__c' },
        { name: 'ERP_Tracking_Number__c' },
        { name: 'ERP_Amount_Outstanding__c', type: 'currency' as const },
      ],
    },
  }

  test('has companies, contacts and deals, and shows what was written back', async () => {
    const { crm, update, rows } = await start(shown)
    const companyId = crm.addCompany({ name: 'Acme', domain: 'acme.example', street: 'Weg 1', country: 'Germany' })
    const contactId = crm.addContact({ firstName: 'Ann', lastName: 'Lee', email: 'ann@acme.example', city: 'Bonn' })
    const lines = [
      { sku: 'A-1', quantity: '2', price: '10.5' },
      { sku: 'A-1', quantity: '1', price: '20', discountPercent: '25' },
      { sku: 'B-2', name: 'Bee', quantity: '3', price: '5', discountEach: '0.5' },
    ]
    const id = crm.addDeal({ name: 'Big', companyId, contactId, amount: '1', lines })
    expect(crm.amountIsFree).toBe(false)
    const nothing = { orderNumber: null, status: null, problem: null, trackingNumber: null, outstanding: null }
    expect(crm.deal(id)).toEqual({ id, name: 'Big', won: true, amount: '49.5', shown: nothing })
    await update([{ id, ERP_Order_Number__c: 'S1', ERP_Status__c: 'shipped', ERP_Amount_Outstanding__c: 12.5 }])
    expect(crm.deals()).toMatchObject([
      { shown: { ...nothing, orderNumber: 'S1', status: 'shipped', outstanding: '12.5' } },
    ])
    expect(await rows('SELECT ProductCode, Name FROM Product2 ORDER BY ProductCode')).toEqual([
      { ProductCode: 'A-1', Name: 'A-1' },
      { ProductCode: 'B-2', Name: 'Bee' },
    ])
    expect(await rows('SELECT Website, BillingStreet, BillingCountry FROM Account')).toEqual([
      { Website: 'acme.example', BillingStreet: 'Weg 1', BillingCountry: 'Germany' },
    ])
    expect(
      await rows('SELECT OpportunityId, IsPrimary, Contact.MailingCity FROM OpportunityContactRole'),
    ).toMatchObject([{ OpportunityId: id, IsPrimary: true, Contact: { MailingCity: 'Bonn' } }])
  })

  test('moves deals between open, won and lost', async () => {
    const { crm, store } = await start()
    const id = crm.addDeal({ name: 'Small', state: 'open', amount: '5' })
    expect(crm.deal(id)).toMatchObject({ won: false, amount: '5' })
    crm.changeDeal(id, { state: 'won', wonAt: '2026-02-03T10:00:00.000Z', name: 'Smaller' })
    expect(crm.deal(id)).toMatchObject({ won: true, name: 'Smaller' })
    expect(store.record('Opportunity', id)).toMatchObject({
      StageName: 'Closed Won',
      CloseDate: '2026-02-03',
      LastStageChangeDate: '2026-02-03T10:00:00.000+0000',
    })
    crm.changeDeal(id, { state: 'lost' })
    expect(crm.deal(id)).toMatchObject({ won: false })
    expect(crm.deal('006000000000001AAA')).toBeNull()
  })

  test('has prices for every currency that a deal is in', async () => {
    const { crm, rows } = await start({ currency: 'EUR', currencies: ['USD'] })
    for (const currency of ['EUR', 'USD']) {
      crm.addDeal({ name: currency, currency, lines: [{ sku: 'A', quantity: '1', price: '3' }] })
    }
    const lines = await rows('SELECT CurrencyIsoCode, PricebookEntry.CurrencyIsoCode FROM OpportunityLineItem')
    expect(lines).toMatchObject(
      ['EUR', 'USD'].map((CurrencyIsoCode) => ({ CurrencyIsoCode, PricebookEntry: { CurrencyIsoCode } })),
    )
    const one = await start()
    expect(() => one.crm.addDeal({ name: 'x', currency: 'USD' })).toThrow('EUR only')
  })

  test('has products, with what was written onto them', async () => {
    const fields = [
      { name: 'ERP_Key__c', externalId: true },
      { name: 'ERP_Stock_On_Hand__c', type: 'double' as const },
      { name: 'ERP_Stock_As_Of__c', type: 'datetime' as const },
    ]
    const { crm, call, store } = await start({ customFields: { Product2: fields }, currencies: ['USD'] })
    const old = crm.addProduct({ sku: 'OLD', name: 'Old one' })
    const nothing = { key: null, active: true, prices: {}, onHand: null, available: null, asOf: null }
    expect(crm.products()).toEqual([{ id: old, sku: 'OLD', name: 'Old one', ...nothing }])
    const record = { Name: 'New', ProductCode: 'NEW', ERP_Key__c: 'k1', ERP_Stock_On_Hand__c: 2.5 }
    const asOf = { ERP_Stock_As_Of__c: '2026-03-01T08:00:00Z' }
    await call('PATCH', '/composite/sobjects/Product2/ERP_Key__c', {
      records: [typed('Product2')({ ...record, ...asOf })],
    })
    const id = String(crm.products()[1]?.id)
    const standard = store.records('Pricebook2')[0]?.Id ?? null
    const price = { Product2Id: id, Pricebook2Id: standard, UnitPrice: 9.5 }
    for (const more of [{ IsActive: true }, { IsActive: false, CurrencyIsoCode: 'USD' }]) {
      await call('POST', '/sobjects/PricebookEntry', { ...price, ...more })
    }
    expect(crm.products()[1]).toEqual({
      ...{ id, sku: 'NEW', name: 'New', key: 'k1', active: false, prices: { EUR: '9.5' } },
      ...{ onHand: '2.5', available: null, asOf: '2026-03-01T08:00:00.000Z' },
    })
  })

  test('is worked on from another process', async () => {
    const { sf, crm, token } = await start()
    const control = async (name: string, body: Json = {}) =>
      (await (
        await fetch(`${sf.url}/_simulator/${name}`, { method: 'POST', body: JSON.stringify(body) })
      ).json()) as JsonObject
    const made = await control('seed', {
      companies: [{ name: 'Acme' }],
      contacts: [{ firstName: 'Ann', lastName: 'Lee' }],
      deals: [{ name: 'One', company: 0, contact: 0, lines: [{ sku: 'A', quantity: '1', price: '3' }] }],
    })
    const id = String((made.deals as string[])[0])
    await control('change_deal', { id, name: 'Two' })
    await control('add_line', { dealId: id, sku: 'B', quantity: '1', price: '4' })
    expect(await control('deal', { id })).toEqual({ ...crm.deal(id) })
    expect(crm.deal(id)).toMatchObject({ name: 'Two', amount: '7' })
    expect(await control('record', { object: 'Opportunity', id })).toMatchObject({ HasOpportunityLineItem: true })
    await control('delete', { object: 'Opportunity', id })
    expect(await control('deals')).toEqual([])
    await control('expire_tokens')
    expect(
      (await fetch(`${sf.url}/services/data/v67.0/limits`, { headers: { authorization: `Bearer ${token}` } })).status,
    ).toBe(401)
  })
})

test('faults strike the requests that they are meant for', async () => {
  const { sf, ask, update } = await start()
  const { changes, read, report } = sf.requests
  const poll = 'SELECT Id FROM Opportunity WHERE SystemModstamp > 2026-01-01T00:00:00Z'
  const fetchSome = "SELECT Id FROM Opportunity WHERE Id IN ('0065g0000000001')"
  sf.fault({ match: changes, ...sf.trouble.rateLimited })
  expect((await ask(fetchSome)).status).toBe(200)
  expect(codeOf(await ask(poll))).toBe('REQUEST_LIMIT_EXCEEDED')
  sf.fault({ match: read, ...sf.trouble.loginExpired })
  expect((await ask(poll)).status).toBe(200)
  expect((await ask(fetchSome)).status).toBe(401)
  sf.fault({ match: report, kind: 'status', status: 503 })
  expect((await update([])).status).toBe(503)
})
