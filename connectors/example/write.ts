import { z } from 'zod'
import type { Json } from '../../src/core/json.ts'
import type { Connection, Write, WriteOutcome } from '../../src/ports/connector.ts'
import { inBatches } from '../kit/batches.ts'
import { type Client, limits } from './client.ts'
import { refusal, refusedWith } from './errors.ts'

const resultSchema = z.union([z.object({ id: z.string() }), z.object({ error: refusal })])
const batchReply = z.object({ results: z.array(resultSchema) })

/** A hundred records a call. The ERP takes each for itself, and answers for each in the order of the call. */
export function openWriting(client: Client): Connection['write'] {
  return (writes) =>
    inBatches(writes, limits.batch, async (batch) => {
      const { results } = await client.post(batchReply, 'batch', { operations: batch.map(operationOf) }, 'write')
      return results.map((result, place) => outcomeOf(result, batch[place]))
    })
}

/** The ERP takes values as we have them. A key that it has already gives the record that carries it. */
function operationOf(write: Write): Json {
  const { do: action, object } = write
  if (!('fields' in write)) return { action, object, id: write.id }
  const { fields, lines } = write
  const named = write.do === 'create' ? { key: write.key } : { id: write.id }
  const set = lines?.upsert.map((line) => ({ key: line.key, fields: line.fields })) ?? []
  return { action, object, ...named, fields, ...(lines === null ? {} : { lines: { set, remove: lines.remove } }) }
}

function outcomeOf(result: z.output<typeof resultSchema>, write: Write | undefined): WriteOutcome {
  if ('id' in result) return { ok: true, id: result.id }
  const failure = refusedWith(result.error)
  const { problem } = failure
  if (problem.kind !== 'record_gone' || write === undefined) return { ok: false, failure }
  return { ok: false, failure: { ...failure, problem: { ...problem, object: write.object } } }
}
