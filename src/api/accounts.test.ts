import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Router } from 'express'
import request from 'supertest'
import { type FreshDatabase, freshLedger } from '../../test/ledger/fresh-ledger.ts'
import { openAccounts } from '../app/accounts/accounts.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import { createApi } from './api.ts'
import { contract, type Role, type Route, roles } from './contract.ts'
import { unreached, unwatched } from './fake.ts'

/*
 * Who may do what, over HTTP and on a real ledger. Behind the routes stands nothing: what is asked here is who gets that far.
 */

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>
beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
})
afterAll(() => close())
beforeEach(() => database.query('truncate crosswalk.accounts, crosswalk.api_tokens, crosswalk.audit cascade'))

const token = 'correct-horse-battery-staple'
const password = 'a long sentence of words'
const reached = new Error('the use case was reached')

function open() {
  const lines: string[] = []
  const actors: string[] = []
  const write = (event: string, details?: unknown) => void lines.push(`${event} ${JSON.stringify(details)}`)
  const useCases = unreached(
    reached,
    {
      async revert(_number, { only }) {
        only?.(['config/crosswalk.yaml'])
        throw reached
      },
    },
    (actor) => void actors.push(actor),
  )
  const accounts = openAccounts(ledger)
  const app = createApi({
    crosswalk: useCases,
    accounts,
    live: unwatched(reached),
    runSync: () => Promise.reject(reached),
    console: null,
    singleSignOn: {
      name: 'Acme',
      roles: {},
      provider: { begin: () => Promise.reject(reached), finish: () => Promise.reject(reached) },
    },
    webhooks: { knows: () => false, receive: async () => ({ status: 404 }) },
    metrics: { text: async () => '', refused: () => undefined },
    log: { debug: write, info: write, warn: write, error: write },
    token,
    publicUrl: null,
    metricsOpen: false,
    hosts: [],
    ready: async () => true,
  })
  const server = app.listen(0, '127.0.0.1')
  const own = { 'sec-fetch-site': 'same-origin' }
  const post = (path: string, body: object = {}, headers: Record<string, string> = {}) =>
    request(server)
      .post(`/api/v1${path}`)
      .set({ ...own, ...headers })
      .send(body)
  const get = (path: string, headers: Record<string, string> = {}) => request(server).get(`/api/v1${path}`).set(headers)
  return { app, server, accounts, post, get, lines, actors, end: () => server.close() }
}
type Api = ReturnType<typeof open>

let api: Api
beforeEach(() => {
  api?.end()
  api = open()
})
afterAll(() => void api.end())

/** Every address that has a handler, in whichever router. */
const addressesOf = ({ stack = [] }: { readonly stack?: Router['stack'] }): readonly string[] =>
  stack.flatMap(({ route, handle }) =>
    route === undefined
      ? addressesOf(handle as { readonly stack?: Router['stack'] })
      : route.stack.map(({ method }) => `${method} ${route.path}`),
  )

const cookieOf = ({ headers }: { headers: Record<string, unknown> }): string =>
  String((headers['set-cookie'] as string[] | undefined)?.[0] ?? '')
/** As a browser sends it back. */
const kept = (cookie: string) => ({ cookie: cookie.split(';')[0] ?? '' })

/** A person of that role, signed in. */
async function signedIn(role: Role, name = `${role}-person`): Promise<{ cookie: string }> {
  const link = await api.accounts.add({ name, display: name, role })
  return kept(cookieOf(await api.post('/session/redeem', { token: link?.secret, password })))
}

