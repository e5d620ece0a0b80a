import { expect, test } from '@jest/globals'
import { type Problem, SyncError } from '../../src/core/problem.ts'
import type { Write, WriteOutcome } from '../../src/ports/connector.ts'
import { inBatches } from './batches.ts'

const writes = ['1', '2', '3', '4', '5'].map((id): Write => ({ do: 'confirm', object: 'orders', id }))
const failure = (problem: Problem) => new SyncError(problem.kind, { problem, fix: '' })
const told = (outcomes: readonly WriteOutcome[]) =>
  outcomes.map((outcome) => (outcome.ok ? outcome.id : outcome.failure.problem.kind))

/** Sends in batches of two, of which the one with this number fails. */
async function send(failing: number, error: Error) {
  let batches = 0
  return inBatches(writes, 2, async (batch) => {
    batches += 1
    if (batches === failing) throw error
    return batch.flatMap((one): WriteOutcome[] => ('id' in one ? [{ ok: true, id: one.id }] : []))
  })
}

test('outcomes come in the order of the writes', async () => {
  expect(told(await send(0, new Error()))).toEqual(['1', '2', '3', '4', '5'])
})

test('what follows a batch that failed is not sent, and what came before it stays', async () => {
  const down = failure({ kind: 'auth_rejected' })
  expect(told(await send(2, down))).toEqual(['1', '2', 'auth_rejected', 'auth_rejected', 'unavailable'])
})

test('throws where certainly nothing was written, and only there', async () => {
  await expect(send(1, failure({ kind: 'unavailable' }))).rejects.toThrow('unavailable')
  const lost = await send(1, failure({ kind: 'outcome_unknown' }))
  expect(told(lost)).toEqual(['outcome_unknown', 'outcome_unknown', 'unavailable', 'unavailable', 'unavailable'])
  await expect(send(2, new TypeError('a bug'))).rejects.toThrow('a bug')
})

test('a record that the answer leaves out is unknown', async () => {
  expect(told(await inBatches(writes.slice(0, 1), 2, async () => []))).toEqual(['outcome_unknown'])
})
