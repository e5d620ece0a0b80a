import { type SimulatorReply, type SimulatorRequest, startSimulator } from '../../../src/simulator/server.ts'
import type { SimulatedCrm } from '../../../src/simulator/world.ts'
import { openAccess } from './access.ts'
import { type JwtLogin, openAuth } from './auth.ts'
import { openBulk } from './bulk.ts'
import { changeEventsOf } from './changes.ts'
import { openCollections } from './collections.ts'
import { controlsOf } from './controls.ts'
import { openCursors } from './cursors.ts'
import { refusal, replyOf } from './errors.ts'
import type { SimulatedStage } from './objects.ts'
import { openOutbound } from './outbound.ts'
import { openPeople, type SalesforceStore } from './people.ts'
import { openRecords } from './records.ts'
import { openRest } from './rest.ts'
import { type CustomField, openSchema } from './schema.ts'
import { firstOrganizationId, seed, users } from './seed.ts'
import { openSobjects } from './sobjects.ts'
import { openStore } from './store.ts'
import { openStreams } from './streams.ts'
import { openTooling } from './tooling.ts'
import { requests, trouble, words, worldOf } from './world.ts'
import { openWrites } from './writes.ts'

export interface SalesforceSimulatorOptions {
  readonly port?: number
  readonly latencyMs?: number
  /** Epoch milliseconds; the real time when not given. */
  readonly now?: () => number
  readonly clientId?: string
  readonly clientSecret?: string
  /** Takes JWT bearer logins too. */
  readonly jwt?: JwtLogin
  readonly organizationId?: string
  readonly organizationName?: string
  readonly sandbox?: boolean
  readonly timeZone?: string
  /** Corporate; 'EUR' when not given. */
  readonly currency?: string
  /** Further ones. With any of them the org has several currencies, and a `CurrencyIsoCode` on its records. */
  readonly currencies?: readonly string[]
  /** Several currencies although only one is in use. */
  readonly multiCurrency?: boolean
  readonly personAccounts?: boolean
  readonly stages?: readonly SimulatedStage[]
  /** Fields that admins have made, by object; everybody sees them. */
  readonly customFields?: Readonly<Record<string, readonly CustomField[]>>
  /** `Opportunity.Amount`, or `Product2` for a whole object: the running user does not see these. */
  readonly hidden?: readonly string[]
  /** Likewise, but seen and not edited. */
  readonly readOnly?: readonly string[]
  /** Whether the running user may make fields and permission sets; true when not given. */
  readonly administrator?: boolean
  /** API calls in 24 hours. */
  readonly dailyCalls?: number
  /** Most records on a page of a query. */
  readonly pageSizeMax?: number
  /** Records on the first page of a list inside a record. */
  readonly childPageSize?: number
  /** How often the state of a Bulk job is asked for before it is done, and the records on one page of its results. */
  readonly bulkPolls?: number
  readonly bulkPageSize?: number
  /** Objects with change events. */
  readonly changeEvents?: readonly string[]
  /** Platform events, such as `Order_Event__e`. */
  readonly platformEvents?: readonly string[]
  /** How long a streaming connect waits for an event. */
  readonly connectTimeoutMs?: number
}

