import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Connection, OAuth2, type SaveResult } from 'jsforce'
import { StreamingExtension } from 'jsforce/lib/api/streaming.js'
import { startSalesforceSimulator } from '../../connectors/salesforce/simulator/index.ts'

/*
 * jsforce reads what the simulated org answers: a program by others, which works with the real one.
 */

const changes = '/data/OpportunityChangeEvent'
let sf: Awaited<ReturnType<typeof startSalesforceSimulator>>
let org: Connection
beforeAll(async () => {
  sf = await startSalesforceSimulator({ connectTimeoutMs: 1000 })
  org = await login()
})
afterAll(() => sf.close())

/** Logs in as the connected app; its secret travels in a header. */
async function login(): Promise<Connection> {
  const authorization = `Basic ${Buffer.from('test-client:test-secret').toString('base64')}`
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  const reply = await fetch(`${sf.url}/services/oauth2/token`, {
    method: 'POST',
    headers: { authorization },
    body: form,
  })
  const { access_token: accessToken } = (await reply.json()) as { access_token: string }
  const oauth2 = new OAuth2({ loginUrl: sf.url, clientId: 'test-client', clientSecret: 'test-secret' })
  return new Connection({ instanceUrl: sf.url, accessToken, version: '62.0', oauth2 })
}
const idsOf = (results: readonly SaveResult[]): readonly string[] =>
  results.map((result) => {
    if (!result.success) throw new Error(JSON.stringify(result.errors))
    return result.id
  })
const accounts = (count: number, word: string) =>
  Array.from({ length: count }, (_, place) => ({ Name: `${word} ${place}`, BillingCity: 'Berlin' }))
const codeOf = async (call: PromiseLike<unknown>): Promise<string | null> => {
  try {
    await call
    return null
  } catch (error) {
    return error instanceof Error && 'errorCode' in error ? String(error.errorCode) : String(error)
  }
}

describe('records', () => {
  test('are made, read, changed and deleted, more than one call takes', async () => {
    const many = accounts(201, 'Many')
    const ids = idsOf(await org.sobject('Account').create(many, { allowRecursive: true }))
    expect(new Set(ids).size).toBe(201)
    const read = await org.sobject('Account').retrieve([...ids])
    expect(read.map((record) => record.Name)).toEqual(many.map(({ Name }) => Name))
    // In the version that was called, not in the newest one.
    expect(read[0]?.attributes).toEqual({ type: 'Account', url: `/services/data/v62.0/sobjects/Account/${ids[0]}` })
    const changed = ids.map((Id) => ({ Id, BillingCity: 'Paris' }))
    expect(idsOf(await org.sobject('Account').update(changed, { allowRecursive: true }))).toEqual(ids)
    expect(await org.query("SELECT Id FROM Account WHERE BillingCity = 'Paris'")).toMatchObject({ totalSize: 201 })
    idsOf(await org.sobject('Account').destroy([...ids], { allowRecursive: true }))
    expect(await org.sobject('Account').count({ BillingCity: 'Paris' })).toBe(0)
  })

  test('are made or changed by their External ID, one or many', async () => {
    const upsert = (fields: { External_Id__c: string; Status__c: string }) =>
      org.sobject('Delivery__c').upsert(fields, 'External_Id__c')
    expect(await upsert({ External_Id__c: 'one', Status__c: 'Planned' })).toMatchObject({ created: true })
    expect(await upsert({ External_Id__c: 'one', Status__c: 'Shipped' })).toMatchObject({ created: false })
    const many = ['one', 'two'].map((External_Id__c) => ({ External_Id__c, Status__c: 'Delivered' }))
    const results = await org.sobject('Delivery__c').upsert(many, 'External_Id__c')
    expect(results.map((result) => 'created' in result && result.created)).toEqual([false, true])
    const { records } = await org.query('SELECT External_Id__c, Status__c FROM Delivery__c ORDER BY External_Id__c')
    expect(records.map((record) => `${record.External_Id__c} ${record.Status__c}`)).toEqual([
      'one Delivered',
      'two Delivered',
    ])
  })

  test('that were changed or deleted are told', async () => {
    const [kept = '', gone = ''] = idsOf(await org.sobject('Contact').create([{ LastName: 'K' }, { LastName: 'G' }]))
    await org.sobject('Contact').destroy(gone)
    const [from, to] = [-600_000, 600_000].map((ms) => new Date(Date.now() + ms).toISOString())
    const updated = await org.sobject('Contact').updated(from ?? '', to ?? '')
    expect([updated.ids.includes(kept), updated.ids.includes(gone)]).toEqual([true, false])
    const deleted = await org.sobject('Contact').deleted(from ?? '', to ?? '')
    expect(deleted.deletedRecords.map(({ id }) => id)).toEqual([gone])
  })

  test('are refused with the code that the client reads', async () => {
    expect(await codeOf(org.sobject('Contact').retrieve('003000000000000AAA'))).toBe('NOT_FOUND')
    expect(await codeOf(org.sobject('Opportunity').create({ Name: 'No stage' }))).toBe('REQUIRED_FIELD_MISSING')
    expect(await codeOf(org.query('SELECT Nothing FROM Account'))).toBe('INVALID_FIELD')
    expect(await codeOf(org.query("SELECT Id FROM Account WHERE NumberOfEmployees = 'x'"))).toBe('INVALID_FIELD')
  })
})

