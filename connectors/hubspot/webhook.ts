import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { toMillis } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { WebhookEvent, WebhookRequest, WebhookVerdict } from '../../src/ports/connector.ts'
import { objectTypeIds } from './schema.ts'
import type { Settings } from './settings.ts'

const ageMsMax = 5 * 60_000
const eventsMax = 1000

const id = z.union([z.string().regex(/^\d{1,20}$/), z.number().int().nonnegative()]).transform(String)
// Unknown fields and kinds of events are let in: HubSpot adds some without a new version.
const eventSchema = z.looseObject({
  eventId: id.optional(),
  subscriptionId: id.optional(),
  portalId: id,
  occurredAt: z.union([z.number(), z.string()]).transform(String).optional(),
  subscriptionType: z.string().default(''),
  objectTypeId: z.string().optional(),
  objectId: id.optional(),
  propertyName: z.string().optional(),
  fromObjectId: id.optional(),
  toObjectId: id.optional(),
  associationType: z.string().optional(),
  primaryObjectId: id.optional(),
  newObjectId: id.optional(),
  mergedObjectIds: z.array(id).max(1000).optional(),
})
type Event = z.output<typeof eventSchema>

interface Knowledge {
  /** Whether a deal's property is one that we show there, see echo.ts: events of it tell of our own write-back. */
  readonly isShown: (property: string) => boolean
}

export function openReceiver(settings: Settings, clock: Clock, knowledge: Knowledge) {
  const secret = settings.webhookSecret ?? settings.clientSecret
  if (secret === undefined) return null

  return (request: WebhookRequest, accountId: string | null): WebhookVerdict => {
    const flaw = flawOf(request, secret, settings.oldWebhookSignatures, toMillis(clock.now()))
    if (flaw !== null) return { accept: false, status: 401, reason: flaw }
    const events = read(request.body)
    const portalId = settings.portalId ?? accountId
    if (events === null) return { accept: false, status: 400, reason: 'the body is not a list of HubSpot events' }
    return { accept: true, events: events.flatMap((event) => understand(event, portalId, knowledge)) }
  }
}

/** What is wrong with a signature; null when it is right. */
function flawOf(request: WebhookRequest, secret: string, old: boolean, now: number): string | null {
  const { method, url, headers, body } = request
  const signature = headers['x-hubspot-signature-v3']
  if (signature !== undefined) {
    const timestamp = headers['x-hubspot-request-timestamp'] ?? ''
    if (!/^\d{1,15}$/.test(timestamp)) return 'no timestamp beside the signature'
    // Both ways: one from the future could be sent again for as long as it is ahead.
    if (Math.abs(now - Number(timestamp)) > ageMsMax) return 'the signature is older or newer than 5 minutes'
    const text = createHmac('sha256', secret)
      .update(`${method}${decodeUri(url)}`)
      .update(body)
      .update(timestamp)
    return equal(text.digest('base64'), signature) ? null : 'the signature of version 3 does not match'
  }
  const older = headers['x-hubspot-signature']
  if (older === undefined) return 'no signature'
  if (!old) return 'only a signature of version 1 or 2, which the settings do not accept'
  const version = headers['x-hubspot-signature-version'] ?? 'v1'
  const prefix = version === 'v1' ? secret : version === 'v2' ? `${secret}${method}${url}` : null
  if (prefix === null) return 'a signature of an unknown version'
  const hash = createHash('sha256').update(prefix).update(body).digest('hex')
  return equal(hash, older) ? null : `the signature of version ${version.slice(1)} does not match`
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

const decoded: Readonly<Record<string, string>> = {
  '%3A': ':',
  '%2F': '/',
  '%3F': '?',
  '%40': '@',
  '%21': '!',
  '%24': '$',
  '%27': "'",
  '%28': '(',
  '%29': ')',
  '%2A': '*',
  '%2C': ',',
  '%3B': ';',
}
/** HubSpot signs the address with these, and only these, sequences decoded. */
const decodeUri = (url: string): string =>
  url.replace(/%[0-9A-Fa-f]{2}/g, (sequence) => decoded[sequence.toUpperCase()] ?? sequence)

function read(body: Uint8Array): readonly Event[] | null {
  try {
    const events = z
      .array(eventSchema)
      .max(eventsMax)
      .safeParse(JSON.parse(Buffer.from(body).toString('utf8')))
    return events.success ? events.data : null
  } catch {
    // Not JSON: the caller answers 400.
    return null
  }
}

const objects: Readonly<Record<string, string>> = {
  deal: 'deals',
  line_item: 'line_items',
  company: 'companies',
  contact: 'contacts',
  product: 'products',
}
const objectOfType = new Map(Object.entries(objectTypeIds).map(([object, type]) => [type, object]))

/** One event for each record it concerns; one without a hint when it concerns none of ours. */
function understand(event: Event, portalId: string | null, knowledge: Knowledge): readonly WebhookEvent[] {
  // `attemptNumber` alone differs in a redelivery, and `eventId` alone is not promised to be unique.
  const { portalId: portal, subscriptionId, eventId, objectId, propertyName, occurredAt } = event
  const name = [portal, subscriptionId, eventId, objectId, propertyName, occurredAt].map((part) => part ?? '').join(':')
  const foreign = portalId !== null && portal !== portalId
  const hints = foreign ? [] : hintsOf(event)
  const shown = event.subscriptionType.endsWith('.propertyChange') && knowledge.isShown(propertyName ?? '')
  const used = hints.filter(({ object }) => !(shown && object === 'deals'))
  if (used.length === 0) return [{ id: name, hint: null }]
  return used.map((hint, n) => ({ id: n === 0 ? name : `${name}:${hint.id}`, hint }))
}

function hintsOf(event: Event): readonly { object: string; id: string }[] {
  const [kind = '', verb = ''] = event.subscriptionType.split('.')
  const object = kind === 'object' ? objectOfType.get(event.objectTypeId ?? '') : objects[kind]
  if (verb === 'associationChange') {
    // A line added to or taken off a deal is a change of the deal, from whichever end it is reported.
    const [from, to] = (event.associationType ?? '').split('_TO_')
    if (from === 'DEAL' && event.fromObjectId !== undefined) return [{ object: 'deals', id: event.fromObjectId }]
    if (to === 'DEAL' && event.toObjectId !== undefined) return [{ object: 'deals', id: event.toObjectId }]
    const end = event.fromObjectId ?? event.objectId
    return object === 'deals' && end !== undefined ? [{ object, id: end }] : []
  }
  // A line item does not tell its deal; the search for edited lines finds it.
  if (object === undefined || object === 'line_items') return []
  const survivor = event.primaryObjectId ?? event.newObjectId ?? event.objectId
  const ids = verb === 'merge' ? [survivor, event.newObjectId, ...(event.mergedObjectIds ?? [])] : [event.objectId]
  return [...new Set(ids.filter((one) => one !== undefined))].map((one) => ({ object, id: one }))
}
