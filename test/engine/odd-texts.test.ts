import { afterEach, expect, test } from '@jest/globals'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import { settle } from '../faults/proof.ts'
import { longText } from '../ledger/fresh-ledger.ts'
import { openPair } from '../rig.ts'

/*
 * Texts that PostgreSQL cannot hold, and texts longer than an index takes: nobody else's order waits for them.
 */

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

test.each([
  ['hubspot', 'odoo', 6_000],
  // As long as it may be there.
  ['salesforce', 'netsuite', 180],
])('odd texts of %s reach %s, or fail alone', async (crmName, erpName, skuLength) => {
  const crm = await simulatedCrms[crmName]?.({ currency: 'EUR' })
  const erp = await simulatedErps[erpName]?.({ currency: 'EUR' })
  if (crm === undefined || erp === undefined) throw new Error(`there is no ${crmName} or no ${erpName}`)
  const pair = await openPair({ system: crmName, simulator: crm }, { system: erpName, simulator: erp })
  closing.push(pair.close)
  const opened = await pair.open()
  closing.push(opened.close)
  await opened.crosswalk.setup(crmName)
  const companyId = crm.crm.addCompany({ name: 'Nord\u0000licht \ud800 GmbH', domain: 'nordlicht.example' })
  const lineOf = (sku: string, name: string) => ({ sku, name, quantity: '1', price: '10' })
  const win = (name: string, line = lineOf('A-1', 'A')) => crm.crm.addDeal({ name, companyId, lines: [line] })
  erp.erp.addProduct({ sku: 'A-1', name: 'A', price: '10' })
  const odd = win('Half \ud83d of a\u0000pair')
  const plain = win('Plain')
  const long = win('Long', lineOf(longText(skuLength), 'B'))
  await settle(opened)
  const problems = await opened.crosswalk.problems({ max: 10 })
  expect(problems.map(({ records }) => records.map(({ id }) => id))).toEqual([[long]])
  expect(erp.erp.orders()).toHaveLength(2)
  for (const deal of [odd, plain]) expect(crm.crm.deal(deal)?.shown.orderNumber).not.toBe('')
  const links = await opened.crosswalk.deals({ max: 10 })
  expect(links.find(({ source }) => source.ref.id === odd)?.source.label).toContain('Half \ufffd of a\ufffdpair')
  expect(erp.erp.customers().map(({ name }) => name)).toContain('Nord\ufffdlicht \ufffd GmbH')
  // Nothing is found to have changed where nothing did.
  const before = erp.erp.orders()
  crm.crm.changeDeal(plain, { name: 'Plain, once more' })
  await settle(opened)
  expect(erp.erp.orders().map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  expect(await opened.crosswalk.problems({ max: 10 })).toHaveLength(1)
})
