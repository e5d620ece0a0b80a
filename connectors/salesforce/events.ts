import { z } from 'zod'
import type { WebhookEvent } from '../../src/ports/connector.ts'
import { isId, longId } from './id.ts'

/** An event of a channel. */
export interface Message {
  readonly channel: string
  readonly replayId: number
  readonly payload: Payload
}

const changeHeader = z.looseObject({
  entityName: z.string(),
  recordIds: z.array(z.string()).max(10_000).default([]),
  changeType: z.string().default(''),
  transactionKey: z.string().default(''),
  sequenceNumber: z.number().default(0),
})
const payloadSchema = z.looseObject({ ChangeEventHeader: changeHeader.optional() })
type Payload = z.output<typeof payloadSchema>

/** What stands in an event besides its channel. */
export const eventSchema = z.looseObject({
  payload: payloadSchema,
  event: z.looseObject({ replayId: z.number().int() }),
})

/** More changes in one transaction than Salesforce makes events for: it names no records then. */
export const isOverflow = (payload: Payload): boolean => payload.ChangeEventHeader?.changeType === 'GAP_OVERFLOW'

/**
 * The records an event hints at. Whether a change event brings values or only says that there was a change (`GAP_UPDATE`
 * and the like) makes no difference, as records are read again anyway.
 */
export function eventsOf({ channel, replayId, payload }: Message): readonly WebhookEvent[] {
  const { ChangeEventHeader: header } = payload
  if (header === undefined) {
    // A platform event is what its admin made of it; these are the fields we ask for in docs/salesforce.md.
    const id = [payload.OpportunityId__c, payload.RecordId__c].find(
      (one) => typeof one === 'string' && isOpportunity(one),
    )
    return [
      { id: `${channel}:${replayId}`, hint: typeof id === 'string' ? { object: 'Opportunity', id: longId(id) } : null },
    ]
  }
  const { entityName, recordIds, transactionKey, sequenceNumber } = header
  // Replay ids may be given out again when Salesforce moves the org; a transaction's key is not.
  const name = transactionKey === '' ? `${channel}:${replayId}` : `${transactionKey}:${sequenceNumber}:${entityName}`
  const owner = payload.OpportunityId
  const hints =
    entityName !== 'Opportunity' && typeof owner === 'string' && isOpportunity(owner)
      ? [{ object: 'Opportunity', id: longId(owner) }]
      : isPart.has(entityName)
        ? []
        : recordIds.filter(isRecord).map((id) => ({ object: entityName, id: longId(id) }))
  if (hints.length === 0) return [{ id: name, hint: null }]
  return hints.map((hint) => ({ id: `${name}:${hint.id}`, hint }))
}

/** Records that are looked at as a part of their opportunity only. */
const isPart: ReadonlySet<string> = new Set(['OpportunityLineItem', 'OpportunityContactRole'])
// An overflow names the empty id.
const isRecord = (id: string): boolean => isId(id) && !/^0{15}/.test(id)
const isOpportunity = (id: string): boolean => isId(id) && id.startsWith('006')
