import type { Connection } from 'jsforce'
import type { Contestant } from '../../contestant.ts'
import type { Target } from '../../target.ts'
import { type NetsuiteRest, openNetsuiteRest } from './netsuite-rest.ts'
import { customerBody, itemIdsOf, orderBody } from './orders.ts'
import { type AccountFields, type LineFields, openSalesforce, orderNumberField } from './salesforce.ts'

interface Opportunity {
  readonly Id: string
  readonly AccountId: string
}

/** One opportunity after the other with the usual clients, as an integrator writes it in an afternoon. */
export async function openSequential({ crm, erp }: Target): Promise<Contestant> {
  const salesforce = await openSalesforce(crm)
  const netsuite = await openNetsuiteRest(erp)
  return {
    postgresPid: null,
    async pass() {
      let orders = 0
      for (;;) {
        // Opportunities that got their number leave the query, so that the next page is again the first one.
        const page = await salesforce.query<Opportunity>(
          `SELECT Id, AccountId FROM Opportunity WHERE IsWon = TRUE AND ${orderNumberField} = null ` +
            'ORDER BY SystemModstamp LIMIT 200',
        )
        for (const opportunity of page.records) await sell(salesforce, netsuite, opportunity)
        orders += page.records.length
        if (page.records.length < 200) return orders === 0 ? {} : { created: orders }
      }
    },
    async close() {},
  }
}

async function sell(salesforce: Connection, netsuite: NetsuiteRest, { Id: id, AccountId }: Opportunity): Promise<void> {
  const { records: lines } = await salesforce.query<LineFields>(
    `SELECT Quantity, UnitPrice, Product2.ProductCode FROM OpportunityLineItem WHERE OpportunityId = '${id}'`,
  )
  const { records } = await salesforce.query<AccountFields>(
    `SELECT Id, Name, BillingStreet, BillingCity, BillingPostalCode FROM Account WHERE Id = '${AccountId}'`,
  )
  const [account] = records
  if (account === undefined) throw new Error(`opportunity ${id} has no account`)
  const known = await netsuite.get('customer', `eid:CRM-CUST-${AccountId}`, 'id')
  const customerId = known?.id ?? (await netsuite.create('customer', customerBody(account)))
  const itemIds = await itemIdsOf(netsuite, lines)
  const orderId = await netsuite.create('salesOrder', orderBody(id, customerId, 'A', lines, itemIds))
  await netsuite.update('salesOrder', orderId, { orderStatus: { id: 'B' } })
  const order = await netsuite.get('salesOrder', orderId, 'tranId')
  const saved = await salesforce.sobject('Opportunity').update({ Id: id, [orderNumberField]: order?.tranId ?? '' })
  if (!saved.success) throw new Error(`Salesforce refused the order number: ${JSON.stringify(saved.errors)}`)
}
