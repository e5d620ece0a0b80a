import { isObject, type Json } from '../../../src/core/json.ts'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/server.ts'
import type { Access } from './access.ts'
import type { Bulk } from './bulk.ts'
import type { Collections } from './collections.ts'
import { columnsOf } from './columns.ts'
import type { Cursors } from './cursors.ts'
import { describeObject, objectOverview } from './describe.ts'
import { isRefusal, notFound, refusal, replyOf } from './errors.ts'
import type { QueryContext } from './paths.ts'
import { type Answer, answerQuery } from './query.ts'
import type { Schema } from './schema.ts'
import type { Sobjects } from './sobjects.ts'
import type { Store } from './store.ts'
import type { Tooling } from './tooling.ts'

interface RestOptions {
  readonly store: Store
  readonly schema: Schema
  readonly access: Access
  readonly cursors: Cursors
  readonly collections: Collections
  readonly sobjects: Sobjects
  readonly tooling: Tooling
  readonly bulk: () => Bulk
  readonly timeZone: string
  /** Most records on a page of a query, and in a list inside of a record. */
  readonly pageSizeMax: number
  readonly childPageSize: number
  /** Of the running user: `https://…/id/<organization>/<user>`. */
  readonly identity: () => string
  readonly limits: { readonly used: () => number; max(): number }
}

const firstVersion = 31
const lastVersion = 67
const retiredFrom = 20
const pageSizeMin = 200
const uriBytesMax = 16_384

interface Call {
  readonly base: string
  readonly version: number
  /** What the path names, decoded. */
  readonly names: readonly string[]
  readonly query: URLSearchParams
  readonly headers: SimulatorRequest['headers']
  readonly body: Json
}
type Action = (call: Call) => SimulatorReply

