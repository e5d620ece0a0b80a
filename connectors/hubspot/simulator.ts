import { z } from 'zod'
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { type SimulatorReply, type SimulatorRequest, startSimulator } from '../../src/simulator/server.ts'
import type { SimulatedCrm } from '../../src/simulator/world.ts'
import { objectNames, type SimulatedPipeline, type SimulatedProperty } from './simulator-definitions.ts'
import type { HubspotStore, NewDeal, WebhookTarget } from './simulator-people.ts'
import { search } from './simulator-search.ts'
import { openStore, type Refusal, type Store, type Stored, sumOfAmounts, type Values } from './simulator-store.ts'
import { openSender } from './simulator-webhooks.ts'
import { requests, trouble, worldOf } from './simulator-world.ts'

export interface HubspotSimulatorOptions {
  readonly port?: number
  readonly latencyMs?: number
  /** Epoch milliseconds; the real time when not given. */
  readonly now?: () => number
  readonly accessToken?: string
  readonly oauth?: { readonly clientId: string; readonly clientSecret: string; readonly refreshToken: string }
  readonly portalId?: number
  readonly currency?: string
  readonly timeZone?: string
  readonly pipelines?: readonly SimulatedPipeline[]
  /** All when not given. */
  readonly scopes?: readonly string[]
  readonly indexDelayMs?: number
  /** Calls in ten seconds and searches in one; no limit when not given. */
  readonly tenSecondly?: number
  readonly searchSecondly?: number
}

const batchSchema = z.looseObject({
  inputs: z.array(z.looseObject({ id: z.union([z.string(), z.number()]).transform(String) })),
})
const readSchema = batchSchema.extend({
  properties: z.array(z.string()).default([]),
  idProperty: z.string().optional(),
})
const valuesSchema = z.record(z.string(), z.union([z.string(), z.null()]))
const updateSchema = z.looseObject({
  inputs: z.array(z.looseObject({ id: z.string(), properties: valuesSchema })),
})
const propertySchema = z.looseObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,99}$/),
  label: z.string().min(1),
  type: z.enum(['string', 'number', 'date', 'datetime', 'enumeration', 'bool']),
  fieldType: z.string(),
  groupName: z.string(),
  description: z.string().default(''),
  hasUniqueValue: z.boolean().default(false),
  options: z
    .array(
      z.looseObject({ label: z.string(), value: z.string(), displayOrder: z.number().default(0), hidden: z.boolean() }),
    )
    .default([]),
})
const fieldTypes: Readonly<Record<string, readonly string[]>> = {
  string: ['text', 'textarea', 'file'],
  number: ['number', 'calculation_equation'],
  date: ['date'],
  datetime: ['date'],
  enumeration: ['select', 'radio', 'checkbox'],
  bool: ['booleancheckbox'],
}

const webhookSecret = 'secret-of-the-simulated-app'
const batchMax = 100
const associationInputsMax = 1000
const associationPage = 100

