import type { Instant } from '../../core/time.ts'

/** What the nightly comparison of a sync found: won deals against orders. */
export interface Certificate {
  readonly sync: string
  readonly at: Instant
  /** Deals won from here on. */
  readonly since: Instant
  readonly won: number
  readonly orders: number
  /** Won deals that wait on a problem. */
  readonly waiting: Exceptions
  /** Won deals with neither an order nor a problem. */
  readonly missing: Exceptions
  /** Orders whose deal is not won. */
  readonly extra: Exceptions
  /** Names that were taken out since, on request of who has them; absent where none were. */
  readonly erased?: number
}
export interface Exceptions {
  readonly count: number
  /** The first of them. */
  readonly named: readonly { readonly id: string; readonly label: string | null }[]
}

export interface StoredCertificate {
  readonly id: string
  readonly certificate: Certificate
  /** Whether it is as it was signed, with the vault key of this process. */
  readonly genuine: boolean
}

export interface Certificates {
  /** Signs and keeps it. */
  add(certificate: Certificate): Promise<void>
  /** Newest first. */
  list(filter: { sync?: string; after?: string; max: number }): Promise<readonly StoredCertificate[]>
}
