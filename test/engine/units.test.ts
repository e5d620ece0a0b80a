import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { startNetsuiteSimulator } from '../../connectors/netsuite/simulator/index.ts'
import { startOdooSimulator } from '../../connectors/odoo/simulator/index.ts'
import { startSalesforceSimulator } from '../../connectors/salesforce/simulator/index.ts'
import { settle } from '../faults/proof.ts'
import { openPair } from '../rig.ts'

/*
 * What is sold in one unit and kept in another: as many things are to leave the warehouse as the deal says.
 */

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** @param mapping  an order mapping of the project's own */
async function begin({ version = '14.0', mapping }: { version?: string; mapping?: string } = {}) {
  const salesforce = await startSalesforceSimulator({ currency: 'EUR' })
  const odoo = await startOdooSimulator({ currency: 'EUR', version })
  const pair = await openPair({ system: 'salesforce', simulator: salesforce }, { system: 'odoo', simulator: odoo })
  closing.push(pair.close)
  if (mapping !== undefined) {
    const folder = join(dirname(pair.config), '..', 'mappings', 'odoo')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'order.yaml'), mapping)
  }
  const opened = await pair.open()
  closing.push(opened.close)
  await opened.crosswalk.setup('salesforce')
  const accountId = salesforce.store.addAccount({ Name: 'Nordlicht GmbH' })
  /** @param unit  in Salesforce; none when not given */
  function win(quantity: string, unit?: string): string {
    const fields = unit === undefined ? {} : { QuantityUnitOfMeasure: unit }
    salesforce.store.addProduct({ sku: 'EGG', fields })
    return salesforce.store.addOpportunity({ accountId, lines: [{ sku: 'EGG', quantity, price: '1' }] })
  }
  const problems = async () => (await opened.crosswalk.problems({ max: 10 })).map((problem) => problem.message)
  return { opened, odoo, win, problems }
}

test.each(['14.0', '19.0'])('24 Each of what Odoo %s counts in dozens are 24 units', async (version) => {
  const { odoo, win, opened, problems } = await begin({ version })
  odoo.store.addProduct({ sku: 'EGG', unit: 'Dozens' })
  win('24', 'Each')
  await settle(opened)
  expect(await problems()).toEqual([])
  const [order] = odoo.store.orders()
  expect(order).toMatchObject({ state: 'sale', amountUntaxed: 24, lines: [{ quantity: 24, unit: 'Units', price: 1 }] })
  expect(odoo.store.products()[0]?.available).toBe(998)
})

test('a deal without units is in those of the product', async () => {
  const { odoo, win, opened, problems } = await begin()
  odoo.store.addProduct({ sku: 'EGG', unit: 'Dozens' })
  win('2')
  await settle(opened)
  expect([await problems(), odoo.store.orders()[0]?.lines]).toMatchObject([[], [{ quantity: 2, unit: 'Dozens' }]])
})

test('a unit that the product cannot be counted in is a problem with both, and nothing is made', async () => {
  const { odoo, win, opened, problems } = await begin()
  odoo.store.addProduct({ sku: 'EGG', name: 'Egg', unit: 'Hours' })
  win('24', 'Each')
  await settle(opened)
  expect(odoo.store.orders()).toEqual([])
  expect(await problems()).toEqual([expect.stringMatching(/\[EGG\] Egg in "Units" and Odoo in "Hours"/)])
})

test('a word that the table does not have is a problem, and nothing is made', async () => {
  const { odoo, win, opened, problems } = await begin()
  odoo.store.addProduct({ sku: 'EGG' })
  win('24', 'Crate')
  await settle(opened)
  expect([odoo.store.orders(), await problems()]).toEqual([[], [expect.stringContaining('"Crate"')]])
})

