import type { Values } from './store.ts'

export interface NewDeal {
  readonly name?: string
  readonly stage?: string
  readonly companyId?: string
  readonly companyIds?: readonly string[]
  readonly contactId?: string
  readonly ownerId?: string
  readonly properties?: Values
  readonly lines?: readonly Values[]
  /** Epoch milliseconds. */
  readonly modifiedAt?: number
}

/** What a person at the real system would do. */
export interface HubspotStore {
  addCompany(properties: Values): string
  addContact(properties: Values): string
  addProduct(properties: Values): string
  addOwner(owner: { firstName: string; lastName: string; email: string; archived?: boolean }): string
  /** Who leaves is archived. */
  updateOwner(id: string, change: { email?: string; archived?: boolean }): void
  /** @returns its id; the amount is the sum of the lines unless given */
  addDeal(deal: NewDeal): string
  addLine(dealId: string, properties: Values): string
  /** Gives a deal another company in place of all it has. */
  moveDeal(id: string, companyId: string): void
  updateDeal(id: string, properties: Values): void
  updateRecord(object: string, id: string, properties: Values): void
  archive(object: string, id: string): void
  restore(object: string, id: string): void
  merge(object: string, winnerId: string, loserId: string): void
  /** Null when there is none, or it is archived. */
  deal(id: string): { readonly id: string; readonly properties: Values; readonly lines: readonly Values[] } | null
  deals(): readonly { readonly id: string; readonly properties: Values }[]
  products(): readonly { readonly id: string; readonly properties: Values }[]
  addProperty(object: string, name: string, type: string): void
  removeProperty(object: string, name: string): void
  setScopes(scopes: readonly string[]): void
  setIndexDelay(ms: number): void
  /** Every access token that OAuth gave out stops working. */
  expireTokens(): void
  /** Sends webhooks from now on. */
  sendWebhooks(target: WebhookTarget): void
  /** Resolves when all webhooks so far are answered: statuses in order of sending. */
  flushWebhooks(): Promise<readonly number[]>
  /** Sends everything sent so far again, with the next attempt number. */
  redeliverWebhooks(): Promise<readonly number[]>
}
export interface WebhookTarget {
  readonly url: string
  readonly clientSecret: string
  /** How often each request is sent; 1 when not given. */
  readonly copies?: number
  /** Newest event first, and later requests before earlier ones. */
  readonly reversed?: boolean
}
