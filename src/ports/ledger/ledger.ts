import type { Accounts } from './accounts.ts'
import type { Alerts } from './alerts.ts'
import type { Certificates } from './certificates.ts'
import type { Changes } from './changes.ts'
import type { Connections } from './connections.ts'
import type { Erasure } from './erasure.ts'
import type { Events } from './events.ts'
import type { Inbox } from './inbox.ts'
import type { Links } from './links.ts'
import type { Problems } from './problems.ts'
import type { Quotas } from './quotas.ts'
import type { Retention } from './retention.ts'
import type { Revisions } from './revisions.ts'
import type { Runs } from './runs.ts'
import type { Sealed } from './sealed.ts'
import type { SharedOrders } from './shared-orders.ts'
import type { Streams } from './streams.ts'
import type { Syncs } from './syncs.ts'
import type { Timeline } from './timeline.ts'

/*
 * The truth of Crosswalk, in PostgreSQL. Every method takes many rows and runs one statement, whatever their number.
 * `now` is the caller's clock, except for leases, which the database's clock measures: the clocks of two workers may
 * differ.
 */
export interface Ledger {
  readonly inbox: Inbox
  readonly links: Links
  readonly problems: Problems
  readonly timeline: Timeline
  readonly runs: Runs
  readonly revisions: Revisions
  readonly syncs: Syncs
  readonly connections: Connections
  readonly quotas: Quotas
  readonly events: Events
  readonly streams: Streams
  readonly sealed: Sealed
  readonly alerts: Alerts
  readonly certificates: Certificates
  readonly retention: Retention
  readonly erasure: Erasure
  readonly accounts: Accounts
  readonly sharedOrders: SharedOrders
  readonly changes: Changes
  /**
   * All or nothing. The ledger handed to `work` must not be used after it returned.
   * @param work  may be called again, after everything was undone, so it changes nothing outside of the ledger
   */
  inTransaction<T>(work: (ledger: Ledger) => Promise<T>): Promise<T>
  /**
   * Looks whether the database's clock was put back since the last call of any process; then moves all waits and leases back by
   * as much, which would last that much longer else. @returns by how many milliseconds, null when it was not
   */
  followClock(): Promise<number | null>
  /** @throws Error saying why, when nothing can be stored: the database does not answer, or its disk is full */
  ready(): Promise<void>
  close(): Promise<void>
}
