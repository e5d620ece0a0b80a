import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import type { PairNames } from '../extent.ts'
import { lazily, openPairOf, startOf } from '../rig.ts'
import { dealOf, flawless, news, type Proof, prove, settle, stock, summary } from './proof.ts'
import { scenariosOf } from './scenarios.ts'

/** Runs the whole list of faults between simulated systems, one fault after the other on one ledger a pair. */
export async function describeFaults(pairs: readonly PairNames[]): Promise<void> {
  // The list itself differs by what the systems know, and must be there before the tests are named.
  const lists = await Promise.all(pairs.map(async (pair) => ({ ...pair, scenarios: await listOf(pair) })))

  describe.each(lists)('between $crm and $erp, after a fault', ({ crm, erp, scenarios }) => {
    const opening = lazily(async () => {
      const pair = await openPairOf({ crm, erp }, {}, { orders: { batch: 8 } })
      const opened = await pair.open()
      const shop = stock(pair)
      await opened.crosswalk.setup(crm)
      await settle(opened, pair)
      return { pair, opened, shop }
    })
    let current: Awaited<ReturnType<typeof opening.get>>
    let lines = ''
    let before: Proof | null = null

    beforeEach(async () => {
      current = await opening.get()
    })
    afterEach(async () => {
      const { pair } = (await opening.ifOpened()) ?? {}
      pair?.crm.clearFaults()
      pair?.erp.clearFaults()
    })
    afterAll(async () => {
      process.stderr.write(lines)
      const done = await opening.ifOpened()
      await done?.opened.close()
      await done?.pair.close()
    })

    test.each(scenarios)('$name', async ({ name, crm: ofCrm = [], erp: ofErp = [] }) => {
      const { pair, opened, shop } = current
      const won = shop.win(20)
      const bad = shop.winUnknown()
      pair.crm.fault(...ofCrm)
      pair.erp.fault(...ofErp)
      await settle(opened, pair)
      const proof = await prove(pair, opened)
      lines += summary(`${crm} → ${erp}, ${name}`, proof)
      const found = news(proof, before)
      before = proof
      expect(found).toEqual({ ...flawless, held: [bad] })
      const delivered = new Set(pair.erp.erp.orders().map((order) => dealOf(order.key)))
      expect(won.filter((id) => !delivered.has(id))).toEqual([])
    })

    test.each(['crm', 'erp'] as const)(
      'an expired login of the %s pauses it, and work goes on once it is mended',
      async (side) => {
        const { pair, opened, shop } = current
        const orders = pair.erp.erp.orders().length
        shop.win(5)
        pair[side].fault({ match: {}, ...pair[side].trouble.loginExpired, times: 1000 })
        const report = await opened.crosswalk.run([], {})
        expect(report.syncs.find((sync) => sync.stopped !== null)?.stopped?.problem.kind).toBe('auth_rejected')
        await opened.crosswalk.run([], {})
        expect(pair.erp.erp.orders()).toHaveLength(orders)
        pair[side].clearFaults()
        const [check] = await opened.crosswalk.check([side === 'crm' ? crm : erp])
        expect(check?.failure).toBeNull()
        await settle(opened, pair)
        const proof = await prove(pair, opened)
        const found = news(proof, before)
        before = proof
        expect(found).toEqual({ ...flawless, held: [] })
        expect(pair.erp.erp.orders()).toHaveLength(orders + 5)
      },
    )
  })
}

async function listOf({ crm, erp }: PairNames) {
  const systems = await Promise.all([startOf(simulatedCrms, crm)(), startOf(simulatedErps, erp)()])
  await Promise.all(systems.map((system) => system.close()))
  return scenariosOf(...systems)
}
