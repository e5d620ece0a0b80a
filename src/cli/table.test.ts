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
  expect(table(columns, rows, { width: null, paint })).toBe(text`
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

test('leaves a flexible column legible where the terminal is too narrow for everything', () => {
  expect(table(columns, rows, { width: 5, paint })).toContain('Twenty …')
})

test('colours the text of a cell and not the space around it', () => {
  const coloured = table([{ title: 'A' }, { title: 'B' }], [[{ text: 'x', style: paintOf(true).red }, '']], {
    width: null,
    paint,
  })
  expect(coloured).toBe('A  B\n\u001b[31mx\u001b[39m\n')
})

test('prints no line of titles where there are none', () => {
  expect(table([{ title: '' }, { title: '' }], [['a', 'b']], { width: null, paint })).toBe('a  b\n')
})
