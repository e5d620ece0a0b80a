import type { Connection } from '../../src/ports/connector.ts'

/** Holds our key: an External ID that is unique, so that Salesforce itself keeps one record for a key. */
export const keyField = 'ERP_Key__c'

const keyed = { create: true, key: 'unique', acts: ['update'] } as const

/** What is written. Opportunities are made by people; they carry no key, and are written by their id. */
export const writes: Connection['writes'] = {
  Opportunity: { create: false, key: 'none', acts: ['update'] },
  Product2: keyed,
  Account: keyed,
  Contact: keyed,
}

export const isWritten = (object: string): boolean => Object.hasOwn(writes, object)
export const isKeyed = (object: string): boolean => isWritten(object) && writes[object]?.key === 'unique'

/** The list of a product that is written along with it. */
export const priceList = { owner: 'Product2', name: 'PricebookEntries', object: 'PricebookEntry' } as const
/** Fields of a price that tell whose it is, which we give. */
export const priceOwners: readonly string[] = ['Pricebook2Id', 'Product2Id']
