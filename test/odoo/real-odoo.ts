import { odoo } from '../../connectors/odoo/index.ts'
import { isObject, type Json } from '../../src/core/json.ts'
import type { Instant } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import type { ChangesSince, Connection } from '../../src/ports/connector.ts'
import { wordsOf } from './words.ts'

/** A real Odoo, as the environment names it: ODOO_URL, ODOO_DB, ODOO_USERNAME, ODOO_PASSWORD. */
const environment = {
  url: process.env.ODOO_URL ?? '',
  database: process.env.ODOO_DB ?? '',
  username: process.env.ODOO_USERNAME ?? 'admin',
  password: process.env.ODOO_PASSWORD ?? 'admin',
}

const told = (await service('common', 'version', [])) as { server_version: string }
/** What this Odoo calls things. */
export const words = wordsOf(told.server_version.slice(0, 4))

export interface Opened {
  readonly connection: Connection
  /** Calls since the last time this was asked. */
  calls(): number
  /** Moves the connector's own clock. */
  pass(ms: number): void
}

/** Opens the connector; time passes in real, and by `pass`. Sleeping takes none. */
export function openConnection(settings: Readonly<Record<string, Json>> = {}): Opened {
  let aheadMs = 0
  let counted = 0
  const clock = {
    now: () => new Date(Date.now() + aheadMs).toISOString() as Instant,
    sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 20)),
  }
  const silent = () => {}
  const log = { debug: silent, info: silent, warn: silent, error: silent }
  const http = openHttpClient({
    clock,
    log,
    onCall: () => {
      counted += 1
    },
  })
  return {
    connection: odoo.open({ ...environment, ...settings }, { name: 'odoo', http, clock, log }),
    calls() {
      const before = counted
      counted = 0
      return before
    },
    pass: (ms) => {
      aheadMs += ms
    },
  }
}

/** All changes from a place on, and the place after them. */
export async function changesSince(
  connection: Connection,
  since: ChangesSince,
): Promise<{ ids: string[]; next: ChangesSince }> {
  const ids: string[] = []
  let next = since
  for await (const page of connection.changes({ object: 'sale.order', paths: [], where: [] }, since)) {
    ids.push(...page.ids)
    // As the ledger keeps it.
    next = { cursor: JSON.parse(JSON.stringify(page.cursor)) }
  }
  return { ids, next }
}

let uid: Promise<number> | null = null

/** What a person would do in Odoo, by its own protocol rather than by the connector. */
export async function act(model: string, method: string, args: readonly Json[], kwargs: Json = {}): Promise<Json> {
  const { database, username, password } = environment
  uid ??= service('common', 'authenticate', [database, username, password, {}]).then(Number)
  return service('object', 'execute_kw', [database, await uid, password, model, method, args, kwargs])
}

export async function create(model: string, values: Json, context: Json = {}): Promise<number> {
  return Number(await act(model, 'create', [values], { context }))
}

export async function readOne(model: string, id: string | number, fields: readonly string[]) {
  const [row] = (await act(model, 'read', [[Number(id)], fields])) as readonly Json[]
  if (row === undefined || !isObject(row)) throw new Error(`no ${model} ${id}`)
  return row
}

/** A user of its own with these groups and nothing else. */
export async function userWith(...groups: readonly string[]): Promise<{ username: string; password: string }> {
  const username = `user${Date.now().toString(36)}${groups.length}`
  const ids = await Promise.all(
    groups.map(async (group) => {
      const [module = '', name = ''] = group.split('.')
      const found = await act('ir.model.data', 'search_read', [
        [
          ['module', '=', module],
          ['name', '=', name],
        ],
        ['res_id'],
      ])
      return (found as { res_id: number }[])[0]?.res_id ?? 0
    }),
  )
  await create('res.users', { name: username, login: username, password: username, [words.groups]: [[6, 0, ids]] })
  return loginOf(username)
}

/**
 * What a user of this name and password logs in by. An API key is made as he makes it himself, in the browser: nothing else
 * gives one.
 */