/** The REST API below `/services/data`. */
export function openRest(options: RestOptions) {
  const { store, schema, access, cursors, collections, sobjects, tooling, bulk, limits } = options
  /** When the schema was seen in its present version. */
  let describedAt = { version: schema.version(), at: store.now() }

  const contextOf = (text: string, all: boolean, tooling: boolean): QueryContext => {
    return { text, access, store, now: store.now(), timeZone: options.timeZone, tooling, all }
  }
  function run(text: string, base: string, { all = false, tools = false, pageSize = 2000 }): Answer {
    return answerQuery(contextOf(text, all, tools), {
      base,
      page: (rows, show) => cursors.first({ rows, show, base, pageSize: Math.min(options.childPageSize, pageSize) }),
    })
  }
  function query({ base, query: given, headers }: Call, all: boolean, tools: boolean): SimulatorReply {
    const text = given.get('q')
    if (text === null) throw refusal(400, 'MALFORMED_QUERY', 'unexpected token: <EOF>')
    const asked = Number(/batchSize=(\d+)/i.exec(headers['sforce-query-options'] ?? '')?.[1] ?? 2000)
    const pageSize = Math.min(options.pageSizeMax, Math.max(pageSizeMin, Math.min(2000, asked)))
    const answer = run(text, base, { all, tools, pageSize })
    if (given.get('columns') === 'true') return { status: 200, body: columnsOf(contextOf(text, all, tools)) }
    if (answer.rows === null) return { status: 200, body: { totalSize: answer.size, done: true, records: [] } }
    return { status: 200, body: cursors.first({ rows: answer.rows, show: answer.show, base, pageSize }) }
  }

  function describe({ base, names: [name = ''], headers }: Call): SimulatorReply {
    const view = access.view(name)
    if (view === null) throw notFound()
    if (describedAt.version !== schema.version()) describedAt = { version: schema.version(), at: store.now() }
    const since = Date.parse(headers['if-modified-since'] ?? '')
    if (since >= Math.floor(describedAt.at / 1000) * 1000) return { status: 304 }
    const sees = (other: string): boolean => access.view(other) !== null
    return {
      status: 200,
      headers: { 'last-modified': new Date(describedAt.at).toUTCString() },
      body: describeObject(view, schema, base, sees),
    }
  }

  const actions: Readonly<Record<string, Action>> = {
    'GET resources': ({ base }) => ({
      status: 200,
      body: {
        ...Object.fromEntries(
          ['sobjects', 'query', 'queryAll', 'limits', 'composite', 'jobs', 'tooling'].map((name) => [
            name,
            `${base}/${name}`,
          ]),
        ),
        identity: options.identity(),
      },
    }),
    'GET limits': () => ({
      status: 200,
      body: {
        DailyApiRequests: { Max: limits.max(), Remaining: Math.max(0, limits.max() - limits.used()) },
        DailyBulkV2QueryJobs: { Max: 10_000, Remaining: 10_000 },
        DailyBulkV2QueryFileStorageMB: { Max: 976_562, Remaining: 976_562 },
        DailyDeliveredPlatformEvents: { Max: 50_000, Remaining: 50_000 },
      },
    }),
    'GET sobjects': ({ base }) => ({
      status: 200,
      body: {
        encoding: 'UTF-8',
        maxBatchSize: 200,
        sobjects: [...schema.objects()].flatMap(({ name }) => {
          const view = access.view(name)
          return view === null ? [] : [objectOverview(view, base)]
        }),
      },
    }),
    'GET object': ({ base, names: [name = ''] }) => {
      const view = access.view(name)
      if (view === null) throw notFound()
      return { status: 200, body: { objectDescribe: objectOverview(view, base), recentItems: [] } }
    },
    'GET describe': describe,
    'GET layouts': () => {
      throw refusal(501, 'NOT_SIMULATED', 'Layouts are not simulated')
    },
    'GET updated': ({ names: [name = ''], query: given }) => sobjects.updated(name, given),
    'GET deleted': ({ names: [name = ''], query: given }) => sobjects.deleted(name, given),
    'POST object': ({ names: [name = ''], body }) => sobjects.create(name, body),
    'GET record': ({ base, names: [name = '', id = ''], query: given }) =>
      sobjects.read(name, id, given.get('fields'), base),
    'PATCH record': ({ names: [name = '', id = ''], body }) => sobjects.update(name, id, body),
    'DELETE record': ({ names: [name = '', id = ''] }) => sobjects.remove(name, id),
    'GET external': ({ base, names: [name = '', field = '', value = ''] }) =>
      sobjects.readByExternalId(name, field, value, base),
    'PATCH external': ({ base, version, names: [type = '', field = '', value = ''], body, query: given }) =>
      sobjects.upsert({ type, field, value }, body, given.get('updateOnly') === 'true', base, version),
    'GET query': (call) => query(call, false, false),
    'GET queryAll': (call) => query(call, true, false),
    'GET more': ({ names: [locator = ''] }) => ({ status: 200, body: cursors.next(locator) }),
    'POST collection': ({ body }) => collections.create(body),
    'PATCH collection': ({ body }) => collections.update(body),
    'DELETE collection': ({ query: given }) => collections.remove(given.get('ids'), given.get('allOrNone') === 'true'),
    'POST retrieve': ({ base, names: [name = ''], body }) => collections.retrieve(name, body, base),
    'PATCH upserts': ({ names: [name = '', field = ''], body }) => collections.upsert(name, field, body),
    'POST jobs': ({ base, version, body }) => bulk().create(body, base, version),
    'GET job': ({ names: [id = ''] }) => bulk().read(id),
    'PATCH job': ({ names: [id = ''], body }) => {
      if (!isObject(body) || body.state !== 'Aborted') throw refusal(400, 'INVALIDJOBSTATE', 'Invalid job state')
      return bulk().abort(id)
    },
    'DELETE job': ({ names: [id = ''] }) => bulk().remove(id),
    'GET results': ({ names: [id = ''], query: given }) => bulk().results(id, given),
    'GET tooling-query': (call) => query({ ...call, base: `${call.base}/tooling` }, false, true),
    'POST tooling-fields': ({ body }) => tooling.create(body),
  }

  function handle(request: SimulatorRequest): SimulatorReply {
    try {
      return uriBytes(request) > uriBytesMax ? uriTooLong : answer(request)
    } catch (error) {
      if (!isRefusal(error)) throw error
      return replyOf(error)
    }
  }

  function answer(request: SimulatorRequest): SimulatorReply {
    const [, digits = '', rest = ''] = /^\/services\/data\/v(\d+)\.0(\/.*)?$/.exec(request.path) ?? []
    const version = Number(digits)
    if (version > retiredFrom && version < firstVersion) {
      throw refusal(410, 'GONE', `The requested API version v${version}.0 is retired and not available`)
    }
    if (version < firstVersion || version > lastVersion) throw notFound()
    const path = rest.replace(/\/$/, '')
    for (const [pattern, name] of routes) {
      const match = pattern.exec(path)
      if (match === null) continue
      const action = actions[`${request.method} ${name}`]
      if (action === undefined) {
        throw refusal(
          405,
          'METHOD_NOT_ALLOWED',
          `HTTP Method '${request.method}' not allowed. Allowed are ${methodsOf(name)}`,
        )
      }
      refuseUnread(`${request.method} ${name}`, request)
      return action({
        base: `/services/data/v${version}.0`,
        version,
        names: match.slice(1).map((part) => decodeURIComponent(part ?? '')),
        query: request.query,
        headers: request.headers,
        body: bodyOf(request),
      })
    }
    throw notFound()
  }
  const methodsOf = (name: string): string =>
    Object.keys(actions)
      .filter((action) => action.endsWith(` ${name}`))
      .map((action) => action.split(' ')[0])
      .join(',')

  return {
    handle,
    /** For the Bulk API. */
    run: (text: string, all: boolean, base: string): Answer => run(text, base, { all }),
    versions: (): SimulatorReply => ({
      status: 200,
      body: Array.from({ length: lastVersion - firstVersion + 1 }, (_, n) => ({
        label: `Version ${firstVersion + n}`,
        url: `/services/data/v${firstVersion + n}.0`,
        version: `${firstVersion + n}.0`,
      })),
    }),
  }
}

