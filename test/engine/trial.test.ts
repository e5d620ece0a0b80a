import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Trial } from '../../src/app/engine/trial.ts'
import type { Examination, ProjectFile, Publication, Revised } from '../../src/app/project/projects.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import { type Api, apiOf } from '../api.ts'
import { stock } from '../faults/proof.ts'
import { openRig, type Rig } from '../rig.ts'

/* A changed mapping is tried on the deals that have orders, published, and taken back. */

const orderMapping = 'mappings/odoo/order.yaml'
const table = 'config/tables/refs.yaml'
const refs = 'Deal 1: REF-1\nDeal 2: REF-2\nDeal 3: REF-3\nDeal 4: REF-4\n'

let rig: Rig
let server: RunningServer
let deals: readonly string[]
let mapping: string

beforeAll(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  const shipped = await readFile(join(import.meta.dirname, '../..', orderMapping), 'utf8')
  mapping = shipped.replace(/client_order_ref:.*/, 'client_order_ref: { from: deal.name, map: refs }')
  for (const [path, text] of [
    [orderMapping, mapping],
    [table, refs],
  ] as const) {
    const place = join(dirname(dirname(rig.config)), path)
    await mkdir(dirname(place), { recursive: true })
    await writeFile(place, text)
  }
  const project = await rig.open()
  const shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  deals = shop.win(4)
  await project.crosswalk.run([], {})
  await project.close()
  server = await startServer({ config: rig.config, home: rig.home, environment: {}, role: 'api', log: () => undefined })
}, 60_000)
afterAll(async () => {
  await server.close()
  await rig.close()
})

const api: Api = (...asked) => apiOf(rig.home, server.url)(...asked)
const tried = (files: Record<string, string>, more: object = {}) =>
  api<Trial & Pick<Examination, 'findings'>>('POST', '/project/try', { files, sync: 'orders', ...more })

/** All that a trial could have changed. */
async function everything() {
  const { ledger } = server.opened.deps
  return JSON.stringify([
    rig.odoo.store.orders(),
    await ledger.links.list({ max: 100 }),
    await ledger.problems.list({ max: 100 }),
    await ledger.inbox.counts(),
    await ledger.revisions.newest(),
    await Promise.all(deals.map((id) => ledger.timeline.of({ id }))),
    await ledger.runs.list({ max: 100 }),
  ])
}

test('the files in force are given whole, with where they come from', async () => {
  const { files } = await api<{ files: readonly ProjectFile[] }>('GET', '/project/files')
  const one = (path: string) => files.find((file) => file.path === path)
  expect(one(orderMapping)).toEqual({
    ...{ path: orderMapping, kind: 'mapping', origin: 'disk', syncs: ['orders'], text: mapping },
  })
  expect(one('mappings/odoo/order.test.yaml')).toMatchObject({ kind: 'test', origin: 'shipped', syncs: ['orders'] })
  expect(one('mappings/hubspot/fulfilment.yaml')).toMatchObject({ origin: 'shipped', syncs: ['fulfilment'] })
  expect(one(table)).toEqual({ path: table, kind: 'table', origin: 'disk', syncs: [], text: refs })
  expect(one('config/tables/odoo-units.yaml')).toMatchObject({ kind: 'table', origin: 'shipped' })
  expect(one('config/crosswalk.yaml')).toBeUndefined()
})

test('what is wrong with a draft is told at its place, and nothing changes', async () => {
  const before = await everything()
  const broken = mapping.replace('  origin:', '  orign:')
  const line = broken.split('\n').findIndex((text) => text.includes('orign')) + 1
  const finding = expect.objectContaining({ file: orderMapping, line, column: 3, kind: 'unknown_field' })
  const change = { path: orderMapping, change: 'changed' }
  const checked = await api<Examination>('POST', '/project/check', { files: { [orderMapping]: broken } })
  expect(checked).toEqual({ changes: [change], findings: [finding], warnings: [], tests: [] })
  expect(await tried({ [orderMapping]: broken })).toEqual({
    findings: [finding],
    tried: 0,
    same: 0,
    fields: [],
    ends: [],
  })
  const sound = await api<Examination>('POST', '/project/check', { files: { 'mappings/odoo/order.test.yaml': '' } })
  expect(sound.findings).not.toEqual([])
  expect(await everything()).toBe(before)
}, 60_000)

