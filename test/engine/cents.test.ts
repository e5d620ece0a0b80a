import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import { settle } from '../faults/proof.ts'
import { openPair } from '../rig.ts'

/*
 * Discounts that unit prices of two digits cannot carry: the order is worth what the deal is, to the cent.
 */

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function begin(erpSystem: string) {
  const crm = await simulatedCrms.hubspot?.({ currency: 'EUR' })
  const erp = await simulatedErps[erpSystem]?.({ currency: 'EUR' })
  if (crm === undefined || erp === undefined) throw new Error('no such simulator')
  const pair = await openPair({ system: 'hubspot', simulator: crm }, { system: erpSystem, simulator: erp })
  closing.push(pair.close)
  // A discount of the whole deal, as a project keeps it in a property of its own.
  const shipped = await readFile(new URL('../../mappings/hubspot/deal.yaml', import.meta.url), 'utf8')
  const folder = join(dirname(pair.config), '..', 'mappings', 'hubspot')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'deal.yaml'), shipped.replace('\nfields:\n', '\nfields:\n  discount: { value: "10" }\n'))
  const opened = await pair.open()
  closing.push(opened.close)
  await opened.crosswalk.setup('hubspot')
  const companyId = crm.crm.addCompany({ name: 'Nordlicht GmbH', domain: 'nordlicht.example' })
  return { crm, erp, opened, companyId }
}

test.each(Object.keys(simulatedErps))('10 off seven pieces of 100 is an order of 690 in %s', async (system) => {
  const { crm, erp, opened, companyId } = await begin(system)
  erp.erp.addProduct({ sku: 'CHAIR', name: 'Chair', price: '100' })
  crm.crm.addDeal({
    name: 'Seven',
    companyId,
    amount: '690',
    lines: [{ sku: 'CHAIR', name: 'Chair', quantity: '7', price: '100' }],
  })
  await settle(opened)
  expect((await opened.crosswalk.problems({ max: 10 })).map((problem) => problem.message)).toEqual([])
  expect(erp.erp.orders()).toMatchObject([{ state: 'confirmed', net: '690' }])
})

test('a discount of the deal is spread over its lines, and each of them is right', async () => {
  const { crm, erp, opened, companyId } = await begin('odoo')
  const lines = ['CHAIR', 'DESK', 'LAMP'].map((sku, index) => ({
    sku,
    name: sku,
    quantity: String(3 + 4 * index),
    price: `${100 + index}.99`,
  }))
  for (const { sku, price } of lines) erp.erp.addProduct({ sku, name: sku, price })
  // 3 × 100.99 + 7 × 101.99 + 11 × 102.99 − 10
  crm.crm.addDeal({ name: 'Three', companyId, amount: '2139.79', lines })
  await settle(opened)
  expect((await opened.crosswalk.problems({ max: 10 })).map((problem) => problem.message)).toEqual([])
  expect(erp.erp.orders()).toMatchObject([{ state: 'confirmed', net: '2139.79' }])
})
