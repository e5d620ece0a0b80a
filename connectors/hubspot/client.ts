import * as Associations from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js'
import * as Objects from '@hubspot/api-client/lib/codegen/crm/objects/index.js'
import * as Owners from '@hubspot/api-client/lib/codegen/crm/owners/index.js'
import * as Pipelines from '@hubspot/api-client/lib/codegen/crm/pipelines/index.js'
import * as Properties from '@hubspot/api-client/lib/codegen/crm/properties/index.js'
import { z } from 'zod'
import { SyncError } from '../../src/core/problem.ts'
import { type Instant, parseInstant } from '../../src/core/time.ts'
import type { ConnectionDeps } from '../../src/ports/connector.ts'
import type { HttpReply, HttpRequest } from '../../src/ports/http.ts'
import { answerOf, carried } from '../kit/carried.ts'
import { openLogin } from './auth.ts'
import { classify, quotaOf } from './errors.ts'
import type { Settings } from './settings.ts'

export interface Row {
  readonly id: string
  readonly properties: Readonly<Record<string, string | null>>
  /** Time of the last change in epoch milliseconds, null where the answer does not tell. */
  readonly changedAt: number | null
}
export interface Filter {
  readonly property: string
  readonly operator: 'EQ' | 'GT' | 'GTE' | 'HAS_PROPERTY' | 'IN' | 'NOT_IN'
  readonly value?: string
  readonly values?: readonly string[]
}
interface SearchPage {
  readonly rows: readonly Row[]
  /** Whether there is more than this page; also when the answer does not tell. */
  readonly more: boolean
  /** HubSpot's own clock when it answered, null when the answer does not tell. */
  readonly at: Instant | null
}
export interface Refused {
  /** What was sent as `id`, where the answer tells: ids of records, or keys. */
  readonly ids: readonly string[]
  /** What was sent as `trace`. */
  readonly traces: readonly string[]
  readonly category: string
  readonly message: string
}
interface BatchReply {
  readonly rows: readonly Row[]
  /** What HubSpot did not take from the batch, by ids. */
  readonly refused: readonly Refused[]
}
/** An input that HubSpot is asked to name again in its answer. */
interface TracedInput {
  readonly id: string
  readonly trace: string
  readonly properties: Record<string, string>
}
interface UpsertReply {
  readonly rows: readonly (Row & { readonly trace: string | null })[]
  readonly refused: readonly Refused[]
}
/** What a property was set to, and when. */
interface Value {
  readonly value: string
  readonly at: Instant
}
interface Pipeline {
  readonly id: string
  readonly label: string
  readonly stages: readonly { readonly id: string; readonly label: string; readonly won: boolean }[]
}
export interface Association {
  readonly id: string
  readonly types: readonly number[]
}
export interface AccountDetails {
  readonly portalId: string
  readonly accountType: string
  readonly timeZone: string
  readonly currency: string | null
}
export interface Owner {
  readonly id: string
  readonly name: string | null
  readonly email: string | null
  /** False for one who left. */
  readonly active: boolean
}
export type Property = Properties.Property

