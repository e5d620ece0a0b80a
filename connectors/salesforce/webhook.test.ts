import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { XMLParser } from 'fast-xml-parser'
import type { WebhookRequest, WebhookVerdict } from '../../src/ports/connector.ts'
import { startSalesforceSimulator } from './simulator/index.ts'
import { openReceiver } from './webhook.ts'

const organization = '00D5g000000abcdEAA'
const receive = (body: string, known: string | null = organization): WebhookVerdict => {
  const request: WebhookRequest = { method: 'POST', url: 'https://x.test/hook', headers: {}, body: Buffer.from(body) }
  return openReceiver(null)(request, known)
}
const notification = (id: string, object: string, fields: Readonly<Record<string, string>>) =>
  `<Notification><Id>${id}</Id><sObject xsi:type="sf:${object}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">${Object.entries(
    fields,
  )
    .map(([name, value]) => `<sf:${name}>${value}</sf:${name}>`)
    .join('')}</sObject></Notification>`
const message = (notifications: string, org = organization) =>
  `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>${org}</OrganizationId>
   <ActionId>04k5g000000CaRkAAK</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://acme.my.salesforce.com/services/Soap/c/67.0/00D5g000000abcd</EnterpriseUrl>
   <PartnerUrl>https://acme.my.salesforce.com/services/Soap/u/67.0/00D5g000000abcd</PartnerUrl>
   ${notifications}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>`
const eventsOf = (verdict: WebhookVerdict) => (verdict.accept ? verdict.events : null)
const first = '04l5g00000Gx7QzAAJ'

describe('an outbound message', () => {
  test('hints at an opportunity, and at each of several', () => {
    const body = message(
      notification(first, 'Opportunity', { Id: '0065g00000AbCdEAAV', Name: 'Acme &amp; Sons &lt;3' }) +
        notification('04l5g00000Gx7R0AAJ', 'Opportunity', { Id: '0065g00000AbCdFAAV' }),
    )
    expect(eventsOf(receive(body))).toEqual([
      { id: first, hint: { object: 'Opportunity', id: '0065g00000AbCdEAAV' } },
      { id: '04l5g00000Gx7R0AAJ', hint: { object: 'Opportunity', id: '0065g00000AbCdFAAV' } },
    ])
  })

  test('is acknowledged in the words that Salesforce waits for', () => {
    const verdict = receive(message(notification(first, 'Opportunity', { Id: '0065g00000AbCdEAAV' })))
    const reply = verdict.accept ? verdict.reply : undefined
    expect(reply?.contentType).toMatch(/^text\/xml/)
    const { Envelope } = new XMLParser({ removeNSPrefix: true }).parse(reply?.body ?? '')
    expect(Envelope.Body.notificationsResponse.Ack).toBe(true)
  })

  test('gives short ids their 18 characters', () => {
    const body = message(notification('04l5g00000Gx7Qz', 'Opportunity', { Id: '0065g00000AbCdE' }), '00D5g000000abcd')
    expect(eventsOf(receive(body))).toEqual([
      {
        id: expect.stringMatching(/^04l5g00000Gx7Qz\w{3}$/),
        hint: { object: 'Opportunity', id: expect.stringMatching(/^0065g00000AbCdE\w{3}$/) },
      },
    ])
  })

  test.each<[string, string, Readonly<Record<string, string>>, object | null]>([
    [
      'a product that was edited, at its opportunity',
      'OpportunityLineItem',
      { Id: '00k5g00000DeskXAA1', OpportunityId: '0065g00000AbCdEAAV' },
      { object: 'Opportunity', id: '0065g00000AbCdEAAV' },
    ],
    ['a product without its opportunity, at nothing', 'OpportunityLineItem', { Id: '00k5g00000DeskXAA1' }, null],
    ['an account', 'Account', { Id: '0015g00000AcmeXAAR' }, { object: 'Account', id: '0015g00000AcmeXAAR' }],
  ])('hints at %s', (_, object, fields, hint) => {
    expect(eventsOf(receive(message(notification(first, object, fields))))).toEqual([{ id: first, hint }])
  })

  test('has the same events when it is repeated', () => {
    const body = message(notification(first, 'Opportunity', { Id: '0065g00000AbCdEAAV' }))
    expect(eventsOf(receive(body))).toEqual(eventsOf(receive(body)))
  })

  test('is refused when it comes from another org, however its id is written', () => {
    const body = message(notification(first, 'Opportunity', { Id: '0065g00000AbCdEAAV' }), '00D5g000000ABCDEAA')
    expect(receive(body)).toMatchObject({ accept: false, status: 401, reason: expect.stringContaining('another org') })
    expect(receive(body, '00D5g000000ABCD')).toMatchObject({ accept: true })
  })

  test('is to be sent again while it is not known yet which org this is', () => {
    const body = message(notification(first, 'Opportunity', { Id: '0065g00000AbCdEAAV' }))
    expect(receive(body, null)).toMatchObject({ accept: false, status: 503 })
  })

  test('is judged by the org of the settings, where they name one', () => {
    const body = Buffer.from(message(notification(first, 'Opportunity', { Id: '0065g00000AbCdEAAV' })))
    const request: WebhookRequest = { method: 'POST', url: 'https://x.test/hook', headers: {}, body }
    expect(openReceiver(organization)(request, null)).toMatchObject({ accept: true })
    expect(openReceiver('00D5g000000ABCD')(request, organization)).toMatchObject({ accept: false, status: 401 })
  })

  test.each([
    ['no XML', 'hello'],
    ['JSON', '{"a":1}'],
    ['half a message', message(notification(first, 'Opportunity', { Id: '0065g00000AbCdEAAV' })).slice(0, -40)],
    ['another envelope', '<a><b/></a>'],
    ['no notification', message('')],
    ['an id that is none', message(notification(first, 'Opportunity', { Id: 'x' }))],
    [
      'a document type',
      message(notification(first, 'Opportunity', { Id: '0065g00000AbCdEAAV' })).replace(
        '?>',
        '?><!DOCTYPE x [<!ENTITY a "aaaa">]>',
      ),
    ],
    [
      'more than a message holds',
      message(notification(first, 'Opportunity', { Id: '0065g00000AbCdEAAV' }).repeat(101)),
    ],
    ['too much', ' '.repeat(1_000_001)],
  ])('is refused when it is %s', (_, body) => {
    expect(receive(body)).toMatchObject({ accept: false, status: 400 })
  })
})

test('understands what the simulator sends, twice and in any order, and is heard', async () => {
  const simulator = await startSalesforceSimulator()
  const known = String(simulator.settings.organizationId)
  const verdicts: WebhookVerdict[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const verdict = receive(Buffer.concat(chunks).toString('utf8'), known)
    verdicts.push(verdict)
    const reply = verdict.accept ? verdict.reply : undefined
    response.writeHead(200, { 'content-type': reply?.contentType ?? 'text/plain' }).end(reply?.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { store } = simulator
  store.sendWebhooks({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    copies: 2,
    reversed: true,
  })
  const ids = ['A', 'B & C'].map((name) => store.addOpportunity({ name }))
  await store.flushWebhooks()
  await store.redeliverWebhooks()
  const events = verdicts.flatMap((verdict) => eventsOf(verdict) ?? [])
  expect(verdicts.every((verdict) => verdict.accept)).toBe(true)
  expect(new Set(events.map((event) => event.hint?.id))).toEqual(new Set(ids))
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length / 4)
  expect(store.unacknowledged()).toBe(0)
  await simulator.close()
  await new Promise((resolve) => server.close(resolve))
})
