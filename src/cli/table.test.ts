import { expect, test } from '@jest/globals'
import { text } from './fake.ts'
import { paintOf } from './paint.ts'
import { table } from './table.ts'

const columns = [{ title: 'DEAL' }, { title: 'NAME', flexible: true }, { title: 'DUE', align: 'right' }] as const
const rows = [
  ['901', 'Twenty pumps for the harbour', '3'],
  ['12', '北京泵业', '1,240'],
]
const paint = paintOf(false)

test('aligns columns, wide characters counted as two', () => {
  expect(table(columns, rows, { width: 100, paint })).toBe(text`
    DEAL  NAME                            DUE
    901   Twenty pumps for the harbour      3
    12    北京泵业                      1,240
  `)
})

test('cuts the flexible columns alone where the terminal is narrow', () => {
  expect(table(columns, rows, { width: 24, paint, indent: 2 })).toBe(
    ['  DEAL  NAME         DUE', '  901   Twenty p…      3', '  12    北京泵业   1,240', ''].join('\n'),
  )
})

test('is a block for each row where the terminal is too narrow for columns; nothing is cut then', () => {
  expect(table(columns, rows, { width: 20, paint })).toBe(text`
    DEAL  901
    NAME  Twenty pumps
          for the
          harbour
    DUE   3

    DEAL  12
    NAME  北京泵业
    DUE   1,240
  `)
  expect(table(columns, rows.slice(0, 1), { width: 12, paint })).toBe(text`
    DEAL
      901
    NAME
      Twenty
      pumps for
      the
      harbour
    DUE
      3
  `)
})

test('has no titles in its blocks where it has none', () => {
  const bare = [{ title: '' }, { title: '', flexible: true }]
  expect(table(bare, [['crosswalk check', 'checks both']], { width: 16, paint, indent: 2 })).toBe(
    '  crosswalk\n  check\n  checks both\n',
  )
})

test('colours the text of a cell and not the space around it', () => {
  const coloured = table([{ title: 'A' }, { title: 'B' }], [[{ text: 'x', style: paintOf(true).red }, '']], {
    width: 100,
    paint,
  })
  expect(coloured).toBe('A  B\n\u001b[31mx\u001b[39m\n')
})

test('prints no line of titles where there are none', () => {
  expect(table([{ title: '' }, { title: '' }], [['a', 'b']], { width: 100, paint })).toBe('a  b\n')
})
