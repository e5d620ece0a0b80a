import { validateHeaderValue } from 'node:http'
import { type Problem, SyncError } from '../core/problem.ts'
import { shift, toMillis } from '../core/time.ts'
import type { Clock } from '../ports/clock.ts'
import type { Headers, HttpReply, HttpRequest, HttpRules, Lane, OpenHttp, Quota, Slots } from '../ports/http.ts'
import type { Log } from '../ports/log.ts'
import { parseBase, routeOf, within } from './address.ts'
import { acceptedEncodings, type ExchangeOutcome, openExchange } from './exchange.ts'
import { type Gate, openFixedGate, openGate } from './gate.ts'
import { soundQuota } from './quota.ts'
import { redact } from './redact.ts'
import { depthMax, isDeep, isJson, soundBody } from './reply-body.ts'
import { longestWaitMs, retryAfterMs } from './retry-after.ts'
import { callScopes as scopes } from './scope.ts'

/** One attempt, for metrics. */
export interface HttpCall {
  readonly connection: string
  readonly method: string
  /** Path with ids masked. */
  readonly route: string
  /** 0 when no reply came. */
  readonly status: number
  readonly ms: number
  /** From 1. */
  readonly attempt: number
  /** Of the reply's body. */
  readonly bytes: number
}

/** The quotas of a connection, shared by all processes. */
interface Budget {
  /** Books one call. @returns milliseconds to wait before it may be sent */
  take(connection: string, lane: Lane): Promise<number>
  learn(connection: string, quotas: readonly Quota[]): Promise<void>
}

interface Deps {
  readonly clock: Clock
  readonly log: Log
  readonly budget?: Budget
  /** Without them what is learnt is this process's own. */
  readonly slots?: Slots
  /** At least 0, below 1. */
  readonly random?: () => number
  readonly onCall?: (call: HttpCall) => void
  /** @param aheadMs  how far our clock is ahead of the one that dated the reply, negative when it is behind */
  readonly onDate?: (connection: string, aheadMs: number) => void
  /** Removed from every error text, the other system's own words included. */
  readonly secrets?: () => readonly string[]
}

// Longer waits go back to the inbox: a worker that sleeps holds a lease for nothing.
const waitMsMax = 30_000
const backoffMs = { first: 500, most: 15_000 }
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
// Answers of a gateway that lost the system behind it; that system may have carried out the request all the same.
const gatewayLost: ReadonlySet<number> = new Set([502, 504, 520, 522, 524])

/**
 * The one HTTP client. Opening a connection throws SyncError `configuration_invalid` when its base URL is not a plain
 * https one (http on loopback). All connections share one pool of keep-alive sockets.
 */
