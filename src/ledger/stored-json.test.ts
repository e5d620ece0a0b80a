import { describe, expect, test } from '@jest/globals'
import { storedJson } from './stored-json.ts'

describe('storedJson', () => {
  test.each([
    {
      title: 'plain values as they are',
      value: { a: [1, 'ä😀', null, { b: true }] },
      stored: { a: [1, 'ä😀', null, { b: true }] },
    },
    { title: 'NUL as the replacement character', value: ['a\u0000b'], stored: ['a\ufffdb'] },
    {
      title: 'half a surrogate pair as the replacement character',
      value: ['\ud83d!', '!\ude00'],
      stored: ['\ufffd!', '!\ufffd'],
    },
    { title: 'names as well as values', value: { 'x\u0000': { '\udc00': 1 } }, stored: { 'x\ufffd': { '\ufffd': 1 } } },
    { title: 'a text that only looks like an escape', value: ['\\u0000', '\\ud800'], stored: ['\\u0000', '\\ud800'] },
  ])('keeps $title', ({ value, stored }) => {
    expect(JSON.parse(storedJson(value))).toEqual(stored)
  })
})
