import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { editYaml } from './edit-yaml.ts'

const before = `# ours
a:
  # about b
  b: old # the old one

  c: { d: 1 }
  s:
    # how often
    t: 5
# the end
`

test('changes a value where it stands, and nothing around it', () => {
  expect(editYaml(before, [{ path: ['a', 'b'], value: 'new: one' }])).toBe(before.replace('old #', '"new: one" #'))
  expect(editYaml(before, [{ path: ['a', 's', 't'], value: 7 }])).toBe(before.replace('t: 5', 't: 7'))
})

test('puts a new key first in its section', () => {
  expect(editYaml(before, [{ path: ['a', 'e'], value: '${E}' }])).toBe(
    before.replace('  b: old', '  e: ${E}\n  b: old'),
  )
})

test('makes sections on the way, one below the other', () => {
  expect(editYaml(before, [{ path: ['a', 'p', 'q', 'r'], value: 'x' }])).toBe(
    before.replace('  b: old', '  p:\n    q:\n      r: x\n  b: old'),
  )
})

test('makes a section that is not there, and reaches into one on a single line', () => {
  const after = editYaml(before, [
    { path: ['f', 'g'], value: 'x' },
    { path: ['a', 'c', 'd'], value: 'y' },
    { path: ['a', 'c', 'h'], value: 'z' },
  ])
  expect(parse(after)).toEqual({ a: { b: 'old', c: { d: 'y', h: 'z' }, s: { t: 5 } }, f: { g: 'x' } })
  expect(after).toContain('# about b')
})

test('fills a section that is empty so far', () => {
  const empty = 'a:\n  p:\n  q: 1 # one\n'
  expect(editYaml(empty, [{ path: ['a', 'p', 'r', 's'], value: 'x' }])).toBe('a:\n  p: { r: { s: x } }\n  q: 1 # one\n')
})

test('replaces a section by nothing, and nothing by a section', () => {
  const none = editYaml(before, [{ path: ['a', 's'], value: null }])
  expect(none).toBe(before.replace('s:\n    # how often\n    t: 5', 's: null'))
  const again = editYaml(none, [{ path: ['a', 's'], value: { t: '*/5 * * * *', u: 'UTC' } }])
  expect(again).toBe(none.replace('s: null', 's: { t: "*/5 * * * *", u: UTC }'))
  const last = editYaml('a:\n  s:\n    t: 5\n', [{ path: ['a', 's'], value: null }])
  expect(last).toBe('a:\n  s: null\n')
})

test('changes nothing that is used in several places', () => {
  const shared = 'strict: &strict\n  q: 1\na:\n  p: *strict\n'
  for (const path of [
    ['a', 'p'],
    ['a', 'p', 'q'],
  ])
    expect(() => editYaml(shared, [{ path, value: 2 }])).toThrow(/used in several places/)
})
