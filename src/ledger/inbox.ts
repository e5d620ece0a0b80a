import type { Instant } from '../core/time.ts'
import type { Lane } from '../ports/http.ts'
import type { Claim, Inbox, InboxCount } from '../ports/ledger/inbox.ts'
import type { Database } from './database.ts'

const lanes: readonly Lane[] = ['live', 'retry', 'backfill']
const rankOf = (lane: Lane): number => lanes.indexOf(lane)
const laneOf = (rank: number): Lane => lanes[rank] ?? 'backfill'

// The hints of one call are a microsecond apart, in the order given and never in the future: they are claimed in that
// order, and at once. The rows are locked in the order of their ids, so that two calls cannot wait for each other.
const add = {
  name: 'inbox.add',
  text: `
    with given as (
      select record_id, statement_timestamp() - (cardinality($2::text[]) - min(place)) * interval '1 microsecond' as at
      from unnest($2::text[]) with ordinality as hint (record_id, place)
      group by record_id
    ), stored as (
      insert into crosswalk.inbox as row (sync, record_id, lane, run, hinted_at, due_at)
      select $1, record_id, $3::smallint, $4, at, at from given order by record_id collate "C"
      on conflict (sync, record_id) do update set
        again = case when row.worker is not null then least(row.again, excluded.lane) end,
        lane = case when row.worker is null then least(row.lane, excluded.lane) else row.lane end,
        -- Only a live hint overrides the wait of a deferred row.
        due_at = case when row.worker is null and excluded.lane = 0 then least(row.due_at, excluded.due_at) else row.due_at end,
        run = coalesce(excluded.run, row.run)
      returning xmax = 0 as added
    )
    select count(*) filter (where added)::integer as added from stored`,
}

// One index range for each lane, the best first; the outer limit ends the walk as soon as enough is locked.
export const claimStatement = {
  name: 'inbox.claim',
  text: `
    with chosen as materialized (
      select waiting.sync, waiting.record_id
      from (values (0), (1), (2)) as lanes (lane)
      cross join lateral (
        select sync, record_id from crosswalk.inbox
        where sync = $1 and lane = lanes.lane and worker is null and due_at <= statement_timestamp()
        order by due_at, hinted_at limit $2 for update skip locked
      ) as waiting
      limit $2
    ), taken as (
      update crosswalk.inbox row set
        worker = $3, lease_until = statement_timestamp() + $4 * interval '1 millisecond', version = row.version + 1
      from chosen where row.sync = chosen.sync and row.record_id = chosen.record_id
      returning row.*
    )
    select sync, record_id as "recordId", lane, run, attempts, worker, version, hinted_at as "hintedAt"
    from taken order by lane, due_at, hinted_at`,
}

// A claim is known by its version: it is void once the row was claimed again, also by the same worker. Rows are locked
// before anything is decided, so that a hint that is being added at this moment is seen; in one order, see above.
const held = `
  held as materialized (
    select row.sync, row.record_id, row.again
    from unnest($1::text[], $2::text[], $3::bigint[]) as claim (sync, record_id, version)
    join crosswalk.inbox row using (sync, record_id, version)
    where row.worker is not null
    order by row.sync, row.record_id collate "C" for update of row
  )`

const renew = {
  name: 'inbox.renew',
  text: `
    with ${held}, renewed as (
      update crosswalk.inbox row set lease_until = statement_timestamp() + $4 * interval '1 millisecond'
      from held where row.sync = held.sync and row.record_id = held.record_id returning 1
    )
    select count(*)::integer as renewed from renewed`,
}

const settle = {
  name: 'inbox.settle',
  text: `
    with ${held}, kept as (
      update crosswalk.inbox row set
        worker = null, lease_until = null, lane = held.again, again = null, attempts = 0,
        hinted_at = statement_timestamp(), due_at = statement_timestamp()
      from held where row.sync = held.sync and row.record_id = held.record_id and held.again is not null
    )
    delete from crosswalk.inbox row using held
    where row.sync = held.sync and row.record_id = held.record_id and held.again is null`,
}

const defer = {
  name: 'inbox.defer',
  text: `
    with ${held}
    update crosswalk.inbox row set
      worker = null, lease_until = null, lane = least(row.lane, held.again), again = null, attempts = row.attempts + 1,
      due_at = statement_timestamp() + case when held.again = 0 then 0 else $4 end * interval '1 millisecond'
    from held where row.sync = held.sync and row.record_id = held.record_id`,
}

// A worker died over these. Once may be a restart; a record that kills its worker each time must not take them all down
// one after the other, so that from the second time on it waits longer and longer, up to ten minutes.
const free = {
  name: 'inbox.free',
  text: `
    update crosswalk.inbox set
      worker = null, lease_until = null, lane = least(lane, again), again = null, attempts = attempts + 1,
      due_at = statement_timestamp()
        + case when attempts = 0 then 0 else least(600, power(2, least(attempts, 10))) end * interval '1 second'
    where worker is not null and lease_until < statement_timestamp()`,
}

const count = {
  name: 'inbox.count',
  text: `
    select sync,
      count(*) filter (where worker is null and due_at <= statement_timestamp())::integer as due,
      count(*) filter (where worker is null and due_at > statement_timestamp())::integer as later,
      count(*) filter (where worker is not null)::integer as "inWork",
      min(hinted_at) as oldest,
      min(lane) filter (where worker is null and due_at <= statement_timestamp()) as "bestLane"
    from crosswalk.inbox group by sync order by sync`,
}

const keysOf = (claims: readonly Claim[]) => [
  claims.map((one) => one.sync),
  claims.map((one) => one.recordId),
  claims.map((one) => one.version),
]

export function openInbox(database: Database): Inbox {
  return {
    async add(sync, recordIds, { lane, run = null }) {
      if (recordIds.length === 0) return 0
      const [row] = await database.rows<{ added: number }>(add, [sync, recordIds, rankOf(lane), run])
      return row?.added ?? 0
    },
    async claim(sync, { max, worker, leaseMs }) {
      const rows = await database.rows<Omit<Claim, 'lane'> & { lane: number }>(claimStatement, [
        sync,
        max,
        worker,
        leaseMs,
      ])
      return rows.map((row) => ({ ...row, lane: laneOf(row.lane) }))
    },
    async renew(claims, leaseMs) {
      const [row] = await database.rows<{ renewed: number }>(renew, [...keysOf(claims), leaseMs])
      return row?.renewed === claims.length
    },
    async settle(claims) {
      if (claims.length > 0) await database.rows(settle, keysOf(claims))
    },
    async defer(claims, afterMs) {
      if (claims.length > 0) await database.rows(defer, [...keysOf(claims), afterMs])
    },
    async sweep() {
      await database.rows(free, [])
      type Counted = Omit<InboxCount, 'bestLane'> & { oldest: Instant | null; bestLane: number | null }
      const rows = await database.rows<Counted>(count, [])
      return rows.map((row) => ({ ...row, bestLane: row.bestLane === null ? null : laneOf(row.bestLane) }))
    },
  }
}
