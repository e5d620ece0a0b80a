import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import jwt, { type Algorithm, type SignOptions } from 'jsonwebtoken'
import NetsuiteRest from 'netsuite-rest'
import { startNetsuiteSimulator } from '../../connectors/netsuite/simulator/index.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'

/*
 * Programs by others work with the simulated account as they do with the real one: netsuite-rest signs each request by a
 * token, jsonwebtoken makes the assertion that a machine logs in with.
 */

const textOf = (value: Json | undefined): string => String(value)

describe('netsuite-rest', () => {
  let simulator: Awaited<ReturnType<typeof startNetsuiteSimulator>>
  let client: NetsuiteRest
  let customer = ''
  let item = ''
  beforeAll(async () => {
    simulator = await startNetsuiteSimulator({ auth: 'tokens' })
    client = clientOf({})
    customer = simulator.store.addCustomer({ companyName: 'Acme', email: 'ap@acme.example' })
    item = simulator.store.addItem({ sku: 'STOCK', price: '10' })
  })
  afterAll(() => simulator.close())

  const clientOf = (change: Readonly<Record<string, string>>): NetsuiteRest => {
    const { account, consumerKey, consumerSecret, tokenId, tokenSecret } = simulator.settings
    return new NetsuiteRest({
      consumer_key: textOf(consumerKey),
      consumer_secret_key: textOf(consumerSecret),
      token: textOf(tokenId),
      token_secret: textOf(tokenSecret),
      realm: textOf(account),
      base_url: simulator.url,
      ...change,
    })
  }
  // It says of no body what it is.
  const json = { 'content-type': 'application/json' }
  const send = (method: string, path: string, body?: JsonObject) =>
    client.request({ path, method, ...(body === undefined ? {} : { body: JSON.stringify(body), heads: json }) })
  async function get(path: string): Promise<JsonObject> {
    return (await send('GET', path)).data as JsonObject
  }
  /** Status and code of what was refused. */
  async function refusal(call: Promise<unknown>): Promise<readonly [number, Json | undefined]> {
    const error = await call
      .then(() => null)
      .catch((thrown: { response?: { statusCode: number; body: string } }) => thrown)
    if (error?.response === undefined) throw new Error(`not refused: ${String(error)}`)
    const [detail] = JSON.parse(error.response.body)['o:errorDetails'] as readonly JsonObject[]
    return [error.response.statusCode, detail?.['o:errorCode']]
  }
  const query = async (q: string, page = '') =>
    (await send('POST', `query/v1/suiteql${page}`, { q })).data as {
      readonly items: readonly JsonObject[]
      readonly hasMore: boolean
      readonly links: readonly { readonly rel: string; readonly href: string }[]
    }
  const order = (externalId: string): JsonObject => ({
    externalId,
    entity: { id: customer },
    item: { items: [{ item: { id: item }, quantity: 4, price: { id: '-1' }, rate: 2.5 }] },
  })

  test('signs what the account takes, and is refused by another secret, token or account', async () => {
    expect(await get('system/v1/serverTime')).toEqual({ serverTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) })
    for (const change of [{ token_secret: 'other' }, { token: 'other' }, { realm: '7654321' }]) {
      expect(await refusal(clientOf(change).request({ path: 'system/v1/serverTime' }))).toEqual([401, 'INVALID_LOGIN'])
    }
  })

  test('makes, reads, changes and deletes an order', async () => {
    // The address of what was made is in a header, which this client loses of an answer without a body.
    expect((await send('POST', 'record/v1/salesOrder', order('made'))).statusCode).toBe(204)
    expect(await refusal(send('POST', 'record/v1/salesOrder', order('made')))).toEqual([400, 'USER_ERROR'])
    const made = await get('record/v1/salesOrder/eid:made?expandSubResources=true')
    expect(made).toMatchObject({ entity: { id: customer, refName: 'Acme' }, total: 10, item: { totalResults: 1 } })
    const line = await get(`record/v1/salesOrder/${made.id}/item/1`)
    expect(line).toMatchObject({ quantity: 4, price: { id: '-1', refName: 'Custom' }, item: { refName: 'STOCK' } })
    expect((await send('PATCH', `record/v1/salesOrder/${made.id}`, { memo: 'changed' })).statusCode).toBe(204)
    expect(await get(`record/v1/salesOrder/${made.id}?fields=memo`)).toMatchObject({ memo: 'changed' })
    expect((await send('DELETE', `record/v1/salesOrder/${made.id}`)).statusCode).toBe(204)
    expect(await refusal(send('GET', `record/v1/salesOrder/${made.id}`))).toEqual([404, 'NONEXISTENT_ID'])
  })

  test('puts an order by its external id once, however often', async () => {
    for (const memo of ['first', 'second']) {
      await send('PUT', 'record/v1/salesOrder/eid:put', { ...order('put'), memo })
    }
    const { items } = await query("SELECT id, memo FROM transaction WHERE externalid = 'put'")
    expect(items).toMatchObject([{ memo: 'second' }])
  })

  test('asks by SuiteQL, page after page', async () => {
    for (const name of ['A', 'B', 'C']) simulator.store.addCustomer({ companyName: `Paged ${name}` })
    const q =
      "SELECT companyname, BUILTIN.DF(currency) AS currency FROM customer WHERE companyname LIKE 'Paged%' ORDER BY id"
    const first = await query(q, '?limit=2&offset=0')
    expect([first.items.map((row) => row.companyname), first.hasMore]).toEqual([['Paged A', 'Paged B'], true])
    expect(first.items[0]).toMatchObject({ currency: 'Euro' })
    const next = first.links.find(({ rel }) => rel === 'next')?.href.replace(/^.*\/services\/rest\//, '') ?? ''
    const { data } = await client.request({ path: next, method: 'POST', body: JSON.stringify({ q }), heads: json })
    expect(data).toMatchObject({ items: [{ companyname: 'Paged C' }], hasMore: false })
  })

  test('learns what a record is made of', async () => {
    const { data } = await client.request({
      path: 'record/v1/metadata-catalog/salesOrder',
      heads: { accept: 'application/schema+json' },
    })
    expect(data).toMatchObject({ type: 'object', properties: { entity: {}, item: {} } })
  })

  test('names what an order refers to, or leaves the name out', async () => {
    await send('POST', 'record/v1/salesOrder', order('named'))
    const text = JSON.stringify(await get('record/v1/salesOrder/eid:named?expandSubResources=true'))
    expect([...text.matchAll(/"refName":"(null|undefined|)"/g)]).toEqual([])
  })

  test.each<[string, () => Promise<unknown>, number, string]>([
    [
      'a body without its type',
      () => client.request({ path: 'record/v1/salesOrder', method: 'POST', body: '{}' }),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    [
      'a search that is not simulated',
      () => get('record/v1/customer?q=companyName%20IS%20Acme'),
      400,
      'INVALID_PARAMETER',
    ],
    ['a parameter that is not simulated', () => get('record/v1/customer?orderBy=id'), 400, 'INVALID_PARAMETER'],
    [
      'a field that the record does not have',
      () => get('record/v1/customer/eid:x?fields=nothing'),
      404,
      'NONEXISTENT_ID',
    ],
    ['a record type that is not there', () => get('record/v1/nothing'), 404, 'NOT_FOUND'],
  ])('is refused for %s', async (_, call, status, code) => {
    expect(await refusal(call())).toEqual([status, code])
  })

  test('is refused for a field that the record does not have, and for more than a transformation takes', async () => {
    expect(await refusal(get(`record/v1/customer/${customer}?fields=companyName,nothing`))).toEqual([
      400,
      'INVALID_PARAMETER',
    ])
    await send('POST', 'record/v1/salesOrder', { ...order('moved'), orderStatus: { id: 'B' } })
    const bill = send('POST', 'record/v1/salesOrder/eid:moved/!transform/invoice', { memo: 'not read' })
    expect(await refusal(bill)).toEqual([400, 'USER_ERROR'])
  })
})

describe.each<Extract<Algorithm, 'PS256' | 'ES256'>>(['PS256', 'ES256'])('jsonwebtoken by %s', (algorithm) => {
  let simulator: Awaited<ReturnType<typeof startNetsuiteSimulator>>
  beforeAll(async () => {
    simulator = await startNetsuiteSimulator({ algorithm })
  })
  afterAll(() => simulator.close())

  async function login(change: SignOptions = {}, scope: Json = ['restlets', 'rest_webservices']) {
    const { clientId, certificateId, privateKey } = simulator.settings
    const address = `${simulator.url}/services/rest/auth/oauth2/v1/token`
    const options: SignOptions = {
      ...{ algorithm, keyid: textOf(certificateId), issuer: textOf(clientId), audience: address, expiresIn: 3000 },
      ...change,
    }
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: jwt.sign({ scope }, textOf(privateKey), options),
    }
    const reply = await fetch(address, { method: 'POST', body: new URLSearchParams(form) })
    return { status: reply.status, body: (await reply.json()) as JsonObject }
  }

  test('logs a machine in', async () => {
    const { status, body } = await login()
    expect([status, body.token_type]).toEqual([200, 'Bearer'])
    const headers = { authorization: `Bearer ${body.access_token}` }
    const reply = await fetch(`${simulator.url}/services/rest/system/v1/serverTime`, { headers })
    expect(reply.status).toBe(200)
    expect((await login({}, 'rest_webservices')).status).toBe(200)
  })

  test.each<readonly [string, SignOptions, Json]>([
    ['an assertion that lives an hour', { expiresIn: 3600 }, 'rest_webservices'],
    ['one that is over', { expiresIn: -10 }, 'rest_webservices'],
    ['one for another audience', { audience: 'https://example.com' }, 'rest_webservices'],
    ['one of another client', { issuer: 'other' }, 'rest_webservices'],
    ['one of a certificate that is not there', { keyid: 'other' }, 'rest_webservices'],
    ['one without the scope', {}, 'restlets'],
    // Which NetSuite gave up. A key for ES256 cannot sign so.
    ...(algorithm === 'PS256' ? [['one by RS256', { algorithm: 'RS256' }, 'rest_webservices'] as const] : []),
  ])('is refused for %s', async (_, change, scope) => {
    expect(await login(change, scope)).toEqual({ status: 400, body: { error: 'invalid_grant' } })
  })
})
