import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createPlainServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { silentLog } from '../../test/ledger/fresh-ledger.ts'
import { SyncError } from '../core/problem.ts'
import type { Instant } from '../core/time.ts'
import type { Clock } from '../ports/clock.ts'
import type { HttpReply, HttpRequest, HttpRules, Lane, Login, Quota } from '../ports/http.ts'
import type { Log } from '../ports/log.ts'
import { type HttpCall, openHttpClient } from './client.ts'
import { callScopes } from './scope.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

type Handle = (request: IncomingMessage, response: ServerResponse, nth: number) => void

/** A real server on loopback. `nth` counts requests from 1. */
async function serve(handle: Handle) {
  const requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string; port: number }[] =
    []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        port: request.socket.remotePort ?? 0,
      })
      handle(request, response, requests.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

/** The usual table of a vendor. */
function classify(reply: HttpReply): SyncError | null {
  if (reply.status === 429) {
    return new SyncError('too many', { problem: { kind: 'rate_limited', retryAfterMs: 100 }, fix: 'wait' })
  }
  if (reply.status === 409) return new SyncError('locked', { problem: { kind: 'busy' }, fix: 'wait' })
  if (reply.status >= 500) return new SyncError('down', { problem: { kind: 'unavailable' }, fix: 'wait' })
  if (reply.status === 401) return new SyncError('login', { problem: { kind: 'auth_rejected' }, fix: 'key' })
  return null
}

/** A client on a clock that does not make anybody wait, with everything it said and asked for. */
function client(baseUrl: string, rules: Partial<HttpRules> = {}, waits: readonly number[] = []) {
  const slept: number[] = []
  const calls: HttpCall[] = []
  const lines: string[] = []
  const learnt: Quota[] = []
  const lanes: Lane[] = []
  const budgetWaits = [...waits]
  const clock: Clock = {
    now: () => '2026-11-24T09:30:00.000Z' as Instant,
    sleep: async (ms) => {
      slept.push(ms)
    },
  }
  const write = (event: string, details?: unknown) => lines.push(`${event} ${JSON.stringify(details)}`)
  const log: Log = { debug: write, info: write, warn: write, error: write }
  const open = openHttpClient({
    clock,
    log,
    random: () => 0.5,
    onCall: (call) => calls.push(call),
    secrets: () => ['hush-hush'],
    budget: {
      take: async (_connection, lane) => {
        lanes.push(lane)
        return budgetWaits.shift() ?? 0
      },
      learn: async (_connection, quotas) => {
        learnt.push(...quotas)
      },
    },
  })
  const http = open({
    connection: 'erp',
    baseUrl,
    timeoutMs: 60_000,
    replyBytesMax: 1_000_000,
    attemptsMax: 3,
    concurrencyStart: 4,
    concurrencyMax: 4,
    classify,
    ...rules,
  })
  return { http, slept, calls, lines, learnt, lanes }
}

const loginOf = (authorization: (request: HttpRequest) => string, refused = (): boolean => false): Login => ({
  headers: async (request) => ({ Authorization: authorization(request) }),
  refused,
})
const read = (url: string): HttpRequest => ({ method: 'GET', url, effect: 'read' })
const write = (url: string): HttpRequest => ({ method: 'POST', url, effect: 'write', body: '{"a":1}' })

async function problemOf(sending: Promise<unknown>): Promise<SyncError> {
  const error = await sending.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof SyncError)) throw new Error(`expected a SyncError, got ${String(error)}`)
  return error
}

