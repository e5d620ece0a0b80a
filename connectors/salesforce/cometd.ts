import { z } from 'zod'
import { SyncError } from '../../src/core/problem.ts'
import type { ConnectionDeps } from '../../src/ports/connector.ts'
import type { Headers, HttpReply, HttpRequest } from '../../src/ports/http.ts'
import { classify } from './errors.ts'
import { eventSchema, type Message } from './events.ts'
import type { Settings } from './settings.ts'

export type End =
  | { readonly why: 'stopped' }
  /** The token is no longer good: get another and begin anew. */
  | { readonly why: 'login'; readonly reason: string }
  /** Salesforce does not have the events after the place any more. */
  | { readonly why: 'place lost'; readonly channel: string; readonly reason: string }
  /** The channel does not exist, or is not for this user. */
  | { readonly why: 'refused'; readonly reason: string }
  | { readonly why: 'broken'; readonly reason: string }

interface Following {
  readonly token: string
  /** By channel, the replay id to go on after; -1 for new events only. Moved on as events come. */
  readonly places: Map<string, number>
  readonly signal: AbortSignal
  /** Told when Salesforce accepted all channels. */
  opened(): void
  /** Resolves when the events are stored; until then none are fetched. */
  take(messages: readonly Message[]): Promise<void>
}

/** A handshake, a subscription and a good-bye are answered at once; a connect waits for events as long as Salesforce says. */
const answerMs = 30_000
const connectMs = { usual: 110_000, most: 300_000 } as const
const intervalMsMax = 60_000

const messageSchema = z.looseObject({
  channel: z.string(),
  clientId: z.string().optional(),
  successful: z.boolean().optional(),
  error: z.string().default(''),
  subscription: z.string().optional(),
  advice: z
    .looseObject({ reconnect: z.string().optional(), interval: z.number().optional(), timeout: z.number().optional() })
    .optional(),
  ext: z.looseObject({ sfdc: z.looseObject({ failureReason: z.string().optional() }).optional() }).optional(),
  data: z.unknown().optional(),
})
type Told = z.output<typeof messageSchema>
type Advice = NonNullable<Told['advice']>

/**
 * CometD by long polling (Bayeux 1.0), as much of it as Salesforce needs: one client for one token, events after a place, one
 * batch at a time. Whatever goes wrong ends it, and whoever follows begins anew from the places reached.
 * @throws whatever `take` throws
 */
