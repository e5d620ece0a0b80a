import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openRig, type Rig } from '../rig.ts'

/* A project goes from files into the ledger and back, by the command line. */

let rig: Rig
const table = 'config/tables/terms.yaml'
const pathOf = (path: string) => join(dirname(dirname(rig.config)), path)
async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(pathOf(path)), { recursive: true })
  await writeFile(pathOf(path), text)
}
const cli = (...args: string[]) => rig.cli(...args).done

beforeAll(async () => {
  rig = await openRig()
  const project = await rig.open()
  await project.crosswalk.setup('hubspot')
  await project.close()
}, 60_000)
afterAll(() => rig.close())

test('there is nothing to write out before something was published', async () => {
  expect(await cli('export', pathOf('copy'))).toMatchObject({ code: 1, err: expect.stringContaining('Nothing was') })
}, 60_000)

test('what would be published is shown line by line, and nothing changes until it is applied', async () => {
  await write(table, '# As agreed.\nwest: "30"\n')
  const first = await cli('plan')
  expect(first).toMatchObject({ code: 0, err: expect.stringContaining('`crosswalk apply` publishes it') })
  expect(first.out).toContain(`${table} new\n`)
  expect(first.out).toContain('+west: "30"')
  expect(await cli('apply', '--note', 'begin')).toMatchObject({ code: 0 })
  expect(await cli('plan')).toMatchObject({ code: 0, out: '', err: 'Nothing differs from what is published.\n' })

  await write(table, '# As agreed.\nwest: "60"\neast: "14"\n')
  const { out } = await cli('plan')
  expect(out).toContain(`${table} changed\n@@ -1,2 +1,3 @@\n # As agreed.\n-west: "30"\n+west: "60"\n+east: "14"\n`)
  expect(JSON.parse((await cli('publish', '--list', '--json')).out)).toHaveLength(1)
}, 60_000)

test('what would be refused is told with its place', async () => {
  await write(table, '- a list\n')
  const refused = await cli('plan')
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('it would not be published') })
  expect(refused.out).toContain(`${table}:1:1 wrong_form`)
}, 60_000)

test('the published files are written out, over others only where that is wanted', async () => {
  const refused = await cli('export', dirname(dirname(rig.config)))
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining(table) })
  expect(await readFile(pathOf(table), 'utf8')).toBe('- a list\n')
  expect(await cli('export', dirname(dirname(rig.config)), '--force')).toMatchObject({ code: 0, out: `${table}\n` })
  expect(await readFile(pathOf(table), 'utf8')).toBe('# As agreed.\nwest: "30"\n')
  expect(await cli('plan')).toMatchObject({ err: 'Nothing differs from what is published.\n' })
  const elsewhere = await cli('export', pathOf('copy'), '--json')
  expect(JSON.parse(elsewhere.out)).toMatchObject({ written: ['config/crosswalk.yaml', table] })
  expect(await readFile(pathOf('copy/config/crosswalk.yaml'), 'utf8')).toBe(await readFile(rig.config, 'utf8'))
}, 60_000)
