import { createHmac, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { afterEach, describe, expect, test } from '@jest/globals'
import { SignJWT } from 'jose'
import OAuth from 'oauth-1.0a'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import { type NetsuiteSimulatorOptions, startNetsuiteSimulator } from './index.ts'

type Netsuite = Awaited<ReturnType<typeof startNetsuiteSimulator>>
type Headers = Readonly<Record<string, string>>

const opened: Netsuite[] = []
afterEach(async () => {
  for (const netsuite of opened.splice(0)) await netsuite.close()
})

/** 09:00 in Los Angeles, eight hours behind UTC. */
const begin = Date.parse('2026-03-02T17:00:00Z')
const seconds = (millis: number): number => Math.floor(millis / 1000)
const textOf = (value: Json | undefined): string => String(value)

async function start(options: NetsuiteSimulatorOptions = {}) {
  let at = begin
  const netsuite = await startNetsuiteSimulator({ now: () => at, ...options })
  opened.push(netsuite)
  const { settings, store, url } = netsuite
  const audience = `${url}/services/rest/auth/oauth2/v1/token`

  /** An assertion as it should be, but for what is changed. */
  async function assertion(change: Assertion = {}): Promise<string> {
    const now = seconds(options.now?.() ?? at) + (change.skew ?? 0)
    const token = new SignJWT({ scope: change.scope ?? ['rest_webservices'] })
      .setProtectedHeader({
        alg: change.alg ?? 'ES256',
        typ: change.typ ?? 'JWT',
        kid: change.kid ?? textOf(settings.certificateId),
      })
      .setIssuer(change.issuer ?? textOf(settings.clientId))
      .setAudience(change.audience ?? audience)
      .setIssuedAt(now)
      .setExpirationTime(now + (change.lives ?? 300))
    return token.sign(change.key ?? createPrivateKey(textOf(settings.privateKey)))
  }
  async function grant(form: Readonly<Record<string, string>>) {
    const response = await fetch(audience, { method: 'POST', body: new URLSearchParams(form) })
    return { status: response.status, body: (await response.json()) as JsonObject }
  }
  const logIn = async (change: Assertion = {}) => grant({ ...form, client_assertion: await assertion(change) })
  let bearer = ''

  async function call(method: string, path: string, body?: Json, headers: Headers = {}) {
    if (bearer === '' && headers.authorization === undefined) bearer = textOf((await logIn()).body.access_token)
    const response = await fetch(`${url}/services/rest/${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const { status } = response
    const location = response.headers.get('location') ?? ''
    const read = text === '' ? {} : (JSON.parse(text) as JsonObject)
    return { status, headers: response.headers, id: location.slice(location.lastIndexOf('/') + 1), body: read }
  }
  const record = (method: string, path: string, body?: Json, headers?: Headers) =>
    call(method, `record/v1/${path}`, body, headers)
  const ask = (q: string, params: Json = [], query = '') =>
    call('POST', `query/v1/suiteql${query}`, { q, params }, { prefer: 'transient' })
  async function rows(q: string, params: readonly string[] = []): Promise<readonly JsonObject[]> {
    const { status, body } = await ask(q, params)
    if (status !== 200) throw new Error(JSON.stringify(body))
    return (body.items as readonly JsonObject[]).map(({ links: _, ...row }) => row)
  }

  const customer = store.addCustomer({ companyName: 'Acme', externalId: 'CUST-1', email: 'ap@acme.example' })
  const stock = store.addItem({ sku: 'STOCK', price: 10 })
  const make = store.addItem({ sku: 'MAKE', price: '20', route: 'make' })
  const buy = store.addItem({ sku: 'BUY', price: 30, route: 'buy' })
  const service = store.addItem({ sku: 'SERVICE', route: 'service' })
  const line = (item: string, more: JsonObject = {}): JsonObject => ({
    ...{ item: { id: item }, quantity: 4, price: { id: '-1' }, rate: 2.5 },
    ...more,
  })
  const order = (more: JsonObject = {}): JsonObject => ({
    ...{ externalId: 'SO-1', entity: { id: customer }, item: { items: [line(stock)] } },
    ...more,
  })
  return {
    ...{ netsuite, store, settings, customer, stock, make, buy, service },
    ...{ assertion, grant, logIn, call, record, ask, rows, line, order },
    pass(ms: number) {
      at += ms
    },
  }
}
type System = Awaited<ReturnType<typeof start>>

interface Assertion {
  readonly alg?: string
  readonly typ?: string
  readonly kid?: string
  readonly issuer?: string
  readonly audience?: string
  readonly scope?: readonly string[] | string
  readonly lives?: number
  readonly skew?: number
  readonly key?: ReturnType<typeof createPrivateKey>
}
const form = {
  grant_type: 'client_credentials',
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
}
const ecKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const rsaKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

/** The code, place and text of the first error in a reply. */
const errorOf = ({ status, body }: { status: number; body: JsonObject }) => {
  const [detail = {}] = (body['o:errorDetails'] ?? []) as readonly JsonObject[]
  return { status, code: detail['o:errorCode'], path: detail['o:errorPath'], detail: textOf(detail.detail) }
}

describe('the login of a machine', () => {
  test('gives a token for an hour, and takes it as long', async () => {
    const { logIn, call, pass } = await start()
    expect(await logIn()).toMatchObject({ status: 200, body: { expires_in: 3600, token_type: 'Bearer' } })
    expect((await call('GET', 'system/v1/serverTime')).body).toEqual({ serverTime: '2026-03-02T17:00:00.000Z' })
    pass(3_600_000)
    expect(errorOf(await call('GET', 'system/v1/serverTime'))).toMatchObject({ status: 401, code: 'INVALID_LOGIN' })
  })

  test.each<[string, Assertion]>([
    ['an algorithm that is not offered', { alg: 'RS256', key: rsaKey() }],
    ['a key that is not the certificate’s', { key: ecKey() }],
    ['a certificate that is not there', { kid: 'other' }],
    ['another client', { issuer: 'other' }],
    [
      'an audience that is not the whole address of the token service',
      { audience: 'https://1234567.suitetalk.api.netsuite.com' },
    ],
    ['a scope without web services', { scope: ['restlets'] }],
    ['an assertion that lives an hour', { lives: 3600 }],
    ['an assertion that is over', { skew: -400 }],
    ['an assertion from the future', { skew: 4000 }],
    ['no JWT', { typ: 'at+jwt' }],
  ])('refuses %s', async (_, change) => {
    const { logIn } = await start()
    expect(await logIn(change)).toEqual({ status: 400, body: { error: 'invalid_grant' } })
  })

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['another grant', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['another kind of assertion', { client_assertion_type: 'saml' }, 'invalid_request'],
    ['what is no assertion at all', { client_assertion: 'x.y.z' }, 'invalid_grant'],
  ])('refuses %s in the form', async (_, change, error) => {
    const { grant, assertion } = await start()
    expect(await grant({ ...form, client_assertion: await assertion(), ...change })).toEqual({
      status: 400,
      body: { error },
    })
  })

  test('takes PS256 of an account that has an RSA certificate', async () => {
    const { logIn } = await start({ algorithm: 'PS256' })
    expect(await logIn({ alg: 'PS256' })).toMatchObject({ status: 200 })
    expect(await logIn({ alg: 'RS256' })).toMatchObject({ status: 400 })
  })

  test('lets nobody in after the tokens are taken back and the certificates are wiped', async () => {
    const { call, store, logIn } = await start()
    await call('GET', 'system/v1/serverTime')
    store.expireTokens()
    expect((await call('GET', 'system/v1/serverTime')).status).toBe(401)
    expect((await logIn()).status).toBe(200)
    store.removeCertificates()
    expect((await logIn()).status).toBe(400)
  })

  test.each<[string, string]>([
    ['no login', ''],
    ['a token that nobody was given', 'Bearer abc'],
    ['a password', 'Basic YTpi'],
  ])('answers %s with its own body', async (_, authorization) => {
    const { call } = await start()
    const reply = await call('GET', 'record/v1/customer/1', undefined, { authorization })
    expect(errorOf(reply)).toMatchObject({ status: 401, code: 'INVALID_LOGIN' })
    expect(reply.body).toMatchObject({ title: 'Unauthorized', status: 401 })
  })
})

describe('token-based authentication', () => {
  interface Change {
    readonly realm?: string
    readonly tokenSecret?: string
    readonly nonce?: string
    readonly skew?: number
    readonly path?: string
    readonly hash?: string
  }
  async function open() {
    const system = await start({ auth: 'tokens' })
    const { settings, netsuite, call } = system
    function send({ realm = '1234567_SB1', tokenSecret, nonce = 'n1', skew = 0, path, hash = 'sha256' }: Change = {}) {
      const oauth = new OAuth({
        consumer: { key: textOf(settings.consumerKey), secret: textOf(settings.consumerSecret) },
        realm,
        signature_method: hash === 'sha256' ? 'HMAC-SHA256' : 'HMAC-SHA1',
        hash_function: (base, key) => createHmac(hash, key).update(base).digest('base64'),
      })
      oauth.getTimeStamp = () => seconds(begin) + skew
      oauth.getNonce = () => nonce
      const asked = 'record/v1/metadata-catalog?select=a%20%C3%A4'
      const request = { method: 'GET', url: `${netsuite.url}/services/rest/${path ?? asked}` }
      const token = { key: textOf(settings.tokenId), secret: tokenSecret ?? textOf(settings.tokenSecret) }
      const { Authorization: authorization } = oauth.toHeader(oauth.authorize(request, token))
      return call('GET', asked, undefined, { authorization })
    }
    return { ...system, send }
  }

  test('takes a request that is signed with its query', async () => {
    const { send } = await open()
    expect((await send()).status).toBe(200)
  })

  test.each<[string, Change]>([
    ['another secret', { tokenSecret: 'x' }],
    ['another realm', { realm: '1234567-sb1' }],
    ['a time that is off', { skew: -301 }],
    ['the signature of another address', { path: 'system/v1/serverTime' }],
    ['another way of signing', { hash: 'sha1' }],
  ])('refuses %s', async (_, change) => {
    const { send } = await open()
    expect(errorOf(await send(change))).toMatchObject({ status: 401, code: 'INVALID_LOGIN' })
  })

  test('refuses a signature that was used before', async () => {
    const { send } = await open()
    await send()
    expect((await send()).status).toBe(401)
    expect((await send({ nonce: 'n2' })).status).toBe(200)
  })
})

describe('SuiteQL', () => {
  test('answers with text, without what is empty, and with the place of the page', async () => {
    const { ask, customer } = await start()
    const { body } = await ask(
      'SELECT c.id, c.CompanyName, c.isinactive, c.phone, COUNT(*), 1.50 FROM customer c GROUP BY c.id, c.CompanyName, c.isinactive, c.phone',
    )
    expect(body).toMatchObject({ count: 1, hasMore: false, offset: 0, totalResults: 1 })
    expect(body.items).toEqual([
      { links: [], id: customer, companyname: 'Acme', isinactive: 'F', expr1: '1', expr2: '1.5' },
    ])
  })

  test('tells times in the zone of the user, and without TO_CHAR in his form and without the clock', async () => {
    const { rows, record, order } = await start()
    await record('POST', 'salesOrder', order({ tranDate: '2026-03-05' }))
    expect(
      await rows(
        `SELECT lastmodifieddate, trandate, TO_CHAR(lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS changed,
         TO_CHAR(trandate, 'YYYY-MM-DD') day FROM transaction`,
      ),
    ).toEqual([
      { lastmodifieddate: '3/2/2026', trandate: '3/5/2026', changed: '2026-03-02 09:00:00', day: '2026-03-05' },
    ])
    const clock = "SELECT TO_CHAR(SYSDATE, 'YYYY-MM-DD HH24:MI:SS') AS now FROM dual"
    expect(await rows(clock)).toEqual([{ now: '2026-03-02 09:00:00' }])
  })

  test('tells times by summer time once it has begun', async () => {
    const { rows } = await start({ now: () => Date.parse('2026-03-09T17:00:00Z') })
    expect(await rows("SELECT TO_CHAR(SYSDATE, 'HH24:MI') AS now FROM dual")).toEqual([{ now: '10:00' }])
  })

  test('compares dates with dates, and with text only in the form of the user', async () => {
    const { rows, record, order } = await start()
    const { id } = await record('POST', 'salesOrder', order())
    const from = (time: string) =>
      rows(`SELECT id FROM transaction WHERE lastmodifieddate >= TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS')`, [time])
    expect(await from('2026-03-02 09:00:00')).toEqual([{ id }])
    expect(await from('2026-03-02 09:00:01')).toEqual([])
    expect(await rows("SELECT id FROM transaction WHERE trandate BETWEEN '3/2/2026' AND ?", ['3/2/2026'])).toEqual([
      { id },
    ])
    expect(await rows('SELECT id FROM transaction WHERE lastmodifieddate > SYSDATE - 1/24')).toEqual([{ id }])
  })

  test.each<[string, string, readonly string[], readonly JsonObject[]]>([
    [
      'table and column names of any case',
      "SELECT I.ITEMID FROM Item I WHERE I.itemid = 'STOCK'",
      [],
      [{ itemid: 'STOCK' }],
    ],
    [
      'parameters, which are text',
      'SELECT itemid FROM item WHERE id < ? AND itemid <> ?',
      ['304', 'MAKE'],
      [{ itemid: 'STOCK' }, { itemid: 'BUY' }],
    ],
    [
      'a name in place of an id',
      'SELECT BUILTIN.DF(c.currency) AS money, BUILTIN.DF(subsidiary) AS of FROM customer c',
      [],
      [{ money: 'Euro', of: 'Parent Company' }],
    ],
    [
      'a column named transaction',
      'SELECT l.transaction FROM transactionline l WHERE l.transaction IN (SELECT id FROM transaction)',
      [],
      [],
    ],
    [
      'words inside of texts',
      "SELECT 'WITH LIMIT 1 -- [no] ''''; SYSDATE' AS text FROM dual -- a comment",
      [],
      [{ text: "WITH LIMIT 1 -- [no] ''; SYSDATE" }],
    ],
    [
      'functions of Oracle',
      "SELECT NVL(NULL, 'a') a, ABS(-2.5) b, UPPER('äß') c, TRUNC(1.9) d, NVL2(NULL, 1, 2) e, DECODE('x', 'y', 1, 'x', 2, 3) f FROM dual",
      [],
      [{ a: 'a', b: '2.5', c: 'ÄSS', d: '1', e: '2', f: '2' }],
    ],
    ['exact sums', 'SELECT SUM(p.unitprice / 100) AS sum FROM pricing p WHERE p.unitprice < 30', [], [{ sum: '0.4' }]],
    ['an empty text for nothing', "SELECT id FROM item WHERE upccode = '' OR upccode <> ''", [], []],
    [
      'nothing behind everything else',
      'SELECT itemid FROM item ORDER BY subtype, id DESC FETCH FIRST 2 ROWS ONLY',
      [],
      [{ itemid: 'SERVICE' }, { itemid: 'BUY' }],
    ],
    ['TOP', 'SELECT TOP 1 itemid FROM item ORDER BY id', [], [{ itemid: 'STOCK' }]],
    ['ROWNUM', 'SELECT itemid FROM item WHERE id > 301 AND ROWNUM < 2', [], [{ itemid: 'MAKE' }]],
    [
      'lists behind subqueries',
      'SELECT itemid FROM item WHERE id IN (SELECT item FROM pricing) AND id IN (301, 302) ORDER BY 1',
      [],
      [{ itemid: 'MAKE' }, { itemid: 'STOCK' }],
    ],
    ['fractions', 'SELECT 1/4 AS part FROM dual', [], [{ part: '0.25' }]],
    [
      'joins by a comma',
      'SELECT i.itemid FROM item i, pricing p WHERE p.item = i.id AND p.unitprice = 20',
      [],
      [{ itemid: 'MAKE' }],
    ],
  ])('knows %s', async (_, query, params, expected) => {
    const { rows } = await start()
    expect(await rows(query, params)).toEqual(expected)
  })

  const unknown =
    "Search error occurred: Unknown identifier 'createdfrom'. Available identifiers are: {t=transaction, c=customer}."
  test.each<[string, string, string]>([
    [
      'a column that is not there',
      'SELECT t.createdfrom FROM transaction t JOIN customer c ON c.id = t.entity',
      unknown,
    ],
    ['the subsidiary of a whole transaction', 'SELECT subsidiary FROM transaction', "Unknown identifier 'subsidiary'"],
    [
      'a table that is not there',
      'SELECT id FROM salesorder',
      "Search error occurred: Record 'salesorder' was not found.",
    ],
    ['a table of the engine', 'SELECT name FROM sqlite_master', "Record 'sqlite_master' was not found."],
    [
      'a table of the simulator',
      'SELECT id FROM item WHERE id IN (SELECT id FROM sim_extra)',
      "Record 'sim_extra' was not found.",
    ],
    ['WITH', 'WITH x AS (SELECT id FROM item) SELECT id FROM x', 'Failed to parse SQL'],
    ['LIMIT', 'SELECT id FROM item LIMIT 1', 'near: LIMIT'],
    ['a date literal', "SELECT id FROM transaction WHERE trandate > DATE '2026-01-01'", 'Failed to parse SQL'],
    [
      'a date compared with ISO text',
      "SELECT id FROM transaction WHERE lastmodifieddate >= '2026-01-01'",
      "Invalid date value '2026-01-01'",
    ],
    [
      'an ISO time in TO_DATE',
      "SELECT TO_DATE('2026-01-01T00:00:00Z', 'YYYY-MM-DD HH24:MI:SS') FROM dual",
      'ORA-01861',
    ],
    ['a date with something behind it', "SELECT TO_DATE('2026-01-01 08:00', 'YYYY-MM-DD') FROM dual", 'ORA-01830'],
    ['a day that is none', "SELECT TO_DATE('2026-02-30', 'YYYY-MM-DD') FROM dual", 'ORA-0184'],
    ['a format that is none', "SELECT TO_CHAR(SYSDATE, 'yyyy-MM-ddTHH') FROM dual", 'ORA-01821'],
    ['text that is no number', "SELECT TO_NUMBER('ten') FROM dual", 'ORA-01722'],
    [
      'a list of 1001',
      `SELECT id FROM item WHERE id IN (${Array.from({ length: 1001 }, (_, n) => n).join(', ')})`,
      'ORA-01795',
    ],
    ['a name that two tables have', 'SELECT id FROM item i JOIN customer c ON c.id = i.id', 'ambiguous column name'],
    ['a function of another database', 'SELECT IFNULL(id, 0) FROM item', "Unknown function 'IFNULL'"],
    ['brackets', 'SELECT [id] FROM item', 'Failed to parse SQL'],
    ['two statements', 'SELECT id FROM item; SELECT id FROM item', 'Failed to parse SQL'],
    ['a statement that writes', "UPDATE item SET itemid = 'x'", 'Failed to parse SQL'],
    ['what is not grouped', 'SELECT type, status, COUNT(*) FROM transaction GROUP BY type', 'ORA-00979'],
    ['a column beside a sum', 'SELECT entity, SUM(foreigntotal) FROM transaction', 'ORA-00937'],
    [
      'an order by what DISTINCT does not select',
      'SELECT DISTINCT t.tranid FROM transaction t ORDER BY t.id',
      'ORA-01791',
    ],
    ['an order of nothing', 'SELECT id FROM item ORDER BY', 'Failed to parse SQL'],
    ['text in double quotes', 'SELECT id FROM item WHERE itemid = "STOCK"', "Unknown identifier 'STOCK'"],
  ])('refuses %s', async (_, query, text) => {
    const { ask } = await start()
    const reply = await ask(query)
    expect(reply).toMatchObject({
      status: 400,
      body: {
        title: 'Bad Request',
        'o:errorDetails': [{ 'o:errorQueryParam': 'q', 'o:errorCode': 'INVALID_PARAMETER' }],
      },
    })
    const { detail } = errorOf(reply)
    expect(detail).toContain('Invalid search query. Detailed unprocessed description follows. ')
    expect(detail).toContain(text)
  })

  test('wants to be told that it is transient', async () => {
    const { call } = await start()
    const body = { q: 'SELECT id FROM item' }
    expect(errorOf(await call('POST', 'query/v1/suiteql', body))).toMatchObject({ status: 400, code: 'INVALID_HEADER' })
    expect((await call('GET', 'query/v1/suiteql', undefined, { prefer: 'transient' })).status).toBe(405)
  })

  test.each<[string, Json, string]>([
    ['a parameter too few', [], 'Invalid number of parameters'],
    ['a parameter too many', ['1', '2'], 'Invalid number of parameters'],
    ['a parameter that is no text', [1], 'A parameter must be a string.'],
  ])('refuses %s', async (_, params, text) => {
    const { ask } = await start()
    const reply = await ask('SELECT id FROM item WHERE id = ?', params)
    expect(reply.status).toBe(400)
    expect(errorOf(reply).detail).toContain(text)
  })

  test('pages by a limit that divides the offset, up to a thousand rows', async () => {
    const { ask, store } = await start()
    for (let number = 0; number < 5; number += 1) store.addItem({ sku: `I${number}` })
    const page = async (query: string) => {
      const { body } = await ask('SELECT id FROM item ORDER BY id', [], query)
      return [body.count, body.hasMore, body.totalResults, body.offset]
    }
    expect(await page('?limit=4')).toEqual([4, true, 9, 0])
    expect(await page('?limit=4&offset=4')).toEqual([4, true, 9, 4])
    expect(await page('?limit=4&offset=8')).toEqual([1, false, 9, 8])
    expect(await page('?limit=4&offset=12')).toEqual([0, false, 9, 12])
    for (const query of ['?limit=1001', '?limit=0', '?limit=x', '?limit=4&offset=6', '?limit=1000&offset=100000']) {
      expect(errorOf(await ask('SELECT id FROM item', [], query))).toMatchObject({
        status: 400,
        code: 'INVALID_PARAMETER',
      })
    }
  })

  test('stops at a hundred thousand rows', async () => {
    const { ask, store } = await start()
    for (let number = 0; number < 60; number += 1) store.addItem({ sku: `I${number}` })
    const { body } = await ask('SELECT a.id FROM item a, item b, item c', [], '?limit=1000&offset=99000')
    expect(body).toMatchObject({ count: 1000, hasMore: false, totalResults: 100_000 })
  })

  test('breaks down when much is grouped by what a user sees, and on command', async () => {
    const { ask, store } = await start()
    const grouped = 'SELECT BUILTIN.DF(i.itemtype) AS kind, COUNT(*) AS n FROM item i GROUP BY BUILTIN.DF(i.itemtype)'
    expect((await ask(grouped)).status).toBe(200)
    for (let number = 0; number < 1000; number += 1) store.addItem({ sku: `I${number}` })
    expect(errorOf(await ask(grouped))).toMatchObject({ status: 500, code: 'UNEXPECTED_ERROR' })
    store.crash(1)
    expect(errorOf(await ask('SELECT id FROM dual'))).toMatchObject({ status: 500, code: 'UNEXPECTED_ERROR' })
    expect((await ask('SELECT dummy FROM dual')).status).toBe(200)
  })

  test('hides tables and rows that the role may not see', async () => {
    const { ask, rows, record, order, store } = await start()
    const { id } = await record('POST', 'salesOrder', order({ orderStatus: { id: 'B' } }))
    store.setDenied(['pricing', 'salesOrder'])
    expect(errorOf(await ask('SELECT item FROM pricing')).detail).toContain("Record 'pricing' was not found.")
    expect(await rows('SELECT id FROM transaction')).toEqual([])
    expect(await rows('SELECT t.id FROM transaction t JOIN transactionline l ON l.transaction = t.id')).toEqual([])
    expect(await rows('SELECT transaction FROM transactionline')).toEqual([])
    expect(errorOf(await record('GET', `salesOrder/${id}`))).toMatchObject({
      status: 403,
      code: 'INSUFFICIENT_PERMISSION',
    })
    store.setDenied(['suiteAnalytics'])
    expect(errorOf(await ask('SELECT id FROM item'))).toMatchObject({ status: 403, code: 'INSUFFICIENT_PERMISSION' })
  })

  test('has no subsidiaries without OneWorld, and names in capitals where a release has them so', async () => {
    const { ask, rows } = await start({ oneWorld: false, columnCase: 'upper' })
    expect(await rows('SELECT c.companyname FROM customer c')).toEqual([{ COMPANYNAME: 'Acme' }])
    expect(errorOf(await ask('SELECT subsidiary FROM customer')).detail).toContain("Unknown identifier 'subsidiary'")
    expect(errorOf(await ask('SELECT id FROM subsidiary')).detail).toContain("Record 'subsidiary' was not found")
  })
})

describe('making a record', () => {
  test('answers with its address alone, and sources what was not said', async () => {
    const { record, order, customer, stock, line } = await start({ taxPercent: '19' })
    const lines = { items: [line(stock), line(stock, { quantity: 1, rate: 0.1 })] }
    const made = await record('POST', 'salesOrder', order({ item: lines, shipDate: '2026-03-20', otherRefNum: 'PO-1' }))
    expect(made).toMatchObject({ status: 204, body: {} })
    expect(made.headers.get('location')).toMatch(
      /^http:\/\/127.0.0.1:\d+\/services\/rest\/record\/v1\/salesOrder\/\d+$/,
    )
    const { body } = await record('GET', `salesOrder/${made.id}?expandSubResources=true`)
    expect(body).toMatchObject({
      ...{ id: made.id, externalId: 'SO-1', tranId: 'SO1001', tranDate: '2026-03-02', shipDate: '2026-03-20' },
      ...{
        entity: { id: customer, refName: 'Acme' },
        currency: { id: '1' },
        subsidiary: { id: '1' },
        otherRefNum: 'PO-1',
      },
      ...{ orderStatus: { id: 'A', refName: 'Pending Approval' }, lastModifiedDate: '2026-03-02T17:00:00Z' },
      ...{ subtotal: 10.1, taxTotal: 1.92, total: 12.02 },
      item: {
        totalResults: 2,
        items: [
          { line: 1, item: { id: stock }, quantity: 4, rate: 2.5, amount: 10 },
          { line: 4, amount: 0.1 },
        ],
      },
    })
    const { body: plain } = await record('GET', `salesOrder/${made.id}?simpleEnumFormat=true`)
    expect(plain).toMatchObject({ orderStatus: 'A', item: { links: [{ rel: 'self' }] } })
    expect(plain.item).not.toHaveProperty('items')
    expect((await record('GET', `salesOrder/eid:SO-1?fields=tranId,status`)).body).toEqual({
      ...{ links: expect.any(Array), tranId: 'SO1001', status: { id: 'A', refName: 'Pending Approval' } },
    })
    expect((await record('GET', `salesOrder/${made.id}/item`)).body.totalResults).toBe(2)
    expect((await record('GET', `salesOrder/${made.id}/item/4`)).body).toMatchObject({ line: 4, quantity: 1 })
  })

  const missing = { id: '9999' }
  test.each<[string, (system: System) => JsonObject, string, string | undefined]>([
    ['a customer that is not there', () => ({ entity: missing }), 'INVALID_CONTENT', 'entity'],
    ['no customer', () => ({ entity: null }), 'USER_ERROR', 'entity'],
    ['no lines', () => ({ item: { items: [] } }), 'USER_ERROR', 'item'],
    [
      'an item that is not there',
      (s) => ({ item: { items: [s.line(s.stock), s.line('9999')] } }),
      'INVALID_CONTENT',
      'item.items[1].item',
    ],
    ['a line without item', () => ({ item: { items: [{ quantity: 1 }] } }), 'USER_ERROR', 'item.items[0].item'],
    ['a reference by a name alone', () => ({ entity: { refName: 'Acme' } }), 'INVALID_CONTENT', 'entity'],
    [
      'a reference by an external id that is not there',
      () => ({ entity: { externalId: 'nobody' } }),
      'INVALID_CONTENT',
      'entity',
    ],
    ['a currency that the customer does not have', () => ({ currency: { id: '2' } }), 'INVALID_CONTENT', 'currency'],
    [
      'a subsidiary that is not the customer’s',
      (s) => ({ subsidiary: { id: s.store.addSubsidiary({ name: 'EU', currency: 'USD' }) } }),
      'INVALID_CONTENT',
      'subsidiary',
    ],
    [
      'a location of another subsidiary',
      (s) => ({ location: { id: s.store.addSubsidiary({ name: 'EU', currency: 'USD' }) } }),
      'INVALID_CONTENT',
      'location',
    ],
    ['a state that is not written', () => ({ orderStatus: { id: 'C' } }), 'INVALID_CONTENT', 'orderStatus'],
    ['a date in another form', () => ({ tranDate: '3/2/2026' }), 'INVALID_CONTENT', 'tranDate'],
    ['a boolean as text', () => ({ shipComplete: 'T' }), 'INVALID_CONTENT', 'shipComplete'],
    [
      'a number as text',
      (s) => ({ item: { items: [s.line(s.stock, { rate: '2.5' })] } }),
      'INVALID_CONTENT',
      'item.items[0].rate',
    ],
    ['lines that are no list', () => ({ item: [] }), 'INVALID_CONTENT', 'item'],
    ['a line break', () => ({ memo: 'one\ntwo' }), 'INVALID_CONTENT', 'memo'],
    [
      'a country that is none',
      () => ({ shippingAddress: { country: { id: 'XX' } } }),
      'INVALID_CONTENT',
      'shippingAddress.country',
    ],
    ['an external id with a bar', () => ({ externalId: 'SO|1' }), 'INVALID_CONTENT', 'externalId'],
    ['the external id of another transaction', () => ({ externalId: 'TAKEN' }), 'USER_ERROR', 'externalId'],
    [
      'tax details that belong to no line',
      () => ({ taxDetailsOverride: true, taxDetails: { items: [{ taxDetailsReference: 'x', taxAmount: 1 }] } }),
      'INVALID_CONTENT',
      'taxDetails.items[0].taxDetailsReference',
    ],
  ])('refuses %s, and keeps nothing of it', async (_, change, code, path) => {
    const system = await start()
    const { record, order, store, customer, stock, line } = system
    store.addOrder({ externalId: 'TAKEN', entity: { id: customer }, item: { items: [line(stock)] } })
    const reply = await record('POST', 'salesOrder', order(change(system)))
    expect(errorOf(reply)).toMatchObject({ status: 400, code, path })
    expect(store.orders()).toHaveLength(1)
  })

  test('passes over a name that it does not know, unless it is told to refuse it', async () => {
    const { record, order, stock, line, store } = await start()
    const wrong = order({ custbody_region: 'EU' })
    const strict = { 'x-netsuite-propertynamevalidation': 'Error' }
    expect(errorOf(await record('POST', 'salesOrder', wrong, strict))).toMatchObject({
      code: 'INVALID_CONTENT',
      path: 'custbody_region',
    })
    expect((await record('POST', 'salesOrder', wrong)).status).toBe(204)
    store.addCustomField('body', 'custbody_region')
    const deep = order({ externalId: 'SO-2', item: { items: [line(stock, { qty: 9 })] } })
    expect(errorOf(await record('POST', 'salesOrder', deep, strict))).toMatchObject({ path: 'item.items[0].qty' })
    const { id } = await record('POST', 'salesOrder', { ...wrong, externalId: 'SO-2' }, strict)
    expect((await record('GET', `salesOrder/${id}`)).body).toMatchObject({ custbody_region: 'EU' })
  })

  test('prices by the level, unless the price is a custom one', async () => {
    const { record, order, stock, make, store, line } = await start()
    const unpriced = store.addItem({ sku: 'FREE', price: null })
    const items = [
      { item: { id: stock }, quantity: 2, rate: 99 },
      { item: { id: stock }, quantity: 2, rate: 7, price: { id: '-1' } },
      { item: { id: make }, quantity: 2, price: { id: '1' } },
      { item: { id: stock }, quantity: 3, rate: 7, amount: 20, price: { id: '-1' } },
      { item: { id: unpriced }, rate: 4 },
    ]
    const { id } = await record('POST', 'salesOrder', order({ item: { items } }))
    expect(store.order(id)?.lines.map((one) => one.rate)).toEqual(['10', '7', '20', '7', '4'])
    expect(store.order(id)?.net).toBe('98')
    const none = order({ externalId: 'SO-2', item: { items: [line(unpriced, { rate: null })] } })
    expect(errorOf(await record('POST', 'salesOrder', none))).toMatchObject({
      code: 'USER_ERROR',
      path: 'item.items[0]',
    })
  })

  test('refuses what is inactive', async () => {
    const { record, order, stock, customer, store } = await start()
    store.setInactive('item', stock, true)
    expect(errorOf(await record('POST', 'salesOrder', order()))).toMatchObject({ path: 'item.items[0].item' })
    store.setInactive('item', stock, false)
    store.setInactive('customer', customer, true)
    expect(errorOf(await record('POST', 'salesOrder', order()))).toMatchObject({ path: 'entity' })
  })

  test('makes a customer with its addresses, which its orders take over', async () => {
    const { record, rows, stock, line } = await start()
    const address = { addressee: 'Nord', addr1: 'Hafenstr. 3', city: 'Kiel', zip: '24103', country: { id: 'DE' } }
    const nord = {
      ...{
        externalId: 'CUST-2',
        companyName: 'Nord',
        subsidiary: { id: '1' },
        currency: { id: '2' },
        comments: 'a\\nb',
      },
      addressBook: { items: [{ label: 'HQ', defaultShipping: true, addressBookAddress: address }] },
      taxRegistration: { items: [{ nexusCountry: { id: 'DE' }, taxRegistrationNumber: 'DE123' }] },
    }
    const { id } = await record('POST', 'customer', nord)
    expect((await record('GET', `customer/${id}?expandSubResources=true`)).body).toMatchObject({
      ...{ companyName: 'Nord', isPerson: false, currency: { id: '2' }, comments: 'a\nb', defaultTaxReg: 'DE123' },
      addressBook: {
        items: [{ label: 'HQ', defaultShipping: true, addressBookAddress: { city: 'Kiel', country: { id: 'DE' } } }],
      },
    })
    const made = await record('POST', 'salesOrder', { entity: { id }, item: { items: [line(stock)] } })
    expect((await record('GET', `salesOrder/${made.id}/shippingAddress`)).body).toMatchObject({ addr1: 'Hafenstr. 3' })
    expect(
      await rows(
        `SELECT a.city FROM customeraddressbook b JOIN customeraddressbookentityaddress a ON a.nkey = b.addressbookaddress WHERE b.entity = ?`,
        [id],
      ),
    ).toEqual([{ city: 'Kiel' }])
  })

  test.each<[string, JsonObject, string]>([
    ['no subsidiary', { companyName: 'Nord' }, 'subsidiary'],
    ['no name', { subsidiary: { id: '1' } }, 'companyName'],
    ['a person without a name', { isPerson: true, companyName: 'Nord', subsidiary: { id: '1' } }, 'lastName'],
    ['a number that is taken', { companyName: 'Nord', subsidiary: { id: '1' }, entityId: 'CUST2002' }, 'entityId'],
    ['a web address without a scheme', { companyName: 'Nord', subsidiary: { id: '1' }, url: 'nord.example' }, 'url'],
  ])('refuses a customer with %s', async (_, body, path) => {
    const { record } = await start()
    expect(errorOf(await record('POST', 'customer', body))).toMatchObject({ status: 400, code: 'USER_ERROR', path })
  })

  test('takes the taxes that are given by hand', async () => {
    const { record, order, stock, line, store } = await start({ taxPercent: '10' })
    const taxDetails = { items: [{ taxDetailsReference: 'one', taxAmount: 1.23, taxRate: 12.3, taxBasis: 10 }] }
    const items = [line(stock, { taxDetailsReference: 'one' })]
    const { id } = await record('POST', 'salesOrder', order({ item: { items }, taxDetailsOverride: true, taxDetails }))
    expect(store.order(id)).toMatchObject({ net: '10', tax: '1.23', total: '11.23' })
  })

  test.each<[string, string, string, Json | undefined, Headers, number]>([
    ['a type that is not there', 'GET', 'saleOrder/1', undefined, {}, 404],
    ['a body that is no JSON', 'POST', 'salesOrder', '{', {}, 400],
    ['a body that is no object', 'POST', 'salesOrder', [], {}, 400],
    ['a body of another type', 'POST', 'salesOrder', '{}', { 'content-type': 'text/plain' }, 415],
    ['a method that is none', 'PATCH', 'salesOrder', {}, {}, 405],
    ['an id that is none', 'GET', 'salesOrder/abc', undefined, {}, 400],
    ['lists among the fields', 'GET', 'customer/2002?fields=addressBook', undefined, {}, 400],
  ])('refuses %s', async (_, method, path, body, headers, status) => {
    const { record } = await start()
    expect((await record(method, path, body, headers)).status).toBe(status)
  })
})

describe('external ids', () => {
  test('are shared by all transactions, and by all entities', async () => {
    const { record, order, store, rows } = await start()
    const { id } = await record('POST', 'salesOrder', order({ orderStatus: 'B' }))
    store.ship(id)
    store.invoice(id)
    expect(errorOf(await record('POST', 'salesOrder', order()))).toMatchObject({
      status: 400,
      code: 'USER_ERROR',
      path: 'externalId',
    })
    expect(errorOf(await record('GET', 'invoice/eid:SO-1'))).toMatchObject({ status: 404, code: 'NONEXISTENT_ID' })
    const twin = { externalId: 'CUST-1', companyName: 'Nord', subsidiary: { id: '1' } }
    expect(errorOf(await record('POST', 'customer', twin))).toMatchObject({ status: 400, code: 'USER_ERROR' })
    // The same text is free in another pool.
    expect((await record('POST', 'customer', { ...twin, externalId: 'SO-1' })).status).toBe(204)
    expect(await rows("SELECT type FROM transaction WHERE externalid = 'SO-1'")).toEqual([{ type: 'SalesOrd' }])
  })

  test('lead to their record in an address, are free again once it is gone, and can be changed', async () => {
    const { record, order } = await start()
    expect(errorOf(await record('GET', 'salesOrder/eid:SO-1'))).toMatchObject({ status: 404, code: 'NONEXISTENT_ID' })
    expect(errorOf(await record('GET', 'salesOrder/eid:SO%7C1'))).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
    })
    const { id } = await record('POST', 'salesOrder', order())
    expect((await record('PATCH', 'salesOrder/eid:SO-1', { externalId: 'SO-9' })).id).toBe(id)
    expect((await record('GET', 'salesOrder/eid:SO-9')).body.id).toBe(id)
    expect((await record('DELETE', 'salesOrder/eid:SO-9')).status).toBe(204)
    expect((await record('GET', `salesOrder/${id}`)).status).toBe(404)
    expect((await record('POST', 'salesOrder', order({ externalId: 'SO-9' }))).status).toBe(204)
  })

  test('make or change a record by PUT, and nothing else does', async () => {
    const { record, order, store } = await start()
    const { externalId: _, ...body } = order()
    const made = await record('PUT', 'salesOrder/eid:SO-1', body)
    const again = await record('PUT', 'salesOrder/eid:SO-1', body)
    expect([made.status, again.status, again.id]).toEqual([204, 204, made.id])
    // Lines without their numbers are added once more.
    expect(store.order(made.id)?.lines).toHaveLength(2)
    expect(errorOf(await record('PUT', `salesOrder/${made.id}`, body))).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
    })
  })
})

