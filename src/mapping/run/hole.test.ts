import { expect, test } from '@jest/globals'
import { fillHole, isHole, openHole } from './hole.ts'

test('keeps the place of an id, and is no value that looks the same', () => {
  const hole = openHole('customer')
  const alike = { hole: 'customer' }
  expect([isHole(hole), isHole(alike), isHole('customer'), isHole(null)]).toEqual([true, false, false, false])
  const lineage = { field: 'partner_id', rule: 'link customer', source: '', value: hole, name: null, note: null }
  const record = {
    fields: { partner_id: hole, ref: 'customer', odd: alike },
    lines: { field: 'lines', items: [{ key: '1', fields: { owner: hole } }] },
    lineage: [lineage],
  }
  expect(fillHole(record, hole, '43')).toEqual({
    fields: { partner_id: '43', ref: 'customer', odd: alike },
    lines: { field: 'lines', items: [{ key: '1', fields: { owner: '43' } }] },
    lineage: [{ ...lineage, value: '43' }],
  })
})