/** HubSpot's calls in HubSpot's words. Ids come back as text; nothing is retried or split here. */
export interface Client {
  account(): Promise<AccountDetails>
  /** One page of at most 200, in ascending order of `sort`. Groups are OR, filters within a group AND. */
  search(
    object: string,
    groups: readonly (readonly Filter[])[],
    sort: string,
    properties: readonly string[],
  ): Promise<SearchPage>
  /**
   * At most 100 ids. Results are in no order; a missing id is simply not among them.
   * @param by  the unique property whose values the ids are; ids of records when not given
   */
  readBatch(object: string, ids: readonly string[], properties: readonly string[], by?: string): Promise<BatchReply>
  /** At most 50 ids: by id, all values that a property has had, oldest first. What is not there is not among them. */
  histories(object: string, ids: readonly string[], property: string): Promise<ReadonlyMap<string, readonly Value[]>>
  /** All pipelines with their stages. */
  pipelines(object: string): Promise<readonly Pipeline[]>
  /** One record; a merged id answers with the surviving record. Null when there is none. */
  readOne(object: string, id: string, properties: readonly string[]): Promise<Row | null>
  /** The first record there is: the least read that needs the object's read scope. */
  probe(object: string): Promise<void>
  /** At most 1,000 inputs, each with the place to go on from. */
  associations(from: string, to: string, inputs: readonly AssociationInput[]): Promise<readonly AssociationList[]>
  /** At most 100 updates of different records. */
  updateBatch(
    object: string,
    inputs: readonly { id: string; properties: Record<string, string> }[],
  ): Promise<BatchReply>
  /**
   * At most 100 records by different values of a unique property: those that there are get changed, the others made.
   * @throws SyncError `outcome_unknown` when the answer was lost
   */
  upsertBatch(object: string, by: string, inputs: readonly TracedInput[]): Promise<UpsertReply>
  properties(object: string): Promise<readonly Property[]>
  /** Null when there is one of that name already. */
  createGroup(object: string, name: string, label: string): Promise<'created' | 'present'>
  createProperty(object: string, property: Properties.PropertyCreate): Promise<'created' | 'present'>
  /** All owners in use, page after page. */
  owners(): Promise<readonly Owner[]>
  /** One owner, also one who left. */
  owner(id: string): Promise<Owner | null>
}
export interface AssociationInput {
  readonly id: string
  readonly after?: string
}
interface AssociationList {
  readonly from: string
  readonly to: readonly Association[]
  readonly after: string | null
}

/** `filterValues`: what one IN or NOT_IN takes. HubSpot's pages disagree on the limits of a search: these are the narrowest. */
export const limits = {
  searchPage: 200,
  searchGroups: 5,
  groupFilters: 6,
  searchFilters: 18,
  batch: 100,
  histories: 50,
  associationInputs: 1000,
  ownersPage: 100,
  filterValues: 100,
} as const

/** The official client knows the old paths only; the dated ones are these. First match wins. */
const dated: readonly (readonly [string, string])[] = [
  ['/crm/v3/objects/', '/crm/objects/{version}/'],
  ['/crm/v4/associations/', '/crm/associations/{version}/'],
  ['/crm/v3/properties/', '/crm/properties/{version}/'],
  ['/crm/v3/pipelines/', '/crm/pipelines/{version}/'],
  ['/crm/v3/owners/', '/crm/owners/{version}/'],
  ['/account-info/v3/', '/account-info/{version}/'],
]
function pathOf(path: string, version: string): string {
  if (version === 'legacy') return path
  const [old, now] = dated.find(([prefix]) => path.startsWith(prefix)) ?? ['', '']
  const moved = `${now.replace('{version}', version)}${path.slice(old.length)}`
  // The dated list of owners ends without the slash that the old one had.
  return moved.replace(/\/(\?|$)/, '$1')
}

/**
 * What may be sent again without looking first: reads, updates that set values on a known id, and properties, whose name
 * makes a second creation fail. HubSpot says of an upsert that it creates or updates by the unique value
 * (developers.hubspot.com, "Create or update a batch of objects by unique property values"), which makes repeating it
 * harmless once the first is through; of two at the same time it says nothing, so that one whose answer was lost is
 * looked for before it is sent again.
 */
