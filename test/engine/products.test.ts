import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import type { CrmProduct, ErpCatalogue, SimulatedErp } from '../../src/simulator/world.ts'
import type { OpenProject } from '../project-folder.ts'
import { openPair, type Pair } from '../rig.ts'

/*
 * Products with price and stock, from every ERP whose products can be read into the catalogue of every CRM.
 */

const withCatalogue: [string, string][] = []
for (const [erp, start] of Object.entries(simulatedErps)) {
  const probe = await start()
  if (probe.erp.catalogue !== null) for (const crm of Object.keys(simulatedCrms)) withCatalogue.push([erp, crm])
  await probe.close()
}

test('the products of some ERP can be read', () => expect(withCatalogue.length).toBeGreaterThan(0))

describe.each(withCatalogue)('from %s to %s', (erpName, crmName) => {
  let pair: Pair
  let opened: OpenProject
  let catalogue: ErpCatalogue

  beforeAll(async () => {
    const [startCrm, startErp] = [simulatedCrms[crmName], simulatedErps[erpName]]
    if (startCrm === undefined || startErp === undefined) throw new Error(`no simulators of ${crmName} and ${erpName}`)
    pair = await openPair(
      { system: crmName, simulator: await startCrm({ currency: 'EUR' }) },
      { system: erpName, simulator: await startErp({ currency: 'EUR' }) },
    )
    const config = parse(await readFile(pair.config, 'utf8'))
    config.syncs = { products: { document: 'product', from: erpName, to: crmName, schedule: null } }
    await writeFile(pair.config, stringify(config))
    opened = await pair.open()
    await opened.crosswalk.setup(crmName)
    catalogue = theirs(pair.erp)
  }, 120_000)
  afterAll(async () => {
    await opened?.close()
    await pair?.close()
  })

  const theirs = ({ erp }: SimulatedErp): ErpCatalogue => {
    if (erp.catalogue === null) throw new Error('its products cannot be read')
    return erp.catalogue
  }
  const shown = (sku: string): CrmProduct | undefined => {
    const found = pair.crm.crm.products().filter((product) => product.sku === sku)
    expect(found.length).toBeLessThan(2)
    return found[0]
  }
  /** Looks until it shows: stamps of whole seconds tell a second change in one second late. */
  async function until(holds: () => boolean): Promise<Record<string, number>> {
    for (let round = 0; ; round += 1) {
      const report = await opened.crosswalk.run([], {})
      if (holds() || round > 60) return { ...report.syncs[0]?.counts }
      await opened.deps.clock.sleep(250)
    }
  }
  const add = (sku: string, more: { price?: string } = {}) =>
    pair.erp.erp.addProduct({ sku, name: `Product ${sku}`, price: '10', ...more })

  test('the mappings that ship fit both systems, and their own tests pass', async () => {
    expect(await opened.crosswalk.lint({ offline: false })).toEqual([])
    expect((await opened.crosswalk.test()).filter((one) => !one.ok)).toEqual([])
  }, 120_000)

  test('products come with price, state and stock, and are met again without a write', async () => {
    const desk = add('DESK', { price: '420.5' })
    catalogue.change(desk, { onHand: '7' })
    add('LAMP')
    await until(() => shown('DESK')?.onHand === '7' && shown('LAMP') !== undefined)
    expect(shown('DESK')).toMatchObject({ name: 'Product DESK', active: true, prices: { EUR: '420.5' }, onHand: '7' })
    expect(shown('DESK')?.key).toMatch(/_product_/)
    expect(Date.parse(shown('DESK')?.asOf ?? '')).not.toBeNaN()
    const asOf = shown('DESK')?.asOf
    await opened.crosswalk.retry({ sync: 'products', records: [desk] })
    const { syncs } = await opened.crosswalk.run([], {})
    expect(Object.keys(syncs[0]?.counts ?? {})).toEqual(['unchanged'])
    // That the stock was counted again is no news.
    expect(shown('DESK')?.asOf).toBe(asOf)
  }, 120_000)

  test('a new price and a new stock arrive; only the price is told as a story', async () => {
    const { id = '' } = catalogue.products().find((one) => one.sku === 'DESK') ?? {}
    const story = async () =>
      (await opened.crosswalk.timeline({ id })).map(({ event }) => event).filter((event) => event !== 'retried')
    catalogue.change(id, { onHand: '3' })
    await until(() => shown('DESK')?.onHand === '3')
    expect(shown('DESK')).toMatchObject({ onHand: '3', prices: { EUR: '420.5' } })
    expect(await story()).toEqual(['created'])
    catalogue.change(id, { price: '399' })
    await until(() => shown('DESK')?.prices.EUR === '399')
    expect(shown('DESK')?.prices).toEqual({ EUR: '399' })
    expect(await story()).toEqual(['created', 'updated'])
  }, 120_000)

  test('a product of that SKU that is there already is used, and none is made beside it', async () => {
    const own = pair.crm.crm.addProduct({ sku: 'OLD', name: 'Typed in by hand' })
    add('OLD')
    await until(() => shown('OLD')?.name === 'Product OLD')
    expect(shown('OLD')).toMatchObject({ id: own, name: 'Product OLD', prices: { EUR: '10' } })
  }, 120_000)

  test('a product that is no longer sold is shown so; one that was never there is not made', async () => {
    const lamp = catalogue.products().find((one) => one.sku === 'LAMP')?.id ?? ''
    catalogue.change(lamp, { active: false })
    const gone = add('GONE')
    catalogue.change(gone, { active: false })
    await until(() => shown('LAMP')?.active === false)
    expect([shown('LAMP')?.active, shown('GONE')]).toEqual([false, undefined])
    expect(await opened.crosswalk.problems({ max: 10 })).toEqual([])
  }, 120_000)

  test('a preview shows what would come and writes nothing', async () => {
    const id = add('NEXT')
    const preview = await opened.crosswalk.preview(id, { record: 'product' })
    expect(preview).toMatchObject({ action: 'create', failures: [] })
    expect(preview.fields.length).toBeGreaterThan(3)
    expect(shown('NEXT')).toBeUndefined()
    await until(() => shown('NEXT') !== undefined)
    expect(await opened.crosswalk.preview(id, { record: 'product' })).toMatchObject({ action: 'nothing' })
  }, 120_000)

  test.each(['lose_answer', 'cut', 'refuse'] as const)(
    'every call once: %s makes nothing double',
    async (kind) => {
      const skus = Array.from({ length: 5 }, (_one, index) => `${kind}-${index}`)
      for (const sku of skus) add(sku)
      for (let skip = 0; skip < 6; skip += 1) {
        pair.crm.fault({ match: {}, kind, times: 1, skip })
        pair.erp.fault({ match: {}, kind, times: 1, skip })
        await opened.crosswalk.run([], {})
      }
      pair.crm.clearFaults()
      pair.erp.clearFaults()
      await until(() => skus.every((sku) => shown(sku) !== undefined))
      for (const sku of skus) expect(shown(sku)?.prices).toEqual({ EUR: '10' })
      expect(await opened.crosswalk.problems({ max: 10 })).toEqual([])
    },
    240_000,
  )
})