/** What each action reads of the query of its address. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  'GET record': ['fields'],
  'GET updated': ['start', 'end'],
  'GET deleted': ['start', 'end'],
  'PATCH external': ['updateOnly'],
  'GET query': ['q', 'columns'],
  'GET queryAll': ['q', 'columns'],
  'GET tooling-query': ['q', 'columns'],
  'DELETE collection': ['ids', 'allOrNone'],
  'GET results': ['locator', 'maxRecords'],
}
const conditions = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']

/** Whoever asks for more than is read here would take the answer for another one. */
function refuseUnread(action: string, { query, headers }: SimulatorRequest): void {
  const known = parameters[action] ?? []
  for (const name of query.keys()) {
    if (!known.includes(name)) throw refusal(501, 'NOT_SIMULATED', `the parameter ${name} is not simulated here`)
  }
  for (const name of conditions) {
    const read = name === 'if-modified-since' && action === 'GET describe'
    if (!read && name in headers) throw refusal(501, 'NOT_SIMULATED', `the header ${name} is not simulated here`)
  }
}

const uriTooLong: SimulatorReply = {
  status: 414,
  headers: { 'content-type': 'text/html' },
  body: '<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>',
}
/** Counted as clients mostly encode it, with `%20` for a blank. */
const uriBytes = ({ path, query }: SimulatorRequest): number =>
  [...query].reduce((sum, [name, value]) => sum + name.length + encodeURIComponent(value).length + 2, path.length)

function bodyOf({ method, headers, body }: SimulatorRequest): Json {
  if (method !== 'POST' && method !== 'PATCH') return null
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim()
  if (type !== 'application/json') {
    throw refusal(415, 'UNSUPPORTED_MEDIA_TYPE', `Content type ${type || 'null'} is not supported`)
  }
  try {
    return JSON.parse(body.toString('utf8')) as Json
  } catch {
    throw refusal(400, 'JSON_PARSER_ERROR', 'Unexpected character or end of input at [line:1, column:1]')
  }
}

/** `*` stands for one part of the path. */
const routes: readonly (readonly [RegExp, string])[] = [
  ['', 'resources'],
  ['/limits', 'limits'],
  ['/sobjects', 'sobjects'],
  ['/sobjects/*', 'object'],
  ['/sobjects/*/describe', 'describe'],
  ['/sobjects/*/describe/*', 'layouts'],
  ['/sobjects/*/updated', 'updated'],
  ['/sobjects/*/deleted', 'deleted'],
  ['/sobjects/*/*', 'record'],
  ['/sobjects/*/*/*', 'external'],
  ['/query', 'query'],
  ['/queryAll', 'queryAll'],
  ['/query/*', 'more'],
  ['/queryAll/*', 'more'],
  ['/composite/sobjects', 'collection'],
  ['/composite/sobjects/*', 'retrieve'],
  ['/composite/sobjects/*/*', 'upserts'],
  ['/jobs/query', 'jobs'],
  ['/jobs/query/*', 'job'],
  ['/jobs/query/*/results', 'results'],
  ['/tooling/query', 'tooling-query'],
  ['/tooling/query/*', 'more'],
  ['/tooling/sobjects/CustomField', 'tooling-fields'],
].map(([pattern = '', name = '']) => [new RegExp(`^${pattern.replaceAll('*', '([^/]+)')}$`), name] as const)
