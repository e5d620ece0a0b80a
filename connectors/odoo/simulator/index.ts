import { randomUUID } from 'node:crypto'
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts'
import { type SimulatorReply, type SimulatorRequest, startSimulator } from '../../../src/simulator/server.ts'
import type { SimulatedErp } from '../../../src/simulator/world.ts'
import { isOdooError, notSimulated, type OdooError, odooError, userError } from './errors.ts'
import { readValue } from './fields.ts'
import { openFulfilment, type Route } from './fulfilment.ts'
import { openLoad } from './load.ts'
import { modelsOf } from './models.ts'
import type { NewProduct, OdooStore, SimulatedOrder, SimulatedPartner } from './people.ts'
import { openRecords } from './records.ts'
import { openRpc } from './rpc.ts'
import { openStock } from './stock.ts'
import { openStore, type Row } from './store.ts'
import { seedUnits, unitNamed, unitOfLine } from './units.ts'
import { requests, trouble, words, worldOf } from './world.ts'

export interface OdooSimulatorOptions {
  readonly port?: number
  readonly latencyMs?: number
  /** Epoch milliseconds; the real time when not given. */
  readonly now?: () => number
  /**
   * '14.0' when not given. From '19.0' on JSON-2 is served too, with the password as an API key; from 'saas~19.1' on
   * a program gets new keys for old ones.
   */
  readonly version?: string
  readonly database?: string
  readonly username?: string
  readonly password?: string
  /** Of the company; its pricelist has id 1. 'EUR' when not given. */
  readonly currency?: string
  readonly timeZone?: string
  /** Further ones, each with a pricelist. */
  readonly currencies?: readonly string[]
  /** Whether programs may make API keys, where there is a way to; true when not given, as the user is an administrator. */
  readonly keysByPrograms?: boolean
  /** Every so many loads one loses a race against another and is to be tried again. */
  readonly raceEvery?: number
  /** False where the app for stock is not installed. Orders are not simulated then. */
  readonly stock?: boolean
  /** What the user may not do: models, or a model and a right: `mrp.production`, `res.partner create`. */
  readonly denied?: readonly string[]
}

const userId = 2

