import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import { until } from '../../test/faults/proof.ts'
import { type FreshDatabase, freshDatabase, silentLog, someKeys } from '../../test/ledger/fresh-ledger.ts'
import { openAccounts } from '../app/accounts/accounts.ts'
import { type Live, openLive } from '../app/live.ts'
import type { Instant } from '../core/time.ts'
import { openLedger } from '../ledger/ledger.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import { createApi } from './api.ts'
import { sendEvents } from './event-stream.ts'
import { unreached } from './fake.ts'
import { openSeats } from './seats.ts'

/*
 * Streams of events over real HTTP, on a real ledger that another process writes to.
 */

const token = 'correct-horse-battery-staple'
const password = 'a long sentence of words'
const now = '2026-11-24T09:30:00.000Z' as Instant

let database: FreshDatabase
let ledger: Ledger
/** Of another process. */
let other: Ledger
beforeAll(async () => {
  database = await freshDatabase()
  const vaultKeys = someKeys()
  ledger = await openLedger({ connection: database.connection, vaultKeys, log: silentLog })
  other = await openLedger({ connection: database.connection, vaultKeys, log: silentLog })
})
afterAll(async () => {
  await ledger.close()
  await other.close()
  await database.drop()
})

let live: Live
let server: Server
let url: string
const lines: string[] = []
beforeEach(async () => {
  await database.query('truncate crosswalk.accounts, crosswalk.api_tokens, crosswalk.audit cascade')
  live = openLive(ledger.changes, silentLog)
  const notAsked = new Error('only changes are told')
  const app = createApi({
    crosswalk: unreached(notAsked),
    accounts: openAccounts(ledger),
    live,
    runSync: () => Promise.reject(notAsked),
    console: null,
    singleSignOn: null,
    webhooks: { knows: () => false, receive: async () => ({ status: 404 }) },
    metrics: { text: async () => '', refused: () => undefined },
    log: { ...silentLog, error: (event) => void lines.push(event) },
    token,
    publicUrl: null,
    metricsOpen: false,
    hosts: [],
    ready: async () => true,
  })
  server = createServer(app)
  url = await listen(server)
})
afterEach(async () => {
  live.close()
  await closed(server)
  expect(lines.splice(0)).toEqual([])
})