describe('a call that works', () => {
  test('sends method, headers and body, and gives status, headers and body back', async () => {
    const server = await serve((_request, response) => json(response, 201, { id: 7 }, { 'X-Trace': 'abc' }))
    const { http } = client(server.url, { login: loginOf(() => 'Bearer token-of-now') })
    const reply = await http.send({ ...write(`${server.url}/orders?x=ä`), headers: { 'X-Own': '1' } })
    expect(reply).toMatchObject({ status: 201, headers: { 'x-trace': 'abc' }, body: '{"id":7}' })
    expect(reply.json()).toEqual({ id: 7 })
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        url: '/orders?x=%C3%A4',
        body: '{"a":1}',
        headers: {
          authorization: 'Bearer token-of-now',
          'x-own': '1',
          'content-type': 'application/json',
          'content-length': '7',
        },
      },
    ])
    expect(http.calls()).toBe(1)
  })

  test('unpacks a compressed reply', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"packed":true}')),
    )
    const { http } = client(server.url)
    expect((await http.send(read(`${server.url}/x`))).json()).toEqual({ packed: true })
  })

  test('keeps the connection for the next request', async () => {
    const server = await serve((_request, response) => json(response, 200, {}))
    const { http } = client(server.url)
    await http.send(read(`${server.url}/a`))
    await http.send(read(`${server.url}/b`))
    expect(new Set(server.requests.map(({ port }) => port)).size).toBe(1)
  })

  test('asks for the login header anew at each attempt', async () => {
    const server = await serve((_request, response, nth) => json(response, nth === 1 ? 503 : 200, {}))
    let issued = 0
    const { http } = client(server.url, { login: loginOf(() => `Bearer token-${++issued}`) })
    await http.send(read(`${server.url}/x`))
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  test('returns a status that the vendor table lets pass', async () => {
    const server = await serve((_request, response) => json(response, 404, { message: 'gone' }))
    const { http } = client(server.url)
    expect((await http.send(read(`${server.url}/x`))).status).toBe(404)
  })

  test('asks for headers with the request that they are for', async () => {
    const server = await serve((_request, response) => json(response, 200, {}))
    const { http } = client(server.url, { login: loginOf(({ method, url }) => `${method} ${new URL(url).pathname}`) })
    await http.send(write(`${server.url}/orders`))
    expect(server.requests[0]?.headers.authorization).toBe('POST /orders')
  })

  test.each([false, true])(
    'sends a request with a refused login once more when there may be another: %s',
    async (more) => {
      const server = await serve((_request, response) => json(response, 401, {}))
      const refused: unknown[] = []
      let issued = 0
      const login: Login = {
        headers: async () => ({ authorization: `Bearer token-${++issued}` }),
        refused(headers) {
          refused.push(headers)
          return more
        },
      }
      const { http, slept } = client(server.url, { login })
      expect((await problemOf(http.send(write(`${server.url}/x`)))).problem.kind).toBe('auth_rejected')
      expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(
        more ? ['Bearer token-1', 'Bearer token-2'] : ['Bearer token-1'],
      )
      expect(refused).toEqual([{ authorization: 'Bearer token-1' }])
      expect(slept).toEqual([])
    },
  )
})