describe('changing an order', () => {
  async function made(options: NetsuiteSimulatorOptions = {}) {
    const system = await start(options)
    const { record, order, line, stock, make } = system
    const { id } = await record('POST', 'salesOrder', order({ item: { items: [line(stock), line(make)] } }))
    const patch = (body: Json, query = '') => record('PATCH', `salesOrder/${id}${query}`, body)
    const lines = () => system.store.order(id)?.lines.map((one) => [one.line, one.quantity, one.rate, one.closed])
    return { ...system, id, patch, lines }
  }

  test('leaves alone what is not named, clears what is null, and moves the date', async () => {
    const { record, patch, id, pass } = await made()
    await patch({ memo: 'one', otherRefNum: 'PO-1' })
    pass(1000)
    expect(await patch({ memo: null, shippingAddress: { city: 'Kiel' } })).toMatchObject({ status: 204, id })
    const { body } = await record('GET', `salesOrder/${id}`)
    expect(body).toMatchObject({ otherRefNum: 'PO-1', lastModifiedDate: '2026-03-02T17:00:01Z' })
    expect(body).not.toHaveProperty('memo')
  })

  test('adds a line that has no number, each time', async () => {
    const { patch, lines, stock, line } = await made()
    for (let round = 0; round < 2; round += 1) await patch({ item: { items: [line(stock, { quantity: 1 })] } })
    expect(lines()).toEqual([
      [1, '4', '2.5', false],
      [4, '4', '2.5', false],
      [7, '1', '2.5', false],
      [10, '1', '2.5', false],
    ])
  })

  test('changes the line whose number is named, and takes away others only when told to replace', async () => {
    const { patch, lines, stock, line, record, id } = await made()
    await patch({ item: { items: [{ line: 4, quantity: 9 }] } })
    expect(lines()).toEqual([
      [1, '4', '2.5', false],
      [4, '9', '2.5', false],
    ])
    await patch({ item: { items: [{ line: 4, rate: 3 }, line(stock, { quantity: 1 })] } }, '?replace=item')
    expect(lines()).toEqual([
      [4, '9', '3', false],
      [7, '1', '2.5', false],
    ])
    expect(errorOf(await patch({ item: { items: [{ line: 1, quantity: 1 }] } }))).toMatchObject({
      code: 'INVALID_CONTENT',
      path: 'item.items[0].line',
    })
    expect((await record('GET', `salesOrder/${id}/item/1`)).status).toBe(404)
    expect(errorOf(await patch({ item: { items: [] } }, '?replace=item'))).toMatchObject({
      code: 'USER_ERROR',
      path: 'item',
    })
    expect(errorOf(await patch({}, '?replace=memo'))).toMatchObject({ code: 'INVALID_PARAMETER' })
  })

  test('keeps lines of which something was shipped', async () => {
    const { patch, lines, store, id } = await made()
    store.approve(id)
    store.ship(id)
    expect(errorOf(await patch({ item: { items: [{ line: 4 }] } }, '?replace=item'))).toMatchObject({
      status: 400,
      code: 'USER_ERROR',
    })
    expect(errorOf(await patch({ item: { items: [{ line: 1, quantity: 3 }] } }))).toMatchObject({
      code: 'USER_ERROR',
      path: 'item.items[0].quantity',
    })
    expect(errorOf(await patch({ item: { items: [{ line: 1, item: { id: '302' } }] } }))).toMatchObject({
      path: 'item.items[0].item',
    })
    expect((await patch({ item: { items: [{ line: 1 }] } }, '?replace=item')).status).toBe(204)
    expect(lines()).toHaveLength(1)
  })

  test('approves, takes it back, and knows no other state', async () => {
    const { patch, store, id } = await made()
    const status = () => store.order(id)?.status
    await patch({ orderStatus: { id: 'B' } })
    expect(status()).toBe('B')
    expect((await patch({ orderStatus: 'B' })).status).toBe(204)
    await patch({ orderStatus: { id: 'A' } })
    expect(status()).toBe('A')
    await patch({ orderStatus: { id: 'B' } })
    store.ship(id)
    expect(errorOf(await patch({ orderStatus: { id: 'A' } }))).toMatchObject({
      code: 'USER_ERROR',
      path: 'orderStatus',
    })
    expect(errorOf(await patch({ orderStatus: { id: 'G' } }))).toMatchObject({ code: 'INVALID_CONTENT' })
  })

  test('is closed when all of its lines are', async () => {
    const { patch, store, netsuite, id, rows } = await made()
    store.approve(id)
    await patch({ item: { items: [{ line: 1, isClosed: true }] } })
    expect(store.order(id)?.status).toBe('B')
    await patch({ item: { items: [{ line: 4, isClosed: true }] } })
    expect(store.order(id)?.status).toBe('H')
    expect(netsuite.erp.order(id)?.state).toBe('cancelled')
    expect(await rows('SELECT SUM(quantitycommitted) AS held FROM aggregateitemlocation')).toEqual([{ held: '0' }])
  })

  test('loses against another save, and against a lock even to read', async () => {
    const { patch, record, store, id, rows } = await made()
    store.race(1)
    expect(errorOf(await patch({ memo: 'x' }))).toMatchObject({ status: 400, code: 'RCRD_HAS_BEEN_CHANGED' })
    expect((await patch({ memo: 'x' })).status).toBe(204)
    store.lock('transaction', id)
    for (const reply of [
      await patch({ memo: 'y' }),
      await record('GET', `salesOrder/${id}`),
      await record('GET', `salesOrder/${id}/item`),
    ]) {
      expect(errorOf(reply)).toMatchObject({ status: 400, code: 'USER_ERROR' })
      expect(errorOf(reply).detail).toContain('locked by a user defined workflow')
    }
    expect(await rows('SELECT memo FROM transaction')).toEqual([{ memo: 'x' }])
    store.unlock('transaction', id)
    expect((await record('GET', `salesOrder/${id}`)).body.memo).toBe('x')
  })

  test('is not deleted when something follows from it', async () => {
    const { record, store, id } = await made()
    store.approve(id)
    expect(errorOf(await record('DELETE', `salesOrder/${id}`))).toMatchObject({ status: 400, code: 'USER_ERROR' })
    store.remove(id)
    expect(store.orders()).toEqual([])
  })
})

