export type Direction = 'asc' | 'desc'

/** Where a page of a list ends: its last row has this value of what the list is sorted by, as the ledger writes it. */
export interface Place {
  readonly key: string
  readonly id: string
}

/** Rows of a list, and the place that those which follow come after; null at the end. */
export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly next: Place | null
}
