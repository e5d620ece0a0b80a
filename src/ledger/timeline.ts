import type { Timeline, TimelineEntry } from '../ports/ledger/timeline.ts'
import type { Database } from './database.ts'
import { purge, purgeOf } from './purge.ts'
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

const entries = purgeOf('timeline', 'at')
const runs = purgeOf('runs', 'ended_at')
const closedProblems = {
  name: 'purge.problems',
  text: `
    delete from crosswalk.problems problem where last_seen < $1 and not whole
      and not exists (select from crosswalk.problem_records one where one.problem_id = problem.id)`,
}

export function openTimeline(database: Database): Timeline {
  return {
    async add(added) {
      if (added.length > 0) await database.rows(add, [storedJson(added)])
    },
    of: ({ id, connection, object }) => database.rows<TimelineEntry>(of, [id, connection, object]),
    async purge(before) {
      // Ended runs and closed problems go with it.
      await purge(database, runs, before)
      await database.rows(closedProblems, [before])
      return purge(database, entries, before)
    },
  }
}
