import type { RecordRef } from '../core/ref.ts'
import type { Instant } from '../core/time.ts'
import type { Claim, Inbox, InboxCount, LaneCount } from '../ports/ledger/inbox.ts'
import type { Database } from './database.ts'
import { laneOf, rankOf } from './lanes.ts'

// The hints of one call are a microsecond apart, in the order given and never in the future: they are claimed in that
// order, and at once. The rows are locked in the order of their ids, so that two calls cannot deadlock.
const add = {
  name: 'inbox.add',
  text: `
    with given as (
      select connection, object, record_id,
        statement_timestamp() - (cardinality($2::text[]) - min(place)) * interval '1 microsecond' as at
      from unnest($5::text[], $6::text[], $2::text[]) with ordinality as hint (connection, object, record_id, place)
      group by connection, object, record_id
    ), stored as (
      insert into crosswalk.inbox as row (sync, connection, object, record_id, lane, run, hinted_at, due_at)
      select $1, connection, object, record_id, $3::smallint, $4, at, at from given
      order by connection collate "C", object collate "C", record_id collate "C"
      on conflict (sync, connection, object, record_id) do update set
        again = case when row.worker is not null then least(row.again, excluded.lane) end,
        lane = case when row.worker is null then least(row.lane, excluded.lane) else row.lane end,
        -- Only a live hint overrides the wait of a deferred row.
        due_at = case when row.worker is null and excluded.lane = 0 then least(row.due_at, excluded.due_at) else row.due_at end,
        run = coalesce(excluded.run, row.run)
      returning xmax = 0 as added
    )
    select count(*) filter (where added)::integer as added from stored`,
}

const named = 'sync, connection, object, record_id'

/** What is due of one lane, unless it waits for a quota or a better lane has something. */
const dueOf = (lane: number, better: readonly string[]) => `
      select ${named} from crosswalk.inbox
      where sync = $1 and lane = ${lane} and worker is null and due_at <= statement_timestamp()
        ${better.map((name) => `and not exists (select from ${name})`).join(' ')}
        and not exists (select from crosswalk.quota_waits where sync = $1 and lane <= ${lane} and until > statement_timestamp())
      order by due_at, hinted_at limit $2 for update skip locked`

// One index range for each lane, of which the best that has anything is read: the calls for a batch are made in its lane.
export const claimStatement = {
  name: 'inbox.claim',
  text: `
    with live as materialized (${dueOf(0, [])}
    ), retried as materialized (${dueOf(1, ['live'])}
    ), filled as materialized (${dueOf(2, ['live', 'retried'])}
    ), chosen as materialized (
      select ${named} from live union all select ${named} from retried union all select ${named} from filled
    ), taken as (
      update crosswalk.inbox row set
        worker = $3, lease_until = statement_timestamp() + $4 * interval '1 millisecond', version = row.version + 1
      from chosen where row.sync = chosen.sync and row.connection = chosen.connection and row.object = chosen.object and row.record_id = chosen.record_id
      returning row.sync, row.connection, row.object, row.record_id, row.lane, row.run, row.attempts, row.worker,
        row.version, row.hinted_at, row.due_at
    )
    select sync, connection, object, record_id as id, lane, run, attempts, worker, version, hinted_at as "hintedAt"
    from taken order by lane, due_at, hinted_at`,
}

// A claim is identified by its version: it is void once the row was claimed again, even by the same worker. Rows are locked
// before anything is decided, so that a hint that is being added at this moment is seen; in one order, see above.
const held = `
  held as materialized (
    select row.sync, row.connection, row.object, row.record_id, row.again
    from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
      as claim (sync, record_id, version, connection, object)
    join crosswalk.inbox row using (sync, connection, object, record_id, version)
    where row.worker is not null
    order by row.sync, row.connection collate "C", row.object collate "C", row.record_id collate "C" for update of row
  )`

const renew = {
  name: 'inbox.renew',
  text: `
    with ${held}, renewed as (
      update crosswalk.inbox row set lease_until = statement_timestamp() + $6 * interval '1 millisecond'
      from held where row.sync = held.sync and row.connection = held.connection and row.object = held.object and row.record_id = held.record_id returning 1
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
      from held where row.sync = held.sync and row.connection = held.connection and row.object = held.object and row.record_id = held.record_id and held.again is not null
    )
    delete from crosswalk.inbox row using held
    where row.sync = held.sync and row.connection = held.connection and row.object = held.object and row.record_id = held.record_id and held.again is null`,
}

const defer = {
  name: 'inbox.defer',
  text: `
    with ${held}
    update crosswalk.inbox row set
      worker = null, lease_until = null, lane = least(row.lane, held.again), again = null, attempts = row.attempts + $7,
      due_at = statement_timestamp() + case when held.again = 0 then 0 else $6 end * interval '1 millisecond'
    from held where row.sync = held.sync and row.connection = held.connection and row.object = held.object and row.record_id = held.record_id`,
}

