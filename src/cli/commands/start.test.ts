import { expect, jest, test } from '@jest/globals'
import type { CliDeps, Role } from '../deps.ts'
import { cli } from '../fake.ts'

test.each<[string, { role: Role; port: number | null }]>([
  ['start', { role: 'all', port: null }],
  ['start --role worker', { role: 'worker', port: null }],
  ['start --port 9000 --role api', { role: 'api', port: 9000 }],
])('%s', async (line, options) => {
  const start = jest.fn<CliDeps['start']>().mockResolvedValue()
  expect((await cli(`${line} --home elsewhere`, {}, { start })).code).toBe(0)
  expect(start).toHaveBeenCalledWith(expect.objectContaining({ home: 'elsewhere' }), options)
})