export function openHttpClient(deps: Deps): OpenHttp {
  const exchange = openExchange()
  const random = deps.random ?? Math.random
  const gates = new Map<string, Gate>()

  /** A connection that is opened anew, with a renewed secret, goes on with the gate that it had. */
  function gateOf({ connection, concurrencyStart: start, concurrencyMax: most }: HttpRules): Gate {
    if (start === undefined) return openFixedGate(most)
    const gate =
      gates.get(connection) ?? openGate(connection, { start, most }, { slots: deps.slots ?? null, clock: deps.clock })
    gates.set(connection, gate)
    return gate
  }

  return (rules) => {
    const base = parseBase(rules.connection, rules.baseUrl)
    // Its queue is unbounded: the callers are batches, whose number is bounded. The timeout of an attempt starts with its slot.
    const gate = gateOf(rules)
    let calls = 0

    return {
      calls: () => calls,
      async send(request) {
        const url = within(rules.connection, base, request.url)
        const place: Place = { connection: rules.connection, method: request.method, route: routeOf(url) }
        const scope = scopes.current()
        const { mayWrite } = scope
        // A login is for all calls, whichever needs it first.
        const lane = rules.concurrencyStart === undefined ? 'live' : scope.lane
        if (!mayWrite && request.effect !== 'read') {
          throw new Error(`${where(place)}: a write was about to be sent by work that may only read; nothing was sent`)
        }
        let renewed = false
        for (let attempt = 1; ; attempt += 1) {
          await waitForBudget(place, lane)
          const login = (await rules.login?.headers(request)) ?? {}
          const headers = headersOf(rules, login, request)
          const timeoutMs = request.timeoutMs ?? rules.timeoutMs
          let round = 0
          const outcome = await gate.pass(lane, async (current) => {
            round = current
            calls += 1
            const startedAt = performance.now()
            const body = request.body ?? null
            const { method } = request
            const { replyBytesMax } = rules
            const ended = await exchange({ url, method, headers, body, timeoutMs, replyBytesMax })
            const ms = Math.round(performance.now() - startedAt)
            const call = { ...place, status: ended.status ?? 0, ms, attempt, bytes: ended.bytes }
            deps.onCall?.(call)
            deps.log.debug('http_call', ended.ok ? call : { ...call, failure: ended.code })
            return ended
          })
          let error: SyncError
          let askedMs: number | null = null
          if (outcome.ok) {
            const reply = replyOf(place, outcome)
            await learnQuota(rules, reply)
            noteDate(rules.connection, reply.headers)
            const refusal = judgeReply(rules, place, request, reply)
            if (refusal === null) {
              await booked(rules, () => gate.answered())
              return reply
            }
            error = refusal
            askedMs = retryAfterMs(reply.headers['retry-after'], deps.clock.now())
          } else {
            error = failureOf(place, request, outcome)
          }
          if (error.problem.kind === 'auth_rejected' && !renewed && rules.login?.refused(login) === true) {
            renewed = true
            continue
          }
          const waitMs = waitBefore(error, askedMs, attempt)
          if (isTooMany(error, askedMs, waitMs)) await booked(rules, () => gate.refused(round))
          const doubtful = error.problem.kind === 'unavailable' && request.effect === 'write' && outcome.ok
          if (doubtful && rules.trustUnavailable === false) throw clean(place, error, null)
          if (waitMs === null || attempt >= rules.attemptsMax || waitMs > waitMsMax) throw clean(place, error, waitMs)
          deps.log.info('http_retry', { ...place, attempt, problem: error.problem.kind, waitMs })
          await deps.clock.sleep(waitMs)
        }
      },
    }
  }

  async function waitForBudget(place: Place, lane: Lane): Promise<void> {
    const waitMs = (await deps.budget?.take(place.connection, lane)) ?? 0
    if (waitMs > waitMsMax) {
      const { connection } = place
      const what = lane === 'live' ? 'The quota' : `What the quota leaves to ${work[lane]}`
      const until = shift(deps.clock.now(), waitMs)
      throw new SyncError(`${what} of connection "${connection}" is used up until ${until}`, {
        problem: { kind: 'rate_limited', retryAfterMs: waitMs, connection, lane },
        fix: `Nothing to do: the work goes on by itself when the quota is free again. If this happens often, raise the quota, or lower \`reserve\` of the connection.`,
      })
    }
    if (waitMs > 0) await deps.clock.sleep(waitMs)
  }

  async function learnQuota(rules: HttpRules, reply: HttpReply): Promise<void> {
    const { budget } = deps
    if (budget === undefined) return
    await booked(rules, async () => {
      const quotas = (rules.quota?.(reply) ?? []).flatMap((told) => soundQuota(told) ?? [])
      if (quotas.length > 0) await budget.learn(rules.connection, quotas)
    })
  }

  function noteDate(connection: string, { date, age }: Headers): void {
    const millis = date === undefined ? Number.NaN : Date.parse(date)
    // What a cache answers is dated when it was new.
    if (age === undefined && !Number.isNaN(millis)) deps.onDate?.(connection, toMillis(deps.clock.now()) - millis)
  }

  async function booked(rules: HttpRules, keep: () => Promise<void>): Promise<void> {
    try {
      await keep()
    } catch (error) {
      // The reply may say that an order was created: losing it over bookkeeping would be far worse than a stale quota.
      deps.log.warn('quota_not_stored', { connection: rules.connection, reason: String(error) })
    }
  }

  /** Whether fewer calls at once would have been taken. A long wait is that of a quota, which fewer at once would not spare. */
  function isTooMany({ problem }: SyncError, askedMs: number | null, waitMs: number | null): boolean {
    if (waitMs === null || waitMs > waitMsMax) return false
    return problem.kind === 'rate_limited' || (problem.kind === 'unavailable' && askedMs !== null)
  }

  /** Null when the error is not one to try again on. */
  function waitBefore(error: SyncError, askedMs: number | null, attempt: number): number | null {
    // Exponential back-off with jitter: half of it is fixed, half is random, so that callers do not retry in step.
    const most = Math.min(backoffMs.most, backoffMs.first * 2 ** (attempt - 1))
    const grownMs = Math.round(most * (0.5 + random() / 2))
    switch (error.problem.kind) {
      case 'rate_limited':
        return Math.min(longestWaitMs, Math.max(error.problem.retryAfterMs, askedMs ?? 0)) || grownMs
      case 'unavailable':
      case 'busy':
        return askedMs ?? grownMs
      default:
        return null
    }
  }

  /** The error without secrets, with the wait that the other system asked for. */
  function clean({ connection }: Place, error: SyncError, waitMs: number | null): SyncError {
    const secrets = deps.secrets?.() ?? []
    const message = redact(error.message, secrets)
    const fix = redact(error.fix, secrets)
    const problem: Problem =
      error.problem.kind === 'rate_limited'
        ? { kind: 'rate_limited', retryAfterMs: waitMs ?? 0, connection }
        : error.problem
    const record = error.record === null ? {} : { record: error.record }
    // The cause would bring the text back that was just removed.
    const cause = message === error.message ? { cause: error.cause } : {}
    return new SyncError(message, { problem, fix, ...record, ...cause })
  }
}

