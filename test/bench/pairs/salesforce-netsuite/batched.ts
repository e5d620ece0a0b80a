import type { Connection } from 'jsforce'
import { inChunks } from '../../chunks.ts'
import type { Contestant } from '../../contestant.ts'
import type { Target } from '../../target.ts'
import { openNetsuiteRest } from './netsuite-rest.ts'
import { customerBody, itemIdsOf, orderBody } from './orders.ts'
import { type AccountFields, type LineFields, openSalesforce, orderNumberField } from './salesforce.ts'

interface Opportunity {
  readonly Id: string
  readonly Amount: number
  readonly Account: AccountFields
  readonly OpportunityLineItems: { readonly records: readonly LineFields[] }
}

// As many calls at once as the connectors allow themselves, records a call as the systems allow.
const salesforceAtOnce = 6
const netsuiteAtOnce = 2
const opportunitiesPerPage = 200
const idsPerQuery = 1000
const recordsPerUpdate = 200

/**
 * The practical limit: the fewest calls that both systems allow, those of one step side by side. It keeps no ledger,
 * looks for no order or customer before it makes one, and is not fit for a second run.
 * @param approves  `at once` makes orders approved; `after a look` compares their totals first, a call more for each
 */
export async function openBatched(
  { crm, erp }: Target,
  approves: 'at once' | 'after a look' = 'at once',
): Promise<Contestant> {
  const salesforce = await openSalesforce(crm)
  const netsuite = await openNetsuiteRest(erp)
  return {
    postgresPid: null,
    async pass() {
      const found = await wonOpportunities(salesforce)
      const linesOf = ({ OpportunityLineItems }: Opportunity) => OpportunityLineItems.records
      const itemIds = await itemIdsOf(netsuite, found.flatMap(linesOf))
      const accounts = [...new Map(found.map(({ Account }) => [Account.Id, Account])).values()]
      const customerIds = new Map<string, string>()
      await inChunks(accounts, 1, netsuiteAtOnce, async (part) => {
        for (const one of part) customerIds.set(one.Id, await netsuite.create('customer', customerBody(one)))
      })
      const opportunityOf = new Map<string, string>()
      await inChunks(found, 1, netsuiteAtOnce, async (part) => {
        for (const one of part) {
          const customerId = customerIds.get(one.Account.Id) ?? ''
          const body = orderBody(one.Id, customerId, approves === 'at once' ? 'B' : 'A', linesOf(one), itemIds)
          opportunityOf.set(await netsuite.create('salesOrder', body), one.Id)
        }
      })
      const amounts = new Map(found.map(({ Id, Amount }) => [Id, Amount]))
      const agreed: string[] = []
      const numbers: { Id: string; [orderNumberField]: string }[] = []
      await inChunks([...opportunityOf.keys()], idsPerQuery, netsuiteAtOnce, async (part) => {
        const marks = part.map(() => '?').join(', ')
        const rows = await netsuite.query(
          `SELECT t.id, t.tranid, t.foreigntotal FROM transaction t WHERE t.id IN (${marks})`,
          part,
        )
        for (const { id = '', tranid = '', foreigntotal } of rows) {
          const Id = opportunityOf.get(id) ?? ''
          numbers.push({ Id, [orderNumberField]: tranid })
          if (Number(foreigntotal) === amounts.get(Id)) agreed.push(id)
        }
      })
      if (approves === 'after a look') {
        await inChunks(agreed, 1, netsuiteAtOnce, async (part) => {
          for (const id of part) await netsuite.update('salesOrder', id, { orderStatus: { id: 'B' } })
        })
      }
      await inChunks(numbers, recordsPerUpdate, salesforceAtOnce, async (part) => {
        const saved = await salesforce.sobject('Opportunity').update([...part], { allOrNone: false })
        const refused = saved.find((one) => !one.success)
        if (refused !== undefined) throw new Error(`Salesforce refused an order number: ${JSON.stringify(refused)}`)
      })
      return { created: numbers.length }
    },
    async close() {},
  }
}

/** With their lines and accounts, each page from the last id seen. */
async function wonOpportunities(salesforce: Connection): Promise<readonly Opportunity[]> {
  const found: Opportunity[] = []
  for (;;) {
    const last = found.at(-1)?.Id
    const { records } = await salesforce.query<Opportunity>(
      'SELECT Id, Name, CloseDate, Amount, Account.Id, Account.Name, Account.BillingStreet, Account.BillingCity, ' +
        'Account.BillingPostalCode, (SELECT Id, Quantity, UnitPrice, Product2.ProductCode FROM OpportunityLineItems) ' +
        `FROM Opportunity WHERE IsWon = TRUE ${last === undefined ? '' : `AND Id > '${last}' `}` +
        `ORDER BY Id LIMIT ${opportunitiesPerPage}`,
    )
    found.push(...records)
    if (records.length < opportunitiesPerPage) return found
  }
}
