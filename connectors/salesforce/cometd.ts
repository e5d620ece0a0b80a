import { Streaming } from 'jsforce/lib/api/streaming.js'
import { Connection } from 'jsforce/lib/connection.js'
import { z } from 'zod'
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

/** What we use of faye's client, more than jsforce's types know. */
interface FayeClient {
  subscribe(channel: string, listener: (event: unknown) => void): unknown
  /** Undefined when there is no connection. */
  disconnect(): PromiseLike<unknown> | undefined
  on(event: 'transport:down', listener: () => void): unknown
  /** The only way to end a client that has no connection: by itself it tries for ever. */
  readonly _dispatcher: {
    close(): void
    /** What was sent and has no answer yet. */
    readonly _envelopes: Map<unknown, Envelope>
  }
}
interface Envelope {
  readonly timer?: NodeJS.Timeout | null
  readonly request?: PromiseLike<{ destroy(): unknown } | undefined> | null
}

const metaSchema = z.looseObject({
  channel: z.string(),
  successful: z.boolean().optional(),
  error: z.string().default(''),
  subscription: z.string().optional(),
  advice: z.looseObject({ reconnect: z.string().optional() }).optional(),
  ext: z.looseObject({ sfdc: z.looseObject({ failureReason: z.string().optional() }).optional() }).optional(),
})
type Meta = z.output<typeof metaSchema>

/**
 * The CometD client that jsforce makes (faye), for one token: its login header is fixed. jsforce's own extension for
 * replaying knows one channel and overwrites what another one asks for, and a refused subscription would go unnoticed, so an
 * extension of ours looks at all that comes and goes.
 * @throws whatever `take` throws
 */
export function openCometd(settings: Settings) {
  return (following: Following): Promise<End> =>
    new Promise((resolve, reject) => {
      const { token, places, signal } = following
      const waiting = new Set(settings.events)
      const queue: Message[] = []
      let stored: Promise<void> = Promise.resolve()
      let over = false
      let lost = false

      const finish = (settle: () => void) => {
        if (over) return
        over = true
        signal.removeEventListener('abort', stop)
        if (lost) close(client)
        else leave(client)
        settle()
      }
      const end = (how: End) => finish(() => resolve(how))
      const stop = () => end({ why: 'stopped' })

      async function store(): Promise<void> {
        const messages = queue.splice(0)
        if (messages.length === 0 || over) return
        for (const { channel, replayId } of messages) places.set(channel, replayId)
        await following.take(messages)
      }
      function enqueue(channel: string, event: unknown): void {
        const read = eventSchema.safeParse(event)
        if (!read.success) {
          end({ why: 'broken', reason: `an event of ${channel} that cannot be read` })
          return
        }
        queue.push({ channel, replayId: read.data.event.replayId, payload: read.data.payload })
        stored = stored.then(store)
        stored.catch((error: unknown) => finish(() => reject(error)))
      }

      const extension = {
        outgoing(message: { channel?: unknown; ext?: object }, pass: (message: unknown) => void) {
          // After the end only the good-bye is let out.
          if (over && message.channel !== '/meta/disconnect') return
          if (message.channel !== '/meta/subscribe') return pass(message)
          pass({ ...message, ext: { ...message.ext, replay: Object.fromEntries(places) } })
        },
        incoming(message: unknown, pass: (message: unknown) => void) {
          const meta = metaSchema.safeParse(message)
          if (!meta.success) {
            end({ why: 'broken', reason: 'a message that CometD does not have' })
            return
          }
          const { channel, successful, subscription } = meta.data
          if (channel === '/meta/disconnect') return pass(message)
          if (over) return
          const how = endOf(meta.data)
          if (how !== null) return end(how)
          if (channel === '/meta/subscribe' && successful === true && waiting.delete(subscription ?? '')) {
            if (waiting.size === 0) following.opened()
          }
          if (channel !== '/meta/connect') return pass(message)
          // The next batch is fetched when this one is stored; when it could not be, `enqueue` has ended the client.
          stored.then(() => pass(message)).catch(() => {})
        },
      }
      const vendor = new Connection({ instanceUrl: settings.url, version: settings.apiVersion, accessToken: token })
      const client = fayeOf(new Streaming(vendor).createClient([extension]))
      client.on('transport:down', () => {
        lost = true
        end({ why: 'broken', reason: 'the connection was lost' })
      })
      for (const channel of settings.events) client.subscribe(channel, (event) => enqueue(channel, event))
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) stop()
    })
}

function fayeOf(client: object): FayeClient {
  if (isFaye(client)) return client
  throw new Error('this release of jsforce makes another CometD client than this connector knows')
}
const isFaye = (client: object): client is FayeClient =>
  'subscribe' in client && 'disconnect' in client && 'on' in client && '_dispatcher' in client

/** Says good-bye, so that Salesforce lets the open request go at once. */
function leave(client: FayeClient): void {
  const end = () => close(client)
  client.on('transport:down', end)
  const told = client.disconnect()
  if (told === undefined) end()
  else told.then(end, end)
}

/** Ends whatever is under way or would be tried again. */
function close({ _dispatcher: dispatcher }: FayeClient): void {
  const open = [...dispatcher._envelopes.values()]
  dispatcher._envelopes.clear()
  dispatcher.close()
  for (const { timer, request } of open) {
    clearTimeout(timer ?? undefined)
    request?.then(
      (one) => one?.destroy(),
      () => {},
    )
  }
}

/** Whether a message of the protocol ends the client; null when faye knows what to do about it. */
function endOf({ channel, successful, error, subscription, advice, ext }: Meta): End | null {
  if (successful !== false) return null
  const reason = [error, ext?.sfdc?.failureReason ?? ''].filter((one) => one !== '').join(', ')
  if (/\b401::/.test(reason)) return { why: 'login', reason }
  if (channel === '/meta/subscribe') {
    if (/replayId/i.test(reason)) return { why: 'place lost', channel: subscription ?? '', reason }
    return { why: 'refused', reason: `${subscription ?? ''}: ${reason}` }
  }
  if (/\b403:/.test(reason) && advice?.reconnect === 'none') return { why: 'refused', reason }
  // An unknown client begins with a new handshake, from the places it has come to.
  if (channel === '/meta/connect' && advice?.reconnect === 'handshake') return null
  return { why: 'broken', reason: reason === '' ? `${channel} failed` : reason }
}
