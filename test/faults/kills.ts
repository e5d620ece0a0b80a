import { afterAll, describe, expect, test } from '@jest/globals'
import { allPairs, type PairNames, seed } from '../extent.ts'
import { lazily, openPairOf } from '../rig.ts'
import { killRuns, killSummary } from './kill.ts'
import { flawless, prove, settle, stock, summary } from './proof.ts'

const kills = 100
const budgetMs = 240_000

/** Kills the process between two systems where something is in doubt, and holds both against each other at the end. */
export function describeKills(pairs: readonly PairNames[]): void {
  describe.each(pairs)('from $crm to $erp', ({ crm, erp }) => {
    // A little latency spreads the moments of a run over its time.
    const opening = lazily(() =>
      openPairOf({ crm, erp }, { latencyMs: 4 }, { orders: { batch: 3 }, fulfilment: { batch: 4 } }),
    )
    afterAll(async () => (await opening.ifOpened())?.close())

    test(
      `every order is made once although the process is killed ${kills} times`,
      async () => {
        const pair = await opening.get()
        const shop = stock(pair)
        const first = await pair.open()
        await first.crosswalk.setup(crm)
        await first.close()
        const report = await killRuns(pair, {
          systems: {
            crm: { simulator: pair.crm, report: pair.crm.requests.report },
            erp: { simulator: pair.erp, create: pair.erp.requests.create, confirm: pair.erp.requests.confirm },
          },
          kills,
          budgetMs,
          // Each pair has choices of its own.
          seed: seed + allPairs.findIndex((one) => one.crm === crm && one.erp === erp),
          more(round) {
            shop.win(3)
            // Customers are made as well, not only orders of those that are known.
            if (round % 5 === 0) shop.join()
            if (round % 25 === 0) shop.winUnknown()
          },
        })
        const opened = await pair.open()
        await settle(opened)
        const proof = await prove(pair, opened)
        process.stderr.write(summary(`${crm} → ${erp}, ${killSummary(report, seed)}`, proof))
        await opened.close()
        expect(report.short).toEqual([])
        expect(proof).toMatchObject(flawless)
        // Nothing waits that need not.
        expect([...proof.held].sort()).toEqual([...shop.unknown].sort())
        expect(proof.orders).toBe(proof.won - proof.problems)
      },
      // Twice the budget, and the runs before and after it on a machine that has much else to do.
      3 * budgetMs,
    )
  })
}
