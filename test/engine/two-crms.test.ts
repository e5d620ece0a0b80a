import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import { startSalesforceSimulator } from '../../connectors/salesforce/simulator/index.ts'
import { simulatedErps } from '../../connectors/simulators.ts'
import { settle } from '../faults/proof.ts'
import { openPair } from '../rig.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

test.each(Object.entries(simulatedErps))(
  'two CRMs deliver to one %s, and share a customer there',
  async (system, start) => {
    const currency = 'EUR'
    const hubspot = await startHubspotSimulator({ currency })
    const salesforce = await startSalesforceSimulator({ currency })
    const erp = await start({ currency })
    const pair = await openPair({ system: 'hubspot', simulator: hubspot }, { system, simulator: erp })
    closing.push(pair.close, salesforce.close)
    const config = parse(await readFile(pair.config, 'utf8'))
    config.connections.salesforce = { system: 'salesforce', settings: salesforce.settings }
    config.syncs.salesforce_orders = { ...config.syncs.orders, from: 'salesforce' }
    config.syncs.salesforce_fulfilment = { ...config.syncs.fulfilment, to: 'salesforce', of: 'salesforce_orders' }
    await writeFile(pair.config, stringify(config, { aliasDuplicateObjects: false }))
    const opened = await pair.open()
    closing.push(opened.close)
    for (const crm of ['hubspot', 'salesforce']) await opened.crosswalk.setup(crm)

    erp.erp.addProduct({ sku: 'LAMP', price: '39.9' })
    const crms = [hubspot.crm, salesforce.crm]
    const companies = crms.map((crm) => crm.addCompany({ name: 'Shared AG', domain: 'shared.example' }))
    const win = () =>
      crms.map((crm, index) => {
        const lines = [{ sku: 'LAMP', quantity: '3', price: '39.9' }]
        return crm.addDeal({ name: 'Lamps', companyId: companies[index] ?? '', lines })
      })
    // One after the other, and once more when both links are there.
    for (let round = 1; round <= 2; round += 1) {
      const deals = win()
      await settle(opened)
      const numbers = crms.map((crm, index) => crm.deal(deals[index] ?? '')?.shown.orderNumber)
      const problems = await opened.crosswalk.problems({ max: 10 })
      expect(problems.map((problem) => problem.message)).toEqual([])
      expect(erp.erp.orders().map((order) => order.number)).toEqual(expect.arrayContaining(numbers))
      expect(erp.erp.orders()).toHaveLength(2 * round)
    }
    // What is no id of this ERP is no customer of it either.
    const linking = opened.crosswalk.linkCustomer({ customer: 'company-1', target: 'Shared AG', move: false })
    await expect(linking).rejects.toThrow('has no customer "Shared AG"')
    expect(new Set(erp.erp.orders().map((order) => order.customerId)).size).toBe(1)
    expect(erp.erp.customers().filter((customer) => customer.name === 'Shared AG')).toHaveLength(1)
  },
)
