import { z } from 'zod'
import { assertNever } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { ConnectionDeps, EventStream } from '../../src/ports/connector.ts'
import type { Client } from './client.ts'
import { openCometd } from './cometd.ts'
import { eventsOf, isOverflow } from './events.ts'
import type { Settings } from './settings.ts'

/** By channel, the replay id of the last event that was stored. */
const placeSchema = z.record(z.string(), z.number().int().nonnegative())

/** New events only, and not those that Salesforce still keeps. */
const fromNow = -1

/** Before a login anew after one that had worked: a stream that ends as soon as it opens must not spin. */
const pauseMs = 1000

interface Deps extends Pick<ConnectionDeps, 'name' | 'http' | 'clock' | 'log'> {
  readonly client: Client
}

/**
 * Follows change events and platform events by CometD. Salesforce keeps them for three days, so the stream goes on where it
 * was left; what is older is a gap, and left to polls.
 */
export function openStream(settings: Settings, { client, ...deps }: Deps) {
  const { clock, log } = deps
  const follow = openCometd(settings, deps)

  return async function listen(stream: EventStream): Promise<void> {
    const stored = placeSchema.safeParse(stream.place ?? {})
    const places = new Map(settings.events.map((channel) => [channel, stored.data?.[channel] ?? fromNow]))
    const toStore = () => Object.fromEntries([...places].filter(([, place]) => place !== fromNow))
    if (!stored.success) await stream.gap('The stored place in the stream of events cannot be read')
    let refused = false
    for (;;) {
      const token = await client.token()
      const end = await follow({
        token,
        places,
        signal: stream.signal,
        opened() {
          refused = false
          log.info('salesforce.stream_opened', { channels: settings.events })
        },
        async take(messages) {
          const overflow = messages.some(({ payload }) => isOverflow(payload))
          const events = messages.flatMap(eventsOf)
          await stream.handle(events, toStore())
          if (overflow) await stream.gap('Salesforce sent more changes at once than events can tell')
        },
      })
      switch (end.why) {
        case 'stopped':
          return
        case 'place lost':
          // Asked for new events only, Salesforce has nothing to miss.
          if ((places.get(end.channel) ?? fromNow) === fromNow) throw refusedChannel(end.reason)
          log.warn('salesforce.stream_gap', { channel: end.channel, reason: end.reason })
          places.set(end.channel, fromNow)
          await stream.gap(
            `Salesforce no longer has the events of ${end.channel} after the last one seen: ${end.reason}`,
          )
          break
        case 'login':
          client.forgetToken(token)
          if (refused) throw refusedLogin(end.reason)
          refused = true
          await clock.sleep(pauseMs, stream.signal)
          break
        case 'refused':
          throw refusedChannel(end.reason)
        case 'broken':
          throw broken(end.reason)
        default:
          assertNever(end)
      }
    }
  }
}

const refusedLogin = (reason: string) =>
  new SyncError(`Salesforce refused the stream of events a fresh login: ${reason}`, {
    problem: { kind: 'auth_rejected' },
    fix: 'Check the OAuth scopes of the app (api) and that the user may use the API.',
  })
const refusedChannel = (reason: string) =>
  new SyncError(`Salesforce refused the stream of events: ${reason}`, {
    problem: { kind: 'configuration_invalid', path: 'events' },
    fix: 'Correct `events` in the settings of the connection; select the object under Change Data Capture in Setup, and let the user see it.',
  })
const broken = (reason: string) =>
  new SyncError(`The stream of events from Salesforce broke off: ${reason}`, {
    problem: { kind: 'unavailable' },
    fix: 'Nothing to do: it is opened again, and polls find what it missed.',
  })
