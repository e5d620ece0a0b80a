import { PassThrough } from 'node:stream'
import { Connection } from 'jsforce/lib/connection.js'
import type { HttpRequest as VendorRequest } from 'jsforce/lib/types/index.js'
import { StreamPromise } from 'jsforce/lib/util/promise.js'
import { z } from 'zod'
import { isObject, type JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { fromMillis, type Instant, toMillis } from '../../src/core/time.ts'
import type { ConnectionDeps } from '../../src/ports/connector.ts'
import type { HttpReply, HttpRequest } from '../../src/ports/http.ts'
import { answerOf, carried } from '../kit/carried.ts'
import { type Identity, openLogin } from './auth.ts'
import { classify, quotaOf, type Told, toldOf } from './errors.ts'
import type { Settings } from './settings.ts'

/** A record as a query gives it: relations nested, lists as `{ records, done, nextRecordsUrl }`. */
export type Row = JsonObject
export interface Page {
  readonly rows: readonly Row[]
  /** Of the whole query, however many rows are on this page. */
  readonly total: number
  /** Where the next page is; null after the last one. */
  readonly next: string | null
}
export type Saved = { readonly ok: true; readonly id: string } | { readonly ok: false; readonly told: Told }
export interface QueryJob {
  readonly id: string
  readonly state: string
  readonly error: string
}
interface JobPage {
  readonly csv: string
  /** Null after the last page. */
  readonly locator: string | null
}

/** Salesforce's calls in Salesforce's words. Nothing is split here. */
export interface Client {
  /** Whose login it is; logs in when needed. */
  identity(): Promise<Identity>
  /** Salesforce's clock, as its last answer told; ours before the first one. */
  serverTime(): Instant
  versions(): Promise<readonly string[]>
  query(soql: string): Promise<Page>
  /** The same with what lies in the recycle bin. */
  queryAll(soql: string): Promise<Page>
  more(next: string): Promise<Page>
  describe(object: string): Promise<Described>
  dailyCalls(): Promise<{ readonly limit: number; readonly remaining: number } | null>
  /** At most 200 records; the outcomes are in their order. */
  update(object: string, records: readonly ({ readonly Id: string } & JsonObject)[]): Promise<readonly Saved[]>
  /** At most 200 records that have a name or a pair of ids of which Salesforce takes no second; outcomes as above. */
  create(object: string, records: readonly JsonObject[]): Promise<readonly Saved[]>
  /** At most 200 records, sent once: a lost answer is `outcome_unknown`. Outcomes as above. */
  createOnce(object: string, records: readonly JsonObject[]): Promise<readonly Saved[]>
  /** At most 200 records, made or changed by an External ID that is unique; outcomes as above. */
  upsert(object: string, externalId: string, records: readonly JsonObject[]): Promise<readonly Saved[]>
  createField(fullName: string, metadata: JsonObject): Promise<void>
  createJob(soql: string): Promise<QueryJob>
  job(id: string): Promise<QueryJob>
  abortJob(id: string): Promise<void>
  jobPage(id: string, locator: string | null): Promise<JobPage>
  /** For the stream of events, which is none of our requests. */
  token(): Promise<string>
  forgetToken(token: string): void
}

export const limits = { page: 2000, collection: 200, ids: 200, jobPage: 10_000 } as const

const maybeText = z.string().nullish()
const describedField = z.looseObject({
  name: z.string(),
  label: z.string().default(''),
  type: z.string(),
  length: z.number().default(0),
  calculated: z.boolean().default(false),
  updateable: z.boolean().default(false),
  createable: z.boolean().default(false),
  nillable: z.boolean().default(true),
  defaultedOnCreate: z.boolean().default(false),
  filterable: z.boolean().default(true),
  nameField: z.boolean().default(false),
  restrictedPicklist: z.boolean().default(false),
  picklistValues: z.array(z.looseObject({ value: maybeText, active: z.boolean().default(true) })).nullish(),
  referenceTo: z.array(z.string()).nullish(),
  relationshipName: maybeText,
})
const describedObject = z.looseObject({
  name: z.string(),
  updateable: z.boolean().default(true),
  fields: z.array(describedField),
  childRelationships: z.array(z.looseObject({ childSObject: z.string(), relationshipName: maybeText })).default([]),
})
export type Described = z.output<typeof describedObject>
export type DescribedField = z.output<typeof describedField>

const row = z.custom<Row>(isObject)
const pageReply = z.looseObject({
  totalSize: z.number(),
  done: z.boolean(),
  nextRecordsUrl: maybeText,
  records: z.array(row),
})
const savedReply = z.array(
  z.looseObject({ id: maybeText, success: z.boolean(), errors: z.array(z.unknown()).default([]) }),
)
const versionsReply = z.array(z.looseObject({ version: z.string() }))
const limitsReply = z.looseObject({
  DailyApiRequests: z.looseObject({ Max: z.number(), Remaining: z.number() }).optional(),
})
const jobReply = z.looseObject({ id: z.string(), state: z.string(), errorMessage: maybeText })

/**
 * jsforce's Connection over our own transport: the requests and replies are the vendor's, but timeouts, retries, the shared
 * budget, redaction and the meaning of errors are ours. An error of ours passes through jsforce unchanged, so what jsforce
 * itself does about errors (endless refreshes, retries on a schedule of its own) never comes into play.
 */
export function openClient(settings: Settings, deps: ConnectionDeps): Client {
  const login = openLogin(settings, deps)
  const http = deps.http({
    connection: deps.name,
    baseUrl: settings.url,
    timeoutMs: 120_000,
    replyBytesMax: 50_000_000,
    attemptsMax: 4,
    // Salesforce counts calls of more than 20 seconds, 5 at once in the smallest orgs and 25 in others; ours take less than one.
    concurrencyStart: 6,
    concurrencyMax: 12,
    classify,
    quota: quotaOf,
    login,
  })
  let aheadMs = 0

  async function send(request: HttpRequest): Promise<HttpReply> {
    const reply = await http.send(request)
    const at = Date.parse(reply.headers.date ?? '')
    if (!Number.isNaN(at)) aheadMs = at - toMillis(deps.clock.now())
    return reply
  }

  /** jsforce over our transport. @param effect  of its calls but those that only read */
  function connect(effect: HttpRequest['effect']): Connection {
    async function carry({ method, url, headers, body }: VendorRequest) {
      if (method === 'HEAD' || method === 'OPTIONS') throw new Error(`jsforce sends ${method}, which nobody asked for`)
      const request: HttpRequest = { method, url, headers: { ...headers }, effect: method === 'GET' ? 'read' : effect }
      const reply = await carried(send(typeof body === 'string' ? { ...request, body } : request))
      return { statusCode: reply.status, headers: { ...reply.headers }, body: reply.body }
    }
    const made = new Connection({ instanceUrl: settings.url, version: settings.apiVersion })
    made._transport = {
      httpRequest: (request) => StreamPromise.create(() => ({ stream: new PassThrough(), promise: carry(request) })),
      getRequestStreamCreator() {
        throw new Error('jsforce asks for a stream of its own, past our transport')
      },
    }
    return made
  }
  /**
   * For what may be repeated: reads, updates that set values on a known id, upserts by an External ID that is unique (a
   * second one updates the record of the first, README source 15), and things whose name makes a second creation fail. A
   * job that was made twice is only left lying.
   */
  const repeatable = connect('repeatable')
  const once = connect('write')
  /** A job reads as well, though it is asked for by POST. */
  const reading = connect('read')

  const identity = async (): Promise<Identity> => {
    await login.token()
    const known = login.identity()
    if (known === null) throw new Error('a login without an identity')
    return known
  }

  async function job(reply: PromiseLike<unknown>): Promise<QueryJob> {
    const { id, state, errorMessage } = understood('a job', jobReply, await taken(reply))
    return { id, state, error: errorMessage ?? '' }
  }

  return {
    identity,
    serverTime: () => fromMillis(toMillis(deps.clock.now()) + aheadMs) ?? deps.clock.now(),
    async versions() {
      const reply = await taken(reading.requestGet(`${settings.url}/services/data/`))
      return understood('its versions', versionsReply, reply).map((one) => one.version)
    },
    query: async (soql) => pageOf(await taken(reading.query(soql))),
    queryAll: async (soql) => pageOf(await taken(reading.query(soql, { scanAll: true }))),
    more: async (next) => pageOf(await taken(reading.queryMore(next))),
    async describe(object) {
      try {
        return understood(`the description of ${object}`, describedObject, await taken(reading.describe(object)))
      } catch (error) {
        if (!(error instanceof SyncError && error.problem.kind === 'configuration_invalid')) throw error
        throw new SyncError(`Salesforce has no object "${object}", or the user may not see it`, {
          problem: { kind: 'configuration_invalid', path: object },
          fix: 'Correct its API name, or give the user the right to read the object.',
          cause: error,
        })
      }
    },
    async dailyCalls() {
      const { DailyApiRequests: daily } = understood('its limits', limitsReply, await taken(reading.limits()))
      return daily === undefined ? null : { limit: daily.Max, remaining: daily.Remaining }
    },
    async update(object, records) {
      return savedOf(await taken(repeatable.update(object, [...records], { allOrNone: false })))
    },
    async create(object, records) {
      return savedOf(await taken(repeatable.create(object, [...records], { allOrNone: false })))
    },
    async createOnce(object, records) {
      return savedOf(await taken(once.create(object, [...records], { allOrNone: false })))
    },
    async upsert(object, externalId, records) {
      return savedOf(await taken(repeatable.upsert(object, [...records], externalId, { allOrNone: false })))
    },
    async createField(fullName, metadata) {
      const body = { FullName: fullName, Metadata: metadata }
      await taken(repeatable.requestPost('/tooling/sobjects/CustomField', body))
    },
    createJob: (query) => job(reading.requestPost('/jobs/query', { operation: 'query', query })),
    job: (id) => job(reading.requestGet(`/jobs/query/${encodeURIComponent(id)}`)),
    async abortJob(id) {
      await taken(reading.requestPatch(`/jobs/query/${encodeURIComponent(id)}`, { state: 'Aborted' }))
    },
    // Where the next page is stands in a header, and jsforce gives only bodies.
    async jobPage(id, locator) {
      const query = new URLSearchParams({
        maxRecords: String(limits.jobPage),
        ...(locator === null ? {} : { locator }),
      })
      const reply = await send({
        method: 'GET',
        url: `${settings.url}/services/data/v${settings.apiVersion}/jobs/query/${encodeURIComponent(id)}/results?${query}`,
        headers: { accept: 'text/csv' },
        effect: 'read',
      })
      const next = reply.headers['sforce-locator'] ?? 'null'
      return { csv: reply.body, locator: next === 'null' || next === '' ? null : next }
    },
    token: () => login.token(),
    forgetToken: (token) => login.forget(token),
  }
}

/** What a query gave, also one inside another: a list that came along with a record. */
export function pageOf(reply: unknown): Page {
  const { totalSize, done, nextRecordsUrl, records } = understood('the result of a query', pageReply, reply)
  return { rows: records, total: totalSize, next: done ? null : (nextRecordsUrl ?? null) }
}

function savedOf(reply: unknown): readonly Saved[] {
  return understood('the outcome of a collection', savedReply, reply).map(({ id, success, errors }): Saved => {
    if (success && id != null) return { ok: true, id }
    return { ok: false, told: toldOf(errors[0]) }
  })
}

/** jsforce trusts every answer and stumbles over one that is none, such as the page of a proxy. */
const taken = <T>(call: PromiseLike<T>): Promise<T> => answerOf(call, (error) => unreadable('an answer', error))

function understood<T extends z.ZodType>(what: string, schema: T, reply: unknown): z.output<T> {
  const read = schema.safeParse(reply)
  if (read.success) return read.data
  throw unreadable(what, read.error)
}

const unreadable = (what: string, cause: unknown) =>
  new SyncError(`Salesforce sent ${what} in a shape its documentation does not have`, {
    problem: { kind: 'bad_reply' },
    fix: 'Check url and apiVersion in the settings of the connection.',
    cause,
  })
