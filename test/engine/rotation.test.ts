import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { rotateSecret } from '../../src/app/project/rotate.ts'
import { type Instant, shift } from '../../src/core/time.ts'
import { flawless, prove, settle, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

let rig: Rig
let first: OpenProject
let second: OpenProject

beforeAll(async () => {
  rig = await openRig({ simulators: { odoo: { version: 'saas~19.1' } }, crm: { indexDelaySeconds: 0 } })
  first = await rig.open()
  second = await rig.open()
  await first.crosswalk.setup('hubspot')
})
afterAll(async () => {
  await first.close()
  await second.close()
  await rig.close()
})

/** As `days` from now, when the key in use is about to expire. */
const rotate = async (project: OpenProject, days: number) =>
  rotateSecret(
    project.projects.current().endpoint('odoo'),
    await project.stored.settings('odoo'),
    (changed) => project.stored.store('odoo', changed),
    {
      ...project.deps,
      clock: { ...project.deps.clock, now: () => shift(project.deps.clock.now(), days * 86_400_000) },
    },
  )

test('a key that expires soon is renewed while two processes work with it, and both go on', async () => {
  const shop = stock(rig)
  shop.win(3)
  await settle(first)
  await second.crosswalk.check([])
  expect(await rotate(first, 0)).toBe(false)
  expect(await rotate(first, 360)).toBe(true)
  const renewed = String((await first.stored.settings('odoo')).password)
  expect(renewed).not.toBe('admin')
  shop.win(3)
  // The second process still holds the old key, which was revoked.
  await settle(second)
  expect(await prove(rig, second)).toMatchObject({ ...flawless, orders: 6 })
  expect(await second.crosswalk.problems({ max: 10 })).toEqual([])
  expect(await rotate(first, 0)).toBe(false)
  expect(rig.log.join('')).not.toContain(renewed)
  expect((await first.crosswalk.check(['odoo']))[0]?.failure).toBeNull()
})

/** Rotates in the first process behind the back of the second, which goes on with a key that is revoked. */
async function revokeBehind(project: OpenProject): Promise<void> {
  await project.crosswalk.check([])
  expect(await rotate(first, 360)).toBe(true)
}
const failure = async (project: OpenProject) =>
  (await project.projects.current().endpoint('odoo').paused())?.message ?? null

test('calls that were under way with the old key go on with the new one, however late they are refused', async () => {
  await revokeBehind(second)
  const endpoint = second.projects.current().endpoint('odoo')
  // Refused only after the other call has taken over the new key.
  rig.odoo.fault({ match: { path: '/res.partner/' }, kind: 'slow', delayMs: 300 })
  const found = await Promise.all([
    endpoint.use((connection) => connection.find('res.partner', [{ key: 'late' }])),
    endpoint.use((connection) => connection.find('sale.order', [{ fields: { name: 'S00001' } }])),
    endpoint.use((connection) => connection.find('res.partner', [{ fields: { name: 'Nobody' } }])),
  ])
  expect(found).toHaveLength(3)
  expect(await failure(second)).toBeNull()
})

test('looking for changes takes over a renewed key as well', async () => {
  await revokeBehind(second)
  const pages: string[][] = []
  for await (const page of second.projects
    .current()
    .endpoint('odoo')
    .changes({ object: 'sale.order', paths: [], where: [] }, { from: '2026-01-01T00:00:00.000Z' as Instant }))
    pages.push([...page.ids])
  expect(pages.flat()).toHaveLength(6)
  expect(await failure(second)).toBeNull()
})

test('a key that a person writes into the configuration after a renewal is the one that counts', async () => {
  await rig.configure({ erp: { password: 'a-key-of-another-hand' } })
  const third = await rig.open()
  expect((await third.stored.settings('odoo')).password).toBe('a-key-of-another-hand')
  await third.close()
})