export function openCometd(
  settings: Settings,
  { name, http: openHttp, clock }: Pick<ConnectionDeps, 'name' | 'http' | 'clock'>,
) {
  const http = openHttp({
    connection: name,
    baseUrl: settings.url,
    timeoutMs: answerMs,
    replyBytesMax: 50_000_000,
    // Beginning anew from the places reached is for the caller.
    attemptsMax: 1,
    // A connect that waits, and the good-bye that ends it.
    concurrencyMax: 2,
    classify: classifyCometd,
  })
  const url = `${settings.url}/cometd/${settings.apiVersion}`

  return async function follow(following: Following): Promise<End> {
    const { signal } = following
    const session = openSession(following.token)
    let removeListener = () => {}
    const stopped = new Promise<End>((resolve) => {
      const stop = () => resolve({ why: 'stopped' })
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop, { once: true })
      removeListener = () => signal.removeEventListener('abort', stop)
    })
    try {
      const end = await Promise.race([stopped, run(session, following)])
      // Salesforce lets the request that waits go at once, and forgets the client.
      if (end.why !== 'login' && end.why !== 'broken') session.leave()
      return end
    } finally {
      removeListener()
    }
  }

  async function run(session: Session, following: Following): Promise<End> {
    try {
      for (let first = true; ; first = false) {
        const shaken = await session.handshake()
        const refused = shaken.map(endOf).find((end) => end !== null)
        if (refused !== undefined) return refused
        const end = (await subscribeAll(session, following, first)) ?? (await connectOn(session, following))
        if (end !== 'handshake') return end
      }
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      switch (error.problem.kind) {
        case 'auth_rejected':
          return { why: 'login', reason: error.message }
        case 'unavailable':
        case 'bad_reply':
        case 'record_rejected':
          return { why: 'broken', reason: error.message }
        default:
          throw error
      }
    }
  }

  /** @returns why it ended; null when all channels were accepted */
  async function subscribeAll(session: Session, following: Following, first: boolean): Promise<End | null> {
    for (const channel of settings.events) {
      const replay = { [channel]: following.places.get(channel) ?? -1 }
      const told = await session.send({ channel: '/meta/subscribe', subscription: channel, ext: { replay } })
      const end = await taken(told, following)
      if (end !== null) return end
    }
    if (first) following.opened()
    return null
  }

  /** Asks for events until it ends, or until Salesforce wants a new handshake. */
  async function connectOn(session: Session, following: Following): Promise<End | 'handshake'> {
    let advice: Advice = {}
    for (let count = 0; !following.signal.aborted; count += 1) {
      const timeoutMs = Math.min(advice.timeout ?? connectMs.usual, connectMs.most) + answerMs
      const told = await session.send({ channel: '/meta/connect', connectionType: 'long-polling' }, timeoutMs)
      const end = await taken(told, following)
      if (end !== null) return end
      const answer = told.find(({ channel }) => channel === '/meta/connect')
      advice = { ...advice, ...answer?.advice }
      if (advice.reconnect === 'handshake' && answer?.successful !== true) {
        // An unknown client begins with a new handshake, from the places it has come to; but not without end.
        return count > 0 ? 'handshake' : { why: 'broken', reason: 'a client that Salesforce had just made was unknown' }
      }
      if (answer === undefined) return { why: 'broken', reason: 'a connect without an answer' }
      const waitMs = Math.min(advice.interval ?? 0, intervalMsMax)
      if (waitMs > 0) await clock.sleep(waitMs, following.signal)
    }
    return { why: 'stopped' }
  }

  /** Stores the events among the messages, however the others end it. @returns why it ended; null when it goes on */
  async function taken(told: readonly Told[], { places, signal, take }: Following): Promise<End | null> {
    if (signal.aborted) return { why: 'stopped' }
    const messages: Message[] = []
    for (const { channel, data } of told) {
      if (channel.startsWith('/meta/')) continue
      const followed = followedBy(channel)
      if (followed === null) continue
      const read = eventSchema.safeParse(data)
      if (!read.success) return { why: 'broken', reason: `an event of ${channel} that cannot be read` }
      messages.push({ channel: followed, replayId: read.data.event.replayId, payload: read.data.payload })
    }
    for (const { channel, replayId } of messages) places.set(channel, replayId)
    if (messages.length > 0) await take(messages)
    return told.map(endOf).find((end) => end !== null) ?? null
  }

  /** The channel that an event came by: `/data/ChangeEvents` brings those of every object. */
  function followedBy(channel: string): string | null {
    if (settings.events.includes(channel)) return channel
    const all = '/data/ChangeEvents'
    return channel.startsWith('/data/') && settings.events.includes(all) ? all : null
  }

  function openSession(token: string): Session {
    /** Salesforce keeps a client on one of its servers by cookies. */
    const cookies = new Map<string, string>()
    let clientId: string | undefined
    let count = 0

    async function send(message: object, timeoutMs = answerMs): Promise<readonly Told[]> {
      count += 1
      const cookie = [...cookies].map(([key, value]) => `${key}=${value}`).join('; ')
      const reply = await http.send({
        method: 'POST',
        url,
        headers: { authorization: `OAuth ${token}`, ...(cookie === '' ? {} : { cookie }) },
        body: JSON.stringify([{ ...message, id: String(count), ...(clientId === undefined ? {} : { clientId }) }]),
        // Nothing but our own place in the stream depends on it, and that we know.
        effect: 'read',
        timeoutMs,
      })
      for (const [key, value] of cookiesIn(reply.headers)) cookies.set(key, value)
      const told = z.array(messageSchema).safeParse(reply.json())
      if (told.success) return told.data
      throw new SyncError('Salesforce sent a message that CometD does not have', {
        problem: { kind: 'bad_reply' },
        fix: 'Check url and apiVersion in the settings of the connection.',
        cause: told.error,
      })
    }

    return {
      send,
      async handshake() {
        clientId = undefined
        const told = await send({
          channel: '/meta/handshake',
          version: '1.0',
          minimumVersion: '1.0',
          supportedConnectionTypes: ['long-polling'],
        })
        clientId = told.find(
          ({ channel, successful }) => channel === '/meta/handshake' && successful === true,
        )?.clientId
        if (clientId === undefined && told.every((one) => endOf(one) === null)) {
          return [{ channel: '/meta/handshake', successful: false, error: 'a handshake without a client' }]
        }
        return told
      },
      leave() {
        if (clientId === undefined) return
        // Salesforce forgets a client that says nothing, too.
        send({ channel: '/meta/disconnect' }).catch(() => {})
      },
    }
  }
}

interface Session {
  /** One message, and what came with its answer. */
  send(message: object, timeoutMs?: number): Promise<readonly Told[]>
  handshake(): Promise<readonly Told[]>
  /** Says good-bye, without waiting for it. */
  leave(): void
}

/** A refusal in CometD's own words is for us to read, whatever the status of its answer. */
function classifyCometd(reply: HttpReply, request: HttpRequest): SyncError | null {
  return /^\s*\[\s*\{[\s\S]*"channel"/.test(reply.body) ? null : classify(reply, request)
}

/** Several cookies stand in one header, with commas between; a date in them has one, too. */
function cookiesIn(headers: Headers): readonly [string, string][] {
  return (headers['set-cookie'] ?? '').split(/,\s*(?=[^;,=\s]+=)/).flatMap((one): [string, string][] => {
    const [, key, value] = /^([^=;\s]+)=([^;]*)/.exec(one) ?? []
    return key === undefined || value === undefined ? [] : [[key, value]]
  })
}

/** Whether a message of the protocol ends the client; null when it goes on, be it with a new handshake. */
function endOf({ channel, successful, error, subscription, advice, ext }: Told): End | null {
  if (successful !== false) return null
  const reason = [error, ext?.sfdc?.failureReason ?? ''].filter((one) => one !== '').join(', ')
  if (/\b401::/.test(reason)) return { why: 'login', reason }
  if (channel === '/meta/subscribe') {
    if (/replayId/i.test(reason)) return { why: 'place lost', channel: subscription ?? '', reason }
    return { why: 'refused', reason: `${subscription ?? ''}: ${reason}` }
  }
  if (/\b403:/.test(reason) && advice?.reconnect === 'none') return { why: 'refused', reason }
  if (channel === '/meta/connect' && advice?.reconnect === 'handshake') return null
  return { why: 'broken', reason: reason === '' ? `${channel} failed` : reason }
}
