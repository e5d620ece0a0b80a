import type { Json, JsonObject } from '../../src/core/json.ts'
import { type Failure, failureOf, type ProblemKind, SyncError } from '../../src/core/problem.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Write, WriteOutcome } from '../../src/ports/connector.ts'
import { type Client, limits } from './client.ts'
import { encode } from './encode.ts'
import { refusalOf, withRecord } from './errors.ts'
import { longId } from './id.ts'
import type { Definitions } from './schema.ts'

/** A lock is held for moments by somebody who saves a record of the same account. */
const lockAttempts = 4
const lockWaitMs = (attempt: number) => 500 * 2 ** attempt

interface Update {
  readonly id: string
  readonly fields: JsonObject
}

/**
 * Updates of records that are there, two hundred a call. Setting the same values again changes nothing, so an update whose
 * answer was lost is simply sent again (see client.ts) and never ends as `outcome_unknown` because of that.
 */
export function openWriting(client: Client, definitions: Definitions, clock: Clock) {
  return async function write(writes: readonly Write[]): Promise<readonly WriteOutcome[]> {
    const outcomes = new Map<number, WriteOutcome>()
    const byObject = new Map<string, Map<string, { fields: Record<string, Json>; places: number[] }>>()
    // Descriptions are read anew at most once, however many writes name what is not among them.
    const renewed = new Set<string>()
    for (const [place, one] of writes.entries()) {
      const encoded = await encode(one, definitions, renewed)
      if (!encoded.ok) {
        outcomes.set(place, encoded)
        continue
      }
      const records = byObject.get(one.object) ?? new Map()
      byObject.set(one.object, records)
      // Salesforce refuses a record that is named twice in a call; the later write of a record is the one that stays.
      const id = longId(encoded.id)
      const record = records.get(id) ?? { fields: {}, places: [] }
      records.set(id, record)
      Object.assign(record.fields, encoded.fields)
      record.places.push(place)
    }
    await Promise.all(
      [...byObject].map(async ([object, records]) => {
        const updates = [...records].map(([id, { fields }]) => ({ id, fields }))
        // A record with nothing to set needs no call.
        const sent = await sendAll(
          object,
          updates.filter((update) => Object.keys(update.fields).length > 0),
        )
        for (const [id, { places }] of records) {
          for (const place of places) outcomes.set(place, sent.get(id) ?? { ok: true, id })
        }
      }),
    )
    return writes.map((_, place) => outcomes.get(place) ?? { ok: false, failure: lost('', '') })
  }

  async function sendAll(object: string, updates: readonly Update[]): Promise<ReadonlyMap<string, WriteOutcome>> {
    const outcomes = new Map<string, WriteOutcome>()
    const chunks = Array.from({ length: Math.ceil(updates.length / limits.collection) }, (_, n) =>
      updates.slice(n * limits.collection, (n + 1) * limits.collection),
    )
    await Promise.all(chunks.map((chunk) => sendChunk(object, chunk, outcomes)))
    return outcomes
  }

  /** A locked record is tried again by itself, so that the others need not wait for it. */
  async function sendChunk(object: string, chunk: readonly Update[], outcomes: Map<string, WriteOutcome>) {
    let open = chunk
    for (let attempt = 0; open.length > 0; attempt += 1) {
      if (attempt > 0) await clock.sleep(lockWaitMs(attempt))
      for (const [id, outcome] of await sendOnce(object, open)) outcomes.set(id, outcome)
      if (attempt + 1 >= lockAttempts) return
      open = open.filter(({ id }) => {
        const outcome = outcomes.get(id)
        return outcome?.ok === false && outcome.failure.problem.kind === 'busy'
      })
    }
  }

  async function sendOnce(
    object: string,
    chunk: readonly Update[],
  ): Promise<readonly (readonly [string, WriteOutcome])[]> {
    try {
      const saved = await client.update(
        object,
        chunk.map(({ id, fields }) => ({ Id: id, ...fields })),
      )
      return chunk.map(({ id }, place): [string, WriteOutcome] => {
        const one = saved[place]
        if (one === undefined) return [id, { ok: false, failure: lost(object, id) }]
        return [id, one.ok ? { ok: true, id } : { ok: false, failure: refusalOf(object, id, one.told) }]
      })
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      if (chunk.length > 1 && aboutRecords.has(error.problem.kind)) {
        // Salesforce refused the whole call for one record that it does not name: halves find it, the others get written.
        const middle = Math.ceil(chunk.length / 2)
        const halves = [chunk.slice(0, middle), chunk.slice(middle)]
        return (await Promise.all(halves.map((half) => sendOnce(object, half)))).flat()
      }
      return chunk.map(({ id }) => [id, { ok: false, failure: named(failureOf(error), object, id) }])
    }
  }
}

const aboutRecords: ReadonlySet<ProblemKind> = new Set<ProblemKind>([
  'record_rejected',
  'record_gone',
  'configuration_invalid',
])

const named = (failure: Failure, object: string, id: string): Failure => ({
  ...failure,
  message: `${object} ${id}: ${failure.message}`,
  problem: withRecord(failure.problem, object, id),
})

const lost = (object: string, id: string): Failure => ({
  problem: { kind: 'outcome_unknown' },
  message: `Salesforce's answer to a collection does not mention ${object} ${id}`,
  fix: 'It is looked up and written again by itself.',
})
