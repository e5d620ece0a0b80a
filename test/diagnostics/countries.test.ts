import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parseTable } from '../../src/mapping/compile/table.ts'
import { tableLookup } from '../../src/mapping/run/table-lookup.ts'

describe('the table of countries', () => {
  const file = new URL('../../config/tables/countries.yaml', import.meta.url)
  const { table, findings } = parseTable({ file: 'countries.yaml', text: readFileSync(file, 'utf8') })
  const find = tableLookup(table ?? {})

  test('has no findings and every country of ISO 3166-1', () => {
    expect(findings).toEqual([])
    expect(new Set(Object.values(table ?? {})).size).toBe(249)
  })

  test.each([
    ['DE', 'DE'],
    ['usa', 'US'],
    ['United Kingdom', 'GB'],
    ['UK', 'GB'],
    ['NO', 'NO'],
    ['NOR', 'NO'],
    ["Cote d'Ivoire", 'CI'],
    ['Türkiye', 'TR'],
    ['Hong Kong', 'HK'],
    ['Atlantis', undefined],
  ])('%j is %j', (name, code) => expect(find(name)).toBe(code))
})