describe('the first person', () => {
  test('chooses a password by a link that works once, and is an admin', async () => {
    expect((await api.get('/session')).body).toEqual({
      user: null,
      endsAt: null,
      isSetUp: false,
      oidc: { name: 'Acme' },
    })
    const secret = await api.accounts.setUp()
    const first = await api.post('/session/redeem', { token: secret, password })
    expect(first.body).toMatchObject({ user: { name: 'admin', role: 'admin' } })
    expect(cookieOf(first)).toMatch(/^crosswalk=[\w-]{43}; Path=\/; Expires=.+; HttpOnly; SameSite=Strict$/)
    const session = await api.get('/session', kept(cookieOf(first)))
    expect(session.body).toMatchObject({ user: { name: 'admin' }, isSetUp: true })
    expect((await api.post('/session/redeem', { token: secret, password })).status).toBe(403)
    expect(await api.accounts.setUp()).toBeNull()
  })

  test('gets another link as long as no password was chosen', async () => {
    const before = await api.accounts.setUp()
    const after = await api.accounts.setUp()
    expect((await api.post('/session/redeem', { token: before, password })).status).toBe(403)
    expect((await api.post('/session/redeem', { token: after, password })).status).toBe(200)
  })

  test('chooses a long one', async () => {
    const secret = await api.accounts.setUp()
    const short = await api.post('/session/redeem', { token: secret, password: 'short' })
    expect(short.body).toMatchObject({ status: 400, detail: 'body.password: a password has 12 characters or more' })
    expect((await api.post('/session/redeem', { token: secret, password })).status).toBe(200)
  })
})

describe('signing in', () => {
  test('takes name and password, in any case of the name, and begins a session with a new secret', async () => {
    const before = await signedIn('operator', 'ida@acme.test')
    const again = await api.post('/session', { name: ' Ida@Acme.test', password }, before)
    expect(again.body).toMatchObject({ user: { name: 'ida@acme.test', role: 'operator' } })
    const after = kept(cookieOf(again))
    expect(after).not.toEqual(before)
    // The one before is over: whoever planted it has nothing.
    expect((await api.get('/session', before)).body.user).toBeNull()
    expect((await api.get('/session', after)).body.user).not.toBeNull()
  })

  test('tells nobody whether it was the name or the password', async () => {
    await signedIn('viewer', 'ida')
    const wrong = await api.post('/session', { name: 'ida', password: 'not this one at all' })
    const unknown = await api.post('/session', { name: 'nobody', password: 'not this one at all' })
    expect(wrong.status).toBe(403)
    expect(wrong.body).toEqual(unknown.body)
    expect(cookieOf(wrong)).toBe('')
  })

  test('stops after ten wrong passwords of one name, also for the right one, and not for others', async () => {
    await signedIn('viewer', 'ida')
    await signedIn('viewer', 'bob')
    const attempts = Array.from({ length: 10 }, () => api.post('/session', { name: 'ida', password: 'wrong' }))
    for (const attempt of attempts) expect((await attempt).status).toBe(403)
    expect((await api.post('/session', { name: 'IDA ', password })).status).toBe(429)
    expect((await api.post('/session', { name: 'bob', password })).status).toBe(200)
  })

  test('is limited by address', async () => {
    const answers: number[] = []
    for (let nth = 0; nth < 31; nth += 1)
      answers.push((await api.post('/session/redeem', { token: 'x', password })).status)
    expect(answers.slice(0, 30)).toEqual(Array.from({ length: 30 }, () => 403))
    expect(answers[30]).toBe(429)
  })

  test('by https has a cookie that no other host can set', async () => {
    const link = await api.accounts.add({ name: 'ida', display: 'Ida', role: 'viewer' })
    const https = { 'x-forwarded-proto': 'https' }
    const cookie = cookieOf(await api.post('/session/redeem', { token: link?.secret, password }, https))
    expect(cookie).toMatch(/^__Host-crosswalk=.+; Path=\/; .*HttpOnly; Secure; SameSite=Strict$/)
    expect((await api.get('/status', { ...https, ...kept(cookie) })).status).toBe(500)
  })
})

