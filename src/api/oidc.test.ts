import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import request from 'supertest'
import { type FreshDatabase, freshLedger } from '../../test/ledger/fresh-ledger.ts'
import { type Cookie, openBrowser } from '../../test/oidc/browser.ts'
import { listen, openTestProvider, type TestProvider } from '../../test/oidc/provider.ts'
import { openAccounts } from '../app/accounts/accounts.ts'
import { openIdentityProvider } from '../oidc/provider.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import { createApi } from './api.ts'
import { unreached, unwatched } from './fake.ts'
import { signOnPaths } from './single-sign-on.ts'
import type { SingleSignOn } from './use-cases.ts'

/*
 * People come from a real provider of OpenID Connect to the real API, over HTTP and on a real ledger.
 */

const password = 'a long sentence of words'
const client = { id: 'crosswalk', secret: 'a-client-secret-of-the-test-0815' }
const roles: SingleSignOn['roles'] = { viewer: ['staff'], operator: ['sales', 'support'], admin: ['it'] }

let ledger: Ledger
let database: FreshDatabase
let provider: TestProvider
/** Another one, which is trusted by nobody. */
let stranger: TestProvider
const closing: (() => Promise<void>)[] = []
const lines: string[] = []
let url: string
let app: ReturnType<typeof createApi>

beforeAll(async () => {
  // The provider advises those who run it for good.
  for (const level of ['info', 'warn'] as const) jest.spyOn(console, level).mockImplementation(() => undefined)
  const fresh = await freshLedger()
  ;({ ledger, database } = fresh)
  const { server, url: own, close } = await listen()
  closing.push(fresh.close, close)
  url = own
  const redirectAddress = `${url}${signOnPaths.finish}`
  provider = await openTestProvider({ ...client, redirectAddress })
  stranger = await openTestProvider({ ...client, redirectAddress })
  closing.push(provider.close, stranger.close)
  server.on('request', (...exchange) => app(...exchange))
})
afterAll(async () => {
  jest.restoreAllMocks()
  for (const close of closing.reverse()) await close()
})
beforeEach(async () => {
  await database.query('truncate crosswalk.accounts, crosswalk.api_tokens, crosswalk.audit cascade')
  lines.length = 0
  open()
})

const notAsked = unreached(new Error('nobody has signed in'))
/** Serves anew, by the provider unless told otherwise. */
function open({ issuer = provider.issuer, secret = client.secret, publicUrl = url } = {}): void {
  const write = (event: string, details?: unknown) => void lines.push(`${event} ${JSON.stringify(details)}`)
  app = createApi({
    crosswalk: notAsked,
    accounts: openAccounts(ledger),
    live: unwatched(new Error('nobody looks on')),
    runSync: async () => undefined,
    console: null,
    webhooks: { knows: () => false, receive: async () => ({ status: 404 }) },
    metrics: { text: async () => '', refused: () => undefined },
    log: { debug: write, info: write, warn: write, error: write },
    token: 'correct-horse-battery-staple',
    publicUrl,
    metricsOpen: false,
    singleSignOn: {
      name: 'Acme',
      roles,
      provider: openIdentityProvider({
        issuer,
        clientId: client.id,
        clientSecret: secret,
        scopes: ['openid', 'profile', 'email'],
        groupsClaim: 'groups',
        redirectAddress: `${publicUrl}${signOnPaths.finish}`,
      }),
    },
    hosts: [],
    ready: async () => true,
  })
}

const ida = { sub: '4711', preferred_username: 'Ida@Acme.test', name: 'Ida Jansen', groups: ['staff', 'sales'] }
type Browser = ReturnType<typeof openBrowser>