describe('queries', () => {
  test('go on page after page, and by Bulk 2.0', async () => {
    idsOf(
      await org.sobject('Product2').create(
        accounts(250, 'P').map(({ Name }) => ({ Name })),
        { allowRecursive: true },
      ),
    )
    const asked = "SELECT Name FROM Product2 WHERE Name LIKE 'P %'"
    const found = await org.query(asked, {
      autoFetch: true,
      maxFetch: 1000,
      headers: { 'Sforce-Query-Options': 'batchSize=200' },
    })
    expect(found.records).toHaveLength(250)
    org.bulk2.pollInterval = 1
    const rows = await (await org.bulk2.query(asked)).toArray()
    expect(rows).toHaveLength(250)
  })

  test('tell of their columns, when asked for these', async () => {
    const soql = 'SELECT Id, Name, Account.Name, Amount, (SELECT Quantity FROM OpportunityLineItems) FROM Opportunity'
    const { columnMetadata } = await org.request<{ columnMetadata: readonly { columnName: string }[] }>(
      `/query?q=${encodeURIComponent(soql)}&columns=true`,
    )
    expect(columnMetadata).toMatchObject([
      { columnName: 'Id', displayName: 'Id', aggregate: false, joinColumns: [] },
      { columnName: 'Name', textType: true },
      { columnName: 'Account', foreignKeyName: 'AccountId', joinColumns: [{ columnName: 'Name' }] },
      { columnName: 'Amount', numberType: true, textType: false },
      { columnName: 'OpportunityLineItems', aggregate: true, joinColumns: [{ columnName: 'Quantity' }] },
    ])
  })
})

describe('the org', () => {
  test('describes its objects, and says that layouts are not simulated', async () => {
    const described = await org.sobject('Opportunity').describe()
    expect(described.fields.find((field) => field.name === 'StageName')?.label).toBe('Stage')
    expect((await org.describeGlobal()).sobjects.map(({ name }) => name)).toContain('Delivery__c')
    expect(await codeOf(org.sobject('Account').layouts())).toBe('NOT_SIMULATED')
    expect(await codeOf(org.sobject('Account').compactLayouts())).toBe('NOT_SIMULATED')
  })

  test('tells who is logged in, by both of its words', async () => {
    const identity = await org.identity()
    expect(identity).toMatchObject({ username: 'integration@example.com', timezone: 'Europe/Berlin' })
    const info = await org.request<Record<string, unknown>>('/services/oauth2/userinfo')
    expect(info).toMatchObject({ sub: identity.id, preferred_username: identity.username, zoneinfo: 'Europe/Berlin' })
    expect(await org.query('SELECT Name, TrialExpirationDate FROM Organization')).toMatchObject({ totalSize: 1 })
    expect((await org.limits()).DailyApiRequests).toMatchObject({ Max: 100_000 })
  })

  test('is found behind an address that ends in a slash', async () => {
    const found = await org.request(`${sf.url}//services/data/v62.0/query?q=SELECT+Id+FROM+Organization`)
    expect(found).toMatchObject({ done: true })
  })

  test('says so where it does not know what a request asks for', async () => {
    const asked = [
      '/query?q=SELECT+Id+FROM+Account&explain=SELECT',
      '/sobjects/Account/Name/x?fields=Id',
      '/limits?x=1',
    ]
    for (const path of asked) expect(await codeOf(org.request(path))).toBe('NOT_SIMULATED')
    const body = JSON.stringify({ ids: [], fields: ['Id'], order: 'Name' })
    const more = {
      method: 'POST',
      url: '/composite/sobjects/Account',
      body,
      headers: { 'content-type': 'application/json' },
    }
    expect(await codeOf(org.request({ ...more, method: 'POST' }))).toBe('JSON_PARSER_ERROR')
    const dated = {
      method: 'GET',
      url: '/sobjects',
      headers: { 'If-Modified-Since': 'Sun, 01 Mar 2026 08:00:00 GMT' },
    } as const
    expect(await codeOf(org.request(dated))).toBe('NOT_SIMULATED')
    expect(await codeOf(org.request(`${sf.url}/id/00D000000000000AAA/005000000000000AAA`))).toMatch(/Bad_Id|404/)
  })

  test('knows a token no more after the logout', async () => {
    const other = await login()
    const { accessToken } = other
    const active = async () => {
      const form = { token: accessToken ?? '', client_id: 'test-client', client_secret: 'test-secret' }
      const reply = await fetch(`${sf.url}/services/oauth2/introspect`, {
        method: 'POST',
        body: new URLSearchParams(form),
      })
      return (await reply.json()) as object
    }
    expect(await active()).toMatchObject({
      active: true,
      client_id: 'test-client',
      username: 'integration@example.com',
    })
    await other.logout()
    expect(await active()).toEqual({ active: false })
    const late = new Connection({ instanceUrl: sf.url, accessToken: accessToken ?? '', version: '62.0' })
    expect(await codeOf(late.query('SELECT Id FROM Account'))).toBe('INVALID_SESSION_ID')
  })

  test('tells of changes by CometD', async () => {
    const denied: unknown[] = []
    const client = org.streaming.createClient([
      new StreamingExtension.Replay(changes, -2),
      new StreamingExtension.AuthFailure((message: unknown) => denied.push(message)),
    ])
    const told: string[] = []
    let tell = (): void => {}
    const next = () =>
      new Promise<void>((resolve) => {
        tell = resolve
      })
    sf.store.addOpportunity({ name: 'before' })
    const first = next()
    await client.subscribe(changes, (event: { payload: { Name: string } }) => {
      told.push(event.payload.Name)
      tell()
    })
    await first
    const second = next()
    sf.store.addOpportunity({ name: 'after' })
    await second
    expect(told).toEqual(['before', 'after'])
    expect(denied).toEqual([])
    if (canDisconnect(client)) await client.disconnect()
  })
})

/** There are no types for faye, whose client this is. */
const canDisconnect = (client: object): client is { disconnect(): PromiseLike<unknown> } => 'disconnect' in client
