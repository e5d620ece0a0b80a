import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, afterEach, describe, expect, test } from '@jest/globals'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import { type CompileContext, compileMapping } from '../../src/mapping/compile/compile.ts'
import { formatFinding } from '../../src/mapping/compile/finding.ts'
import { parseTable } from '../../src/mapping/compile/table.ts'
import { openSandbox } from '../../src/mapping/sandbox/sandbox.ts'
import { runMappingTests } from '../../src/mapping/testing/test-file.ts'
import type { ChangesSince, Connection, ObjectSchema } from '../../src/ports/connector.ts'
import { changesOf } from '../../test/asked.ts'
import { odoo } from './index.ts'
import { type OdooSimulatorOptions, startOdooSimulator } from './simulator/index.ts'

const start = '2026-11-24T09:00:00.000Z' as Instant
const ever = { from: '1970-01-01T00:00:00.000Z' as Instant }
let now = start
const clock = {
  now: () => now,
  sleep: async (ms: number) => {
    now = shift(now, ms)
  },
}
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const sandbox = openSandbox()
afterAll(() => sandbox.close())

let simulator: Awaited<ReturnType<typeof startOdooSimulator>>
let connection: Connection
afterEach(() => simulator.close())

async function begin(options: OdooSimulatorOptions = {}, settings: Readonly<Record<string, Json>> = {}) {
  now = start
  simulator = await startOdooSimulator({ now: () => toMillis(now), currencies: ['USD'], ...options })
  connection = odoo.open(
    { ...simulator.settings, ...settings },
    { name: 'erp', http: openHttpClient({ clock, log, random: () => 0 }), clock, log },
  )
  return simulator.store
}
const pass = (ms: number) => {
  now = shift(now, ms)
}
function calls(): number {
  const total = Object.values(simulator.calls()).reduce((sum, one) => sum + one, 0)
  simulator.resetCalls()
  return total
}

const product = 'product.product'
const paths = [
  'default_code',
  'display_name',
  'name',
  'description_sale',
  'uom_id.name',
  'active',
  'sale_ok',
  'url',
  'list_price',
  'qty_available',
  'free_qty',
  'prices.currency',
  'prices.amount',
  'on_hand',
  'available',
]
async function readOne(id: string, asked: readonly string[] = paths): Promise<JsonObject> {
  const [record] = await connection.read(product, [id], asked)
  if (record === null || record === undefined) throw new Error(`product ${id} was not read`)
  return record.fields
}
const pricesOf = async (id: string) => (await readOne(id, ['prices'])).prices
const poll = (since: ChangesSince) => changesOf(connection, { object: product, paths }, since)

