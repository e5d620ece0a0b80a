import type { Database } from '../database.ts'

/** Rows that one statement deletes, so that none locks many rows for long. */
export const chunkRows = 10_000

/** Deletes in chunks. @param where  tells which rows of the table go @returns how many went */
export async function purge(
  database: Database,
  table: string,
  where: string,
  values: readonly unknown[],
): Promise<number> {
  const statement = {
    name: `retention.purge.${table}`,
    text: `
      with gone as (
        delete from crosswalk.${table} where ctid = any(array(
          select ctid from crosswalk.${table} as row where ${where} limit ${chunkRows}
        )) returning 1
      )
      select count(*)::integer as gone from gone`,
  }
  for (let total = 0; ; ) {
    const [row] = await database.rows<{ gone: number }>(statement, values)
    const gone = row?.gone ?? 0
    total += gone
    if (gone < chunkRows) return total
  }
}
