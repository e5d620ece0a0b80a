import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { flawless, prove, settle, stock } from '../faults/proof.ts'
import { openRig } from '../rig.ts'

// The owners of the files matter.
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to])

test('a restored backup is told: orders made since are taken over, none is made twice', async () => {
  const rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  const backup = `${rig.home}.backup`
  let project = await rig.open()
  const shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  shop.win(4)
  await settle(project)
  expect(await project.crosswalk.problems({ max: 5 })).toEqual([])
  await project.close()
  await copy(rig.home, backup)
  project = await rig.open()
  shop.win(3)
  await settle(project)
  await project.close()

  await rm(rig.home, { recursive: true })
  await copy(backup, rig.home)
  project = await rig.open()
  await settle(project)
  expect(await prove(rig, project)).toMatchObject({ ...flawless, orders: 7 })
  expect(await project.crosswalk.problems({ max: 5 })).toMatchObject([
    { kind: 'ledger_behind', waiting: 0, message: expect.stringMatching(/did not know, S\d+.* older than they are/) },
  ])
  expect(rig.log.join('')).toMatch(/"event":"ledger behind","sync":"orders","orders":3/)
  // New orders go on meanwhile, and the comparison closes it.
  shop.win(1)
  await settle(project)
  expect(await prove(rig, project)).toMatchObject({ ...flawless, orders: 8 })
  expect(await project.crosswalk.reconcile('orders', { mend: true })).toMatchObject({ missing: [], extra: [] })
  expect(await project.crosswalk.problems({ max: 5 })).toEqual([])
  await project.close()
  await rig.close()
}, 120_000)
