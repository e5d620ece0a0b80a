import { type Words, wordsOf } from './words.ts'

/** A real Odoo, driven through its own methods as its users' clicks would. */
export interface Erp {
  readonly words: Words
  call<T>(
    model: string,
    method: string,
    args: readonly unknown[],
    kwargs?: Readonly<Record<string, unknown>>,
  ): Promise<T>
  search<T>(
    model: string,
    domain: readonly unknown[],
    fields: readonly string[],
  ): Promise<readonly (T & { id: number })[]>
  /** A product that is kept in stock, made to order, or bought to order. */
  addProduct(product: { sku: string; price: string; route: 'stock' | 'make' | 'buy' }): Promise<number>
  /** Finishes the order's production orders. */
  produce(order: string): Promise<number>
  /** Confirms the order's purchase orders and takes the goods in. */
  receive(order: string): Promise<number>
  /** Ships what is ready: one unit of each line, the rest as a backorder, or all. */
  ship(order: string, how: 'one of each' | 'all', tracking: string): Promise<void>
  /** Makes the invoice and posts it. @returns its number */
  invoice(orderId: number): Promise<string>
  pay(orderId: number): Promise<void>
}

export interface ErpLogin {
  readonly url: string
  readonly database: string
  readonly username: string
  readonly password: string
}

/** Where the real Odoo is. @throws Error when the environment does not say */
export function erpLogin(): ErpLogin {
  const given = (name: string) => {
    const value = process.env[name]
    if (value === undefined || value === '')
      throw new Error(`${name} is not set; test/real/odoo up prints the settings`)
    return value
  }
  return {
    url: given('ODOO_URL'),
    database: given('ODOO_DB'),
    username: given('ODOO_USERNAME'),
    password: given('ODOO_PASSWORD'),
  }
}

