import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import type { ConfigChange } from '../project-folder.ts'
import { openPair, type Pair } from '../rig.ts'
import { killRuns } from './kill.ts'
import { flawless, prove, settle, stock, summary } from './proof.ts'

interface Options {
  readonly crm: string
  readonly erp: string
  readonly kills: number
  readonly seed: number
  readonly change?: ConfigChange
}

/** Kills the process between two systems at random moments of its runs, and holds both against each other at the end. */
export function testKills({ crm, erp, kills, seed, change }: Options): void {
  let pair: Pair

  beforeAll(async () => {
    const [startCrm, startErp] = [simulatedCrms[crm], simulatedErps[erp]]
    if (startCrm === undefined || startErp === undefined) throw new Error(`no simulators of ${crm} and ${erp}`)
    // A little latency spreads the moments of a run over its time; short leases are not needed, as each process has a name.
    pair = await openPair(
      { system: crm, simulator: await startCrm({ latencyMs: 4 }) },
      { system: erp, simulator: await startErp({ latencyMs: 4 }) },
      { orders: { batch: 3 }, fulfilment: { batch: 4 }, ...change },
    )
  })
  afterAll(() => pair?.close())

  test(`from ${crm} to ${erp} every order is made once although the process is killed ${kills} times`, async () => {
    const shop = stock(pair)
    const first = await pair.open()
    await first.crosswalk.setup(crm)
    await first.close()
    const { killed, ended } = await killRuns(pair, {
      kills,
      seed,
      more(round) {
        shop.win(3)
        if (round % 25 === 0) shop.winUnknown()
      },
    })
    const made = pair.erp.erp.orders().length
    const opened = await pair.open()
    await settle(opened, 240_000)
    const proof = await prove(pair, opened)
    process.stderr.write(summary(`${crm} → ${erp}, ${killed} kills, ${ended} runs that ended, ${made} orders`, proof))
    await opened.close()
    expect(killed).toBe(kills)
    // The kills struck runs at work, not programs that were still starting.
    expect(made).toBeGreaterThan(proof.orders / 4)
    expect(proof).toMatchObject(flawless)
    expect(proof.orders).toBe(proof.won - proof.problems)
  }, 900_000)
}
