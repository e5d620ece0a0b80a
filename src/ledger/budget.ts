import { toMillis } from '../core/time.ts'
import type { Clock } from '../ports/clock.ts'
import type { Lane, Quota } from '../ports/http.ts'
import type { Database } from './database.ts'

/** The quotas of each connection, shared by all processes: a rate limiter with one row for each window. */
export interface Budget {
  /** @returns milliseconds to wait before asking again; 0 when one call may be made now */
  take(connection: string, lane?: Lane): Promise<number>
  /** Takes over the quotas of a reply's headers. */
  learn(connection: string, quotas: readonly Quota[]): Promise<void>
}

/**
 * What is kept from each lane for the better ones, of what the reserve leaves. The reserve is for other integrations of the
 * same account, and for calls that were in flight when the quota was reported.
 */
const keptFrom: Readonly<Record<Lane, number>> = { live: 0, retry: 0.1, backfill: 0.25 }
// Calls taken at once, so that most calls need no round trip to the database.
const blockMax = 10
/**
 * How far the system's count and ours may differ before ours is corrected: less is left where others use the quota, which is
 * heeded at once; more where calls that were taken here were not made yet, or where its window began anew.
 */
const slack = { less: 0.01, more: 0.1 }
// A daily quota is read anew each hour: it may have been raised, or its window may slide.
const windowMsMax = 3_600_000
// How long a connection that reports no quota is not asked about again.
const unknownMs = 10_000

// When a window is over, the next one starts full. What all windows allow is granted. The rows' locks make processes take turns.
const take = {
  name: 'budget.take',
  text: `
    with before as (
      select connection, name, call_limit, window_ms,
        case when ends_at <= statement_timestamp() then call_limit else remaining end as remaining,
        case when ends_at <= statement_timestamp()
          then statement_timestamp() + least(window_ms, $4::bigint) * interval '1 millisecond' else ends_at end as ends_at
      from crosswalk.quotas where connection = $1 order by name for update
    ), usable as (
      select connection, name, call_limit, remaining, ends_at, remaining - ceil(call_limit * $3::float8 - 0.000001)::integer as calls
      from before
    ), granted as (
      select greatest(0, least(min(calls), min(greatest(1, least($2::integer, call_limit / 10))))) as calls from usable
    )
    update crosswalk.quotas quota set remaining = usable.remaining - granted.calls, ends_at = usable.ends_at
    from usable, granted where quota.connection = usable.connection and quota.name = usable.name
    returning granted.calls, usable.calls as usable, quota.name, quota.remaining, quota.call_limit as "limit",
      quota.window_ms::float8 as "windowMs",
      ceil(extract(epoch from quota.ends_at - statement_timestamp()) * 1000)::integer as "leftMs"`,
}

const learn = {
  name: 'budget.learn',
  text: `
    insert into crosswalk.quotas as known (connection, name, call_limit, window_ms, remaining, ends_at)
    select $1, name, call_limit, window_ms, remaining,
      statement_timestamp() + least(window_ms, $6::bigint) * interval '1 millisecond'
    from unnest($2::text[], $3::integer[], $4::bigint[], $5::integer[]) as told (name, call_limit, window_ms, remaining)
    order by name
    on conflict (connection, name) do update set
      call_limit = excluded.call_limit, window_ms = excluded.window_ms, remaining = excluded.remaining,
      ends_at = case
        when known.ends_at > statement_timestamp() then least(known.ends_at, excluded.ends_at) else excluded.ends_at
      end`,
}

interface Granted extends Quota {
  readonly calls: number
  /** For the lane that asked. */
  readonly usable: number
  readonly leftMs: number
}

/** What this process knows of one connection; instants in milliseconds of its own clock. */
interface Local {
  readonly lanes: Readonly<Record<Lane, LocalLane>>
  /** When the first window ends: what was taken is void then. */
  endsAt: number
  /** The windows, as the database last told or was told. */
  readonly known: Map<string, Quota>
}
interface LocalLane {
  /** Calls taken for this process and not yet made. Each lane has its own, so that none uses up a better one's. */
  held: number
  waitUntil: number
  asking: Promise<void> | null
}

interface BudgetOptions {
  readonly clock: Clock
  /** The share of a connection's quotas that is left to other integrations: 0.1 is a tenth. */
  readonly reserveOf: (connection: string) => number
}

export function openBudget(database: Database, { clock, reserveOf }: BudgetOptions): Budget {
  const locals = new Map<string, Local>()
  const now = () => toMillis(clock.now())
  const localOf = (name: string): Local => {
    const known = locals.get(name)
    if (known) return known
    const lane = (): LocalLane => ({ held: 0, waitUntil: 0, asking: null })
    const fresh: Local = {
      lanes: { live: lane(), retry: lane(), backfill: lane() },
      endsAt: 0,
      known: new Map(),
    }
    locals.set(name, fresh)
    return fresh
  }

  async function ask(name: string, local: Local, lane: Lane): Promise<void> {
    const own = local.lanes[lane]
    const reserve = reserveOf(name)
    const kept = reserve + (1 - reserve) * keptFrom[lane]
    const rows = await database.rows<Granted>(take, [name, blockMax, kept, windowMsMax])
    const [first] = rows
    if (first === undefined) {
      // No quota is known yet: go ahead, and look again later.
      own.held = Number.POSITIVE_INFINITY
      local.endsAt = now() + unknownMs
      return
    }
    const at = now()
    for (const { name: window, limit, remaining, windowMs } of rows)
      local.known.set(window, { name: window, limit, remaining, windowMs })
    own.held = first.calls
    local.endsAt = at + Math.min(...rows.map(({ leftMs }) => leftMs))
    const empty = rows.filter(({ usable }) => usable <= 0).map(({ leftMs }) => leftMs)
    own.waitUntil = first.calls > 0 ? 0 : at + Math.max(...empty)
  }

  /** Whether the quota is other than it was taken for. */
  function isNews(local: Local, { name, limit, remaining, windowMs }: Quota): boolean {
    const known = local.known.get(name)
    if (known === undefined || known.limit !== limit || known.windowMs !== windowMs) return true
    const more = remaining - known.remaining
    return more < -Math.max(blockMax, limit * slack.less) || more > Math.max(blockMax, limit * slack.more)
  }

  return {
    async take(name, lane = 'live') {
      const local = localOf(name)
      const own = local.lanes[lane]
      for (;;) {
        const at = now()
        if (at >= local.endsAt) for (const one of Object.values(local.lanes)) one.held = 0
        if (own.held > 0) {
          own.held -= 1
          return 0
        }
        if (at < own.waitUntil) return own.waitUntil - at
        // Concurrent callers share the answer.
        own.asking ??= ask(name, local, lane).finally(() => {
          own.asking = null
        })
        await own.asking
      }
    },
    async learn(name, quotas) {
      const local = localOf(name)
      const news = quotas.filter((quota) => isNews(local, quota))
      if (news.length === 0) return
      for (const quota of news) local.known.set(quota.name, quota)
      await database.rows(learn, [
        name,
        news.map((one) => one.name),
        news.map(({ limit }) => Math.floor(limit)),
        news.map(({ windowMs }) => Math.ceil(windowMs)),
        news.map(({ remaining }) => Math.floor(remaining)),
        windowMsMax,
      ])
      for (const one of Object.values(local.lanes)) Object.assign(one, { held: 0, waitUntil: 0 })
    },
  }
}