test('an order whose mapping leaves the unit out stays a draft, and the problem names both', async () => {
  const shipped = await readFile(new URL('../../mappings/odoo/order.yaml', import.meta.url), 'utf8')
  const { odoo, win, opened, problems } = await begin({ mapping: shipped.replace(/^ +unit: .*$/m, '') })
  odoo.store.addProduct({ sku: 'EGG', unit: 'Dozens' })
  win('24', 'Each')
  await settle(opened)
  expect(odoo.store.orders()[0]).toMatchObject({ state: 'draft', amountUntaxed: 24 })
  expect(await problems()).toEqual([expect.stringContaining('has 24 Dozens of EGG, but the deal has 24 Each')])
})

describe('with NetSuite', () => {
  async function beginNetsuite() {
    const salesforce = await startSalesforceSimulator({ currency: 'EUR' })
    const netsuite = await startNetsuiteSimulator({ currency: 'EUR' })
    const pair = await openPair(
      { system: 'salesforce', simulator: salesforce },
      { system: 'netsuite', simulator: netsuite },
    )
    closing.push(pair.close)
    const opened = await pair.open()
    closing.push(opened.close)
    await opened.crosswalk.setup('salesforce')
    const accountId = salesforce.store.addAccount({ Name: 'Nordlicht GmbH' })
    const win = (quantity: string, unit?: string): string => {
      const fields = unit === undefined ? {} : { QuantityUnitOfMeasure: unit }
      salesforce.store.addProduct({ sku: 'EGG', fields })
      return salesforce.store.addOpportunity({ accountId, lines: [{ sku: 'EGG', quantity, price: '1' }] })
    }
    const problems = async () => (await opened.crosswalk.problems({ max: 10 })).map((problem) => problem.message)
    return { opened, netsuite, salesforce, win, problems }
  }
  const each = { name: 'Each' }
  const dozen = { name: 'Dozen', rate: 12 }

  test('24 Each of what is sold in dozens are 24, and what is told is in the unit of the line', async () => {
    const { netsuite, salesforce, win, opened, problems } = await beginNetsuite()
    netsuite.store.addItem({ sku: 'EGG', unit: each, saleUnit: dozen })
    const id = win('24', 'each')
    await settle(opened)
    expect(await problems()).toEqual([])
    const [order] = netsuite.store.orders()
    expect(order).toMatchObject({ net: '24', lines: [{ quantity: '24', unit: 'Each', rate: '1' }] })
    expect(salesforce.crm.deal(id)?.shown.status).toBe('confirmed')
  })

  test('a deal without units is in the one the item is sold in', async () => {
    const { netsuite, win, opened, problems } = await beginNetsuite()
    netsuite.store.addItem({ sku: 'EGG', unit: each, saleUnit: dozen })
    win('2')
    await settle(opened)
    expect([await problems(), netsuite.store.orders()[0]?.lines]).toMatchObject([
      [],
      [{ quantity: '24', unit: 'Dozen' }],
    ])
  })

  test('an item without units is counted in pieces, and in nothing else', async () => {
    const { netsuite, win, opened, problems } = await beginNetsuite()
    netsuite.store.addItem({ sku: 'EGG' })
    win('24', 'Each')
    await settle(opened)
    expect([await problems(), netsuite.store.orders()[0]?.lines]).toMatchObject([[], [{ quantity: '24', unit: null }]])
  })

  test.each([
    ['an item without units', {}, 'EGG in "Box" and NetSuite without a unit'],
    ['an item of other units', { unit: each, saleUnit: dozen }, 'EGG in "Box" and NetSuite in "Dozen"'],
  ])('a unit that does not fit %s is a problem with both, and nothing is made', async (_name, item, text) => {
    const { netsuite, win, opened, problems } = await beginNetsuite()
    netsuite.store.addItem({ sku: 'EGG', ...item })
    netsuite.store.addItem({ sku: 'OTHER', unit: { name: 'Box' } })
    win('24', 'Box')
    await settle(opened)
    expect([netsuite.store.orders(), await problems()]).toEqual([[], [expect.stringContaining(text)]])
  })
})