/** Signs in whoever is at the provider. */
async function signIn(browser: Browser = openBrowser()) {
  const { places, response } = await browser.follow(`${url}${signOnPaths.begin}`)
  return { browser, places, status: response?.status ?? 0, page: (await response?.text()) ?? '' }
}
/** Goes to the provider and stops before coming back. */
async function comeBack(browser: Browser = openBrowser()) {
  const { last } = await browser.follow(`${url}${signOnPaths.begin}`, (place) =>
    place.startsWith(`${url}${signOnPaths.finish}`),
  )
  return { browser, address: last }
}
async function visit(browser: Browser, address: string) {
  const response = await browser.get(address, { isForeign: true })
  return { status: response.status, page: await response.text() }
}
const session = async (browser: Browser) => (await browser.get(`${url}/api/v1/session`)).json()
const accounts = () => ledger.accounts.list()
const audit = () => ledger.accounts.audited({ max: 10 })
const handshakeOf = (browser: Browser): Cookie => {
  const cookie = browser.cookies().find(({ name }) => name.includes('sign-on'))
  if (cookie === undefined) throw new Error('no cookie of a sign-in')
  return cookie
}
const refusedFor = (why: string) =>
  lines.filter((line) => line.startsWith('sign_on_refused') && line.includes(`"why":"${why}"`))

describe('signing in', () => {
  test('gives the highest role of the groups, adds the person and goes on to the console', async () => {
    provider.comes(ida)
    expect(await session(openBrowser())).toEqual({ user: null, endsAt: null, isSetUp: false, oidc: { name: 'Acme' } })
    const { browser, status, page } = await signIn()
    expect([status, page]).toEqual([200, expect.stringContaining('<meta http-equiv="refresh" content="0;url=/">')])
    expect(page).not.toMatch(/<script|<style|style=/)
    expect(await session(browser)).toMatchObject({
      user: { name: 'ida@acme.test', display: 'Ida Jansen', role: 'operator' },
      isSetUp: true,
    })
    expect(await accounts()).toMatchObject([{ name: 'ida@acme.test', isReady: true, isSingleSignOn: true }])
    expect(await audit()).toMatchObject([
      {
        actor: 'ida@acme.test',
        action: 'singleSignOn',
        outcome: 'done',
        subject: { name: 'ida@acme.test', role: 'operator' },
      },
    ])
    // What a redirect would have sent along: the cookie of the session stays at home in a navigation from elsewhere.
    const foreign = await browser.get(`${url}/api/v1/session`, { isForeign: true })
    expect(await foreign.json()).toMatchObject({ user: null })
  })

  test('goes by who it is at the provider, whatever they are called there', async () => {
    provider.comes(ida)
    await signIn()
    provider.comes({ ...ida, preferred_username: 'ida.smith@acme.test' })
    expect(await session((await signIn()).browser)).toMatchObject({ user: { name: 'ida@acme.test' } })
    provider.comes({ ...ida, sub: '4712' })
    expect(await session((await signIn()).browser)).toMatchObject({ user: { name: 'ida@acme.test-2' } })
  })

  test.each([
    [{ sub: '1', email: 'Bob@acme.test' }, 'bob@acme.test', 'Bob@acme.test'],
    [{ sub: '2', preferred_username: 'Zoë van Dyk' }, 'zoe-van-dyk', 'Zoë van Dyk'],
    [{ sub: '3', preferred_username: '陈丽', name: '陈丽' }, 'person', '陈丽'],
    [{ sub: '4' }, 'person', 'Somebody'],
    [{ sub: '5', preferred_username: `../${'x'.repeat(300)}`, name: 'a\u0007b' }, 'x'.repeat(80), 'a b'],
    [{ sub: '6', preferred_username: 'admin' }, 'admin-2', 'admin'],
  ])('names %j by the rules for names', async (who, name, display) => {
    provider.comes({ ...who, groups: ['staff'] })
    expect(await session((await signIn()).browser)).toMatchObject({ user: { name, display, role: 'viewer' } })
  })

  test('sets the role anew each time, and ends all sessions of who is in no group any more', async () => {
    provider.comes(ida)
    const first = await signIn()
    provider.comes({ ...ida, groups: ['it'] })
    const second = await signIn()
    for (const { browser } of [first, second]) expect(await session(browser)).toMatchObject({ user: { role: 'admin' } })
    provider.comes({ ...ida, groups: ['others'] })
    const third = await signIn()
    expect([third.status, third.page]).toEqual([403, expect.stringContaining('You are in no group')])
    for (const { browser } of [first, second, third]) expect(await session(browser)).toMatchObject({ user: null })
    expect(refusedFor('no_group')).toHaveLength(1)
    expect((await audit())[0]).toMatchObject({
      ...{ actor: null, action: 'singleSignOn', outcome: 'refused' },
      subject: { name: 'ida@acme.test', reason: 'no_group' },
    })
  })

  test.each([[[]], [['others', 'Staff']], [undefined]])(
    'with the groups %j gets nobody in, and adds nobody',
    async (groups) => {
      const { groups: _own, ...rest } = ida
      provider.comes(groups === undefined ? rest : { ...rest, groups })
      const { status, page, browser } = await signIn()
      expect([status, page]).toEqual([403, expect.stringContaining('You are in no group')])
      expect(await accounts()).toEqual([])
      expect(await session(browser)).toMatchObject({ user: null })
    },
  )

  test('keeps out who was disabled, whatever their groups', async () => {
    provider.comes(ida)
    await signIn()
    await ledger.accounts.change('ida@acme.test', { isDisabled: true })
    provider.comes({ ...ida, groups: ['it'] })
    const { status, page, browser } = await signIn()
    expect([status, page]).toEqual([403, expect.stringContaining('disabled')])
    expect(await session(browser)).toMatchObject({ user: null })
    expect(await accounts()).toMatchObject([{ isDisabled: true }])
    expect(await database.query('select 1 from crosswalk.sessions')).toEqual([])
  })

  test('ends the session that the browser had before', async () => {
    provider.comes(ida)
    const { browser } = await signIn()
    const old = browser.cookies().find(({ name }) => name === 'crosswalk')
    const { address } = await comeBack(browser)
    await browser.get(address)
    const planted = openBrowser()
    if (old !== undefined) planted.set(old)
    expect(await session(planted)).toMatchObject({ user: null })
    expect(await session(browser)).toMatchObject({ user: { name: 'ida@acme.test' } })
  })

  test.each([
    ['takes the secret only in the form', { method: 'client_secret_post' }],
    ['has everything in its token', { tellsInToken: true }],
  ] as const)('works where the provider %s', async (_what, ways) => {
    const other = await openTestProvider({ ...client, redirectAddress: `${url}${signOnPaths.finish}`, ...ways })
    open({ issuer: other.issuer })
    other.comes(ida)
    const { status, browser } = await signIn()
    await other.close()
    expect(status).toBe(200)
    expect(await session(browser)).toMatchObject({ user: { name: 'ida@acme.test', role: 'operator' } })
  })
})

