import type { Database } from '../database.ts'
import { chunkRows } from './purge.ts'

const recordsAtOnce = 100
/** The beginning of a story that stays: this share of its entries, the others are its end. */
const firstShare = 0.1

// Since the last cut only records with a newer entry can have grown too long; a day more is looked at, for entries that came late.
const noisy = {
  name: 'retention.noisy',
  text: `
    with last as (
      insert into crosswalk.upkeep as known (task, begun_at) values ('cut timelines', '-infinity')
      on conflict (task) do update set task = excluded.task returning begun_at
    ), begun as (select case when isfinite(begun_at) then begun_at - interval '1 day' else begun_at end as since from last)
    select connection, object, record_id as id from crosswalk.timeline
    where record_id in (select distinct record_id from crosswalk.timeline, begun where at >= begun.since)
    group by connection, object, record_id having count(*) > $1
    limit $2`,
}
const done = {
  name: 'retention.cutDone',
  text: `update crosswalk.upkeep set begun_at = statement_timestamp() where task = 'cut timelines'`,
}

// What an earlier cut left goes into the new one, so that a record has one such entry.
const cut = {
  name: 'retention.cut',
  text: `
    with ranked as (
      select row.ctid as place, row_number() over story as nth, count(*) over (partition by connection, object, record_id) as total
      from crosswalk.timeline row
      join unnest($1::text[], $2::text[], $3::text[]) as one (connection, object, record_id)
        using (connection, object, record_id)
      window story as (partition by connection, object, record_id order by at, id)
    ), gone as (
      delete from crosswalk.timeline where ctid = any(array(
        select place from ranked where total > $4::bigint + $5::bigint + 1 and nth > $4 and nth <= total - $5 order by nth limit ${chunkRows}
      )) returning *
    ), summed as (
      select max(sync) as sync, connection, object, record_id, max(at) as at,
        min(case when event = 'cut' then (details ->> 'from')::timestamptz else at end) as since,
        sum(case when event = 'cut' then (details ->> 'entries')::bigint else 1 end) as entries
      from gone group by connection, object, record_id
    ), told as (
      insert into crosswalk.timeline (sync, connection, object, record_id, at, event, text, details, actor)
      select sync, connection, object, record_id, at, 'cut',
        format('%s entries between %s and %s UTC were removed', to_char(entries, 'FM999,999,999,999'),
          to_char(since at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), to_char(at at time zone 'UTC', 'YYYY-MM-DD HH24:MI')),
        jsonb_build_object('entries', entries, 'from', since, 'to', at), null
      from summed
    )
    select count(*)::integer as gone, (count(*) filter (where event <> 'cut'))::integer as entries from gone`,
}

/** Cuts the middle out of timelines with more than `most` entries, and tells it there. @returns how many went */
export async function cutTimelines(database: Database, most: number): Promise<number> {
  const first = Math.max(1, Math.floor(most * firstShare))
  const last = most - first - 1
  let total = 0
  for (;;) {
    const records = await database.rows<{ connection: string; object: string; id: string }>(noisy, [
      most,
      recordsAtOnce,
    ])
    if (records.length === 0) break
    const columns = [
      records.map((one) => one.connection),
      records.map((one) => one.object),
      records.map((one) => one.id),
    ]
    for (;;) {
      const [row] = await database.rows<{ gone: number; entries: number }>(cut, [...columns, first, last])
      total += row?.entries ?? 0
      if ((row?.gone ?? 0) < chunkRows) break
    }
  }
  await database.rows(done, [])
  return total
}