/** A database of Odoo in memory: strict where Odoo is, with its import, its transactions and its messages. */
export async function startOdooSimulator(
  options: OdooSimulatorOptions = {},
): Promise<SimulatedErp & { readonly store: OdooStore; changePassword(to: string): void }> {
  const version = options.version ?? '14.0'
  const major = Number.parseInt(version.replace(/^saas~/, ''), 10)
  const now = options.now ?? Date.now
  const { database = 'demo', username = 'admin' } = options
  let { password = 'admin' } = options
  const withStock = options.stock !== false
  const store = openStore(modelsOf(major, { stock: withStock }), now, major)
  const routes = new Map<number, Route>()
  const routeOf = (productId: number): Route => {
    const product = store.get('product.product', productId)
    const service = product !== undefined && readValue(store, 'product.product', product, 'type') === 'service'
    return service ? 'service' : (routes.get(productId) ?? 'stock')
  }
  const stock = openStock(store)
  const fulfilment = openFulfilment(store, { major, routeOf, stock })
  const records = openRecords(store, { major, onMore: (orderId) => fulfilment.more(orderId) })
  const load = openLoad(store, records)
  /** Secret of each API key, and its record. */
  const apiKeys = new Map<string, number>()
  let denied: ReadonlySet<string> = new Set(options.denied)
  let loads = 0
  let taxes: readonly number[] = []

  // 19.0 has no method for them (seen); what comes after it has. Source: `res.users.apikeys` in Odoo's development branch.
  const keysByApi = major > 19 || (major === 19 && !version.startsWith('19.0')) || null
  const rpc = openRpc({
    store,
    records,
    fulfilment,
    load,
    major,
    denied: () => denied,
    losesRace() {
      loads += 1
      return options.raceEvery !== undefined && loads % options.raceEvery === 0
    },
    apiKeys: keysByApi && {
      generate({ key, scope = 'rpc', name = '', expiration_date: end = false }) {
        refuseProgram()
        if (!isKey(String(key))) throw odooError('odoo.exceptions.AccessDenied', 'Access Denied')
        return addKey(
          String(name),
          typeof end === 'string' ? `${end.padEnd(19, ' 00:00:00')}.000` : false,
          String(scope),
        )
      },
      revoke(key) {
        refuseProgram()
        const id = apiKeys.get(key)
        if (id === undefined) throw odooError('odoo.exceptions.AccessDenied', 'Access Denied')
        apiKeys.delete(key)
        store.remove('res.users.apikeys', id)
      },
    },
  })

  /** Source: `_ensure_can_manage_keys_programmatically` in Odoo's development branch. */
  function refuseProgram(): void {
    if (options.keysByPrograms === false) throw userError('Programmatic API keys are not enabled')
  }
  function addKey(
    name: string,
    end: string | false,
    scope = 'rpc',
    key: string = randomUUID().replaceAll('-', ''),
  ): string {
    const { id } = store.create('res.users.apikeys', {
      name,
      scope,
      user_id: userId,
      ...(major >= 18 ? { expiration_date: end } : {}),
    })
    apiKeys.set(key, id)
    return key
  }
  function isKey(key: string): boolean {
    const record = store.get('res.users.apikeys', apiKeys.get(key) ?? 0)
    if (record === undefined) return false
    return typeof record.expiration_date !== 'string' || record.expiration_date > store.time()
  }
  const isSecret = (secret: Json | undefined): boolean =>
    typeof secret === 'string' && (secret === password || isKey(secret))

  seed()
  if (major >= 18)
    addKey(
      'initial',
      store.time().replace(/^\d+/, (year) => String(Number(year) + 1)),
      'rpc',
      password,
    )

  function seed(): void {
    const { currency = 'EUR', currencies: further = [], timeZone = 'Europe/Berlin' } = options
    const currencies = new Map<string, number>()
    for (const code of new Set([currency, ...further])) {
      const whole = code === 'JPY'
      const { id } = store.create('res.currency', {
        name: code,
        symbol: code,
        active: true,
        ...(whole ? { rounding: 1, decimal_places: 0 } : {}),
      })
      currencies.set(code, id)
    }
    const currencyId = currencies.get(currency) ?? 1
    const states: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      US: { CA: 'California', NY: 'New York', TX: 'Texas' },
      CA: { ON: 'Ontario', QC: 'Quebec' },
    }
    for (const [code, name] of Object.entries(countries)) {
      const country = store.create('res.country', { code, name })
      for (const [short, state] of Object.entries(states[code] ?? {})) {
        store.create('res.country.state', { code: short, name: state, country_id: country.id })
      }
    }
    store.create('res.lang', { name: 'English (US)', code: 'en_US' })
    seedUnits(store, major)
    store.create('product.category', { name: 'All' })
    if (withStock) store.create('stock.location', { name: 'WH/Stock' })
    const own = store.create('res.partner', { name: 'My Company', is_company: true })
    store.create('res.company', { name: 'My Company', currency_id: currencyId, partner_id: own.id })
    const robot = store.create('res.partner', { name: 'OdooBot', active: false })
    const person = store.create('res.partner', { name: 'Mitchell Admin' })
    const user = { company_id: 1, company_ids: [1], lang: 'en_US', tz: timeZone }
    store.create('res.users', { ...user, name: 'OdooBot', login: '__system__', partner_id: robot.id, active: false })
    store.create('res.users', { ...user, name: 'Mitchell Admin', login: username, partner_id: person.id })
    for (const [code, id] of currencies) {
      store.create('product.pricelist', {
        name: id === currencyId ? 'Public Pricelist' : `Pricelist ${code}`,
        currency_id: id,
      })
    }
    store.create('account.payment.term', { name: 'Immediate Payment' })
    store.create('account.payment.term', { name: '30 Days' })
    store.create('crm.team', { name: 'Sales' })
    if (withStock) store.create('stock.warehouse', { name: 'My Company', code: 'WH', company_id: 1 })
    if (withStock) store.create('delivery.carrier', { name: 'Standard delivery' })
    store.create('ir.config_parameter', { key: 'database.uuid', value: randomUUID() })
    for (const name of [
      'base',
      'sale',
      'sale_management',
      'purchase',
      'account',
      ...(withStock ? ['stock', 'sale_stock', 'mrp'] : []),
    ]) {
      store.create('ir.module.module', { name, state: 'installed', installed_version: `${version}.1.0` })
    }
  }

  async function handle(request: SimulatorRequest): Promise<SimulatorReply> {
    const reply = answer(request)
    return { ...reply, headers: { date: new Date(now()).toUTCString(), ...reply.headers } }
  }

  function answer(request: SimulatorRequest): SimulatorReply {
    // A real server passes over them: all that is asked stands in the body.
    if (request.query.size > 0) return page(501, `not simulated: parameters of ${request.path}`)
    if (request.path === '/web/version' && major >= 19) {
      return { status: 200, body: { version, version_info: versionInfo } }
    }
    if (major >= 19 && /^\/json\/2(\/|$)/.test(request.path)) return json2(request)
    // What a real server has besides.
    if (/^\/(xmlrpc|web|json|doc)(\/|$)/.test(request.path)) return page(501, `not simulated: ${request.path}`)
    if (request.path !== '/jsonrpc') return page(404, notFound)
    if (request.method !== 'POST') return page(405, notFound)
    return jsonRpc(request)
  }

  const versionInfo: Json = [major, Number(version.split('.')[1] ?? 0), 0, 'final', 0, '']

  function jsonRpc(request: SimulatorRequest): SimulatorReply {
    let id: Json = null
    try {
      const body: unknown = JSON.parse(request.body.toString('utf8'))
      if (!isObject(body as Json)) throw odooError('werkzeug.exceptions.BadRequest', 'Invalid JSON data')
      const call = body as JsonObject
      id = call.id ?? null
      const result = serve(isObject(call.params ?? null) ? (call.params as JsonObject) : {})
      return { status: 200, body: { jsonrpc: '2.0', id, result } }
    } catch (error) {
      if (error instanceof SyntaxError) return page(400, notFound)
      if (!isOdooError(error)) throw error
      const data = failureOf(error)
      return { status: 200, body: { jsonrpc: '2.0', id, error: { code: 200, message: 'Odoo Server Error', data } } }
    }
  }

  function serve(params: JsonObject): Json {
    const args = Array.isArray(params.args) ? (params.args as readonly Json[]) : []
    if (params.service === 'common' && params.method === 'version') {
      return { server_version: version, server_version_info: versionInfo, server_serie: version, protocol_version: 1 }
    }
    const service = `${String(params.service)}.${String(params.method)}`
    if (!['common.authenticate', 'common.login', 'object.execute', 'object.execute_kw'].includes(service)) {
      throw notSimulated(`the service ${service}`)
    }
    const [name, who, secret, model, method, ...rest] = args
    if (name !== database) {
      throw odooError('psycopg2.OperationalError', `FATAL:  database "${String(name)}" does not exist\n`)
    }
    if (params.service === 'common') return who === username && isSecret(secret) ? userId : false
    if (who !== userId || !isSecret(secret)) throw odooError('odoo.exceptions.AccessDenied', 'Access Denied')
    const [object, called] = [String(model), String(method)]
    // The older of the two takes all arguments one after the other, and none by name.
    const [positional = [], named = {}] = params.method === 'execute' ? [rest] : rest
    const given = rpc.named(object, called, positional as readonly Json[], named as JsonObject)
    return rpc.call({ model: object, method: called, args: given })
  }

  /** Source: `http.py`, `addons/rpc/controllers/json2.py` and `ir_http.py` of 19.0, in their order. */
  function json2(request: SimulatorRequest): SimulatorReply {
    const asked = request.headers['x-odoo-database']
    if (asked !== undefined && asked !== database) return page(404, noDatabase)
    const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim()
    if (request.body.length > 0 && type !== 'application/json') return page(415, wrongType)
    const [, model, method] = /^\/json\/2\/([^/]+)\/([^/]+)$/.exec(request.path) ?? []
    if (request.method !== 'POST' || model === undefined || method === undefined) {
      return refused(404, 'NotFound', 'Did you mean POST /json/2/<model>/<method>?')
    }
    const key = /^bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (key === undefined || !isKey(key)) {
      const text = 'User not authenticated, use an API Key with a Bearer Authorization header.'
      const reply = refused(401, 'Unauthorized', key === undefined ? text : 'Invalid apikey')
      return { ...reply, headers: { 'www-authenticate': 'Bearer' } }
    }
    try {
      const body = (request.body.length === 0 ? {} : JSON.parse(request.body.toString('utf8'))) as Json
      const args = isObject(body) ? body : {}
      if (!store.models.has(model)) return refused(404, 'NotFound', `the model '${model}' does not exist`)
      const { ids, context: _, ...named } = args
      if (Array.isArray(ids) && ids.length > 0 && !rpc.isOfRecords(model, method)) {
        return refused(422, 'UnprocessableEntity', `cannot call ${model}.${method} with ids`)
      }
      const misfit = rpc.misfitOf(model, method, named)
      if (misfit?.unknown !== undefined) {
        return refused(422, 'UnprocessableEntity', `got an unexpected keyword argument '${misfit.unknown}'`)
      }
      if (misfit?.missing !== undefined) {
        return refused(422, 'UnprocessableEntity', `missing a required argument: '${misfit.missing}'`)
      }
      const value = rpc.call({ model, method, args: rpc.isOfRecords(model, method) ? args : withoutIds(args) })
      // The server below sends text as it is; here it is a JSON value.
      return { status: 200, body: typeof value === 'string' ? JSON.stringify(value) : value }
    } catch (error) {
      if (error instanceof SyntaxError) {
        return refused(400, 'BadRequest', `could not parse the body as json: ${error.message}`)
      }
      if (!isOdooError(error)) throw error
      if (error.exception === 'builtins.AttributeError') return refused(404, 'NotFound', error.message)
      return { status: statuses[error.exception] ?? 500, body: failureOf(error) }
    }
  }

  const rowOf = (model: string, id: string): Row => {
    const row = store.get(model, Number(id))
    if (row === undefined) throw new Error(`the simulated Odoo has no ${model} ${id}`)
    return row
  }
  const act = <T>(work: () => T): T => store.transaction(work)

  function externalIdOf(model: string, id: number): string | null {
    const found = store
      .having('ir.model.data', 'res_id', id)
      .map((one) => store.get('ir.model.data', one))
      .find((row) => row?.model === model)
    return found === undefined ? null : `${found.module}.${found.name}`
  }

  function partnerOf(row: Row): SimulatedPartner {
    const text = (name: string) => (row[name] === false || row[name] === undefined ? null : String(row[name]))
    return {
      ...{ id: String(row.id), name: text('name') ?? '', ref: text('ref'), type: String(row.type) },
      externalId: externalIdOf('res.partner', row.id),
      ...{ parentId: text('parent_id'), email: text('email'), street: text('street'), city: text('city') },
    }
  }

  function orderOf(row: Row): SimulatedOrder {
    return {
      id: String(row.id),
      name: String(row.name),
      state: String(row.state),
      partnerId: String(row.partner_id),
      shippingId: String(row.partner_shipping_id),
      invoiceId: String(row.partner_invoice_id),
      externalId: externalIdOf('sale.order', row.id),
      reference: row.client_order_ref === false ? null : String(row.client_order_ref),
      currency: String(store.get('res.currency', Number(row.currency_id))?.name),
      amountUntaxed: Number(row.amount_untaxed),
      amountTax: Number(row.amount_tax),
      amountTotal: Number(row.amount_total),
      lines: store.having('sale.order.line', 'order_id', row.id).map((id) => {
        const line = rowOf('sale.order.line', String(id))
        const sku = store.get('product.product', Number(line.product_id))?.default_code
        return {
          id: String(id),
          sku: typeof sku === 'string' ? sku : null,
          quantity: Number(line.product_uom_qty),
          unit: String(store.get('uom.uom', unitOfLine(store, line))?.name),
          price: Number(line.price_unit),
          discount: Number(line.discount),
          delivered: Number(line.qty_delivered),
          externalId: externalIdOf('sale.order.line', id),
        }
      }),
    }
  }

  function addProduct(given: NewProduct): number {
    const { unit = 'Units', sku, name = sku, price = 10, route = 'stock', archived = false, onHand = 1000 } = given
    const service = route === 'service'
    const id = records.create('product.product', {
      default_code: sku,
      name,
      list_price: Number(price),
      uom_id: unitNamed(store, unit),
      type: service ? 'service' : major >= 18 || !withStock ? 'consu' : 'product',
      ...(major >= 18 && withStock ? { is_storable: !service } : {}),
      taxes_id: taxes,
      active: !archived,
    })
    if (route !== 'stock') routes.set(id, route)
    if (!service && withStock) stock.begin(id, onHand)
    return id
  }
  function currencyId(code: string): number {
    const [id] = store.having('res.currency', 'name', code)
    if (id === undefined) throw new Error(`the simulated Odoo has no currency ${code}`)
    return id
  }

  const people: OdooStore = {
    addProduct: (product) => act(() => String(addProduct(product))),
    addProducts: (count) =>
      act(() => {
        const ids = Array.from({ length: count }, (_, place) =>
          addProduct({ sku: `BULK-${place + 1}`, name: `Product ${place + 1}` }),
        )
        return String(ids[0])
      }),
    setPrice: (productId, currency, price) =>
      act(() => {
        const list = [...store.rows('product.pricelist')].find((row) => row.currency_id === currencyId(currency))
        const rule = {
          pricelist_id: list?.id ?? 0,
          applied_on: '0_product_variant',
          product_id: Number(productId),
          product_tmpl_id: Number(rowOf('product.product', productId).product_tmpl_id),
          compute_price: 'fixed',
          fixed_price: Number(price),
        }
        const [known] = store
          .having('product.pricelist.item', 'product_id', Number(productId))
          .filter((id) => store.get('product.pricelist.item', id)?.pricelist_id === rule.pricelist_id)
        if (known === undefined) records.create('product.pricelist.item', rule)
        else records.write('product.pricelist.item', [known], { fixed_price: rule.fixed_price })
      }),
    setRate: (currency, rate) =>
      act(() => {
        store.create('res.currency.rate', {
          currency_id: currencyId(currency),
          name: store.time().slice(0, 10),
          rate,
        })
      }),
    changeProduct: (id, { price, onHand, active, name }) =>
      act(() => {
        const values = {
          ...(price === undefined ? {} : { list_price: Number(price) }),
          ...(active === undefined ? {} : { active }),
          ...(name === undefined ? {} : { name }),
        }
        rowOf('product.product', id)
        if (Object.keys(values).length > 0) records.write('product.product', [Number(id)], values)
        if (onHand !== undefined) stock.count(Number(id), Number(onHand))
      }),
    products: () =>
      [...store.rows('product.product')].map((row) => {
        const value = (name: string) => readValue(store, 'product.product', row, name)
        return {
          id: String(row.id),
          sku: row.default_code === false ? '' : String(row.default_code),
          name: String(value('name')),
          active: row.active === true,
          price: Number(value('lst_price')),
          onHand: withStock ? Number(value('qty_available')) : 0,
          available: withStock ? Number(value('free_qty')) : 0,
        }
      }),
    addCustomer: (values) =>
      act(() => String(records.create('res.partner', { is_company: true, customer_rank: 1, ...values }))),
    create: (model, values) => act(() => String(records.create(model, values))),
    remove: (model, id) => act(() => records.unlink(model, [Number(id)])),
    write: (model, id, values) => act(() => records.write(model, [Number(id)], values)),
    orders: () => [...store.rows('sale.order')].map(orderOf),
    order(id) {
      const row = store.get('sale.order', Number(id))
      return row === undefined ? null : orderOf(row)
    },
    pickings: () =>
      [...store.rows('stock.picking')].map((row) => ({
        id: String(row.id),
        state: String(row.state),
        partnerId: String(row.partner_id),
      })),
    countryId(code) {
      for (const row of store.rows('res.country')) if (row.code === code) return row.id
      throw new Error(`the simulated database has no country "${code}"`)
    },
    partners: () => [...store.rows('res.partner')].map(partnerOf),
    partner(id) {
      const row = store.get('res.partner', Number(id))
      return row === undefined ? null : partnerOf(row)
    },
    setArchived: (model, id, archived) => act(() => records.write(model, [Number(id)], { active: !archived })),
    setDefaultTax(percent) {
      taxes =
        percent === null
          ? []
          : [store.create('account.tax', { name: `Tax ${percent}%`, amount: percent, company_id: 1 }).id]
    },
    setDenied(models) {
      denied = new Set(models)
    },
    tick({ orders, steps = 1 } = {}) {
      let moved = 0
      for (let step = 0; step < steps; step += 1) moved = fulfilment.tick(orders?.map(Number))
      return moved
    },
    confirm: (id) => void act(() => fulfilment.confirm([Number(id)])),
    startProduction: (id) => act(() => fulfilment.start(Number(id))),
    produce: (id) => act(() => fulfilment.produce(Number(id))),
    purchase: (id) => act(() => fulfilment.purchase(Number(id))),
    receive: (id) => act(() => fulfilment.receive(Number(id))),
    ship: (id, how) => act(() => fulfilment.ship(Number(id), how)),
    replenish: (id) => act(() => fulfilment.replenish(Number(id))),
    takeBack: (id, quantity) => act(() => fulfilment.takeBack(Number(id), quantity)),
    invoice: (id, how) =>
      act(() => {
        const made = fulfilment.invoice(Number(id), how)
        return (how?.draft !== true && fulfilment.post(Number(id))) || made
      }),
    pay: (id, amount) => act(() => fulfilment.pay(Number(id), amount)),
    cancelOrder: (id) => void act(() => fulfilment.cancel([Number(id)], true)),
    deleteOrder: (id) =>
      act(() => {
        // Odoo deletes only what is not confirmed, so a person cancels it first.
        if (rowOf('sale.order', id).state === 'sale') fulfilment.cancel([Number(id)], true)
        records.unlink('sale.order', [Number(id)])
      }),
    editOrder: (id, values) => act(() => records.write('sale.order', [Number(id)], values)),
    editLine: (id, values) => act(() => records.write('sale.order.line', [Number(id)], values)),
  }

  const simulator = await startSimulator({
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
    bodyBytesMax: 100_000_000,
    handle,
    control: controlsOf(people),
  })
  return {
    ...simulator,
    store: people,
    changePassword(to) {
      password = to
    },
    erp: worldOf(people),
    settings: { url: simulator.url, database, username, password },
    words,
    requests,
    trouble,
    quota: null,
  }
}

