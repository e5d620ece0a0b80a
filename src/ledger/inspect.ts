import type { ClientConfig } from 'pg'
import { SyncError } from '../core/problem.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { AffectedTable, PendingMigration, RunningProcess } from '../ports/ledger/upgrade.ts'
import type { Log } from '../ports/log.ts'
import { type Database, openDatabase, type Statement } from './database.ts'
import { ledgerOn } from './ledger.ts'
import { doneIn, type Migration, missing, readMigrations } from './migrations.ts'
import { liveProcesses, oldProcesses } from './processes.ts'
import { openVault, type VaultKeys } from './vault.ts'
import { workOf } from './work-of.ts'

export interface Inspection {
  /** `18.4`, and as a number that can be compared. */
  readonly version: { readonly text: string; readonly number: number }
  readonly bytes: number
  readonly exists: boolean
  readonly pending: readonly PendingMigration[]
  readonly newer: readonly string[]
  readonly processes: readonly RunningProcess[]
  /** Processes that would not survive what is pending, as people find them. */
  readonly inTheWay: readonly string[]
  /** Why this release cannot work with the database at all. */
  readonly refusal: SyncError | null
  /** Whether files may have been published there. */
  readonly publishes: boolean
}

interface Options {
  readonly connection: ClientConfig
  readonly directory?: string
  readonly vaultKeys: VaultKeys
  readonly log: Log
  /** Folders of migrations that follow those of this release. */
  readonly migrations?: readonly string[]
}

const server: Statement = {
  name: 'inspect.server',
  text: `
    select current_setting('server_version') as text, current_setting('server_version_num')::integer as number,
      pg_database_size(current_database())::float8 as bytes`,
}
const tables: Statement = {
  name: 'inspect.tables',
  text: `
    select class.relname as table, pg_total_relation_size(class.oid)::float8 as bytes,
      greatest(class.reltuples, stats.n_live_tup, 0)::float8 as rows
    from pg_class class join pg_stat_user_tables stats on stats.relid = class.oid
    where stats.schemaname = 'crosswalk'`,
}

/**
 * Looks at a ledger without bringing it up to date: its sessions are read-only, so that the database itself refuses a change.
 * @returns the ledger as well, to read from as far as its schema goes
 */
export async function inspectLedger(options: Options): Promise<{ ledger: Ledger; inspection: Inspection }> {
  const { connection, directory, vaultKeys, log } = options
  const database = openDatabase({ connection, directory, log, poolMax: 2, readOnly: true, sessions: 'crosswalk looks' })
  try {
    const inspection = await inspect(database, await readMigrations(options.migrations))
    return { ledger: ledgerOn(database, openVault(vaultKeys.keys, vaultKeys.reload)), inspection }
  } catch (error) {
    await database.close()
    throw error
  }
}

async function inspect(database: Database, migrations: readonly Migration[]): Promise<Inspection> {
  const [at] = await database.rows<{ text: string; number: number; bytes: number }>(server, [])
  if (at === undefined) throw new Error('PostgreSQL does not say which it is.')
  const done = await doneIn(database)
  const { pending, refusal } = comparison(migrations, done ?? [])
  const breaking = pending.find(({ kind }) => kind === 'breaking')
  const sizes = await database.rows<Omit<AffectedTable, 'work'>>(tables, [])
  return {
    version: { text: at.text, number: at.number },
    bytes: at.bytes,
    exists: done !== null,
    pending: pending.map(({ name, kind, sql }) => ({ name, kind, tables: affected(sql, sizes) })),
    newer: (done ?? []).slice(migrations.length).map(({ name }) => name),
    processes: await liveProcesses(database),
    inTheWay: breaking === undefined ? [] : await oldProcesses(database, breaking.name),
    refusal,
    publishes: (done ?? []).some(({ name }) => name === '0004-revisions.sql'),
  }
}

function comparison(...[migrations, done]: Parameters<typeof missing>) {
  try {
    return { pending: missing(migrations, done), refusal: null }
  } catch (error) {
    if (error instanceof SyncError) return { pending: [], refusal: error }
    throw error
  }
}

function affected(sql: string, sizes: readonly Omit<AffectedTable, 'work'>[]): readonly AffectedTable[] {
  return [...workOf(sql)].flatMap(([table, work]) => {
    const size = sizes.find((one) => one.table === table)
    return size === undefined ? [] : [{ table, work, rows: size.rows, bytes: size.bytes }]
  })
}
