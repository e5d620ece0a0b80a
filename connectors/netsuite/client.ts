import { z } from 'zod'
import { parseDecimal } from '../../src/core/decimal.ts'
import { isObject, type JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { type Instant, parseInstant } from '../../src/core/time.ts'
import type { ConnectionDeps } from '../../src/ports/connector.ts'
import type { HttpReply, HttpRequest } from '../../src/ports/http.ts'
import { openLogin } from './auth.ts'
import { classify } from './errors.ts'
import { baseUrlOf, type Settings, safeConcurrency } from './settings.ts'

/** A row of SuiteQL: everything is text, whatever its type; names are in lower case, and an empty column is not there. */
export type Row = Readonly<Record<string, string | undefined>>

export interface QueryPage {
  readonly rows: readonly Row[]
  readonly hasMore: boolean
  /** UTC by NetSuite's own clock when it answered, as its `Date` header has it; null when it does not tell. */
  readonly at: Instant | null
}

/** NetSuite's calls in NetSuite's words. */
export interface Client {
  /** One page of at most `limits.page` rows; `?` in the statement stands for the parameters, in their order. */
  query(statement: string, params?: readonly string[], place?: { limit?: number; offset?: number }): Promise<QueryPage>
  /** All rows, page after page. The statement needs an order that tells rows apart. */
  queryAll(statement: string, params: readonly string[]): Promise<readonly Row[]>
  /** @param body  JSON text @returns the new record's id */
  create(type: string, body: string): Promise<string>
  /** @param replace  sublists of which the body has all lines, so that others are removed */
  update(type: string, id: string, body: string, replace?: string): Promise<void>
  /** Opens the record as for editing, so that one that is locked fails. */
  get(type: string, id: string, query: string): Promise<JsonObject>
  /** A page of the metadata catalog, as JSON schema: `salesOrder`. */
  metadata(name: string): Promise<JsonObject>
  serverTime(): Promise<Instant>
}

export const limits = {
  /** Rows of one page of SuiteQL. */
  page: 1000,
  /** Rows that one statement can be paged through by offset. */
  rows: 100_000,
  /** Values of one IN list. */
  values: 1000,
} as const

const timeoutMs = { read: 60_000, write: 180_000 } as const

const suiteqlReply = z.looseObject({
  items: z.array(z.record(z.string(), z.unknown())),
  hasMore: z.boolean().default(false),
})
const timeReply = z.looseObject({ serverTime: z.string() })

export function openClient(settings: Settings, deps: ConnectionDeps): Client {
  const base = baseUrlOf(settings)
  const http = deps.http({
    connection: deps.name,
    baseUrl: base,
    timeoutMs: timeoutMs.read,
    replyBytesMax: 50_000_000,
    attemptsMax: 6,
    concurrencyStart: Math.min(safeConcurrency, settings.concurrency),
    concurrencyMax: settings.concurrency,
    classify,
    // It may be the word of a gateway that knows no better, and lines that are added twice are there twice: such a write is
    // only made anew, from what is there by then.
    trustUnavailable: false,
    login: openLogin(settings, deps),
  })

  const call = (
    method: HttpRequest['method'],
    path: string,
    given: { body?: string; effect?: 'read' | 'write'; headers?: Readonly<Record<string, string>> } = {},
  ) => {
    const { body, effect = 'read', headers } = given
    return http.send({
      method,
      url: `${base}/services/rest/${path}`,
      effect,
      timeoutMs: timeoutMs[effect],
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
    })
  }

  async function query(
    statement: string,
    params: readonly string[] = [],
    { limit = limits.page, offset = 0 }: { limit?: number; offset?: number } = {},
  ): Promise<QueryPage> {
    const reply = await call('POST', `query/v1/suiteql?limit=${limit}&offset=${offset}`, {
      body: JSON.stringify({ q: statement, ...(params.length === 0 ? {} : { params }) }),
      headers: { prefer: 'transient' },
    })
    const { items, hasMore } = read(suiteqlReply, reply.json(), 'the rows of a query')
    return { rows: items.map(rowOf), hasMore, at: dateOf(reply) }
  }

  const written = { 'x-netsuite-propertynamevalidation': 'error', 'x-netsuite-propertyvaluevalidation': 'error' }

  return {
    query,
    async queryAll(statement, params) {
      const rows: Row[] = []
      for (let offset = 0; offset < limits.rows; offset += limits.page) {
        const page = await query(statement, params, { offset })
        rows.push(...page.rows)
        if (!page.hasMore) return rows
      }
      throw new SyncError(`A query of NetSuite has more than ${limits.rows} rows`, {
        problem: { kind: 'bad_reply' },
        fix: 'Report it with the object that was read: it should have been asked for in smaller parts.',
      })
    },
    async create(type, body) {
      const reply = await call('POST', `record/v1/${type}`, { body, effect: 'write', headers: written })
      const id = /\/(\d+)\/?$/.exec(reply.headers.location ?? '')?.[1]
      if (id !== undefined) return id
      throw new SyncError(`NetSuite made a ${type} without telling its id`, {
        problem: { kind: 'bad_reply' },
        fix: 'Nothing to do at first: it is looked up by our key. A proxy may have removed the header "Location".',
      })
    },
    async update(type, id, body, replace) {
      const query = replace === undefined ? '' : `?replace=${replace}`
      await call('PATCH', `record/v1/${type}/${id}${query}`, { body, effect: 'write', headers: written })
    },
    async get(type, id, query) {
      const reply = await call('GET', `record/v1/${type}/${id}?${query}`)
      return objectIn(reply, `${type} ${id}`)
    },
    async metadata(name) {
      const reply = await call('GET', `record/v1/metadata-catalog/${name}`, {
        headers: { accept: 'application/schema+json' },
      })
      return objectIn(reply, `the fields of ${name}`)
    },
    async serverTime() {
      const reply = await call('GET', 'system/v1/serverTime')
      const at = parseInstant(read(timeReply, reply.json(), 'its time').serverTime)
      if (at === null) throw unreadable('its time', null)
      return at
    },
  }
}

function rowOf(item: Readonly<Record<string, unknown>>): Row {
  const row: Record<string, string> = {}
  for (const [name, value] of Object.entries(item)) {
    const text = textOf(value)
    // The case of names is not promised from release to release.
    if (text !== null) row[name.toLowerCase()] = text
  }
  return row
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return parseDecimal(value)
  return typeof value === 'boolean' ? (value ? 'T' : 'F') : null
}

function dateOf(reply: HttpReply): Instant | null {
  const millis = Date.parse(reply.headers.date ?? '')
  return Number.isNaN(millis) ? null : parseInstant(millis)
}

function objectIn(reply: HttpReply, what: string): JsonObject {
  const value = reply.json()
  if (isObject(value)) return value
  throw unreadable(what, null)
}

/** @throws SyncError `bad_reply` when the answer has not the shape that NetSuite documents */
function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw unreadable(what, parsed.error)
}

const unreadable = (what: string, cause: unknown) =>
  new SyncError(`NetSuite sent ${what} in a shape that it does not have`, {
    problem: { kind: 'bad_reply' },
    fix: 'Check baseUrl in the settings: the address does not answer like SuiteTalk.',
    cause,
  })
