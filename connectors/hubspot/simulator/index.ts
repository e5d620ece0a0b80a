import { z } from 'zod'
import { type SimulatorReply, type SimulatorRequest, startSimulator } from '../../../src/simulator/server.ts'
import type { SimulatedCrm } from '../../../src/simulator/world.ts'
import { readAssociations } from './associations.ts'
import { controlsOf } from './controls.ts'
import type { SimulatedPipeline } from './definitions.ts'
import { openLimits } from './limits.ts'
import { refuseUnread } from './parameters.ts'
import type { HubspotStore, NewDeal } from './people.ts'
import { createProperty, fieldTypes } from './properties.ts'
import { listRecords, readBatch, readRecord } from './reads.ts'
import {
  failure,
  flawsOf,
  missingScopes,
  notFound,
  ownerBody,
  paging,
  pipelineBody,
  recordBody,
  refused,
} from './replies.ts'
import { type Route, routeOf, scopesOf } from './routes.ts'
import { search } from './search.ts'
import { openStore, type Store, sumOfAmounts, type Values } from './store.ts'
import { openSender } from './webhooks.ts'
import { requests, trouble, words, worldOf } from './world.ts'
import { archiveBatch, createBatch, createRecord, updateBatch, updateRecord, upsertBatch } from './writes.ts'

export interface HubspotSimulatorOptions {
  readonly port?: number
  readonly latencyMs?: number
  /** Epoch milliseconds; the real time when not given. */
  readonly now?: () => number
  readonly accessToken?: string
  readonly oauth?: { readonly clientId: string; readonly clientSecret: string; readonly refreshToken: string }
  readonly portalId?: number
  readonly currency?: string
  /** Further ones; products then have a price in each. */
  readonly currencies?: readonly string[]
  readonly timeZone?: string
  readonly pipelines?: readonly SimulatedPipeline[]
  /** All when not given. */
  readonly scopes?: readonly string[]
  readonly indexDelayMs?: number
  /** Calls in ten seconds and in a day, and searches in one second; no limit when not given. */
  readonly tenSecondly?: number
  readonly daily?: number
  readonly searchSecondly?: number
}

const webhookSecret = 'secret-of-the-simulated-app'