/** An account of HubSpot in memory: strict where HubSpot is, with its limits, its late index and its partial answers. */
export async function startHubspotSimulator(
  options: HubspotSimulatorOptions = {},
): Promise<SimulatedCrm & { readonly store: HubspotStore }> {
  const now = options.now ?? Date.now
  const accessToken = options.accessToken ?? 'test-token'
  const portalId = options.portalId ?? 4711
  const inner = openStore({
    now,
    ...(options.pipelines === undefined ? {} : { pipelines: options.pipelines }),
    ...(options.indexDelayMs === undefined ? {} : { indexDelayMs: options.indexDelayMs }),
  })
  const sender = openSender({ portalId, now })
  const granted = new Map<string, number>()
  const limits = openLimits(now, options)
  let scopes: ReadonlySet<string> | null = options.scopes === undefined ? null : new Set(options.scopes)
  let tokens = 0

  function handle(request: SimulatorRequest): SimulatorReply {
    const reply = answer(request)
    return { ...reply, headers: { date: new Date(now()).toUTCString(), ...reply.headers } }
  }

  function answer(request: SimulatorRequest): SimulatorReply {
    const path = request.path.replace(/\/$/, '')
    if (/^\/oauth\/(v1|20\d\d-\d\d)\/token$/.test(path)) return grant(request)
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const until = granted.get(token)
    if (token !== accessToken && until === undefined) {
      return failure(401, 'INVALID_AUTHENTICATION', 'Authentication credentials not found.')
    }
    if (until !== undefined && until <= now())
      return failure(401, 'EXPIRED_AUTHENTICATION', 'The access token is expired.')
    const route = routeOf(path)
    const over = limits.take(route?.name === 'search')
    if (over.refused !== null) return over.refused
    if (route === null) return failure(404, 'OBJECT_NOT_FOUND', 'resource not found')
    const missing = scopesOf(request.method, route).filter((scope) => scopes !== null && !scopes.has(scope))
    if (missing.length > 0) return missingScopes(missing)
    let body: unknown
    if (request.body.length > 0) {
      try {
        body = JSON.parse(request.body.toString('utf8'))
      } catch {
        return failure(400, 'VALIDATION_ERROR', 'Invalid input JSON')
      }
    }
    const act = actions[`${request.method} ${route.name}`]
    const reply =
      act === undefined ? failure(405, 'METHOD_NOT_ALLOWED', 'method not allowed') : act(route, body, request.query)
    return { ...reply, headers: { ...over.headers, ...reply.headers } }
  }

  function grant(request: SimulatorRequest): SimulatorReply {
    const form = new URLSearchParams(request.body.toString('utf8'))
    const { clientId, clientSecret, refreshToken } = options.oauth ?? {
      clientId: '',
      clientSecret: '',
      refreshToken: '',
    }
    const right =
      options.oauth !== undefined &&
      request.headers.authorization === undefined &&
      form.get('grant_type') === 'refresh_token' &&
      form.get('client_id') === clientId &&
      form.get('client_secret') === clientSecret &&
      form.get('refresh_token') === refreshToken
    if (!right) {
      const message = 'refresh token is invalid, expired or revoked'
      const body = { error: 'invalid_grant', error_description: message, status: 'BAD_REFRESH_TOKEN', message }
      return { status: 400, body }
    }
    tokens += 1
    const token = `access-${tokens}`
    granted.set(token, now() + 1_800_000)
    return {
      status: 200,
      body: {
        access_token: token,
        refresh_token: refreshToken,
        expires_in: 1800,
        token_type: 'bearer',
        hub_id: portalId,
      },
    }
  }

  type Action = (route: Route, body: unknown, query: URLSearchParams) => SimulatorReply
  const actions: Readonly<Record<string, Action>> = {
    'GET account': () => ({
      status: 200,
      body: {
        portalId,
        accountType: 'STANDARD',
        timeZone: options.timeZone ?? 'Europe/Berlin',
        companyCurrency: options.currency ?? 'EUR',
        additionalCurrencies: [],
        utcOffset: '+01:00',
        uiDomain: 'app.hubspot.com',
        dataHostingLocation: 'eu1',
      },
    }),
    'GET owners': (_, __, query) => {
      const archived = query.get('archived') === 'true'
      const limit = Math.min(Number(query.get('limit') ?? 100), 500)
      const all = [...inner.owners.values()].filter((owner) => owner.archived === archived)
      const start = Number(query.get('after') ?? 0)
      const results = all.slice(start, start + limit).map(ownerBody)
      return { status: 200, body: { results, ...paging(start + limit < all.length ? String(start + limit) : null) } }
    },
    'GET owner': ({ id }, _, query) => {
      const owner = inner.owners.get(id)
      const wanted = query.get('archived') === 'true'
      return owner === undefined || owner.archived !== wanted ? notFound : { status: 200, body: ownerBody(owner) }
    },
    'GET pipelines': () => ({ status: 200, body: { results: inner.pipelines.map(pipelineBody) } }),
    'GET properties': ({ object }) => ({
      status: 200,
      body: { results: [...inner.properties(object).values()].map((property) => ({ ...property })) },
    }),
    'POST properties': ({ object }, body) => createProperty(inner, object, body),
    'GET groups': ({ object }) => ({
      status: 200,
      body: { results: [...inner.groups(object)].map(([name, label]) => ({ name, label, archived: false })) },
    }),
    'POST groups': ({ object }, body) => {
      const group = z.looseObject({ name: z.string(), label: z.string() }).safeParse(body)
      if (!group.success) return failure(400, 'VALIDATION_ERROR', 'Invalid input JSON')
      const { name, label } = group.data
      if (inner.groups(object).has(name)) return failure(409, 'CONFLICT', `Property group ${name} already exists`)
      inner.groups(object).set(name, label)
      return { status: 201, body: { name, label, archived: false, displayOrder: -1 } }
    },
    'GET objects': ({ object }, _, query) => listRecords(inner, object, query),
    'POST objects': ({ object }, body) => {
      const given = z.looseObject({ properties: valuesSchema }).safeParse(body)
      if (!given.success) return failure(400, 'VALIDATION_ERROR', 'Invalid input JSON')
      const refusal = inner.refuse(object, null, given.data.properties)
      if (refusal !== null) return refused(refusal)
      return { status: 201, body: recordBody(inner, object, inner.create(object, given.data.properties), null) }
    },
    'GET object': ({ object, id }, _, query) => {
      const record = inner.get(object, id)
      const names = query.getAll('properties').flatMap((list) => list.split(','))
      return record === null ? notFound : { status: 200, body: recordBody(inner, object, record, names) }
    },
    'PATCH object': ({ object, id }, body) => {
      const record = inner.get(object, id)
      const given = z.looseObject({ properties: valuesSchema }).safeParse(body)
      if (!given.success) return failure(400, 'VALIDATION_ERROR', 'Invalid input JSON')
      if (record === null) return notFound
      const refusal = inner.refuse(object, record, given.data.properties)
      if (refusal !== null) return refused(refusal)
      inner.update(object, record, given.data.properties, 'INTEGRATION')
      return { status: 200, body: recordBody(inner, object, record, Object.keys(given.data.properties)) }
    },
    'DELETE object': ({ object, id }) => {
      inner.archive(object, id)
      return { status: 204 }
    },
    'POST search': ({ object }, body) => {
      const found = search(inner, object, body)
      if ('status' in found) return refused(found)
      const results = found.rows.map(({ record, properties }) =>
        recordBody(inner, object, { ...record, properties: { ...properties } }, found.properties),
      )
      return {
        status: 200,
        body: { total: found.total, results, ...paging(found.next === null ? null : String(found.next)) },
      }
    },
    'POST batch/read': ({ object }, body) => {
      const given = readSchema.safeParse(body)
      if (!given.success) return failure(400, 'VALIDATION_ERROR', 'Invalid input JSON')
      const ids = given.data.inputs.map((input) => input.id)
      const flaw = batchFlaw(ids)
      if (flaw !== null) return flaw
      const found = new Map(ids.map((id) => [id, inner.get(object, id)]))
      // A survivor that is asked for under two ids comes once.
      const records = new Set([...found.values()].filter((record) => record !== null))
      const missing = ids.filter((id) => found.get(id) === null)
      return batchReply(
        [...records].map((record) => recordBody(inner, object, record, given.data.properties)),
        notFoundErrors(object, missing),
      )
    },
    'POST batch/update': ({ object }, body) => {
      const given = updateSchema.safeParse(body)
      if (!given.success) return failure(400, 'VALIDATION_ERROR', 'Invalid input JSON')
      const { inputs } = given.data
      const flaw = batchFlaw(inputs.map((input) => input.id))
      if (flaw !== null) return flaw
      // One invalid value fails the batch; only ids that are not there fail by themselves.
      for (const { id, properties } of inputs) {
        const refusal = inner.refuse(object, inner.get(object, id), properties)
        if (refusal !== null) return refused(refusal)
      }
      const results: JsonObject[] = []
      const missing: string[] = []
      for (const { id, properties } of inputs) {
        const record = inner.get(object, id)
        if (record === null) missing.push(id)
        else {
          inner.update(object, record, properties, 'INTEGRATION')
          results.push(recordBody(inner, object, record, Object.keys(properties)))
        }
      }
      // Not in the order of the inputs.
      return batchReply(results.reverse(), notFoundErrors(object, missing))
    },
    'POST associations': ({ object, other }, body) => readAssociations(inner, object, other, body),
  }

  const store: HubspotStore = {
    addCompany: (properties) => inner.create('companies', properties).id,
    addContact: (properties) => inner.create('contacts', properties).id,
    addOwner: ({ archived = false, ...owner }) => {
      const id = String(70_000_000 + inner.owners.size + 1)
      inner.owners.set(id, { ...owner, id, archived })
      return id
    },
    addDeal: (deal) => addDeal(inner, deal),
    addLine: (dealId, properties) => addLine(inner, dealId, properties, undefined),
    moveDeal: (id, companyId) => {
      const links = inner.get('deals', id)?.links ?? {}
      for (const company of links.companies ?? []) {
        const ends = inner.get('companies', company.id)?.links ?? {}
        ends.deals = (ends.deals ?? []).filter((deal) => deal.id !== id)
      }
      links.companies = []
      inner.link('deals', id, 'companies', companyId, [5, 341], [6, 342])
    },
    updateDeal: (id, properties) => updateRecord('deals', id, properties),
    updateRecord,
    archive: inner.archive,
    restore: inner.restore,
    merge: inner.merge,
    deal: (id) => {
      const record = inner.get('deals', id)
      if (record === null) return null
      const lines = (record.links.line_items ?? []).flatMap((link) => {
        const line = inner.get('line_items', link.id)
        return line === null ? [] : [{ ...line.properties }]
      })
      return { id: record.id, properties: { ...record.properties }, lines }
    },
    deals: () =>
      [...inner.records('deals').values()]
        .filter((record) => record.archivedAt === null)
        .map(({ id, properties }) => ({ id, properties: { ...properties } })),
    addProperty: (object, name, type) => {
      const reply = createProperty(inner, object, {
        ...{ name, label: name, type, groupName: '', options: [] },
        fieldType: fieldTypes[type]?.[0] ?? 'text',
      })
      if (reply.status !== 201) throw new Error(`property ${name} was not created: ${JSON.stringify(reply.body)}`)
    },
    setScopes: (given) => {
      scopes = new Set(given)
    },
    setIndexDelay: inner.setIndexDelay,
    expireTokens: () => {
      for (const token of granted.keys()) granted.set(token, 0)
    },
    sendWebhooks: (target) => {
      if (sender.aim(target)) inner.listen(sender.add)
    },
    flushWebhooks: sender.flush,
    redeliverWebhooks: sender.redeliver,
  }

  function updateRecord(object: string, id: string, properties: Values): void {
    const record = inner.get(object, id)
    if (record === null) throw new Error(`the simulated account has no ${object} ${id}`)
    const refusal = inner.refuse(object, record, properties)
    if (refusal !== null) throw new Error(refusal.message)
    inner.update(object, record, properties, 'CRM_UI')
  }

  const server = await startSimulator({
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
    handle,
    control: controlsOf(store),
  })
  return {
    ...server,
    store,
    crm: worldOf(store),
    settings: { baseUrl: server.url, accessToken, webhookSecret },
    requests,
    trouble,
    sendWebhooks: (url) => store.sendWebhooks({ url, clientSecret: webhookSecret }),
  }
}