describe.each(['14.0', '17.0', '19.0'])('a product of Odoo %s', (version) => {
  test('is read with its prices and its stock, archived or not', async () => {
    const store = await begin({ version })
    const desk = store.addProduct({ sku: 'DESK', name: 'Desk', price: '800.4', onHand: 60 })
    const setup = store.addProduct({ sku: 'SETUP', route: 'service', archived: true })
    store.setPrice(desk, 'USD', '879.99')
    const customer = store.addCustomer({ name: 'Acme' })
    const order = store.create('sale.order', { partner_id: Number(customer) })
    store.create('sale.order.line', { order_id: Number(order), product_id: Number(desk), product_uom_qty: 4 })
    store.confirm(order)
    const [first, second, third] = await connection.read(product, [desk, setup, '999'], paths)
    expect(first?.fields).toEqual({
      id: desk,
      default_code: 'DESK',
      display_name: '[DESK] Desk',
      name: 'Desk',
      description_sale: null,
      uom_id: { id: '1', name: 'Units' },
      active: true,
      sale_ok: true,
      url: `${simulator.url}/web#id=${desk}&model=product.product&view_type=form`,
      list_price: 800.4,
      qty_available: 60,
      free_qty: 56,
      prices: [
        { currency: 'EUR', amount: 800.4 },
        { currency: 'USD', amount: 879.99 },
      ],
      on_hand: 60,
      available: 56,
    })
    expect(second?.fields).toMatchObject({ active: false, on_hand: null, available: null, qty_available: 0 })
    expect(third).toBeNull()
    store.ship(order)
    expect(await readOne(desk)).toMatchObject({ on_hand: 56, available: 56 })
    expect(simulator.erp.catalogue?.products()[0]).toEqual({
      id: desk,
      sku: 'DESK',
      name: 'Desk',
      active: true,
      price: '800.4',
      onHand: '56',
      available: '56',
    })
  })

  test('is mapped as it is shipped', async () => {
    const store = await begin({ version })
    store.addProduct({ sku: 'DESK' })
    const file = (name: string) => ({
      file: name,
      text: readFileSync(new URL(`../../mappings/odoo/${name}`, import.meta.url), 'utf8'),
    })
    for (const name of ['product', 'order', 'customer', 'address', 'contact', 'fulfilment']) {
      const { mapping, findings } = await compileAll(file(`${name}.yaml`))
      expect(findings).toEqual([])
      if (mapping === null) throw new Error('not compiled')
      const results = await runMappingTests(mapping, file(`${name}.test.yaml`), sandbox)
      expect(results.filter((result) => !result.ok)).toEqual([])
      expect(results.length).toBeGreaterThan(1)
    }
  })
})

/** Against the schema of the connection, as lint does. */
async function compileAll(file: { file: string; text: string }) {
  const schemas = new Map<string, ObjectSchema>()
  const tableOf = (name: string) => {
    const text = readFileSync(new URL(`../../config/tables/${name}.yaml`, import.meta.url), 'utf8')
    return parseTable({ file: `${name}.yaml`, text }).table ?? {}
  }
  const context: CompileContext = {
    schemaOf: (object) => schemas.get(object) ?? null,
    otherObject: null,
    otherSchemaOf: () => null,
    tables: { countries: tableOf('countries'), 'odoo-units': tableOf('odoo-units') },
    ...{ links: ['customer', 'shipTo', 'billTo', 'contact'], owners: false, creates: true, fileOf: () => null },
  }
  for (;;) {
    const { mapping, findings, wanted } = compileMapping(file, context)
    const unknown = wanted.filter((object) => !schemas.has(object))
    if (unknown.length === 0) return { mapping, findings: findings.map(formatFinding) }
    for (const object of unknown) schemas.set(object, await connection.describe(object))
  }
}

