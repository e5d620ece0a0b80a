import { expect, test } from '@jest/globals'
import { cli } from '../fake.ts'

const finding = {
  file: 'mappings/odoo/order.yaml',
  line: 4,
  column: 9,
  kind: 'unknown_path',
  level: 'error',
  message: 'deal has no "numbr".',
  fix: 'Did you mean "deal.number"?',
} as const

test('prints every finding on a line that an editor understands', async () => {
  const { kind, level, file, line, column } = finding
  const other = { file, line, column, kind, level, message: 'two\nlines.' }
  const { code, out, err } = await cli('lint', { lint: async () => [finding, other] })
  expect({ code, err }).toEqual({ code: 1, err: '2 findings.\n' })
  expect(out).toBe(
    'mappings/odoo/order.yaml:4:9 unknown_path: deal has no "numbr". Did you mean "deal.number"?\n' +
      'mappings/odoo/order.yaml:4:9 unknown_path: two lines.\n',
  )
})

test('warnings are printed, and nothing is wrong', async () => {
  const warning = {
    ...finding,
    kind: 'table_gap',
    level: 'warning',
    message: 'The table "t" has no entry for "x".',
  } as const
  const one = await cli('lint', { lint: async () => [warning] })
  expect(one).toMatchObject({ code: 0, err: '1 warning; every sync can work.\n' })
  expect(one.out).toContain('table_gap')
  const both = await cli('lint', { lint: async () => [warning, finding] })
  expect(both).toMatchObject({ code: 1, err: '1 finding, 1 warning.\n' })
})

test('is fine without findings; --offline is passed on', async () => {
  const asked: unknown[] = []
  const lint = async (options: object) => {
    asked.push(options)
    return []
  }
  expect(await cli('lint --offline', { lint })).toMatchObject({ code: 0, out: '', err: 'No findings.\n' })
  expect(await cli('lint --quiet', { lint })).toMatchObject({ code: 0, out: '', err: '' })
  expect(asked).toEqual([{ offline: true }, { offline: false }])
})

test('--json gives the findings, with the same exit code', async () => {
  const { code, out } = await cli('lint --json', { lint: async () => [finding] })
  expect({ code, findings: JSON.parse(out) }).toEqual({ code: 1, findings: [finding] })
})
