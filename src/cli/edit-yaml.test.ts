import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { editYaml } from './edit-yaml.ts'
import { text } from './fake.ts'

const before = text`
  # ours
  a:
    # about b
    b: old # the old one

    c: { d: 1 }
  # the end
`

test('changes a value where it stands, and nothing around it', () => {
  expect(editYaml(before, [{ path: ['a', 'b'], value: 'new: one' }])).toBe(before.replace('old #', '"new: one" #'))
})

test('puts a new key first in its section', () => {
  expect(editYaml(before, [{ path: ['a', 'e'], value: '${E}' }])).toBe(
    before.replace('  b: old', '  e: ${E}\n  b: old'),
  )
})

test('makes a section that is not there, and reaches into one on a single line', () => {
  const after = editYaml(before, [
    { path: ['f', 'g'], value: 'x' },
    { path: ['a', 'c', 'd'], value: 'y' },
    { path: ['a', 'c', 'h'], value: 'z' },
  ])
  expect(parse(after)).toEqual({ a: { b: 'old', c: { d: 'y', h: 'z' } }, f: { g: 'x' } })
  expect(after).toContain('# about b')
})
