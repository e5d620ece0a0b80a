import { ExponentialBackoff, handleWhen, retry } from 'cockatiel'
import pg from 'pg'
import { StoreAway } from '../core/store-away.ts'
import { soundText } from '../core/text.ts'
import type { Log } from '../ports/log.ts'
import { codeOf } from './error-code.ts'

/** A named statement is parsed once for each connection. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** A pool of connections, or one connection within a transaction. */
export interface Database {
  /** @returns rows as the statement names their columns: instants as ISO text, big integers as text */
  rows<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<readonly Row[]>
  /**
   * All or nothing; inside another one, all or nothing of the inner one. Statements that `work` starts without awaiting
   * each other share round trips. The database handed to `work` refuses every use after it returned.
   * @param work  called again, after everything was rolled back, when two transactions deadlocked
   */
  transaction<T>(work: (database: Database) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** The pool of this process. */
export interface Pool extends Database {
  /** Whether the last statement that found its disk full has not been followed by one that stored something. */
  readonly isFull: boolean
  /** Stores something, to see whether there is room. */
  probe(): Promise<void>
}

interface DatabaseOptions {
  readonly connection: pg.ClientConfig
  /** Connections of this process at most. */
  readonly poolMax: number
  readonly log: Log
  /** Where the database lies when that is on this machine. */
  readonly directory?: string | undefined
  /** What its sessions are called. */
  readonly sessions?: string
  /** The database refuses whatever would change something. */
  readonly readOnly?: boolean
}

// Custom plans: a generic plan made while a table was empty would scan all of it once it holds a hundred thousand rows.
const sessionSettings = `
  set time zone 'UTC';
  set plan_cache_mode = force_custom_plan;
  set statement_timeout = '60s';
  set idle_in_transaction_session_timeout = '5min'`
const readOnlySession = `${sessionSettings};
  set default_transaction_read_only = on`

const instantOid = pg.types.builtins.TIMESTAMPTZ
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === instantOid ? toInstant : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}
// `2026-11-24 09:30:00.123456+00`, because the session's zone is UTC.
const toInstant = (text: string) => new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`).toISOString()

/** Opens no connection yet. */
export function openDatabase({
  connection,
  poolMax,
  log,
  directory,
  sessions = 'crosswalk calls',
  readOnly = false,
}: DatabaseOptions): Pool {
  const pool = new pg.Pool({
    ...connection,
    application_name: sessions,
    max: poolMax,
    // A busy machine may take long to start a session; giving up soon would only ask it for another one.
    connectionTimeoutMillis: 60_000,
    keepAlive: true,
    pipeline: true,
    types,
    onConnect: (client) => client.query(readOnly ? readOnlySession : sessionSettings),
  })
  // An idle connection that breaks leaves the pool, and the next use opens a new one.
  let closing = false
  pool.on('error', (error) => {
    if (!closing) log.warn('database connection lost', { reason: error.message })
  })
  const explain = explainer(connection, directory)
  let isFull = false
  const fail: Fail = (error) => {
    if (codeOf(error) === diskFull) isFull = true
    return explain(error)
  }
  return {
    get isFull() {
      return isFull
    },
    async probe() {
      await pool.query(room).catch(fail)
      isFull = false
    },
    async rows<Row extends object>(statement: Statement, values: readonly unknown[]) {
      const query = () => pool.query<Row>({ ...statement, values: values.map(storable) })
      return again(async () => (await whenRoom(query).catch(fail)).rows)
    },
    transaction: (work) =>
      again(async () => {
        const client = await whenRoom(() => pool.connect()).catch(fail)
        let broken: Error | undefined
        const note = (error: Error) => {
          broken = error
        }
        // A connection that breaks between two statements says so here, and the next statement fails.
        client.on('error', note)
        try {
          return await inTransaction(client, 0, fail, work)
        } finally {
          client.off('error', note)
          client.release(broken)
        }
      }),
    close() {
      closing = true
      return pool.end()
    },
  }
}

/** Whatever text comes along: one that PostgreSQL refuses would fail all that it is stored with. */
const storable = (value: unknown): unknown => {
  if (typeof value === 'string') return soundText(value)
  return Array.isArray(value) ? value.map(storable) : value
}

/**
 * PostgreSQL rolls back one of two transactions that deadlock. Locks are taken in one order wherever we can choose it; for
 * entries of an index we cannot.
 */
async function again<T>(work: () => Promise<T>): Promise<T> {
  const attempts = retry(
    handleWhen((error) => codeOf(error) === '40P01'),
    { maxAttempts: 5, backoff: new ExponentialBackoff({ initialDelay: 5, maxDelay: 200 }) },
  )
  return attempts.execute(work)
}

/**
 * A database that has no room for another session now has some soon: sessions of processes that ended take a moment to go,
 * on a busy machine a long one. Nothing was done yet, so that it is safe to ask again, for about a minute.
 */
async function whenRoom<T>(work: () => Promise<T>): Promise<T> {
  const attempts = retry(
    handleWhen((error) => ['53300', 'EAGAIN'].includes(codeOf(error) ?? '')),
    { maxAttempts: 60, backoff: new ExponentialBackoff({ initialDelay: 20, maxDelay: 1_500 }) },
  )
  return attempts.execute(work)
}

type Fail = (error: unknown) => never

const diskFull = '53100'
// New pages, as room in those that are there does not tell whether the disk has any.
const room = `
  create temporary table crosswalk_room on commit drop as select n from generate_series(1, 50000) n`

/** @param depth  0 for a transaction, more for a savepoint in one */
async function inTransaction<T>(
  client: pg.PoolClient,
  depth: number,
  fail: Fail,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const point = `level_${depth}`
  let over = false
  const refuseWhenOver = () => {
    if (over) throw new Error('This transaction is over; use the ledger it was started from.')
  }
  const bound: Database = {
    async rows<Row extends object>(statement: Statement, values: readonly unknown[]) {
      refuseWhenOver()
      return (await client.query<Row>({ ...statement, values: values.map(storable) }).catch(fail)).rows
    },
    async transaction(inner) {
      refuseWhenOver()
      return inTransaction(client, depth + 1, fail, inner)
    },
    async close() {
      throw new Error('A transaction is not closed; it ends when its work returns.')
    },
  }
  // Sent together with the first statement of `work`, so both are awaited before anything is decided.
  const [begun, done] = await Promise.allSettled([
    client.query(depth === 0 ? 'begin' : `savepoint ${point}`),
    work(bound),
  ])
  over = true
  if (begun.status === 'rejected') return fail(begun.reason)
  if (done.status === 'rejected') {
    // Fails only with the connection, and then the server rolls back by itself; the first error is the one to report.
    await client.query(depth === 0 ? 'rollback' : `rollback to ${point}`).catch(() => null)
    throw done.reason
  }
  const { command } = await client.query(depth === 0 ? 'commit' : `release ${point}`).catch(fail)
  // PostgreSQL answers "commit" with ROLLBACK, and no error, when a statement failed and its error was caught.
  if (command === 'ROLLBACK') throw new Error('Nothing was stored: a statement of the transaction had failed.')
  return done.value
}

const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there. Start PostgreSQL, or correct DATABASE_URL.',
  ENOENT: 'Nothing listens there. Start PostgreSQL, or correct DATABASE_URL.',
  ENOTFOUND: 'The host name is unknown. Correct DATABASE_URL.',
  ETIMEDOUT: 'The host does not answer. Check the network and DATABASE_URL.',
  EPIPE: 'The connection broke. Work goes on as soon as it answers again.',
  ECONNRESET: 'The connection broke. Work goes on as soon as it answers again.',
  '57P01': 'It was stopped or restarted. Work goes on as soon as it answers again.',
  '57P02': 'It crashed. Work goes on as soon as it answers again.',
  '57P03': 'It is starting or stopping. Work goes on as soon as it answers again.',
  '28000': 'Check user and password in DATABASE_URL.',
  '28P01': 'Check user and password in DATABASE_URL.',
  '3D000': 'Create the database, or correct its name in DATABASE_URL.',
  '42501':
    'Grant the user of DATABASE_URL the right to create a schema, or make it the owner of the schema "crosswalk".',
  [diskFull]:
    'Its disk is full: make room there. Nothing that was stored is lost, and what could not be stored is done again.',
  '53300': 'It has too many connections. Raise max_connections, or run fewer processes.',
}

/** Says which database it was and what to do; an error of a statement itself passes unchanged. */
function explainer(connection: pg.ClientConfig, directory?: string): Fail {
  const { host, port, database } = new pg.Client(connection)
  const place = directory === undefined ? `at ${host}:${port}` : `in ${directory}`
  return (error) => {
    const code = codeOf(error) ?? ''
    const message = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : ''
    const broken = /^(Connection terminated|Client has encountered a connection error)/.test(message)
    const remedy = remedies[code] ?? (broken ? remedies.ECONNRESET : undefined)
    if (remedy === undefined) throw error
    const what = message || code
    throw new StoreAway(`The database "${database}" ${place} failed: ${what}. ${remedy}`, { cause: error })
  }
}
