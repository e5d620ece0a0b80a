import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Crosswalk } from '../../src/app/crosswalk.ts'
import { settle, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

/* Whatever a person has done is known by name. */

let rig: Rig
let project: OpenProject
let ida: Crosswalk
let shop: ReturnType<typeof stock>
const actor = 'ida@host'

beforeAll(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  project = await rig.open()
  ida = project.crosswalk.as(actor)
  shop = stock(rig)
  await ida.setup('hubspot')
})
afterAll(async () => {
  await project.close()
  await rig.close()
})

const lines = (event: string) =>
  rig.log.map((line) => JSON.parse(line) as { event: string }).filter((line) => line.event === event)
const run = async (kind: string) => (await project.crosswalk.runs({ max: 100 })).find((one) => one.kind === kind)

test('a sync can be held, and orders be allowed, before it ever ran', async () => {
  await project.crosswalk.hold('fulfilment', 'not yet')
  await project.crosswalk.resume('fulfilment', { allow: 1 })
  expect((await project.crosswalk.run(['orders'], { allow: 5 })).problems).toBe(0)
  expect((await project.crosswalk.status()).syncs.map((one) => one.heldBecause)).toEqual([null, null])
})

test('runs, backfills, reconciliations and retries', async () => {
  shop.wonEarlier('2025-05-31T12:00:00Z')
  const unknown = shop.winUnknown()
  shop.win(1)
  await ida.run([], {})
  expect(await run('manual')).toMatchObject({ actor })
  await settle(project)
  await ida.backfill('orders', { from: '2025-01-01T00:00:00.000Z' as never, dryRun: false })
  expect(await run('backfill')).toMatchObject({ actor })
  await ida.reconcile('orders', { mend: true })
  expect(await run('reconcile')).toMatchObject({ actor })
  expect(await ida.retry({ sync: 'orders', records: [unknown] })).toBe(1)
  expect(await run('retry')).toMatchObject({ actor })
  const told = (await project.crosswalk.timeline({ id: unknown })).filter((entry) => entry.event === 'retried')
  expect(told).toMatchObject([{ actor }])
}, 60_000)

test('holding, resuming, allowing, setting up and publishing', async () => {
  await ida.hold('orders', 'stocktaking')
  const held = (await project.crosswalk.status()).syncs.find((one) => one.sync === 'orders')
  expect(held?.heldBecause).toBe('stocktaking (ida@host)')
  expect(lines('sync held').at(-1)).toMatchObject({ sync: 'orders', because: 'stocktaking', actor })
  await ida.resume('orders', { allow: 5 })
  expect(lines('sync resumed').at(-1)).toMatchObject({ sync: 'orders', actor })
  expect(lines('new orders allowed').at(-1)).toMatchObject({ sync: 'orders', orders: 5, actor })
  expect(lines('fields created')).toEqual([expect.objectContaining({ connection: 'hubspot', actor })])
  const { revision } = await ida.publish(null, { note: 'first' })
  expect(revision).toMatchObject({ number: 1, actor, note: 'first' })
  expect(lines('published')).toEqual([expect.objectContaining({ revision: 1, actor })])
})

test('what Crosswalk does by itself is nobody’s', async () => {
  shop.win(1)
  await project.crosswalk.run([], { kind: 'scheduled' })
  expect(await run('scheduled')).toMatchObject({ actor: null })
})