describe('a session', () => {
  test('ends by signing out, and its cookie goes', async () => {
    const ida = await signedIn('viewer')
    const out = await api.post('/session/end', {}, ida)
    expect(out.body).toEqual({ ended: true })
    expect(cookieOf(out)).toMatch(/^crosswalk=; Path=\/; Expires=Thu, 01 Jan 1970/)
    expect((await api.get('/status', ida)).status).toBe(401)
  })

  test('goes on with a new password, and all others of the person end', async () => {
    const ida = await signedIn('viewer', 'ida')
    const other = kept(cookieOf(await api.post('/session', { name: 'ida', password })))
    const wrong = await api.post('/session/password', { current: 'wrong', password: 'another long sentence' }, ida)
    expect(wrong.status).toBe(403)
    const changed = await api.post('/session/password', { current: password, password: 'another long sentence' }, ida)
    expect(changed.body).toEqual({ ended: 1 })
    for (const cookie of [ida, other]) expect((await api.get('/session', cookie)).body.user).toBeNull()
    expect((await api.get('/session', kept(cookieOf(changed)))).body.user).not.toBeNull()
    expect((await api.post('/session', { name: 'ida', password })).status).toBe(403)
  })

  test('has the role of its person at this moment, and none once the person is disabled', async () => {
    const admin = await signedIn('admin')
    const ida = await signedIn('operator', 'ida')
    expect((await api.post('/problems/7/retry', {}, ida)).status).toBe(500)
    await api.post('/accounts/ida', { role: 'viewer' }, admin)
    expect((await api.post('/problems/7/retry', {}, ida)).status).toBe(403)
    await api.post('/accounts/ida', { isDisabled: true }, admin)
    expect((await api.get('/status', ida)).status).toBe(401)
    expect((await api.post('/session', { name: 'ida', password })).status).toBe(403)
  })

  test.each<[string, Record<string, string>, number]>([
    ['that another site asks for', { 'sec-fetch-site': 'cross-site' }, 403],
    ['that a neighbour of the same domain asks for', { 'sec-fetch-site': 'same-site' }, 403],
    ['without any sign of the page', { 'sec-fetch-site': '' }, 403],
    ['of an older browser on another page', { 'sec-fetch-site': '', origin: 'http://evil.test' }, 403],
    ['of an older browser on this page', { 'sec-fetch-site': '', origin: 'own' }, 500],
    ['of this page', {}, 500],
  ])('does nothing %s', async (_name, headers, status) => {
    const ida = await signedIn('operator')
    const address = api.server.address()
    const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const sending = request(api.server).post('/api/v1/problems/7/retry').set(ida)
    const given = { 'sec-fetch-site': 'same-origin', ...headers }
    for (const [name, value] of Object.entries(given))
      if (value !== '') sending.set(name, value === 'own' ? origin : value)
    expect((await sending.send({})).status).toBe(status)
  })

  test('is not begun by a page of another site', async () => {
    await signedIn('viewer', 'ida')
    const forged = await api.post('/session', { name: 'ida', password }, { 'sec-fetch-site': 'cross-site' })
    expect(forged.status).toBe(403)
    expect(cookieOf(forged)).toBe('')
  })

  test('is served under the names of this server alone', async () => {
    const ida = await signedIn('viewer')
    expect((await api.get('/status', { ...ida, host: 'rebound.evil.test' })).status).toBe(421)
    expect((await api.post('/session', { name: 'ida', password }, { host: 'rebound.evil.test' })).status).toBe(421)
  })
})