const reading = [/\/search$/, /\/batch\/read(\?|$)/]
const repeatable = [/\/batch\/update$/, /^\/crm\/v3\/properties\//]
function effectOf(method: HttpRequest['method'], path: string): HttpRequest['effect'] {
  const isOf = (patterns: readonly RegExp[]) => method === 'POST' && patterns.some((pattern) => pattern.test(path))
  if (method === 'GET' || isOf(reading)) return 'read'
  return isOf(repeatable) ? 'repeatable' : 'write'
}

const accountReply = z.object({
  portalId: z.union([z.number(), z.string()]).transform(String),
  accountType: z.string().default('unknown'),
  timeZone: z.string().default('UTC'),
  companyCurrency: z.string().nullish(),
})

/**
 * The generated half of @hubspot/api-client (requests, replies, names) over our own transport. The client's other half,
 * its transport, retries and rate limiter, stays unused: no timeout, shared by all clients of the process, blind to
 * Retry-After, and it repeats creations after a 502.
 */
export function openClient(settings: Settings, deps: ConnectionDeps): Client {
  const http = deps.http({
    connection: deps.name,
    baseUrl: settings.baseUrl,
    timeoutMs: 30_000,
    replyBytesMax: 50_000_000,
    attemptsMax: 4,
    // To begin with well within the search limit of five a second, and enough to keep a batch of a thousand deals busy.
    concurrencyStart: 6,
    concurrencyMax: 10,
    classify,
    quota: quotaOf,
    login: openLogin(settings, deps),
  })

  async function send(method: HttpRequest['method'], path: string, body: string | undefined): Promise<HttpReply> {
    const request: HttpRequest = {
      method,
      url: `${settings.baseUrl}${pathOf(path, settings.apiVersion)}`,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
      effect: effectOf(method, path),
    }
    return http.send(request)
  }

  const origin = 'http://origin'
  const baseServer = new Objects.ServerConfiguration(origin, {})
  async function carry(request: GeneratedRequest): Promise<Objects.ResponseContext> {
    const body = request.getBody()
    const method = request.getHttpMethod() as HttpRequest['method']
    const path = request.getUrl().slice(origin.length)
    const reply = await carried(send(method, path, typeof body === 'string' ? body : undefined))
    return new Objects.ResponseContext(reply.status, reply.headers, {
      text: async () => reply.body,
      binary: async () => Buffer.from(reply.body),
    })
  }
  const objects = Objects.createConfiguration({ baseServer, httpApi: Objects.wrapHttpLibrary({ send: carry }) })
  const batches = new Objects.BatchApi(objects)
  const singles = new Objects.BasicApi(objects)
  const searches = new Objects.SearchApi(objects)
  const associations = new Associations.BatchApi(
    Associations.createConfiguration({
      baseServer: new Associations.ServerConfiguration(origin, {}),
      httpApi: Associations.wrapHttpLibrary({ send: carry }),
    }),
  )
  const definitions = Properties.createConfiguration({
    baseServer: new Properties.ServerConfiguration(origin, {}),
    httpApi: Properties.wrapHttpLibrary({ send: carry }),
  })
  const properties = new Properties.CoreApi(definitions)
  const groups = new Properties.GroupsApi(definitions)
  const people = new Owners.OwnersApi(
    Owners.createConfiguration({
      baseServer: new Owners.ServerConfiguration(origin, {}),
      httpApi: Owners.wrapHttpLibrary({ send: carry }),
    }),
  )

  const pipelines = new Pipelines.PipelinesApi(
    Pipelines.createConfiguration({
      baseServer: new Pipelines.ServerConfiguration(origin, {}),
      httpApi: Pipelines.wrapHttpLibrary({ send: carry }),
    }),
  )

  return {
    async account() {
      const reply = await send('GET', '/account-info/v3/details', undefined)
      const details = accountReply.safeParse(reply.json())
      if (!details.success) throw unreadable('account details', details.error)
      const { portalId, accountType, timeZone, companyCurrency } = details.data
      return { portalId, accountType, timeZone, currency: companyCurrency ?? null }
    },
    async search(object, filterGroups, sort, wanted) {
      const reply = await understood(
        searches.doSearchWithHttpInfo(object, {
          filterGroups: filterGroups.map((filters) => ({ filters: filters.map(filterOf) })),
          sorts: [sort],
          properties: [...wanted],
          limit: limits.searchPage,
          after: '0',
        }),
      )
      const { results, total, paging } = reply.data
      const rows = rowsOf(results)
      const whole = rows.length < limits.searchPage || (paging?.next === undefined && total <= rows.length)
      return { rows, more: !whole, at: parseHttpDate(reply.headers.date) }
    },
    async readBatch(object, ids, wanted, by) {
      const reply = await understood(
        batches.read(object, {
          inputs: ids.map((id) => ({ id })),
          properties: [...wanted],
          propertiesWithHistory: [],
          ...(by === undefined ? {} : { idProperty: by }),
        }),
      )
      return { rows: rowsOf(reply.results), refused: refusedOf(reply) }
    },
    async histories(object, ids, property) {
      const reply = await understood(
        batches.read(object, {
          inputs: ids.map((id) => ({ id })),
          properties: [],
          propertiesWithHistory: [property],
        }),
      )
      return new Map(
        listOf(reply.results).map((one) => {
          const values = (one.propertiesWithHistory?.[property] ?? []).flatMap(({ value, timestamp }) => {
            const at = parseInstant(timestamp?.toISOString())
            return at === null ? [] : [{ value: value ?? '', at }]
          })
          return [String(one.id), values.toSorted((a, b) => (a.at < b.at ? -1 : 1))] as const
        }),
      )
    },
    async pipelines(object) {
      const reply = await understood(pipelines.getAll(object))
      return listOf(reply.results).map((pipeline) => ({
        id: pipeline.id,
        label: pipeline.label,
        stages: listOf(pipeline.stages).map(({ id, label, metadata }) => {
          const { isClosed, probability } = metadata ?? {}
          return { id, label, won: isClosed === 'true' && Number(probability) === 1 }
        }),
      }))
    },
    async readOne(object, id, wanted) {
      try {
        return rowOf(await understood(singles.getById(object, id, [...wanted])))
      } catch (error) {
        if (error instanceof SyncError && error.problem.kind === 'record_gone') return null
        throw error
      }
    },
    async probe(object) {
      await understood(singles.getPage(object, 1))
    },
    async associations(from, to, inputs) {
      const reply = await understood(associations.getPage(from, to, { inputs: [...inputs] }))
      return listOf(reply.results).map((one) => ({
        from: String(one._from.id),
        // The generated type says text; the older versions of the API answer a number here.
        to: one.to.map((other) => ({
          id: String(other.toObjectId),
          types: other.associationTypes.map((type) => type.typeId),
        })),
        after: one.paging?.next?.after ?? null,
      }))
    },
    async updateBatch(object, inputs) {
      const reply = await understood(batches.update(object, { inputs: [...inputs] }))
      return { rows: rowsOf(reply.results), refused: refusedOf(reply) }
    },
    async upsertBatch(object, by, inputs) {
      const sent = inputs.map(({ id, trace, properties }) => ({
        id,
        properties,
        idProperty: by,
        objectWriteTraceId: trace,
      }))
      const reply = await understood(batches.upsert(object, { inputs: sent }))
      const rows = listOf(reply.results).map((one) => ({ ...rowOf(one), trace: one.objectWriteTraceId ?? null }))
      return { rows, refused: refusedOf(reply) }
    },
    async properties(object) {
      try {
        return listOf((await understood(properties.getAll(object, false))).results)
      } catch (error) {
        if (!(error instanceof SyncError) || error.problem.kind !== 'record_gone') throw error
        throw new SyncError(`HubSpot has no object "${object}"`, {
          problem: { kind: 'configuration_invalid', path: object },
          fix: 'Correct the object in the mapping; a custom object goes by its full name, such as p123_car.',
          cause: error,
        })
      }
    },
    createGroup: (object, name, label) =>
      orPresent(understood(groups.create(object, { name, label, displayOrder: -1 }))),
    createProperty: (object, property) => orPresent(understood(properties.create(object, property))),
    async owners() {
      const found: Owner[] = []
      let after: string | undefined
      do {
        const reply = await understood(people.getPage(undefined, after, limits.ownersPage, false))
        found.push(...listOf(reply.results).map(ownerOf))
        after = reply.paging?.next?.after
      } while (after !== undefined)
      return found
    },
    async owner(id) {
      try {
        return ownerOf(await understood(people.getById(Number(id), 'id', true)))
      } catch (error) {
        if (error instanceof SyncError && error.problem.kind === 'record_gone') return null
        throw error
      }
    },
  }
}

/** What the generated request classes of the four APIs have in common. */
interface GeneratedRequest {
  getUrl(): string
  getHttpMethod(): string
  getBody(): unknown
}

const operators = {
  EQ: Objects.FilterOperatorEnum.Eq,
  GT: Objects.FilterOperatorEnum.Gt,
  GTE: Objects.FilterOperatorEnum.Gte,
  HAS_PROPERTY: Objects.FilterOperatorEnum.HasProperty,
  IN: Objects.FilterOperatorEnum.In,
  NOT_IN: Objects.FilterOperatorEnum.NotIn,
} as const
const filterOf = ({ property, operator, value, values }: Filter): Objects.Filter => ({
  propertyName: property,
  operator: operators[operator],
  ...(value === undefined ? {} : { value }),
  ...(values === undefined ? {} : { values: [...values] }),
})

/** The generated code trusts every answer; what it cannot digest becomes a problem that a person can read. */
const understood = <T>(call: Promise<T>): Promise<T> => answerOf(call, (error) => unreadable('a reply', error))
const unreadable = (what: string, cause: unknown) =>
  new SyncError(`HubSpot sent ${what} in a shape its documentation does not have`, {
    problem: { kind: 'bad_reply' },
    fix: 'Check baseUrl and apiVersion in the settings of the connection.',
    cause,
  })

function listOf<T>(results: readonly T[]): readonly T[] {
  if (!Array.isArray(results)) throw unreadable('a list', null)
  return results
}
const rowOf = (one: Objects.SimplePublicObject | Objects.SimplePublicUpsertObject): Row => ({
  id: String(one.id),
  properties: one.properties ?? {},
  changedAt: one.updatedAt?.getTime() ?? null,
})
const rowsOf = (results: readonly Objects.SimplePublicObject[]): readonly Row[] => listOf(results).map(rowOf)

type Batch =
  | Objects.BatchResponseSimplePublicObject
  | Objects.BatchResponseSimplePublicObjectWithErrors
  | Objects.BatchResponseSimplePublicUpsertObject
  | Objects.BatchResponseSimplePublicUpsertObjectWithErrors
const refusedOf = (reply: Batch): readonly Refused[] =>
  ('errors' in reply ? (reply.errors ?? []) : []).map(({ context, category, message }) => ({
    ids: context?.ids ?? context?.id ?? [],
    traces: context?.objectWriteTraceId ?? [],
    category: category ?? '',
    message: message ?? '',
  }))

function ownerOf(owner: Owners.PublicOwner): Owner {
  const name = [owner.firstName, owner.lastName].filter((part) => part !== undefined && part !== '').join(' ')
  return { id: String(owner.id), name: name === '' ? null : name, email: owner.email ?? null, active: !owner.archived }
}

function parseHttpDate(text: string | undefined): Instant | null {
  const millis = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(millis) ? null : parseInstant(millis)
}

/** Something of that name is what was wanted, whoever made it. */
async function orPresent(creation: Promise<unknown>): Promise<'created' | 'present'> {
  try {
    await creation
    return 'created'
  } catch (error) {
    const there =
      error instanceof SyncError &&
      error.problem.kind === 'record_rejected' &&
      (['409', 'CONFLICT', 'OBJECT_ALREADY_EXISTS'].includes(error.problem.remoteCode) ||
        /already exists/i.test(error.message))
    if (there) return 'present'
    throw error
  }
}