describe('prices', () => {
  const rules: readonly (readonly [string, JsonObject, number])[] = [
    ['a price of its own', { applied_on: '1_product', fixed_price: 90 }, 90],
    ['a percentage off', { applied_on: '3_global', compute_price: 'percentage', percent_price: 10 }, 99],
    [
      'a formula',
      {
        applied_on: '2_product_category',
        categ_id: 1,
        compute_price: 'formula',
        price_discount: 20,
        price_surcharge: 1,
      },
      89.1,
    ],
    ['a price for ten and more', { applied_on: '3_global', min_quantity: 10, fixed_price: 1 }, 110],
    ['a price that is over', { applied_on: '3_global', date_end: '2026-11-23 00:00:00', fixed_price: 1 }, 110],
    ['no rule at all, by the rate', {}, 110],
  ]
  test.each(rules)('up to version 15 are those that Odoo computes: %s', async (_, rule, amount) => {
    const store = await begin()
    store.setRate('USD', 1.1)
    const desk = store.addProduct({ sku: 'DESK', price: 100 })
    if (Object.keys(rule).length > 0) {
      const ofProduct = rule.applied_on === '1_product' ? { product_tmpl_id: 1 } : {}
      store.create('product.pricelist.item', { pricelist_id: 2, ...ofProduct, ...rule })
    }
    expect(await pricesOf(desk)).toEqual([
      { currency: 'EUR', amount: 100 },
      { currency: 'USD', amount },
    ])
  })

  test.each<[string, readonly JsonObject[], number | null]>([
    ['of the variant before that of the product', [{ fixed_price: 5, variant: true }, { fixed_price: 4 }], 5],
    ['of the product', [{ fixed_price: 4 }], 4],
    ['that is valid now', [{ fixed_price: 4, date_start: '2026-11-25 00:00:00' }, { fixed_price: 3 }], 3],
    ['for one piece', [{ fixed_price: 4, min_quantity: 5 }, { fixed_price: 3 }], 3],
    ['unless another rule comes first', [{ fixed_price: 4 }, { compute_price: 'percentage', percent_price: 5 }], null],
    ['and none for all products', [{ fixed_price: 4, applied_on: '3_global' }], null],
    ['and none where there is no rule', [], null],
  ])('from version 16 on are fixed ones: the price %s', async (_, given, amount) => {
    const store = await begin({ version: '17.0' })
    const desk = store.addProduct({ sku: 'DESK', price: 100 })
    for (const { variant, ...rule } of given) {
      const target = variant === true ? { applied_on: '0_product_variant', product_id: 1 } : { applied_on: '1_product' }
      store.create('product.pricelist.item', { pricelist_id: 2, product_tmpl_id: 1, ...target, ...rule })
    }
    expect(await pricesOf(desk)).toEqual([
      { currency: 'EUR', amount: 100 },
      ...(amount === null ? [] : [{ currency: 'USD', amount }]),
    ])
  })

  test('have the digits that Odoo gives to prices', async () => {
    const store = await begin()
    store.setRate('USD', 1.1)
    const desk = store.addProduct({ sku: 'DESK', price: 100.1 })
    expect(await pricesOf(desk)).toEqual([
      { currency: 'EUR', amount: 100.1 },
      { currency: 'USD', amount: 110.11 },
    ])
  })

  test('are left out in a currency with several price lists, until one is named', async () => {
    const store = await begin({ currencies: ['USD', 'CHF'] })
    const desk = store.addProduct({ sku: 'DESK', price: 100 })
    store.create('product.pricelist', { name: 'Wholesale', currency_id: 2 })
    expect(await pricesOf(desk)).toEqual([
      { currency: 'EUR', amount: 100 },
      { currency: 'CHF', amount: 100 },
    ])
    const { findings } = await connection.check()
    expect(findings.filter((finding) => finding.level !== 'ok')).toMatchObject([
      { level: 'warning', subject: 'product.pricelist USD' },
    ])
    await simulator.close()
    const named = await begin({}, { priceLists: [3] })
    named.create('product.pricelist', { name: 'Wholesale', currency_id: 2 })
    const chair = named.addProduct({ sku: 'CHAIR', price: 50 })
    named.create('product.pricelist.item', { pricelist_id: 3, fixed_price: 40 })
    expect(await pricesOf(chair)).toEqual([
      { currency: 'EUR', amount: 50 },
      { currency: 'USD', amount: 40 },
    ])
    expect((await connection.check()).findings.filter((finding) => finding.level !== 'ok')).toEqual([])
  })

  test('cost one call a currency for 200 products, and lists are asked for once a minute', async () => {
    const store = await begin()
    store.addProducts(400)
    const ids = Array.from({ length: 400 }, (_, place) => String(place + 1))
    await connection.read(product, ids, paths)
    calls()
    await connection.read(product, ids, paths)
    expect(calls()).toBe(3)
    pass(61_000)
    await connection.read(product, ids, paths)
    expect(calls()).toBe(5)
  })
})

test('without the app for stock, products have none and are followed all the same', async () => {
  const store = await begin({ stock: false })
  const desk = store.addProduct({ sku: 'DESK' })
  expect(await readOne(desk)).toMatchObject({ on_hand: null, available: null, qty_available: null, free_qty: null })
  const { fields } = await connection.describe(product)
  expect([fields.qty_available?.type, fields.on_hand?.type]).toEqual(['number', 'number'])
  expect((await poll(ever)).ids).toEqual([desk])
})

