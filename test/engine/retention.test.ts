import { expect, test } from '@jest/globals'
import type { Instant } from '../../src/core/time.ts'
import { settle } from '../faults/proof.ts'
import { openRig } from '../rig.ts'

test('a run removes what is too old, once a day, as no server may ever do it', async () => {
  const rig = await openRig()
  const project = await rig.open()
  await project.crosswalk.setup('hubspot')
  const { ledger } = project.deps
  const ref = { connection: 'hubspot', object: 'deals', id: 'old' }
  const told = { sync: 'orders', ref, event: 'created', text: '', details: null, actor: null }
  const add = (at: string) => ledger.timeline.add([{ ...told, at: at as Instant }])
  const days = async () => (await ledger.timeline.of(ref)).map(({ at }) => at.slice(0, 10))
  const today = new Date().toISOString()
  await add('2020-01-01T00:00:00.000Z')
  await add(today)
  await settle(project)
  expect(await days()).toEqual([today.slice(0, 10)])
  await add('2020-01-02T00:00:00.000Z')
  await settle(project)
  expect(await days()).toEqual(['2020-01-02', today.slice(0, 10)])
  await project.close()
  await rig.close()
})
