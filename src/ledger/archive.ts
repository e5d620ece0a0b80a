import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import type { JsonObject } from '../core/json.ts'
import type { Instant } from '../core/time.ts'
import type { Database } from './database.ts'
import { oldProcesses } from './processes.ts'

/*
 * What was written to an order that is over is needed when its deal or its order is changed all the same, which is seldom. It is
 * kept compressed, in the same row: whoever reads a link sees no difference, and one that is written to is taken out again.
 */

const migration = '0013-archive.sql'
const linksAtOnce = 500

/** What was written to both ends, as it lies in the archive. */
export interface Archived {
  readonly source: JsonObject | null
  readonly target: JsonObject | null
}

/** As PostgreSQL's own text of both, so that no number passes through a float. */
const packed = (source: string | null, target: string | null): Buffer =>
  brotliCompressSync(`{"source":${source ?? 'null'},"target":${target ?? 'null'}}`)

export const unpacked = (archived: Buffer): Archived => JSON.parse(brotliDecompressSync(archived).toString())

const over = {
  name: 'archive.over',
  text: `
    select id, source_written::text as source, target_written::text as target, updated_at::text as version
    from crosswalk.links
    where id > $1 and state = 'linked' and stage in ('paid', 'cancelled')
      and (source_written is not null or target_written is not null)
      and updated_at < least($3::timestamptz, statement_timestamp()) - $2 * interval '1 day'
    order by id limit ${linksAtOnce}`,
}

// Locks in the order of `update_links`; one that was written to meanwhile stays as it is.
const archive = {
  name: 'archive.archive',
  text: `
    with given as (
      select id, version, archived from unnest($1::bigint[], $2::timestamptz[], $3::bytea[]) as given (id, version, archived)
    ),
    locked as (
      select link.id from crosswalk.links link join given on given.id = link.id and given.version = link.updated_at
      order by link.sync, link.kind, link.source_connection, link.source_object, link.source_id for update of link
    )
    update crosswalk.links link set archived = given.archived, source_written = null, target_written = null
    from given join locked using (id) where link.id = given.id returning 1`,
}

const restore = {
  name: 'archive.restore',
  text: `
    with given as (
      select id, source, target from unnest($1::bigint[], $2::jsonb[], $3::jsonb[]) as given (id, source, target)
    ), locked as (
      select link.id from crosswalk.links link join given using (id)
      order by link.sync, link.kind, link.source_connection, link.source_object, link.source_id for update of link
    )
    update crosswalk.links link set archived = null,
      source_written = coalesce(link.source_written, given.source), target_written = coalesce(link.target_written, given.target)
    from given join locked using (id) where link.id = given.id and link.archived is not null`,
}

/**
 * Archives links of orders that are over and were not written to for so many days. Not while a process of an older release
 * runs: it would take an archived order for one of which nothing was written.
 * @returns how many
 */
export async function archiveLinks(database: Database, days: number, now: Instant): Promise<number> {
  if ((await oldProcesses(database, migration)).length > 0) return 0
  type Row = { id: string; source: string | null; target: string | null; version: string }
  let archived = 0
  for (let after = '0'; ; ) {
    const rows = await database.rows<Row>(over, [after, days, now])
    const last = rows.at(-1)
    if (last === undefined) return archived
    after = last.id
    const done = await database.rows(archive, [
      rows.map(({ id }) => id),
      rows.map(({ version }) => version),
      rows.map(({ source, target }) => packed(source, target)),
    ])
    archived += done.length
  }
}

/** Takes links out of the archive; what was written to them since counts. */
export async function restoreLinks(
  database: Database,
  links: readonly { readonly id: string; readonly archived: Buffer }[],
): Promise<void> {
  const written = links.map(({ archived }) => unpacked(archived))
  const text = (one: JsonObject | null) => (one === null ? null : JSON.stringify(one))
  await database.rows(restore, [
    links.map(({ id }) => id),
    written.map(({ source }) => text(source)),
    written.map(({ target }) => text(target)),
  ])
}
