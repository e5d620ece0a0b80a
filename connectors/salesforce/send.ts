import { type Failure, failureOf, type ProblemKind, SyncError } from '../../src/core/problem.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { WriteOutcome } from '../../src/ports/connector.ts'
import { limits, type Saved } from './client.ts'
import { type Told, withRecord } from './errors.ts'

/** What is sent of one kind of record, by one kind of call. */
export interface Sending<T> {
  readonly object: string
  /** Of a record, for people: its id, or our key where it has none yet. */
  name(record: T): string
  /** At most 200 records; the outcomes are in their order. */
  call(records: readonly T[]): Promise<readonly Saved[]>
  refusal(record: T, told: Told): Failure
}

/** A lock is held for moments by somebody who saves a record of the same account. */
const lockAttempts = 4
const lockWaitMs = (attempt: number) => 500 * 2 ** attempt

/** Sends records two hundred a call. Each has an outcome of its own, whatever becomes of the others. */
export function openSending(clock: Clock) {
  return async function sendAll<T>(records: readonly T[], how: Sending<T>): Promise<ReadonlyMap<T, WriteOutcome>> {
    const outcomes = new Map<T, WriteOutcome>()
    const chunks = Array.from({ length: Math.ceil(records.length / limits.collection) }, (_, n) =>
      records.slice(n * limits.collection, (n + 1) * limits.collection),
    )
    await Promise.all(chunks.map((chunk) => sendChunk(chunk, how, outcomes)))
    return outcomes
  }

  /** A locked record is tried again by itself, so that the others need not wait for it. */
  async function sendChunk<T>(chunk: readonly T[], how: Sending<T>, outcomes: Map<T, WriteOutcome>): Promise<void> {
    let open = chunk
    for (let attempt = 0; open.length > 0; attempt += 1) {
      if (attempt > 0) await clock.sleep(lockWaitMs(attempt))
      for (const [record, outcome] of await sendOnce(open, how)) outcomes.set(record, outcome)
      if (attempt + 1 >= lockAttempts) return
      open = open.filter((record) => {
        const outcome = outcomes.get(record)
        return outcome?.ok === false && outcome.failure.problem.kind === 'busy'
      })
    }
  }
}

async function sendOnce<T>(chunk: readonly T[], how: Sending<T>): Promise<readonly (readonly [T, WriteOutcome])[]> {
  try {
    const saved = await how.call(chunk)
    return chunk.map((record, place): [T, WriteOutcome] => {
      const one = saved[place]
      if (one === undefined) return [record, { ok: false, failure: lost(how.object, how.name(record)) }]
      return [record, one.ok ? one : { ok: false, failure: how.refusal(record, one.told) }]
    })
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    if (chunk.length > 1 && aboutRecords.has(error.problem.kind)) {
      // Salesforce refused the whole call for one record that it does not name: halves find it, the others get written.
      const middle = Math.ceil(chunk.length / 2)
      const halves = [chunk.slice(0, middle), chunk.slice(middle)]
      return (await Promise.all(halves.map((half) => sendOnce(half, how)))).flat()
    }
    return chunk.map((record) => [
      record,
      { ok: false, failure: named(failureOf(error), how.object, how.name(record)) },
    ])
  }
}

const aboutRecords: ReadonlySet<ProblemKind> = new Set<ProblemKind>([
  'record_rejected',
  'record_gone',
  'configuration_invalid',
])

const named = (failure: Failure, object: string, name: string): Failure => ({
  ...failure,
  message: `${object} ${name}: ${failure.message}`,
  problem: withRecord(failure.problem, object, name),
})

export const lost = (object: string, name: string): Failure => ({
  problem: { kind: 'outcome_unknown' },
  message: `Salesforce's answer to a collection does not mention ${object} ${name}`,
  fix: 'It is looked up and written again by itself.',
})