test('without the right to read price lists and quants, products are read and followed by what may be read', async () => {
  const store = await begin({ denied: ['product.pricelist', 'product.pricelist.item', 'stock.quant'] })
  const desk = store.addProduct({ sku: 'DESK', price: 5 })
  expect(await readOne(desk)).toMatchObject({ prices: [{ currency: 'EUR', amount: 5 }], on_hand: 1000 })
  pass(600_000)
  const { next } = await poll(ever)
  // A count is booked by a move, which may be read.
  store.changeProduct(desk, { onHand: '7' })
  pass(5000)
  expect((await poll(next)).ids).toEqual([desk])
  const { findings } = await connection.check()
  expect(findings.filter(({ level }) => level === 'warning').map(({ subject }) => subject)).toEqual([
    'product.pricelist.item read',
    'stock.quant read',
  ])
})

describe('changes', () => {
  type Store = Awaited<ReturnType<typeof begin>>
  const item = (store: Store, values: JsonObject) =>
    store.create('product.pricelist.item', { pricelist_id: 2, fixed_price: 5, ...values })
  const causes: readonly (readonly [string, (store: Store, id: string) => void])[] = [
    ['its name', (store, id) => store.changeProduct(id, { name: 'Desk 2' })],
    ['its price', (store, id) => store.changeProduct(id, { price: '12' })],
    ['its template alone', (store) => store.write('product.template', '1', { description_sale: 'Oak' })],
    ['its being archived', (store, id) => store.changeProduct(id, { active: false })],
    ['a count of its stock', (store, id) => store.changeProduct(id, { onHand: '7' })],
    ['a count that finds nothing left', (store, id) => store.changeProduct(id, { onHand: '0' })],
    ['a price of its own in a price list', (store, id) => store.setPrice(id, 'USD', '9')],
    [
      'a price of its template in a price list',
      (store) => item(store, { applied_on: '1_product', product_tmpl_id: 1 }),
    ],
  ]
  test.each(causes)('tell a product by %s, once', async (_, change) => {
    const store = await begin()
    const desk = store.addProduct({ sku: 'DESK' })
    store.addProduct({ sku: 'CHAIR' })
    pass(600_000)
    const first = await poll(ever)
    expect(first.ids).toEqual(['1', '2'])
    pass(300_000)
    expect((await poll(first.next)).ids).toEqual([])
    change(store, desk)
    pass(20_000)
    const second = await poll(first.next)
    expect(second.ids).toEqual([desk])
    for (let since = second.next, round = 0; round < 10; round += 1) {
      pass(20_000)
      const later = await poll(since)
      expect(later.ids).toEqual([])
      since = later.next
    }
  })

  test('tell what an order reserves, ships and gives back', async () => {
    const store = await begin()
    const desk = store.addProduct({ sku: 'DESK', onHand: 10 })
    store.addProduct({ sku: 'CHAIR' })
    const order = store.create('sale.order', { partner_id: Number(store.addCustomer({ name: 'Acme' })) })
    store.create('sale.order.line', { order_id: Number(order), product_id: Number(desk), product_uom_qty: 4 })
    pass(600_000)
    let since: ChangesSince = (await poll(ever)).next
    const seen: Json[] = []
    for (const step of [
      () => store.confirm(order),
      () => store.ship(order, { part: true }),
      () => store.cancelOrder(order),
      () => store.takeBack(order),
    ]) {
      pass(200_000)
      expect((await poll(since)).ids).toEqual([])
      step()
      pass(3000)
      const { ids, next } = await poll(since)
      since = next
      expect(ids).toEqual([desk])
      const { on_hand, available } = await readOne(desk)
      seen.push([on_hand ?? null, available ?? null])
    }
    expect(seen).toEqual([
      [10, 6],
      [8, 6],
      [8, 8],
      [10, 10],
    ])
  })

  const wide: readonly (readonly [string, (store: Store) => void, readonly string[]])[] = [
    ['a rule for all products', (store) => item(store, {}), ['1', '2', '3']],
    [
      'a rule for a category and those below it',
      (store) => item(store, { applied_on: '2_product_category', categ_id: 2 }),
      ['2', '3'],
    ],
    [
      'the archiving of a price list',
      (store) => store.write('product.pricelist', '2', { active: false }),
      ['1', '2', '3'],
    ],
    [
      'a rule that goes with the form of its list',
      (store) => store.write('product.pricelist', '2', { item_ids: [[2, 1, false]] }),
      ['1', '2', '3'],
    ],
    [
      'a price that is added in the form of its list',
      (store) =>
        store.write('product.pricelist', '2', {
          item_ids: [[0, 0, { applied_on: '1_product', product_tmpl_id: 3, fixed_price: 1 }]],
        }),
      ['3'],
    ],
  ]
  test.each(wide)('tell the products behind %s, once', async (_, change, ids) => {
    const store = await begin()
    store.create('product.category', { name: 'Office', parent_id: 1 })
    store.create('product.category', { name: 'Chairs', parent_id: 2 })
    for (const [sku, categ_id] of [
      ['DESK', 1],
      ['LAMP', 2],
      ['CHAIR', 3],
    ] as const) {
      const id = store.addProduct({ sku })
      store.write(product, id, { categ_id })
    }
    item(store, { applied_on: '1_product', product_tmpl_id: 1 })
    item(store, { applied_on: '1_product', product_tmpl_id: 2 })
    pass(600_000)
    let { next } = await poll(ever)
    pass(60_000)
    change(store)
    pass(5000)
    const found = await poll(next)
    expect(found.ids).toEqual(ids)
    next = found.next
    for (let round = 0; round < 8; round += 1) {
      pass(20_000)
      const later = await poll(next)
      expect(later.ids).toEqual([])
      next = later.next
    }
  })

  test('tell a price on the day that it begins, and on the day that it ends', async () => {
    const store = await begin()
    const desk = store.addProduct({ sku: 'DESK' })
    store.addProduct({ sku: 'CHAIR' })
    item(store, {
      applied_on: '1_product',
      product_tmpl_id: 1,
      date_start: '2026-11-25 00:00:00',
      date_end: '2026-11-26 00:00:00',
    })
    pass(600_000)
    let { next } = await poll(ever)
    const told: [string, readonly string[]][] = []
    for (let hour = 0; hour < 72; hour += 6) {
      pass(6 * 3_600_000)
      const found = await poll(next)
      if (found.ids.length > 0) told.push([now.slice(0, 13), found.ids])
      next = found.next
    }
    expect(told).toEqual([
      ['2026-11-25T03', [desk]],
      ['2026-11-26T03', [desk]],
    ])
  })

  test('cost two calls when there are none', async () => {
    const store = await begin()
    store.addProducts(50)
    pass(600_000)
    const { next } = await poll(ever)
    const again = await poll(next)
    calls()
    expect((await poll(again.next)).ids).toEqual([])
    expect(calls()).toBe(2)
  })

  test('can be taken up again at every page of a first look', async () => {
    const store = await begin()
    store.addProducts(3500)
    pass(600_000)
    const whole = new Set<string>()
    let since: ChangesSince = ever
    for (let page = 0; page < 4; page += 1) {
      for await (const { ids, cursor } of connection.changes({ object: product, paths, where: [] }, since)) {
        for (const id of ids) whole.add(id)
        since = { cursor: JSON.parse(JSON.stringify(cursor)) }
        // Crosswalk ends here, and begins again at the place that it stored; a product changes behind it.
        break
      }
      if (page === 2) store.changeProduct('1', { name: 'Changed meanwhile' })
    }
    expect(whole.size).toBe(3500)
    pass(3000)
    expect((await poll(since)).ids).toEqual(['1'])
  })

  test('of more products than are remembered are told twice at most, and polls between cost little', async () => {
    const store = await begin()
    store.addProducts(6200)
    pass(5000)
    const first = await poll(ever)
    expect(first.ids).toHaveLength(6200)
    expect(JSON.stringify(first.next).length).toBeLessThan(250_000)
    let { next } = first
    const told = new Map<string, number>()
    let most = 0
    calls()
    for (let round = 0; round < 10; round += 1) {
      pass(20_000)
      if (round === 1) store.changeProduct('6000', { onHand: '3' })
      const found = await poll(next)
      if (round === 1) expect(found.ids).toEqual(['6000'])
      next = found.next
      for (const id of found.ids) told.set(id, (told.get(id) ?? 0) + 1)
      if (round < 5) most = Math.max(most, calls())
      calls()
    }
    expect(Math.max(...[...told].filter(([id]) => id !== '6000').map(([, times]) => times))).toBe(1)
    expect(told.get('6000')).toBeLessThanOrEqual(2)
    expect(most).toBeLessThan(10)
    pass(300_000)
    expect((await poll(next)).ids).toEqual([])
  })

  test('of 100,000 products come in pages, in memory that does not grow', async () => {
    const store = await begin()
    store.addProducts(100_000)
    pass(86_400_000)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const used = () => {
      collect()
      return process.memoryUsage().heapUsed / 1_000_000
    }
    const found = new Uint8Array(100_001)
    const heap: number[] = []
    let pages = 0
    for await (const { ids, cursor } of connection.changes({ object: product, paths, where: [] }, ever)) {
      expect(ids.length).toBeLessThanOrEqual(1000)
      expect(JSON.stringify(cursor).length).toBeLessThan(2000)
      for (const id of ids) found[Number(id)] = 1
      if (pages % 10 === 0) await connection.read(product, ids, paths)
      pages += 1
      if (pages === 21 || pages === 91) heap.push(used())
    }
    expect([pages, found.reduce((sum, one) => sum + one, 0)]).toEqual([100, 100_000])
    const [before = 0, after = 0] = heap
    expect(after - before).toBeLessThan(20)
  }, 60_000)
})

