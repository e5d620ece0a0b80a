import { expect, test } from '@jest/globals'
import { openRig } from '../rig.ts'

test('a system whose clock is another one is told by what its replies are dated', async () => {
  const rig = await openRig({ skewMs: 20 * 60_000 })
  const { crosswalk, clocks, deps, close } = await rig.open()
  for (let call = 0; call < 3; call += 1) await crosswalk.check(['hubspot'])
  await clocks.tell(['hubspot', 'odoo'], deps)
  expect(await crosswalk.problems({ max: 10 })).toMatchObject([
    {
      sync: 'connection hubspot',
      kind: 'configuration_invalid',
      message: 'The clock of a machine that Crosswalk runs on is 20 minutes behind the clock of connection "hubspot".',
    },
  ])
  await close()
  await rig.close()
})
