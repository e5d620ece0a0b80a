import type { Decimal } from '../../core/decimal.ts'
import type { JsonObject } from '../../core/json.ts'
import type { RecordKind, RecordRef } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'
import type { Direction, Page, Place } from './page.ts'

/** The pair of records that are one thing in both systems. `intended → sent → linked | rejected | unknown`. */
export interface Link {
  readonly id: string
  readonly sync: string
  /** The flow's: `order`, `customer`, `product`. */
  readonly kind: string
  readonly key: string
  readonly state: LinkState
  readonly source: SourceEnd
  readonly target: TargetEnd
  /** Of the deal; null where it is not known. */
  readonly worth: Worth | null
  /** How the target was come by. */
  readonly origin: 'created' | 'adopted' | null
  /** The last known stage of the target document, null when unknown. */
  readonly stage: string | null
  /** What people decided about differences between the two ends, null where nothing was. */
  readonly decisions: JsonObject | null
  /** Whether the target was found to differ from what was written: it is compared closely until it does no more. */
  readonly suspect: boolean
  /** When its personal data was erased on request; null where it was not. */
  readonly erasedAt: Instant | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
}
interface End {
  /** What we last wrote onto the record, for the next comparison. */
  readonly written: JsonObject | null
  /** For people: a name or a number. */
  readonly label: string | null
}
interface SourceEnd extends End {
  readonly ref: RecordRef
}
interface TargetEnd extends End, RecordKind {
  /** Null until it is known. */
  readonly id: string | null
}
export type LinkState = 'intended' | 'sent' | 'linked' | 'rejected' | 'unknown'

export interface NewLink {
  readonly sync: string
  readonly kind: string
  readonly key: string
  readonly source: { readonly ref: RecordRef; readonly label: string | null }
  readonly target: RecordKind
  /** Within which a target has one link: an order has one deal, whichever CRM it is in; two CRMs may share a customer. */
  readonly scope: string
}
/** Absent fields stay as they are. What is linked keeps its target and its state unless `move` is set. */
export interface LinkUpdate {
  readonly id: string
  readonly state?: LinkState
  readonly origin?: 'created' | 'adopted'
  readonly stage?: string | null
  readonly move?: true
  readonly suspect?: boolean
  readonly decided?: {
    /** What was to be overwritten is, or cannot be. */
    readonly overwritten?: true
    /** Acceptances by place that are void. */
    readonly outdated?: readonly string[]
  }
  readonly source?: Partial<EndUpdate> & { readonly worth?: Worth }
  readonly target?: Partial<EndUpdate> & {
    readonly id?: string | null
    /** Sets just this of what is written. */
    readonly confirmed?: true
  }
}
interface EndUpdate {
  readonly written: JsonObject
  readonly label: string | null
  /** In which state the source's record was read, the target's reported. */
  readonly version: string
  /** What `list` finds the link by, beside its labels and ids: one entry a line. */
  readonly words: string
}
interface Decision {
  readonly id: string
  readonly accepted: JsonObject
  readonly ignored: JsonObject
  readonly overwrite: boolean
}
/** What a record is about in money, for people: the net amount where it is known. */
export interface Worth {
  readonly amount: Decimal
  readonly currency: string
}
interface LinkFilter {
  readonly sync?: string
  readonly kind?: string
  readonly state?: LinkState
  readonly stage?: string
  /** Of the source's record, in whichever connection. */
  readonly sourceId?: string
  /** Searches labels, ids and words of both ends. */
  readonly text?: string
  /** Neither paid nor cancelled. */
  readonly open?: boolean
}
/** By the label of the deal or of the order, in any case; an amount that is not known is below all others, whatever the currency. */
export type LinkSort = 'created' | 'updated' | 'deal' | 'order' | 'amount' | 'stage'
export interface Links {
  bySource(sync: string, kind: string, records: readonly RecordRef[]): Promise<readonly Link[]>
  byTarget(kind: string, records: readonly RecordRef[]): Promise<readonly Link[]>
  /** Inserts what is not there, in state `intended`. @returns the stored rows of all, in the order given */
  intend(links: readonly NewLink[]): Promise<readonly Link[]>
  /**
   * @returns ids of links that could not be updated because another link of the same kind holds that target; the rest
   * is updated. Works inside and outside a transaction.
   */
  update(updates: readonly LinkUpdate[]): Promise<readonly string[]>
  /** Adds to what is decided about links, each named once. */
  decide(decisions: readonly Decision[]): Promise<void>
  /**
   * @param met  links' source records, with states in which the record at that end was met
   * @returns those that were read, or reported, in one of these states last
   */
  known(
    sync: string,
    kind: string,
    end: 'source' | 'target',
    met: readonly { readonly ref: RecordRef; readonly version: string }[],
  ): Promise<readonly RecordRef[]>
  /** Newest first. @param filter.after  the id of the last one that is known */
  list(filter: LinkFilter & { after?: string; max: number }): Promise<readonly Link[]>
  page(filter: LinkFilter & { sort: LinkSort; direction: Direction; after?: Place; max: number }): Promise<Page<Link>>
  /** Links of this kind whose target was created, by the day in a zone: those of the last days that have any, oldest first. */
  made(kind: string, zone: string, days: number): Promise<readonly { readonly day: string; readonly count: number }[]>
  /** The link of this kind whose target was created last. */
  newest(kind: string): Promise<Link | null>
  counts(): Promise<readonly { sync: string; kind: string; state: LinkState; stage: string | null; count: number }[]>
}
