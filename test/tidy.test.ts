import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
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

test('a test that takes the place of sockets gives them back', async () => {
  const root = join(import.meta.dirname, '..')
  const files = (
    await Promise.all(
      ['src', 'connectors', 'test'].map((folder) =>
        readdir(join(root, folder), { recursive: true }).then((names) => names.map((name) => join(root, folder, name))),
      ),
    )
  ).flat()
  const users: string[] = []
  for (const file of files.filter((name) => name.endsWith('.test.ts'))) {
    const text = await readFile(file, 'utf8')
    if (!text.includes("from 'nock'")) continue
    users.push(file)
    expect([file, text.includes('nock.restore()')]).toEqual([file, true])
  }
  expect(users).not.toEqual([])
})
