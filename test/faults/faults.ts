import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import type { ConfigChange, OpenProject } from '../project-folder.ts'
import { openPair, type Pair } from '../rig.ts'
import { dealOf, flawless, prove, settle, stock, summary } from './proof.ts'
import { scenariosOf } from './scenarios.ts'

interface Systems {
  readonly crm: string
  readonly erp: string
  /** Settings that make batches small, so that faults strike between them, and waits short. */
  readonly change?: ConfigChange
}

/** Runs the whole list of faults between two simulated systems, one after the other on one ledger. */
export async function describeFaults({ crm, erp, change }: Systems): Promise<void> {
  // The list itself differs by what the systems know, and must be there before the tests are named.
  const systems = await Promise.all([start(simulatedCrms, crm), start(simulatedErps, erp)])
  const scenarios = scenariosOf(...systems)

  describe(`between ${crm} and ${erp}, after a fault`, () => {
    let pair: Pair
    let opened: OpenProject
    let shop: ReturnType<typeof stock>
    let lines = ''
    let bad = 0

    beforeAll(async () => {
      const sides = [
        { system: crm, simulator: systems[0] },
        { system: erp, simulator: systems[1] },
      ] as const
      pair = await openPair(...sides, { orders: { batch: 8 }, ...change })
      opened = await pair.open()
      shop = stock(pair)
      await opened.crosswalk.setup(crm)
      await settle(opened)
    })
    afterAll(async () => {
      process.stderr.write(lines)
      await opened?.close()
      await pair?.close()
    })
    afterEach(() => {
      pair.crm.clearFaults()
      pair.erp.clearFaults()
    })

    test.each(scenarios)(
      '$name',
      async ({ name, crm: ofCrm = [], erp: ofErp = [] }) => {
        const won = [...shop.win(20), shop.winUnknown()]
        bad += 1
        pair.crm.fault(...ofCrm)
        pair.erp.fault(...ofErp)
        await settle(opened)
        const proof = await prove(pair, opened)
        lines += summary(`${crm} → ${erp}, ${name}`, proof)
        expect(proof).toMatchObject({ ...flawless, problems: bad })
        const delivered = new Set(pair.erp.erp.orders().map((order) => dealOf(order.key)))
        expect(won.filter((id) => !delivered.has(id))).toEqual(won.slice(-1))
      },
      90_000,
    )

    test.each(['crm', 'erp'] as const)(
      'an expired login of the %s pauses it, and work goes on once it is mended',
      async (side) => {
        const before = pair.erp.erp.orders().length
        shop.win(5)
        pair[side].fault({ match: {}, ...pair[side].trouble.loginExpired, times: 1000 })
        const report = await opened.crosswalk.run([], {})
        expect(report.syncs.find((sync) => sync.stopped !== null)?.stopped?.problem.kind).toBe('auth_rejected')
        await opened.crosswalk.run([], {})
        expect(pair.erp.erp.orders()).toHaveLength(before)
        pair[side].clearFaults()
        const [check] = await opened.crosswalk.check([side === 'crm' ? crm : erp])
        expect(check?.failure).toBeNull()
        await settle(opened)
        expect(await prove(pair, opened)).toMatchObject(flawless)
        expect(pair.erp.erp.orders()).toHaveLength(before + 5)
      },
      60_000,
    )
  })
}

function start<System>(list: Readonly<Record<string, () => Promise<System>>>, name: string): Promise<System> {
  const found = list[name]
  if (found === undefined) throw new Error(`there is no simulator of "${name}"`)
  return found()
}
