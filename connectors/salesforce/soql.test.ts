import { describe, expect, test } from '@jest/globals'
import { parseQuery } from 'soql-parser-js'
import { bytesOf, literal, quote, split } from './soql.ts'

describe('quote', () => {
  test.each([
    ["O'Brien", "'O\\'Brien'"],
    ["\\' OR Name != '", "'\\\\\\' OR Name != \\''"],
    ['back\\slash', "'back\\\\slash'"],
    ['two\nlines', "'two\\nlines'"],
    ['', "''"],
  ])('writes %p as a literal that nothing breaks out of', (text, written) => {
    expect(quote(text)).toBe(written)
  })

  test.each([["' OR Id != '"], ["\\' OR Id != '"], ["\\\\' OR Id != '"], ["x') OR (Name LIKE '%"], ['\\']])(
    'leaves one condition of a query with %p',
    (text) => {
      const { where } = parseQuery(`SELECT Id FROM Account WHERE Name = ${quote(text)}`)
      expect(where).toMatchObject({ left: { field: 'Name', operator: '=' } })
      expect(where).not.toHaveProperty('operator')
    },
  )
})

describe('literal', () => {
  test.each<[string, string | number | boolean, string | null]>([
    ['string', 'a', "'a'"],
    ['currency', '10.50', '10.5'],
    ['double', 3, '3'],
    ['double', "1 OR Name != ''", null],
    ['boolean', true, 'TRUE'],
    ['boolean', 'false', 'FALSE'],
    ['boolean', 'maybe', null],
    ['date', '2026-11-24', '2026-11-24'],
    ['date', 'TODAY OR Id != null', null],
    ['datetime', '2026-11-24T10:00:00+01:00', '2026-11-24T09:00:00.000Z'],
  ])('writes a %s of %p as %p', (type, value, written) => {
    expect(literal(type, value)).toBe(written)
  })
})

describe('split', () => {
  test('keeps to the number of pieces', () => {
    expect(split(['a', 'b', 'c', 'd', 'e'], 2, 1000)).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  test('keeps to what an address may hold, as it is written there', () => {
    const pieces = Array.from({ length: 50 }, (_, n) => quote(`Müller & Söhne ${n}`))
    const parts = split(pieces, 200, 400)
    expect(parts.flat()).toEqual(pieces)
    for (const part of parts) expect(bytesOf(part.join(', '))).toBeLessThanOrEqual(400)
  })

  test('has no part for nothing', () => {
    expect(split([], 10, 10)).toEqual([])
  })
})