// The lease lapsed: the worker died. Once may be a restart. A poison record, which kills its worker each time, must not take
// down one worker after the other, so from the second time on it waits: exponential back-off, up to ten minutes.
const free = {
  name: 'inbox.free',
  text: `
    update crosswalk.inbox set
      worker = null, lease_until = null, lane = least(lane, again), again = null, attempts = attempts + 1,
      due_at = statement_timestamp()
        + case when attempts = 0 then 0 else least(600, power(2, least(attempts, 10))) end * interval '1 second'
    where worker is not null and lease_until < statement_timestamp()`,
}

const waiting = {
  name: 'inbox.waiting',
  text: `
    select connection, object, record_id as id from crosswalk.inbox
    where sync = $1 and worker is null order by hinted_at limit $2 for update skip locked`,
}

// What waits for a quota is due when the wait is over.
const count = {
  name: 'inbox.count',
  text: `
    with waits as (
      select waiting.sync, lanes.lane, max(waiting.until) as until
      from crosswalk.quota_waits waiting join (values (0), (1), (2)) as lanes (lane) on lanes.lane >= waiting.lane
      where waiting.until > statement_timestamp() group by waiting.sync, lanes.lane
    ), row as (
      select inbox.sync, inbox.lane, inbox.worker, inbox.hinted_at, greatest(inbox.due_at, waits.until) as due_at
      from crosswalk.inbox left join waits on waits.sync = inbox.sync and waits.lane = inbox.lane
    )
    select sync,
      count(*) filter (where worker is null and due_at <= statement_timestamp())::integer as due,
      count(*) filter (where worker is null and due_at > statement_timestamp())::integer as later,
      count(*) filter (where worker is not null)::integer as "inWork",
      min(hinted_at) as oldest,
      min(lane) filter (where worker is null and due_at <= statement_timestamp()) as "bestLane",
      ceil(extract(epoch from min(due_at) filter (where worker is null and due_at > statement_timestamp())
        - statement_timestamp()) * 1000)::integer as "nextInMs"
    from row group by sync order by sync`,
}

const lanes = {
  name: 'inbox.lanes',
  text: `
    select row.lane,
      count(*) filter (where worker is null and greatest(due_at, waits.until) <= statement_timestamp())::integer as due,
      count(*) filter (where worker is null and greatest(due_at, waits.until) > statement_timestamp())::integer as later,
      count(*) filter (where worker is not null)::integer as "inWork"
    from crosswalk.inbox row left join lateral (
      select max(until) as until from crosswalk.quota_waits waiting where waiting.sync = row.sync and waiting.lane <= row.lane
    ) waits on true
    where row.sync = $1 group by row.lane order by row.lane`,
}

const left = {
  name: 'inbox.left',
  text: `
    select count(*)::integer as left from crosswalk.inbox
    where sync = $1 and run = $2 and lane = ${rankOf('backfill')}`,
}

const keysOf = (claims: readonly Claim[]) => [
  claims.map((one) => one.sync),
  claims.map((one) => one.ref.id),
  claims.map((one) => one.version),
  claims.map((one) => one.ref.connection),
  claims.map((one) => one.ref.object),
]

type Row = Omit<Claim, 'lane' | 'ref'> & RecordRef & { readonly lane: number }
type Counted = Omit<InboxCount, 'bestLane'> & { readonly oldest: Instant | null; readonly bestLane: number | null }

export function openInbox(database: Database): Inbox {
  return {
    async add(sync, records, { lane, run = null }) {
      if (records.length === 0) return 0
      const [row] = await database.rows<{ added: number }>(add, [
        sync,
        records.map((one) => one.id),
        rankOf(lane),
        run,
        records.map((one) => one.connection),
        records.map((one) => one.object),
      ])
      return row?.added ?? 0
    },
    async claim(sync, { max, worker, leaseMs }) {
      const rows = await database.rows<Row>(claimStatement, [sync, max, worker, leaseMs])
      return rows.map(({ connection, object, id, lane, ...row }) => ({
        ...row,
        ref: { connection, object, id },
        lane: laneOf(lane),
      }))
    },
    async renew(claims, leaseMs) {
      const [row] = await database.rows<{ renewed: number }>(renew, [...keysOf(claims), leaseMs])
      return row?.renewed === claims.length
    },
    async settle(claims) {
      if (claims.length > 0) await database.rows(settle, keysOf(claims))
    },
    async defer(claims, afterMs) {
      if (claims.length > 0) await database.rows(defer, [...keysOf(claims), afterMs, 1])
    },
    async postpone(claims, afterMs) {
      if (claims.length > 0) await database.rows(defer, [...keysOf(claims), afterMs, 0])
    },
    waiting: (sync, max) => database.rows<RecordRef>(waiting, [sync, max]),
    async free() {
      await database.rows(free, [])
    },
    async counts() {
      const rows = await database.rows<Counted>(count, [])
      return rows.map((row) => ({ ...row, bestLane: row.bestLane === null ? null : laneOf(row.bestLane) }))
    },
    async lanes(sync) {
      const rows = await database.rows<Omit<LaneCount, 'lane'> & { readonly lane: number }>(lanes, [sync])
      return rows.map((row) => ({ ...row, lane: laneOf(row.lane) }))
    },
    async leftOf(sync, run) {
      const [row] = await database.rows<{ left: number }>(left, [sync, run])
      return row?.left ?? 0
    },
  }
}
