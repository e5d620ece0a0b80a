import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { coveringPairs } from '../extent.ts'
import { settle, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openPairOf, type Pair, type Timed } from '../rig.ts'

/*
 * An order that somebody changed in the ERP, in every ERP: told, accepted, overwritten.
 */

const pairs = coveringPairs(Object.keys(simulatedCrms), Object.keys(simulatedErps))

describe.each(pairs)('$crm with $erp', ({ crm, erp }) => {
  let pair: Pair & Timed
  let project: OpenProject
  let sold: string
  beforeAll(async () => {
    pair = await openPairOf({ crm, erp })
    project = await pair.open()
    await project.crosswalk.setup(crm)
    const shop = stock(pair)
    sold = shop.win(2)[1] ?? ''
    await later()
  }, 120_000)
  afterAll(async () => {
    await project.close()
    await pair.close()
  })

  async function later(): Promise<void> {
    for (const _ of [1, 2, 3]) {
      pair.pass(60_000)
      await settle(project, pair)
    }
  }
  const linkOf = async () => {
    const link = (await project.crosswalk.deals({ max: 10 })).find(({ source }) => source.ref.id === sold)
    if (link === undefined) throw new Error('no order was made')
    return link
  }
  const quantity = () => {
    const order = pair.erp.erp.orders().find((one) => one.key?.endsWith(`_deal_${sold}`))
    return order?.lines.find(({ sku }) => sku === 'A-1')?.quantity
  }
  const problems = () => project.crosswalk.problems({ max: 10 })
  /** As another program does it, in the ERP's own words: so many of the first line, at a price of 10. */
  async function edit(count: number): Promise<void> {
    const { target } = await linkOf()
    const [key = ''] = Object.keys((target.written?.lines ?? {}) as JsonObject)
    const endpoint = project.projects.current().endpoint(erp)
    const names = endpoint.connection.writes[target.object]?.lineFields
    if (names === undefined) throw new Error(`${erp} does not say how its lines can be compared`)
    const { quantity, amount } = names
    const fields = { [quantity]: String(count), ...(amount === undefined ? {} : { [amount]: String(count * 10) }) }
    const lines = { field: pair.erp.words.lines, upsert: [{ key, fields }], remove: [] }
    const update = { do: 'update', object: target.object, id: target.id ?? '', key: null, fields: {}, lines } as const
    expect(await endpoint.use((connection) => connection.write([update]))).toMatchObject([{ ok: true }])
    await later()
  }

  test('is told of, accepted, told of again, and overwritten', async () => {
    expect(await problems()).toEqual([])
    const before = quantity()
    await edit(1)
    const [problem] = await problems()
    expect(problem).toMatchObject({ kind: 'order_drifted', records: [{ id: sold }] })
    expect(problem?.message).toContain('A 3 → 1')
    await project.crosswalk.decide({ deal: sold, decision: 'accept' })
    await later()
    expect(await problems()).toEqual([])
    expect(quantity()).toBe('1')
    await edit(5)
    expect((await problems())[0]?.message).toContain('A 1 → 5')
    await project.crosswalk.decide({ deal: sold, decision: 'overwrite' })
    await later()
    expect(await problems()).toEqual([])
    expect(quantity()).toBe(before)
  })
})
