import { expect, jest, test } from '@jest/globals'
import type { CliDeps, DemoPlay } from '../deps.ts'
import { cli } from '../fake.ts'

test("takes the first systems listed, and its exit code is the command's", async () => {
  const demo = jest.fn<CliDeps['demo']>().mockResolvedValue(1)
  expect((await cli('demo --once', {}, { demo })).code).toBe(1)
  expect(demo).toHaveBeenCalledWith(
    expect.objectContaining({ once: true, crm: 'hubspot', erp: 'odoo', home: '.crosswalk' }),
  )
})

test.each<[string, DemoPlay]>([
  ['demo win', { do: 'win' }],
  ['demo amend', { do: 'amend', deal: null }],
  ['demo amend 901', { do: 'amend', deal: '901' }],
  ['demo break', { do: 'break', how: 'down' }],
  ['demo break refuses', { do: 'break', how: 'refuses' }],
  ['demo mend', { do: 'mend' }],
  ['demo watch', { do: 'watch' }],
  ['demo ask timeline deal 901 --json', { do: 'ask', args: ['timeline', 'deal', '901', '--json'] }],
  ['demo ask deals --open', { do: 'ask', args: ['deals', '--open'] }],
])('%s is asked of the demo that runs', async (line, what) => {
  const playDemo = jest.fn<CliDeps['playDemo']>().mockResolvedValue(0)
  expect((await cli(line, {}, { playDemo })).code).toBe(0)
  expect(playDemo).toHaveBeenCalledWith(what, expect.objectContaining({ home: '.crosswalk' }))
})

test('refuses an ERP for a CRM', async () => {
  const { code, err } = await cli('demo --crm odoo')
  expect(code).toBe(2)
  expect(err).toContain('Allowed choices are hubspot.')
})
