import type { Json } from '../core/json.ts'
import { type Failure, type Problem, SyncError } from '../core/problem.ts'
import type { Connection, WriteOutcome } from '../ports/connector.ts'
import { redact } from './redact.ts'
import { boundedWait } from './retry-after.ts'

/** As much of a message as anybody reads, and of a code, a field or a value in it. */
const messageMax = 1_200
const wordMax = 200

/**
 * A connection none of whose words hold a secret: whatever a system says of a failure, thrown or of one record among others, is
 * cleaned here, before it can be stored, shown, or written onto a deal. A system may quote the call it refuses, and some carry
 * the password in every call.
 * @param secrets  read at each failure, as they come and go while the process runs
 */
export function cleanConnection(connection: Connection, secrets: () => readonly string[]): Connection {
  const text = (given: string): string => cut(redact(given, secrets()), messageMax)
  const words = <T extends Json>(value: T): T => mapTexts(value, (given) => cut(text(given), wordMax)) as T

  function failure({ problem, message, fix, field }: Failure): Failure {
    return {
      problem:
        problem.kind === 'rate_limited'
          ? { ...problem, retryAfterMs: boundedWait(problem.retryAfterMs) }
          : (words(problem as Json) as Problem),
      message: text(message),
      fix: text(fix),
      ...(field === undefined ? {} : { field: text(field) }),
    }
  }
  const outcome = (one: WriteOutcome): WriteOutcome => (one.ok ? one : { ok: false, failure: failure(one.failure) })

  function error(thrown: unknown): unknown {
    if (!(thrown instanceof SyncError)) return thrown
    const { problem, message, fix } = failure(thrown)
    // The cause would bring the text back that was just removed.
    const cause = message === thrown.message ? { cause: thrown.cause } : {}
    return new SyncError(message, {
      problem,
      fix,
      ...(thrown.record === null ? {} : { record: thrown.record }),
      ...cause,
    })
  }
  async function said<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (thrown) {
      throw error(thrown)
    }
  }

  const { setup, listen, rotate } = connection
  return {
    async check() {
      const { account, findings } = await said(connection.check())
      const told = findings.map((one) => ({
        ...one,
        message: text(one.message),
        ...(one.fix === undefined ? {} : { fix: text(one.fix) }),
      }))
      return { account, findings: told }
    },
    describe: (object) => said(connection.describe(object)),
    async *changes(watch, since) {
      try {
        yield* connection.changes(watch, since)
      } catch (thrown) {
        throw error(thrown)
      }
    },
    read: (object, ids, paths) => said(connection.read(object, ids, paths)),
    find: (object, queries) => said(connection.find(object, queries)),
    write: async (writes) => (await said(connection.write(writes))).map(outcome),
    writes: connection.writes,
    choices: () => said(connection.choices()),
    setup:
      setup === null
        ? null
        : async () => (await said(setup())).map((step) => ({ ...step, message: text(step.message) })),
    receive: connection.receive,
    listen: listen === null ? null : (stream) => said(listen(stream)),
    rotate:
      rotate === null
        ? null
        : {
            expiresAt: () => said(rotate.expiresAt()),
            renew: () => said(rotate.renew()),
            retire: (old) => said(rotate.retire(old)),
          },
  }
}

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max)}…`)

function mapTexts(value: Json, text: (given: string) => string): Json {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapTexts(inner, text)]))
}
