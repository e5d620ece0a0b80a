import type { SyncError } from '../core/problem.ts'

/** Live work goes before the rest when calls are scarce. */
export type Lane = 'live' | 'retry' | 'backfill'

/** What calls are made for. */
export interface CallScope {
  readonly lane: Lane
  /** False where nothing may be changed: the client then refuses every request that is not a `read`. */
  readonly mayWrite: boolean
}
/** Tells the HTTP client what the calls of some work are made for. */
export interface CallScopes {
  within<T>(scope: CallScope, work: () => T): T
  current(): CallScope
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Absolute. A secret in it never reaches a log: the query is cut off there and paths named by `redact` are masked. */
  readonly url: string
  readonly headers?: Headers
  readonly body?: string
  /**
   * `read` changes nothing. `repeatable` changes something, and once more changes nothing more: both are repeated freely.
   * `write` is repeated only when it certainly was not carried out (refused connection, 429); otherwise a lost answer is
   * thrown as `outcome_unknown`.
   */
  readonly effect: 'read' | 'repeatable' | 'write'
  readonly timeoutMs?: number
}

export interface HttpReply {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Headers
  readonly body: string
  /** The body as JSON. @throws SyncError `bad_reply` when it is not JSON */
  json(): unknown
}

/** What a connection knows about its system's errors and limits. */
export interface HttpRules {
  /** For log lines, metrics and error texts. */
  readonly connection: string
  /** Where requests may go, and nowhere else; https, or http on loopback. */
  readonly baseUrl: string
  readonly timeoutMs: number
  readonly replyBytesMax: number
  /** Attempts for one request in total, the first included. */
  readonly attemptsMax: number
  /** Requests of this connection under way at once, in this process. */
  readonly concurrencyMax: number
  /** The vendor's table: what a reply means. Null when it is a success or when the caller shall look at it. */
  classify(reply: HttpReply, request: HttpRequest): SyncError | null
  /** What a reply tells of the remaining quota. Null when nothing. */
  quota?(reply: HttpReply): Quota | null
  /** Whether `unavailable` as the answer to a write proves that nothing was done, so that it is sent again. True when not given. */
  readonly trustUnavailable?: boolean
  readonly login?: Login
}

export type Headers = Readonly<Record<string, string>>

/** How a connection proves who it is. */
export interface Login {
  /** Asked for each attempt of a request: a signature is good for one only. */
  headers(request: HttpRequest): Promise<Headers>
  /** These headers were refused. True when there may be better ones: the request then gets one more attempt. */
  refused(headers: Headers): boolean
}

/** Calls allowed in a window, as the vendor's headers report it. */
export interface Quota {
  readonly limit: number
  readonly remaining: number
  readonly windowMs: number
}

/** The one HTTP client: timeout, retries, shared budget, body limit, redaction, metrics. */
export interface Http {
  /**
   * @throws SyncError as `classify` says, `unavailable` (nothing was done), `outcome_unknown` (a write whose answer
   * was lost), `bad_reply` (too large, not JSON)
   * @throws Error for a request that changes something within a scope that may not: a fault of ours
   */
  send(request: HttpRequest): Promise<HttpReply>
  /** Calls sent so far, attempts counted one by one. */
  calls(): number
}

export type OpenHttp = (rules: HttpRules) => Http
