import type { Decimal } from '../core/decimal.ts'
import type { JsonObject } from '../core/json.ts'
import type { RecordRef } from '../core/ref.ts'
import type { Link, Links, LinkUpdate, NewLink } from '../ports/ledger/links.ts'
import { restoreLinks, unpacked } from './archive.ts'
import type { Database } from './database.ts'
import { openPages, type Placed } from './page.ts'
import { storedJson } from './stored-json.ts'

const columns = `link.id, link.sync, link.kind, link.key, link.state, link.origin, link.stage,
  link.source_connection as "sourceConnection", link.source_object as "sourceObject", link.source_id as "sourceId",
  link.source_label as "sourceLabel", link.source_written as "sourceWritten",
  link.target_connection as "targetConnection", link.target_object as "targetObject", link.target_id as "targetId",
  link.target_label as "targetLabel", link.target_written as "targetWritten",
  link.source_amount as amount, link.source_currency as currency,
  link.archived, link.decisions, link.suspect, link.erased_at as "erasedAt", link.created_at as "createdAt", link.updated_at as "updatedAt"`

const bySource = {
  name: 'links.bySource',
  text: `
    select ${columns} from unnest($3::text[], $4::text[], $5::text[]) as record (connection, object, id)
    join crosswalk.links link on link.sync = $1 and link.kind = $2 and link.source_connection = record.connection
      and link.source_object = record.object and link.source_id = record.id`,
}

const byTarget = {
  name: 'links.byTarget',
  text: `
    select ${columns} from unnest($2::text[], $3::text[], $4::text[]) as record (connection, object, id)
    join crosswalk.links link on link.target_connection = record.connection and link.target_object = record.object
      and link.target_id = record.id and link.kind = $1`,
}

// The update that changes nothing makes the statement return existing rows, too, and those that another transaction is adding.
const intend = {
  name: 'links.intend',
  text: `
    with given as (
      select * from rows from (
        json_to_recordset($1) as (
          "sync" text, "kind" text, "connection" text, "object" text, "id" text, "key" text, "label" text,
          "targetConnection" text, "targetObject" text, "scope" text
        )
      ) with ordinality as given (
        sync, kind, source_connection, source_object, source_id, key, label, target_connection, target_object, scope, place
      )
    ), link as (
      insert into crosswalk.links as link (
        sync, kind, source_connection, source_object, source_id, key, state, source_label, target_connection, target_object,
        scope, created_at, updated_at
      )
      select distinct on (sync, kind, source_connection, source_object, source_id)
        sync, kind, source_connection, source_object, source_id, key, 'intended', label, target_connection, target_object,
        scope, statement_timestamp(), statement_timestamp()
      from given order by sync, kind, source_connection, source_object, source_id, place
      on conflict (sync, kind, source_connection, source_object, source_id) do update set sync = link.sync
      returning id, sync, kind, key, state, origin, stage, source_connection, source_object, source_id, source_label,
        source_written, source_amount, source_currency, target_connection, target_object, target_id, target_label, target_written, archived, decisions,
        suspect, erased_at, created_at, updated_at
    )
    select ${columns} from given join link using (sync, kind, source_connection, source_object, source_id)
    order by given.place`,
}

// Tells in the same round trip which of them lie in the archive.
const update = {
  name: 'links.update',
  text: `
    select id, null::bytea as archived from crosswalk.update_links($1::jsonb) as taken (id)
    union all
    select id, archived from crosswalk.links where id = any($2::bigint[]) and archived is not null`,
}

// Locks in the order of `update_links`, and only what changes.
const setWords = {
  name: 'links.words',
  text: `
    with given as (
      select * from jsonb_to_recordset($1::jsonb) as given (
        id bigint, "sourceWords" text, "targetWords" text, amount numeric, currency text
      )
    ), changed as (
      select link.id, coalesce(given."sourceWords", link.source_words) as source_words,
        coalesce(given."targetWords", link.target_words) as target_words,
        coalesce(given.amount, link.source_amount) as source_amount,
        coalesce(given.currency, link.source_currency) as source_currency
      from crosswalk.links link join given using (id)
      where given."sourceWords" <> coalesce(link.source_words, '') or given."targetWords" <> coalesce(link.target_words, '')
        or (given.amount, given.currency) is distinct from (link.source_amount, link.source_currency) and given.amount is not null
      order by link.sync, link.kind, link.source_connection, link.source_object, link.source_id for update of link
    )
    update crosswalk.links link set source_words = changed.source_words, target_words = changed.target_words,
      source_amount = changed.source_amount, source_currency = changed.source_currency
    from changed where link.id = changed.id`,
}