describe('an account of before', () => {
  test('of the same name stays whose it is', async () => {
    const own = openAccounts(ledger)
    const link = await own.add({ name: 'ida@acme.test', display: 'Another Ida', role: 'viewer' })
    await own.redeem(link?.secret ?? '', password)
    provider.comes({ ...ida, groups: ['it'] })
    expect(await session((await signIn()).browser)).toMatchObject({ user: { name: 'ida@acme.test-2', role: 'admin' } })
    expect(await own.logIn('ida@acme.test', password)).toMatchObject({
      account: { display: 'Another Ida', role: 'viewer', isSingleSignOn: false },
    })
  })

  test('is added once by two sign-ins at the same moment', async () => {
    const person = { issuer: provider.issuer, subject: 'twice', names: ['two'], display: null, groups: [] }
    const own = openAccounts(ledger)
    const both = await Promise.all([own.signOn(person, 'viewer'), own.signOn(person, 'viewer')])
    for (const one of both) expect(one).toMatchObject({ session: { account: { name: 'two' } } })
    expect(await accounts()).toHaveLength(1)
  })
})

describe('a person of the provider', () => {
  let admin: { cookie: string }
  const post = (path: string, body: object, headers: object = admin) =>
    request(app)
      .post(`/api/v1${path}`)
      .set({ 'sec-fetch-site': 'same-origin', ...headers })
      .send(body)
  beforeEach(async () => {
    const own = openAccounts(ledger)
    const link = await own.add({ name: 'boss', display: 'Boss', role: 'admin' })
    admin = { cookie: `crosswalk=${(await own.redeem(link?.secret ?? '', password))?.secret}` }
    provider.comes(ida)
  })

  test('gets no link, no password and no role here', async () => {
    const { browser } = await signIn()
    const own = { cookie: `crosswalk=${browser.cookies().find(({ name }) => name === 'crosswalk')?.value}` }
    const asked = [
      await post('/accounts/ida@acme.test/link', {}),
      await post('/accounts/ida@acme.test', { role: 'admin' }),
      await post('/session/password', { current: 'none of it', password }, own),
    ]
    expect(asked.map(({ status }) => status)).toEqual([409, 409, 409])
    expect((await post('/session', { name: 'ida@acme.test', password })).status).toBe(403)
    expect((await post('/accounts', { name: 'ida@acme.test', display: 'I', role: 'viewer' })).status).toBe(409)
    expect(await accounts()).toMatchObject([{ name: 'boss' }, { name: 'ida@acme.test', role: 'operator' }])
    const rows = await database.query('select 1 from crosswalk.one_time_links')
    expect(rows).toEqual([])
  })

  test('is disabled and enabled as others are', async () => {
    const { browser } = await signIn()
    expect((await post('/accounts/ida@acme.test', { isDisabled: true })).status).toBe(200)
    expect(await session(browser)).toMatchObject({ user: null })
    expect((await post('/accounts/ida@acme.test', { isDisabled: false })).status).toBe(200)
    expect((await signIn()).status).toBe(200)
  })
})