interface Steps {
  readonly id: string
  readonly part?: boolean
  readonly short?: boolean
  readonly draft?: boolean
  readonly delivered?: boolean
  readonly amount?: string | number
  readonly values?: JsonObject
}

/** The same over HTTP, for a simulator that runs as a process of its own. */
function controlsOf(people: OdooStore): Readonly<Record<string, (body: never) => Json>> {
  const steps: Readonly<Record<string, (step: Steps) => unknown>> = {
    confirm: ({ id }) => people.confirm(id),
    start_production: ({ id }) => people.startProduction(id),
    produce: ({ id }) => people.produce(id),
    purchase: ({ id }) => people.purchase(id),
    receive: ({ id }) => people.receive(id),
    ship: ({ id, part = false, short = false }) => people.ship(id, { part, short }),
    take_back: ({ id }) => people.takeBack(id),
    invoice: ({ id, draft = false, delivered = false }) => people.invoice(id, { draft, delivered }),
    pay: ({ id, amount = 'all' }) => people.pay(id, amount),
    cancel: ({ id }) => people.cancelOrder(id),
    delete: ({ id }) => people.deleteOrder(id),
    edit: ({ id, values = {} }) => people.editOrder(id, values),
    edit_line: ({ id, values = {} }) => people.editLine(id, values),
  }
  return {
    seed(body: { products?: readonly NewProduct[]; customers?: readonly JsonObject[]; tax?: number | null }) {
      if (body.tax !== undefined) people.setDefaultTax(body.tax)
      return {
        products: (body.products ?? []).map((product) => people.addProduct(product)),
        customers: (body.customers ?? []).map((customer) => people.addCustomer(customer)),
      }
    },
    create: ({ model, values }: { model: string; values: JsonObject }) => people.create(model, values),
    tick: (body: { orders?: readonly string[]; steps?: number }) => ({ moved: people.tick(body) }),
    orders: () => people.orders(),
    partners: () => people.partners(),
    products: () => people.products(),
    change_product({ id, ...change }: { id: string } & Parameters<OdooStore['changeProduct']>[1]) {
      people.changeProduct(id, change)
      return {}
    },
    step: ({ name, ...step }: Steps & { name: string }) => ({ done: steps[name]?.(step) !== false }),
    denied(body: readonly string[]) {
      people.setDenied(body)
      return {}
    },
  }
}