/** The helpers of the store for another process: `POST /_simulator/<name>`. */
function controlsOf(store: HubspotStore) {
  return {
    /** `{ companies, contacts, owners, deals }`; a deal may name company and contact by their place in these lists. */
    seed: (body: Seed) => {
      const companies = (body.companies ?? []).map(store.addCompany)
      const contacts = (body.contacts ?? []).map(store.addContact)
      const owners = (body.owners ?? []).map(store.addOwner)
      const deals = (body.deals ?? []).map(({ company, contact, owner, ...deal }) =>
        store.addDeal({
          ...deal,
          ...idAt(companies, company, 'companyId'),
          ...idAt(contacts, contact, 'contactId'),
          ...idAt(owners, owner, 'ownerId'),
        }),
      )
      return { companies, contacts, owners, deals }
    },
    deals: () => store.deals().map(({ id, properties }) => ({ id, properties })),
    deal: ({ id }: { id: string }) => store.deal(id),
    add_deal: (deal: NewDeal) => ({ id: store.addDeal(deal) }),
    add_line: ({ dealId, properties }: { dealId: string; properties: Values }) => ({
      id: store.addLine(dealId, properties),
    }),
    update: ({ object, id, properties }: { object: string; id: string; properties: Values }) => {
      store.updateRecord(object, id, properties)
      return {}
    },
    archive: ({ object, id }: { object: string; id: string }) => {
      store.archive(object, id)
      return {}
    },
    restore: ({ object, id }: { object: string; id: string }) => {
      store.restore(object, id)
      return {}
    },
    merge: ({ object, winnerId, loserId }: { object: string; winnerId: string; loserId: string }) => {
      store.merge(object, winnerId, loserId)
      return {}
    },
    scopes: (scopes: readonly string[]) => {
      store.setScopes(scopes)
      return {}
    },
    index_delay: ({ ms }: { ms: number }) => {
      store.setIndexDelay(ms)
      return {}
    },
    expire_tokens: () => {
      store.expireTokens()
      return {}
    },
    webhook_target: (target: WebhookTarget) => {
      store.sendWebhooks(target)
      return {}
    },
    flush_webhooks: async () => ({ statuses: await store.flushWebhooks() }),
    redeliver_webhooks: async () => ({ statuses: await store.redeliverWebhooks() }),
  }
}