describe('the life of an order', () => {
  test('goes from work and purchase over two shipments and an invoice to two payments', async () => {
    const { record, order, store, line, stock, make, buy, service, rows, netsuite } = await start({ taxPercent: '10' })
    const items = [stock, make, buy, service].map((item) => line(item))
    const { id } = await record('POST', 'salesOrder', order({ item: { items } }))
    expect(store.tick()).toBe(0)
    await record('PATCH', `salesOrder/${id}`, { orderStatus: { id: 'B' } })
    const seen: string[] = []
    do {
      const documents = store.documents(id).map((one) => `${one.type}${one.status === 'null' ? '' : one.status}`)
      seen.push(`${store.order(id)?.status} ${documents.sort().join(' ')}`)
    } while (store.tick() > 0)
    expect(seen).toEqual([
      'B PurchOrdB WorkOrdA',
      'B ItemRcpt PurchOrdF WorkOrdD',
      'B Build ItemRcpt PurchOrdF WorkOrdG',
      'B Build ItemRcpt ItemShipA PurchOrdF WorkOrdG',
      'B Build ItemRcpt ItemShipB PurchOrdF WorkOrdG',
      'E Build ItemRcpt ItemShipC PurchOrdF WorkOrdG',
      'F Build ItemRcpt ItemShipC ItemShipC PurchOrdF WorkOrdG',
      'G Build CustInvcA ItemRcpt ItemShipC ItemShipC PurchOrdF WorkOrdG',
      'G Build CustInvcA CustPymtB ItemRcpt ItemShipC ItemShipC PurchOrdF WorkOrdG',
      'G Build CustInvcB CustPymtB CustPymtB ItemRcpt ItemShipC ItemShipC PurchOrdF WorkOrdG',
    ])
    expect(store.order(id)?.lines.map((one) => [one.shipped, one.billed])).toEqual([
      ['4', '4'],
      ['4', '4'],
      ['4', '4'],
      ['0', '4'],
    ])
    expect(netsuite.erp.order(id)).toMatchObject({
      key: 'SO-1',
      state: 'confirmed',
      net: '40',
      total: '44',
      currency: 'EUR',
    })
    expect(
      await rows(
        `SELECT DISTINCT d.tranid, d.foreigntotal, d.foreignamountpaid, d.foreignamountunpaid, TO_CHAR(d.duedate, 'YYYY-MM-DD') AS due
         FROM PreviousTransactionLineLink l JOIN transaction d ON d.id = l.nextdoc AND d.type = 'CustInvc' WHERE l.previousdoc = ?`,
        [id],
      ),
    ).toEqual([
      { tranid: 'INV1001', foreigntotal: '44', foreignamountpaid: '44', foreignamountunpaid: '0', due: '2026-04-01' },
    ])
    expect(
      await rows(
        `SELECT p.tranid, l.foreignamount FROM NextTransactionLineLink l JOIN transaction p ON p.id = l.nextdoc
         WHERE l.previoustype = 'CustInvc' AND l.linktype = 'Payment' ORDER BY p.id`,
      ),
    ).toEqual([
      { tranid: 'PYMT1001', foreignamount: '22' },
      { tranid: 'PYMT1002', foreignamount: '22' },
    ])
    expect(
      await rows(
        `SELECT f.tranid, f.shipcarrier, n.trackingnumber FROM transaction f JOIN TrackingNumberMap m ON m.transaction = f.id
         JOIN TrackingNumber n ON n.id = m.trackingnumber WHERE f.type = 'ItemShip' ORDER BY f.id`,
      ),
    ).toMatchObject([{ tranid: 'IF1001', shipcarrier: 'ups' }, { tranid: 'IF1002' }])
    expect(
      await rows(
        `SELECT id, linesequencenumber, quantity, quantityshiprecv, foreignamount, mainline, taxline
         FROM transactionline WHERE transaction = ? AND (id < 2 OR taxline = 'T') ORDER BY id`,
        [id],
      ),
    ).toEqual([
      { id: '0', linesequencenumber: '0', foreignamount: '44', mainline: 'T', taxline: 'F' },
      {
        id: '1',
        linesequencenumber: '1',
        quantity: '-4',
        quantityshiprecv: '4',
        foreignamount: '-10',
        mainline: 'F',
        taxline: 'F',
      },
      { id: '11', linesequencenumber: '5', foreignamount: '-4', mainline: 'F', taxline: 'T' },
    ])
  })

  test('moves the date of the order for shipments and invoices, not for work, purchases and payments', async () => {
    const { order, store, line, make, buy, pass, rows } = await start()
    const id = store.addOrder(order({ orderStatus: 'B', item: { items: [line(make, { quantity: 1 }), line(buy)] } }))
    const changed = async () =>
      (await rows(`SELECT TO_CHAR(lastmodifieddate, 'HH24:MI:SS') AS at FROM transaction WHERE id = ?`, [id]))[0]?.at
    const changedBy = async (work: () => unknown) => {
      pass(1000)
      work()
      return changed()
    }
    expect(await changed()).toBe('09:00:00')
    expect(await changedBy(() => store.startWork(id))).toBe('09:00:00')
    expect(await changedBy(() => store.build(id))).toBe('09:00:00')
    expect(await changedBy(() => store.receive(id))).toBe('09:00:00')
    expect(await changedBy(() => store.ship(id, { part: true }))).toBe('09:00:04')
    expect(await changedBy(() => store.ship(id))).toBe('09:00:05')
    expect(await changedBy(() => store.invoice(id))).toBe('09:00:06')
    expect(await changedBy(() => store.pay(id, '1'))).toBe('09:00:06')
  })

  test('bills part after part, to the cent', async () => {
    const { order, store, line, stock } = await start({ taxPercent: '19' })
    const id = store.addOrder(order({ orderStatus: 'B', item: { items: [line(stock, { quantity: 3, rate: 0.55 })] } }))
    const totals: Json[] = []
    for (let part = 0; part < 2; part += 1) {
      store.ship(id, { part: true })
      expect(store.order(id)?.status).toBe('E')
      store.invoice(id)
      expect(store.order(id)?.status).toBe('D')
      totals.push(store.order(id)?.lines[0]?.billed ?? null)
    }
    store.ship(id)
    expect(store.order(id)?.status).toBe('F')
    store.invoice(id)
    expect(store.order(id)).toMatchObject({ status: 'G', total: '1.96' })
    expect(totals).toEqual(['1', '2'])
    expect(store.pay(id, '0.5')).toBe(true)
    while (store.pay(id, 'all'));
    expect(
      store
        .documents(id)
        .filter((one) => one.type === 'CustInvc')
        .map((one) => one.status),
    ).toEqual(['B', 'B', 'B'])
  })

  test('takes cash, returns and credits', async () => {
    const { order, store, customer, rows } = await start()
    store.paysCash(customer)
    const cash = store.addOrder(order({ orderStatus: 'B' }))
    store.tick({ steps: 20 })
    expect(store.documents(cash).map((one) => one.type)).toEqual(['ItemShip', 'ItemShip', 'CashSale'])
    const nord = store.addCustomer({ companyName: 'Nord' })
    const id = store.addOrder(order({ externalId: 'SO-2', entity: { id: nord }, orderStatus: 'B' }))
    store.ship(id)
    store.invoice(id)
    expect([store.takeBack(id), store.credit(id), store.credit(id)]).toEqual([true, true, false])
    expect(
      store
        .documents(id)
        .map((one) => one.type + one.status)
        .sort(),
    ).toEqual(['CustCredB', 'CustInvcB', 'ItemRcptnull', 'ItemShipC', 'RtnAuthG'].sort())
    expect(await rows("SELECT foreigntotal FROM transaction WHERE type = 'CustCred'")).toEqual([
      { foreigntotal: '-10' },
    ])
  })

  test('ships no more than there is, and what is left once a line is closed', async () => {
    const { order, store, line, rows, record } = await start()
    const scarce = store.addItem({ sku: 'SCARCE', onHand: 3 })
    const id = store.addOrder(order({ orderStatus: 'B', item: { items: [line(scarce)] } }))
    expect(
      await rows('SELECT quantitycommitted, quantitybackordered FROM transactionline WHERE item = ?', [scarce]),
    ).toEqual([{ quantitycommitted: '3', quantitybackordered: '1' }])
    store.ship(id)
    expect(store.ship(id)).toBe(false)
    expect(store.order(id)).toMatchObject({ status: 'E', lines: [{ shipped: '3' }] })
    await record('PATCH', `salesOrder/${id}`, { item: { items: [{ line: 1, isClosed: true }] } })
    expect(store.order(id)?.status).toBe('H')
    expect(store.invoice(id)).toBe(true)
    expect(
      await rows(
        'SELECT quantityonhand, quantityavailable, quantitycommitted FROM aggregateItemLocation WHERE item = ?',
        [scarce],
      ),
    ).toEqual([{ quantityonhand: '0', quantityavailable: '0', quantitycommitted: '0' }])
  })

  test('cancels what waits for approval and closes what does not', async () => {
    const { order, store, netsuite } = await start()
    const draft = store.addOrder(order())
    const approved = store.addOrder(order({ externalId: 'SO-2', orderStatus: 'B' }))
    const shipped = store.addOrder(order({ externalId: 'SO-3', orderStatus: 'B' }))
    store.ship(shipped, { part: true })
    for (const id of [draft, approved, shipped]) netsuite.erp.cancel(id)
    expect(store.orders().map((one) => one.status)).toEqual(['C', 'H', 'H'])
    expect(netsuite.erp.orders().map((one) => one.state)).toEqual(['cancelled', 'cancelled', 'confirmed'])
    expect(netsuite.erp.order(shipped)?.lines).toEqual([{ sku: 'STOCK', quantity: '2', shipped: '2' }])
    expect(store.tick()).toBe(0)
  })

  test('is transformed into a fulfilment and an invoice, line by line', async () => {
    const { record, order, store, line, stock, make } = await start()
    const { id } = await record('POST', 'salesOrder', order({ item: { items: [line(stock), line(make)] } }))
    const to = (type: string, body?: Json) => record('POST', `salesOrder/${id}/!transform/${type}`, body)
    expect(errorOf(await to('itemFulfillment', {}))).toMatchObject({ status: 400, code: 'USER_ERROR' })
    store.approve(id)
    store.build(id)
    expect(errorOf(await to('invoice'))).toMatchObject({ code: 'USER_ERROR' })
    const wrong = { item: { items: [{ orderLine: 2, quantity: 1 }] } }
    expect(errorOf(await to('itemFulfillment', wrong))).toMatchObject({ path: 'item.items[0].orderLine' })
    const part = {
      item: {
        items: [
          { orderLine: 1, quantity: 1, itemReceive: true },
          { orderLine: 4, itemReceive: false },
        ],
      },
    }
    const made = await to('itemFulfillment', part)
    expect(made.status).toBe(204)
    expect((await record('GET', `itemFulfillment/${made.id}?expandSubResources=true`)).body).toMatchObject({
      ...{ status: { id: 'C', refName: 'Shipped' }, item: { items: [{ quantity: 1 }] } },
    })
    expect(store.order(id)?.lines.map((one) => one.shipped)).toEqual(['1', '0'])
    const invoice = await to('invoice')
    expect((await record('GET', `invoice/${invoice.id}`)).body).toMatchObject({ total: 2.5, dueDate: '2026-04-01' })
  })
})