const setDecided = {
  name: 'links.decided',
  text: `
    with given as (
      select * from jsonb_to_recordset($1::jsonb) as given (id bigint, suspect boolean, overwritten boolean, outdated text[])
    ), locked as (
      select link.id from crosswalk.links link join given using (id)
      order by link.sync, link.kind, link.source_connection, link.source_object, link.source_id for update of link
    )
    update crosswalk.links link set
      suspect = coalesce(given.suspect, link.suspect),
      decisions = case when link.decisions is null then null else
        link.decisions
          || case when given.overwritten then '{"overwrite": false}'::jsonb else '{}' end
          || jsonb_build_object('accepted', coalesce(link.decisions -> 'accepted', '{}') - coalesce(given.outdated, '{}'))
        end
    from given join locked using (id) where link.id = given.id`,
}

const decide = {
  name: 'links.decide',
  text: `
    with given as (
      select * from jsonb_to_recordset($1::jsonb) as given (id bigint, accepted jsonb, ignored jsonb, overwrite boolean)
    ), locked as (
      select link.id from crosswalk.links link join given using (id)
      order by link.sync, link.kind, link.source_connection, link.source_object, link.source_id for update of link
    )
    update crosswalk.links link set decisions = jsonb_build_object(
      'accepted', coalesce(link.decisions -> 'accepted', '{}') || given.accepted,
      'ignored', coalesce(link.decisions -> 'ignored', '{}') || given.ignored,
      'overwrite', given.overwrite
    ) from given join locked using (id) where link.id = given.id`,
}

const known = {
  name: 'links.known',
  text: `
    select distinct met.connection, met.object, met.id
    from unnest($4::text[], $5::text[], $6::text[], $7::text[]) as met (connection, object, id, version)
    join crosswalk.links link on link.sync = $1 and link.kind = $2 and link.source_connection = met.connection
      and link.source_object = met.object and link.source_id = met.id
    where met.version = case $3 when 'source' then link.source_version else link.target_version end`,
}

// By expressions that have an index: see 0017-changes.sql.
const stageKey = "coalesce(link.stage, '')"
const pages = openPages(
  {
    name: 'links.page',
    columns,
    from: 'crosswalk.links link',
    where: `($1::text is null or sync = $1) and ($2::text is null or kind = $2) and ($3::text is null or state = $3)
      and ($4::text is null or source_label ilike $4 or target_label ilike $4 or source_id ilike $4 or target_id ilike $4
        or source_words ilike $4 or target_words ilike $4)
      and ($5::boolean is null or (${stageKey} in ('paid', 'cancelled')) <> $5)
      and ($6::text is null or ${stageKey} = $6) and ($7::text is null or source_id = $7)`,
    id: 'link.id',
    keys: {
      created: { sql: 'link.id', type: 'bigint' },
      updated: { sql: 'link.updated_at', type: 'timestamptz' },
      deal: { sql: "left(lower(coalesce(link.source_label, '')), 100)", type: 'text' },
      order: { sql: "left(lower(coalesce(link.target_label, '')), 100)", type: 'text' },
      amount: { sql: "coalesce(link.source_amount, '-Infinity'::numeric)", type: 'numeric' },
      stage: { sql: stageKey, type: 'text' },
    },
  },
  (row: Row & Placed) => linkOf(row),
)

const made = {
  name: 'links.made',
  text: `
    select to_char(created_at at time zone $2, 'YYYY-MM-DD') as day, count(*)::integer as count from crosswalk.links
    where kind = $1 and origin = 'created'
      and created_at >= (date_trunc('day', statement_timestamp() at time zone $2) - ($3::integer - 1) * interval '1 day') at time zone $2
    group by day order by day`,
}

const newest = {
  name: 'links.newest',
  text: `
    select ${columns} from crosswalk.links link where kind = $1 and origin = 'created'
    order by created_at desc, id desc limit 1`,
}

const counts = {
  name: 'links.counts',
  text: `
    select sync, kind, state, stage, count(*)::integer as count from crosswalk.links
    group by sync, kind, state, stage order by sync, kind, state, stage`,
}