interface Seed {
  readonly companies?: readonly Values[]
  readonly contacts?: readonly Values[]
  readonly owners?: readonly { firstName: string; lastName: string; email: string }[]
  readonly deals?: readonly (NewDeal & {
    readonly company?: number
    readonly contact?: number
    readonly owner?: number
  })[]
}
const idAt = (ids: readonly string[], place: number | undefined, name: string): Record<string, string> => {
  const id = place === undefined ? undefined : ids[place]
  return id === undefined ? {} : { [name]: id }
}

function addDeal(inner: Store, deal: NewDeal): string {
  const lines = (deal.lines ?? []).map((line) => inner.create('line_items', line, deal.modifiedAt))
  const properties: Values = {
    dealname: deal.name ?? 'A deal',
    dealstage: deal.stage ?? 'closedwon',
    ...(lines.length === 0
      ? {}
      : { amount: sumOfAmounts(lines), hs_num_of_associated_line_items: String(lines.length) }),
    ...(deal.ownerId === undefined ? {} : { hubspot_owner_id: deal.ownerId }),
    closedate: new Date(deal.modifiedAt ?? Date.now()).toISOString(),
    ...deal.properties,
  }
  const { id } = inner.create('deals', properties, deal.modifiedAt)
  for (const line of lines) inner.link('deals', id, 'line_items', line.id, [19], [20])
  // The primary company comes under two types, the others under one.
  for (const company of deal.companyIds ?? []) inner.link('deals', id, 'companies', company, [341], [342])
  if (deal.companyId !== undefined) inner.link('deals', id, 'companies', deal.companyId, [5, 341], [6, 342])
  if (deal.contactId !== undefined) inner.link('deals', id, 'contacts', deal.contactId, [3], [4])
  return id
}

