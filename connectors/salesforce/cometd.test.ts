import { expect, test } from '@jest/globals'
import type { JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { Instant } from '../../src/core/time.ts'
import type { HttpReply, HttpRequest, HttpRules } from '../../src/ports/http.ts'
import { openCometd } from './cometd.ts'
import type { Message } from './events.ts'
import { settings as schema } from './settings.ts'

const settings = schema.parse({
  url: 'https://acme.my.salesforce.com',
  clientId: 'id',
  clientSecret: 'secret',
  events: ['/data/ChangeEvents', '/event/Order__e'],
})
type Answer = {
  readonly status?: number
  readonly headers?: HttpReply['headers']
  readonly body: readonly JsonObject[] | string
}
/** What was sent, with its time limit. */
interface Sent {
  readonly message: JsonObject
  readonly headers: HttpRequest['headers']
  readonly timeoutMs: number | undefined
}

/** As the real client does it. */
function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new SyncError('not JSON', { problem: { kind: 'bad_reply' }, fix: '', cause })
  }
}

/** Follows with answers in place of a server: to each message what `answerTo` says, by the count of its kind. */
async function follow(answerTo: (channel: string, count: number) => Answer, stop = new AbortController()) {
  const sent: Sent[] = []
  const slept: number[] = []
  const taken: Message[] = []
  let opened = 0
  const open = (rules: HttpRules) => ({
    calls: () => sent.length,
    async send(request: HttpRequest): Promise<HttpReply> {
      const [message = {}] = JSON.parse(request.body ?? '[]') as JsonObject[]
      const count = sent.filter((one) => one.message.channel === message.channel).length
      sent.push({ message, headers: request.headers, timeoutMs: request.timeoutMs })
      const { status = 200, headers = {}, body } = answerTo(String(message.channel), count)
      const text =
        typeof body === 'string' ? body : JSON.stringify(body.map((one) => ({ id: message.id ?? null, ...one })))
      const reply = { status, headers, body: text, json: () => read(text) }
      const error = rules.classify(reply, request)
      if (error !== null) throw error
      return reply
    },
  })
  const clock = { now: () => '2026-11-24T09:00:00.000Z' as Instant, sleep: async (ms: number) => void slept.push(ms) }
  const end = await openCometd(settings, { name: 'crm', http: open, clock })({
    token: 'TOKEN',
    places: new Map([['/event/Order__e', 7]]),
    signal: stop.signal,
    opened() {
      opened += 1
    },
    take: async (messages) => void taken.push(...messages),
  })
  return { end, sent, slept, taken, opened: opened as number, kinds: sent.map(({ message }) => message.channel) }
}

const shaken = { channel: '/meta/handshake', clientId: 'c1', successful: true }
const ok = (channel: string, more: JsonObject = {}): JsonObject => ({ channel, successful: true, ...more })
const over = { channel: '/meta/connect', successful: false, error: '403:denied', advice: { reconnect: 'none' } }
const script = (connects: readonly (readonly JsonObject[])[]) => (channel: string, count: number) => ({
  body:
    channel === '/meta/handshake'
      ? [shaken]
      : channel === '/meta/connect'
        ? (connects[count] ?? [over])
        : [ok(channel)],
})

test('introduces itself, asks for events after the places, and says good-bye', async () => {
  const { end, sent, kinds, opened } = await follow(script([[ok('/meta/connect')]]))
  expect(end).toEqual({ why: 'refused', reason: '403:denied' })
  expect(kinds).toEqual([
    ...['/meta/handshake', '/meta/subscribe', '/meta/subscribe', '/meta/connect', '/meta/connect', '/meta/disconnect'],
  ])
  expect(sent[0]).toMatchObject({
    message: { id: '1', version: '1.0', supportedConnectionTypes: ['long-polling'] },
    headers: { authorization: 'OAuth TOKEN' },
  })
  expect(sent.slice(1, 3).map(({ message }) => message)).toMatchObject([
    { clientId: 'c1', subscription: '/data/ChangeEvents', ext: { replay: { '/data/ChangeEvents': -1 } } },
    { clientId: 'c1', subscription: '/event/Order__e', ext: { replay: { '/event/Order__e': 7 } } },
  ])
  expect(opened).toBe(1)
})

