import type { JsonObject } from '../../core/json.ts'
import type { Failure } from '../../core/problem.ts'
import type { Instant } from '../../core/time.ts'
import type { Account } from '../connector.ts'

export interface ConnectionState {
  readonly connection: string
  readonly account: Account | null
  /** Null when it works. */
  readonly pausedBecause: Failure | null
  readonly pausedUntil: Instant | null
  /** Failures in a row. */
  readonly failures: number
}
export interface Connections {
  get(connection: string): Promise<ConnectionState>
  setAccount(connection: string, account: Account): Promise<void>
  /** Null resumes and sets `failures` to 0; a failure adds one. */
  setPaused(connection: string, pause: { because: Failure; until: Instant } | null): Promise<void>
  /** When its login expires; null when it does not, or nothing is known of it. */
  setExpiry(connection: string, expiresAt: Instant | null): Promise<void>
  /** Those whose login expires before. */
  expiring(before: Instant): Promise<readonly { readonly connection: string; readonly expiresAt: Instant }[]>
  /** Settings that override the configured ones (a rotated key), encrypted at rest. Null when there are none. */
  secrets(connection: string): Promise<JsonObject | null>
  setSecrets(connection: string, secrets: JsonObject): Promise<void>
}