describe('a forged sign-in', () => {
  beforeEach(() => provider.comes(ida))
  const notBegun = [403, expect.stringContaining('was not begun in this browser')]
  const unproven = [403, expect.stringContaining('does not prove who you are')]
  const outcome = async (browser: Browser, address: string) => {
    const { status, page } = await visit(browser, address)
    expect(await session(browser)).toMatchObject({ user: null })
    expect(page).not.toContain('http-equiv')
    return [status, page]
  }

  test('by the answer that another person got does nothing in a browser that has begun none, or another one', async () => {
    const { address } = await comeBack()
    expect(await outcome(openBrowser(), address)).toEqual(notBegun)
    expect(await outcome((await comeBack()).browser, address)).toEqual(notBegun)
    expect(await accounts()).toEqual([])
    expect(refusedFor('not_begun')).toHaveLength(2)
  })

  test('with another state, without one and with a cookie of somebody else does nothing', async () => {
    const { browser, address } = await comeBack()
    const forged = new URL(address)
    forged.searchParams.set('state', 'another')
    const kept = handshakeOf(browser)
    expect(await outcome(browser, forged.href)).toEqual(notBegun)
    // It was for once.
    expect(await outcome(browser, address)).toEqual(notBegun)
    browser.set(kept)
    forged.searchParams.delete('state')
    expect(await outcome(browser, forged.href)).toEqual(notBegun)
    browser.set({ ...kept, value: 'x.y' })
    expect(await outcome(browser, address)).toEqual(notBegun)
  })

  test('with a code that was used does nothing, even with its cookie', async () => {
    const { browser, address } = await comeBack()
    const kept = handshakeOf(browser)
    expect((await visit(browser, address)).status).toBe(200)
    const thief = openBrowser()
    thief.set(kept)
    expect(await outcome(thief, address)).toEqual(unproven)
    expect(refusedFor('unproven')).toEqual([expect.stringContaining('"code":"invalid_grant"')])
  })

  test.each([
    ['verifier', 0, 'invalid_grant'],
    ['nonce', 2, 'OAUTH_JWT_CLAIM_COMPARISON_FAILED'],
  ] as const)('with another %s does nothing', async (_name, part, code) => {
    const { browser, address } = await comeBack()
    const kept = handshakeOf(browser)
    const parts = kept.value.split('.')
    const other = [...(parts[part] ?? '')].reverse().join('')
    browser.set({ ...kept, value: parts.with(part, other).join('.') })
    expect(await outcome(browser, address)).toEqual(unproven)
    expect(refusedFor('unproven')).toEqual([expect.stringContaining(`"code":"${code}"`)])
  })

  test('by another provider does nothing: neither its answer nor its token counts', async () => {
    const { browser, address } = await comeBack()
    const kept = handshakeOf(browser)
    const forged = new URL(address)
    forged.searchParams.set('iss', stranger.issuer)
    expect(await outcome(browser, forged.href)).toEqual(unproven)
    // Begun at the stranger, who signs it with the own key and name, and finished here.
    open({ issuer: stranger.issuer })
    stranger.comes({ ...ida, groups: ['it'] })
    const there = await comeBack()
    open()
    expect(await outcome(there.browser, there.address)).toEqual(unproven)
    const hidden = new URL(there.address)
    hidden.searchParams.set('iss', provider.issuer)
    browser.set({ ...kept, value: handshakeOf((await comeBack()).browser).value })
    expect(await outcome(browser, hidden.href)).toEqual(notBegun)
    expect(await accounts()).toEqual([])
  })

  test('with a token that the provider has not signed does nothing', async () => {
    const other = await openTestProvider({ ...client, redirectAddress: `${url}${signOnPaths.finish}` })
    open({ issuer: other.issuer })
    other.comes(ida)
    const { browser, address } = await comeBack()
    other.showAnotherKey()
    expect(await outcome(browser, address)).toEqual(unproven)
    await other.close()
    expect(await accounts()).toEqual([])
  })

  test('has a cookie that no script reads, for the way back alone, and by https of this very host', async () => {
    const plain = await request(app).get(signOnPaths.begin)
    expect(String(plain.headers['set-cookie'])).toMatch(
      /^crosswalk-sign-on=[\w.-]+; Max-Age=600; Path=\/api\/v1\/session\/oidc\/callback; .*HttpOnly; SameSite=Lax$/,
    )
    const https = await request(app).get(signOnPaths.begin).set('x-forwarded-proto', 'https')
    expect(String(https.headers['set-cookie'])).toMatch(
      /^__Host-crosswalk-sign-on=[\w.-]+; Max-Age=600; Path=\/; .*HttpOnly; Secure; SameSite=Lax$/,
    )
  })

  test('leads nowhere but to the provider and to this console', async () => {
    const { address } = await comeBack()
    const begun = await request(app).get(`${signOnPaths.begin}?next=http://evil.test&redirect_uri=http://evil.test`)
    const to = new URL(String(begun.headers.location))
    expect([begun.status, to.origin, to.searchParams.get('redirect_uri')]).toEqual([
      302,
      provider.issuer,
      `${url}${signOnPaths.finish}`,
    ])
    expect(Object.fromEntries(to.searchParams)).toMatchObject({
      ...{ response_type: 'code', code_challenge_method: 'S256', scope: 'openid profile email' },
      ...{ state: expect.any(String), nonce: expect.any(String), code_challenge: expect.any(String) },
    })
    const { page } = await visit(openBrowser(), `${address}&next=http://evil.test`)
    expect(page.match(/(?:href|url)=[^> ]+/g)).toEqual(['href="/"'])
  })
})

