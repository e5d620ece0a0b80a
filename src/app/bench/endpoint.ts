import { type Failure, failureOf, SyncError, verdictOf } from '../../core/problem.ts'
import { type Instant, shift, toMillis } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Account, ChangePage, ChangesSince, Connection, ObjectSchema, Watch } from '../../ports/connector.ts'
import type { CallScope, CallScopes } from '../../ports/http.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { Log } from '../../ports/log.ts'

/** A connection as the engine uses it: under a circuit breaker whose state all processes share. */
export interface Endpoint {
  readonly name: string
  /** The connector's name. */
  readonly system: string
  /** The one in use; it is replaced when the login secret is renewed. */
  readonly connection: Connection
  /** Takes over settings that were stored since this process opened the connection. */
  refresh(): Promise<void>
  /** The account, from the ledger or, the first time, from `check`. */
  account(): Promise<Account>
  /** Null when work may go on. */
  paused(): Promise<Failure | null>
  /** Runs calls under the circuit breaker: a refused login or a system that is down pauses the connection for all processes. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** Runs calls for which no delivery waits: whatever comes of them, nothing is paused. */
  ask<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** A quota is used up, as the outcome of single records tells. */
  limited(failure: Failure): Promise<void>
  /** The changes of a system, under the circuit breaker like any other call. */
  changes(watch: Watch, since: ChangesSince): AsyncIterable<ChangePage>
  describe(object: string): Promise<ObjectSchema>
  /** The same connection, with its calls in this scope. */
  within(scope: CallScope): Endpoint
}

// Exponential back-off: at once after the first failure, then 5 s, 10 s, … up to 5 min; a refused login waits the longest from the start.
const pauseMs = (failures: number) => Math.min(5 * 60_000, 5_000 * 2 ** Math.max(0, failures - 2))
const loginPauseMs = 5 * 60_000
const longestPauseMs = ({ problem }: Failure) => (problem.kind === 'rate_limited' ? 86_400_000 : loginPauseMs)
/** A rate limit that keeps a connection waiting any longer is told as a problem. */
const longPauseMs = 15 * 60_000

export function openEndpoint(
  options: { name: string; system: string; connection: Connection; reopen: () => Promise<Connection | null> },
  deps: { ledger: Ledger; clock: Clock; log: Log; scopes: CallScopes },
): Endpoint {
  const { name } = options
  let connection = options.connection
  const { ledger, clock, log } = deps
  let account: Promise<Account> | null = null
  let refreshing: Promise<void> | null = null
  // Whether the first call that works has problems to close: it is not known before, and another process may have met them.
  let failing = true
  // How many outages this process has seen; concurrent failures count as one.
  let outages = 0

  /** @param known  outages when the call began */
  async function failed(error: SyncError, known: number): Promise<void> {
    const verdict = verdictOf(error.problem)
    const down = error.problem.kind === 'unavailable'
    const limited = error.problem.kind === 'rate_limited'
    if (verdict.do !== 'pause_connection' && !down && !limited) return
    // What used up its share of the quota waits alone; live work has calls left, or finds out by itself.
    if (limited && (deps.scopes.current().lane !== 'live' || isOfAnotherLane(error))) return
    failing = true
    // Concurrent calls that all fail are one outage.
    if (down && outages > known) return
    if (down) outages += 1
    const state = await ledger.connections.get(name)
    if (down && state.failures === 0) {
      // One failure may be a restart of the other side: it is counted, and only a second in a row opens the circuit breaker.
      await ledger.connections.setPaused(name, { because: failureOf(error), until: clock.now() })
      return
    }
    const ms =
      error.problem.kind === 'rate_limited'
        ? error.problem.retryAfterMs
        : down
          ? pauseMs(state.failures + 1)
          : loginPauseMs
    const until = shift(clock.now(), ms)
    // The problem first: whoever finds the connection paused closes it with the first call that works.
    if (!limited || ms > longPauseMs) {
      const failure = limited ? longPause(failureOf(error), until) : failureOf(error)
      await ledger.problems.raise([{ sync: connectionCause(name), causeKey: error.problem.kind, failure, records: [] }])
    }
    await ledger.connections.setPaused(name, { because: failureOf(error), until })
    log.warn('connection paused', { connection: name, kind: error.problem.kind, for_ms: ms, why: error.message })
  }

  async function worked(): Promise<void> {
    if (!failing) return
    failing = false
    const state = await ledger.connections.get(name)
    // Even of a connection that is not paused: the process that raised them may have ended before it paused it.
    const close = () =>
      ledger.problems.close(connectionCause(name), [
        'unavailable',
        'auth_rejected',
        'permission_missing',
        'rate_limited',
      ])
    if (state.failures === 0 && state.pausedBecause === null) return close()
    await ledger.connections.setPaused(name, null)
    await close()
    log.info('connection works again', { connection: name })
  }

  async function reopen(): Promise<void> {
    connection = (await options.reopen()) ?? connection
  }

  /**
   * Whether the refused login was an old one: another process renewed the secret, or another call has reopened the connection
   * already, so that there is a newer one than the one that was used.
   */
  async function isOutdated(used: Connection, error: SyncError): Promise<boolean> {
    if (error.problem.kind !== 'auth_rejected') return false
    if (connection === used) await endpoint.refresh()
    return connection !== used
  }

  /** Whether it was the share of another lane that is used up: callers of several lanes may share one question. */
  function isOfAnotherLane({ problem }: SyncError): boolean {
    const { lane } = deps.scopes.current()
    return problem.kind === 'rate_limited' && problem.lane !== undefined && problem.lane !== lane
  }

  async function learn(): Promise<Account> {
    const known = (await ledger.connections.get(name)).account
    if (known !== null) return known
    const report = await endpoint.use((opened) => opened.check())
    await ledger.connections.setAccount(name, report.account)
    return report.account
  }

  async function attempt<T>(work: (connection: Connection) => Promise<T>, first: boolean): Promise<T> {
    const used = connection
    const known = outages
    try {
      const value = await work(used)
      await worked()
      return value
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      if ((await isOutdated(used, error)) || (first && isOfAnotherLane(error))) return attempt(work, false)
      await failed(error, known)
      throw error
    }
  }

  async function* walk(watch: Watch, since: ChangesSince, first: boolean): AsyncIterable<ChangePage> {
    const used = connection
    const known = outages
    let reached = since
    try {
      for await (const page of used.changes(watch, since)) {
        yield page
        reached = { cursor: page.cursor }
      }
      await worked()
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      if ((await isOutdated(used, error)) || (first && isOfAnotherLane(error)))
        return yield* walk(watch, reached, false)
      await failed(error, known)
      throw error
    }
  }

  const endpoint: Endpoint = {
    name,
    system: options.system,
    get connection() {
      return connection
    },
    refresh() {
      refreshing ??= reopen().finally(() => {
        refreshing = null
      })
      return refreshing
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
      if (state.failures > 0 || state.pausedBecause !== null) failing = true
      const { pausedUntil, pausedBecause } = state
      if (pausedUntil === null || pausedBecause === null) return null
      const leftMs = toMillis(pausedUntil) - toMillis(clock.now())
      // Longer than any pause is one of a clock that was put back since.
      const isOver = leftMs <= 0 || leftMs > longestPauseMs(pausedBecause)
      return isOver ? null : pausedBecause
    },
    use: (work) => attempt(work, true),
    async ask(work) {
      const used = connection
      try {
        return await work(used)
      } catch (error) {
        if (error instanceof SyncError && (await isOutdated(used, error))) return work(connection)
        throw error
      }
    },
    async limited({ message, ...failure }) {
      await failed(new SyncError(message, failure), outages)
    },
    changes: (watch, since) => walk(watch, since, true),
    describe: (object) => endpoint.use((opened) => opened.describe(object)),
    within: (scope) => scoped(endpoint, scope, deps.scopes),
  }
  return endpoint
}

