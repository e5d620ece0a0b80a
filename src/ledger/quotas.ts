import type { Quotas, QuotaWait, Usage } from '../ports/ledger/quotas.ts'
import type { Database } from './database.ts'
import { laneOf, rankOf } from './lanes.ts'

// A window that is over starts full.
const quotas = {
  name: 'quotas.list',
  text: `
    select connection, name, call_limit as "limit", window_ms::float8 as "windowMs",
      case when ends_at <= statement_timestamp() then call_limit else remaining end as remaining,
      case when ends_at <= statement_timestamp()
        then statement_timestamp() + window_ms * interval '1 millisecond' else ends_at end as "endsAt"
    from crosswalk.quotas order by connection, window_ms, name`,
}
const parallel = {
  name: 'quotas.parallel',
  text: `
    select connection, calls, most, coalesce((
      select sum((holder.value->>'held')::integer) from jsonb_each(holders) as holder
      where (holder.value->>'until')::float8 > extract(epoch from statement_timestamp()) * 1000
    ), 0)::integer as held
    from crosswalk.parallelism order by connection`,
}
const wait = {
  name: 'quotas.wait',
  text: `
    insert into crosswalk.quota_waits as known (sync, lane, connection, until)
    values ($1, $2, $3, statement_timestamp() + $4::bigint * interval '1 millisecond')
    on conflict (sync, lane) do update set connection = excluded.connection, until = excluded.until`,
}
const waits = {
  name: 'quotas.waits',
  text: `
    select sync, lane, connection, until, (
      select count(*) from crosswalk.inbox row
      where row.sync = waiting.sync and row.lane >= waiting.lane and row.worker is null
    )::integer as records
    from crosswalk.quota_waits waiting where until > statement_timestamp() order by sync, lane`,
}

type QuotaRow = { readonly connection: string } & Usage['quotas'][number]
type ParallelRow = { readonly connection: string } & NonNullable<Usage['parallel']>

export function openQuotas(database: Database): Quotas {
  return {
    async usage() {
      const [windows, widths] = await Promise.all([
        database.rows<QuotaRow>(quotas, []),
        database.rows<ParallelRow>(parallel, []),
      ])
      const names = [...new Set([...windows, ...widths].map(({ connection }) => connection))].sort()
      return names.map((connection) => {
        const width = widths.find((one) => one.connection === connection)
        return {
          connection,
          quotas: windows.flatMap(({ connection: of, ...quota }) => (of === connection ? [quota] : [])),
          parallel: width === undefined ? null : { calls: width.calls, most: width.most, held: width.held },
        }
      })
    },
    async wait(sync, lane, { connection, afterMs }) {
      await database.rows(wait, [sync, rankOf(lane), connection, Math.ceil(afterMs)])
    },
    async waits() {
      const rows = await database.rows<Omit<QuotaWait, 'lane'> & { readonly lane: number }>(waits, [])
      return rows.map(({ lane, ...row }) => ({ ...row, lane: laneOf(lane) }))
    },
  }
}