export async function loginOf(username: string): Promise<{ username: string; password: string }> {
  if (words.login === 'password') return { username, password: username }
  let cookie = ''
  const click = async (path: string, params: Json) => {
    const response = await fetch(`${environment.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie },
      body: JSON.stringify({ jsonrpc: '2.0', method: 'call', params }),
    })
    cookie = response.headers.getSetCookie().map((one) => one.split(';')[0])[0] ?? cookie
    return answerOf(await response.json(), path)
  }
  const on = (model: string, method: string, ids: readonly number[], args: readonly Json[], context: Json = {}) =>
    click('/web/dataset/call_kw', {
      model,
      method,
      args: [...(ids.length > 0 ? [ids] : []), ...args],
      kwargs: { context },
    })
  await click('/web/session/authenticate', { db: environment.database, login: username, password: username })
  const asked = Number(await on('res.users.apikeys.description', 'create', [], [{ name: 'crosswalk', duration: '1' }]))
  const identity = (await on('res.users.apikeys.description', 'make_key', [asked], [])) as { res_id: number }
  await on('res.users.identitycheck', 'write', [identity.res_id], [{ password: username }])
  const shown = await on('res.users.identitycheck', 'run_check', [identity.res_id], [], { password: username })
  return { username, password: (shown as { context: { default_key: string } }).context.default_key }
}

async function service(name: string, method: string, args: readonly Json[]): Promise<Json> {
  const response = await fetch(`${environment.url}/jsonrpc`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', method: 'call', id: 1, params: { service: name, method, args } }),
  })
  return answerOf(await response.json(), `${method} of ${args[3]}`)
}

function answerOf(reply: unknown, what: string): Json {
  const { result, error } = reply as { result?: Json; error?: { data: { message: string } } }
  if (error !== undefined) throw new Error(`${what}: ${error.data.message}`)
  return result ?? null
}

export interface Company {
  /** Made new for each run, so that runs do not meet. */
  readonly mark: string
  readonly customer: string
  readonly products: Readonly<Record<'make' | 'buy' | 'stock' | 'service', string>>
  readonly skus: Readonly<Record<'make' | 'buy' | 'stock' | 'service', string>>
}

/** A customer and one product of each route, with what producing and buying them needs. */
export async function seedCompany(): Promise<Company> {
  const mark = `T${Date.now().toString(36)}`
  const routes = (await act(words.routes, 'search_read', [[['active', 'in', [true, false]]], ['name']])) as {
    id: number
    name: string
  }[]
  const route = (name: string): number => routes.find((one) => one.name.startsWith(name))?.id ?? 0
  const onOrder = route('Replenish on Order')
  await act(words.routes, 'write', [[onOrder], { active: true }])
  const product = (kind: string, values: Json): Promise<number> =>
    create('product.product', {
      name: `${kind} ${mark}`,
      default_code: `${mark}-${kind}`,
      ...words.storable,
      list_price: 10,
      invoice_policy: 'delivery',
      ...(values as object),
    })
  const part = await product('PART', {})
  const make = await product('MAKE', { route_ids: [[6, 0, [route('Manufacture'), onOrder]]] })
  const template = (await readOne('product.product', make, ['product_tmpl_id'])).product_tmpl_id as [number, string]
  await create('mrp.bom', {
    product_tmpl_id: template[0],
    product_qty: 1,
    bom_line_ids: [[0, 0, { product_id: part, product_qty: 2 }]],
  })
  const vendor = await create('res.partner', { name: `Vendor ${mark}` })
  const buy = await product('BUY', {
    route_ids: [[6, 0, [route('Buy'), onOrder]]],
    seller_ids: [[0, 0, words.vendor(vendor, 3)]],
  })
  const stock = await product('STOCK', {})
  const service = await product('SERVICE', { type: 'service', invoice_policy: 'order' })
  const [warehouse] = (await act('stock.warehouse', 'search_read', [[], ['lot_stock_id']], { order: 'id' })) as {
    lot_stock_id: [number, string]
  }[]
  const location = warehouse?.lot_stock_id[0] ?? 0
  for (const one of [part, stock]) {
    const quant = { product_id: one, location_id: location, [words.counted]: 1000 }
    await create('stock.quant', quant, { inventory_mode: true })
  }
  const customer = await create('res.partner', { name: `Customer ${mark}`, is_company: true })
  return {
    mark,
    customer: String(customer),
    products: { make: String(make), buy: String(buy), stock: String(stock), service: String(service) },
    skus: { make: `${mark}-MAKE`, buy: `${mark}-BUY`, stock: `${mark}-STOCK`, service: `${mark}-SERVICE` },
  }
}
