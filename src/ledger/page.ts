import type { Direction, Page, Place } from '../ports/ledger/page.ts'
import type { Database } from './database.ts'

interface List<Sort extends string> {
  readonly name: string
  readonly columns: string
  readonly from: string
  /** Its parameters are the first ones. */
  readonly where: string
  readonly id: string
  /** What it can be sorted by, an expression and its type; each has an index, with the id behind it. */
  readonly keys: Readonly<Record<Sort, { readonly sql: string; readonly type: string }>>
}

interface Wanted<Sort extends string> {
  readonly sort: Sort
  readonly direction: Direction
  readonly after?: Place
  readonly max: number
}

/** Columns of the statement that are none of the row. */
export interface Placed {
  readonly placeKey: string
  readonly placeId: string
}

const beyond = { asc: '>', desc: '<' } as const satisfies Record<Direction, string>

/** Reads a list page by page (keyset paging): what comes in between neither moves nor repeats a row that stays where it is. */
export function openPages<Found extends Placed, Row, Sort extends string>(
  { name, columns, from, where, id, keys }: List<Sort>,
  rowOf: (found: Found) => Row,
) {
  const statement = (sort: Sort, direction: Direction, parameters: number) => {
    const { sql, type } = keys[sort]
    const [key, last, most] = [1, 2, 3].map((nth) => `$${parameters + nth}`)
    return {
      name: `${name}.${sort}.${direction}`,
      text: `
        select ${columns}, (${sql})::text as "placeKey", ${id}::text as "placeId" from ${from}
        where ${where}
          and (${key}::text is null or (${sql}, ${id}) ${beyond[direction]} (${key}::${type}, ${last}::bigint))
        order by ${sql} ${direction}, ${id} ${direction} limit ${most}`,
    }
  }
  return async (
    database: Database,
    { sort, direction, after, max }: Wanted<Sort>,
    values: readonly unknown[],
  ): Promise<Page<Row>> => {
    // One more tells whether any follow.
    const place = [after?.key, after?.id, max + 1]
    const found = await database.rows<Found>(statement(sort, direction, values.length), [...values, ...place])
    const last = found.length > max ? found[max - 1] : undefined
    return {
      rows: found.slice(0, max).map(rowOf),
      next: last === undefined ? null : { key: last.placeKey, id: last.placeId },
    }
  }
}
