import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { z } from 'zod'

const reportSchema = z.object({
  summary: z.object({ totalCruised: z.number(), violations: z.array(z.object({ from: z.string(), to: z.string() })) }),
})

test('imports point inward, as .dependency-cruiser.mjs lists them', async () => {
  const root = join(import.meta.dirname, '..')
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const args = ['src', 'connectors', '--config', '.dependency-cruiser.mjs', '--output-type', 'json']
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    cwd: root,
    maxBuffer: 100_000_000,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const { summary } = reportSchema.parse(JSON.parse(stdout))
  expect(summary.violations).toEqual([])
  // The tool passes over TypeScript that it cannot read and says that all is well.
  expect(summary.totalCruised).toBeGreaterThan(500)
})
