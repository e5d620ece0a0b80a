import type { ClientConfig } from 'pg'
import { toMillis } from '../core/time.ts'
import type { Clock } from '../ports/clock.ts'
import type { Lane, Quota } from '../ports/http.ts'
import type { Log } from '../ports/log.ts'
import { openDatabase } from './database.ts'

/** The quota of each connection, shared by all processes: a rate limiter with one row for each. */
export interface Budget {
  /** @returns milliseconds to wait before asking again; 0 when one call may be made now */
  take(connection: string, lane?: Lane): Promise<number>
  /** Takes over the quota of a reply's headers. */
  learn(connection: string, quota: Quota): Promise<void>
  close(): Promise<void>
}

// For other integrations of the same account, and for calls that were in flight when the quota was reported.
const reserveShare = 0.1
// What backfill leaves for live work, on top of the reserve.
const liveShare = 0.25
// Calls taken at once, so that most calls need no round trip to the database.
const blockMax = 10
// A daily quota is read anew each hour: it may have been raised, or its window may slide.
const windowMsMax = 3_600_000
// How long a connection that reports no quota is not asked about again.
const unknownMs = 10_000

// When the window is over, the next one starts full. The row's lock makes processes take turns.
const take = {
  name: 'budget.take',
  text: `
    with before as (
      select connection, call_limit,
        case when ends_at <= statement_timestamp() then floor(call_limit * (1 - $3::float8))::integer else remaining end as remaining,
        case when ends_at <= statement_timestamp() then statement_timestamp() + window_ms * interval '1 millisecond'
          else ends_at end as ends_at
      from crosswalk.budgets where connection = $1 for update
    ), granted as (
      select connection, call_limit, remaining, ends_at, greatest(0, least(
        greatest(1, least($2::integer, call_limit / 10)), remaining - floor(call_limit * $4::float8)::integer
      )) as calls
      from before
    )
    update crosswalk.budgets budget set remaining = granted.remaining - granted.calls, ends_at = granted.ends_at
    from granted where budget.connection = granted.connection
    returning granted.calls, budget.remaining, budget.call_limit as "limit",
      ceil(extract(epoch from budget.ends_at - statement_timestamp()) * 1000)::integer as "leftMs"`,
}

const learn = {
  name: 'budget.learn',
  text: `
    insert into crosswalk.budgets as known (connection, call_limit, window_ms, remaining, ends_at)
    values ($1, $2, $3::bigint, $4, statement_timestamp() + $3::bigint * interval '1 millisecond')
    on conflict (connection) do update set
      call_limit = excluded.call_limit, window_ms = excluded.window_ms, remaining = excluded.remaining,
      ends_at = case
        when known.ends_at > statement_timestamp() then least(known.ends_at, excluded.ends_at) else excluded.ends_at
      end`,
}

type Row = 'front' | 'back'
interface Granted {
  readonly calls: number
  readonly remaining: number
  readonly limit: number
  readonly leftMs: number
}

/** What this process knows of one connection; instants in milliseconds of its own clock. */
interface Local {
  /** Calls taken for this process and not yet made. Backfill's are its own, so that it cannot use up live's. */
  readonly held: Record<Row, number>
  readonly waitUntil: Record<Row, number>
  readonly asking: Record<Row, Promise<void> | null>
  endsAt: number
  limit: number | null
  windowMs: number | null
  /** What was left for all when the database was last asked or told. */
  remaining: number
}

interface BudgetOptions {
  /** The ledger's database, which `openLedger` has brought up to date. */
  readonly connection: ClientConfig
  readonly clock: Clock
  readonly log: Log
}

/** Opens no connection before it is asked about a connection that has a quota. */
export function openBudget({ connection, clock, log }: BudgetOptions): Budget {
  const database = openDatabase({ connection, poolMax: 2, log })
  const locals = new Map<string, Local>()
  const now = () => toMillis(clock.now())
  const localOf = (name: string): Local => {
    const known = locals.get(name)
    if (known) return known
    const fresh: Local = {
      held: { front: 0, back: 0 },
      waitUntil: { front: 0, back: 0 },
      asking: { front: null, back: null },
      endsAt: 0,
      limit: null,
      windowMs: null,
      remaining: 0,
    }
    locals.set(name, fresh)
    return fresh
  }

  async function ask(name: string, local: Local, row: Row): Promise<void> {
    const kept = row === 'back' ? liveShare : 0
    const [granted] = await database.rows<Granted>(take, [name, blockMax, reserveShare, kept])
    if (granted === undefined) {
      // No quota is known yet: go ahead, and look again later.
      local.held[row] = Number.POSITIVE_INFINITY
      local.endsAt = now() + unknownMs
      return
    }
    const endsAt = now() + granted.leftMs
    local.held[row] = granted.calls
    local.endsAt = endsAt
    local.limit = granted.limit
    local.remaining = granted.remaining
    local.waitUntil[row] = granted.calls > 0 ? 0 : endsAt
  }

  return {
    async take(name, lane = 'live') {
      const local = localOf(name)
      const row: Row = lane === 'backfill' ? 'back' : 'front'
      for (;;) {
        const at = now()
        if (at >= local.endsAt) local.held.front = local.held.back = 0
        if (local.held[row] > 0) {
          local.held[row] -= 1
          return 0
        }
        if (at < local.waitUntil[row]) return local.waitUntil[row] - at
        // Concurrent callers share the answer.
        local.asking[row] ??= ask(name, local, row).finally(() => {
          local.asking[row] = null
        })
        await local.asking[row]
      }
    },
    async learn(name, { limit, remaining, windowMs }) {
      const local = localOf(name)
      const usable = Math.max(0, Math.floor(remaining - limit * reserveShare))
      const same = local.limit === limit && local.windowMs === windowMs
      // Calls in flight make small differences; only the use by others, or a new window of the vendor's, makes large ones.
      if (same && Math.abs(usable - local.remaining) <= Math.max(blockMax, limit * reserveShare)) return
      local.limit = limit
      local.windowMs = windowMs
      local.remaining = usable
      await database.rows(learn, [name, limit, Math.min(windowMs, windowMsMax), usable])
      local.held.front = local.held.back = 0
      local.waitUntil.front = local.waitUntil.back = 0
    },
    close: () => database.close(),
  }
}
