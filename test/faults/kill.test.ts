import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openRig, type Rig } from '../rig.ts'
import { killRuns } from './kill.ts'
import { flawless, prove, settle, stock, summary } from './proof.ts'

const kills = 200
let rig: Rig

beforeAll(async () => {
  // A little latency spreads the moments of a run over its time; short leases are not needed, as each process has a name.
  rig = await openRig({
    simulators: { hubspot: { latencyMs: 4 }, odoo: { latencyMs: 4 } },
    crm: { indexDelaySeconds: 1 },
    orders: { batch: 3 },
    fulfilment: { batch: 4 },
  })
})
afterAll(() => rig.close())

test(`makes every order once although the process is killed ${kills} times`, async () => {
  const shop = stock(rig)
  const first = await rig.open()
  await first.crosswalk.setup('hubspot')
  await first.close()
  const { killed, ended } = await killRuns(rig, {
    kills,
    spanMs: 900,
    seed: 20_261_124,
    more(round) {
      shop.win(3)
      if (round % 25 === 0) shop.winUnknown()
    },
  })
  const opened = await rig.open()
  await settle(opened, 240_000)
  const proof = await prove(rig, opened)
  process.stderr.write(summary(`${killed} kills, ${ended} runs that ended`, proof))
  await opened.close()
  expect(killed).toBe(kills)
  expect(proof).toMatchObject(flawless)
  expect(proof.orders).toBe(proof.won - proof.problems)
}, 900_000)