const longPause = (failure: Failure, until: Instant): Failure => ({
  ...failure,
  message: `${failure.message}. Nothing is asked of it until ${until}.`,
  fix: `${failure.fix} To try at once: \`crosswalk check\`, whose success ends the pause.`,
})

function scoped(endpoint: Endpoint, scope: CallScope, scopes: CallScopes): Endpoint {
  return {
    name: endpoint.name,
    system: endpoint.system,
    get connection() {
      return endpoint.connection
    },
    refresh: () => scopes.within(scope, () => endpoint.refresh()),
    account: () => scopes.within(scope, () => endpoint.account()),
    paused: () => endpoint.paused(),
    use: (work) => scopes.within(scope, () => endpoint.use(work)),
    ask: (work) => scopes.within(scope, () => endpoint.ask(work)),
    limited: (failure) => scopes.within(scope, () => endpoint.limited(failure)),
    async *changes(watch, since) {
      const pages = endpoint.changes(watch, since)[Symbol.asyncIterator]()
      try {
        for (;;) {
          const page = await scopes.within(scope, () => pages.next())
          if (page.done === true) return
          yield page.value
        }
      } finally {
        await pages.return?.()
      }
    },
    describe: (object) => scopes.within(scope, () => endpoint.describe(object)),
    within: (other) => scoped(endpoint, other, scopes),
  }
}

const schemaMs = 60_000

/**
 * The same endpoint, for who checks a draft over and over while it is typed: what it tells of an object is asked for once a
 * minute, and none of it counts for anybody else.
 */
export function rememberingSchemas(endpoint: Endpoint, clock: Clock): Endpoint {
  const known = new Map<string, { readonly until: Instant; readonly schema: Promise<ObjectSchema> }>()
  const remembering = (inner: Endpoint): Endpoint => ({
    name: inner.name,
    system: inner.system,
    get connection() {
      return inner.connection
    },
    refresh: () => inner.refresh(),
    account: () => inner.account(),
    paused: () => inner.paused(),
    use: (work) => inner.use(work),
    ask: (work) => inner.ask(work),
    limited: (failure) => inner.limited(failure),
    changes: (watch, since) => inner.changes(watch, since),
    describe(object) {
      const now = clock.now()
      const found = known.get(object)
      if (found !== undefined && toMillis(now) < toMillis(found.until)) return found.schema
      const schema = inner.describe(object)
      known.set(object, { until: shift(now, schemaMs), schema })
      // One that failed is asked anew.
      schema.catch(() => known.delete(object))
      return schema
    },
    within: (scope) => remembering(inner.within(scope)),
  })
  return remembering(endpoint)
}

/** The cause of the problem that a login ends soon and could not be renewed. */
export const loginEnds = 'login_ends'
/** Cause of the problem that a machine's clock is away from that of a system. */
export const clockOff = 'clock_off'
/** The name under which problems of a connection, not of a sync, are kept. */
export const connectionCause = (connection: string): string => `connection ${connection}`
