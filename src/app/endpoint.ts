import { type Failure, failureOf, SyncError, verdictOf } from '../core/problem.ts'
import { shift } from '../core/time.ts'
import type { Clock } from '../ports/clock.ts'
import type { Account, ChangePage, ChangesSince, Connection, ObjectSchema } from '../ports/connector.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { Log } from '../ports/log.ts'

/** A connection as the engine uses it: watched by a circuit breaker whose state all processes share. */
export interface Endpoint {
  readonly name: string
  /** The connector's name. */
  readonly system: string
  /** The one in use; a renewed login secret brings another. */
  readonly connection: Connection
  /** Takes over settings that were stored since this process opened the connection. @returns whether there were any */
  refresh(): Promise<boolean>
  /** The account, from the ledger or, the first time, from `check`. */
  account(): Promise<Account>
  /** Null when work may go on. */
  paused(): Promise<Failure | null>
  /** Runs calls of this connection. A login that is refused or a system that is down pauses it for all processes. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** The changes of an object, watched like any other call. */
  changes(object: string, since: ChangesSince): AsyncIterable<ChangePage>
  describe(object: string): Promise<ObjectSchema>
}

// After the first failure at once again, then 5 s, 10 s, … up to 5 min; a refused login waits the longest from the start.
const pauseMs = (failures: number) => Math.min(5 * 60_000, 5_000 * 2 ** Math.max(0, failures - 2))
const loginPauseMs = 5 * 60_000

export function openEndpoint(
  options: { name: string; system: string; connection: Connection; reopen: () => Promise<Connection | null> },
  deps: { ledger: Ledger; clock: Clock; log: Log },
): Endpoint {
  const { name } = options
  let connection = options.connection
  const { ledger, clock, log } = deps
  let account: Promise<Account> | null = null
  let failing = true

  async function failed(error: SyncError): Promise<void> {
    const verdict = verdictOf(error.problem)
    const down = error.problem.kind === 'unavailable'
    if (verdict.do !== 'pause_connection' && !down && error.problem.kind !== 'rate_limited') return
    failing = true
    const state = await ledger.connections.get(name)
    if (down && state.failures === 0) {
      // One failure may be a restart of the other side: it is counted, and only a second in a row opens the circuit.
      await ledger.connections.setPaused(name, { because: failureOf(error), until: clock.now() })
      return
    }
    const ms =
      error.problem.kind === 'rate_limited'
        ? error.problem.retryAfterMs
        : down
          ? pauseMs(state.failures + 1)
          : loginPauseMs
    await ledger.connections.setPaused(name, { because: failureOf(error), until: shift(clock.now(), ms) })
    if (error.problem.kind !== 'rate_limited') {
      await ledger.problems.raise([
        { sync: connectionCause(name), causeKey: error.problem.kind, failure: failureOf(error), recordIds: [] },
      ])
    }
    log.warn('connection paused', { connection: name, kind: error.problem.kind, for_ms: ms, why: error.message })
  }

  async function worked(): Promise<void> {
    if (!failing) return
    failing = false
    const state = await ledger.connections.get(name)
    if (state.failures === 0 && state.pausedBecause === null) return
    await ledger.connections.setPaused(name, null)
    await ledger.problems.close(connectionCause(name), ['unavailable', 'auth_rejected', 'permission_missing'])
    log.info('connection works again', { connection: name })
  }

  async function learn(): Promise<Account> {
    const known = (await ledger.connections.get(name)).account
    if (known !== null) return known
    const report = await endpoint.use((opened) => opened.check())
    await ledger.connections.setAccount(name, report.account)
    return report.account
  }

  const endpoint: Endpoint = {
    name,
    system: options.system,
    get connection() {
      return connection
    },
    async refresh() {
      const renewed = await options.reopen()
      connection = renewed ?? connection
      return renewed !== null
    },
    account() {
      account ??= learn().catch((error: unknown) => {
        account = null
        throw error
      })
      return account
    },
    async paused() {
      const state = await ledger.connections.get(name)
      const over = state.pausedUntil === null || state.pausedUntil <= clock.now()
      return over ? null : state.pausedBecause
    },
    async use(work) {
      try {
        const value = await work(connection)
        await worked()
        return value
      } catch (error) {
        if (!(error instanceof SyncError)) throw error
        // Another process may have renewed the login secret: then the refused one is the old one.
        if (error.problem.kind === 'auth_rejected' && (await endpoint.refresh())) return endpoint.use(work)
        await failed(error)
        throw error
      }
    },
    async *changes(object, since) {
      try {
        yield* connection.changes(object, since)
        await worked()
      } catch (error) {
        if (error instanceof SyncError) await failed(error)
        throw error
      }
    },
    describe: (object) => endpoint.use((opened) => opened.describe(object)),
  }
  return endpoint
}

/** The name under which problems of a connection, not of a sync, are kept. */
const connectionCause = (connection: string): string => `connection ${connection}`
