import type { Json, JsonObject } from '../core/json.ts'
import type { Fault, Match, Simulator } from './server.ts'

/*
 * What all simulated systems of one role have in common, in our words, so that one demo, one fault list and one benchmark
 * serve every pair. Ids and amounts are text; money and quantities are plain decimals.
 */

/** A simulated system, ready to be connected to. */
export interface SimulatedSystem extends Simulator {
  /** Settings of a connection to it, without what only a test would set. */
  readonly settings: Readonly<Record<string, Json>>
  /** What the real system answers in trouble, to be put in force as a fault. */
  readonly trouble: {
    readonly rateLimited: Trouble
    readonly loginExpired: Trouble
    /** A lock or a lost race: nothing was done. Null when the system knows none. */
    readonly busy: Trouble | null
  }
  /** The quotas whose state its replies tell; null where it has none. */
  readonly quota: SimulatedQuota | null
}
interface SimulatedQuota {
  /** How many windows it counts. */
  readonly windows: number
  /** Allows so many calls from now on, in each of its windows. */
  limit(calls: number): void
  /** Calls of other integrations of the account. */
  spend(calls: number): void
}
/** A fault without the requests that it strikes. */
export type Trouble = Omit<Fault, 'match'>

export interface SimulatedCrm extends SimulatedSystem {
  readonly crm: CrmWorld
  readonly words: CrmWords
  /** Which requests do what, for faults. */
  readonly requests: { readonly changes: Match; readonly read: Match; readonly report: Match }
  /** Sends webhooks there from now on, with the secrets of `settings`. */
  sendWebhooks(url: string): void
}

/** The CRM's own words for what every CRM has, as paths of its records. */
interface CrmWords {
  /** The object whose records are deals. */
  readonly deal: string
  readonly name: string
  /** Where a deal shows the number of its order. */
  readonly shown: string
}

/** What the people who sell do in the CRM. */
export interface CrmWorld {
  /** Whether a deal's amount can differ from the sum of its lines. */
  readonly amountIsFree: boolean
  addCompany(company: NewCompany): string
  addContact(contact: NewContact): string
  /** Somebody who sells. @returns the id that deals name */
  addOwner(owner: { readonly firstName: string; readonly lastName: string; readonly email: string }): string
  /** `active: false` for one who leaves. */
  changeOwner(id: string, change: { readonly email?: string; readonly active?: boolean }): void
  /** @returns its id. Its amount is the sum of its lines unless given */
  addDeal(deal: NewDeal): string
  changeDeal(id: string, change: DealChange): void
  /** Adds a line; the deal's amount follows where it is not free. */
  addLine(dealId: string, line: NewLine): void
  deals(): readonly CrmDeal[]
  /** Null when there is none. */
  deal(id: string): CrmDeal | null
  /** A product that was there before. @returns its id */
  addProduct(product: { readonly sku: string; readonly name: string }): string
  products(): readonly CrmProduct[]
}
export interface CrmProduct {
  readonly id: string
  readonly sku: string
  readonly name: string
  /** Ours; null on a product of somebody else. */
  readonly key: string | null
  readonly active: boolean
  /** By ISO 4217 code. */
  readonly prices: Readonly<Record<string, string>>
  readonly onHand: string | null
  readonly available: string | null
  readonly asOf: string | null
}
interface NewCompany {
  readonly name: string
  readonly domain?: string
  readonly street?: string
  readonly city?: string
  readonly zip?: string
  /** English name: `Germany`. */
  readonly country?: string
}
interface NewContact {
  readonly firstName: string
  readonly lastName: string
  readonly email?: string
  readonly city?: string
}
interface NewDeal {
  readonly name: string
  /** Won unless given. */
  readonly state?: DealState
  readonly companyId?: string
  readonly contactId?: string
  readonly ownerId?: string
  /** ISO 4217; the account's own when not given. */
  readonly currency?: string
  readonly amount?: string
  readonly lines?: readonly NewLine[]
  /** When it was made and last changed, epoch milliseconds; the system's own time when not given. */
  readonly modifiedAt?: number
}
export interface NewLine {
  readonly sku: string
  readonly name?: string
  readonly quantity: string
  readonly price: string
  readonly discountPercent?: string
  /** An amount off one unit; a CRM that knows percentages only lowers the price by it. */
  readonly discountEach?: string
}
interface DealChange {
  readonly name?: string
  readonly amount?: string
  readonly state?: DealState
  readonly ownerId?: string
  /** When it was won. */
  readonly wonAt?: string
}
type DealState = 'open' | 'won' | 'lost'
export interface CrmDeal {
  readonly id: string
  readonly name: string
  readonly won: boolean
  readonly amount: string | null
  /** What was written back; null where nothing is shown. */
  readonly shown: {
    readonly orderNumber: string | null
    readonly status: string | null
    readonly problem: string | null
    readonly trackingNumber: string | null
    readonly outstanding: string | null
  }
}