const listen = async (one: Server) => {
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(one.address() as AddressInfo).port}`
}
const closed = (one: Server) =>
  new Promise<void>((resolve) => {
    one.close(() => resolve())
    one.closeIdleConnections()
  })

const asAdmin = { authorization: `Bearer ${token}` }

/** What comes, as it comes. */
async function open(headers: Record<string, string> = asAdmin, address = `${url}/api/v1/events`) {
  const leave = new AbortController()
  const response = await fetch(address, { headers, signal: leave.signal })
  const stream = { response, text: '', isOver: false, leave: () => leave.abort() }
  void (async () => {
    const decoder = new TextDecoder()
    try {
      for await (const bytes of response.body ?? []) stream.text += decoder.decode(bytes, { stream: true })
    } catch (error) {
      if (!leave.signal.aborted) stream.text += String(error)
    }
    stream.isOver = true
  })()
  return stream
}
type Stream = Awaited<ReturnType<typeof open>>
const over = (stream: Stream) =>
  until(
    () => stream.isOver,
    'the end of the stream',
    () => stream.text,
  )
const told = (stream: Stream, topics: readonly string[]) =>
  until(
    () => stream.text.includes(JSON.stringify({ topics })),
    String(topics),
    () => stream.text,
  )

/** A person of that role with a session. */
async function signedIn(role: string, name = `${role}-person`) {
  const accounts = openAccounts(ledger)
  const link = await accounts.add({ name, display: name, role })
  const session = await accounts.redeem(link?.secret ?? '', password)
  return { cookie: `crosswalk=${session?.secret ?? ''}` }
}

describe('a stream of events', () => {
  test('tells what another process has changed, and nothing of the data', async () => {
    const stream = await open()
    await other.runs.start('orders-of-acme', 'manual', now)
    await told(stream, ['runs'])
    await other.accounts.audit({ actor: 'ida', from: null, action: 'a', subject: {}, outcome: 'done' })
    await told(stream, ['audit'])
    expect(stream.text).not.toMatch(/acme|ida/)
    expect(stream.text).toMatch(/^retry: 3000\n\n(data: \{"topics":\[[a-z",]+\]\}\n\n)+$/)
  })

  test('is neither kept, nor compressed, nor gathered by a proxy', async () => {
    const { response } = await open({ ...asAdmin, 'accept-encoding': 'gzip' })
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    expect(response.headers.has('content-encoding')).toBe(false)
  })

  test('tells of people and of the audit to admins alone', async () => {
    const admin = await open(await signedIn('admin'))
    const viewer = await open(await signedIn('viewer'))
    await other.accounts.add({ name: 'new', display: 'New', role: 'viewer' })
    await other.accounts.audit({ actor: null, from: null, action: 'a', subject: {}, outcome: 'done' })
    await other.runs.start('orders', 'manual', now)
    for (const stream of [admin, viewer])
      await until(
        () => stream.text.includes('runs'),
        'runs',
        () => stream.text,
      )
    expect(admin.text).toMatch(/"accounts"/)
    expect(viewer.text).not.toMatch(/audit|accounts|access/)
  })

  test('ends for who signs out, and goes on for others', async () => {
    const ida = await signedIn('viewer', 'ida')
    const bob = await open(await signedIn('viewer', 'bob'))
    const stream = await open(ida)
    await fetch(`${url}/api/v1/session/end`, {
      method: 'POST',
      headers: { ...ida, 'sec-fetch-site': 'same-origin' },
    })
    await over(stream)
    expect((await open(ida)).response.status).toBe(401)
    await other.runs.start('orders', 'manual', now)
    await told(bob, ['runs'])
  })

  test('ends by a change of the role, by a person who is disabled, and by a token that ends', async () => {
    const ida = await open(await signedIn('viewer', 'ida'))
    const bob = await open(await signedIn('admin', 'bob'))
    const { secret, token: made } = await openAccounts(other).addToken(
      { name: 'reports', role: 'viewer', createdBy: 'ida' },
      1,
    )
    const program = await open({ authorization: `Bearer ${secret}` })
    await openAccounts(other).change('ida', { role: 'operator' })
    await over(ida)
    expect(bob.isOver).toBe(false)
    await openAccounts(other).change('bob', { isDisabled: true })
    await over(bob)
    await openAccounts(other).endToken(made.id)
    await over(program)
  })

  test('ends with its session', async () => {
    const { cookie } = await signedIn('viewer', 'ida')
    await database.query(`update crosswalk.sessions set ends_at = statement_timestamp() + interval '1 second'`)
    const stream = await open({ cookie })
    expect(stream.response.status).toBe(200)
    await over(stream)
  })

  test('is one of ten of a session at most, and others have their own', async () => {
    const ida = await signedIn('viewer', 'ida')
    const streams = await Promise.all(Array.from({ length: 10 }, () => open(ida)))
    const refused = await open(ida)
    expect(refused.response.status).toBe(429)
    expect(refused.response.headers.get('retry-after')).toBe('60')
    await over(refused)
    expect(JSON.parse(refused.text)).toMatchObject({ type: 'urn:crosswalk:too_many' })
    expect((await open(await signedIn('viewer', 'bob'))).response.status).toBe(200)
    streams[0]?.leave()
    await until(async () => (await open(ida)).response.status === 200, 'a seat that is free again')
  })

  test('goes on when the sessions of the database were cut off', async () => {
    const stream = await open()
    await database.query(`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like 'crosswalk%'`)
    await until(
      () =>
        other.runs.start('orders', 'manual', now).then(
          () => true,
          () => false,
        ),
      'the database',
    )
    await told(stream, ['runs'])
    expect(stream.isOver).toBe(false)
  })

  test('ends with the server, which waits for nobody', async () => {
    const streams = [await open(), await open()]
    live.close()
    await closed(server)
    for (const stream of streams) await over(stream)
  })
})

/** A server of nothing but this. */
async function serve(handler: express.RequestHandler) {
  const one = createServer(express().use(handler))
  return { url: await listen(one), close: () => closed(one), one }
}

describe('sending', () => {
  test('beats in silence, so that no proxy gives up', async () => {
    const silence = new AbortController()
    const { url: address, close } = await serve((_request, response) => {
      const nothing = (async function* () {
        await new Promise((resolve) => silence.signal.addEventListener('abort', resolve))
      })()
      void sendEvents(response, nothing, { everyMs: 5, gone: silence.signal })
    })
    const stream = await open({}, address)
    await until(
      () => stream.text.includes(':\n\n:\n\n'),
      'two beats',
      () => stream.text,
    )
    silence.abort()
    await over(stream)
    await close()
  })

  test('keeps nothing for who does not read, and cuts them off', async () => {
    let sent = 0
    const cut = Promise.withResolvers<void>()
    const { close, one } = await serve((_request, response) => {
      const gone = new AbortController()
      response.once('close', () => gone.abort())
      const endless = (async function* () {
        for (;;) {
          sent += 1
          yield { topics: ['deals'.repeat(1_000)] }
        }
      })()
      void sendEvents(response, endless, { everyMs: 20, gone: gone.signal }).then(cut.resolve)
    })
    const { port } = one.address() as AddressInfo
    const socket = connect(port, '127.0.0.1', () => socket.pause().write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'))
    await cut.promise
    // What the sockets of both sides hold; without an end it would be all of the memory.
    expect(sent).toBeLessThan(10_000)
    socket.destroy()
    await close()
  })
})

describe('seats', () => {
  test('are limited for all together, and free again when one leaves', async () => {
    const seats = openSeats({ each: 5, most: 2 }, (response) => String(response.req.headers.name))
    const held: (() => void)[] = []
    const { url: address, close } = await serve((request, response, next) => {
      seats(request, response, (error) => {
        held.push(() => response.end())
        response.flushHeaders()
        if (error !== undefined) next(error)
      })
    })
    const streams = [await open({ name: 'a' }, address), await open({ name: 'b' }, address)]
    const refused = await open({ name: 'c' }, address)
    await over(refused)
    expect(JSON.parse(refused.text)).toMatchObject({ status: 503, type: 'urn:crosswalk:full', title: 'No room' })
    held[0]?.()
    await until(async () => (await open({ name: 'c' }, address)).response.status === 200, 'room')
    for (const end of held) end()
    for (const stream of streams) await over(stream)
    await close()
  })
})