describe('a lost answer', () => {
  const drop: Handle = (_request, response) => response.destroy()
  const cut: Handle = (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
    response.write('{"id":', () => response.destroy())
  }
  const hang: Handle = () => {}
  const stall: Handle = (_request, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('{"id":')
  }
  const faults: [string, Handle, number][] = [
    ['the connection closed before the answer', drop, 60_000],
    ['the body cut in half', cut, 60_000],
    ['no answer in time', hang, 500],
    ['a body that stalls after the headers', stall, 500],
  ]

  test.each(faults)('of a write is outcome_unknown and never sent again: %s', async (_what, fault, timeoutMs) => {
    const server = await serve(fault)
    const { http, slept } = client(server.url)
    const error = await problemOf(http.send({ ...write(`${server.url}/orders`), timeoutMs }))
    expect(error.problem).toEqual({ kind: 'outcome_unknown' })
    expect(error.message).toContain('POST /orders')
    expect(server.requests).toHaveLength(1)
    expect(slept).toEqual([])
  })

  test.each(faults)('of a read is asked for again: %s', async (_what, fault, timeoutMs) => {
    const server = await serve((request, response, nth) =>
      nth === 1 ? fault(request, response, nth) : json(response, 200, { ok: true }),
    )
    const { http } = client(server.url)
    // The second answer has to come in time, on a busy machine too.
    const reply = await http.send({ ...read(`${server.url}/x`), timeoutMs: 4 * timeoutMs })
    expect(reply.json()).toEqual({ ok: true })
    expect(http.calls()).toBe(2)
  })

  test.each(faults)('of a read ends as unavailable after the last attempt: %s', async (_what, fault, timeoutMs) => {
    const server = await serve(fault)
    const { http, slept } = client(server.url)
    const error = await problemOf(http.send({ ...read(`${server.url}/x`), timeoutMs }))
    expect(error.problem).toEqual({ kind: 'unavailable' })
    expect(server.requests).toHaveLength(3)
    expect(slept).toEqual([375, 750])
  })

  test('of a write on a kept connection that the server closes is unknown, not repeated', async () => {
    const sockets: Socket[] = []
    let received = ''
    const server = createPlainServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        received += bytes.toString()
        // The first request is answered; on the second the connection is reset without a word.
        if (received.includes('/second')) socket.resetAndDestroy()
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n{}')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => server.close(() => resolve())))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { http } = client(url)
    await http.send(write(`${url}/first`))
    const error = await problemOf(http.send(write(`${url}/second`)))
    expect(error.problem.kind).toBe('outcome_unknown')
    expect(sockets).toHaveLength(1)
    expect(http.calls()).toBe(2)
  })
})

describe('a request that never left', () => {
  test.each(['read', 'write'] as const)('is repeated and ends as unavailable: %s', async (effect) => {
    const server = await serve((_request, response) => json(response, 200, {}))
    for (const close of closers.splice(0)) await close()
    const { http, slept } = client(server.url)
    const error = await problemOf(http.send({ method: 'POST', url: `${server.url}/x`, effect }))
    expect(error.problem).toEqual({ kind: 'unavailable' })
    expect(error.message).toContain('ECONNREFUSED')
    expect(slept).toEqual([375, 750])
  })

  test('is repeated for a write when the TLS handshake fails', async () => {
    const server = await serve((_request, response) => json(response, 200, {}))
    const url = server.url.replace('http:', 'https:')
    const { http } = client(url)
    expect((await problemOf(http.send(write(`${url}/x`)))).problem.kind).toBe('unavailable')
    expect(http.calls()).toBe(3)
    expect(server.requests).toHaveLength(0)
  })

  test('is refused for a login header with a line break, without showing it', async () => {
    const server = await serve((_request, response) => json(response, 200, {}))
    const { http } = client(server.url, { login: loginOf(() => 'Bearer abc\ndef') })
    const error = await problemOf(http.send(write(`${server.url}/x`)))
    expect(error.problem).toEqual({ kind: 'configuration_invalid', path: 'headers' })
    expect(error.message).not.toContain('abc')
    expect(server.requests).toHaveLength(0)
  })
})

