import { hostname } from 'node:os'
import { SyncError } from '../core/problem.ts'
import type { Log } from '../ports/log.ts'
import type { Database, Statement } from './database.ts'
import { type Migration, onSchema } from './migrations.ts'
import { addProcess, removeProcess, seeProcess } from './processes.ts'

const heartbeatMsDefault = 20_000

const newer: Statement = {
  name: 'migrations.newer',
  text: `select name from crosswalk.migrations where name collate "C" > $1 order by name`,
}

export interface MembershipOptions {
  /** How often it is written down that this process lives. */
  readonly heartbeatMs?: number
  /** Called when this process cannot work with the database any more, because a newer release has changed it. */
  readonly onOutdated?: (error: Error) => void
}

/**
 * Writes down that this process has the ledger open, and that it lives, until it is closed.
 * @returns the database, which refuses all use once a newer release has changed it so that this process cannot go on. That
 * happens only to one that was cut off for so long that it was taken for dead.
 * @throws SyncError when the schema is not one that this release can work with
 */
export async function join(
  database: Database,
  { id, migrations, log }: { readonly id: string; readonly migrations: readonly Migration[]; readonly log: Log },
  { heartbeatMs = heartbeatMsDefault, onOutdated }: MembershipOptions,
): Promise<Database> {
  const schema = migrations.at(-1)?.name ?? ''
  let refusal: SyncError | null = null
  let told = 0
  const enter = () =>
    onSchema(database, migrations, (tx) => addProcess(tx, { id, host: hostname(), pid: process.pid, schema }))

  async function beat(): Promise<void> {
    if (!(await seeProcess(database, id))) await enter()
    const after = await database.rows<{ name: string }>(newer, [schema])
    if (after.length > told) log.info('a newer release is at work', { migrations: after.map(({ name }) => name) })
    told = after.length
  }

  function failed(error: unknown): void {
    // A database that is away is no reason to stop: everything goes on when it is back.
    if (!(error instanceof SyncError)) {
      log.warn('heartbeat not stored', { reason: reasonOf(error) })
      return
    }
    refusal = error
    clearInterval(timer)
    log.error('outdated', { why: error.message })
    onOutdated?.(error)
  }

  await enter()
  let beating: Promise<void> | null = null
  const timer = setInterval(() => {
    beating ??= beat()
      .catch(failed)
      .finally(() => {
        beating = null
      })
  }, heartbeatMs)
  timer.unref()

  const open = (): Database => {
    if (refusal !== null) throw refusal
    return database
  }
  return {
    rows: async (statement, values) => open().rows(statement, values),
    transaction: async (work) => open().transaction(work),
    async close() {
      clearInterval(timer)
      await beating
      // Who cannot say that it leaves is taken for dead soon.
      await removeProcess(database, id).catch((error: unknown) =>
        log.warn('heartbeat not stored', { reason: reasonOf(error) }),
      )
      await database.close()
    },
  }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
