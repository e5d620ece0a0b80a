import type { RecordRef } from '../../core/ref.ts'

/** Whose data is to be found: customers and contacts as the links of one sync know them. */
export interface Traces {
  readonly sync: string
  readonly connection: string
  /** Kinds of the sync's links. */
  readonly kinds: { readonly order: string; readonly customer: string; readonly below: readonly string[] }
  /** What the records of orders are called in the source. */
  readonly object: string
  /** Fields of an order that name its customer, or an address or contact below it. */
  readonly fields: readonly string[]
}
export interface Whom {
  readonly customers: readonly string[]
  /** Persons below a customer. */
  readonly contacts: readonly string[]
  readonly deals: readonly string[]
}

/** Everything of a person that has a place of its own. */
export interface Found {
  /** Ids of the links of the person, and of those of its orders. */
  readonly people: readonly string[]
  readonly orders: readonly string[]
  /** Orders of these that are neither paid nor cancelled. */
  readonly open: number
  /** Deals and customers whose timelines and problems are theirs alone. */
  readonly records: readonly RecordRef[]
  /** By which they are found in texts of others. */
  readonly names: readonly string[]
}

/** Rows that were erased or changed, by what people call them. */
export interface Erased {
  readonly links: number
  readonly timeline: number
  readonly problems: number
  readonly webhooks: number
  readonly alerts: number
  readonly certificates: number
  readonly runs: number
  /** Pages of their orders that were shown to whoever has the link. */
  readonly shares: number
}

/** Removes the data of a person who asks to be forgotten; keys and numbers stay, so that no order is made again. */
export interface Erasure {
  find(traces: Traces, whom: Whom): Promise<Found>
  /** To be called in a transaction. */
  erase(traces: Traces, found: Found): Promise<Erased>
}
