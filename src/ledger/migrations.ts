import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from './database.ts'

interface Migration {
  readonly name: string
  readonly sql: string
  readonly digest: string
}

const setUp = `
  set local statement_timeout = 0;
  select pg_advisory_xact_lock(hashtext('crosswalk migrations'));
  create schema if not exists crosswalk;
  create table if not exists crosswalk.migrations (name text primary key, digest text not null, applied_at timestamptz not null)`
const applied = {
  name: 'migrations.applied',
  text: `select name, digest from crosswalk.migrations order by name`,
}
const note = {
  name: 'migrations.note',
  text: `insert into crosswalk.migrations (name, digest, applied_at) values ($1, $2, now())`,
}
const present = {
  name: 'migrations.present',
  text: `select to_regclass('crosswalk.migrations') is not null as present`,
}

/**
 * Brings the schema up to date, all of it or nothing. Processes that start at the same time take turns.
 * @throws Error when the database was made by a newer release, or a migration that ran was changed since
 */
export async function migrate(database: Database): Promise<void> {
  const migrations = await readMigrations()
  // The common case: everything is there, and the lock is not needed.
  const [found] = await database.rows<{ present: boolean }>(present, [])
  if (found?.present && missing(migrations, await database.rows(applied, [])).length === 0) return
  await database.transaction(async (tx) => {
    await tx.rows({ name: '', text: setUp }, [])
    for (const migration of missing(migrations, await tx.rows(applied, []))) {
      await tx.rows({ name: '', text: migration.sql }, [])
      await tx.rows(note, [migration.name, migration.digest])
    }
  })
}

/** In order; what ran must be the beginning of the list, unchanged. */
function missing(migrations: readonly Migration[], done: readonly { name: string; digest: string }[]): Migration[] {
  for (const [index, { name, digest }] of done.entries()) {
    const known = migrations[index]
    if (known?.name !== name)
      throw new Error(
        `The database knows the migration ${name}, this release does not. Use a newer release of Crosswalk.`,
      )
    if (known.digest !== digest)
      throw new Error(`The migration ${name} was changed after it ran. Restore the file; put changes into a new one.`)
  }
  return migrations.slice(done.length)
}

async function readMigrations(): Promise<Migration[]> {
  const directory = join(import.meta.dirname, 'migrations')
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name), 'utf8')
      return { name, sql, digest: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}
