import { expect, jest, test } from '@jest/globals'
import type { CliDeps } from '../deps.ts'
import { cli } from '../fake.ts'

test("takes the first systems listed, and its exit code is the command's", async () => {
  const demo = jest.fn<CliDeps['demo']>().mockResolvedValue(1)
  expect((await cli('demo --once', {}, { demo })).code).toBe(1)
  expect(demo).toHaveBeenCalledWith(expect.objectContaining({ once: true, crm: 'hubspot', erp: 'odoo' }))
})

test('refuses an ERP for a CRM', async () => {
  const { code, err } = await cli('demo --crm odoo')
  expect(code).toBe(2)
  expect(err).toContain('Allowed choices are hubspot.')
})
