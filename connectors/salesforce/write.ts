import type { Json } from '../../src/core/json.ts'
import { type Failure, failureOf, type ProblemKind, SyncError } from '../../src/core/problem.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Write, WriteOutcome } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { inHalves } from '../kit/halves.ts'
import { type Update as FieldUpdate, writeUpdates } from '../kit/updates.ts'
import { type Client, limits } from './client.ts'
import { encode } from './encode.ts'
import { refusalOf, withRecord } from './errors.ts'
import { longId } from './id.ts'
import type { Definitions } from './schema.ts'

/** A lock is held for moments by somebody who saves a record of the same account. */
const lockAttempts = 4
const lockWaitMs = (attempt: number) => 500 * 2 ** attempt

type Update = FieldUpdate<Json>

/**
 * Updates of records that are there, two hundred a call. Setting the same values again changes nothing, so an update whose
 * answer was lost is simply sent again (see client.ts) and never ends as `outcome_unknown` because of that.
 */
export function openWriting(client: Client, definitions: Definitions, clock: Clock) {
  return async function write(writes: readonly Write[]): Promise<readonly WriteOutcome[]> {
    // Descriptions are read anew at most once, however many writes name what is not among them.
    const renewed = new Set<string>()
    return writeUpdates(writes, {
      async encode(one) {
        const encoded = await encode(one, definitions, renewed)
        return encoded.ok ? { ...encoded, id: longId(encoded.id) } : encoded
      },
      send: sendAll,
      lost,
    })
  }

  async function sendAll(object: string, updates: readonly Update[]): Promise<ReadonlyMap<string, WriteOutcome>> {
    const outcomes = new Map<string, WriteOutcome>()
    await Promise.all(chunks(updates, limits.collection).map((chunk) => sendChunk(object, chunk, outcomes)))
    return outcomes
  }

  /** A locked record is tried again by itself, so that the others need not wait for it. */
  async function sendChunk(object: string, chunk: readonly Update[], outcomes: Map<string, WriteOutcome>) {
    let open = chunk
    for (let attempt = 0; open.length > 0; attempt += 1) {
      if (attempt > 0) await clock.sleep(lockWaitMs(attempt))
      await inHalves(open, {
        send: (part) => sendOnce(object, part, outcomes),
        // Salesforce refuses a whole call for one record that it does not name.
        isOfOne: (error) => error instanceof SyncError && aboutRecords.has(error.problem.kind),
        failed(part, error) {
          if (!(error instanceof SyncError)) throw error
          for (const { id } of part) outcomes.set(id, { ok: false, failure: named(failureOf(error), object, id) })
        },
      })
      if (attempt + 1 >= lockAttempts) return
      open = open.filter(({ id }) => {
        const outcome = outcomes.get(id)
        return outcome?.ok === false && outcome.failure.problem.kind === 'busy'
      })
    }
  }

  async function sendOnce(object: string, part: readonly Update[], outcomes: Map<string, WriteOutcome>) {
    const saved = await client.update(
      object,
      part.map(({ id, fields }) => ({ Id: id, ...fields })),
    )
    for (const [place, { id }] of part.entries()) {
      const one = saved[place]
      if (one === undefined) outcomes.set(id, { ok: false, failure: lost(object, id) })
      else outcomes.set(id, one.ok ? { ok: true, id } : { ok: false, failure: refusalOf(object, id, one.told) })
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
