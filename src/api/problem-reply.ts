import type { Response } from 'express'
import { type ProblemKind, problemTitles, SyncError } from '../core/problem.ts'
import type { ProblemReply } from './contract.ts'

type HttpKind =
  | 'malformed'
  | 'unauthorized'
  | 'not_signed_in'
  | 'forbidden'
  | 'link_over'
  | 'forged'
  | 'conflict'
  | 'misdirected'
  | 'not_found'
  | 'too_large'
  | 'unsupported'
  | 'too_many'
  | 'full'
  | 'internal'
  | 'not_ready'

const http: Readonly<Record<HttpKind, { status: number; title: string; fix: string }>> = {
  malformed: {
    status: 400,
    title: 'Request malformed',
    fix: 'Correct the request; /api/v1/openapi.json describes it.',
  },
  unauthorized: {
    status: 401,
    title: 'Token missing or wrong',
    fix: 'Sign in, or send a token as "Authorization: Bearer <token>".',
  },
  not_signed_in: {
    status: 403,
    title: 'Not signed in',
    fix: 'Try again. Who lost the password asks an admin for a new link, or makes one by `crosswalk accounts link`.',
  },
  forbidden: { status: 403, title: 'Not allowed', fix: 'Ask somebody with that role, or an admin for it.' },
  link_over: { status: 404, title: 'Link over', fix: 'Ask whoever sent it for a new one.' },
  forged: {
    status: 403,
    title: 'Not from this console',
    fix: 'Open the console by the address of this server. Behind a proxy set `server.public_url`.',
  },
  conflict: { status: 409, title: 'Not possible', fix: 'Look at what is there now.' },
  misdirected: {
    status: 421,
    title: 'Name of another server',
    fix: 'Ask by its IP address, by a name without a dot or that of `server.public_url`, or add the name to `server.hosts`.',
  },
  not_found: { status: 404, title: 'Not found', fix: 'Check the address; /api/v1/openapi.json lists all of them.' },
  too_large: { status: 413, title: 'Request too large', fix: 'Send less at once.' },
  unsupported: { status: 415, title: 'Encoding not supported', fix: 'Send UTF-8, plain or compressed with gzip.' },
  too_many: { status: 429, title: 'Too many requests', fix: 'Wait as long as the header Retry-After says.' },
  full: {
    status: 503,
    title: 'No room',
    fix: 'Ask again in a while. Until then ask for the lists themselves now and then.',
  },
  not_ready: {
    status: 503,
    title: 'Not ready',
    fix: 'Try again in a moment. The log of the server says what is wrong.',
  },
  internal: { status: 500, title: 'Fault in Crosswalk', fix: 'Look the reference up in the log, and report it.' },
}

const statusOf: Readonly<Record<ProblemKind, number>> = {
  unavailable: 503,
  busy: 503,
  rate_limited: 503,
  outcome_unknown: 502,
  auth_rejected: 502,
  permission_missing: 502,
  bad_reply: 502,
  record_gone: 404,
  configuration_invalid: 422,
  mapping_failed: 422,
  lookup_failed: 422,
  won_date_unclear: 422,
  customer_ambiguous: 422,
  customer_missing: 422,
  record_rejected: 422,
  totals_differ: 422,
  order_drifted: 422,
  amendment_refused: 422,
  ledger_behind: 422,
  unwon_refused: 422,
  guard_tripped: 422,
}

/** A request that is understood and not served. */
export class Refusal extends Error {
  readonly kind: HttpKind
  constructor(kind: HttpKind, detail: string) {
    super(detail)
    this.kind = kind
  }
}

/** The reply to a request that cannot be served for a reason of HTTP. */
export function httpProblem(kind: HttpKind, detail: string): ProblemReply {
  const { status, title, fix } = http[kind]
  return { type: `urn:crosswalk:${kind}`, title, status, detail, fix }
}

/**
 * The reply to an error. Null for one that is a fault of ours: nothing of it may be shown. The texts of the body
 * parsers are not shown either, for they quote the body.
 */
export function problemOf(error: unknown): ProblemReply | null {
  if (error instanceof Refusal) return httpProblem(error.kind, error.message)
  if (error instanceof SyncError) {
    const { kind } = error.problem
    const title = problemTitles[kind]
    return { type: `urn:crosswalk:${kind}`, title, status: statusOf[kind], detail: error.message, fix: error.fix }
  }
  const { status, type } = error as { status?: unknown; type?: unknown }
  if (type === 'entity.parse.failed') return httpProblem('malformed', 'The body is not valid JSON.')
  if (status === 413) return httpProblem('too_large', 'The body is larger than this address takes.')
  if (status === 415) return httpProblem('unsupported', 'The body has an encoding or a charset that is not read here.')
  // Set by Express and its parsers alone: an address or a body that cannot be decoded.
  if (status === 400) return httpProblem('malformed', 'The address or the body cannot be decoded.')
  return null
}

export function sendProblem(response: Response, problem: ProblemReply): void {
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}