function addLine(inner: Store, dealId: string, properties: Values, modifiedAt: number | undefined): string {
  const line = inner.create('line_items', properties, modifiedAt)
  inner.link('deals', dealId, 'line_items', line.id, [19], [20])
  return line.id
}

interface Route {
  readonly name: string
  readonly object: string
  readonly id: string
  readonly other: string
}

const version = '(?:20\\d\\d-\\d\\d)'
/** Dated paths first, those of the old numbered versions second. */
const routes: readonly (readonly [RegExp, string])[] = [
  [`/crm/objects/${version}/:o/search|/crm/v3/objects/:o/search`, 'search'],
  [`/crm/objects/${version}/:o/batch/read|/crm/v3/objects/:o/batch/read`, 'batch/read'],
  [`/crm/objects/${version}/:o/batch/update|/crm/v3/objects/:o/batch/update`, 'batch/update'],
  [`/crm/objects/${version}/:o/:i|/crm/v3/objects/:o/:i`, 'object'],
  [`/crm/objects/${version}/:o|/crm/v3/objects/:o`, 'objects'],
  [`/crm/associations/${version}/:o/:t/batch/read|/crm/v4/associations/:o/:t/batch/read`, 'associations'],
  [`/crm/properties/${version}/:o/groups|/crm/v3/properties/:o/groups`, 'groups'],
  [`/crm/properties/${version}/:o|/crm/v3/properties/:o`, 'properties'],
  [`/crm/pipelines/${version}/:o|/crm/v3/pipelines/:o`, 'pipelines'],
  [`/crm/owners/${version}/:i|/crm/v3/owners/:i`, 'owner'],
  [`/crm/owners/${version}|/crm/v3/owners`, 'owners'],
  [`/account-info/${version}/details|/account-info/v3/details`, 'account'],
].map(([pattern = '', name = '']) => {
  const places = pattern
    .replaceAll(':o', '(?<o>[a-z_]+)')
    .replaceAll(':t', '(?<t>[a-z_]+)')
    .replaceAll(':i', '(?<i>\\d+)')
  return [new RegExp(`^(?:${places})$`), name] as const
})

