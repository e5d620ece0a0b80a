import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'
import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import { SyncError } from '../core/problem.ts'
import { StoreAway } from '../core/store-away.ts'
import type { Log } from '../ports/log.ts'
import { auditedSubject } from './audited-subject.ts'
import { bearerIn, type Caller, isForged, mayAct, nobody, openCallers, setSessionCookie } from './caller.ts'
import { serveConsole } from './console.ts'
import { contract, type Route } from './contract.ts'
import { openErrands } from './errands.ts'
import type { Asking, Handler, Stream } from './handler.ts'
import { handlersOf } from './handlers.ts'
import { noteCall } from './note-call.ts'
import { openApi } from './openapi.ts'
import { isOwnHost } from './own-host.ts'
import { httpProblem, problemOf, Refusal, sendProblem } from './problem-reply.ts'
import { type Door, openRefusals } from './refusals.ts'
import { openSeats } from './seats.ts'
import { serveSingleSignOn, signOnPaths } from './single-sign-on.ts'
import { isStream, openStream } from './stream.ts'
import type { ApiUses, Webhooks } from './use-cases.ts'

export interface ApiDeps extends ApiUses {
  /** The folder of the built console; null where there is none. */
  readonly console: string | null
  readonly webhooks: Webhooks
  readonly metrics: { text(): Promise<string>; refused(door: Door): void }
  readonly log: Log
  /** The token of the installation itself, of at least 24 characters; others are in the ledger. */
  readonly token: string
  /**
   * The public address of this server, which signatures of webhooks cover. Null where there is no proxy in between and the
   * request shows the address itself.
   */
  readonly publicUrl: string | null
  /** Whether /metrics is served without the token. */
  readonly metricsOpen: boolean
  /** Names of this server, beside that in the public address, under which it may be asked so. */
  readonly hosts: readonly string[]
  /** Whether the ledger answers and the process is not shutting down. */
  ready(): Promise<boolean>
}

const tokenLengthMin = 24
const callsPerMinute = 600
/** Each costs memory and time, and somebody may try passwords. */
const signInsPerMinute = 30
const wrongPasswordsMost = 10
const wrongPasswordsMs = 15 * 60_000
// Generous: one change in a CRM can be hundreds of events, and a refused one comes back only much later.
const webhooksPerMinute = 6_000

/** Of one session or token: a browser asks for the pages that are in sight. And of the server: its other connections are for requests. */
const eventStreams = { each: 10, most: 250 }
/** Each reads all of a list, however long. */
const exports = { each: 2, most: 8 }

