import { z } from 'zod'
import { shift } from '../../src/core/time.ts'
import type { ChangePage, ChangesSince, Watch } from '../../src/ports/connector.ts'
import { instantSchema, parseCursor } from '../kit/cursor.ts'
import { keep } from '../kit/kept.ts'
import { type Client, limits } from './client.ts'

/** A transaction shows when it is over, with the time when it began: each round looks so far back again. */
const overlapMs = 120_000
/** More than that are forgotten, and told once more: a cursor is stored with each page. */
const seenMax = 20_000

const version = z.tuple([instantSchema, z.int()])
const cursorSchema = z.strictObject({
  /** Everything that showed before this moment was told. */
  from: instantSchema,
  /** What was told since: by id, when it was changed and its version then. The overlap tells none of it again. */
  seen: z.record(z.string(), version),
  /** A round that is not finished: when it began, and the last record that it told. */
  round: z.strictObject({ startedAt: instantSchema, at: instantSchema, id: z.string() }).nullable(),
})
type State = z.output<typeof cursorSchema>

const changesReply = z.object({
  records: z.array(z.object({ id: z.string(), modified_at: instantSchema, version: z.int() })),
  /** By the ERP's clock, which may differ from ours. */
  now: instantSchema,
})

/**
 * Changes by keyset paging on (modified_at, id): offsets would shift under the reader's feet. The ERP cannot leave records
 * out by a condition, so all of the object are told.
 */
export function openChanges(client: Client) {
  return async function* changes({ object }: Watch, since: ChangesSince): AsyncGenerator<ChangePage> {
    let state: State =
      'from' in since ? { from: since.from, seen: {}, round: null } : parseCursor(cursorSchema, since.cursor, 'the ERP')
    do {
      const { from, round } = state
      const after = { modified_from: round?.at ?? from, after_id: round?.id ?? '', limit: String(limits.page) }
      const { records, now } = await client.get(changesReply, object, after)
      const startedAt = round?.startedAt ?? now
      const settled = shift(startedAt, -overlapMs)
      const ids = records.filter((one) => state.seen[one.id]?.[1] !== one.version).map((one) => one.id)
      const seen = new Map(Object.entries(state.seen))
      for (const { id, modified_at: at, version } of records) {
        if (at >= settled) keep(seen, id, [at, version], seenMax)
      }
      const last = records.length < limits.page ? undefined : records.at(-1)
      if (last !== undefined) {
        state = { from, seen: Object.fromEntries(seen), round: { startedAt, at: last.modified_at, id: last.id } }
      } else {
        const met = [...seen].filter(([, [at]]) => at >= settled)
        state = { from: settled > from ? settled : from, seen: Object.fromEntries(met), round: null }
      }
      yield { ids, cursor: state }
    } while (state.round !== null)
  }
}
