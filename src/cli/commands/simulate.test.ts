import { expect, jest, test } from '@jest/globals'
import type { CliDeps } from '../deps.ts'
import { cli } from '../fake.ts'

test.each([
  ['simulate odoo', ['odoo'], 0, null],
  ['simulate odoo --port 8069', ['odoo'], 8069, null],
  ['simulate hubspot odoo --env .env', ['hubspot', 'odoo'], 0, '/nowhere/.env'],
])('%s', async (line, systems, port, env) => {
  const simulate = jest.fn<CliDeps['simulate']>().mockResolvedValue()
  expect((await cli(line, {}, { simulate })).code).toBe(0)
  expect(simulate).toHaveBeenCalledWith(systems, expect.objectContaining({ port, env }))
})