function routeOf(path: string): Route | null {
  for (const [pattern, name] of routes) {
    const match = pattern.exec(path)
    if (match === null) continue
    const { o = '', i = '', t = '' } = match.groups ?? {}
    const known = [o, t].every((object) => object === '' || objectNames.includes(object))
    return known ? { name, object: o, id: i, other: t } : null
  }
  return null
}

function scopesOf(method: string, { name, object, other }: Route): readonly string[] {
  if (name === 'owners' || name === 'owner') return ['crm.objects.owners.read']
  if (object === '' || name === 'properties' || name === 'groups' || name === 'pipelines') return []
  const changes = name === 'batch/update' || ((name === 'objects' || name === 'object') && method !== 'GET')
  return [object, other].filter((one) => one !== '').map((one) => `crm.objects.${one}.${changes ? 'write' : 'read'}`)
}

function openLimits(now: () => number, options: Pick<HubspotSimulatorOptions, 'tenSecondly' | 'searchSecondly'>) {
  const recent: number[] = []
  const searches: number[] = []
  const count = (times: number[], windowMs: number): number => {
    while (times[0] !== undefined && times[0] <= now() - windowMs) times.shift()
    return times.length
  }
  const limited = (policyName: string, words: string): SimulatorReply => ({
    status: 429,
    body: { status: 'error', message: `You have reached your ${words} limit.`, errorType: 'RATE_LIMIT', policyName },
  })
  return {
    take(isSearch: boolean): {
      readonly refused: SimulatorReply | null
      readonly headers: Readonly<Record<string, string>>
    } {
      if (isSearch && options.searchSecondly !== undefined) {
        if (count(searches, 1000) >= options.searchSecondly)
          return { refused: limited('SECONDLY', 'secondly'), headers: {} }
        searches.push(now())
      }
      if (options.tenSecondly === undefined) return { refused: null, headers: {} }
      if (count(recent, 10_000) >= options.tenSecondly) {
        return { refused: limited('TEN_SECONDLY_ROLLING', 'ten_secondly_rolling'), headers: {} }
      }
      recent.push(now())
      // Search replies carry no headers of the limit.
      if (isSearch) return { refused: null, headers: {} }
      const headers = {
        'x-hubspot-ratelimit-max': String(options.tenSecondly),
        'x-hubspot-ratelimit-remaining': String(options.tenSecondly - recent.length),
        'x-hubspot-ratelimit-interval-milliseconds': '10000',
        'x-hubspot-ratelimit-daily': '650000',
      }
      return { refused: null, headers }
    },
  }
}

