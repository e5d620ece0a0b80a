import type { Timeline, TimelineEntry } from '../ports/ledger/timeline.ts'
import type { Database } from './database.ts'
import { storedJson } from './stored-json.ts'

const add = {
  name: 'timeline.add',
  text: `
    insert into crosswalk.timeline (sync, connection, object, record_id, at, event, text, details, actor)
    select "sync", ref ->> 'connection', ref ->> 'object', ref ->> 'id', "at", "event", "text", coalesce("details", 'null'),
      "actor"
    from json_to_recordset($1) as (
      "sync" text, "ref" jsonb, "at" timestamptz, "event" text, "text" text, "details" jsonb, "actor" text
    )`,
}

const of = {
  name: 'timeline.of',
  text: `
    select sync, json_build_object('connection', connection, 'object', object, 'id', record_id) as ref, at, event, text,
      details, actor
    from crosswalk.timeline
    where record_id = $1 and ($2::text is null or connection = $2) and ($3::text is null or object = $3)
    order by at, id`,
}

const planned = {
  name: 'timeline.planned',
  text: `
    select sync, ref, at, event, text, details, actor from (
      select distinct on (connection, object, record_id) id, sync,
        json_build_object('connection', connection, 'object', object, 'id', record_id) as ref, at, event, text, details, actor
      from crosswalk.timeline
      where sync = $1 and at >= $2 and starts_with(event, 'would_')
      order by connection, object, record_id, at desc, id desc
    ) as last
    order by at desc, id desc limit $3`,
}

export function openTimeline(database: Database): Timeline {
  return {
    async add(added) {
      if (added.length > 0) await database.rows(add, [storedJson(added)])
    },
    of: ({ id, connection, object }) => database.rows<TimelineEntry>(of, [id, connection, object]),
    planned: (sync, since, max) => database.rows<TimelineEntry>(planned, [sync, since, max]),
  }
}
