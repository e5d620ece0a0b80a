import { describe, expect, test } from '@jest/globals'
import { listed, nearest } from './suggest.ts'

describe('nearest', () => {
  test.each([
    ['numbr', ['name', 'number'], 'number'],
    ['form', ['from', 'for_each'], 'from'],
    ['NAME', ['name'], 'name'],
    ['unit_price', ['unit', 'price_unit'], 'price_unit'],
    ['client_ref', ['client_order_ref'], 'client_order_ref'],
    ['zone', ['id', 'timeZone'], 'timeZone'],
    ['zip', ['city', 'street'], null],
    ['', ['a'], 'a'],
  ])('of %j among %j is %j', (word, candidates, expected) => {
    expect(nearest(word, candidates)).toBe(expected)
  })
})

test('choices are listed as a sentence has them', () => {
  expect(listed(['a'])).toBe('"a"')
  expect(listed(['a', 'b', 'c'])).toBe('"a", "b" or "c"')
})
