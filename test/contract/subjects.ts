import { connectorOf } from '../../connectors/registry.ts'
import { simulatedCrms, simulatedErps, simulatedExamples } from '../../connectors/simulators.ts'
import type { Condition } from '../../src/core/condition.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { type Failure, failureOf, SyncError } from '../../src/core/problem.ts'
import { secretNames } from '../../src/core/secrets.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { ChangesSince, Connection, Connector, Write } from '../../src/ports/connector.ts'
import type { Quota } from '../../src/ports/http.ts'
import type { Simulator, SimulatorRequest } from '../../src/simulator/server.ts'
import type { SimulatedCrm, SimulatedErp, SimulatedSystem } from '../../src/simulator/world.ts'
import { changesOf } from '../asked.ts'

/** A connector before its simulator, on a clock of their own. */
export interface Subject<System extends SimulatedSystem = SimulatedSystem> {
  readonly connector: Connector
  readonly system: System
  readonly connection: Connection
  /** Opens another connection to the same system. */
  open(settings?: Readonly<Record<string, Json>>): Connection
  /** What replies told of quotas since this was last asked, in their order. */
  learned(): readonly Quota[]
  /** What was logged by all of them. */
  readonly log: readonly string[]
  /** Moves the clock. Waits of the connector move it by themselves. */
  pass(minutes: number): void
  /** Calls that arrived since the last time this was asked, logins among them. */
  calls(): number
  close(): Promise<void>
}

async function openSubject<System extends SimulatedSystem>(
  name: string,
  start: ((options: { now: () => number }) => Promise<System>) | undefined,
): Promise<Subject<System>> {
  const connector = connectorOf(name)
  if (connector === undefined || start === undefined) throw new Error(`"${name}" has no connector or no simulator`)
  let now = '2026-11-24T09:00:00.000Z' as Instant
  const log: string[] = []
  const write = (event: string, details?: unknown) => void log.push(`${event} ${JSON.stringify(details ?? {})}`)
  const deps = {
    name: connector.name,
    clock: {
      now: () => now,
      sleep: async (ms: number) => {
        now = shift(now, ms)
      },
    },
    log: { debug: write, info: write, warn: write, error: write },
  }
  const learned: Quota[] = []
  const budget = {
    take: async () => 0,
    learn: async (_connection: string, quotas: readonly Quota[]) => void learned.push(...quotas),
  }
  const system = await start({ now: () => toMillis(now) })
  const open = (settings: Readonly<Record<string, Json>> = {}) => {
    const all = { ...system.settings, ...settings }
    const secrets = () => secretsOf(connector, all).map(([, value]) => value)
    return connector.open(all, { ...deps, http: openHttpClient({ ...deps, budget, random: () => 0, secrets }) })
  }
  return {
    connector,
    system,
    connection: open(),
    open,
    learned: () => learned.splice(0),
    log,
    pass(minutes) {
      now = shift(now, minutes * 60_000)
    },
    calls: () => countCalls(system),
    close: () => system.close(),
  }
}

function countCalls(simulator: Simulator): number {
  const count = Object.values(simulator.calls()).reduce((sum, one) => sum + one, 0)
  simulator.resetCalls()
  return count
}

/** Settings that are secrets, with the values in force. */
export function secretsOf(connector: Connector, settings: Readonly<Record<string, Json>>): [string, string][] {
  const names = new Set(secretNames(connector.settings))
  // Where a login and its password are the same word, the word is no secret.
  const shown = Object.entries(settings).flatMap(([name, value]) => (names.has(name) ? [] : [value]))
  return Object.entries(settings).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && names.has(name) && !shown.includes(value) ? [[name, value]] : [],
  )
}

/** An id in the system's manner that no record has. */
export const absent = (id: string): string =>
  id.includes('0000') ? id.replace('0000', '9999') : id.replace(/\d/g, '9')

export async function failureFrom(work: Promise<unknown>): Promise<Failure | null> {
  try {
    await work
    return null
  } catch (error) {
    if (error instanceof SyncError) return failureOf(error)
    throw error
  }
}