describe('roles', () => {
  const routes = Object.entries<Route>(contract)
  const bodies: Readonly<Record<string, object>> = {
    changeSync: { mode: 'shadow' },
    backfillSync: { deals: ['1'] },
    tryConnection: { connection: 'crm', settings: {} },
    putConnection: { system: 'hubspot', settings: {} },
    beginSyncs: { crm: 'crm', erp: 'erp' },
    retryRecords: { sync: 'orders', records: ['1'] },
    linkCustomer: { target: '1' },
    assignProblem: { assignee: null },
    muteProblem: { because: 'It comes next week' },
    erasePerson: { deals: ['1'] },
    publishProject: { files: { 'mappings/a.yaml': null } },
    checkDraft: { files: { 'mappings/a.yaml': null } },
    tryDraft: { files: { 'mappings/a.yaml': null }, sync: 'orders' },
    addTableEntry: { key: 'a', value: 'b' },
    addAccount: { name: 'new', display: 'New', role: 'viewer' },
    changeAccount: { role: 'viewer' },
    addToken: { name: 'new', role: 'viewer' },
    changePassword: { current: 'x', password },
  }
  const ask = (name: string, { method, path }: Route, headers: Record<string, string>) => {
    const place = path.replaceAll(/:\w+/g, '7')
    return method === 'get' ? api.get(place, headers) : api.post(place, bodies[name] ?? {}, headers)
  }

  test('every route has one', () => {
    for (const [name, { role }] of routes) expect([name, [...roles, 'anyone'].includes(role)]).toEqual([name, true])
    const open = routes.flatMap(([name, { role }]) => (role === 'anyone' ? [name] : []))
    expect(open).toEqual(['getSession', 'logIn', 'redeemLink', 'sharedOrder'])
  })

  test('nothing is served beside them but what is named here', () => {
    const served = new Set(addressesOf(api.app.router))
    for (const { method, path } of Object.values<Route>(contract)) served.delete(`${method} /v1${path}`)
    expect([...served].sort()).toEqual([
      'get /api/v1/events',
      'get /api/v1/exports/{*list}',
      'get /api/v1/session',
      'get /api/v1/session/oidc',
      'get /api/v1/session/oidc/callback',
      'get /api/v1/shared',
      'get /healthz',
      'get /metrics',
      'get /readyz',
      'get /v1/openapi.json',
      'post /api/v1/session',
      'post /api/v1/session/password',
      'post /api/v1/session{/redeem}',
      'post /hooks/:connection/:token',
    ])
  })

  test('nobody gets anywhere else without a session or a token', async () => {
    for (const [name, route] of routes.filter(([, { role }]) => role !== 'anyone')) {
      const { status, headers } = await ask(name, route, {})
      expect([name, status, headers['www-authenticate']]).toEqual([name, 401, 'Bearer'])
      const wrong = await ask(name, route, { authorization: 'Bearer crosswalk_unknown', cookie: 'crosswalk=unknown' })
      expect([name, wrong.status]).toEqual([name, 401])
    }
  })

  test.each(roles)('a %s gets as far as the contract says, by a session and by a token', async (role) => {
    const own = routes.filter(([name]) => name !== 'logOut')
    const { secret } = await api.accounts.addToken({ name: 'program', role, createdBy: 'ida' }, 1)
    for (const headers of [await signedIn(role), { authorization: `Bearer ${secret}` }]) {
      for (const [name, route] of own) {
        if (route.role === 'anyone') continue
        const { body, status } = await ask(name, route, headers)
        const isRefused =
          status === 403 && body.type === 'urn:crosswalk:forbidden' && body.detail.startsWith('This needs')
        expect([name, isRefused]).toEqual([name, roles.indexOf(role) < roles.indexOf(route.role)])
      }
    }
  })

  test('a mapper publishes mappings and tables, and nothing that names systems', async () => {
    const mapper = await signedIn('mapper')
    const publish = (path: string) => api.post('/project/publish', { files: { [path]: 'a: 1' } }, mapper)
    expect((await publish('config/tables/terms.yaml')).status).toBe(500)
    expect((await publish('mappings/odoo/order.yaml')).status).toBe(500)
    for (const path of ['config/crosswalk.yaml', 'mappings/../config/crosswalk.yaml']) {
      const { body } = await publish(path)
      expect([path, body.detail]).toEqual([path, `Only an admin publishes ${path}.`])
    }
  })

  test('a mapper reads and tries no configuration either, and does not go back to another one', async () => {
    const mapper = await signedIn('mapper')
    for (const [place, more] of [
      ['/project/check', {}],
      ['/project/try', { sync: 'orders' }],
    ] as const) {
      const { body } = await api.post(place, { files: { 'config/crosswalk.yaml': 'a: 1' }, ...more }, mapper)
      expect([place, body.detail]).toEqual([place, 'Only an admin publishes config/crosswalk.yaml.'])
    }
    const { body } = await api.post('/revisions/7/revert', {}, mapper)
    expect(body.detail).toBe('Only an admin publishes config/crosswalk.yaml.')
    expect((await api.post('/revisions/7/revert', {}, await signedIn('admin'))).status).toBe(500)
  })

  test('nobody takes the own rights away, so that somebody is left', async () => {
    const admin = await signedIn('admin', 'ada')
    for (const change of [{ role: 'viewer' }, { isDisabled: true }])
      expect((await api.post('/accounts/ada', change, admin)).status).toBe(409)
  })

  test('what is done is done in the name of who asked', async () => {
    await api.get('/deals', await signedIn('viewer', 'ida@acme.test'))
    const { secret } = await api.accounts.addToken({ name: 'reports', role: 'viewer', createdBy: 'ida' }, 1)
    await api.get('/deals', { authorization: `Bearer ${secret}` })
    await api.get('/deals', { authorization: `Bearer ${token}` })
    expect(api.actors).toEqual(['ida@acme.test', 'token reports', 'API token'])
  })
})

