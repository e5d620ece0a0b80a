import { afterEach, describe, expect, test } from '@jest/globals'
import type { Json } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { type Instant, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { EventStream, WebhookEvent } from '../../src/ports/connector.ts'
import { salesforce } from './index.ts'
import { type SalesforceSimulatorOptions, startSalesforceSimulator } from './simulator/index.ts'

const channel = '/data/OpportunityChangeEvent'
const now = '2026-11-24T09:00:00.000Z' as Instant
const clock = { now: () => now, sleep: async () => {} }
const silent = () => {}

type Simulator = Awaited<ReturnType<typeof startSalesforceSimulator>>
let simulator: Simulator
const ends: AbortController[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) end.abort()
  await simulator.close()
})

async function begin(options: SalesforceSimulatorOptions = {}): Promise<Simulator> {
  simulator = await startSalesforceSimulator({ now: () => toMillis(now), ...options })
  return simulator
}

/** A stream that is followed, with what it told; each wait ends when it has told so much. */
function follow(place: Json = null, events: readonly string[] = [channel], handle = async () => {}) {
  const end = new AbortController()
  ends.push(end)
  const told: { hints: (string | null)[]; places: Json[]; gaps: string[]; opened: number } = {
    hints: [],
    places: [],
    gaps: [],
    opened: 0,
  }
  const waiting = new Set<() => void>()
  const changed = () => {
    for (const one of waiting) one()
  }
  const info = (event: string) => {
    if (event === 'salesforce.stream_opened') told.opened += 1
    changed()
  }
  const log = { debug: silent, info, warn: silent, error: silent }
  const deps = { name: 'crm', http: openHttpClient({ clock, log, random: () => 0 }), clock, log }
  const { listen } = salesforce.open({ ...simulator.settings, events }, deps)
  const stream: EventStream = {
    place,
    async handle(found: readonly WebhookEvent[], next) {
      await handle()
      told.hints.push(...found.map((event) => event.hint?.id ?? null))
      told.places.push(next)
      changed()
    },
    async gap(reason) {
      told.gaps.push(reason)
      changed()
    },
    signal: end.signal,
  }
  if (listen === null) throw new Error('no stream')
  const ended = listen(stream).then(
    () => null,
    (error: unknown) => error,
  )
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!holds()) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  return { told, until, ended, stop: () => end.abort() }
}
const problemOf = (error: unknown) => (error instanceof SyncError ? error.problem : error)

