import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import { SyncError } from '../core/problem.ts'
import type { Database, Statement } from './database.ts'
import { codeOf } from './error-code.ts'
import { oldProcesses } from './processes.ts'

export interface Migration {
  readonly name: string
  /** Whether processes of an older release go on working after it, and may start again; a breaking one waits for their end. */
  readonly kind: 'additive' | 'breaking'
  readonly sql: string
  readonly digest: string
}

/** A migration that ran, as the database knows it. */
interface Done {
  readonly name: string
  readonly digest: string
  /** Null for those that ran before kinds were stored. */
  readonly kind: string | null
}

const setUp = `
  set local statement_timeout = 0;
  select pg_advisory_xact_lock(hashtext('crosswalk migrations'));
  create schema if not exists crosswalk;
  create table if not exists crosswalk.migrations (name text primary key, digest text not null, applied_at timestamptz not null);
  alter table crosswalk.migrations add column if not exists kind text;
  set local lock_timeout = '2s'`
// By way of JSON, because the table has had no column for the kind from the beginning.
const applied: Statement = {
  name: 'migrations.applied',
  text: `select name, digest, to_jsonb(done) ->> 'kind' as kind from crosswalk.migrations done order by name`,
}
const note: Statement = {
  name: 'migrations.note',
  text: `insert into crosswalk.migrations (name, digest, kind, applied_at) values ($1, $2, $3, now())`,
}
const present: Statement = {
  name: 'migrations.present',
  text: `select to_regclass('crosswalk.migrations') is not null as present`,
}
const share: Statement = {
  name: 'migrations.share',
  text: `select pg_advisory_xact_lock_shared(hashtext('crosswalk migrations'))::text`,
}

/**
 * Brings the schema up to date, all of it or nothing. Processes that start at the same time take turns. A table that is in use
 * is waited for in short spells, so that what works on it does not queue behind this for long.
 * @throws SyncError when the database was made by a newer release that this one does not survive, a migration that ran was
 * changed since, or processes of an older release run that would not survive it
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<void> {
  // The common case: everything is there, and the lock is not needed.
  if ((await pendingIn(database, migrations)).length === 0) return
  await whenFree(() =>
    database.transaction(async (tx) => {
      await tx.rows({ name: '', text: setUp }, [])
      const pending = missing(migrations, await tx.rows<Done>(applied, []))
      const breaking = pending.find(({ kind }) => kind === 'breaking')
      if (breaking !== undefined) await refuseWhileOldRun(tx, breaking)
      for (const { name, sql, digest, kind } of pending) {
        await tx.rows({ name: '', text: sql }, [])
        await tx.rows(note, [name, digest, kind])
      }
    }),
  )
}

/** What is still to run; changes nothing. */
async function pendingIn(database: Database, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  return missing(migrations, (await doneIn(database)) ?? [])
}

/** What ran, in order; null where the database has no tables of ours. */
export async function doneIn(database: Database): Promise<readonly Done[] | null> {
  const [found] = await database.rows<{ present: boolean }>(present, [])
  return found?.present ? database.rows<Done>(applied, []) : null
}

/**
 * Runs `work` while no migration can begin.
 * @throws SyncError when the schema is not one that this release can work with
 */
export async function onSchema<T>(
  database: Database,
  migrations: readonly Migration[],
  work: (database: Database) => Promise<T>,
): Promise<T> {
  return database.transaction(async (tx) => {
    await tx.rows(share, [])
    missing(migrations, await tx.rows<Done>(applied, []))
    return work(tx)
  })
}

/**
 * What is still to run, in order. What ran must be the beginning of the list, unchanged; what a newer release added may follow.
 * @throws SyncError when it is not so
 */
export function missing(migrations: readonly Migration[], done: readonly Done[]): readonly Migration[] {
  for (const [index, { name, digest, kind }] of done.entries()) {
    const known = migrations[index]
    if (known === undefined && kind === 'additive') continue
    if (known?.name !== name)
      throw invalid(
        `The database knows the migration ${name}, this release does not`,
        'Use a newer release of Crosswalk, or restore the backup that was made before the upgrade.',
      )
    if (known.digest !== digest)
      throw invalid(
        `The migration ${name} was changed after it ran`,
        'Restore the file of the release; put changes of your own into a new one.',
      )
  }
  return migrations.slice(done.length)
}

async function refuseWhileOldRun(tx: Database, { name }: Migration): Promise<void> {
  const running = await oldProcesses(tx, name)
  if (running.length === 0) return
  throw invalid(
    `Processes of an older release do not survive the migration ${name}, and run: ${running.join('; ')}`,
    'Stop them, then start this one again. One that was killed counts for two minutes.',
  )
}

const invalid = (message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path: 'database' }, fix })

/** A table that is in use by a long transaction is tried again for some minutes. */
async function whenFree<T>(work: () => Promise<T>): Promise<T> {
  const attempts = retry(
    handleWhen((error) => codeOf(error) === '55P03'),
    { maxAttempts: 60, backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 5_000 }) },
  )
  return attempts.execute(work)
}

const shipped = join(import.meta.dirname, 'migrations')

/** @param more  folders of migrations that follow those of this release */
export async function readMigrations(more: readonly string[] = []): Promise<readonly Migration[]> {
  return (await Promise.all([shipped, ...more].map(readFolder))).flat()
}

async function readFolder(folder: string): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(names.map(async (name) => parseMigration(name, await readFile(join(folder, name), 'utf8'))))
}

/**
 * @param text  its first line says of which kind it is: `-- additive`, or `-- breaking` and why. The line does not belong to
 * what must not be changed later.
 */
export function parseMigration(name: string, text: string): Migration {
  const [, kind] = /^-- (additive|breaking: \S)/.exec(text) ?? []
  const [head = '', ...rest] = text.split('\n')
  if (kind === undefined || (kind === 'additive' && head !== '-- additive'))
    throw new Error(
      `${name}: the first line must be "-- additive", or "-- breaking: " and what older processes do not survive`,
    )
  const sql = rest.join('\n')
  return {
    name,
    kind: kind === 'additive' ? kind : 'breaking',
    sql,
    digest: createHash('sha256').update(sql).digest('hex'),
  }
}
