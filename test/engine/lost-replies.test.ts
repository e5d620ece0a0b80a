import { afterEach, expect, test } from '@jest/globals'
import { flawless, prove, stock } from '../faults/proof.ts'
import { openRig, type Rig } from '../rig.ts'

const deals = 300
const batch = 30
let rig: Rig | null = null
afterEach(() => rig?.close())

test('orders are all made in one run, and none twice, though every seventh reply to a write is lost', async () => {
  rig = await openRig({
    crm: { indexDelaySeconds: 1 },
    erp: { loadOrders: 1 },
    orders: { batch },
  })
  const opened = await rig.open()
  await opened.crosswalk.setup('hubspot')
  const shop = stock(rig)
  shop.win(deals)
  const { create } = rig.erp.requests
  let creates = 0
  rig.erp.watch(create, 'arrived', () => {
    creates += 1
  })
  rig.erp.fault({ match: create, kind: 'lose_answer', every: 7, times: deals })

  let batches = 0
  const report = await opened.crosswalk.run([], {
    progress({ sync, phase }) {
      if (sync === 'orders' && phase === 'deliver') batches += 1
    },
  })
  rig.erp.clearFaults()
  const proof = await prove(rig, opened)
  const problems = await opened.crosswalk.problems({ max: 100 })
  await opened.close()
  process.stderr.write(
    `${deals} deals, one order a call: ${proof.orders} orders, ${batches} batches, ${creates} creates\n`,
  )
  expect(report.syncs.map(({ stopped }) => stopped)).toEqual([null, null])
  expect(report.waiting).toBe(0)
  expect(proof).toMatchObject({ ...flawless, won: deals, orders: deals })
  expect(problems).toEqual([])
  // The rest of a batch does not wait for what was lost, which is found by its key and, while a draft, written anew once.
  expect(creates).toBeLessThanOrEqual(1.25 * (deals + shop.companies.length))
  expect(batches).toBeLessThanOrEqual(4 * Math.ceil(deals / batch))
})