/** The requests that `work` makes, one of each method and path; logins are left out. */
export async function readsOf(system: Simulator, work: () => Promise<void>): Promise<readonly SimulatorRequest[]> {
  const found = new Map<string, SimulatorRequest>()
  const end = system.watch({}, 'arrived', (request) => found.set(`${request.method} ${request.path}`, request))
  try {
    await work()
  } finally {
    end()
  }
  return [...found.values()].filter(({ path }) => !/\/(oauth2?|auth)\//.test(path))
}

/** Makes a request once more, with a parameter that no system has. */
export async function askForMore(
  { url }: Simulator,
  { method, path, query, headers, body }: SimulatorRequest,
): Promise<{ readonly status: number; readonly body: string }> {
  const more = new URLSearchParams([...query, ['crosswalk_more', '1']])
  // What belongs to the connection is not ours to say.
  const own = ['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding', 'keep-alive']
  const kept = Object.entries(headers).filter(([name]) => !own.includes(name))
  const reply = await fetch(`${url}${path}?${more}`, {
    method,
    headers: Object.fromEntries(kept),
    ...(body.length === 0 ? {} : { body: body.toString('utf8') }),
  })
  return { status: reply.status, body: await reply.text() }
}

export const poll = (connection: Connection, object: string, since: ChangesSince, where: readonly Condition[] = []) =>
  changesOf(connection, { object, where }, since)

/** A subject with records whose changes can be followed, whichever role it has. */
export interface Followed {
  readonly object: string
  readonly ids: readonly string[]
  /** Changes one of them as a person would. */
  touch(id: string): void
}

export type CrmSubject = Subject<SimulatedCrm> & Followed
/** Three won deals of one company, fields for the write-back set up. */
export async function openCrm(name: string): Promise<CrmSubject> {
  const subject = await openSubject<SimulatedCrm>(name, simulatedCrms[name])
  const { crm, words } = subject.system
  await subject.connection.setup?.()
  const companyId = crm.addCompany({ name: 'Acme', domain: 'acme.example', country: 'Germany' })
  const ids = ['One', 'Two', 'Three'].map((deal) =>
    crm.addDeal({ name: `Deal ${deal}`, companyId, lines: [{ sku: 'A-1', quantity: '2', price: '10' }] }),
  )
  subject.pass(1)
  return {
    ...subject,
    object: words.deal,
    ids,
    touch: (id) => crm.changeDeal(id, { name: `Deal ${id} touched` }),
  }
}

export interface ErpSubject extends Subject<SimulatedErp>, Followed {
  readonly customerId: string
  readonly productId: string
  /** A new order with one line of two pieces. */
  order(key: string, fields?: JsonObject): Write
  /** The order as the people who deliver see it. */
  seen(id: string): NonNullable<ReturnType<SimulatedErp['erp']['order']>>
}
/** Three confirmed orders of one customer. */
export async function openErp(name: string): Promise<ErpSubject> {
  const subject = await openSubject<SimulatedErp>(name, simulatedErps[name] ?? simulatedExamples[name])
  const { erp, words } = subject.system
  const { connection } = subject
  const productId = erp.addProduct({ sku: 'A-1', name: 'A', price: '10', route: 'stock' })
  const { object, name: nameField } = words.customer
  const customerId = await idFrom(connection, {
    do: 'create',
    object,
    key: 'crm_1_customer_1',
    fields: { [nameField]: 'Acme' },
    lines: null,
  })
  const order = (key: string, more: JsonObject = {}): Write => ({
    do: 'create',
    object: words.order,
    key,
    fields: { ...words.fields(customerId), ...more },
    lines: {
      field: words.lines,
      upsert: [{ key: `${key}_line_1`, fields: words.line(productId, '2') }],
      remove: [],
    },
  })
  const ids: string[] = []
  for (const key of ['crm_1_deal_1', 'crm_1_deal_2', 'crm_1_deal_3']) ids.push(await idFrom(connection, order(key)))
  await connection.write(ids.map((id) => ({ do: 'confirm', object: words.order, id })))
  subject.pass(1)
  return {
    ...subject,
    object: words.order,
    ids,
    customerId,
    productId,
    order,
    touch: (id) => erp.ship(id, { part: true }),
    seen(id) {
      const found = erp.order(id)
      if (found === null) throw new Error(`there is no order ${id}`)
      return found
    },
  }
}

async function idFrom(connection: Connection, write: Write): Promise<string> {
  const [outcome] = await connection.write([write])
  if (outcome?.ok === true) return outcome.id
  throw new Error(`not written: ${JSON.stringify(outcome)}`)
}