/** The HTTP surface: the console, /api/v1, /hooks, /metrics, /healthz, /readyz. Anything else is a 404 in JSON. */
export function createApi(deps: ApiDeps): Express {
  if (deps.token.length < tokenLengthMin) throw new Error(`the token needs at least ${tokenLengthMin} characters`)
  const app = express()
  app.set('etag', false)
  app.use(
    helmet({
      // In-house servers are often reached by plain http: the browser must not rewrite their addresses to https.
      contentSecurityPolicy: { directives: { 'script-src': ["'self'"], 'upgrade-insecure-requests': null } },
      // What is served by plain http cannot say it, and whether all names below a domain have https only its owner knows: the
      // proxy with the certificate says so.
      strictTransportSecurity: false,
    }),
  )

  // Nothing here is for search engines, also where somebody put the address of a page on another one.
  app.use((_request, response, next) => {
    response.set('x-robots-tag', 'noindex, nofollow')
    next()
  })

  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }))
  const readiness = forMoment(async () =>
    deps.ready().catch((error: unknown) => {
      deps.log.warn('not_ready', { reason: reasonOf(error) })
      return false
    }),
  )
  app.get('/readyz', async (_request, response) => {
    const ready = await readiness()
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready' })
  })

  const refusals = openRefusals(deps.log, deps.metrics.refused)
  const stranger = refusals('api', (response) => {
    response.set('www-authenticate', 'Bearer')
    sendProblem(response, httpProblem('unauthorized', 'This address needs a session or a token.'))
  })
  const callers = openCallers(deps.token, deps.accounts)
  const identify = identifying(callers)
  const known: RequestHandler = (request, response, next) =>
    mayAct(callerOf(response), 'viewer') ? next() : stranger(request, response, next)
  app.get('/metrics', ...(deps.metricsOpen ? [ownHost(deps)] : [identify, known]), async (_request, response) => {
    response.type('text/plain; version=0.0.4').send(await deps.metrics.text())
  })
  const unknown = refusals('hooks', (response) => void response.status(404).end())
  // Who does not know the secret is turned away before a limit or a body counts: neither is used up by strangers.
  app.post('/hooks/:connection/:token', (request, response, next) =>
    deps.webhooks.knows(request.params.connection, request.params.token) ? next() : unknown(request, response, next),
  )
  app.post(
    '/hooks/:connection/:token',
    limit(webhooksPerMinute, ({ params }) => String(params.connection)),
    rawBody,
    receiveWebhook(deps),
  )
  app.use('/api', noStore, identify)
  // Strangers are let in here alone, and use up nothing of the others.
  const forAnyone = [ownHost(deps), sameSite(deps), jsonOfStrangers]
  app.post('/api/v1/session{/redeem}', ...forAnyone, limit(signInsPerMinute, addressOf))
  app.post(
    '/api/v1/session',
    wrongPasswords(({ body }) => nameIn(body)),
  )
  app.get('/api/v1/session', ...forAnyone, limit(callsPerMinute, addressOf))
  app.get('/api/v1/shared', ...forAnyone, limit(callsPerMinute, addressOf), wrongLinks())
  const { singleSignOn } = deps
  if (singleSignOn !== null) {
    for (const path of Object.values(signOnPaths)) app.get(path, ownHost(deps), limit(signInsPerMinute, addressOf))
    app.use(serveSingleSignOn({ ...deps, singleSignOn, callerOf }))
  }
  app.use(
    '/api',
    (request, response, next) => (isForAnyone(request) ? next() : known(request, response, next)),
    (request, response, next) =>
      callerOf(response).session === null ? next() : ownHost(deps)(request, response, next),
    sameSite(deps),
    limit(callsPerMinute, (_request, response) => callerOf(response).actor ?? ''),
    jsonBody,
  )
  app.post(
    '/api/v1/session/password',
    wrongPasswords((_request, response) => callerOf(response).actor ?? ''),
  )
  app.get('/api/v1/events', openSeats(eventStreams, keyOf))
  app.get('/api/v1/exports/{*list}', openSeats(exports, keyOf))
  app.use('/api', apiRoutes(deps, callers))
  if (deps.console !== null) app.use(serveConsole(deps.console))

  app.use((request, response) =>
    sendProblem(response, httpProblem('not_found', `There is no ${request.method} ${request.path} here.`)),
  )
  app.use(failure(deps.log))
  return app
}

// Whatever the content type says: `curl -d` sends JSON as a form, and a body must never be ignored silently.
const jsonBody = express.json({ limit: '1mb', type: () => true })
const jsonOfStrangers = express.json({ limit: '10kb', type: () => true })
const rawBody = express.raw({ limit: '2mb', type: () => true })

const noStore: RequestHandler = (_request, response, next) => {
  response.set('cache-control', 'no-store')
  next()
}

/** The answer of a moment ago is good enough for whoever asks all the time. */
function forMoment(ask: () => Promise<boolean>): () => Promise<boolean> {
  let answer: Promise<boolean> | null = null
  return () => {
    if (answer === null) {
      answer = ask()
      void answer.then(() => setTimeout(() => (answer = null), momentMs).unref())
    }
    return answer
  }
}
const momentMs = 1000

