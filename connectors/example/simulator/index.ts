import { z } from 'zod'
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts'
import { type SimulatorReply, type SimulatorRequest, startSimulator } from '../../../src/simulator/server.ts'
import type { SimulatedErp } from '../../../src/simulator/world.ts'
import { fieldOf, fieldsOf, isRefused, type Refused, refused } from './fields.ts'
import { openStore } from './store.ts'
import { requests, trouble, words, worldOf } from './world.ts'

export interface ExampleSimulatorOptions {
  readonly port?: number
  readonly latencyMs?: number
  /** Epoch milliseconds; the real time when not given. */
  readonly now?: () => number
  /** Of the company; 'EUR' when not given. */
  readonly currency?: string
  readonly currencies?: readonly string[]
  /** No limit when not given. */
  readonly callsPerMinute?: number
  /** How long a record of this key takes to show in lists of changes: no time when not given. */
  readonly commitMs?: (key: string | null) => number
}

const [clientId, clientSecret] = ['crosswalk', 'secret-of-the-example-app']
const tokenMs = 3_600_000
const statuses: Readonly<Record<string, number>> = {
  ...{ invalid_client: 401, invalid_token: 401, forbidden: 403, unknown_object: 404, too_many_calls: 429 },
}

const json = z.custom<Json>()
const fields = z.custom<JsonObject>(isObject)
const linesSchema = z.strictObject({
  set: z.array(z.strictObject({ key: z.string(), fields })),
  remove: z.array(z.string()),
})
const batchSchema = z.strictObject({
  operations: z
    .array(
      z.strictObject({
        action: z.enum(['create', 'update', 'confirm', 'cancel']),
        object: z.string(),
        ...{ key: z.string().optional(), id: z.string().optional() },
        ...{ fields: fields.optional(), lines: linesSchema.optional() },
      }),
    )
    .max(100),
})
const searchSchema = z.strictObject({ queries: z.array(z.record(z.string(), json)).max(100) })

/** What the lists of records read of the query of their address. */
const parameters: ReadonlySet<string> = new Set(['ids', 'fields', 'modified_from', 'after_id', 'limit'])