/** An account of HubSpot in memory: strict where HubSpot is, with its limits, its late index and its partial answers. */
export async function startHubspotSimulator(
  options: HubspotSimulatorOptions = {},
): Promise<SimulatedCrm & { readonly store: HubspotStore }> {
  const now = options.now ?? Date.now
  const accessToken = options.accessToken ?? 'test-token'
  const portalId = options.portalId ?? 4711
  const currency = options.currency ?? 'EUR'
  const inner = openStore({
    now,
    ...(options.currencies === undefined ? {} : { currencies: [currency, ...options.currencies] }),
    ...(options.pipelines === undefined ? {} : { pipelines: options.pipelines }),
    ...(options.indexDelayMs === undefined ? {} : { indexDelayMs: options.indexDelayMs }),
  })
  const sender = openSender({ portalId, now })
  const granted = new Map<string, number>()
  const timeZone = options.timeZone ?? 'Europe/Berlin'
  const limits = openLimits(now, timeZone, options)
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
    const action = `${request.method} ${route.name}`
    const act = actions[action]
    const reply =
      act === undefined
        ? failure(405, 'METHOD_NOT_ALLOWED', 'method not allowed')
        : (refuseUnread(action, request.query) ?? act(route, body, request.query))
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
        timeZone,
        companyCurrency: currency,
        additionalCurrencies: [...(options.currencies ?? [])],
        utcOffset: '+01:00',
        uiDomain: 'app.hubspot.com',
        dataHostingLocation: 'eu1',
      },
    }),
    'GET owners': (_, __, query) => {
      const archived = query.get('archived') === 'true'
      const limit = Math.min(Number(query.get('limit') ?? 100), 500)
      const email = query.get('email')
      const all = [...inner.owners.values()].filter(
        (owner) => owner.archived === archived && (email === null || owner.email === email),
      )
      const start = Number(query.get('after') ?? 0)
      const results = all.slice(start, start + limit).map(ownerBody)
      return { status: 200, body: { results, ...paging(start + limit < all.length ? String(start + limit) : null) } }
    },
    'GET owner': ({ id }, _, query) => {
      if ((query.get('idProperty') ?? 'id') !== 'id') {
        return failure(400, 'VALIDATION_ERROR', 'not simulated: owners by another id than their own')
      }
      const owner = inner.owners.get(id)
      const wanted = query.get('archived') === 'true'
      return owner === undefined || owner.archived !== wanted ? notFound : { status: 200, body: ownerBody(owner) }
    },
    'GET pipelines': ({ object }) =>
      object === 'deals'
        ? { status: 200, body: { results: inner.pipelines.map(pipelineBody) } }
        : failure(400, 'VALIDATION_ERROR', `not simulated: pipelines of ${object}`),
    'GET properties': ({ object }, _, query) => ({
      status: 200,
      // None is archived here: what is removed is gone.
      body: {
        results:
          query.get('archived') === 'true' ? [] : [...inner.properties(object).values()].map((one) => ({ ...one })),
      },
    }),
    'POST properties': ({ object }, body) => createProperty(inner, object, body),
    'GET groups': ({ object }) => ({
      status: 200,
      body: { results: [...inner.groups(object)].map(([name, label]) => ({ name, label, archived: false })) },
    }),
    'POST groups': ({ object }, body) => {
      const groupSchema = z.strictObject({ name: z.string(), label: z.string(), displayOrder: z.int().default(-1) })
      const group = groupSchema.safeParse(body)
      if (!group.success) return failure(400, 'VALIDATION_ERROR', `Invalid input JSON: ${flawsOf(group.error)}`)
      const { name, label, displayOrder } = group.data
      if (inner.groups(object).has(name)) return failure(409, 'CONFLICT', `Property group ${name} already exists`)
      inner.groups(object).set(name, label)
      return { status: 201, body: { name, label, archived: false, displayOrder } }
    },
    'GET objects': ({ object }, _, query) => listRecords(inner, object, query),
    'POST objects': ({ object }, body) => createRecord(inner, object, body),
    'GET object': ({ object, id }, _, query) => readRecord(inner, object, id, query),
    'PATCH object': ({ object, id }, body, query) => updateRecord(inner, object, id, body, query),
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
    'POST batch/read': ({ object }, body, query) => readBatch(inner, object, body, query),
    'POST batch/create': ({ object }, body) => createBatch(inner, object, body),
    'POST batch/update': ({ object }, body) => updateBatch(inner, object, body),
    'POST batch/upsert': ({ object }, body) => upsertBatch(inner, object, body),
    'POST batch/archive': ({ object }, body) => archiveBatch(inner, object, body),
    'POST associations': ({ object, other }, body) => readAssociations(inner, object, other, body),
  }

  const store: HubspotStore = {
    addCompany: (properties) => inner.create('companies', properties).id,
    addContact: (properties) => inner.create('contacts', properties).id,
    addProduct: (properties) => inner.create('products', properties).id,
    products: () => livingOf(inner, 'products'),
    addOwner: ({ archived = false, ...owner }) => {
      const id = String(70_000_000 + inner.owners.size + 1)
      inner.owners.set(id, { ...owner, id, archived })
      return id
    },
    updateOwner: (id, change) => {
      const owner = inner.owners.get(id)
      if (owner === undefined) throw new Error(`the simulated account has no owner ${id}`)
      inner.owners.set(id, { ...owner, ...change })
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
    updateDeal: (id, properties) => changeByPerson('deals', id, properties),
    updateRecord: changeByPerson,
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
    deals: () => livingOf(inner, 'deals'),
    addProperty: (object, name, type) => {
      const reply = createProperty(inner, object, {
        ...{ name, label: name, type, groupName: '', options: type === 'bool' ? ['true', 'false'].map(optionOf) : [] },
        fieldType: fieldTypes[type]?.[0] ?? 'text',
      })
      if (reply.status !== 201) throw new Error(`property ${name} was not created: ${JSON.stringify(reply.body)}`)
    },
    removeProperty: (object, name) => void inner.properties(object).delete(name),
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

  function changeByPerson(object: string, id: string, properties: Values): void {
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
    crm: worldOf(store, currency),
    settings: { baseUrl: server.url, accessToken, webhookSecret },
    words,
    requests,
    trouble,
    quota: { windows: 2, limit: limits.limit, spend: limits.spend },
    sendWebhooks: (url) => store.sendWebhooks({ url, clientSecret: webhookSecret }),
  }
}

const optionOf = (value: string) => ({ label: value, value, hidden: false })

const livingOf = (inner: Store, object: string) =>
  [...inner.records(object).values()]
    .filter((record) => record.archivedAt === null)
    .map(({ id, properties }) => ({ id, properties: { ...properties } }))

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