/** For what is open to all who reach this server. */
function ownHost({ publicUrl, hosts }: ApiDeps): RequestHandler {
  const own = [...hosts, ...(publicUrl === null ? [] : [new URL(publicUrl).hostname])].map((name) => name.toLowerCase())
  return (request, response, next) =>
    isOwnHost(request.headers.host, own)
      ? next()
      : sendProblem(response, httpProblem('misdirected', 'This server has no such name.'))
}

/** Finds out who asks. */
const identifying =
  (identify: (request: Request) => Promise<Caller>): RequestHandler =>
  async (request, response, next) => {
    response.locals.caller = await identify(request)
    next()
  }
const callerOf = (response: Response): Caller => (response.locals as { caller?: Caller }).caller ?? nobody
const keyOf = (response: Response): string => callerOf(response).session?.secret ?? callerOf(response).actor ?? ''

const openAddresses = new Set(
  Object.values<Route>(contract).flatMap(({ role, method, path }) => (role === 'anyone' ? `${method} /v1${path}` : [])),
)
const isForAnyone = ({ method, path }: Request) => openAddresses.has(`${method.toLowerCase()} ${path}`)

/** A browser sends the cookie of a session along with what another site makes it ask for. */
const sameSite =
  ({ publicUrl }: ApiDeps): RequestHandler =>
  (request, response, next) => {
    const { actor, session } = callerOf(response)
    const isByToken = actor !== null && session === null
    if (request.method === 'GET' || isByToken || !isForged(request, session !== null, publicUrl)) return next()
    sendProblem(response, httpProblem('forged', 'Another site, or a program without a token, has asked for this.'))
  }

const nameIn = (body: unknown): string =>
  typeof body === 'object' && body !== null && 'name' in body ? String(body.name).trim().toLowerCase() : ''

/** Of IPv6 the network, as one has more addresses there than can be counted. */
const addressOf = ({ ip }: Request): string => ipKeyGenerator(ip ?? '')

/** By person, so that nobody tries many passwords of one. */
const wrongPasswords = (of: (request: Request, response: Response) => string): RequestHandler =>
  rateLimit({
    windowMs: wrongPasswordsMs,
    limit: wrongPasswordsMost,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skipSuccessfulRequests: true,
    keyGenerator: (request, response) => of(request, response),
    handler: (_request, response) =>
      sendProblem(response, httpProblem('too_many', 'Too many wrong passwords for this name within 15 minutes.')),
  })

/** By address, as somebody may try links. Who has the right one uses up nothing. */
const wrongLinks = (): RequestHandler =>
  rateLimit({
    windowMs: 60_000,
    limit: signInsPerMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    skipSuccessfulRequests: true,
    keyGenerator: addressOf,
    handler: (_request, response) =>
      sendProblem(response, httpProblem('too_many', 'Too many wrong links came from your address within a minute.')),
  })

const limit = (perMinute: number, of: (request: Request, response: Response) => string): RequestHandler =>
  rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // By what was proven, not by address: behind a proxy all callers come from one.
    keyGenerator: (request, response) => of(request, response),
    handler: (_request, response) =>
      sendProblem(response, httpProblem('too_many', `More than ${perMinute} requests a minute came from you.`)),
  })

/** How long a request waits for what takes its time; proxies give up later. */
const patienceMs = 15_000

