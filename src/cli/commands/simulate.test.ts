import { expect, jest, test } from '@jest/globals'
import type { CliDeps } from '../deps.ts'
import { cli } from '../fake.ts'

test.each([
  ['simulate odoo', 0],
  ['simulate odoo --port 8069', 8069],
])('%s', async (line, port) => {
  const simulate = jest.fn<CliDeps['simulate']>().mockResolvedValue()
  expect((await cli(line, {}, { simulate })).code).toBe(0)
  expect(simulate).toHaveBeenCalledWith('odoo', expect.objectContaining({ port }))
})
