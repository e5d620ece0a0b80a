import type { NetsuiteRest } from './netsuite-rest.ts'
import type { AccountFields, LineFields } from './salesforce.ts'

/** A customer as it is made, in the only subsidiary. */
export const customerBody = (account: AccountFields) => ({
  externalId: `CRM-CUST-${account.Id}`,
  isPerson: false,
  companyName: account.Name,
  subsidiary: { id: '1' },
  addressBook: {
    items: [
      {
        defaultBilling: true,
        defaultShipping: true,
        addressBookAddress: {
          addressee: account.Name,
          addr1: account.BillingStreet,
          city: account.BillingCity,
          zip: account.BillingPostalCode,
          country: { id: 'DE' },
        },
      },
    ],
  },
})

/** An order at the prices of the CRM. @param status  `A` pending approval, `B` approved */
export const orderBody = (
  id: string,
  customerId: string,
  status: 'A' | 'B',
  lines: readonly LineFields[],
  itemIds: ReadonlyMap<string, string>,
) => ({
  externalId: `CRM-SO-${id}`,
  entity: { id: customerId },
  orderStatus: { id: status },
  otherRefNum: id,
  item: {
    items: lines.map(({ Quantity, UnitPrice, Product2 }) => ({
      item: { id: itemIds.get(Product2.ProductCode) },
      quantity: Quantity,
      price: { id: '-1' },
      rate: UnitPrice,
    })),
  },
})

/** The ids of items, by SKU. */
export async function itemIdsOf(
  netsuite: NetsuiteRest,
  lines: readonly LineFields[],
): Promise<ReadonlyMap<string, string>> {
  const skus = [...new Set(lines.map((line) => line.Product2.ProductCode))]
  const marks = skus.map(() => '?').join(', ')
  const rows = await netsuite.query(`SELECT i.id, i.itemid FROM item i WHERE i.itemid IN (${marks})`, skus)
  return new Map(rows.map(({ itemid = '', id = '' }) => [itemid, id]))
}
