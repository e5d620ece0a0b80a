import { Connection } from 'jsforce'
import { control } from '../../control.ts'
import { type Connected, setting } from '../../target.ts'

export interface AccountFields {
  readonly Id: string
  readonly Name: string
  readonly BillingStreet: string
  readonly BillingCity: string
  readonly BillingPostalCode: string
}
export interface LineFields {
  readonly Quantity: number
  readonly UnitPrice: number
  readonly Product2: { readonly ProductCode: string }
}
export const orderNumberField = 'ERP_Order_Number__c'

/** Logged in by client credentials. The field for the order number is there, as an admin makes one: by hand. */
export async function openSalesforce(salesforce: Connected): Promise<Connection> {
  const url = setting(salesforce, 'url')
  await control(url, 'add_field', {
    object: 'Opportunity',
    field: { name: orderNumberField, label: 'ERP order number' },
  })
  const connection = new Connection({
    oauth2: {
      clientId: setting(salesforce, 'clientId'),
      clientSecret: setting(salesforce, 'clientSecret'),
      loginUrl: url,
    },
    instanceUrl: url,
    version: '67.0',
  })
  await connection.authorize({ grant_type: 'client_credentials' })
  return connection
}