export interface SimulatedErp extends SimulatedSystem {
  readonly erp: ErpWorld
  readonly words: ErpWords
  readonly requests: { readonly create: Match; readonly confirm: Match; readonly read: Match; readonly changes: Match }
}

/** The ERP's own words for what every ERP has, and how an order is put into them. */
interface ErpWords {
  /** The object whose records are orders, and the field with its lines. */
  readonly order: string
  readonly lines: string
  readonly customer: { readonly object: string; readonly name: string }
  readonly product: { readonly object: string; readonly sku: string }
  /** What makes an order, but for its lines. */
  fields(customerId: string): JsonObject
  line(productId: string, quantity: string): JsonObject
  /** A line's quantity. */
  readonly quantity: string
  /** A reference to nothing, in a field of the order. */
  readonly bad: JsonObject
  /** How an order is sent to a street of its own; null where orders have no addresses. */
  readonly shipTo: null | {
    /** The record below the customer that the order refers to; null where the order holds the address itself. */
    readonly place: null | ((customerId: string, street: string) => { object: string; fields: JsonObject })
    /** @param place  the id of that record */
    fields(street: string, place: string | null): JsonObject
  }
}

/** What the people who deliver do in the ERP. */
export interface ErpWorld {
  addProduct(product: NewErpProduct): string
  /** Null where products cannot be read. */
  readonly catalogue: ErpCatalogue | null
  orders(): readonly ErpOrder[]
  /** Null when there is none. */
  order(id: string): ErpOrder | null
  customers(): readonly { readonly id: string; readonly name: string; readonly key: string | null }[]
  /** Advances every confirmed order that is not finished by one step. @returns how many moved */
  tick(): number
  /** Ships all that is left, or one part of it. */
  ship(orderId: string, options?: { readonly part?: boolean }): void
  invoice(orderId: string): void
  pay(orderId: string, amount: string): void
  cancel(orderId: string): void
  /** Removes an order as a person would, whatever must be done before. */
  remove(orderId: string): void
}
/** What the people who keep the catalogue do. */
export interface ErpCatalogue {
  products(): readonly ErpProduct[]
  change(id: string, change: { price?: string; onHand?: string; active?: boolean; name?: string }): void
}
interface ErpProduct {
  readonly id: string
  readonly sku: string
  readonly name: string
  readonly active: boolean
  /** In the company's currency. */
  readonly price: string
  readonly onHand: string
  readonly available: string
}
interface NewErpProduct {
  readonly sku: string
  readonly name?: string
  readonly price?: string
  /** From where it comes when it is ordered; `stock` when not given. */
  readonly route?: 'stock' | 'make' | 'buy' | 'service'
}
export interface ErpOrder {
  readonly id: string
  readonly number: string
  /** Ours: `hubspot_4711_deal_901`; null on an order of somebody else. */
  readonly key: string | null
  readonly state: 'draft' | 'confirmed' | 'cancelled'
  readonly customerId: string
  /** Where its goods and its bill go; null where an order has no addresses. */
  readonly shipTo: Place | null
  readonly billTo: Place | null
  readonly currency: string
  readonly net: string
  readonly total: string
  readonly lines: readonly { readonly sku: string; readonly quantity: string; readonly shipped: string }[]
}
interface Place {
  readonly name: string | null
  readonly street: string | null
  readonly city: string | null
}