interface Place {
  readonly connection: string
  readonly method: string
  readonly route: string
}

const where = (place: Place): string => `Connection "${place.connection}", ${place.method} ${place.route}`
const work: Readonly<Record<Exclude<Lane, 'live'>, string>> = { retry: 'what is tried again', backfill: 'backfills' }

/** @throws SyncError `configuration_invalid` for a value that cannot be a header: a secret pasted with a line break */
function headersOf(rules: HttpRules, login: Headers, request: HttpRequest): Headers {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'accept-encoding': acceptedEncodings,
    'user-agent': 'crosswalk',
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  for (const given of [login, request.headers ?? {}]) {
    for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = value
  }
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderValue(name, value)
    } catch (cause) {
      throw new SyncError(`The header "${name}" for connection "${rules.connection}" holds a character it must not`, {
        problem: { kind: 'configuration_invalid', path: 'headers' },
        fix: `Enter the secret of connection "${rules.connection}" again, without line breaks or typographic quotes.`,
        cause,
      })
    }
  }
  return headers
}

function judgeReply(rules: HttpRules, place: Place, request: HttpRequest, reply: HttpReply): SyncError | null {
  const location = reply.headers.location
  if (redirects.has(reply.status) && location !== undefined) {
    const host = URL.parse(location, rules.baseUrl)?.host ?? 'an unreadable address'
    return new SyncError(`${where(place)} was redirected (${reply.status}) to ${host}, which is not followed`, {
      problem: { kind: 'bad_reply' },
      fix: `Set the base URL of connection "${place.connection}" to the address that it is redirected to, if that is right.`,
    })
  }
  if (reply.status < 200 || reply.status > 599) {
    return new SyncError(`${where(place)} was answered with status ${reply.status}, which does not exist`, {
      problem: { kind: 'bad_reply' },
      fix: `Check what stands between here and ${place.connection}: a proxy or a gateway made this up.`,
    })
  }
  if (isJson(reply.body) && isDeep(reply.body)) {
    return new SyncError(`${where(place)}: the reply is nested deeper than ${depthMax} levels`, {
      problem: { kind: 'bad_reply' },
      fix: `Check that the base URL of connection "${place.connection}" is that of the API; no record is nested so deeply.`,
    })
  }
  const error = rules.classify(reply, request)
  if (error?.problem.kind === 'unavailable' && request.effect === 'write' && gatewayLost.has(reply.status)) {
    return lost(place, `status ${reply.status} of a gateway`, error)
  }
  return error
}

function failureOf(place: Place, request: HttpRequest, failure: ExchangeOutcome & { ok: false }): SyncError {
  if (failure.why === 'too_large') {
    return new SyncError(`${where(place)}: the reply is larger than allowed (stopped at ${failure.bytes} bytes)`, {
      problem: { kind: 'bad_reply' },
      fix: 'Ask for smaller pages; if the address is not the system’s API, correct the base URL.',
    })
  }
  if (failure.sent && request.effect === 'write') return lost(place, failure.code)
  const what = failure.sent ? 'the answer did not arrive' : 'no connection'
  return new SyncError(`${where(place)}: ${what} (${failure.code})`, {
    problem: { kind: 'unavailable' },
    fix: `Check that ${place.connection} is up and reachable from here, its name resolves and its certificate is valid.`,
  })
}

const lost = (place: Place, reason: string, cause?: unknown): SyncError =>
  new SyncError(`${where(place)}: the answer was lost (${reason}), the write may have been carried out`, {
    problem: { kind: 'outcome_unknown' },
    fix: 'Nothing to do for now: the record is looked up in the other system before anything is sent again.',
    cause,
  })

function replyOf(place: Place, outcome: ExchangeOutcome & { ok: true }): HttpReply {
  const { status, headers } = outcome
  const body = soundBody(outcome.body)
  return {
    status,
    headers,
    body,
    json() {
      try {
        return JSON.parse(body) as unknown
      } catch {
        // The parser's own message quotes the body, so it is not kept as the cause.
        const type = headers['content-type'] ?? 'no content type'
        throw new SyncError(
          `${where(place)}: the reply is not JSON (status ${status}, ${type}, ${body.length} chars)`,
          {
            problem: { kind: 'bad_reply' },
            fix: `Check that the base URL of connection "${place.connection}" is that of the API, not of a web page.`,
          },
        )
      }
    },
  }
}
