import { type Failure, failureOf, SyncError } from '../../src/core/problem.ts'
import type { Write, WriteOutcome } from '../../src/ports/connector.ts'
import { chunks } from './chunks.ts'

/**
 * Sends writes in batches, one after the other, for systems that answer for each record of a batch. A batch that fails as a
 * whole ends the sending: what is left was not sent. Thrown only when certainly nothing was written, else each write has
 * an outcome.
 * @param send  gives the outcomes of a batch in its order; those that are missing are unknown
 */
export async function inBatches(
  writes: readonly Write[],
  size: number,
  send: (batch: readonly Write[]) => Promise<readonly WriteOutcome[]>,
): Promise<readonly WriteOutcome[]> {
  const outcomes: WriteOutcome[] = []
  for (const batch of chunks(writes, size)) {
    try {
      const sent = await send(batch)
      for (const [place] of batch.entries()) outcomes.push(sent[place] ?? { ok: false, failure: unanswered })
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      const mayBeWritten = outcomes.length > 0 || doubtful.has(error.problem.kind)
      if (!mayBeWritten) throw error
      for (const _ of batch) outcomes.push({ ok: false, failure: failureOf(error) })
      while (outcomes.length < writes.length) outcomes.push({ ok: false, failure: notSent })
      break
    }
  }
  return outcomes
}

/** An answer that cannot be read tells as little as one that was lost. */
const doubtful: ReadonlySet<string> = new Set(['outcome_unknown', 'bad_reply'])

const notSent: Failure = {
  problem: { kind: 'unavailable' },
  message: 'Not sent, because a call before it failed',
  fix: 'It is tried again by itself.',
}
const unanswered: Failure = {
  problem: { kind: 'outcome_unknown' },
  message: 'The answer to a batch does not say what became of this record',
  fix: 'It is looked up before anything is sent again.',
}
