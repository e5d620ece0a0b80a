import { expect, test } from '@jest/globals'
import { isDeep, soundBody } from './reply-body.ts'

test.each([
  ['{"name":"A\\u0000B"}', 'A\ufffdB'],
  ['{"name":"half \\ud83d a pair"}', 'half \ufffd a pair'],
  ['{"name":"the other half \\uDE00"}', 'the other half \ufffd'],
  ['{"name":"a pair \\ud83d\\ude00"}', 'a pair \u{1f600}'],
  ['{"name":"a pair \\ud83d\\ude00 and \\u0000"}', 'a pair \u{1f600} and \ufffd'],
  ['{"name":"written \\\\u0000"}', 'written \\u0000'],
  ['{"name":"written \\\\\\u0000"}', 'written \\\ufffd'],
  ['{"name":"plain \\n \\" \\u00e4"}', 'plain \n " ä'],
])('reads %s as %j', (body, name) => {
  expect(JSON.parse(soundBody(body))).toEqual({ name })
})

test('leaves alone what only looks like an escape outside of JSON', () => {
  expect(soundBody('id,name\n1,\\u0000\n2,a\u0000b')).toBe('id,name\n1,\\u0000\n2,a\ufffdb')
})

test.each([
  ['[[[1]]]', false],
  ['[[[[1]]]]', true],
  ['[[[1]],[[{}]]]', true],
  ['["[[[[[[",{"a]]":"\\"[[[["},["\\\\"]]', false],
  ['"[[[[', false],
  ['[{"a":"\\\\\\""},[["\\\\",[1]]]]', true],
])('%s is deeper than three levels: %s', (json, deep) => {
  expect(isDeep(json, 3)).toBe(deep)
})

test('millions of brackets are seen at once', () => {
  expect(isDeep('['.repeat(5_000_000))).toBe(true)
  expect(isDeep(`[${'[],'.repeat(2_000_000)}1]`)).toBe(false)
})
