import { randomUUID } from 'node:crypto'
import type { ClientConfig } from 'pg'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Log } from '../ports/log.ts'
import { openAccounts } from './accounts.ts'
import { openAlerts } from './alerts.ts'
import { openCertificates } from './certificates.ts'
import { openChanges } from './changes.ts'
import { openConnections } from './connections.ts'
import { type Database, openDatabase } from './database.ts'
import { openErasure } from './erasure.ts'
import { openEvents } from './events.ts'
import { openInbox } from './inbox.ts'
import { openLinks } from './links.ts'
import { join, type MembershipOptions } from './membership.ts'
import { migrate, readMigrations } from './migrations.ts'
import { openProblems } from './problems.ts'
import { sessionsOf } from './processes.ts'
import { openQuotas } from './quotas.ts'
import { openRetention } from './retention.ts'
import { openRevisions } from './revisions.ts'
import { openRuns } from './runs.ts'
import { openSealed } from './sealed.ts'
import { openSharedOrders } from './shared-orders.ts'
import { openStreams } from './streams.ts'
import { openSyncs } from './syncs.ts'
import { openTimeline } from './timeline.ts'
import { openVault, type Vault, type VaultKeys } from './vault.ts'

interface LedgerOptions extends MembershipOptions {
  /** `{ connectionString }` or the connection of `startEmbedded`. */
  readonly connection: ClientConfig
  /** Where the embedded database lies: what people are told when it fails. */
  readonly directory?: string
  /** From `loadVaultKeys`. */
  readonly vaultKeys: VaultKeys
  readonly log: Log
  /** Connections of this process at most. */
  readonly poolMax?: number
  /** Folders of migrations that follow those of this release. */
  readonly migrations?: readonly string[]
}

/**
 * Opens the ledger, and brings its tables up to date.
 * @throws Error naming the database and what to do, when it cannot be reached or belongs to a newer release
 */
export async function openLedger({
  connection,
  directory,
  vaultKeys,
  log,
  poolMax = 10,
  migrations: more,
  ...membership
}: LedgerOptions): Promise<Ledger> {
  const vault = openVault(vaultKeys.keys, vaultKeys.reload)
  const id = randomUUID()
  const database = openDatabase({ connection, directory, poolMax, log, sessions: sessionsOf(id) })
  try {
    const migrations = await readMigrations(more)
    await migrate(database, migrations)
    const joined = await join(database, { id, migrations, log }, membership)
    const answer = answerOf(joined)
    return ledgerOn(joined, vault, () => (database.isFull ? database.probe() : answer()))
  } catch (error) {
    await database.close()
    throw error
  }
}

const clock = { name: 'ledger.clock', text: 'select crosswalk.follow_clock() as back' }
const answers = { name: 'ledger.answers', text: 'select 1' }
const answerOf =
  (database: Database): Ledger['ready'] =>
  async () => {
    await database.rows(answers, [])
  }

/** A ledger on tables that are up to date. */
export function ledgerOn(database: Database, vault: Vault, ready: Ledger['ready'] = answerOf(database)): Ledger {
  return {
    inbox: openInbox(database),
    links: openLinks(database),
    problems: openProblems(database),
    timeline: openTimeline(database),
    runs: openRuns(database),
    revisions: openRevisions(database, vault),
    syncs: openSyncs(database),
    connections: openConnections(database, vault),
    quotas: openQuotas(database),
    events: openEvents(database),
    streams: openStreams(database),
    sealed: openSealed(database, vault),
    alerts: openAlerts(database),
    certificates: openCertificates(database, vault),
    retention: openRetention(database),
    erasure: openErasure(database, vault),
    accounts: openAccounts(database),
    sharedOrders: openSharedOrders(database),
    changes: openChanges(database),
    inTransaction: (work) => database.transaction((bound) => work(ledgerOn(bound, vault, ready))),
    async followClock() {
      const [row] = await database.rows<{ back: number | null }>(clock, [])
      return row?.back ?? null
    },
    ready,
    close: () => database.close(),
  }
}
