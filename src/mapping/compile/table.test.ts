import { describe, expect, test } from '@jest/globals'
import { tableLookup } from '../run/table-lookup.ts'
import { parseTable } from './table.ts'

const parse = (text: string) => parseTable({ file: 't.yaml', text })

describe('a table', () => {
  test('keeps keys that objects have already', () => {
    const { table } = parse('constructor: a\n__proto__: b\n01: c\nx: 7\ny: true')
    expect(Object.entries(table ?? {})).toEqual([
      ['constructor', 'a'],
      ['__proto__', 'b'],
      ['01', 'c'],
      ['x', '7'],
      ['y', 'true'],
    ])
  })

  test.each([
    ['a list', '- a', 'wrong_form'],
    ['a value with an inside', 'a: {b: c}', 'wrong_form'],
    ['an empty value', 'a:', 'wrong_form'],
    ['a key given twice', 'a: b\na: c', 'duplicate_key'],
    ['a number that YAML changes', 'a: 007', 'unquoted_number'],
  ])('is not %s', (_, text, kind) => {
    const { table, findings } = parse(text)
    expect(table).toBeNull()
    expect(findings).toMatchObject([{ kind }])
  })
})

describe('looking up', () => {
  const find = tableLookup({ Germany: 'DE', a: '1', A: '2', b: '3', B: '3' })
  test.each([
    ['Germany', 'DE'],
    [' germany ', 'DE'],
    ['a', '1'],
    ['A', '2'],
    [' a', undefined],
    [' b', '3'],
    ['constructor', undefined],
  ])('%j gives %j', (key, expected) => expect(find(key)).toBe(expected))
})
