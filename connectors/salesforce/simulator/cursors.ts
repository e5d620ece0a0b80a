import type { Json, JsonObject } from '../../../src/core/json.ts'
import { refusal } from './errors.ts'
import { idOf } from './ids.ts'
import type { Row } from './store.ts'

interface Cursor {
  readonly rows: readonly Row[]
  readonly pageSize: number
  readonly base: string
  show(row: Row): JsonObject
}
export type Cursors = ReturnType<typeof openCursors>

// The real number is a few for each user; a list inside a record holds one as well.
const cursorsMax = 1000

/** Answers that do not fit one page, kept until they are read or too many others are open. */
export function openCursors() {
  const open = new Map<string, Cursor>()
  let made = 0

  function page(id: string | null, cursor: Cursor, start: number): JsonObject {
    const { rows, pageSize, base, show } = cursor
    const end = start + pageSize
    const done = end >= rows.length
    const known = done ? null : (id ?? keep(cursor))
    return {
      totalSize: rows.length,
      done,
      ...(known === null ? {} : { nextRecordsUrl: `${base}/query/${known}-${end}` }),
      records: rows.slice(start, end).map((row): Json => show(row)),
    }
  }
  function keep(cursor: Cursor): string {
    made += 1
    const id = idOf('01g', made)
    open.set(id, cursor)
    for (const oldest of open.keys()) {
      if (open.size <= cursorsMax) break
      open.delete(oldest)
    }
    return id
  }

  return {
    first: (cursor: Cursor): JsonObject => page(null, cursor, 0),
    /** @throws Refusal INVALID_QUERY_LOCATOR for one that is not there any more */
    next(locator: string): JsonObject {
      const [id = '', start = ''] = locator.split('-')
      const cursor = open.get(id)
      if (cursor === undefined || !/^\d+$/.test(start)) {
        throw refusal(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
      }
      return page(id, cursor, Number(start))
    },
    expire: () => open.clear(),
  }
}
