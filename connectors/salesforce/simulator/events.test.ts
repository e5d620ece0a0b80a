import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { XMLParser } from 'fast-xml-parser'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { SalesforceSimulatorOptions } from './index.ts'
import { closeAll, line, start } from './rig.ts'

const servers: Server[] = []
afterEach(async () => {
  await closeAll()
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

const changes = '/data/OpportunityChangeEvent'

/** A client of CometD that does as it is told. */
async function streaming(options: SalesforceSimulatorOptions = {}) {
  const org = await start({ platformEvents: ['Order_Event__e'], ...options })
  async function send(messages: Json, authorization = `OAuth ${org.token}`) {
    const reply = await fetch(`${org.sf.url}/cometd/67.0`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(messages),
    })
    return { status: reply.status, messages: (await reply.json()) as JsonObject[] }
  }
  const shake = (authorization?: string) =>
    send(
      [{ channel: '/meta/handshake', version: '1.0', supportedConnectionTypes: ['long-polling'], id: '1' }],
      authorization,
    )
  async function client(channel = changes, replay?: number) {
    const { messages } = await shake()
    const clientId = String(messages[0]?.clientId)
    const connect = async () =>
      (await send([{ channel: '/meta/connect', clientId, connectionType: 'long-polling', id: '2' }])).messages
    const first = await connect()
    const subscribe = async (from: number | undefined, to = channel) => {
      const ext = from === undefined ? {} : { ext: { replay: { [to]: from } } }
      return (await send([{ channel: '/meta/subscribe', clientId, subscription: to, id: '3', ...ext }])).messages[0]
    }
    const subscribed = await subscribe(replay)
    return { clientId, connect, first, subscribe, subscribed }
  }
  return { ...org, send, shake, client }
}
const eventsOf = (messages: readonly JsonObject[]) =>
  messages.flatMap(({ data }) =>
    data === undefined ? [] : [data as unknown as { payload: JsonObject; event: { replayId: number } }],
  )

describe('the streaming server', () => {
  test('shakes hands, connects at once the first time, and subscribes', async () => {
    const { client } = await streaming({ connectTimeoutMs: 1000 })
    const { clientId, first, subscribed } = await client()
    expect(first).toEqual([
      {
        clientId,
        channel: '/meta/connect',
        id: '2',
        successful: true,
        advice: { interval: 0, timeout: 1000, reconnect: 'retry' },
      },
    ])
    expect(subscribed).toEqual({
      clientId,
      channel: '/meta/subscribe',
      id: '3',
      subscription: changes,
      successful: true,
    })
  })

  test('holds a connect until something happens', async () => {
    const { client, store, send } = await streaming()
    const { connect, clientId } = await client()
    const waiting = connect()
    await send([{ channel: '/meta/unsubscribe', clientId, subscription: '/event/Order_Event__e' }])
    const deal = store.addOpportunity({ name: 'Won', fields: { Amount: '5' } })
    const messages = await waiting
    expect(messages.at(-1)).toEqual({ clientId, channel: '/meta/connect', id: '2', successful: true })
    expect(messages[0]).toMatchObject({
      channel: changes,
      data: {
        schema: expect.any(String),
        event: { replayId: expect.any(Number) },
        payload: {
          Name: 'Won',
          StageName: 'Closed Won',
          Amount: 5,
          ChangeEventHeader: {
            entityName: 'Opportunity',
            recordIds: [deal],
            changeType: 'CREATE',
            changedFields: [],
            commitTimestamp: Date.parse('2026-03-01T08:00:00Z'),
            transactionKey: expect.any(String),
            sequenceNumber: 1,
          },
        },
      },
    })
  })

  test('lets a connect go when nothing happens', async () => {
    const { client } = await streaming({ connectTimeoutMs: 20 })
    const { connect, clientId } = await client()
    expect(await connect()).toEqual([{ clientId, channel: '/meta/connect', id: '2', successful: true }])
  })

  test('tells what changed, in one event for records that changed alike', async () => {
    const { client, store, update } = await streaming()
    const deals = [store.addOpportunity({}), store.addOpportunity({}), store.addOpportunity({})]
    const { connect } = await client()
    await update(deals.map((id, n) => ({ id, NextStep: n === 2 ? 'other' : 'same' })))
    store.addLine(deals[0] ?? '', line('A', '1', '7'))
    store.addLine(deals[0] ?? '', line('A', '1', '0'))
    store.delete('Opportunity', deals[1] ?? '')
    store.undelete('Opportunity', deals[1] ?? '')
    const headers = eventsOf(await connect()).map(({ payload }) => payload.ChangeEventHeader as JsonObject)
    expect(headers.map(({ changeType, recordIds, changedFields }) => [changeType, recordIds, changedFields])).toEqual([
      ['UPDATE', deals.slice(0, 2), ['NextStep', 'LastModifiedDate']],
      ['UPDATE', [deals[2]], ['NextStep', 'LastModifiedDate']],
      ['UPDATE', [deals[0]], expect.arrayContaining(['Amount', 'Pricebook2Id'])],
      ['DELETE', [deals[1]], []],
      ['UNDELETE', [deals[1]], []],
    ])
  })

  test('replays what it keeps, from any place that it knows', async () => {
    const { client, store, pass } = await streaming()
    const names = async (replay: number | undefined) => {
      const { connect, subscribed } = await client(changes, replay)
      if (subscribed?.successful !== true) return subscribed?.error
      store.publish('/event/Order_Event__e', {})
      store.addOpportunity({ name: 'new' })
      return eventsOf(await connect()).map(({ payload }) => payload.Name)
    }
    store.addOpportunity({ name: 'a' })
    const { connect } = await client(changes, -2)
    store.addOpportunity({ name: 'b' })
    const [first] = eventsOf(await connect())
    const place = first?.event.replayId ?? 0
    expect(await names(-2)).toEqual(['a', 'b', 'new'])
    expect(await names(place)).toEqual(['b', 'new', 'new'])
    expect(await names(-1)).toEqual(['new'])
    expect(await names(undefined)).toEqual(['new'])
    expect(await names(place + 100_000)).toBe(
      `400::The replayId {${place + 100_000}} you provided was invalid.  Please provide a valid ID, -2 to replay all ` +
        'events, or -1 to replay only new events.',
    )
    pass(73 * 3_600_000)
    expect(await names(place)).toMatch(/^400::The replayId/)
    expect(await names(-2)).toEqual(['new'])
    store.forgetEvents()
    expect(await names(-2)).toEqual(['new'])
  })

  test('delivers platform events, and no events of other channels', async () => {
    const { client, store } = await streaming()
    const { connect, subscribe } = await client('/event/Order_Event__e')
    store.addOpportunity({})
    store.publish('/event/Order_Event__e', { Number__c: 'S1' })
    expect(eventsOf(await connect()).map(({ payload }) => payload)).toEqual([{ Number__c: 'S1' }])
    expect(await subscribe(-1, '/event/Nothing__e')).toMatchObject({
      successful: false,
      error: '400::The channel you requested to subscribe to does not exist {/event/Nothing__e}',
    })
  })

  test('refuses bad tokens with 401, and tells a client that waits when its token expires', async () => {
    const { shake, client, store, send } = await streaming()
    expect(await shake('OAuth nobody')).toMatchObject({
      status: 401,
      messages: [
        {
          channel: '/meta/handshake',
          error: '403::Handshake denied',
          successful: false,
          advice: { reconnect: 'none' },
          ext: { sfdc: { failureReason: '401::Authentication invalid' } },
        },
      ],
    })
    const { connect, clientId } = await client()
    const waiting = connect()
    // Sent after the connect, so that this has arrived when it is answered.
    await send([{ channel: '/meta/unsubscribe', clientId, subscription: '/event/Order_Event__e' }])
    store.expireTokens()
    const expired = {
      channel: '/meta/connect',
      error: '401::Authentication invalid',
      advice: { reconnect: 'none', interval: 0 },
    }
    expect(await waiting).toMatchObject([expired])
    expect(await send([{ channel: '/meta/connect', clientId }])).toMatchObject({ status: 401, messages: [expired] })
  })

  test('wants a new handshake of a client that it has forgotten or that was away too long', async () => {
    const { client, store, pass } = await streaming()
    const unknown = { error: '403::Unknown client', advice: { interval: 0, reconnect: 'handshake' }, successful: false }
    const forgotten = await client()
    store.dropStreams()
    expect(await forgotten.connect()).toMatchObject([unknown])
    const away = await client()
    pass(151_000)
    expect(await away.connect()).toMatchObject([unknown])
  })

  test('answers 400 to a client that would rather have a WebSocket', async () => {
    const { sf } = await start()
    expect((await fetch(`${sf.url}/cometd/67.0`)).status).toBe(400)
  })
})

interface Delivery {
  readonly OrganizationId: string
  readonly ActionId: string
  readonly Notification: readonly {
    readonly Id: string
    readonly sObject: { readonly Id: string; readonly Name?: string }
  }[]
}
const ack = (value: boolean): string =>
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><notificationsResponse ' +
  `xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>${value}</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>`

describe('outbound messages', () => {
  /** A listener that answers as `reply` says. */
  async function listening(reply: () => { readonly status: number; readonly body: string }) {
    const received: Delivery[] = []
    const parser = new XMLParser({
      removeNSPrefix: true,
      isArray: (name) => name === 'Notification',
      parseTagValue: false,
    })
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { Envelope } = parser.parse(Buffer.concat(chunks)) as { Envelope: { Body: { notifications: Delivery } } }
        received.push(Envelope.Body.notifications)
        const { status, body } = reply()
        response.writeHead(status, { 'content-type': 'text/xml' }).end(body)
      })
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks` }
  }

  test('carry the organisation and the changed opportunities, at most 100 in one', async () => {
    const { sf, store } = await start()
    const { received, url } = await listening(() => ({ status: 200, body: ack(true) }))
    sf.sendWebhooks(url)
    const deals = Array.from({ length: 120 }, (_, n) => store.addOpportunity({ name: `<Deal> & ${n}` }))
    expect(await store.flushWebhooks()).toEqual([200, 200])
    expect(received.map(({ Notification }) => Notification.length)).toEqual([100, 20])
    expect(received[0]).toMatchObject({
      OrganizationId: sf.settings.organizationId,
      ActionId: expect.stringMatching(/^04k/),
    })
    const all = received.flatMap(({ Notification }) => Notification)
    expect(all.map(({ sObject }) => sObject.Id)).toEqual(deals)
    expect(all[0]?.sObject.Name).toBe('<Deal> & 0')
    expect(new Set(all.map(({ Id }) => Id)).size).toBe(120)
    expect(store.unacknowledged()).toBe(0)
  })

  test.each([
    ['another status', { status: 500, body: ack(true) }],
    ['an Ack that is false', { status: 200, body: ack(false) }],
    ['an empty answer', { status: 200, body: '' }],
  ])('come again after %s', async (_, refusal) => {
    const { store } = await start()
    let answer = refusal
    const { received, url } = await listening(() => answer)
    store.sendWebhooks({ url })
    const deal = store.addOpportunity({ name: 'early' })
    expect(await store.flushWebhooks()).toEqual([refusal.status])
    expect(store.unacknowledged()).toBe(1)
    store.update('Opportunity', deal, { Name: 'late' })
    answer = { status: 200, body: ack(true) }
    expect(await store.flushWebhooks()).toEqual([refusal.status, 200])
    // The same notification as before, with the values of now, beside the one of the second change.
    expect(received[1]?.Notification[0]?.Id).toBe(received[0]?.Notification[0]?.Id)
    expect(received[1]?.Notification.map(({ sObject }) => sObject.Name)).toEqual(['late', 'late'])
    expect(store.unacknowledged()).toBe(0)
  })

  test('may come twice and out of order', async () => {
    const { store } = await start()
    const { received, url } = await listening(() => ({ status: 200, body: ack(true) }))
    store.sendWebhooks({ url, copies: 2, reversed: true, fields: [] })
    const deals = [store.addOpportunity({}), store.addOpportunity({})]
    await store.flushWebhooks()
    const order = received.map(({ Notification }) => Notification.map(({ sObject }) => sObject.Id))
    expect(order).toEqual([deals.toReversed(), deals.toReversed()])
    expect(await store.redeliverWebhooks()).toEqual([200, 200])
  })
})
