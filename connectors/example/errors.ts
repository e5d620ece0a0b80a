import { z } from 'zod'
import { type Failure, type Problem, type ProblemKind, SyncError } from '../../src/core/problem.ts'
import type { HttpReply } from '../../src/ports/http.ts'

/** How the ERP refuses a call, or one record of a call. */
export const refusal = z.object({ code: z.string(), message: z.string(), field: z.string().default('') })
type Refusal = z.input<typeof refusal>
const refusalReply = z.object({ error: refusal })

/** The codes of the ERP that are not about the values of a record; README.md has them all. */
const problems: Readonly<Record<string, (field: string) => Problem>> = {
  invalid_client: () => ({ kind: 'auth_rejected' }),
  invalid_token: () => ({ kind: 'auth_rejected' }),
  forbidden: (right) => ({ kind: 'permission_missing', missing: [right] }),
  unknown_object: (path) => ({ kind: 'configuration_invalid', path }),
  unknown_field: (path) => ({ kind: 'configuration_invalid', path }),
  not_found: (id) => ({ kind: 'record_gone', object: '', id }),
  locked: () => ({ kind: 'busy' }),
  // `retry-after` says for how long, and is read by whoever sends the requests.
  too_many_calls: () => ({ kind: 'rate_limited', retryAfterMs: 0 }),
  unavailable: () => ({ kind: 'unavailable' }),
}
const fixes: Readonly<Partial<Record<ProblemKind, string>>> = {
  auth_rejected: 'Enter the client id and the client secret of an active app, under Settings › Apps of the ERP.',
  permission_missing: 'Give the app this right, under Settings › Apps of the ERP.',
  configuration_invalid: 'Correct the mapping, then run `crosswalk lint`.',
  record_gone: 'The record was deleted in the ERP. Decide there whether it is made anew.',
  record_rejected: 'Correct the value in the CRM, the mapping, or the record in the ERP that it meets, then retry.',
}

export function refusedWith({ code, message, field = '' }: Refusal): Failure {
  const rejected = { kind: 'record_rejected', field: field || null, remoteCode: code } as const
  const problem = problems[code]?.(field) ?? rejected
  const fix = fixes[problem.kind] ?? 'Nothing to do: it is tried again by itself.'
  return { problem, message: `The ERP refused: ${message}`, fix, ...(field === '' ? {} : { field }) }
}

/** What an answer means; null when it is a success. */
export function classify({ status, body }: HttpReply): SyncError | null {
  if (status >= 200 && status < 300) return null
  const told = refusalReply.safeParse(jsonOf(body))
  const untold = { code: status >= 500 ? 'unavailable' : 'status', message: `status ${status}` }
  const { message, ...failure } = refusedWith(told.data?.error ?? untold)
  return new SyncError(message, failure)
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    // A page of a proxy: the status has to tell.
    return null
  }
}

/** @throws SyncError `bad_reply` when the answer has not the shape that the ERP documents */
export function parse<T>(shape: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = shape.safeParse(value)
  if (parsed.success) return parsed.data
  throw new SyncError(`The ERP sent ${what} in a shape that it does not have`, {
    problem: { kind: 'bad_reply' },
    fix: 'Check `url` in the settings: the address does not answer like the ERP.',
    cause: parsed.error,
  })
}