describe('a refusal', () => {
  test.each([
    ['in seconds', '3', 3000],
    ['as an HTTP date', 'Tue, 24 Nov 2026 09:30:07 GMT', 7000],
  ])('for too many calls is waited out as Retry-After says %s, for a write too', async (_how, header, expectedMs) => {
    const server = await serve((_request, response, nth) =>
      nth === 1 ? json(response, 429, {}, { 'retry-after': header }) : json(response, 200, {}),
    )
    const { http, slept } = client(server.url)
    expect((await http.send(write(`${server.url}/x`))).status).toBe(200)
    expect(slept).toEqual([expectedMs])
  })

  test('for too many calls is waited out as the vendor table says when there is no header', async () => {
    const server = await serve((_request, response, nth) => json(response, nth === 1 ? 429 : 200, {}))
    const { http, slept } = client(server.url)
    await http.send(read(`${server.url}/x`))
    expect(slept).toEqual([100])
  })

  test('for too many calls is waited out longer each time when nobody names a wait', async () => {
    const server = await serve((_request, response, nth) => json(response, nth < 3 ? 429 : 200, {}))
    const limited = new SyncError('slow', { problem: { kind: 'rate_limited', retryAfterMs: 0 }, fix: 'wait' })
    const { http, slept } = client(server.url, { classify: ({ status }) => (status === 429 ? limited : null) })
    await http.send(write(`${server.url}/x`))
    expect(slept).toEqual([375, 750])
  })

  test('that asks for a longer wait than half a minute goes to the caller with that wait', async () => {
    const server = await serve((_request, response) => json(response, 429, {}, { 'retry-after': '3600' }))
    const { http, slept } = client(server.url)
    const error = await problemOf(http.send(read(`${server.url}/x`)))
    expect(error.problem).toEqual({ kind: 'rate_limited', retryAfterMs: 3_600_000, connection: 'erp' })
    expect(slept).toEqual([])
    expect(server.requests).toHaveLength(1)
  })

  test.each([503, 409])(
    'with status %i that the table calls unavailable or busy is repeated for a write',
    async (status) => {
      const server = await serve((_request, response, nth) => json(response, nth < 3 ? status : 200, {}))
      const { http } = client(server.url)
      expect((await http.send(write(`${server.url}/x`))).status).toBe(200)
      expect(server.requests).toHaveLength(3)
    },
  )

  test('with status 503 ends a write, and not a read, where that word is not trusted', async () => {
    const server = await serve((_request, response) => json(response, 503, {}))
    const { http } = client(server.url, { trustUnavailable: false })
    expect((await problemOf(http.send(write(`${server.url}/x`)))).problem.kind).toBe('unavailable')
    expect(server.requests).toHaveLength(1)
    expect((await problemOf(http.send(read(`${server.url}/x`)))).problem.kind).toBe('unavailable')
    expect(server.requests).toHaveLength(4)
  })

  test('is thrown as it is after the last attempt', async () => {
    const server = await serve((_request, response) => json(response, 503, {}))
    const { http } = client(server.url)
    const error = await problemOf(http.send(write(`${server.url}/x`)))
    expect(error).toMatchObject({ message: 'down', problem: { kind: 'unavailable' }, fix: 'wait' })
    expect(server.requests).toHaveLength(3)
  })

  test.each([502, 504])('by a gateway (%i) leaves the outcome of a write unknown', async (status) => {
    const server = await serve((_request, response) => json(response, status, {}))
    const { http } = client(server.url)
    expect((await problemOf(http.send(write(`${server.url}/x`)))).problem.kind).toBe('outcome_unknown')
    expect(server.requests).toHaveLength(1)
  })

  test('never shows a registered secret, not even in the words of the other system', async () => {
    const server = await serve((_request, response) => json(response, 200, {}))
    const { http } = client(server.url, {
      classify: () =>
        new SyncError('key hush-hush is wrong', { problem: { kind: 'auth_rejected' }, fix: 'replace hush-hush' }),
    })
    const error = await problemOf(http.send(read(`${server.url}/x`)))
    expect(error).toMatchObject({ message: 'key [secret] is wrong', fix: 'replace [secret]' })
  })
})

