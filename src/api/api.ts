import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import { SyncError } from '../core/problem.ts'
import type { Log } from '../ports/log.ts'
import { contract, type Route } from './contract.ts'
import { type Handler, handlersOf } from './handlers.ts'
import { openApi } from './openapi.ts'
import { isOwnHost } from './own-host.ts'
import { httpProblem, problemOf, sendProblem } from './problem-reply.ts'
import { type Door, openRefusals } from './refusals.ts'
import type { UseCases, Webhooks } from './use-cases.ts'

export interface ApiDeps {
  readonly crosswalk: UseCases
  /** Queues detection and delivery; does not wait for them. */
  runSync(sync: string): Promise<void>
  readonly webhooks: Webhooks
  readonly metrics: { text(): Promise<string>; refused(door: Door): void }
  readonly log: Log
  /** The bearer token of /api; at least 24 characters. */
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
// Generous: one change in a CRM can be hundreds of events, and a refused one comes back only much later.
const webhooksPerMinute = 6_000

/** The HTTP surface: /api/v1, /hooks, /metrics, /healthz, /readyz. Anything else is a 404 in JSON. */
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

  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }))
  const readiness = forMoment(async () =>
    deps.ready().catch((error: unknown) => {
      deps.log.warn('not_ready', { reason: error instanceof Error ? error.message : String(error) })
      return false
    }),
  )
  app.get('/readyz', async (_request, response) => {
    const ready = await readiness()
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready' })
  })

  const refusals = openRefusals(deps.log, deps.metrics.refused)
  const guard = bearer(
    deps.token,
    refusals('api', (response) => {
      response.set('www-authenticate', 'Bearer')
      sendProblem(response, httpProblem('unauthorized', 'This address needs the token of this server.'))
    }),
  )
  app.get('/metrics', deps.metricsOpen ? ownHost(deps) : guard, async (_request, response) => {
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
  app.use(
    '/api',
    guard,
    limit(callsPerMinute, () => 'token'),
    noStore,
    jsonBody,
    apiRoutes(deps),
  )

  app.use((request, response) =>
    sendProblem(response, httpProblem('not_found', `There is no ${request.method} ${request.path} here.`)),
  )
  app.use(failure(deps.log))
  return app
}

// Whatever the content type says: `curl -d` sends JSON as a form, and a body must never be ignored silently.
const jsonBody = express.json({ limit: '1mb', type: () => true })
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

/** @param refuse  answers those who do not have the token */
function bearer(token: string, refuse: RequestHandler): RequestHandler {
  // Digests have one length, so that the comparison takes constant time.
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const expected = digest(`Bearer ${token}`)
  return (request, response, next) => {
    const given = request.headers.authorization ?? ''
    if (timingSafeEqual(digest(given.replace(/^bearer /i, 'Bearer ')), expected)) return next()
    refuse(request, response, next)
  }
}

const limit = (perMinute: number, of: (request: Request) => string): RequestHandler =>
  rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // By what was proven, not by address: behind a proxy all callers come from one.
    keyGenerator: (request) => of(request),
    handler: (_request, response) =>
      sendProblem(response, httpProblem('too_many', `More than ${perMinute} requests a minute came with this secret.`)),
  })

function apiRoutes(deps: ApiDeps): RequestHandler {
  const router = express.Router()
  const document = openApi()
  router.get('/v1/openapi.json', (_request, response) => void response.json(document))
  const handlers = handlersOf(deps.crosswalk, deps.runSync)
  for (const [name, route] of Object.entries<Route>(contract)) {
    const handle = handlers[name as keyof typeof handlers] as Handler<Route>
    router[route.method](`/v1${route.path}`, async (request, response) => {
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
      const tell = (done: boolean) => {
        if (route.method === 'post')
          deps.log.info('api_call', { operation: name, ...request.params, from: request.ip, done })
      }
      const asked = { params: params.data ?? {}, query: query.data ?? {}, body: body.data ?? {} }
      const value = await handle(asked).catch((error: unknown) => {
        // Some of it may have been done.
        tell(false)
        throw error
      })
      const missing = missingIn(value)
      tell(missing === null)
      if (missing !== null) return sendProblem(response, httpProblem('not_found', missing))
      // Parsing drops whatever the contract does not name.
      response.status(route.status).json(route.reply.parse(value))
    })
  }
  return router
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
      deps.log.error('webhook_not_stored', { reason: error instanceof Error ? error.message : String(error) })
      response.status(503).end()
    }
  }
}

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
    const reference = randomUUID()
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    log.error('api_fault', { reference, method: request.method, path: request.path, reason })
    sendProblem(response, httpProblem('internal', `The request failed; reference ${reference}.`))
  }
}