test('a draft shows by field what would come out differently of the newest deals, and writes nothing', async () => {
  const before = await everything()
  const draft = mapping.replace('  origin: deal.number', '  origin: deal.name')
  const trial = await tried({ [orderMapping]: draft })
  expect(trial).toMatchObject({ findings: [], tried: 4, same: 0 })
  expect(trial.fields.map(({ of, field, records }) => [of, field, records])).toEqual([['record', 'origin', 4]])
  expect(trial.fields[0]?.examples[0]).toEqual({
    record: deals[3],
    label: expect.stringContaining('Deal 4'),
    line: null,
    before: { value: expect.stringContaining(deals[3] ?? ''), name: null },
    after: { value: 'Deal 4', name: null },
  })
  // The orders are confirmed, and stay as they are.
  expect(trial.ends).toEqual([])
  expect((await tried({ [orderMapping]: draft }, { last: 2 })).tried).toBe(2)
  expect((await tried({ [orderMapping]: draft }, { records: [deals[1] ?? ''] })).fields[0]?.examples[0]?.label).toMatch(
    /^Deal 2/,
  )
  expect((await tried({ [orderMapping]: `${mapping}# nothing else\n` })).same).toBe(4)
  expect(await everything()).toBe(before)
}, 60_000)

test('a draft by which a deal could not be delivered any more says which one and why', async () => {
  const before = await everything()
  const trial = await tried({ [table]: refs.replace('Deal 2', 'Deal 5') })
  expect(trial).toMatchObject({ tried: 4, same: 3, fields: [] })
  expect(trial.ends).toEqual([
    {
      record: deals[1],
      label: expect.stringContaining('Deal 2'),
      before: { action: 'nothing', failure: null },
      after: {
        action: 'problem',
        failure: expect.objectContaining({ message: expect.stringContaining('Deal 2') }),
      },
    },
  ])
  expect(await everything()).toBe(before)
}, 60_000)

test('what was published is listed, compared, and taken back', async () => {
  const draft = mapping.replace('  origin: deal.number', '  origin: deal.name')
  const publish = (files: object, note: string) => api<Publication>('POST', '/project/publish', { files, note })
  await publish({ [table]: `${refs}Deal 5: REF-5\n` }, 'a fifth')
  await publish({ [orderMapping]: draft, 'mappings/acme/extra.yaml': mapping }, 'by name')
  const { files } = await api<Revised>('GET', '/revisions/2')
  expect(files).toEqual([
    { path: 'mappings/acme/extra.yaml', before: null, after: mapping },
    { path: orderMapping, before: mapping, after: draft },
  ])
  const first = await api<Revised>('GET', '/revisions/1')
  expect(first.files.find((file) => file.path === table)?.after).toBe(`${refs}Deal 5: REF-5\n`)

  const reverted = await api<Publication>('POST', '/revisions/1/revert', {})
  expect(reverted).toMatchObject({ findings: [], revision: { number: 3, note: 'Back to revision 1' } })
  expect(reverted.changes).toEqual([
    { path: 'mappings/acme/extra.yaml', change: 'removed' },
    { path: orderMapping, change: 'changed' },
  ])
  const { files: inForce } = await api<{ files: readonly ProjectFile[] }>('GET', '/project/files')
  expect(inForce.find((file) => file.path === orderMapping)).toMatchObject({ origin: 'disk', text: mapping })
  expect(inForce.find((file) => file.path === table)).toMatchObject({ origin: 'published' })
  const { revisions } = await api<{ revisions: readonly { number: number; kept: boolean }[] }>('GET', '/revisions')
  expect(revisions.map((one) => [one.number, one.kept])).toEqual([
    [3, true],
    [2, true],
    [1, true],
  ])
  const lost = await rig.cli('publish', '--revert', '9').done
  expect([lost.code, lost.err]).toEqual([2, expect.stringContaining('The files of revision 9 are not kept')])
}, 60_000)

test('what is changed on disk is tried by the command line against what is published', async () => {
  const same = await rig.cli('replay').done
  expect([same.code, same.out]).toEqual([0, '✓ 4 of 4 records come out the same\n'])
  await writeFile(
    join(dirname(dirname(rig.config)), orderMapping),
    mapping.replace('  origin: deal.number', '  origin: deal.name'),
  )
  const changed = await rig.cli('replay', '--last', '3').done
  expect(changed.code).toBe(0)
  expect(changed.out).toContain('0 of 3 records come out the same')
  expect(changed.out).toMatch(/origin +3 +Deal 4/)
}, 60_000)
