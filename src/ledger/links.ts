import type { Link, Links } from '../ports/ledger/links.ts'
import type { Database } from './database.ts'
import { cleanText, storedJson } from './stored-json.ts'

const columns = `link.id, link.sync, link.kind, link.source_id as "sourceId", link.key, link.state, link.connection,
  link.target_object as "targetObject", link.target_id as "targetId", link.origin, link.written, link.reported,
  link.label, link.target_label as "targetLabel", link.stage, link.created_at as "createdAt", link.updated_at as "updatedAt"`

const bySource = {
  name: 'links.bySource',
  text: `select ${columns} from crosswalk.links link where sync = $1 and kind = $2 and source_id = any($3)`,
}

const byTarget = {
  name: 'links.byTarget',
  text: `select ${columns} from crosswalk.links link where connection = $1 and target_object = $2 and target_id = any($3)`,
}

// The update of nothing makes the statement return also what was there, or what another transaction is just adding.
const intend = {
  name: 'links.intend',
  text: `
    with given as (
      select * from rows from (
        json_to_recordset($1) as ("sync" text, "kind" text, "sourceId" text, "key" text, "connection" text, "targetObject" text, "label" text)
      ) with ordinality as given (sync, kind, source_id, key, connection, target_object, label, place)
    ), link as (
      insert into crosswalk.links as link
        (sync, kind, source_id, key, state, connection, target_object, label, created_at, updated_at)
      select distinct on (sync, kind, source_id)
        sync, kind, source_id, key, 'intended', connection, target_object, label, statement_timestamp(), statement_timestamp()
      from given order by sync, kind, source_id, place
      on conflict (sync, kind, source_id) do update set sync = link.sync
      returning *
    )
    select ${columns} from given join link using (sync, kind, source_id) order by given.place`,
}

const update = { name: 'links.update', text: `select id from crosswalk.update_links($1::jsonb) as taken (id)` }

const known = {
  name: 'links.known',
  text: `
    select distinct link.source_id as "sourceId" from unnest($3::text[], $4::text[]) as met (source_id, version)
    join crosswalk.links link on link.sync = $1 and link.kind = 'order' and link.source_id = met.source_id
    where met.version = case $2 when 'source' then link.source_version else link.target_version end`,
}

const list = {
  name: 'links.list',
  text: `
    select ${columns} from crosswalk.links link
    where ($1::text is null or sync = $1) and ($2::text is null or kind = $2) and ($3::text is null or state = $3)
      and ($4::text is null or label ilike $4 or target_label ilike $4 or source_id ilike $4 or target_id ilike $4)
      and ($5::boolean is null or (coalesce(stage, '') in ('paid', 'cancelled')) <> $5)
      and ($6::bigint is null or id < $6)
    order by id desc limit $7`,
}

const counts = {
  name: 'links.counts',
  text: `
    select sync, kind, state, stage, count(*)::integer as count from crosswalk.links
    group by sync, kind, state, stage order by sync, kind, state, stage`,
}

const anywhere = (text: string) => `%${cleanText(text).replace(/[\\%_]/g, '\\$&')}%`

export function openLinks(database: Database): Links {
  return {
    bySource: (sync, kind, sourceIds) => database.rows<Link>(bySource, [sync, kind, sourceIds]),
    byTarget: (connection, targetObject, targetIds) =>
      database.rows<Link>(byTarget, [connection, targetObject, targetIds]),
    async intend(links) {
      return links.length === 0 ? [] : database.rows<Link>(intend, [storedJson(links)])
    },
    async update(updates) {
      if (updates.length === 0) return []
      return (await database.rows<{ id: string }>(update, [storedJson(updates)])).map((row) => row.id)
    },
    async known(sync, end, versions) {
      const met = Object.entries(versions).flatMap(([id, some]) => some.map((version) => [id, version] as const))
      if (met.length === 0) return []
      const ids = met.map(([id]) => id)
      const states = met.map(([, version]) => version)
      const rows = await database.rows<{ sourceId: string }>(known, [sync, end, ids, states])
      return rows.map((row) => row.sourceId)
    },
    list: ({ sync, kind, state, text, open, after, max }) =>
      database.rows<Link>(list, [sync, kind, state, text === undefined ? null : anywhere(text), open, after, max]),
    counts: () => database.rows(counts, []),
  }
}
