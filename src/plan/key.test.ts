import { expect, test } from '@jest/globals'
import { keyOf, lineKeyOf } from './key.ts'

test('is made of the account and the record alone', () => {
  expect(keyOf({ system: 'hubspot', account: '123' }, 'deal', '901')).toBe('hubspot_123_deal_901')
  expect(lineKeyOf('hubspot_123_deal_901', '55')).toBe('hubspot_123_deal_901_line_55')
})

test('never gives two records one key, and uses no character that an external id refuses', () => {
  const ids = ['a_b', 'a-b', 'a.b', 'a b', 'a|b', 'ab', 'ä', 'a-x5f-b']
  const keys = ids.map((id) => keyOf({ system: 's', account: '1' }, 'deal', id))
  expect(new Set(keys).size).toBe(ids.length)
  for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9_-]+$/)
})
