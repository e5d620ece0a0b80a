import { describe, expect, test } from '@jest/globals'
import { isId, longId, sameId } from './id.ts'

describe('longId', () => {
  test.each([
    ['005R0000000UyrW', '005R0000000UyrWIAS'],
    ['005R0000000Giwj', '005R0000000GiwjIAC'],
    ['750R0000000zxr8', '750R0000000zxr8IAA'],
    ['005R0000000UyrWIAS', '005R0000000UyrWIAS'],
  ])('makes %s the id that the API gives', (short, long) => {
    expect(longId(short)).toBe(long)
  })
})

test.each([
  ['0065g00000AbCdE', true],
  ['0065g00000AbCdEAAV', true],
  ['0065g00000AbCdEAA', false],
  ["0065g00000AbCd'", false],
  ['', false],
])('tells whether %p is an id', (text, answer) => {
  expect(isId(text)).toBe(answer)
})

test('takes two ids for the same that differ in length only, and minds capitals', () => {
  expect(sameId('00D5g000000abcd', '00D5g000000abcdEAA')).toBe(true)
  expect(sameId('00D5g000000abcd', '00D5g000000ABCD')).toBe(false)
})