test('gives back the cookies that it was given, as a client lives on one server', async () => {
  const cookies = 'BAYEUX=b1; Path=/cometd; Secure, stick=s 1; Expires=Wed, 21 Oct 2027 07:28:00 GMT; HttpOnly'
  const { sent } = await follow((channel, count) => ({
    ...script([])(channel, count),
    headers: channel === '/meta/handshake' ? { 'set-cookie': cookies } : {},
  }))
  expect(sent.map(({ headers }) => headers?.cookie)).toEqual([undefined, ...Array(4).fill('BAYEUX=b1; stick=s 1')])
})

test('waits for events as long as Salesforce says, and before the next time too', async () => {
  const { sent, slept } = await follow(
    script([[ok('/meta/connect', { advice: { timeout: 40_000, interval: 2000 } })], [ok('/meta/connect')]]),
  )
  const waits = sent.filter(({ message }) => message.channel === '/meta/connect').map(({ timeoutMs }) => timeoutMs)
  expect([waits, slept]).toEqual([
    [140_000, 70_000, 70_000],
    [2000, 2000],
  ])
})

test('takes events with whatever answer they come, and those of every object by one channel', async () => {
  const event = (channel: string, replayId: number) => ({ channel, data: { payload: {}, event: { replayId } } })
  const { taken } = await follow((channel, count) => {
    const { body } = script([[event('/data/AccountChangeEvent', 2), event('/event/Other__e', 3), ok('/meta/connect')]])(
      channel,
      count,
    )
    return { body: channel === '/meta/subscribe' && count === 1 ? [event('/event/Order__e', 8), ...body] : body }
  })
  expect(taken).toMatchObject([
    { channel: '/event/Order__e', replayId: 8 },
    { channel: '/data/ChangeEvents', replayId: 2 },
  ])
})

test('shakes hands anew when its client is forgotten, but not without end', async () => {
  const unknown = {
    channel: '/meta/connect',
    successful: false,
    error: '403::Unknown client',
    advice: { reconnect: 'handshake' },
  }
  const { end, kinds, opened } = await follow(script([[ok('/meta/connect')], [unknown], [unknown]]))
  expect(kinds.filter((kind) => kind === '/meta/handshake')).toHaveLength(2)
  expect([end.why, opened]).toEqual(['broken', 1])
})

test.each<[string, Answer, string]>([
  [
    'a token that ended',
    { status: 401, body: [{ channel: '/meta/connect', successful: false, error: '401::Authentication invalid' }] },
    'login',
  ],
  [
    'a token that ended, in the words of the API',
    { status: 401, body: '[{"errorCode":"INVALID_SESSION_ID"}]' },
    'login',
  ],
  ['a page of a proxy', { body: '<html>' }, 'broken'],
  ['a protocol that it does not have', { status: 400, body: 'Unknown Bayeux Transport' }, 'broken'],
  ['a server that is down', { status: 503, body: 'down' }, 'broken'],
  ['nothing', { body: [] }, 'broken'],
  ['an event that cannot be read', { body: [{ channel: '/event/Order__e', data: { event: {} } }] }, 'broken'],
])('ends with %s', async (_, answer, why) => {
  const { end, kinds } = await follow((channel, count) =>
    channel === '/meta/connect' ? answer : script([])(channel, count),
  )
  expect(end.why).toBe(why)
  expect(kinds.includes('/meta/disconnect')).toBe(false)
})

test('ends with a handshake that gives no client', async () => {
  expect((await follow(() => ({ body: [{ channel: '/meta/handshake', successful: true }] }))).end.why).toBe('broken')
})

test('ends when it is told to, with a good-bye and no further question', async () => {
  const stop = new AbortController()
  const { end, kinds } = await follow((channel, count) => {
    if (channel === '/meta/connect') stop.abort()
    return script([[ok('/meta/connect')], [ok('/meta/connect')]])(channel, count)
  }, stop)
  expect(end).toEqual({ why: 'stopped' })
  expect(kinds.slice(-2)).toEqual(['/meta/connect', '/meta/disconnect'])
})
