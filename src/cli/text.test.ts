import { describe, expect, test } from '@jest/globals'
import { count, cut, lines, oneLine, pad, widthOf, wrap } from './text.ts'

test.each([
  ['order', 5],
  ['订单', 4],
  ['テスト', 6],
  ['ﾃｽﾄ', 3],
  ['한국', 4],
  ['Ａ１', 4],
  ['Zoë', 3],
  ['Zoe\u0308', 3],
  ['👍', 2],
  ['👨‍👩‍👧', 2],
  ['🇩🇪', 2],
  ['✔️', 2],
  ['–→✓', 3],
])('%s takes %d columns', (text, width) => {
  expect(widthOf(text)).toBe(width)
})

describe('text from outside', () => {
  test.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;new title\u0007deal', 'deal'],
    ['\u001b]8;;https://evil.example\u001b\\click\u001b]8;;\u001b\\', 'click'],
    ['one\r\ntwo', 'one two'],
    ['tab\tbed', 'tab bed'],
    ['bell\u0007 del\u007f c1\u009b31m', 'bell del c131m'],
    ['\u202egnp.exe', 'gnp.exe'],
  ])('%j is printed as %j', (given, printed) => {
    expect(oneLine(given)).toBe(printed)
  })

  test('keeps its lines where they may be kept', () => {
    expect(lines('one  \ntwo\u001b[2J\n')).toEqual(['one', 'two'])
  })
})

test.each([
  ['short', 10, 'short'],
  ['exactly', 7, 'exactly'],
  ['too long', 5, 'too …'],
  ['北京泵业', 5, '北京…'],
  ['北京泵业', 4, '北…'],
])('cut(%j, %d) is %j', (given, width, result) => {
  expect(cut(given, width)).toBe(result)
})

test('pads by columns, not by characters', () => {
  expect(pad('北京', 6)).toBe('北京  ')
  expect(pad('7', 3, 'right')).toBe('  7')
})

test.each([
  ['one two three', 7, ['one two', 'three']],
  ['a verylongword b', 6, ['a', 'verylo', 'ngword', 'b']],
  ['北京泵业有限公司', 6, ['北京泵', '业有限', '公司']],
  ['first\nsecond', 40, ['first', 'second']],
  ['then run `crosswalk retry 12` again', 20, ['then run', '`crosswalk retry 12`', 'again']],
  ['`crosswalk retry --sync deals`, once', 20, ['`crosswalk retry', '--sync deals`, once']],
])('wrap(%j, %d)', (given, width, result) => {
  expect(wrap(given, width)).toEqual(result)
})

test.each([
  [0, '0 records'],
  [1, '1 record'],
  [1240, '1,240 records'],
])('counts %d', (number, result) => {
  expect(count(number, 'record')).toBe(result)
})
