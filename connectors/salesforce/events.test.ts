import { describe, expect, test } from '@jest/globals'
import { eventsOf, isOverflow } from './events.ts'

const channel = '/data/OpportunityChangeEvent'
const change = (header: object, fields: object = {}) => ({
  channel,
  replayId: 42,
  payload: {
    ChangeEventHeader: {
      entityName: 'Opportunity',
      recordIds: ['0065g00000AbCdEAAV'],
      changeType: 'UPDATE',
      transactionKey: 'key',
      sequenceNumber: 1,
      ...header,
    },
    ...fields,
  },
})
const hintsOf = (message: Parameters<typeof eventsOf>[0]) => eventsOf(message).map((event) => event.hint)

describe('a change event', () => {
  test('hints at every record it names', () => {
    const events = eventsOf(change({ recordIds: ['0065g00000AbCdEAAV', '0065g00000AbCdFAAV'] }))
    expect(events.map((event) => event.hint)).toEqual([
      { object: 'Opportunity', id: '0065g00000AbCdEAAV' },
      { object: 'Opportunity', id: '0065g00000AbCdFAAV' },
    ])
    expect(new Set(events.map((event) => event.id)).size).toBe(2)
  })

  test('hints at its records when it says only that something changed', () => {
    expect(hintsOf(change({ changeType: 'GAP_UPDATE' }))).toEqual([{ object: 'Opportunity', id: '0065g00000AbCdEAAV' }])
  })

  test('names no record when there were too many changes', () => {
    const overflow = change({ changeType: 'GAP_OVERFLOW', recordIds: ['000000000000000AAA'] })
    expect(isOverflow(overflow.payload)).toBe(true)
    expect(hintsOf(overflow)).toEqual([null])
    expect(isOverflow(change({}).payload)).toBe(false)
  })

  test.each([
    [{ OpportunityId: '0065g00000AbCdEAAV' }, { object: 'Opportunity', id: '0065g00000AbCdEAAV' }],
    [{}, null],
  ])('of a product with %p hints at %p', (fields, hint) => {
    const message = change({ entityName: 'OpportunityLineItem', recordIds: ['00k5g00000DeskXAA1'] }, fields)
    expect(hintsOf(message)).toEqual([hint])
  })

  test('has the same id when it is sent again under another replay id', () => {
    const [once, again] = [change({}), { ...change({}), replayId: 99 }].map((message) => eventsOf(message)[0]?.id)
    expect(again).toBe(once)
  })
})

describe('a platform event', () => {
  const message = (payload: Readonly<Record<string, string | number>>) => ({
    channel: '/event/Order__e',
    replayId: 7,
    payload,
  })

  test.each([[{ RecordId__c: '0065g00000AbCdE' }], [{ OpportunityId__c: '0065g00000AbCdE' }]])(
    'with %p hints at the opportunity',
    (payload) => {
      expect(hintsOf(message(payload))).toEqual([
        { object: 'Opportunity', id: expect.stringMatching(/^0065g00000AbCdE\w{3}$/) },
      ])
    },
  )

  test.each([[{}], [{ RecordId__c: '0015g00000AcmeXAAR' }], [{ RecordId__c: 7 }]])(
    'with %p hints at nothing',
    (payload) => {
      expect(eventsOf(message(payload))).toEqual([{ id: '/event/Order__e:7', hint: null }])
    },
  )
})
