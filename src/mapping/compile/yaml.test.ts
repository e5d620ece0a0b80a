import { describe, expect, test } from '@jest/globals'
import type { Finding } from './finding.ts'
import { literalOf, parseYaml, plainOf, reportInto } from './yaml.ts'

function read(text: string) {
  const findings: Finding[] = []
  const report = reportInto(findings, 'x.yaml')
  return { root: parseYaml({ file: 'x.yaml', text }, report), findings, report }
}

describe('values', () => {
  test.each([
    ['10.50', '10.5'],
    ['12345678901234567890', '12345678901234567890'],
    ['1e3', '1000'],
    ['no', 'no'],
    ['"007"', '007'],
    ['true', true],
    ['~', null],
    ['[1, {a: 2}]', ['1', { a: '2' }]],
  ])('%s is %j', (text, expected) => {
    const { root, report, findings } = read(text)
    expect(root === null ? undefined : literalOf(root, report)).toEqual(expected)
    expect(findings).toEqual([])
  })

  test('keys are names, whatever YAML makes of them', () => {
    const { root } = read('01: a\ntrue: b\nnull: c\nconstructor: d\n__proto__: e')
    const plain = root === null ? null : plainOf(root)
    expect(Object.entries(plain ?? {})).toEqual([
      ['01', 'a'],
      ['true', 'b'],
      ['null', 'c'],
      ['constructor', 'd'],
      ['__proto__', 'e'],
    ])
  })
})

describe('what is refused', () => {
  test.each([
    ['a file of 5 MB', `a: ${'x'.repeat(5_000_000)}`, 'too_large', 1],
    ['brackets without end', '['.repeat(50_000), 'too_large', 1],
    ['dashes without end', '- '.repeat(50_000), 'too_large', 1],
    [
      'indentation without end',
      Array.from({ length: 300 }, (_, n) => `${' '.repeat(2 * n)}a:`).join('\n'),
      'too_large',
      1,
    ],
    ['an alias', 'a: &x 1\nb: *x', 'yaml', 1],
    ['a merge key', 'a: &x {b: 1}\nc:\n  <<: *x', 'yaml', 1],
    ['a tag', 'a: !!binary aGk=', 'yaml', 1],
    ['two documents', 'a: 1\n---\nb: 2', 'yaml', 2],
    ['a key given twice', 'a: 1\nb: 2\na: 3', 'duplicate_key', 3],
    ['a key that is a list', '[a]: 1', 'wrong_form', 1],
    ['nothing', '# nothing\n', 'yaml', 1],
    ['a tab', 'a:\n\tb: 1', 'yaml', 2],
  ])('%s', (_, text, kind, line) => {
    expect(read(text).findings[0]).toMatchObject({ kind, line })
  })

  test('a number that YAML changes', () => {
    const { root, report, findings } = read('a: 007')
    if (root !== null) literalOf(root, report)
    expect(findings).toMatchObject([{ kind: 'unquoted_number', line: 1, column: 4 }])
  })
})
