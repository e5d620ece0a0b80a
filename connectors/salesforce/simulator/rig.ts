import type { Json, JsonObject } from '../../../src/core/json.ts'
import { type SalesforceSimulatorOptions, startSalesforceSimulator } from './index.ts'

type Salesforce = Awaited<ReturnType<typeof startSalesforceSimulator>>
interface Reply {
  readonly status: number
  readonly body: Json
  readonly headers: Headers
}
interface Page {
  readonly totalSize: number
  readonly done: boolean
  readonly nextRecordsUrl?: string
  readonly records: readonly JsonObject[]
}

const opened: Salesforce[] = []
/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const salesforce of opened.splice(0)) await salesforce.close()
}

export const began = Date.parse('2026-03-01T08:00:00Z')

/** A simulated org with a clock that stands still, and a client that is logged in. */
export async function start(options: SalesforceSimulatorOptions = {}) {
  let at = began
  const sf = await startSalesforceSimulator({ now: () => at, ...options })
  opened.push(sf)
  const login = { grant_type: 'client_credentials', client_id: 'test-client', client_secret: 'test-secret' }
  const grant = async (form: Readonly<Record<string, string>> = login) => {
    const reply = await fetch(`${sf.url}/services/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
    return { status: reply.status, body: (await reply.json()) as JsonObject }
  }
  const token = String((await grant()).body.access_token)

  async function call(method: string, path: string, body?: Json, headers: Readonly<Record<string, string>> = {}) {
    const reply = await fetch(`${sf.url}${path.startsWith('/services') ? path : `/services/data/v67.0${path}`}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await reply.text()
    const isJson = reply.headers.get('content-type')?.includes('json') === true && text !== ''
    return { status: reply.status, body: isJson ? (JSON.parse(text) as Json) : text, headers: reply.headers } as Reply
  }
  const ask = (soql: string, resource = 'query', headers: Readonly<Record<string, string>> = {}) =>
    call('GET', `/${resource}?q=${encodeURIComponent(soql)}`, undefined, headers)
  async function query(
    soql: string,
    resource = 'query',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Page> {
    const { status, body } = await ask(soql, resource, headers)
    if (status !== 200) throw new Error(JSON.stringify(body))
    return body as unknown as Page
  }
  const rows = async (soql: string, resource?: string) =>
    (await query(soql, resource)).records.map(({ attributes, ...fields }) => fields)
  const ids = async (soql: string) => (await query(soql)).records.map((record) => record.Id)
  const update = (records: readonly JsonObject[], more: JsonObject = {}) =>
    call('PATCH', '/composite/sobjects', { records: records.map(typed('Opportunity')), ...more })
  const pass = (ms: number) => {
    at += ms
  }
  return { sf, store: sf.store, crm: sf.crm, grant, token, call, ask, query, rows, ids, update, pass }
}
export const typed =
  (type: string) =>
  (fields: JsonObject): JsonObject => ({ attributes: { type }, ...fields })
export const line = (sku: string, quantity = '1', price = '10') => ({ sku, quantity, price })
export const codeOf = ({ body }: Reply): Json => (body as readonly JsonObject[])[0]?.errorCode ?? null