describe('people and tokens', () => {
  test('are added by an admin, who sees their link or secret once', async () => {
    const admin = await signedIn('admin')
    const added = await api.post('/accounts', { name: 'Ida@acme.test', display: 'Ida', role: 'operator' }, admin)
    expect(added.body).toMatchObject({
      user: { name: 'ida@acme.test' },
      link: expect.stringMatching(/^\/setup#[\w-]{43}$/),
    })
    expect((await api.post('/accounts', { name: 'ida@acme.test', display: 'I', role: 'viewer' }, admin)).status).toBe(
      409,
    )
    const [, secret] = String(added.body.link).split('#')
    expect((await api.post('/session/redeem', { token: secret, password })).body.user).toMatchObject({
      role: 'operator',
    })
    const made = await api.post('/tokens', { name: 'reports', role: 'viewer', days: 30 }, admin)
    expect(made.body).toMatchObject({
      secret: expect.stringMatching(/^crosswalk_/),
      token: { createdBy: 'admin-person' },
    })
    const tokens = await api.get('/tokens', admin)
    expect(tokens.text).not.toContain(made.body.secret)
    const people = await api.get('/accounts', admin)
    expect(people.body.accounts).toHaveLength(2)
    expect(people.text).not.toMatch(/scrypt/)
    await api.post(`/tokens/${made.body.token.id}/end`, {}, admin)
    expect((await api.get('/status', { authorization: `Bearer ${made.body.secret}` })).status).toBe(401)
  })

  test('who lost the password gets a new link, by which the old one ends', async () => {
    const admin = await signedIn('admin')
    const ida = await signedIn('viewer', 'ida')
    const { body } = await api.post('/accounts/ida/link', {}, admin)
    expect((await api.get('/session', ida)).body.user).not.toBeNull()
    const [, secret] = String(body.link).split('#')
    await api.post('/session/redeem', { token: secret, password: 'something else entirely' })
    expect((await api.get('/session', ida)).body.user).toBeNull()
    expect((await api.post('/session', { name: 'ida', password })).status).toBe(403)
    expect((await api.post('/accounts/nobody/link', {}, admin)).status).toBe(404)
  })

  test('passwords, links, secrets and cookies are in no log, no audit and no reply', async () => {
    const admin = await signedIn('admin')
    const { body } = await api.post('/tokens', { name: 'reports', role: 'viewer' }, admin)
    await api.post('/session', { name: 'admin-person', password: 'a wrong password' })
    await api.post('/session', { name: 'admin-person', password })
    const audit = await api.get('/audit?max=500', admin)
    const rows = await database.query('select row_to_json(a)::text as text from crosswalk.audit a')
    const everything = [...api.lines, audit.text, ...rows.map(({ text }) => String(text))].join('\n')
    for (const secret of [password, 'a wrong password', body.secret, admin.cookie.split('=')[1]])
      expect(everything).not.toContain(secret)
    const stored = await database.query(`select digest::text from crosswalk.sessions
      union all select digest::text from crosswalk.api_tokens union all select password from crosswalk.accounts`)
    expect(JSON.stringify(stored)).not.toContain(password)
  })
})

test('the audit has who asked for what, from where, and what came of it; also what was refused', async () => {
  const admin = await signedIn('admin')
  const ida = await signedIn('viewer', 'ida')
  await api.post('/problems/7/retry', {}, ida)
  await api.post('/syncs/orders/run', {}, admin)
  await api.post('/session', { name: 'ida', password: 'wrong' })
  const { body } = await api.get('/audit?max=3', admin)
  expect(body.entries).toMatchObject([
    { actor: null, action: 'logIn', outcome: 'refused', subject: { name: 'ida' } },
    { actor: 'admin-person', action: 'runSync', outcome: 'failed', subject: { name: 'orders' } },
    {
      actor: 'ida',
      action: 'retryProblem',
      outcome: 'refused',
      subject: { id: '7' },
      from: expect.stringContaining('127.0.0.1'),
    },
  ])
  const rest = await api.get(`/audit?max=3&after=${body.next}`, admin)
  expect(rest.body).toMatchObject({
    entries: [{ action: 'redeemLink', actor: 'ida' }, { action: 'redeemLink' }],
    next: null,
  })
  expect((await api.get('/audit?text=retry', admin)).body.entries).toHaveLength(1)
})
