import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Signature } from '@hubspot/api-client'
import { describe, expect, test } from '@jest/globals'
import { fromMillis, type Instant } from '../../src/core/time.ts'
import type { WebhookRequest, WebhookVerdict } from '../../src/ports/connector.ts'
import { settings } from './settings.ts'
import { startHubspotSimulator } from './simulator/index.ts'
import { openReceiver } from './webhook.ts'

const secret = 'sek'
const at = 1_795_000_000_000
const url = 'https://x.test/hook'
const bytes = (text: string) => new TextEncoder().encode(text)

function receiver(options: { now?: number; portalId?: string | null; old?: boolean } = {}) {
  const given = settings.parse({ accessToken: 'a', webhookSecret: secret, oldWebhookSignatures: options.old ?? false })
  const clock = { now: () => fromMillis(options.now ?? at) as Instant, sleep: async () => {} }
  const knowledge = { isShown: (name: string) => name === 'erp_order_no' }
  const receive = openReceiver(given, clock, knowledge)
  if (receive === null) throw new Error('no receiver')
  return (request: WebhookRequest) => receive(request, options.portalId ?? null)
}
function signed(body: string, change: Partial<WebhookRequest> = {}): WebhookRequest {
  const target = change.url ?? url
  // The official client signs as HubSpot does, except that it leaves the address as it is.
  const signature = Signature.getSignature('POST', 'v3', {
    signature: '',
    clientSecret: secret,
    requestBody: body,
    url: target,
    timestamp: at,
  })
  const headers = { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': String(at) }
  return { method: 'POST', url: target, headers, body: bytes(body), ...change }
}
const eventsOf = (verdict: WebhookVerdict) => (verdict.accept ? verdict.events : [])
const one = (fields: object) =>
  signed(
    JSON.stringify([{ eventId: 7, subscriptionId: 25, portalId: 4711, occurredAt: at, attemptNumber: 0, ...fields }]),
  )
const hintsOf = (fields: object) => eventsOf(receiver()(one(fields))).map((event) => event.hint)

test('takes no hint from a property of a deal that only shows what we wrote there', () => {
  const change = { subscriptionType: 'deal.propertyChange', objectId: 901 }
  expect(hintsOf({ ...change, propertyName: 'erp_order_no' })).toEqual([null])
  expect(hintsOf({ ...change, propertyName: 'amount' })).toEqual([{ object: 'deals', id: '901' }])
  const company = { subscriptionType: 'company.propertyChange', objectId: 901, propertyName: 'erp_order_no' }
  expect(hintsOf(company)).toEqual([{ object: 'companies', id: '901' }])
})

describe('signature', () => {
  test('accepts a known one of version 3', () => {
    const headers = {
      'x-hubspot-signature-v3': 'INEpIwEfUK3Ql4mxwqOCD4Zg7HVQQUHzJYe0/K2GiFM=',
      'x-hubspot-request-timestamp': '1795000000000',
    }
    const request = { method: 'POST', url: 'https://x.test/hook?a=b c', headers, body: bytes('[{"eventId":1}]') }
    // The event lacks an account, so the body is refused only after the signature was found right.
    expect(receiver()(request)).toMatchObject({ accept: false, status: 400 })
  })

  test('decodes the sequences that HubSpot decodes, and no others', () => {
    const request = signed('[]', { url: 'https://x.test/a:b/%20c' })
    expect(receiver()({ ...request, url: 'https://x.test/a%3Ab%2f%20c' })).toEqual({ accept: true, events: [] })
  })

  test.each<[string, (request: WebhookRequest) => WebhookRequest, number]>([
    ['a changed body', (request) => ({ ...request, body: bytes('[ ]') }), at],
    ['another address', (request) => ({ ...request, url: `${url}/other` }), at],
    ['another method', (request) => ({ ...request, method: 'PUT' }), at],
    ['no signature', (request) => ({ ...request, headers: {} }), at],
    [
      'no timestamp',
      ({ headers, ...request }) => ({
        ...request,
        headers: { 'x-hubspot-signature-v3': headers['x-hubspot-signature-v3'] ?? '' },
      }),
      at,
    ],
    [
      'a signature of another length',
      (request) => ({ ...request, headers: { ...request.headers, 'x-hubspot-signature-v3': 'x' } }),
      at,
    ],
    ['one older than five minutes', (request) => request, at + 300_001],
    ['one from the future', (request) => request, at - 300_001],
  ])('refuses %s', (_, change, now) => {
    expect(receiver({ now })(change(signed('[]')))).toMatchObject({ accept: false, status: 401 })
  })

  const version1 = { 'x-hubspot-signature': 'a8c9e997fa028e59ee16ed4283d35a0657ffe9caf3158b28519c67067b205728' }
  const version2 = {
    'x-hubspot-signature': createHash('sha256').update(`${secret}POST${url}[]`).digest('hex'),
    'x-hubspot-signature-version': 'v2',
  }
  test.each([
    ['1', version1],
    ['2', version2],
  ])('accepts version %s only when the settings say so', (_, headers) => {
    const request = { method: 'POST', url, headers, body: bytes('[]') }
    expect(receiver()(request)).toMatchObject({ accept: false, status: 401 })
    expect(receiver({ old: true })(request)).toEqual({ accept: true, events: [] })
    expect(receiver({ old: true })({ ...request, body: bytes('[1]') })).toMatchObject({ accept: false, status: 401 })
  })
})

describe('events', () => {
  test.each([
    ['not json'],
    ['{}'],
    ['[{"eventId":1}]'],
    ['[{"portalId":"x"}]'],
    [JSON.stringify(Array(1001).fill({ portalId: 1 }))],
  ])('answers 400 to the body %.20s', (body) => {
    expect(receiver()(signed(body))).toMatchObject({ accept: false, status: 400 })
  })

  test.each<[string, object, readonly (object | null)[]]>([
    ['a new deal', { subscriptionType: 'deal.creation', objectId: 9 }, [{ object: 'deals', id: '9' }]],
    [
      'a changed property',
      { subscriptionType: 'deal.propertyChange', objectId: 9, propertyName: 'x' },
      [{ object: 'deals', id: '9' }],
    ],
    ['a restored deal', { subscriptionType: 'deal.restore', objectId: 9 }, [{ object: 'deals', id: '9' }]],
    ['a deleted deal', { subscriptionType: 'deal.deletion', objectId: 9 }, [{ object: 'deals', id: '9' }]],
    [
      'the newer kind',
      { subscriptionType: 'object.propertyChange', objectTypeId: '0-3', objectId: 9 },
      [{ object: 'deals', id: '9' }],
    ],
    ['an object we do not know', { subscriptionType: 'object.creation', objectTypeId: '2-55', objectId: 9 }, [null]],
    ['a kind we do not know', { subscriptionType: 'conversation.newMessage', objectId: 9 }, [null]],
    ['an edited line', { subscriptionType: 'line_item.propertyChange', objectId: 5 }, [null]],
    [
      'a line put on a deal',
      {
        subscriptionType: 'line_item.associationChange',
        associationType: 'LINE_ITEM_TO_DEAL',
        fromObjectId: 5,
        toObjectId: 9,
      },
      [{ object: 'deals', id: '9' }],
    ],
    [
      'a company put on a deal',
      {
        subscriptionType: 'deal.associationChange',
        associationType: 'DEAL_TO_COMPANY',
        fromObjectId: 9,
        toObjectId: 3,
      },
      [{ object: 'deals', id: '9' }],
    ],
    [
      'a merge',
      { subscriptionType: 'deal.merge', objectId: 9, primaryObjectId: 9, newObjectId: 9, mergedObjectIds: [8] },
      [
        { object: 'deals', id: '9' },
        { object: 'deals', id: '8' },
      ],
    ],
    ['a company', { subscriptionType: 'company.propertyChange', objectId: 3 }, [{ object: 'companies', id: '3' }]],
  ])('understands %s', (_, fields, hints) => {
    expect(hintsOf(fields)).toEqual(hints)
  })

  test('ignores another account', () => {
    const request = one({ subscriptionType: 'deal.creation', objectId: 9 })
    expect(eventsOf(receiver({ portalId: '1' })(request)).map((event) => event.hint)).toEqual([null])
    expect(eventsOf(receiver({ portalId: '4711' })(request)).map((event) => event.hint)).toEqual([
      { object: 'deals', id: '9' },
    ])
  })

  test('gives a redelivery the id of the first delivery, and another event another', () => {
    const event = { subscriptionType: 'deal.propertyChange', objectId: 9, propertyName: 'amount' }
    const ids = [
      event,
      { ...event, attemptNumber: 3 },
      { ...event, propertyName: 'dealstage' },
      { ...event, objectId: 10 },
    ].map((fields) => eventsOf(receiver()(one(fields)))[0]?.id)
    expect(ids[1]).toBe(ids[0])
    expect(new Set(ids).size).toBe(3)
  })

  test('understands what the simulator sends, twice and in any order', async () => {
    const verdicts: WebhookVerdict[] = []
    const server = createServer(async (message, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of message) chunks.push(chunk as Buffer)
      const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]))
      const request = { method: 'POST', url: target, headers, body: Buffer.concat(chunks) }
      verdicts.push(receiver({ portalId: '4711' })(request))
      response.writeHead(204).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
    const simulator = await startHubspotSimulator({ now: () => at })
    simulator.store.sendWebhooks({ url: target, clientSecret: secret, copies: 2, reversed: true })
    const id = simulator.store.addDeal({ stage: 'contractsent' })
    simulator.store.updateDeal(id, { dealstage: 'closedwon' })
    expect(await simulator.store.flushWebhooks()).toEqual([204, 204])
    await simulator.store.redeliverWebhooks()
    const events = verdicts.flatMap(eventsOf)
    expect(verdicts.every((verdict) => verdict.accept)).toBe(true)
    expect(new Set(events.map((event) => event.hint?.id))).toEqual(new Set([id]))
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length / 4)
    await simulator.close()
    await new Promise((resolve) => server.close(resolve))
  })
})
