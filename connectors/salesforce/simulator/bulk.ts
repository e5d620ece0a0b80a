import { z } from 'zod'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply } from '../../../src/simulator/server.ts'
import { isRefusal, notFound, refusal } from './errors.ts'
import { idOf } from './ids.ts'
import type { Answer } from './query.ts'
import type { Row } from './store.ts'

interface Job {
  readonly id: string
  readonly operation: 'query' | 'queryAll'
  readonly answer: Answer
  readonly created: string
  readonly version: number
  polls: number
  aborted: boolean
  /** Taken when the job is done. */
  rows: readonly Row[] | null
}
interface BulkOptions {
  readonly now: () => number
  readonly user: string
  /** How often the state is asked for before the job is done. */
  readonly polls: number
  /** Records in one page of results, where the caller does not ask for fewer. */
  readonly pageSize: number
  /** @throws Refusal for a bad statement */
  run(query: string, all: boolean, base: string): Answer
}
export type Bulk = ReturnType<typeof openBulk>

const jobSchema = z.strictObject({
  operation: z.enum(['query', 'queryAll']),
  query: z.string(),
  contentType: z.enum(['CSV']).optional(),
  columnDelimiter: z.enum(['COMMA']).optional(),
  lineEnding: z.enum(['LF']).optional(),
})

/** Query jobs of the Bulk API 2.0. */
export function openBulk({ now, user, polls, pageSize, run }: BulkOptions) {
  const jobs = new Map<string, Job>()

  const job = (id: string): Job => {
    const found = jobs.get(id)
    if (found === undefined) throw notFound()
    return found
  }
  const stateOf = ({ polls: done, aborted }: Job): string =>
    aborted ? 'Aborted' : done >= polls ? 'JobComplete' : done === 0 ? 'UploadComplete' : 'InProgress'

  function show(one: Job): JsonObject {
    const state = stateOf(one)
    return {
      id: one.id,
      operation: one.operation,
      object: one.answer.object,
      createdById: user,
      createdDate: one.created,
      systemModstamp: one.created,
      state,
      concurrencyMode: 'Parallel',
      contentType: 'CSV',
      apiVersion: one.version,
      lineEnding: 'LF',
      columnDelimiter: 'COMMA',
      ...(state === 'JobComplete'
        ? { numberRecordsProcessed: one.rows?.length ?? 0, retries: 0, totalProcessingTime: 100 }
        : {}),
    }
  }

  return {
    create(body: Json, base: string, version: number): SimulatorReply {
      const given = jobSchema.safeParse(body)
      if (!given.success) throw refusal(400, 'INVALIDJOB', `Invalid job: ${given.error.issues[0]?.path.join('.')}`)
      const { operation, query } = given.data
      if (/\bOFFSET\b|\bGROUP\s+BY\b|\bTYPEOF\b/i.test(query.replace(/'(?:[^'\\]|\\.)*'/g, ''))) {
        throw refusal(400, 'API_ERROR', 'OFFSET, GROUP BY and TYPEOF are not supported in Bulk V2 Query')
      }
      let answer: Answer
      try {
        answer = run(query, operation === 'queryAll', base)
      } catch (error) {
        if (!isRefusal(error)) throw error
        throw refusal(400, 'API_ERROR', `${error.code}: ${error.message}`)
      }
      if (answer.nested || answer.rows === null) {
        throw refusal(400, 'API_ERROR', 'Aggregate Relationships not supported in Bulk V2 Query with CSV content type')
      }
      if (answer.compound) throw refusal(400, 'API_ERROR', 'Selecting compound data not supported in Bulk Query')
      const made: Job = {
        id: idOf('750', jobs.size + 1),
        operation,
        answer,
        created: `${new Date(now()).toISOString().slice(0, 19)}.000+0000`,
        version,
        polls: 0,
        aborted: false,
        rows: null,
      }
      jobs.set(made.id, made)
      return { status: 200, body: show(made) }
    },
    read(id: string): SimulatorReply {
      const one = job(id)
      one.polls += 1
      if (stateOf(one) === 'JobComplete') one.rows ??= one.answer.rows
      return { status: 200, body: show(one) }
    },
    abort(id: string): SimulatorReply {
      const one = job(id)
      if (stateOf(one) === 'JobComplete') throw refusal(400, 'INVALIDJOBSTATE', 'Cannot abort a job that is complete')
      one.aborted = true
      return { status: 200, body: show(one) }
    },
    remove(id: string): SimulatorReply {
      const state = stateOf(job(id))
      if (state !== 'JobComplete' && state !== 'Aborted') {
        throw refusal(400, 'INVALIDJOBSTATE', `Job can't be deleted in state ${state}`)
      }
      jobs.delete(id)
      return { status: 204 }
    },
    results(id: string, query: URLSearchParams): SimulatorReply {
      const { answer, rows } = job(id)
      if (rows === null) throw refusal(400, 'INVALIDJOBSTATE', 'The results are not available: the job is not complete')
      const locator = query.get('locator')
      const start = locator === null ? 0 : startOf(locator)
      const asked = query.get('maxRecords')
      if (asked !== null && !/^[1-9]\d*$/.test(asked))
        throw refusal(400, 'API_ERROR', `maxRecords is no number: ${asked}`)
      const end = start + Math.min(pageSize, Number(asked ?? pageSize))
      const page = rows.slice(start, end)
      const lines = [answer.header, ...page.map((row) => answer.cells(row))]
      return {
        status: 200,
        headers: {
          'content-type': 'text/csv; charset=UTF-8',
          'sforce-numberofrecords': String(page.length),
          'sforce-locator': end >= rows.length ? 'null' : Buffer.from(`MTA${end}`).toString('base64url'),
        },
        body: lines.map((cells) => `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`).join(''),
      }
    },
  }
}

function startOf(locator: string): number {
  const start = /^MTA(\d+)$/.exec(Buffer.from(locator, 'base64url').toString('utf8'))?.[1]
  if (start === undefined) throw refusal(400, 'API_ERROR', `Invalid locator: ${locator}`)
  return Number(start)
}