describe('listen', () => {
  test('is not offered when no channels are asked for', async () => {
    await begin()
    const log = { debug: silent, info: silent, warn: silent, error: silent }
    const deps = { name: 'crm', http: openHttpClient({ clock, log }), clock, log }
    expect(salesforce.open(simulator.settings, deps).listen).toBeNull()
  })

  test('tells of opportunities as they change, each with a place behind it', async () => {
    const { store } = await begin()
    const { told, until, ended, stop } = follow()
    await until(() => told.opened === 1)
    const id = store.addOpportunity({})
    await until(() => told.hints.length === 1)
    store.update('Opportunity', id, { Name: 'Renamed' })
    await until(() => told.hints.length === 2)
    expect(told.hints).toEqual([id, id])
    expect(told.places).toEqual([{ [channel]: expect.any(Number) }, { [channel]: expect.any(Number) }])
    stop()
    expect(await ended).toBeNull()
  })

  test('goes on where it was left', async () => {
    const { store } = await begin()
    const first = follow()
    await first.until(() => first.told.opened === 1)
    store.addOpportunity({})
    await first.until(() => first.told.hints.length === 1)
    first.stop()
    const missed = [store.addOpportunity({}), store.addOpportunity({})]
    const second = follow(first.told.places[0] ?? null)
    await second.until(() => second.told.hints.length === 2)
    expect(second.told.hints).toEqual(missed)
  })

  test('keeps a place for each of several channels', async () => {
    const { store } = await begin({ platformEvents: ['Order__e'] })
    const events = [channel, '/event/Order__e']
    const first = follow(null, events)
    await first.until(() => first.told.opened === 1)
    const id = store.addOpportunity({})
    store.publish('/event/Order__e', { RecordId__c: id })
    await first.until(() => first.told.hints.length === 2)
    first.stop()
    const last = first.told.places.at(-1) ?? null
    expect(Object.keys(last as object).sort()).toEqual([...events].sort())
    const again = store.addOpportunity({})
    store.publish('/event/Order__e', { OpportunityId__c: again })
    const second = follow(last, events)
    await second.until(() => second.told.hints.length === 2)
    expect(second.told.hints).toEqual([again, again])
  })

  test('takes a new login when the old one ended, and misses nothing', async () => {
    const { store } = await begin()
    const { told, until } = follow()
    await until(() => told.opened === 1)
    const before = store.addOpportunity({})
    await until(() => told.hints.length === 1)
    store.expireTokens()
    const after = store.addOpportunity({})
    await until(() => told.hints.length === 2)
    expect(told.hints).toEqual([before, after])
    expect(simulator.calls()['POST /services/oauth2/token']).toBe(2)
  })

  test('begins anew with a handshake when Salesforce forgot it, from the place it had come to', async () => {
    const { store } = await begin()
    const { told, until } = follow()
    await until(() => told.opened === 1)
    const before = store.addOpportunity({})
    await until(() => told.hints.length === 1)
    store.dropStreams()
    const after = store.addOpportunity({})
    await until(() => told.hints.length === 2)
    expect(told.hints).toEqual([before, after])
  })

  test('says that there is a gap when the place is too old, and goes on from now', async () => {
    const { store } = await begin()
    store.addOpportunity({})
    const { told, until } = follow({ [channel]: 7 })
    await until(() => told.gaps.length === 1 && told.opened === 1)
    expect(told.gaps[0]).toContain(channel)
    const id = store.addOpportunity({})
    await until(() => told.hints.length === 1)
    expect(told.hints).toEqual([id])
  })

  test('says that there is a gap when the stored place cannot be read', async () => {
    await begin()
    const { told, until } = follow('somewhere')
    await until(() => told.gaps.length === 1 && told.opened === 1)
  })

  test('says that there is a gap when there were more changes than events can tell', async () => {
    const { store } = await begin()
    const { told, until } = follow()
    await until(() => told.opened === 1)
    const ChangeEventHeader = {
      entityName: 'Opportunity',
      recordIds: ['000000000000000AAA'],
      changeType: 'GAP_OVERFLOW',
      transactionKey: 'k',
      sequenceNumber: 1,
    }
    store.publish(channel, { ChangeEventHeader })
    await until(() => told.gaps.length === 1)
    expect(told.hints).toEqual([null])
  })

  test('ends with what went wrong when an event could not be stored', async () => {
    const { store } = await begin()
    const { told, until, ended } = follow(null, [channel], async () => {
      throw new Error('the database is down')
    })
    await until(() => told.opened === 1)
    store.addOpportunity({})
    expect(await ended).toEqual(new Error('the database is down'))
  })

  test('says which channel is refused', async () => {
    await begin()
    const { ended } = follow(null, ['/data/NothingChangeEvent'])
    expect(problemOf(await ended)).toEqual({ kind: 'configuration_invalid', path: 'events' })
  })

  test('gives up when a fresh login is refused', async () => {
    await begin()
    simulator.fault({
      match: { path: '/cometd', body: 'handshake' },
      kind: 'status',
      status: 200,
      body: [
        {
          channel: '/meta/handshake',
          id: '1',
          successful: false,
          error: '403::Handshake denied',
          ext: { sfdc: { failureReason: '401::Authentication invalid' } },
          advice: { reconnect: 'none' },
        },
      ],
      times: 50,
    })
    const { ended } = follow()
    expect(problemOf(await ended)).toEqual({ kind: 'auth_rejected' })
    expect(simulator.calls()['POST /services/oauth2/token']).toBe(2)
  })

  test('ends as unavailable when the connection is lost', async () => {
    const { store } = await begin()
    const { told, until, ended } = follow()
    await until(() => told.opened === 1)
    simulator.fault({ match: { path: '/cometd' }, kind: 'refuse', times: 100 })
    store.dropStreams()
    store.addOpportunity({})
    expect(problemOf(await ended)).toEqual({ kind: 'unavailable' })
  })
})