function listRecords(inner: Store, object: string, query: URLSearchParams): SimulatorReply {
  const limit = Number(query.get('limit') ?? 10)
  if (!(limit >= 1 && limit <= 100)) return failure(400, 'VALIDATION_ERROR', 'limit must be between 1 and 100')
  const names = query.getAll('properties').flatMap((list) => list.split(','))
  const archived = query.get('archived') === 'true'
  const after = query.get('after')
  const results: JsonObject[] = []
  let last: string | null = null
  let passed = after === null
  for (const record of inner.records(object).values()) {
    if (!passed) passed = record.id === after
    else if ((record.archivedAt !== null) === archived) {
      if (results.length === limit) return { status: 200, body: { results, ...paging(last) } }
      results.push(recordBody(inner, object, record, names))
      last = record.id
    }
  }
  return { status: 200, body: { results } }
}

function readAssociations(inner: Store, from: string, to: string, body: unknown): SimulatorReply {
  const input = z.looseObject({ id: z.string(), after: z.string().optional() })
  const given = z.looseObject({ inputs: z.array(input) }).safeParse(body)
  if (!given.success) return failure(400, 'VALIDATION_ERROR', 'Invalid input JSON')
  const { inputs } = given.data
  if (inputs.length === 0 || inputs.length > associationInputsMax) {
    return failure(
      400,
      'VALIDATION_ERROR',
      `1 to ${associationInputsMax} inputs are allowed, ${inputs.length} were given`,
    )
  }
  const results: JsonObject[] = []
  const none: string[] = []
  for (const { id, after } of inputs) {
    const links = (inner.get(from, id)?.links[to] ?? []).filter((link) => inner.get(to, link.id) !== null)
    const start = Number(after ?? 0)
    const part = links.slice(start, start + associationPage)
    if (part.length === 0) none.push(id)
    else {
      results.push({
        from: { id },
        // A number in the answers of this call, although ids are text elsewhere.
        to: part.map((link) => ({
          toObjectId: Number(link.id),
          associationTypes: link.types.map((typeId) => ({ category: 'HUBSPOT_DEFINED', typeId, label: null })),
        })),
        ...paging(start + associationPage < links.length ? String(start + associationPage) : null),
      })
    }
  }
  const errors = none.map((id) => ({
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
    message: `No ${to} is associated with ${from} ${id}.`,
    context: { fromObjectId: [id] },
  }))
  return batchReply(results, errors)
}

function createProperty(inner: Store, object: string, body: unknown): SimulatorReply {
  const given = propertySchema.safeParse(body)
  if (!given.success)
    return failure(400, 'VALIDATION_ERROR', `Invalid property: ${given.error.issues[0]?.path.join('.')}`)
  const { name, label, type, fieldType, groupName, description, hasUniqueValue, options } = given.data
  if (inner.properties(object).has(name)) {
    return failure(409, 'CONFLICT', `A property named "${name}" already exists`)
  }
  if (!fieldTypes[type]?.includes(fieldType))
    return failure(400, 'VALIDATION_ERROR', `${fieldType} does not go with ${type}`)
  if (groupName !== '' && !inner.groups(object).has(groupName) && groupName !== `${object.slice(0, -1)}information`) {
    return failure(400, 'VALIDATION_ERROR', `There is no property group "${groupName}"`)
  }
  const property: SimulatedProperty = {
    ...{ name, label, type, fieldType, groupName, description, hasUniqueValue },
    options: options.map(({ label: shown, value, displayOrder, hidden }) => ({
      label: shown,
      value,
      displayOrder,
      hidden,
    })),
    hubspotDefined: false,
    calculated: false,
    externalOptions: false,
    archived: false,
    modificationMetadata: { archivable: true, readOnlyDefinition: false, readOnlyValue: false },
  }
  inner.properties(object).set(name, property)
  return { status: 201, body: { ...property } }
}

