import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { projectFiles, readOwnFiles } from './project-files.ts'

let root: string
let shipped: string
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-files-'))
  root = join(folder, 'project')
  shipped = join(folder, 'shipped')
  const texts = {
    'config/crosswalk.yaml': 'configuration',
    'config/tables/terms.yaml': 'a: own',
    'mappings/odoo/order.yaml': 'own order',
    'mappings/odoo/notes.txt': 'no mapping',
    // As a container's platform mounts files: links into a folder with a hidden name.
    'mappings/acme/..2026_11_24/deal.yaml': 'linked deal',
    'elsewhere/order.yaml': 'own, elsewhere',
  }
  const ofPackage = {
    'config/tables/terms.yaml': 'a: shipped',
    'config/tables/countries.yaml': 'DE: Germany',
    'mappings/odoo/order.yaml': 'shipped order',
    'mappings/odoo/order.test.yaml': 'shipped test',
  }
  for (const [place, files] of [[root, texts] as const, [shipped, ofPackage] as const]) {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(place, path, '..'), { recursive: true })
      await writeFile(join(place, path), text)
    }
  }
  await symlink('..2026_11_24/deal.yaml', join(root, 'mappings/acme/deal.yaml'))
  await symlink('nowhere.yaml', join(root, 'mappings/acme/gone.yaml'))
})
afterAll(() => rm(join(root, '..'), { recursive: true }))

const own = () => readOwnFiles(root, join(root, 'config/crosswalk.yaml'))

test('a project consists of its configuration, its mappings and its tables', async () => {
  expect(Object.fromEntries(await own())).toEqual({
    'config/crosswalk.yaml': 'configuration',
    'config/tables/terms.yaml': 'a: own',
    'mappings/acme/deal.yaml': 'linked deal',
    'mappings/odoo/order.yaml': 'own order',
  })
})

test('what it does not have itself is shipped, whatever comes to the disk meanwhile', async () => {
  const files = projectFiles(new Map([['config/tables/terms.yaml', 'a: own']]), { root, shipped })
  expect((await files.mapping('mappings/odoo/order.yaml')).text).toBe('shipped order')
  expect((await files.testFile('mappings/odoo/order.yaml'))?.text).toBe('shipped test')
  expect(await files.tables()).toEqual({ terms: { a: 'own' }, countries: { DE: 'Germany' } })
  expect((await files.mapping('elsewhere/order.yaml')).text).toBe('own, elsewhere')
  await expect(files.mapping('mappings/odoo/none.yaml')).rejects.toThrow('there is no such mapping')
})

test('a file of any size is looked at before it is read', async () => {
  const paths = ['elsewhere/large.yaml', 'mappings/odoo/large.yaml']
  for (const path of paths) {
    await writeFile(join(root, path), '')
    await truncate(join(root, path), 3_000_000_000)
  }
  try {
    const [elsewhere = ''] = paths
    await expect(projectFiles(new Map(), { root, shipped }).mapping(elsewhere)).rejects.toThrow('has 3000000000 bytes')
    await expect(own()).rejects.toThrow('has 3000000000 bytes')
  } finally {
    for (const path of paths) await rm(join(root, path))
  }
})