describe('items', () => {
  test('have prices by level, currency and quantity, and stock by location', async () => {
    const { store, rows } = await start()
    store.addLocation('Outlet')
    const id = store.addItem({ sku: 'LAMP', price: 10, breaks: { 100: 8 }, prices: { USD: '11.5' }, onHand: 7 })
    expect(
      await rows(
        'SELECT p.pricelevel, c.symbol, p.quantity, p.unitprice FROM pricing p JOIN currency c ON c.id = p.currency WHERE p.item = ? ORDER BY c.symbol, p.quantity',
        [id],
      ),
    ).toEqual([
      { pricelevel: '1', symbol: 'EUR', quantity: '0', unitprice: '10' },
      { pricelevel: '1', symbol: 'EUR', quantity: '100', unitprice: '8' },
      { pricelevel: '1', symbol: 'USD', quantity: '0', unitprice: '11.5' },
    ])
    expect(
      await rows('SELECT location, quantityonhand FROM aggregateitemlocation WHERE item = ? ORDER BY location', [id]),
    ).toEqual([
      { location: '1', quantityonhand: '7' },
      { location: '2', quantityonhand: '7' },
    ])
  })

  test('have units of measure, or no columns for them', async () => {
    const { store, rows } = await start()
    const unit = { name: 'Each' }
    const id = store.addItem({ sku: 'EGG', unit, saleUnit: { name: 'Dozen', rate: 12 } })
    store.addItem({ sku: 'HEN', unit })
    expect(
      await rows(
        'SELECT BUILTIN.DF(i.stockunit) AS stock, u.unitname, u.conversionrate FROM item i JOIN unitstypeuom u ON u.internalid = i.saleunit WHERE i.id = ?',
        [id],
      ),
    ).toEqual([{ stock: 'Each', unitname: 'Dozen', conversionrate: '12' }])
    expect(await rows('SELECT unitname FROM unitstypeuom ORDER BY internalid')).toHaveLength(2)
    const { ask } = await start({ units: false })
    expect((await ask('SELECT saleunit FROM item')).status).toBe(400)
    expect((await ask('SELECT unitname FROM unitstypeuom')).status).toBe(400)
  })

  test('are counted anew by an adjustment, which touches the stock and not the item', async () => {
    const { store, rows, pass } = await start()
    const id = store.addItem({ sku: 'LAMP', onHand: 7 })
    const modified = () => rows('SELECT lastmodifieddate FROM item WHERE id = ?', [id])
    const at = () =>
      rows(
        "SELECT TO_CHAR(lastquantityavailablechange, 'YYYY-MM-DD HH24:MI:SS') AS at FROM aggregateitemlocation WHERE item = ?",
        [id],
      )
    const [before, changed] = [await modified(), await at()]
    pass(60_000)
    store.changeItem(id, { onHand: '4.5' })
    expect(
      await rows(
        "SELECT t.type, l.quantity FROM transaction t JOIN transactionline l ON l.transaction = t.id WHERE l.item = ? AND l.isinventoryaffecting = 'T'",
        [id],
      ),
    ).toEqual([{ type: 'InvAdjst', quantity: '-2.5' }])
    expect(await modified()).toEqual(before)
    expect(await at()).not.toEqual(changed)
    expect(store.items().find((item) => item.id === id)).toMatchObject({ onHand: '4.5', available: '4.5' })
  })

  test('are changed by people, as all simulated ERPs have it', async () => {
    const { netsuite } = await start()
    const { erp } = netsuite
    const id = erp.addProduct({ sku: 'LAMP', name: 'Lamp', price: '10' })
    erp.catalogue?.change(id, { price: '12.5', onHand: '3', active: false, name: 'Lamp L2' })
    expect((erp.catalogue?.products() ?? []).find((product) => product.id === id)).toEqual({
      ...{ id, sku: 'LAMP', name: 'Lamp L2', active: false, price: '12.5', onHand: '3', available: '3' },
    })
    expect(() => erp.catalogue?.change('999', { price: '1' })).toThrow('no item 999')
  })

  test('that are only read are ordered by nobody', async () => {
    const { store, order, line, record } = await start()
    const kit = store.addItem({ sku: 'KIT', type: 'Kit' })
    const { status, body } = await record('POST', 'salesOrder', order({ item: { items: [line(kit)] } }))
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining('not simulated')])
  })

  test('come by the ten thousand, as they stood a day ago', async () => {
    const { store, rows } = await start()
    const ids = store.addItems(Array.from({ length: 10_000 }, (_, n) => ({ sku: `S-${n}` })))
    expect(new Set(ids).size).toBe(10_000)
    expect(
      await rows("SELECT COUNT(*) AS count FROM item WHERE itemid LIKE 'S-%' AND lastmodifieddate > SYSDATE - 1/2"),
    ).toEqual([{ count: '0' }])
  })
})

