import type { ClientConfig } from 'pg'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Log } from '../ports/log.ts'
import { openAlerts } from './alerts.ts'
import { openCertificates } from './certificates.ts'
import { openConnections } from './connections.ts'
import { type Database, openDatabase } from './database.ts'
import { openErasure } from './erasure.ts'
import { openEvents } from './events.ts'
import { openInbox } from './inbox.ts'
import { openLinks } from './links.ts'
import { migrate } from './migrations.ts'
import { openProblems } from './problems.ts'
import { openRetention } from './retention.ts'
import { openRevisions } from './revisions.ts'
import { openRuns } from './runs.ts'
import { openSealed } from './sealed.ts'
import { openStreams } from './streams.ts'
import { openSyncs } from './syncs.ts'
import { openTimeline } from './timeline.ts'
import { openVault, type Vault, type VaultKeys } from './vault.ts'

interface LedgerOptions {
  /** `{ connectionString }` or the connection of `startEmbedded`. */
  readonly connection: ClientConfig
  /** Where the embedded database lies: what people are told when it fails. */
  readonly directory?: string
  /** From `loadVaultKeys`. */
  readonly vaultKeys: VaultKeys
  readonly log: Log
  /** Connections of this process at most. */
  readonly poolMax?: number
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
}: LedgerOptions): Promise<Ledger> {
  const vault = openVault(vaultKeys.keys, vaultKeys.reload)
  const database = openDatabase({ connection, directory, poolMax, log })
  try {
    await migrate(database)
  } catch (error) {
    await database.close()
    throw error
  }
  return ledgerOn(database, vault, async () => {
    if (database.isFull) return database.probe()
    await database.rows(answers, [])
  })
}

const answers = { name: 'ledger.answers', text: 'select 1' }

function ledgerOn(database: Database, vault: Vault, ready: Ledger['ready']): Ledger {
  return {
    inbox: openInbox(database),
    links: openLinks(database),
    problems: openProblems(database),
    timeline: openTimeline(database),
    runs: openRuns(database),
    revisions: openRevisions(database, vault),
    syncs: openSyncs(database),
    connections: openConnections(database, vault),
    events: openEvents(database),
    streams: openStreams(database),
    sealed: openSealed(database, vault),
    alerts: openAlerts(database),
    certificates: openCertificates(database, vault),
    retention: openRetention(database),
    erasure: openErasure(database, vault),
    inTransaction: (work) => database.transaction((bound) => work(ledgerOn(bound, vault, ready))),
    ready,
    close: () => database.close(),
  }
}