describe('a sign-in that fails', () => {
  beforeEach(() => provider.comes(ida))

  test('because the person turned back says so, and nothing of what came along', async () => {
    provider.comes(null)
    const { status, page } = await signIn()
    expect([status, page]).toEqual([403, expect.stringContaining('you were not let in')])
    expect(page).not.toContain('back</b>')
    expect(refusedFor('denied')).toEqual([expect.stringContaining('"code":"access_denied"')])
    expect(await audit()).toMatchObject([{ actor: null, outcome: 'refused', subject: { reason: 'denied' } }])
  })

  test('because the provider is down says so, at the beginning and on the way back', async () => {
    const gone = await listen()
    const other = await openTestProvider({ ...client, redirectAddress: `${url}${signOnPaths.finish}` })
    await gone.close()
    open({ issuer: gone.url })
    const away = [503, expect.stringContaining('does not answer')]
    const first = await signIn()
    expect([first.status, first.page]).toEqual(away)
    open({ issuer: other.issuer })
    other.comes(ida)
    const { browser, address } = await comeBack()
    await other.close()
    const { status, page } = await visit(browser, address)
    expect([status, page]).toEqual(away)
    expect(refusedFor('away')).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining('"code":"ECONNREFUSED"')),
    )
    expect(await audit()).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }])
  })

  test('because the provider has trouble of its own, or is another one than it says, tells which', async () => {
    const { server, url: issuer, close } = await listen()
    let answer = { status: 503, text: 'down' }
    server.on('request', (_request, response) => {
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.text)
    })
    open({ issuer })
    expect((await signIn()).status).toBe(503)
    answer = { status: 200, text: JSON.stringify({ issuer: provider.issuer }) }
    expect((await signIn()).status).toBe(403)
    answer = { status: 200, text: `{"issuer":"${'x'.repeat(1_100_000)}"}` }
    expect((await signIn()).status).toBe(403)
    const own = { issuer, authorization_endpoint: 'http://elsewhere.test/auth' }
    answer = { status: 200, text: JSON.stringify(own) }
    expect((await signIn()).status).toBe(403)
    await close()
    const codes = lines.flatMap((line) => /^sign_on_refused .*"code":"([^"]+)"/.exec(line)?.[1] ?? [])
    expect(codes).toEqual([
      'http_503',
      'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
      'answer_too_large',
      'address_in_the_clear',
    ])
  })

  test('because the secret is wrong says that an administrator has to look', async () => {
    open({ secret: 'another-secret-of-the-test-4711' })
    const { status, page } = await signIn()
    expect([status, page]).toEqual([502, expect.stringContaining('does not accept this server')])
    expect(refusedFor('unaccepted')).toEqual([expect.stringContaining('"code":"http_401"')])
  })

  test('is limited by address, and asked for by the names of this server alone', async () => {
    const begin = () => request(app).get(signOnPaths.begin)
    expect((await begin().set('host', 'rebound.evil.test')).status).toBe(421)
    const statuses: number[] = []
    for (let nth = 0; nth < 30; nth += 1) statuses.push((await begin()).status)
    expect(new Set(statuses.slice(0, 29))).toEqual(new Set([302]))
    expect(statuses[29]).toBe(302)
    expect((await begin()).status).toBe(429)
  })
})

test('no code, token, secret or cookie of a sign-in is in a log, in the audit or on a page', async () => {
  provider.comes(ida)
  const { browser, address } = await comeBack()
  const handshake = handshakeOf(browser).value
  const done = await visit(browser, address)
  const again = await visit(browser, address)
  const thief = openBrowser()
  thief.set({ origin: url, name: 'crosswalk-sign-on', value: handshake, path: '/', isStrict: false })
  const replayed = await visit(thief, address)
  const cookie = browser.cookies().find(({ name }) => name === 'crosswalk')?.value ?? ''
  const rows = await database.query('select row_to_json(a)::text as text from crosswalk.audit a')
  const everything = [done.page, again.page, replayed.page, ...lines, JSON.stringify(rows)].join('\n')
  const { searchParams } = new URL(address)
  const secrets = [...handshake.split('.'), searchParams.get('code') ?? '', cookie, client.secret, 'eyJ']
  expect(secrets.filter((secret) => secret === '' || everything.includes(secret))).toEqual([])
  expect(rows).toHaveLength(3)
})