/** An account of the example ERP in memory, as README.md of the connector describes it. */
export async function startExampleSimulator(options: ExampleSimulatorOptions = {}): Promise<SimulatedErp> {
  const { now = Date.now, currency = 'EUR', currencies = [], commitMs = () => 0 } = options
  let { callsPerMinute = null }: { callsPerMinute?: number | null } = options
  const tokens = new Map<string, number>()
  const minute = { begun: 0, calls: 0 }
  let url = ''
  const store = openStore({ now, currencies: [...new Set([currency, ...currencies])], url: () => url })

  function handle(request: SimulatorRequest): SimulatorReply {
    try {
      if (request.path === '/oauth/token') return { status: 200, body: grant(request) }
      const until = tokens.get(request.headers.authorization ?? '') ?? 0
      if (until <= now()) throw refused('invalid_token', 'The access token is not valid.')
      return { status: 200, body: answer(request), headers: limited() }
    } catch (error) {
      if (!isRefused(error)) throw error
      const waits = error.code === 'too_many_calls' ? { headers: { 'retry-after': String(secondsLeft()) } } : {}
      return { ...refusal(statuses[error.code] ?? 400, error), ...waits }
    }
  }

  function grant({ body }: SimulatorRequest): Json {
    const form = new URLSearchParams(body.toString('utf8'))
    const right = form.get('client_id') === clientId && form.get('client_secret') === clientSecret
    if (!right || form.get('grant_type') !== 'client_credentials')
      throw refused('invalid_client', 'There is no app with this client id and secret.')
    const token = `token-${tokens.size + 1}`
    tokens.set(`Bearer ${token}`, now() + tokenMs)
    return { access_token: token, expires_in: tokenMs / 1000, token_type: 'Bearer' }
  }

  const secondsLeft = () => Math.max(1, Math.ceil((minute.begun + 60_000 - now()) / 1000))
  /** Counts a call of this minute. */
  function limited(): Readonly<Record<string, string>> {
    if (callsPerMinute === null) return {}
    if (now() >= minute.begun + 60_000) Object.assign(minute, { begun: now(), calls: 0 })
    if (minute.calls >= callsPerMinute) throw refused('too_many_calls', 'Too many calls in this minute.')
    minute.calls += 1
    return { 'x-calls-limit': String(callsPerMinute), 'x-calls-remaining': String(callsPerMinute - minute.calls) }
  }

  function answer({ method, path, query, body }: SimulatorRequest): Json {
    const [, version = '', object = '', action] = path.split('/')
    const place = `${method} ${version === 'v1' ? (action ?? object) : path}`
    const unread = [...query.keys()].find((name) => action !== undefined || !parameters.has(name))
    if (unread !== undefined) throw refused('invalid_value', `not simulated: the parameter ${unread}`, unread)
    if (place === 'GET company') return company()
    if (place === 'POST batch') return { results: parsed(batchSchema, body).operations.map(resultOf) }
    if (place === 'POST search')
      return { matches: parsed(searchSchema, body).queries.map((one) => matches(object, one)) }
    if (method === 'GET' && object === 'fields') return { fields: fieldsOf(action ?? '') as unknown as JsonObject }
    if (method === 'GET' && action === undefined && query.has('ids')) return records(object, query)
    if (method === 'GET' && action === undefined && query.has('modified_from')) return changes(object, query)
    throw refused('unknown_object', `not simulated: ${method} ${path}`, path)
  }

  const company = (): Json => ({
    ...{ id: 'example-1', name: 'Example Inc.', time_zone: 'Europe/Berlin', currency, api_version: '1' },
    rights: ['orders.read', 'orders.write', 'customers.read', 'customers.write', 'products.read'],
  })

  function resultOf(operation: z.output<typeof batchSchema>['operations'][number]): Json {
    try {
      return { id: store.operate(operation) }
    } catch (error) {
      if (!isRefused(error)) throw error
      return { error: errorOf(error) }
    }
  }

  function matches(object: string, wanted: JsonObject): Json {
    const names = Object.keys(wanted)
    if (names.length === 0) throw refused('invalid_value', 'A query names no field.')
    for (const name of names) if (name !== 'key') fieldOf(object, name)
    const text = (value: Json | undefined) => String(value ?? '').toLowerCase()
    return [...store.tableOf(object).values()]
      .map((row) => store.shown(object, row))
      .filter((row) => names.every((name) => text(row[name]) === text(wanted[name])))
      .map((row) => ({
        id: row.id ?? '',
        key: row.key ?? null,
        label: row.number ?? row.name ?? row.id ?? '',
        archived: false,
      }))
  }

  function records(object: string, query: URLSearchParams): Json {
    const ids = (query.get('ids') ?? '').split(',')
    const names = (query.get('fields') ?? '').split(',').filter((name) => name !== '')
    if (ids.length > 100) throw refused('invalid_value', 'At most 100 records a call.', 'ids')
    for (const name of names) fieldOf(object, name)
    const table = store.tableOf(object)
    const found = ids.flatMap((id) => table.get(id) ?? [])
    const chosen = (row: JsonObject) => Object.fromEntries(names.map((name) => [name, row[name] ?? null]))
    return { records: found.map((row) => ({ ...chosen(store.shown(object, row)), id: row.id })) }
  }

  /** Ordered by (modified_at, id), after the given place. */
  function changes(object: string, query: URLSearchParams): Json {
    const from = Date.parse(query.get('modified_from') ?? '')
    const [after, limit] = [Number(query.get('after_id') ?? ''), Number(query.get('limit') ?? 500)]
    if (Number.isNaN(from) || Number.isNaN(after) || !(limit >= 1 && limit <= 500))
      throw refused('invalid_value', 'modified_from is an instant, after_id an id, limit 1 to 500.')
    const rows = [...store.tableOf(object).values()]
      .filter((row) => row.modifiedAt > from || (row.modifiedAt === from && Number(row.id) > after))
      .filter((row) => row.modifiedAt + commitMs(row.key) <= now())
      .sort((a, b) => a.modifiedAt - b.modifiedAt || Number(a.id) - Number(b.id))
    const at = (millis: number) => new Date(millis).toISOString()
    const shown = rows
      .slice(0, limit)
      .map(({ id, modifiedAt, version }) => ({ id, modified_at: at(modifiedAt), version }))
    return { records: shown, now: at(now()) }
  }

  const simulator = await startSimulator({
    handle,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
  })
  url = simulator.url
  return {
    ...simulator,
    erp: worldOf(store),
    settings: { url, clientId, clientSecret },
    ...{ words, requests, trouble },
    quota: {
      windows: 1,
      limit(calls) {
        callsPerMinute = calls
      },
      spend(calls) {
        minute.calls += calls
      },
    },
  }
}

const errorOf = ({ code, message, field }: Refused) => ({ code, message, ...(field === '' ? {} : { field }) })
const refusal = (status: number, error: Refused): SimulatorReply => ({ status, body: { error: errorOf(error) } })

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw refused('invalid_value', 'The body is not JSON.')
  }
}

function parsed<T>(schema: z.ZodType<T>, body: Buffer): T {
  const read = schema.safeParse(jsonOf(body))
  if (read.success) return read.data
  throw refused(
    'invalid_value',
    read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
  )
}