/** An org of Salesforce in memory: strict where Salesforce is, with its limits, its security and its silences. */
export async function startSalesforceSimulator(
  options: SalesforceSimulatorOptions = {},
): Promise<SimulatedCrm & { readonly store: SalesforceStore }> {
  const now = options.now ?? Date.now
  const { clientId = 'test-client', clientSecret = 'test-secret', jwt = null, currency = 'EUR' } = options
  const { timeZone = 'Europe/Berlin', administrator = true, organizationId = firstOrganizationId } = options
  const { changeEvents = ['Opportunity'], platformEvents = [] } = options
  let { dailyCalls = 100_000 } = options
  const multiCurrency = options.multiCurrency ?? (options.currencies ?? []).length > 0
  let url = ''

  const schema = openSchema({
    currencies: multiCurrency ? [...new Set([currency, ...(options.currencies ?? [])])] : [],
    personAccounts: options.personAccounts ?? false,
    ...(options.stages === undefined ? {} : { stages: options.stages }),
  })
  const inner = openStore(schema, now)
  const username = jwt?.username ?? 'integration@example.com'
  seed(inner, schema, {
    organizationId,
    organizationName: options.organizationName ?? 'Acme',
    timeZone,
    sandbox: options.sandbox ?? false,
    username,
    administrator,
  })
  const access = openAccess(schema, inner, { user: users.integration, administrator })
  access.setHidden(options.hidden ?? [])
  access.setReadOnly(options.readOnly ?? [])
  const records = openRecords(inner, schema)
  const writes = openWrites(inner, records, access)
  const tooling = openTooling(schema, inner, access)
  for (const [object, fields] of Object.entries(options.customFields ?? {})) {
    for (const field of fields) tooling.add(object, field)
  }
  const auth = openAuth({
    ...{ now, clientId, clientSecret, jwt, organizationId },
    ...{ userId: users.integration, username },
    url: () => url,
  })
  const cursors = openCursors()
  let calls = 0
  let concurrent = 0
  const rest = openRest({
    ...{ store: inner, schema, access, cursors, tooling, timeZone },
    collections: openCollections(inner, records, writes),
    sobjects: openSobjects(inner, records, writes),
    bulk: () => bulk,
    pageSizeMax: options.pageSizeMax ?? 2000,
    childPageSize: options.childPageSize ?? 200,
    identity: () => `${url}/id/${organizationId}/${users.integration}`,
    limits: { used: () => calls, max: () => dailyCalls },
  })
  const bulk = openBulk({
    ...{ now, user: users.integration, run: rest.run },
    polls: options.bulkPolls ?? 2,
    pageSize: options.bulkPageSize ?? 50_000,
  })
  const streams = openStreams({
    now,
    channels: [
      '/data/ChangeEvents',
      ...changeEvents.map((object) => `/data/${object.replace(/__c$/, '__')}ChangeEvent`),
      ...platformEvents.map((name) => `/event/${name}`),
    ],
    connectTimeoutMs: options.connectTimeoutMs ?? 110_000,
    knows: ({ headers }) => auth.holds(auth.tokenOf(headers)),
  })
  const outbound = openOutbound({ organizationId, url: () => url })
  const entities = new Set(changeEvents)
  inner.listen((happenings) => {
    for (const { channel, payload } of changeEventsOf(happenings, { access, entities }))
      streams.publish(channel, payload)
  })

  async function handle(request: SimulatorRequest): Promise<SimulatorReply> {
    // Clients that put a path behind an address that ends in a slash are understood.
    const reply = await answer({ ...request, path: request.path.replace(/\/{2,}/g, '/') })
    return { ...reply, headers: { date: new Date(now()).toUTCString(), ...reply.headers } }
  }

  async function answer(request: SimulatorRequest): Promise<SimulatorReply> {
    const { path, headers, method } = request
    if (path === '/services/oauth2/token') return auth.grant(request)
    if (path === '/services/oauth2/revoke') return auth.revoke(request)
    if (path === '/services/oauth2/introspect') return auth.introspect(request)
    if (path === '/services/data' || path === '/services/data/') return unread(request, []) ?? rest.versions()
    if (/^\/cometd\/\d+\.0(\/|$)/.test(path)) return streams.handle(request)
    const token = auth.tokenOf(headers)
    if (path.startsWith('/id/') || path === '/services/oauth2/userinfo') {
      if (method !== 'GET' || !auth.holds(token)) return { status: 403, body: 'Bad_OAuth_Token' }
      if (!path.startsWith('/id/')) return unread(request, []) ?? userInfo()
      // Source: the errors of "Identity URLs" in Salesforce's help. Who the token was not given to is not shown here.
      if (path !== `/id/${organizationId}/${users.integration}`) return { status: 404, body: 'Bad_Id' }
      return unread(request, ['format=json', `oauth_token=${token}`]) ?? identity()
    }
    if (!path.startsWith('/services/data/'))
      return { status: 404, headers: { 'content-type': 'text/html' }, body: 'Not Found' }
    if (token === null) return replyOf(refusal(401, 'INVALID_AUTH_HEADER', 'INVALID_HEADER_TYPE'))
    if (!auth.holds(token)) return replyOf(refusal(401, 'INVALID_SESSION_ID', 'Session expired or invalid'))
    const reply = limited() ?? rest.handle(request)
    return { ...reply, headers: { 'sforce-limit-info': `api-usage=${calls}/${dailyCalls}`, ...reply.headers } }
  }

  /** The two limits have one code; only the text tells which was met. */
  function limited(): SimulatorReply | null {
    const refused = (text: string) => replyOf(refusal(403, 'REQUEST_LIMIT_EXCEEDED', text))
    if (calls >= dailyCalls) return refused('TotalRequests Limit exceeded.')
    calls += 1
    if (concurrent === 0) return null
    concurrent -= 1
    return refused('ConcurrentRequests (Concurrent API Requests) Limit exceeded.')
  }

  const identity = (): SimulatorReply => ({
    status: 200,
    body: {
      id: `${url}/id/${organizationId}/${users.integration}`,
      user_id: users.integration,
      organization_id: organizationId,
      username,
      display_name: 'Integration User',
      timezone: timeZone,
      locale: 'en_US',
      language: 'en_US',
      active: true,
    },
  })

  /** The same by OpenID Connect, whose names are others. */
  const userInfo = (): SimulatorReply => ({
    status: 200,
    body: {
      sub: `${url}/id/${organizationId}/${users.integration}`,
      user_id: users.integration,
      organization_id: organizationId,
      preferred_username: username,
      name: 'Integration User',
      given_name: 'Integration',
      family_name: 'User',
      email: 'integration@example.com',
      zoneinfo: timeZone,
      locale: 'en_US',
      language: 'en_US',
      active: true,
      urls: {
        rest: `${url}/services/data/v{version}/`,
        sobjects: `${url}/services/data/v{version}/sobjects/`,
        query: `${url}/services/data/v{version}/query/`,
      },
    },
  })

  const store: SalesforceStore = {
    ...openPeople(inner, schema, records, users.seller),
    addField: (object, field) => void tooling.add(object, field),
    setHidden: access.setHidden,
    setReadOnly: access.setReadOnly,
    addValidationRule: records.addRule,
    clearValidationRules: records.clearRules,
    lock: (...ids) => records.lock(ids),
    unlock: records.unlock,
    expireTokens() {
      auth.expire()
      streams.refuseTokens()
    },
    expireCursors: cursors.expire,
    setCallsUsed(used) {
      calls = used
    },
    refuseConcurrent(times) {
      concurrent = times
    },
    publish: streams.publish,
    dropStreams: streams.drop,
    forgetEvents: streams.forget,
    sendWebhooks(target) {
      if (outbound.aim(target)) inner.listen(outbound.add)
    },
    flushWebhooks: outbound.flush,
    redeliverWebhooks: outbound.redeliver,
    unacknowledged: outbound.unacknowledged,
  }

  const crm = worldOf(store, currency, multiCurrency)
  const server = await startSimulator({
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
    handle,
    control: controlsOf(store, crm),
  })
  url = server.url
  return {
    ...server,
    store,
    crm,
    words,
    requests,
    trouble,
    quota: {
      windows: 1,
      limit(allowed) {
        dailyCalls = allowed
      },
      spend(used) {
        calls += used
      },
    },
    settings: { url, clientId, clientSecret, organizationId, currency },
    sendWebhooks: (to) => store.sendWebhooks({ url: to }),
    close() {
      streams.close()
      return server.close()
    },
  }
}

/** Refuses what the address asks for and nobody here reads. @param read  what changes nothing, such as `format=json` */
function unread({ query }: SimulatorRequest, read: readonly string[]): SimulatorReply | null {
  const strange = [...query].find((pair) => !read.includes(pair.join('=')))
  return strange === undefined
    ? null
    : replyOf(refusal(501, 'NOT_SIMULATED', `the parameter ${strange[0]} is not simulated here`))
}