const failureOf = (error: OdooError): JsonObject => ({
  name: error.exception,
  debug: `Traceback (most recent call last):\n${error.exception}: ${error.message}\n`,
  message: error.message,
  arguments: [error.message],
  context: {},
})
/** What the web server's own exceptions look like over JSON-2. */
function refused(status: number, name: string, message: string): SimulatorReply {
  const failure = failureOf(odooError(`werkzeug.exceptions.${name}`, message))
  return { status, body: { ...failure, arguments: [message, status] } }
}
const page = (status: number, body: string): SimulatorReply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body,
})
const withoutIds = ({ ids: _, ...args }: JsonObject): JsonObject => args

/** Of JSON-2, by exception. */
const statuses: Readonly<Record<string, number>> = {
  'odoo.exceptions.UserError': 422,
  'odoo.exceptions.ValidationError': 422,
  'odoo.exceptions.AccessError': 403,
  'odoo.exceptions.AccessDenied': 403,
  'odoo.exceptions.MissingError': 404,
  'builtins.NotImplementedError': 501,
}

const noDatabase =
  '<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No database is selected and the requested URL was ' +
  'not found in the server-wide controllers.</p>\n'
const wrongType =
  '<!doctype html>\n<html lang=en>\n<title>415 Unsupported Media Type</title>\n<h1>Unsupported Media Type</h1>\n' +
  '<p>Request inferred type is compatible with [&#39;http&#39;] but &#39;/json/2&#39; is type=&#39;json2&#39;.</p>\n'
const notFound = '<!DOCTYPE HTML>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n'

const countries: Readonly<Record<string, string>> = {
  DE: 'Germany',
  AT: 'Austria',
  CH: 'Switzerland',
  FR: 'France',
  IT: 'Italy',
  ES: 'Spain',
  NL: 'Netherlands',
  BE: 'Belgium',
  PL: 'Poland',
  SE: 'Sweden',
  GB: 'United Kingdom',
  US: 'United States',
  CA: 'Canada',
  CN: 'China',
  JP: 'Japan',
  AU: 'Australia',
}
