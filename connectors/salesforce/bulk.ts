import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { SyncError } from '../../src/core/problem.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Client, QueryJob } from './client.ts'

/** Between two looks at a job: at first a second, in the end half a minute. */
const lookMs = { first: 1000, most: 30_000 } as const
/** A job that takes longer has met something; reading by pages is then the surer way. */
const waitMsMax = 60 * 60_000

const rowsSchema = z.array(z.looseObject({ Id: z.string().min(15) }))

interface Job {
  readonly job: string
  readonly locator: string | null
}
interface JobIds {
  readonly ids: readonly string[]
  /** Of the next page; null after the last. */
  readonly locator: string | null
}

/**
 * A query as a job of Bulk API 2.0, for what is far back: 10,000 ids a call, one page in memory at a time. Pages are fetched
 * by ourselves, as jsforce 3.10 breaks off when there is more than one. Whatever goes wrong with a job ends its pages early
 * and is only logged: the caller then reads by queries, which may repeat records and skips none.
 */
export function openBulk(client: Client, clock: Clock, log: Log) {
  async function finished(id: string): Promise<QueryJob> {
    let waited = 0
    for (let pause: number = lookMs.first; ; pause = Math.min(pause * 2, lookMs.most)) {
      const job = await client.job(id)
      if (!under.has(job.state) || waited >= waitMsMax) return job
      await clock.sleep(pause)
      waited += pause
    }
  }

  return {
    /** The job's id; null when this org or user cannot have one. */
    async begin(soql: string): Promise<string | null> {
      try {
        return (await client.createJob(soql)).id
      } catch (error) {
        if (!isRefusal(error)) throw error
        log.warn('salesforce.bulk_refused', { reason: error.message })
        return null
      }
    },
    /** The rest of a job's result, oldest first; ends without a page whose locator is null when the job failed. */
    async *pages({ job: id, locator: from }: Job): AsyncGenerator<JobIds> {
      try {
        const job = await finished(id)
        if (job.state !== 'JobComplete') {
          if (under.has(job.state)) await client.abortJob(id)
          log.warn('salesforce.bulk_failed', { job: id, state: job.state, reason: job.error })
          return
        }
        let locator = from
        do {
          const page = await client.jobPage(id, locator)
          locator = page.locator
          yield { ids: idsIn(page.csv), locator }
        } while (locator !== null)
      } catch (error) {
        // The result of a job is kept for seven days; a job of long ago is gone.
        if (!isRefusal(error)) throw error
        log.warn('salesforce.bulk_failed', { job: id, reason: error.message })
      }
    },
  }
}

const under: ReadonlySet<string> = new Set(['UploadComplete', 'InProgress'])

/** About the job itself, unlike a system that is down or a login that is refused, which is for the caller's caller. */
const isRefusal = (error: unknown): error is SyncError =>
  error instanceof SyncError &&
  ['record_rejected', 'record_gone', 'configuration_invalid', 'permission_missing'].includes(error.problem.kind)

function idsIn(csv: string): readonly string[] {
  const rows = rowsSchema.safeParse(parse(csv, { columns: true, skip_empty_lines: true, bom: true }))
  if (rows.success) return rows.data.map((row) => row.Id)
  throw new SyncError('Salesforce sent the result of a job without the ids that were asked for', {
    problem: { kind: 'bad_reply' },
    fix: 'Set bulkAbove very high, so that no jobs are used, and report it.',
    cause: rows.error,
  })
}
