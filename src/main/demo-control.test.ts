import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { runningDemo, serveControl } from './demo-control.ts'

let root: string
let home: string
const ends: (() => Promise<void>)[] = []
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crosswalk-demo-'))
  home = join(root, 'home')
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
  await rm(root, { recursive: true, force: true })
})
const file = () => join(home, 'demo.json')
async function serve(): Promise<void> {
  const project = { home, config: join(root, 'crosswalk.yaml'), demoHome: join(root, 'demo') }
  ends.push(await serveControl(project, async () => undefined))
}

test('tells how the demo is reached, to its owner alone, and takes it back at the end', async () => {
  await serve()
  expect(await runningDemo(home)).toMatchObject({ home: join(root, 'demo') })
  expect((await stat(file())).mode & 0o777).toBe(0o600)
  for (const end of ends.splice(0)) await end()
  await expect(runningDemo(home)).rejects.toThrow('No demo is running in this folder')
})

test('a demo that starts after it replaces the file as a whole: who has opened it reads the one before to its end', async () => {
  await serve()
  const before = await stat(file())
  await serve()
  expect((await stat(file())).ino).not.toBe(before.ino)
  expect(await readdir(home)).toEqual(['demo.json'])
})

test.each([
  ['half of it', (whole: string) => whole.slice(0, 40)],
  ['nothing', () => ''],
  ['something else', () => '{"url": 7}'],
])('a file that holds %s is told with what to do, and does not keep the demo from ending', async (_what, damage) => {
  await serve()
  await writeFile(file(), damage(await readFile(file(), 'utf8')))
  const error = await runningDemo(home).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({
    message: expect.stringMatching(/demo\.json, which says how the running demo is reached, is damaged/),
    fix: expect.stringContaining('delete this file'),
  })
  for (const end of ends.splice(0)) await end()
})
