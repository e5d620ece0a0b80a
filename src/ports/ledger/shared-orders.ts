import type { RecordRef } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'

/** A page of one order that whoever has the link may see. */
export interface SharedOrder {
  readonly id: string
  readonly sync: string
  /** The deal. */
  readonly ref: RecordRef
  readonly createdBy: string | null
  readonly createdAt: Instant
  readonly endsAt: Instant
  /** When it was last opened, to the minute. */
  readonly usedAt: Instant | null
}

/** Secrets come and are kept as digests; times are those of the database's clock. */
export interface SharedOrders {
  add(
    shared: Pick<SharedOrder, 'sync' | 'ref' | 'createdBy'> & { readonly digest: Uint8Array; readonly lastsMs: number },
  ): Promise<SharedOrder>
  /** Those that are not over, newest first. @param filter.deal  its id */
  list(filter: { readonly deal?: string; readonly max: number }): Promise<readonly SharedOrder[]>
  /** Which it is, which counts as a use of it; null when it is over. */
  open(digest: Uint8Array): Promise<SharedOrder | null>
  /** @returns the one that ends by this; null when there is none, or it is over */
  end(id: string): Promise<SharedOrder | null>
}