function apiRoutes(deps: ApiDeps, identify: (request: Request) => Promise<Caller>): RequestHandler {
  const router = express.Router()
  const document = openApi()
  const errands = openErrands(patienceMs)
  router.get('/v1/openapi.json', (_request, response) => void response.json(document))
  for (const [name, route] of Object.entries<Route>(contract)) {
    router[route.method](`/v1${route.path}`, async (request, response) => {
      const caller = callerOf(response)
      let actor = caller.actor
      const note = async (outcome: 'done' | 'refused' | 'failed') => {
        // Who takes a whole list along is noted as well.
        if (route.method !== 'post' && route.form !== 'rows') return
        const subject = auditedSubject({ ...request.params, ...request.query, ...request.body })
        await noteCall(deps, request, { operation: name, shown: request.params, subject, actor, outcome })
      }
      if (route.role !== 'anyone' && !mayAct(caller, route.role)) {
        await note('refused')
        throw new Refusal('forbidden', `This needs the role ${route.role}; yours is ${caller.role}.`)
      }
      const checked = {
        params: route.params.safeParse(request.params),
        query: route.query.safeParse(request.query),
        body: route.body.safeParse(request.body ?? {}),
      }
      const mistakes = Object.entries(checked).flatMap(([part, { error }]) =>
        (error?.issues ?? []).map((issue) => `${[part, ...issue.path].join('.')}: ${issue.message}`),
      )
      if (mistakes.length > 0) return sendProblem(response, httpProblem('malformed', mistakes.join('; ')))
      const { params, query, body } = checked
      const keepSession: Asking['keepSession'] = (session) => {
        actor = session?.account.name ?? actor
        setSessionCookie(request, response, session)
      }
      const gone = goneFrom(response)
      const isStill = async () => {
        const now = await identify(request)
        return now.actor === caller.actor && now.role === caller.role
      }
      const handlers = handlersOf(deps, { caller, bearer: bearerIn(request), keepSession, gone, isStill }, errands)
      const handle = handlers[name as keyof typeof contract] as Handler<Route> | Stream<Route>
      const asked = { params: params.data ?? {}, query: query.data ?? {}, body: body.data ?? {} }
      const value = await handle(asked).catch(async (error: unknown) => {
        // Some of it may have been done.
        await note(error instanceof Refusal ? 'refused' : 'failed')
        throw error
      })
      if (isStream(value)) {
        const send = await openStream(route, value, { query: query.data ?? {}, gone })
        await note('done')
        return send(response).catch((error: unknown) =>
          deps.log.error('reply_broken_off', { operation: name, reason: reasonOf(error) }),
        )
      }
      const missing = missingIn(value)
      await note(missing === null ? 'done' : 'failed')
      if (missing !== null) return sendProblem(response, httpProblem('not_found', missing))
      // Parsing drops whatever the contract does not name.
      response.status(route.status).json(route.reply.parse(value))
    })
  }
  return router
}

/** Aborted when the reply is over, also because nobody waits for it any more. */
function goneFrom(response: Response): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  return gone.signal
}

const missingIn = (value: unknown): string | null =>
  typeof value === 'object' && value !== null && 'missing' in value ? String(value.missing) : null

function receiveWebhook(deps: ApiDeps): RequestHandler<{ connection: string; token: string }> {
  return async (request, response) => {
    const { connection, token } = request.params
    const origin = deps.publicUrl?.replace(/\/+$/, '') ?? `${request.protocol}://${request.headers.host}`
    try {
      const { status, reply = null } = await deps.webhooks.receive(connection, token, {
        method: request.method,
        url: `${origin}${request.originalUrl}`,
        headers: flat(request.headers),
        body: Buffer.isBuffer(request.body) ? request.body : new Uint8Array(),
      })
      response.status(status)
      if (reply === null) response.end()
      else response.type(reply.contentType).send(reply.body)
    } catch (error) {
      // 503 makes the sender try again: what was not stored must not be acknowledged.
      deps.log.error('webhook_not_stored', { reason: reasonOf(error) })
      response.status(503).end()
    }
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const flat = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )

function failure(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error)
    const problem = problemOf(error)
    if (problem !== null) {
      if (error instanceof SyncError && error.problem.kind === 'rate_limited') {
        response.set('retry-after', String(Math.ceil(error.problem.retryAfterMs / 1000)))
      }
      return sendProblem(response, problem)
    }
    if (error instanceof StoreAway) {
      log.warn('not_ready', { reason: error.message })
      return sendProblem(response, httpProblem('not_ready', 'The database, or Redis, does not answer.'))
    }
    const reference = randomUUID()
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    log.error('api_fault', { reference, method: request.method, path: request.path, reason })
    sendProblem(response, httpProblem('internal', `The request failed; reference ${reference}.`))
  }
}