describe('writing', () => {
  test.each([
    ['create', product],
    ['update', product],
    ['confirm', 'res.partner'],
    ['cancel', 'account.move'],
    ['create', 'res.users'],
  ] as const)('%s of %s is refused by the record, and the others are written', async (what, object) => {
    const store = await begin()
    const desk = store.addProduct({ sku: 'DESK' })
    const fields = { name: 'Changed' }
    const [refused, written] = await connection.write([
      what === 'create'
        ? { do: what, object, key: 'a', fields, lines: null }
        : what === 'update'
          ? { do: what, object, id: desk, key: null, fields, lines: null }
          : { do: what, object, id: desk },
      { do: 'create', object: 'res.partner', key: 'b', fields: { name: 'Acme' }, lines: null },
    ])
    expect(refused).toMatchObject({
      ok: false,
      failure: {
        problem: { kind: 'configuration_invalid', path: object },
        message: `Odoo takes no "${what}" of ${object} from Crosswalk`,
        fix: expect.stringContaining('sale.order (create, update, confirm, cancel)'),
      },
    })
    expect(written?.ok).toBe(true)
    expect(store.products().map(({ name }) => name)).toEqual(['DESK'])
  })

  test('takes what it says that it takes', async () => {
    await begin()
    expect(connection.writes).toEqual({
      'sale.order': {
        ...{ create: true, key: 'unique', acts: ['update', 'confirm', 'cancel'], lineUnit: 'unit' },
        lineFields: { product: 'product_id', quantity: 'product_uom_qty', price: 'price_unit', discount: 'discount' },
      },
      'res.partner': { create: true, key: 'unique', acts: ['update'] },
    })
  })
})
