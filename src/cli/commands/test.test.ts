import { expect, test } from '@jest/globals'
import { cli, text } from '../fake.ts'

const passed = { file: 'mappings/odoo/order.test.yaml', line: 3, name: 'one', ok: true, message: null }
const failed = { ...passed, line: 9, name: 'two', ok: false, message: 'name: expected "A", got "B"' }

test('counts by file and shows what failed', async () => {
  const other = { ...passed, file: 'mappings/odoo/customer.test.yaml' }
  const { code, out, err } = await cli('test', { test: async () => [passed, failed, other] })
  expect({ code, err }).toEqual({ code: 1, err: '1 test failed.\n' })
  expect(out).toBe(text`
    ✗ mappings/odoo/order.test.yaml  1 of 2 tests
      ✗ two mappings/odoo/order.test.yaml:9
        name: expected "A", got "B"
    ✓ mappings/odoo/customer.test.yaml  1 of 1 test
  `)
})

test('is fine when all pass', async () => {
  expect(await cli('test', { test: async () => [passed] })).toMatchObject({ code: 0, err: '1 test passed.\n' })
})

test('--json gives every test', async () => {
  const { code, out } = await cli('test --json', { test: async () => [failed] })
  expect({ code, tests: JSON.parse(out) }).toEqual({ code: 1, tests: [failed] })
})
