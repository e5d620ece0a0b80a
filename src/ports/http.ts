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
  /** Requests under way at once, at most. */
  readonly concurrencyMax: number
  /**
   * Where it is given, so many to begin with: how many the system takes is learnt, one more at a time while it answers, half
   * when it refuses, and all clients of the connection in all processes share them. A client without, such as that of a login,
   * has its own.
   */
  readonly concurrencyStart?: number | undefined
  /** The vendor's table: what a reply means. Null when it is a success or when the caller shall look at it. */
  classify(reply: HttpReply, request: HttpRequest): SyncError | null
  /** What a reply tells of the remaining quotas, each under its own name. Empty when nothing. */
  quota?(reply: HttpReply): readonly Quota[]
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
  /** Tells those of one system apart, and is what people read: `day`, `10 seconds`. */
  readonly name: string
  readonly limit: number
  readonly remaining: number
  readonly windowMs: number
}

/** Requests under way at once, as each connection takes them, shared by all processes. */
export interface Slots {
  /**
   * Renews the share of this process, or asks for one.
   * @param options.busy  requests that it has under way
   * @returns how many it may have, and how many all processes together
   */
  share(
    connection: string,
    options: { readonly start: number; readonly most: number; readonly busy: number },
  ): Promise<{ readonly width: number; readonly limit: number }>
  /** So many were too many: half as many from now on, unless it was lowered already. */
  lower(connection: string, from: number): Promise<void>
  /** One more from now on. */
  raise(connection: string): Promise<void>
  /** Gives the share up. */
  leave(connection: string): Promise<void>
  /** Fires when nothing more is asked of it. */
  readonly ended: AbortSignal
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
