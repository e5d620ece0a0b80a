import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/server.ts'

interface StreamOptions {
  readonly now: () => number
  /** Channels that there are. */
  readonly channels: readonly string[]
  readonly connectTimeoutMs: number
  /** Whether the request's token is good. */
  knows(request: SimulatorRequest): boolean
}
interface Event {
  readonly channel: string
  readonly replayId: number
  readonly at: number
  readonly message: JsonObject
}
interface Client {
  readonly id: string
  readonly channels: Set<string>
  queue: JsonObject[]
  /** A connect that waits for an event. */
  held: { readonly answer: (last: JsonObject) => void; readonly id: Json } | null
  connected: boolean
  seenAt: number
}

const retentionMs = 72 * 3_600_000
// The real one keeps all of them; a simulator that makes a million records must not.
const eventsMax = 10_000
const reconnectMs = 40_000

const messageSchema = z.looseObject({
  channel: z.string(),
  id: z.union([z.string(), z.number()]).optional(),
  clientId: z.string().optional(),
  subscription: z.union([z.string(), z.array(z.string())]).optional(),
  ext: z.looseObject({ replay: z.union([z.record(z.string(), z.number()), z.boolean()]).optional() }).optional(),
})
type Message = z.output<typeof messageSchema>

/** Change events and platform events by CometD: handshake, subscriptions with replay, and long polling. */
export function openStreams({ now, channels, connectTimeoutMs, knows }: StreamOptions) {
  const clients = new Map<string, Client>()
  const timers = new Set<NodeJS.Timeout>()
  let events: Event[] = []
  let lastReplayId = 1_000_000

  const reaches = (subscription: string, channel: string): boolean =>
    subscription === channel || (subscription === '/data/ChangeEvents' && channel.startsWith('/data/'))
  const retained = (): readonly Event[] => {
    const first = events.findIndex((event) => event.at > now() - retentionMs)
    events = first < 0 ? [] : events.slice(first)
    return events
  }

  function publish(channel: string, payload: JsonObject): number {
    // Ids only grow; nobody may count on the distance.
    lastReplayId += 1 + (lastReplayId % 3)
    const data = { schema: 'IeRuaY6cbI_HsV8Rv1Mc5g', payload, event: { replayId: lastReplayId } }
    const event: Event = { channel, replayId: lastReplayId, at: now(), message: { data, channel } }
    events.push(event)
    if (events.length > eventsMax + 1000) events = events.slice(-eventsMax)
    for (const client of clients.values()) {
      if ([...client.channels].some((one) => reaches(one, channel))) enqueue(client, [event])
    }
    return lastReplayId
  }
  function enqueue(client: Client, more: readonly Event[]): void {
    if (more.length === 0) return
    // What happens in one go is told by one answer.
    if (client.queue.length === 0) setImmediate(() => release(client, true))
    client.queue.push(...more.map((event) => event.message))
  }
  function release(client: Client, successful: boolean, more: JsonObject = {}): void {
    const { held } = client
    if (held === null) return
    client.held = null
    held.answer({ ...replyTo('/meta/connect', held.id, client.id), successful, ...more })
  }

  async function handle(request: SimulatorRequest): Promise<SimulatorReply> {
    // A client that would rather have a WebSocket looks for one by GET.
    if (request.method !== 'POST') return { status: 400, headers: html, body: 'Unknown Bayeux Transport' }
    const given = z.union([z.array(messageSchema), messageSchema]).safeParse(parse(request.body))
    if (!given.success) return { status: 400, headers: html, body: 'Bad Bayeux message' }
    const messages = Array.isArray(given.data) ? given.data : [given.data]
    if (!knows(request)) return { status: 401, body: messages.map(denied) }
    const answers: JsonObject[] = []
    for (const message of messages) answers.push(...(await answerTo(message, messages.length > 1)))
    return { status: 200, body: answers }
  }

  async function answerTo(message: Message, together: boolean): Promise<readonly JsonObject[]> {
    const { channel, id = null } = message
    if (channel === '/meta/handshake') return [handshake(id)]
    const client = clients.get(message.clientId ?? '')
    if (client === undefined || (client.held === null && now() - client.seenAt > connectTimeoutMs + reconnectMs)) {
      clients.delete(message.clientId ?? '')
      return [
        {
          channel,
          id,
          error: '403::Unknown client',
          successful: false,
          ...(channel === '/meta/connect' ? { advice: { interval: 0, reconnect: 'handshake' } } : {}),
        },
      ]
    }
    client.seenAt = now()
    switch (channel) {
      case '/meta/connect':
        return connect(client, id, together)
      case '/meta/subscribe':
        return [message.subscription ?? ''].flat().map((one) => subscribe(client, one, message))
      case '/meta/unsubscribe': {
        const subscription = [message.subscription ?? ''].flat()
        for (const one of subscription) client.channels.delete(one)
        return [{ ...replyTo(channel, id, client.id), subscription, successful: true }]
      }
      case '/meta/disconnect':
        clients.delete(client.id)
        release(client, true)
        return [{ ...replyTo(channel, id, client.id), successful: true }]
      default:
        return [{ ...replyTo(channel, id, client.id), error: '403::Publish denied', successful: false }]
    }
  }

  function handshake(id: Json): JsonObject {
    const client: Client = {
      id: randomUUID().replaceAll('-', ''),
      channels: new Set(),
      queue: [],
      held: null,
      connected: false,
      seenAt: now(),
    }
    clients.set(client.id, client)
    return {
      ...replyTo('/meta/handshake', id, client.id),
      ext: { replay: true, 'payload.format': true },
      minimumVersion: '1.0',
      supportedConnectionTypes: ['long-polling'],
      version: '1.0',
      successful: true,
    }
  }

  function subscribe(client: Client, subscription: string, message: Message): JsonObject {
    const reply = { ...replyTo('/meta/subscribe', message.id ?? null, client.id), subscription }
    if (!channels.includes(subscription)) {
      const error = `400::The channel you requested to subscribe to does not exist {${subscription}}`
      return { ...reply, error, successful: false }
    }
    const { replay = {} } = message.ext ?? {}
    const from = typeof replay === 'boolean' ? -1 : (replay[subscription] ?? -1)
    const past = retained().filter((event) => reaches(subscription, event.channel))
    if (from >= 0 && !past.some((event) => event.replayId === from)) {
      const error =
        `400::The replayId {${from}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 ` +
        'to replay only new events.'
      return { ...reply, error, successful: false }
    }
    client.channels.add(subscription)
    if (from !== -1)
      enqueue(
        client,
        past.filter((event) => event.replayId > from),
      )
    return { ...reply, successful: true }
  }

  /** The first answer comes at once and says how long the next ones may take. */
  function connect(client: Client, id: Json, together: boolean): Promise<readonly JsonObject[]> {
    release(client, true)
    const drain = (last: JsonObject): readonly JsonObject[] => {
      const { queue } = client
      client.queue = []
      client.seenAt = now()
      return [...queue, last]
    }
    const reply = { ...replyTo('/meta/connect', id, client.id), successful: true }
    if (!client.connected) {
      client.connected = true
      const advice = { interval: 0, timeout: connectTimeoutMs, reconnect: 'retry' }
      return Promise.resolve(drain({ ...reply, advice }))
    }
    if (client.queue.length > 0 || together) return Promise.resolve(drain(reply))
    return new Promise((resolve) => {
      const timer = setTimeout(() => release(client, true), connectTimeoutMs)
      timers.add(timer)
      client.held = {
        id,
        answer: (last) => {
          clearTimeout(timer)
          timers.delete(timer)
          resolve(drain(last))
        },
      }
    })
  }

  return {
    handle,
    publish,
    /** Tells every client that waits that its token holds no longer. */
    refuseTokens(): void {
      for (const client of clients.values()) {
        release(client, false, { error: '401::Authentication invalid', advice: { reconnect: 'none', interval: 0 } })
      }
      clients.clear()
    },
    /** Forgets all clients, as a server does that was restarted. */
    drop(): void {
      for (const client of clients.values()) {
        release(client, false, { error: '403::Unknown client', advice: { reconnect: 'handshake', interval: 0 } })
      }
      clients.clear()
    },
    /** Events kept so far are gone, as they are after 72 hours. */
    forget(): void {
      events = []
    },
    close(): void {
      for (const client of clients.values()) release(client, true)
      for (const timer of timers) clearTimeout(timer)
      clients.clear()
    },
  }
}

const html = { 'content-type': 'text/html' }
const replyTo = (channel: string, id: Json, clientId: string): JsonObject => ({ clientId, channel, id })

function denied(message: Message): JsonObject {
  const { channel } = message
  const id = message.id ?? null
  if (channel === '/meta/handshake') {
    return {
      ext: { sfdc: { failureReason: '401::Authentication invalid' }, replay: true, 'payload.format': true },
      advice: { reconnect: 'none' },
      channel,
      id,
      error: '403::Handshake denied',
      successful: false,
    }
  }
  const advice = { reconnect: 'none', interval: 0 }
  const error = '401::Authentication invalid'
  return { clientId: message.clientId ?? null, advice, channel, id, error, successful: false }
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    // What is no JSON is no message; the caller says so.
    return null
  }
}