describe('a reply of the wrong kind', () => {
  test('that is not JSON is a bad_reply which does not quote it', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>private</html>'),
    )
    const { http } = client(server.url)
    const reply = await http.send(read(`${server.url}/x`))
    expect(() => reply.json()).toThrow(expect.objectContaining({ problem: { kind: 'bad_reply' } }))
    expect(() => reply.json()).toThrow(/GET \/x.*status 200, text\/html/)
    expect(() => reply.json()).not.toThrow(/private/)
  })

  test('of 50 MB is stopped at the limit', async () => {
    const megabyte = Buffer.alloc(1_000_000, 'x')
    let written = 0
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': 50 * megabyte.length })
      const more = () => {
        while (!response.destroyed && written < 50) {
          written += 1
          if (!response.write(megabyte)) return response.once('drain', more)
        }
        return response.end()
      }
      more()
    })
    const { http, calls } = client(server.url, { replyBytesMax: 2_000_000 })
    expect((await problemOf(http.send(read(`${server.url}/x`)))).problem.kind).toBe('bad_reply')
    expect(server.requests).toHaveLength(1)
    expect(calls[0]?.bytes).toBeLessThan(4_000_000)
  })

  test('that unpacks to more than allowed is stopped at the limit', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000))),
    )
    const { http, calls } = client(server.url)
    expect((await problemOf(http.send(write(`${server.url}/x`)))).problem.kind).toBe('bad_reply')
    expect(calls[0]?.bytes).toBeLessThan(2_000_000)
  })

  test('that redirects is not followed, and the error names the host without the query', async () => {
    const server = await serve((_request, response) =>
      response.writeHead(302, { location: 'https://login.example.com/sso?token=abc' }).end(),
    )
    const { http } = client(server.url)
    const error = await problemOf(http.send(read(`${server.url}/x`)))
    expect(error.problem.kind).toBe('bad_reply')
    expect(error.message).toContain('login.example.com')
    expect(error.message).not.toContain('token')
    expect(server.requests).toHaveLength(1)
  })
})

