import { describe, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Instant } from '../../core/time.ts'
import type { Owner } from '../compile/rule-context.ts'
import { type Contest, fieldsToWrite } from './owners.ts'

const early = '2026-11-24T09:00:00.000Z' as Instant
const late = '2026-11-24T09:00:00.001Z' as Instant
const erpLater = { crm: early, erp: late }
const crmLater = { crm: late, erp: early }

/** One field of a record in the CRM, to which the mapping wants to write what the ERP has. */
function written(owner: Owner | null, before: Json | undefined, held: Json, wanted: Json, more: Partial<Contest> = {}) {
  return fieldsToWrite({
    wanted: { f: wanted },
    owners: owner === null ? {} : { f: owner },
    written: before === undefined ? {} : { f: before },
    held: { f: held },
    side: 'crm',
    changedAt: erpLater,
    ...more,
  }) as JsonObject
}
const nothing = {}
const wants = { f: 'erp' }

describe('a record in the CRM', () => {
  test.each<[string, Owner | null, Json | undefined, Json, Json, JsonObject]>([
    // The owner is the other side.
    ['takes the change of the ERP, which owns the field', 'erp', 'old', 'old', 'erp', wants],
    ['loses its own edit to the ERP, which owns the field', 'erp', 'erp', 'crm', 'erp', wants],
    ['loses its own edit even where the ERP changed, too', 'erp', 'old', 'crm', 'erp', wants],
    ['is cleared by the owner', 'erp', 'old', 'old', null, { f: null }],
    // The owner is this side.
    ['keeps its own edit, as it owns the field', 'crm', 'erp', 'crm', 'erp', nothing],
    ['keeps what it has where the ERP changed', 'crm', 'old', 'old', 'erp', nothing],
    ['keeps that it was emptied', 'crm', 'erp', null, 'erp', nothing],
    ['is filled for the first time where it is empty', 'crm', undefined, '', 'erp', wants],
    ['is not filled for the first time where something is', 'crm', undefined, 'crm', 'erp', nothing],
    // Latest, one side changed.
    ['takes the only change', 'latest', 'old', 'old', 'erp', wants],
    ['keeps the only change', 'latest', 'erp', 'crm', 'erp', nothing],
    ['takes what was never written where it is empty', 'latest', undefined, null, 'erp', wants],
    // No owner: as in a flow that goes one way.
    ['takes a change of the source where nobody owns the field', null, 'old', 'crm', 'erp', wants],
    ['keeps an edit where the source did not change', null, 'erp', 'crm', 'erp', nothing],
  ])('%s', (_, owner, before, held, wanted, expected) => {
    expect(written(owner, before, held, wanted)).toEqual(expected)
  })

  test.each<[string, Contest['changedAt'], JsonObject]>([
    ['the later change of the ERP', erpLater, wants],
    ['its own later change', crmLater, nothing],
    ['the ERP where both are equally late', { crm: late, erp: late }, wants],
    ['the ERP where nothing is known', { crm: null, erp: null }, wants],
    ['the one that is known', { crm: early, erp: null }, nothing],
  ])('has, when both changed, %s', (_, changedAt, expected) => {
    expect(written('latest', 'old', 'crm', 'erp', { changedAt })).toEqual(expected)
    expect(written('latest', undefined, 'crm', 'erp', { changedAt })).toEqual(expected)
  })
})

test('both directions decide alike', () => {
  for (const changedAt of [erpLater, crmLater, { crm: late, erp: late }, { crm: null, erp: null }]) {
    for (const owner of ['crm', 'erp', 'latest'] as const) {
      const toCrm = written(owner, 'old', 'crm', 'erp', { changedAt, side: 'crm' })
      const toErp = written(owner, 'old', 'erp', 'crm', { changedAt, side: 'erp' })
      expect([toCrm, toErp].filter((one) => Object.keys(one).length > 0)).toHaveLength(1)
    }
  }
})

test.each<[Json, Json]>([
  ['10.5', 10.5],
  ['10.50', 10.5],
  [null, ''],
  ['43', { id: '43', name: 'Acme' }],
  [true, 'true'],
])('what the record holds already is not written: %j is %j', (wanted, held) => {
  expect(written('erp', 'old', held, wanted)).toEqual(nothing)
  expect(written(null, 'old', held, wanted)).toEqual(nothing)
})

test('texts that look like one number are two texts', () => {
  expect(written('erp', '7', '7', '007')).toEqual({ f: '007' })
})

test('the owner of one field says nothing of the others', () => {
  const contest: Contest = {
    wanted: { a: '1', b: '1', c: '1' },
    owners: { a: 'erp', b: 'crm' },
    written: { a: '1', b: '1', c: '1' },
    held: { a: '2', b: '2', c: '2' },
    side: 'crm',
    changedAt: crmLater,
  }
  expect(fieldsToWrite(contest)).toEqual({ a: '1' })
  expect(fieldsToWrite({ ...contest, side: 'erp', written: null })).toEqual({ b: '1', c: '1' })
})