test('a reference that leads to no record has no name, and a custom price is called one', async () => {
  const { store, order, record } = await start()
  const id = store.addOrder(order())
  const { body } = await record('GET', `salesOrder/${id}/item/1`)
  expect(body.price).toMatchObject({ id: '-1', refName: 'Custom' })
  const { body: whole } = await record('GET', `salesOrder/${id}?expandSubResources=true`)
  expect(JSON.stringify(whole)).not.toContain('"null"')
})

describe('the account', () => {
  test('describes its record types with its own fields', async () => {
    const { record } = await start()
    const schema = { accept: 'application/schema+json' }
    const { body } = await record('GET', 'metadata-catalog/salesOrder', undefined, schema)
    const properties = body.properties as JsonObject
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(['entity', 'taxDetails', 'subsidiary', 'tranDate']))
    expect(properties.item).toMatchObject({
      properties: {
        items: { items: { properties: { custcol_crosswalk_line: { type: 'string', 'x-ns-custom-field': true } } } },
      },
    })
    expect(properties.orderStatus).toMatchObject({ properties: { id: { enum: ['A', 'B'] } } })
    expect((await record('GET', 'metadata-catalog/salesOrder')).status).toBe(406)
    expect((await record('GET', 'metadata-catalog/nothing', undefined, schema)).status).toBe(404)
    const { body: all } = await record('GET', 'metadata-catalog?select=customer,salesOrder')
    expect((all.items as readonly JsonObject[]).map((one) => one.name)).toEqual(['salesOrder', 'customer'])
  })

  test('has no tax in REST with the old engine, no subsidiary without OneWorld, no line field unless it was made', async () => {
    const { record, order, store } = await start({
      legacyTax: true,
      oneWorld: false,
      lineColumn: false,
      taxPercent: '10',
    })
    const { body } = await record('GET', 'metadata-catalog/salesOrder', undefined, {
      accept: 'application/schema+json',
    })
    const text = JSON.stringify(body)
    for (const name of ['taxDetails"', 'subsidiary', 'custcol_crosswalk_line']) expect(text).not.toContain(name)
    const { id } = await record('POST', 'salesOrder', order())
    expect(store.order(id)).toMatchObject({ net: '10', tax: '0', total: '10' })
    expect((await record('POST', 'customer', { companyName: 'Nord' })).status).toBe(204)
  })

  test('tells its limits to administrators only', async () => {
    const role = await start()
    expect(errorOf(await role.call('GET', 'system/v1/governanceLimits'))).toMatchObject({ status: 403 })
    const admin = await start({ administrator: true })
    expect((await admin.call('GET', 'system/v1/governanceLimits')).body).toMatchObject({ accountConcurrencyLimit: 5 })
  })

  test('blocks what is too much at once, in text that is no JSON and without saying when to come back', async () => {
    const { store, netsuite, logIn } = await start()
    store.occupy(5)
    const response = await fetch(`${netsuite.url}/services/rest/system/v1/serverTime`)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, null])
    const text = await response.text()
    expect(text).toContain('CONCURRENCY_LIMIT_EXCEEDED')
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    // A login is no request of web services.
    expect((await logIn()).status).toBe(200)
    store.occupy(4)
    expect((await fetch(`${netsuite.url}/services/rest/system/v1/serverTime`)).status).toBe(401)
  })

  test('counts requests that are still under way', async () => {
    const { netsuite } = await start({ concurrency: 2, latencyMs: 500 })
    const statuses = await Promise.all(
      Array.from({ length: 6 }, async () => (await fetch(`${netsuite.url}/services/rest/system/v1/serverTime`)).status),
    )
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThanOrEqual(2)
    expect(statuses).toContain(429)
    expect((await fetch(`${netsuite.url}/services/rest/system/v1/serverTime`)).status).toBe(401)
  })

  test('answers in trouble as the real one does, on command', async () => {
    const { netsuite, record, order, store } = await start()
    await record('GET', 'customer')
    const { busy } = netsuite.trouble
    if (busy === null) throw new Error('the account knows no lost race')
    netsuite.fault({ match: netsuite.requests.create, ...busy })
    expect(errorOf(await record('POST', 'salesOrder', order()))).toMatchObject({ code: 'RCRD_HAS_BEEN_CHANGED' })
    netsuite.fault({ match: netsuite.requests.create, ...netsuite.trouble.loginExpired })
    expect(errorOf(await record('POST', 'salesOrder', order()))).toMatchObject({ code: 'INVALID_LOGIN' })
    netsuite.fault({ match: netsuite.requests.create, kind: 'lose_answer' })
    await expect(record('POST', 'salesOrder', order())).rejects.toThrow()
    expect(store.orders()).toHaveLength(1)
  })

  test('is worked in by people of another process', async () => {
    const { netsuite, customer, stock, line } = await start()
    const control = async (name: string, body: Json) => {
      const response = await fetch(`${netsuite.url}/_simulator/${name}`, { method: 'POST', body: JSON.stringify(body) })
      return (await response.json()) as JsonObject
    }
    const { products, customers } = await control('seed', {
      products: [{ sku: 'X' }],
      customers: [{ companyName: 'Nord' }],
      tax: '5',
    })
    expect([products, customers]).toEqual([['305'], ['2003']])
    const id = netsuite.store.addOrder({ entity: { id: customer }, item: { items: [line(stock)] } })
    expect(await control('step', { name: 'approve', id })).toEqual({ done: true })
    expect(await control('tick', { steps: 2 })).toEqual({ moved: 1 })
    expect(await control('orders', {})).toMatchObject([{ id, status: 'B', total: '10.5' }])
    expect(await control('settings', {})).toEqual(netsuite.settings)
    expect(await control('documents', { id })).toMatchObject([{ type: 'ItemShip', status: 'B' }])
  })
})
