import type { JsonObject } from '../../core/json.ts'
import type { Instant } from '../../core/time.ts'

/** The pair of ids of one thing in both systems. `design: intended → sent → linked | rejected | unknown`. */
export interface Link {
  readonly id: string
  readonly sync: string
  /** Ours: `order`, `customer`. */
  readonly kind: string
  readonly sourceId: string
  readonly key: string
  readonly state: LinkState
  readonly connection: string
  readonly targetObject: string
  readonly targetId: string | null
  /** How the target was come by. */
  readonly origin: 'created' | 'adopted' | null
  /** The target's fields and lines as we last wrote them, for the next comparison. */
  readonly written: JsonObject | null
  /** What we last wrote back onto the source's record. */
  readonly reported: JsonObject | null
  /** For people: the source's name or number, the target's number. */
  readonly label: string | null
  readonly targetLabel: string | null
  /** The last known stage of the target document, null when unknown. */
  readonly stage: string | null
  readonly createdAt: Instant
  readonly updatedAt: Instant
}
export type LinkState = 'intended' | 'sent' | 'linked' | 'rejected' | 'unknown'
export interface NewLink {
  readonly sync: string
  readonly kind: string
  readonly sourceId: string
  readonly key: string
  readonly connection: string
  readonly targetObject: string
  readonly label: string | null
}
/** Absent fields stay as they are. */
export interface LinkUpdate {
  readonly id: string
  readonly state?: LinkState
  readonly targetId?: string | null
  readonly origin?: 'created' | 'adopted'
  readonly written?: JsonObject
  /** Sets just this of what is written. */
  readonly confirmed?: true
  readonly reported?: JsonObject
  readonly label?: string | null
  readonly targetLabel?: string | null
  readonly stage?: string | null
  /** In which state the source's record was read, the target's reported. */
  readonly sourceVersion?: string
  readonly targetVersion?: string
}
export interface Links {
  bySource(sync: string, kind: string, sourceIds: readonly string[]): Promise<readonly Link[]>
  byTarget(connection: string, targetObject: string, targetIds: readonly string[]): Promise<readonly Link[]>
  /** Inserts what is not there, in state `intended`. @returns the stored rows of all, in the order given */
  intend(links: readonly NewLink[]): Promise<readonly Link[]>
  /**
   * @returns ids of links that could not be updated because another link of the same kind holds that target; the rest
   * is updated. Works inside and outside a transaction.
   */
  update(updates: readonly LinkUpdate[]): Promise<readonly string[]>
  /**
   * @param versions  by source id: states in which the record at that end of an order's link was met
   * @returns source ids of those that were read, or reported, in one of these states last
   */
  known(
    sync: string,
    end: 'source' | 'target',
    versions: Readonly<Record<string, readonly string[]>>,
  ): Promise<readonly string[]>
  /** Newest first; `text` searches label, target label, source and target id. */
  list(filter: {
    sync?: string
    kind?: string
    state?: LinkState
    text?: string
    /** Neither paid nor cancelled. */
    open?: boolean
    after?: string
    max: number
  }): Promise<readonly Link[]>
  counts(): Promise<readonly { sync: string; kind: string; state: LinkState; stage: string | null; count: number }[]>
}