describe('limits', () => {
  test('refuses an address outside the base URL before anything is sent', async () => {
    const server = await serve((_request, response) => json(response, 200, {}))
    const other = await serve((_request, response) => json(response, 200, {}))
    const { http } = client(`${server.url}/api`)
    for (const url of [`${other.url}/api/x`, `${server.url}/admin`]) {
      expect((await problemOf(http.send(read(url)))).problem.kind).toBe('configuration_invalid')
    }
    expect(server.requests.length + other.requests.length).toBe(0)
  })

  test('has no more requests under way than allowed, and every caller gets its answer', async () => {
    let most = 0
    const held: (() => void)[] = []
    const server = await serve((request, response) => {
      held.push(() => json(response, 200, { url: request.url }))
      most = Math.max(most, held.length)
      // Answered a little after the limit is reached, so that one too many would be seen.
      if (held.length === 3) setTimeout(() => held.splice(0).map((answer) => answer()), 10)
    })
    const { http } = client(server.url, { concurrencyMax: 3 })
    const wanted = Array.from({ length: 21 }, (_, index) => `/n/${index}`)
    const replies = await Promise.all(wanted.map((path) => http.send(read(`${server.url}${path}`))))
    expect(replies.map((reply) => reply.json())).toEqual(wanted.map((url) => ({ url })))
    expect(most).toBe(3)
  })

  test.each<[string, number, Record<string, string>, number]>([
    ['that there are too many', 429, {}, 2],
    ['that it is busy, and for how long', 503, { 'retry-after': '1' }, 2],
    ['that it is down', 503, {}, 4],
    ['that the quota of the day is used up', 429, { 'retry-after': '3600' }, 4],
  ])('has half as many requests under way after the system said %s: %i %j', async (_, status, headers, width) => {
    let most = 0
    const held: (() => void)[] = []
    const server = await serve((_request, response, nth) => {
      if (nth === 1) return json(response, status, {}, headers)
      held.push(() => json(response, 200, {}))
      most = Math.max(most, held.length)
      setTimeout(() => held.splice(0).map((answer) => answer()), 10)
    })
    const { http } = client(server.url)
    await http.send(read(`${server.url}/first`)).catch((error: unknown) => expect(error).toBeInstanceOf(SyncError))
    await Promise.all(Array.from({ length: 12 }, () => http.send(read(`${server.url}/x`))))
    expect(most).toBe(width)
  })

  test('asks the budget for a login in the lane of live work, as all calls wait for it', async () => {
    const server = await serve((_request, response) => json(response, 200, {}))
    const { http, lanes } = client(server.url, { concurrencyStart: undefined })
    await callScopes.within({ lane: 'backfill', mayWrite: true }, () => http.send(read(`${server.url}/token`)))
    expect(lanes).toEqual(['live'])
  })

  test('waits as the budget says before each attempt', async () => {
    const server = await serve((_request, response, nth) => json(response, nth === 1 ? 429 : 200, {}))
    const { http, slept } = client(server.url, {}, [40, 60])
    await http.send(read(`${server.url}/x`))
    expect(slept).toEqual([40, 100, 60])
  })

  test('asks the budget for the lane that the work is in, through every await', async () => {
    const server = await serve((_request, response, nth) => json(response, nth === 1 ? 429 : 200, {}))
    const { http, lanes } = client(server.url)
    for (const lane of ['backfill', 'retry'] as const) {
      await callScopes.within({ lane, mayWrite: true }, async () => {
        await new Promise((resolve) => setImmediate(resolve))
        await http.send(read(`${server.url}/x`))
      })
    }
    await http.send(read(`${server.url}/x`))
    // The first was sent twice.
    expect(lanes).toEqual(['backfill', 'backfill', 'retry', 'live'])
  })

  test('sends nothing but reads for work that may only read', async () => {
    const server = await serve((_request, response) => json(response, 200, {}))
    const { http, lanes } = client(server.url)
    const send = (effect: HttpRequest['effect'], mayWrite: boolean) =>
      callScopes.within({ lane: 'live', mayWrite }, () =>
        http.send({ method: 'POST', url: `${server.url}/${effect}`, effect }),
      )
    for (const effect of ['write', 'repeatable'] as const) {
      await expect(send(effect, false)).rejects.toThrow('work that may only read; nothing was sent')
    }
    expect([server.requests.length, lanes]).toEqual([0, []])
    expect((await send('read', false)).status).toBe(200)
    for (const effect of ['write', 'repeatable'] as const) expect((await send(effect, true)).status).toBe(200)
    expect(server.requests.map((request) => request.url)).toEqual(['/read', '/write', '/repeatable'])
  })

  test('gives the work back when the budget is used up for long', async () => {
    const server = await serve((_request, response) => json(response, 200, {}))
    const { http } = client(server.url, {}, [600_000])
    const error = await problemOf(http.send(write(`${server.url}/x`)))
    expect(error.problem).toEqual({ kind: 'rate_limited', retryAfterMs: 600_000, connection: 'erp', lane: 'live' })
    expect(server.requests).toHaveLength(0)
  })

  test('learns the quota from every reply', async () => {
    const server = await serve((_request, response) => json(response, 200, {}, { 'x-left': '17' }))
    const { http, learnt } = client(server.url, {
      quota: (reply) => [
        { name: 'day', limit: 100, remaining: Number(reply.headers['x-left']), windowMs: 10_000 },
        { name: 'minute', limit: 10, remaining: 3, windowMs: 1000 },
      ],
    })
    await http.send(read(`${server.url}/x`))
    expect(learnt).toEqual([
      { name: 'day', limit: 100, remaining: 17, windowMs: 10_000 },
      { name: 'minute', limit: 10, remaining: 3, windowMs: 1000 },
    ])
  })

  test.each([
    ['Tue, 24 Nov 2026 09:30:00 GMT', undefined, [['crm', -3_600_000]]],
    ['Tue, 24 Nov 2026 09:30:00 GMT', '17', []],
    ['yesterday', undefined, []],
  ])('tells how far our clock is from that of a reply dated %s, of age %s', async (date, age, expected) => {
    const headers = { date, ...(age === undefined ? {} : { age }) }
    const server = await serve((_request, response) => json(response, 200, {}, headers))
    const dates: unknown[] = []
    const clock = { now: () => '2026-11-24T08:30:00.000Z' as Instant, sleep: async () => undefined }
    const open = openHttpClient({ clock, log: silentLog, onDate: (...one) => void dates.push(one) })
    const rules = { connection: 'crm', baseUrl: server.url, timeoutMs: 5_000, replyBytesMax: 1_000 }
    await open({ ...rules, attemptsMax: 1, concurrencyMax: 1, classify }).send(read(`${server.url}/x`))
    expect(dates).toEqual(expected)
  })

  test('does not lose the answer of a write when the quota cannot be stored', async () => {
    const server = await serve((_request, response) => json(response, 200, { id: 1 }))
    const warn = jest.fn()
    const open = openHttpClient({
      clock: { now: () => '2026-11-24T09:30:00.000Z' as Instant, sleep: async () => {} },
      log: { debug: () => {}, info: () => {}, warn, error: () => {} },
      budget: { take: async () => 0, learn: () => Promise.reject(new Error('no database')) },
    })
    const http = open({
      connection: 'erp',
      baseUrl: server.url,
      timeoutMs: 60_000,
      replyBytesMax: 1000,
      attemptsMax: 1,
      concurrencyMax: 1,
      classify,
      quota: () => [{ name: 'day', limit: 1, remaining: 1, windowMs: 1 }],
    })
    expect((await http.send(write(`${server.url}/x`))).json()).toEqual({ id: 1 })
    expect(warn).toHaveBeenCalledTimes(1)
  })
})

