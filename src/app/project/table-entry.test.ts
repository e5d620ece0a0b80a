import { describe, expect, test } from '@jest/globals'
import { parseTable } from '../../mapping/compile/table.ts'
import { withEntry } from './table-entry.ts'

const tableOf = (text: string) => parseTable({ file: 'config/tables/a.yaml', text }).table

describe('an entry', () => {
  test.each([
    [
      'comes last, and leaves the rest as it is',
      '# Ours\nwest: W # left\n\neast: E\n',
      '# Ours\nwest: W # left\n\neast: E\nnorth: Nord\n',
    ],
    ['ends the last line first', 'west: W', 'west: W\nnorth: Nord\n'],
    ['is the first of an empty file', '', 'north: Nord\n'],
    ['is the first below comments', '# none yet\n', '# none yet\nnorth: Nord\n'],
    ['keeps the indent', '  west: W\n', '  west: W\n  north: Nord\n'],
  ])('%s', (_name, before, after) => {
    expect(withEntry(before, { key: 'north', value: 'Nord' })).toBe(after)
    expect(tableOf(after)).toMatchObject({ north: 'Nord' })
  })

  test('takes the place of one that is there', () => {
    const text = withEntry('# Ours\nwest: W\neast: E\n', { key: 'west', value: 'WW' })
    expect(text).toContain('# Ours')
    expect(tableOf(text)).toEqual({ west: 'WW', east: 'E' })
  })

  test.each([
    'Net 30: end of month',
    'no',
    'true',
    '# not a comment',
    "it's",
    '"quoted"',
    '30',
    '{a}',
    ' blank ',
    '收货后30天',
    'a\nb',
  ])('is read back as it was: %j', (odd) => {
    for (const text of ['west: W\n', '', '{ west: W }\n'])
      expect(tableOf(withEntry(text, { key: odd, value: odd }))).toMatchObject({ [odd]: odd })
  })
})
