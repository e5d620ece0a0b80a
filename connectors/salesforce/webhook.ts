import { XMLParser } from 'fast-xml-parser'
import { z } from 'zod'
import type { WebhookEvent, WebhookRequest, WebhookVerdict } from '../../src/ports/connector.ts'
import { isId, longId, sameId } from './id.ts'

/** Salesforce sends up to 100 in a message; a kilobyte each is plenty for the fields an admin would choose. */
const bytesMax = 1_000_000

const id = z.string().refine(isId).transform(longId)
const messageSchema = z.object({
  Envelope: z.object({
    Body: z.object({
      notifications: z.object({
        OrganizationId: id,
        Notification: z.array(z.object({ Id: id, sObject: z.looseObject({ '@type': z.string(), Id: id }) })).max(100),
      }),
    }),
  }),
})

const acknowledgement = {
  contentType: 'text/xml; charset=utf-8',
  body:
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">' +
    '<soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>' +
    '</notificationsResponse></soapenv:Body></soapenv:Envelope>',
}

/**
 * Outbound messages: SOAP, up to 100 notifications each, repeated for a day until they are acknowledged. They are not
 * signed: what protects them is the secret in the address, and that a notification is only a hint at a record to read.
 * @param organizationId  of this connection, where the settings name it
 */
export function openReceiver(organizationId: string | null) {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    // Ids are all that is read; entities stay as they are, so none can be blown up.
    processEntities: false,
    isArray: (name) => name === 'Notification',
  })

  return (request: WebhookRequest, accountId: string | null): WebhookVerdict => {
    const refuse = (reason: string): WebhookVerdict => ({ accept: false, status: 400, reason })
    if (request.body.byteLength > bytesMax) return refuse('the message is larger than any outbound message')
    const text = Buffer.from(request.body).toString('utf8')
    if (/<!(DOCTYPE|ENTITY)/i.test(text)) return refuse('the message brings a document type, which none does')
    const message = messageSchema.safeParse(parse(parser, text))
    if (!message.success) return refuse('the body is not an outbound message of Salesforce')
    const { OrganizationId, Notification } = message.data.Envelope.Body.notifications
    const ours = organizationId ?? accountId
    if (ours === null) {
      return { accept: false, status: 503, reason: 'it is not known yet which org this connection is of' }
    }
    if (!sameId(OrganizationId, ours)) {
      return { accept: false, status: 401, reason: `the message is from another org, ${OrganizationId}` }
    }
    return { accept: true, events: Notification.map(understand), reply: acknowledgement }
  }
}

function parse(parser: XMLParser, text: string): unknown {
  try {
    return parser.parse(text, true)
  } catch {
    // Not XML: the caller answers 400.
    return null
  }
}

type Notification = z.output<typeof messageSchema>['Envelope']['Body']['notifications']['Notification'][number]

function understand({ Id, sObject }: Notification): WebhookEvent {
  // `sf:Opportunity`
  const object = sObject['@type'].split(':').at(-1) ?? ''
  const owner = sObject.OpportunityId
  // A product or a contact role that was edited is a change of its opportunity, when the message carries that.
  if (object !== 'Opportunity' && typeof owner === 'string' && isId(owner)) {
    return { id: Id, hint: { object: 'Opportunity', id: longId(owner) } }
  }
  const standsAlone = object !== 'OpportunityLineItem' && object !== 'OpportunityContactRole'
  return { id: Id, hint: standsAlone ? { object, id: sObject.Id } : null }
}
