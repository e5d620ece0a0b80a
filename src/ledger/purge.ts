import type { Instant } from '../core/time.ts'
import type { Database, Statement } from './database.ts'

const chunkRows = 10_000

/** Deletes in chunks, so that no statement locks many rows for long. */
export const purgeOf = (table: string, column: string): Statement => ({
  name: `purge.${table}`,
  text: `
    with gone as (
      delete from crosswalk.${table} where ctid = any(array(
        select ctid from crosswalk.${table} where ${column} < $1 limit ${chunkRows}
      )) returning 1
    )
    select count(*)::integer as gone from gone`,
})

/** @returns how many rows went */
export async function purge(database: Database, statement: Statement, before: Instant): Promise<number> {
  for (let total = 0; ; ) {
    const [row] = await database.rows<{ gone: number }>(statement, [before])
    const gone = row?.gone ?? 0
    total += gone
    if (gone < chunkRows) return total
  }
}
