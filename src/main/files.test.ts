import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { secretFile } from './files.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosswalk-secret-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('is made once, whole, for its owner alone, however many start at once', async () => {
  const file = join(folder, 'home', 'api-token')
  const secrets = await Promise.all(Array.from({ length: 20 }, () => secretFile(file)))
  expect(new Set(secrets).size).toBe(1)
  expect(secrets[0]).toMatch(/^[\w-]{43}$/)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, 'home'))).toEqual(['api-token'])
})

test.each([
  ['empty, as a crash could leave it', '', 0o600, 'holds 0 characters'],
  ['short', 'password', 0o600, 'holds 8 characters'],
  ['open to others', 'x'.repeat(43), 0o640, 'can be read by others'],
])('is refused that is %s', async (_what, text, mode, says) => {
  const file = join(folder, 'odd-token')
  await rm(file, { force: true })
  await writeFile(file, text, { mode })
  await expect(secretFile(file)).rejects.toMatchObject({
    message: expect.stringContaining(says),
    fix: expect.stringContaining('new one is made'),
  })
})