/** Properties asked for, and the three that always come. @param names null for all */
function recordBody(inner: Store, object: string, record: Stored, names: readonly string[] | null): JsonObject {
  const always = ['hs_object_id', 'createdate', inner.modifiedName(object)]
  const wanted = names === null ? Object.keys(record.properties) : [...names, ...always]
  const known = inner.properties(object)
  const properties: Record<string, Json> = {}
  // A name that is no property's is passed over when reading.
  for (const name of wanted) if (known.has(name)) properties[name] = record.properties[name] ?? null
  return {
    id: record.id,
    properties,
    createdAt: new Date(record.createdAt).toISOString(),
    updatedAt: new Date(record.updatedAt).toISOString(),
    archived: record.archivedAt !== null,
  }
}

const ownerBody = (owner: {
  readonly id: string
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly archived: boolean
}) => ({
  ...owner,
  userId: Number(owner.id) - 60_000_000,
  type: 'PERSON',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  teams: [],
})
const pipelineBody = (pipeline: SimulatedPipeline, displayOrder: number): JsonObject => ({
  id: pipeline.id,
  label: pipeline.label,
  displayOrder,
  archived: false,
  stages: pipeline.stages.map(({ id, label, probability, closed }, order) => ({
    ...{ id, label, displayOrder: order, archived: false },
    metadata: { isClosed: String(closed), probability: probability.toFixed(1) },
  })),
})

const paging = (after: string | null): JsonObject =>
  after === null ? {} : { paging: { next: { after, link: `?after=${after}` } } }

function batchReply(results: readonly JsonObject[], errors: readonly JsonObject[]): SimulatorReply {
  const times = { startedAt: '2026-01-01T00:00:00.000Z', completedAt: '2026-01-01T00:00:00.000Z' }
  const whole = { status: 'COMPLETE', results, ...times }
  return errors.length === 0
    ? { status: 200, body: whole }
    : { status: 207, body: { ...whole, numErrors: errors.length, errors } }
}
function notFoundErrors(object: string, ids: readonly string[]): readonly JsonObject[] {
  if (ids.length === 0) return []
  const message = `Could not get some ${object} objects, they may be deleted or not exist. Check that ids are valid.`
  return [{ status: 'error', category: 'OBJECT_NOT_FOUND', message, context: { ids } }]
}
function batchFlaw(ids: readonly string[]): SimulatorReply | null {
  if (ids.length === 0 || ids.length > batchMax) {
    return failure(400, 'VALIDATION_ERROR', `1 to ${batchMax} inputs are allowed, ${ids.length} were given`)
  }
  const twice = ids.find((id, place) => ids.indexOf(id) !== place)
  return twice === undefined ? null : failure(400, 'VALIDATION_ERROR', `Duplicate IDs found in batch input: [${twice}]`)
}

function failure(status: number, category: string, message: string): SimulatorReply {
  return { status, body: { status: 'error', message, correlationId: '00000000-0000-0000-0000-000000000000', category } }
}
const notFound = failure(404, 'OBJECT_NOT_FOUND', 'resource not found')
const refused = ({ status, category, message }: Refusal): SimulatorReply => failure(status, category, message)
function missingScopes(scopes: readonly string[]): SimulatorReply {
  const message = "This app hasn't been granted all required scopes to make this call."
  const reply = failure(403, 'MISSING_SCOPES', message)
  const errors = [
    { message: 'One or more of the following scopes are required.', context: { requiredGranularScopes: scopes } },
  ]
  return { ...reply, body: isObject(reply.body) ? { ...reply.body, errors } : { errors } }
}
