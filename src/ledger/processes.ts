import type { Database, Statement } from './database.ts'

/*
 * Processes that have the ledger open. One is alive while it was seen lately, which is longer than a lease lasts: what it had
 * claimed is no longer its own then. Or while it has a session, as one that is halted has.
 */

/** What a process calls its sessions. */
export const sessionsOf = (id: string): string => `crosswalk ${id}`

/** Before processes were written down, all sessions had this name. */
const namelessSession = 'crosswalk'

const isAlive = `(process.seen_at > statement_timestamp() - interval '2 minutes' or exists (
  select from pg_stat_activity session
  where session.datname = current_database() and session.application_name = 'crosswalk ' || process.id))`

export interface LiveProcess {
  readonly id: string
  readonly host: string
  readonly pid: number
  /** The last migration that its release knows. */
  readonly schema: string
  readonly since: string
  readonly seen: string
}

const written: Statement = {
  name: 'processes.written',
  text: `select to_regclass('crosswalk.processes') is not null as written`,
}
const living: Statement = {
  name: 'processes.living',
  text: `
    select id::text, host, pid, schema, started_at as since, seen_at as seen from crosswalk.processes process
    where ${isAlive} order by started_at, id`,
}
const nameless: Statement = {
  name: 'processes.nameless',
  text: `
    select coalesce(host(client_addr), '') as host, count(*)::integer as sessions from pg_stat_activity
    where datname = current_database() and application_name = '${namelessSession}' and pid <> pg_backend_pid()
    group by client_addr order by 1`,
}
const add: Statement = {
  name: 'processes.add',
  text: `
    insert into crosswalk.processes (id, host, pid, schema, started_at, seen_at)
    values ($1, $2, $3, $4, statement_timestamp(), statement_timestamp())
    on conflict (id) do update set seen_at = excluded.seen_at`,
}
const forget: Statement = {
  name: 'processes.forget',
  text: `delete from crosswalk.processes process where not ${isAlive}`,
}
const seen: Statement = {
  name: 'processes.seen',
  text: `update crosswalk.processes set seen_at = statement_timestamp() where id = $1 returning id`,
}
const remove: Statement = { name: 'processes.remove', text: `delete from crosswalk.processes where id = $1` }

export interface Self {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly schema: string
}

/** Writes a process down, and forgets those that are gone. */
export async function addProcess(database: Database, { id, host, pid, schema }: Self): Promise<void> {
  await database.rows(add, [id, host, pid, schema])
  await database.rows(forget, [])
}

/** @returns false when it was taken for dead meanwhile */
export async function seeProcess(database: Database, id: string): Promise<boolean> {
  return (await database.rows(seen, [id])).length > 0
}

export async function removeProcess(database: Database, id: string): Promise<void> {
  await database.rows(remove, [id])
}

export async function liveProcesses(database: Database): Promise<readonly LiveProcess[]> {
  const [found] = await database.rows<{ written: boolean }>(written, [])
  return found?.written ? database.rows<LiveProcess>(living, []) : []
}

/** Those that do not know a migration, as people find them. */
export async function oldProcesses(database: Database, migration: string): Promise<readonly string[]> {
  const known = (await liveProcesses(database)).filter(({ schema }) => schema < migration)
  const others = await database.rows<{ host: string; sessions: number }>(nameless, [])
  return [
    ...known.map(({ host, pid, since, seen }) => `process ${pid} on ${host} (since ${since}, seen ${seen})`),
    ...others.map(
      ({ host, sessions }) =>
        `one or more on ${host === '' ? 'the host of the database' : host} (${sessions} sessions of a release that does not write its processes down)`,
    ),
  ]
}