const anywhere = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`

interface Row extends Omit<Link, 'source' | 'target' | 'worth'> {
  readonly amount: Decimal | null
  readonly currency: string | null
  readonly sourceConnection: string
  readonly sourceObject: string
  readonly sourceId: string
  readonly sourceLabel: string | null
  readonly sourceWritten: JsonObject | null
  readonly targetConnection: string
  readonly targetObject: string
  readonly targetId: string | null
  readonly targetLabel: string | null
  readonly targetWritten: JsonObject | null
  readonly archived: Buffer | null
}

function linkOf(row: Row): Link {
  const { id, sync, kind, key, state, origin, stage, decisions, suspect, erasedAt, createdAt, updatedAt } = row
  const archived = row.archived === null ? null : unpacked(row.archived)
  return {
    id,
    sync,
    kind,
    key,
    state,
    source: {
      ref: { connection: row.sourceConnection, object: row.sourceObject, id: row.sourceId },
      label: row.sourceLabel,
      written: row.sourceWritten ?? archived?.source ?? null,
    },
    target: {
      connection: row.targetConnection,
      object: row.targetObject,
      id: row.targetId,
      label: row.targetLabel,
      written: row.targetWritten ?? archived?.target ?? null,
    },
    worth: row.amount === null || row.currency === null ? null : { amount: row.amount, currency: row.currency },
    origin,
    stage,
    decisions,
    suspect,
    erasedAt,
    createdAt,
    updatedAt,
  }
}

/** An update as the statement takes it; an absent name changes nothing. */
const patchOf = ({ id, state, origin, stage, move, source, target }: LinkUpdate) => ({
  id,
  state,
  origin,
  stage,
  move,
  targetId: target?.id,
  written: target?.written,
  confirmed: target?.confirmed,
  targetLabel: target?.label,
  targetVersion: target?.version,
  reported: source?.written,
  label: source?.label,
  sourceVersion: source?.version,
})

const newLink = ({ sync, kind, key, source, target, scope }: NewLink) => ({
  sync,
  kind,
  ...source.ref,
  key,
  label: source.label,
  targetConnection: target.connection,
  targetObject: target.object,
  scope,
})

const columnsOf = (records: readonly RecordRef[]) => [
  records.map((one) => one.connection),
  records.map((one) => one.object),
  records.map((one) => one.id),
]

export function openLinks(database: Database): Links {
  const page: Links['page'] = ({ sync, kind, state, stage, sourceId, text, open, ...wanted }) =>
    pages(database, wanted, [sync, kind, state, text === undefined ? null : anywhere(text), open, stage, sourceId])
  const links = async (...given: Parameters<typeof database.rows>) => (await database.rows<Row>(...given)).map(linkOf)
  return {
    bySource: async (sync, kind, records) =>
      records.length === 0 ? [] : links(bySource, [sync, kind, ...columnsOf(records)]),
    byTarget: async (kind, records) => (records.length === 0 ? [] : links(byTarget, [kind, ...columnsOf(records)])),
    intend: async (given) => (given.length === 0 ? [] : links(intend, [storedJson(given.map(newLink))])),
    async update(updates) {
      if (updates.length === 0) return []
      const words = updates.flatMap(({ id, source, target }) =>
        source?.words === undefined && source?.worth === undefined && target?.words === undefined
          ? []
          : [{ id, sourceWords: source?.words, targetWords: target?.words, ...source?.worth }],
      )
      if (words.length > 0) await database.rows(setWords, [storedJson(words)])
      const decided = updates.flatMap(({ id, suspect, decided: done }) =>
        suspect === undefined && done === undefined ? [] : [{ id, suspect, ...done }],
      )
      if (decided.length > 0) await database.rows(setDecided, [storedJson(decided)])
      const patches = storedJson(updates.map(patchOf))
      type Met = { id: string; archived: Buffer | null }
      const write = () => database.rows<Met>(update, [patches, updates.map(({ id }) => id)])
      const met = await write()
      const archived = met.flatMap(({ id, archived }) => (archived === null ? [] : { id, archived }))
      if (archived.length > 0) {
        await restoreLinks(database, archived)
        // Once more: a part of what is written found nothing to be set in.
        await write()
      }
      return met.flatMap((one) => (one.archived === null ? one.id : []))
    },
    async decide(decisions) {
      if (decisions.length > 0) await database.rows(decide, [storedJson(decisions)])
    },
    async known(sync, kind, end, met) {
      if (met.length === 0) return []
      const versions = met.map((one) => one.version)
      return database.rows<RecordRef>(known, [sync, kind, end, ...columnsOf(met.map((one) => one.ref)), versions])
    },
    async list({ after, ...filter }) {
      const place = after === undefined ? {} : { after: { key: after, id: after } }
      return (await page({ sort: 'created', direction: 'desc', ...filter, ...place })).rows
    },
    page,
    made: (kind, zone, days) => database.rows<{ day: string; count: number }>(made, [kind, zone, days]),
    newest: async (kind) => (await links(newest, [kind]))[0] ?? null,
    counts: () => database.rows(counts, []),
  }
}