export async function openErp(login: ErpLogin): Promise<Erp> {
  async function rpc<T>(service: string, method: string, args: readonly unknown[]): Promise<T> {
    const response = await fetch(`${login.url}/jsonrpc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', method: 'call', id: 1, params: { service, method, args } }),
    })
    const reply = (await response.json()) as { result: T; error?: { data: { message: string; debug: string } } }
    if (reply.error !== undefined) throw new Error(`${method} ${String(args[4])}: ${reply.error.data.debug}`)
    return reply.result
  }
  const uid = await rpc<number>('common', 'authenticate', [login.database, login.username, login.password, {}])
  const words = wordsOf((await rpc<{ server_version: string }>('common', 'version', [])).server_version.slice(0, 4))
  const call: Erp['call'] = (model, method, args, kwargs = {}) =>
    rpc('object', 'execute_kw', [login.database, uid, login.password, model, method, args, kwargs])
  const search: Erp['search'] = (model, domain, fields) => call(model, 'search_read', [domain], { fields })
  const ids = async (model: string, domain: readonly unknown[]) => call<number[]>(model, 'search', [domain])
  const one = async (model: string, domain: readonly unknown[]) => {
    const [id] = await ids(model, domain)
    if (id === undefined) throw new Error(`no ${model} for ${JSON.stringify(domain)}`)
    return id
  }

  /** Follows a wizard that a button answered with. */
  async function follow(action: unknown): Promise<void> {
    if (typeof action !== 'object' || action === null || !('res_model' in action)) return
    const { res_model, context, res_id } = action as { res_model: string; context?: object; res_id?: number }
    const wizard = res_id || (await call<number>(res_model, 'create', [{}], { context: context ?? {} }))
    const next = await call<unknown>(res_model, 'process', [[wizard]], { context: context ?? {} })
    await follow(next)
  }
  const pickings = (domain: readonly unknown[]) =>
    search<{ name: string; state: string }>(
      'stock.picking',
      [...domain, ['state', 'not in', ['done', 'cancel']]],
      ['name', 'state'],
    )

  return {
    words,
    call,
    search,
    async addProduct({ sku, price, route }) {
      const template: Record<string, unknown> = {
        name: sku,
        default_code: sku,
        ...words.storable,
        list_price: Number(price),
        invoice_policy: 'delivery',
      }
      if (route !== 'stock') {
        const [mto] = await call<number[]>(words.routes, 'search', [[['name', 'ilike', 'MTO']]], {
          context: { active_test: false },
        })
        await call(words.routes, 'write', [[mto], { active: true }])
        const own = await one(words.routes, [['name', '=', route === 'make' ? 'Manufacture' : 'Buy']])
        template.route_ids = [[6, 0, [mto, own]]]
      }
      if (route === 'buy') {
        const vendor = await one('res.partner', [['is_company', '=', true]])
        template.seller_ids = [[0, 0, words.vendor(vendor, 1)]]
      }
      const product = await call<number>('product.product', 'create', [template])
      if (route === 'make') {
        const [{ product_tmpl_id: owner } = { product_tmpl_id: [0] }] = await search<{ product_tmpl_id: [number] }>(
          'product.product',
          [['id', '=', product]],
          ['product_tmpl_id'],
        )
        const part = await call<number>('product.product', 'create', [{ name: `Part of ${sku}`, type: 'consu' }])
        await call('mrp.bom', 'create', [
          { product_tmpl_id: owner[0], product_qty: 1, bom_line_ids: [[0, 0, { product_id: part, product_qty: 1 }]] },
        ])
      }
      if (route === 'stock') {
        const [warehouse] = await call<{ lot_stock_id: [number] }[]>('stock.warehouse', 'search_read', [[]], {
          fields: ['lot_stock_id'],
          order: 'id',
          limit: 1,
        })
        const location = warehouse?.lot_stock_id[0]
        await call(
          'stock.quant',
          'create',
          [{ product_id: product, location_id: location, [words.counted]: 100_000 }],
          { context: { inventory_mode: true } },
        )
      }
      return product
    },
    async produce(order) {
      const open = await search<{ product_qty: number }>(
        'mrp.production',
        [
          ['origin', '=', order],
          ['state', 'not in', ['done', 'cancel']],
        ],
        ['product_qty'],
      )
      for (const { id } of open) await follow(await call('mrp.production', 'button_mark_done', [[id]]))
      return open.length
    },
    async receive(order) {
      const open = await ids('purchase.order', [
        ['origin', 'like', order],
        ['state', '=', 'draft'],
      ])
      for (const id of open) {
        await call('purchase.order', 'button_confirm', [[id]])
        for (const receipt of await pickings([['purchase_id', '=', id]])) {
          await follow(await call('stock.picking', 'button_validate', [[receipt.id]]))
        }
      }
      return open.length
    },
    async ship(order, how, tracking) {
      for (const { id } of await pickings([
        ['origin', '=', order],
        ['picking_type_code', '=', 'outgoing'],
      ])) {
        await call('stock.picking', 'action_assign', [[id]])
        await call('stock.picking', 'write', [[id], { carrier_tracking_ref: tracking }])
        const lines = await search<Record<string, number>>(
          'stock.move.line',
          [['picking_id', '=', id]],
          [words.detailReserved],
        )
        for (const line of lines) {
          const done = how === 'all' ? (line[words.detailReserved] ?? 0) : 1
          await call('stock.move.line', 'write', [[line.id], words.detailMoved(done)])
        }
        await follow(await call('stock.picking', 'button_validate', [[id]]))
      }
    },
    async invoice(orderId) {
      const context = { active_model: 'sale.order', active_ids: [orderId], active_id: orderId }
      const wizard = await call<number>(
        'sale.advance.payment.inv',
        'create',
        [{ advance_payment_method: 'delivered' }],
        { context },
      )
      await call('sale.advance.payment.inv', 'create_invoices', [[wizard]], { context })
      const [order] = await search<{ invoice_ids: number[] }>('sale.order', [['id', '=', orderId]], ['invoice_ids'])
      await call('account.move', 'action_post', [order?.invoice_ids ?? []])
      const [invoice] = await search<{ name: string }>(
        'account.move',
        [['id', 'in', order?.invoice_ids ?? []]],
        ['name'],
      )
      return invoice?.name ?? ''
    },
    async pay(orderId) {
      const [order] = await search<{ invoice_ids: number[] }>('sale.order', [['id', '=', orderId]], ['invoice_ids'])
      const context = { active_model: 'account.move', active_ids: order?.invoice_ids ?? [] }
      const wizard = await call<number>('account.payment.register', 'create', [{}], { context })
      await call('account.payment.register', 'action_create_payments', [[wizard]], { context })
    },
  }
}
