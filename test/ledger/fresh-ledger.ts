import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { type Embedded, startEmbedded } from '../../src/ledger/embedded.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import type { VaultKeys } from '../../src/ledger/vault.ts'
import type { Ledger } from '../../src/ports/ledger/ledger.ts'
import type { Log } from '../../src/ports/log.ts'

const nothing = () => undefined
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

/** A vault key of its own. */
export const someKeys = (): VaultKeys => ({ keys: [randomBytes(32)], reload: () => [] })

/** A text that PostgreSQL cannot make shorter, as it would one that repeats itself. */
export const longText = (length: number): string =>
  Array.from({ length: Math.ceil(length / 64) }, (_, at) => createHash('sha256').update(String(at)).digest('hex'))
    .join('')
    .slice(0, length)

export interface FreshDatabase {
  readonly connection: Embedded['connection']
  /** For looking behind the ledger's back. */
  query(sql: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
  drop(): Promise<void>
}

/** An empty database of its own on a server that all test processes share, and that ends with the last of them. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const embedded = await startEmbedded(join(import.meta.dirname, '../../node_modules/.cache/crosswalk-tests'))
  const database = `test_${randomUUID().replaceAll('-', '')}`
  const admin = new pg.Client(embedded.connection)
  await admin.connect()
  await admin.query(`create database ${database}`)
  const connection = { ...embedded.connection, database }
  const pool = new pg.Pool({ ...connection, max: 2 })
  // Dropping the database cuts connections that are still closing.
  pool.on('error', nothing)
  return {
    connection,
    query: async (sql, values = []) => (await pool.query(sql, [...values])).rows,
    async drop() {
      await pool.end()
      await admin.query(`drop database ${database} with (force)`)
      await admin.end()
      await embedded.close()
    },
  }
}

/** A database as the release before record references left it, with nothing in it. */
export async function oldDatabase(): Promise<FreshDatabase> {
  const database = await freshDatabase()
  await database.query(`create schema crosswalk`)
  await database.query(
    `create table crosswalk.migrations (name text primary key, digest text not null, applied_at timestamptz not null)`,
  )
  for (const name of ['0001-tables.sql', '0002-functions.sql']) {
    const sql = await readFile(join(import.meta.dirname, '../../src/ledger/migrations', name), 'utf8')
    await database.query(sql)
    const digest = createHash('sha256').update(sql).digest('hex')
    await database.query(`insert into crosswalk.migrations values ($1, $2, now())`, [name, digest])
  }
  return database
}

/** A ledger in a database of its own. */
export async function freshLedger(): Promise<{ ledger: Ledger; database: FreshDatabase; close(): Promise<void> }> {
  const database = await freshDatabase()
  const ledger = await openLedger({ connection: database.connection, vaultKeys: someKeys(), log: silentLog })
  return {
    ledger,
    database,
    async close() {
      await ledger.close()
      await database.drop()
    },
  }
}