test('tells metrics and log of every attempt, without query, ids, headers or body', async () => {
  const server = await serve((_request, response, nth) => json(response, nth === 1 ? 503 : 200, { secret: 'in-reply' }))
  const { http, calls, lines } = client(server.url, { login: loginOf(() => 'Bearer in-header') })
  await http.send({ ...write(`${server.url}/orders/4711?token=in-query`), body: '{"a":"in-body"}' })
  const place = { connection: 'erp', method: 'POST', route: '/orders/:id' }
  expect(calls).toMatchObject([
    { ...place, status: 503, attempt: 1, bytes: 21 },
    { ...place, status: 200, attempt: 2, bytes: 21 },
  ])
  expect(lines).toHaveLength(3)
  expect(lines.join()).not.toMatch(/in-reply|in-header|in-query|in-body|4711/)
})

describe('a reply that no system gives', () => {
  test.each([
    ['a status that does not exist', 999, '{}', 'status 999'],
    ['lists in lists', 200, '['.repeat(2_000_000), 'nested deeper than 500 levels'],
    ['objects in objects', 200, `${'{"a":'.repeat(501)}1${'}'.repeat(501)}`, 'nested deeper than 500 levels'],
  ])('is a bad one: %s', async (_what, status, body, said) => {
    const { url } = await serve((_request, response) => response.writeHead(status).end(body))
    const { http } = client(url, { replyBytesMax: 5_000_000 })
    const sending = http.send({ method: 'GET', url: `${url}/deals`, effect: 'read' })
    await expect(sending).rejects.toMatchObject({
      problem: { kind: 'bad_reply' },
      message: expect.stringContaining(said),
    })
  })

  test('has characters that nothing can store: the rest of it is read', async () => {
    const { url } = await serve((_request, response) => response.end('{"name":"A\\u0000B\\ud800"}'))
    const reply = await client(url).http.send({ method: 'GET', url: `${url}/deals`, effect: 'read' })
    expect(reply.json()).toEqual({ name: 'A\ufffdB\ufffd' })
  })

  test.each([
    [{ name: 'day', limit: 1e300, remaining: 0, windowMs: 10_000 }, []],
    [{ name: 'day', limit: 100, remaining: Number.NaN, windowMs: 10_000 }, []],
    [
      { name: 'day', limit: 100, remaining: -1, windowMs: 60 * 366 * 86_400_000 },
      [{ name: 'day', limit: 100, remaining: 0, windowMs: 86_400_000 }],
    ],
  ])('tells a quota that cannot be: %j', async (told, expected) => {
    const { url } = await serve((_request, response) => json(response, 200, {}))
    const { http, learnt } = client(url, { quota: () => [told] })
    await http.send({ method: 'GET', url: `${url}/deals`, effect: 'read' })
    expect(learnt).toEqual(expected)
  })
})
