import type { Failure } from '../../src/core/problem.ts'
import type { Write, WriteOutcome } from '../../src/ports/connector.ts'

/** What is to be set on one record, in the system's own terms. */
export interface Update<Value> {
  readonly id: string
  readonly fields: Readonly<Record<string, Value>>
}

interface Work<Value> {
  encode(
    write: Write,
  ): Promise<({ readonly ok: true } & Update<Value>) | { readonly ok: false; readonly failure: Failure }>
  /** Writes records of one object, none of them twice. @returns outcomes by id */
  send(object: string, updates: readonly Update<Value>[]): Promise<ReadonlyMap<string, WriteOutcome>>
  /** What came of a record that `send` says nothing of. */
  lost(object: string, id: string): Failure
}

/**
 * Folds all writes of one record into one update, as systems refuse a call that names a record twice; of two values for
 * a field the later one stays. A record with nothing to set needs no call. Outcomes come in the order of `writes`.
 */
export async function writeUpdates<Value>(
  writes: readonly Write[],
  { encode, send, lost }: Work<Value>,
): Promise<readonly WriteOutcome[]> {
  const outcomes: WriteOutcome[] = []
  const byObject = new Map<string, Map<string, { fields: Record<string, Value>; places: number[] }>>()
  for (const [place, write] of writes.entries()) {
    const encoded = await encode(write)
    if (!encoded.ok) {
      outcomes[place] = encoded
      continue
    }
    const { id } = encoded
    const records = byObject.get(write.object) ?? new Map()
    byObject.set(write.object, records)
    const record = records.get(id) ?? { fields: {}, places: [] }
    records.set(id, record)
    Object.assign(record.fields, encoded.fields)
    record.places.push(place)
    outcomes[place] = { ok: true, id }
  }
  await Promise.all(
    [...byObject].map(async ([object, records]) => {
      const updates = [...records].flatMap(([id, { fields }]) =>
        Object.keys(fields).length === 0 ? [] : [{ id, fields }],
      )
      if (updates.length === 0) return
      const sent = await send(object, updates)
      for (const { id } of updates) {
        const outcome = sent.get(id) ?? { ok: false, failure: lost(object, id) }
        for (const place of records.get(id)?.places ?? []) outcomes[place] = outcome
      }
    }),
  )
  return outcomes
}
