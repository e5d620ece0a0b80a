import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { type CompileContext, compileMapping } from '../../src/mapping/compile/compile.ts'
import { formatFinding } from '../../src/mapping/compile/finding.ts'
import { parseTable } from '../../src/mapping/compile/table.ts'
import type { ChangesSince, ObjectSchema } from '../../src/ports/connector.ts'
import { act, create, loginOf, openConnection, readOne, userWith, words } from './real-odoo.ts'

const mark = `P${Date.now().toString(36)}`
const opened = openConnection()
const { connection, calls, pass } = opened
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
  'prices.currency',
  'prices.amount',
  'on_hand',
  'available',
]
/** The company's own currency, and another one with one price list of ours. */
let own = ''
let foreign = ''
let list = 0
let desk = ''
let chair = ''
let template = 0

const named = (value: Json | undefined): string => String((value as [number, string])[1])
const numbered = (value: Json | undefined): number => Number((value as [number, string])[0])

beforeAll(async () => {
  const [company] = (await act('res.company', 'search_read', [[], ['currency_id']])) as readonly JsonObject[]
  own = named(company?.currency_id)
  const currencies = (await act('res.currency', 'search_read', [[['name', '!=', own]], ['name']])) as JsonObject[]
  const lists = (await act('product.pricelist', 'search_read', [[], ['currency_id']])) as JsonObject[]
  // One that no price list is in yet, so that runs do not meet.
  const free = currencies.find((currency) => !lists.some((one) => numbered(one.currency_id) === currency.id))
  const id = free === undefined ? await activate(lists) : Number(free.id)
  foreign = String((await readOne('res.currency', id, ['name'])).name)
  list = await create('product.pricelist', { name: `List ${mark}`, currency_id: id })
  desk = String(
    await create(product, { name: `Desk ${mark}`, default_code: `${mark}-D`, ...words.storable, list_price: 100 }),
  )
  chair = String(await create(product, { name: `Chair ${mark}`, type: 'service', list_price: 20 }))
  template = numbered((await readOne(product, desk, ['product_tmpl_id'])).product_tmpl_id)
  await count(desk, 60)
}, 60_000)

async function activate(lists: readonly JsonObject[]): Promise<number> {
  const taken = lists.map((one) => numbered(one.currency_id))
  const domain = [
    ['active', '=', false],
    ['id', 'not in', taken],
  ]
  const [id = 0] = (await act('res.currency', 'search', [domain], {
    context: { active_test: false },
    limit: 1,
  })) as number[]
  await act('res.currency', 'write', [[id], { active: true }])
  return id
}
async function count(id: string, quantity: number): Promise<void> {
  const [warehouse] = (await act('stock.warehouse', 'search_read', [[], ['lot_stock_id']])) as readonly JsonObject[]
  const values = {
    product_id: Number(id),
    location_id: numbered(warehouse?.lot_stock_id),
    [words.counted]: quantity,
  }
  await create('stock.quant', values, { inventory_mode: true })
}
async function read(id: string, asked: readonly string[] = paths): Promise<JsonObject> {
  const [record] = await connection.read(product, [id], asked)
  if (record === null || record === undefined) throw new Error(`product ${id} was not read`)
  return record.fields
}
async function changes(since: ChangesSince): Promise<{ ids: string[]; next: ChangesSince; pages: number }> {
  const ids: string[] = []
  let next = since
  let pages = 0
  for await (const page of connection.changes({ object: product, paths, where: [] }, since)) {
    ids.push(...page.ids)
    next = { cursor: JSON.parse(JSON.stringify(page.cursor)) }
    pages += 1
  }
  return { ids, next, pages }
}
/** Odoo's times have seconds, and people take at least one. */
async function nextSecond(): Promise<void> {
  const second = new Date().getSeconds()
  while (new Date().getSeconds() === second) await act('res.users', 'context_get', [])
}
/** From a moment in which the own changes of this run are over. */
async function quiet(): Promise<ChangesSince> {
  await nextSecond()
  let since: ChangesSince = { from: new Date(Date.now() - 1000).toISOString() as never }
  for (let round = 0; round < 10; round += 1) {
    const { ids, next } = await changes(since)
    since = next
    if (ids.length === 0 && round > 0) return since
    await nextSecond()
    await nextSecond()
    await nextSecond()
    pass(16_000)
  }
  throw new Error('products change all the time')
}

test('a product is read with its prices, its stock and its unit', async () => {
  const [first, second, gone] = await connection.read(product, [desk, chair, '999999999'], paths)
  expect(first?.fields).toMatchObject({
    default_code: `${mark}-D`,
    display_name: `[${mark}-D] Desk ${mark}`,
    name: `Desk ${mark}`,
    description_sale: null,
    uom_id: { name: 'Units' },
    active: true,
    sale_ok: true,
    url: expect.stringContaining(`id=${desk}&model=product.product`),
    on_hand: 60,
    available: 60,
  })
  expect(second?.fields).toMatchObject({ default_code: null, on_hand: null, available: null })
  expect(gone).toBeNull()
})

describe('prices', () => {
  /** Other runs may have left price lists in other currencies. */
  const priced = async (id: string) =>
    ((await read(id, ['prices'])).prices as readonly JsonObject[]).filter(({ currency }) =>
      [own, foreign].includes(String(currency)),
    )
  const both = (amount: number | null) => [
    { currency: own, amount: 100 },
    ...(amount === null ? [] : [{ currency: foreign, amount }]),
  ]

  test('are what Odoo computes: by the rate, a fixed price, a formula, a price for many pieces', async () => {
    // Where nobody can ask Odoo what it computes, only fixed prices are told.
    const asked = async () => {
      if (!words.computesPrices) return null
      const context = { pricelist: list }
      const found = await act(product, 'search_read', [[['id', '=', Number(desk)]], ['price']], { context })
      return Number(Number((found as readonly JsonObject[])[0]?.price).toFixed(2))
    }
    const byRate = await asked()
    expect(await priced(desk)).toEqual(both(byRate))
    const ofDesk = { pricelist_id: list, applied_on: '1_product', product_tmpl_id: template }
    await create('product.pricelist.item', { ...ofDesk, min_quantity: 10, fixed_price: 1 })
    expect(await priced(desk)).toEqual(both(byRate))
    const item = await create('product.pricelist.item', { ...ofDesk, compute_price: 'fixed', fixed_price: 89.9 })
    expect(await priced(desk)).toEqual(both(89.9))
    await act('product.pricelist.item', 'write', [
      [item],
      { compute_price: 'formula', base: 'list_price', price_discount: 50, price_surcharge: 5 },
    ])
    const byFormula = await asked()
    expect(byFormula).not.toBe(89.9)
    expect(await priced(desk)).toEqual(both(byFormula))
    await act(product, 'write', [[Number(desk)], { active: false }])
    expect(await read(desk)).toMatchObject({
      active: false,
      prices: expect.arrayContaining([{ currency: own, amount: 100 }]),
    })
    await act(product, 'write', [[Number(desk)], { active: true }])
  })

  test('of a variant hold what its attributes cost', async () => {
    const attribute = await create('product.attribute', { name: `Wood ${mark}`, create_variant: 'always' })
    const values = [
      await create('product.attribute.value', { name: 'Oak', attribute_id: attribute }),
      await create('product.attribute.value', { name: 'Ash', attribute_id: attribute }),
    ]
    const table = await create('product.template', {
      name: `Table ${mark}`,
      list_price: 100,
      attribute_line_ids: [[0, 0, { attribute_id: attribute, value_ids: [[6, 0, values]] }]],
    })
    const of = (await act('product.template.attribute.value', 'search', [
      [
        ['product_tmpl_id', '=', table],
        ['name', '=', 'Oak'],
      ],
    ])) as number[]
    const variants = (await act(product, 'search', [[['product_tmpl_id', '=', table]]], {})) as number[]
    const { next } = { next: await quiet() }
    await act('product.template.attribute.value', 'write', [of, { price_extra: 12.5 }])
    const read = await connection.read(product, variants.map(String), ['prices', 'display_name'])
    const amounts = read.map((one) => {
      const [first] = (one?.fields.prices ?? []) as readonly JsonObject[]
      return [one?.fields.display_name, first?.amount]
    })
    expect(amounts.toSorted()).toEqual([
      [`Table ${mark} (Ash)`, 100],
      [`Table ${mark} (Oak)`, 112.5],
    ])
    await nextSecond()
    pass(16_000)
    const oak = read.find((one) => String(one?.fields.display_name).includes('Oak'))?.id
    expect((await changes(next)).ids).toEqual([oak])
  }, 60_000)
})

describe('changes of products', () => {
  const causes: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['its name', () => act(product, 'write', [[Number(desk)], { name: `Desk II ${mark}` }])],
    ['its template', () => act('product.template', 'write', [[template], { description_sale: 'Solid oak' }])],
    ['its being archived', () => act(product, 'write', [[Number(desk)], { active: false }])],
    ['its coming back', () => act(product, 'write', [[Number(desk)], { active: true }])],
    ['a count of its stock', () => count(desk, 55)],
    [
      'a price in a price list',
      () =>
        create('product.pricelist.item', {
          pricelist_id: list,
          applied_on: '0_product_variant',
          product_id: Number(desk),
          product_tmpl_id: template,
          fixed_price: 77,
        }),
    ],
    ['a price that is written in the form of its list', () => inForm({ fixed_price: 76 })],
  ]
  async function inForm(values: JsonObject) {
    const [item = 0] = (await act('product.pricelist.item', 'search', [
      [
        ['pricelist_id', '=', list],
        ['product_id', '=', Number(desk)],
      ],
    ])) as number[]
    return act('product.pricelist', 'write', [[list], { item_ids: [[1, item, values]] }])
  }

  test.each(causes)(
    'tell it by %s',
    async (_, change) => {
      const since = await quiet()
      await change()
      const { ids, next } = await changes(since)
      expect(ids).toEqual([desk])
      await nextSecond()
      await nextSecond()
      await nextSecond()
      pass(16_000)
      // What is so young that its second may bring more is told once more.
      const again = await changes(next)
      expect([[], [desk]]).toContainEqual(again.ids)
      pass(16_000)
      expect((await changes(again.next)).ids).toEqual([])
    },
    60_000,
  )

  test('tell it by what an order reserves and ships', async () => {
    const customer = await create('res.partner', { name: `Customer ${mark}` })
    const order = await create('sale.order', {
      partner_id: customer,
      order_line: [[0, 0, { product_id: Number(desk), product_uom_qty: 5, price_unit: 10 }]],
    })
    let since = await quiet()
    await act('sale.order', 'action_confirm', [[order]])
    const [picking = 0] = (await readOne('sale.order', order, ['picking_ids'])).picking_ids as number[]
    await act('stock.picking', 'action_assign', [[picking]])
    // Odoo may look after other products at the same time.
    let found = await changes(since)
    expect(found.ids).toContain(desk)
    expect(await read(desk)).toMatchObject({ on_hand: 55, available: 50 })
    since = await quiet()
    const moves = (await act('stock.move', 'search', [[['picking_id', '=', picking]]])) as number[]
    await act('stock.move', 'write', [moves, words.moved(5)])
    await act('stock.picking', 'button_validate', [[picking]])
    found = await changes(since)
    expect(found.ids).toContain(desk)
    expect(await read(desk)).toMatchObject({ on_hand: 50, available: 50 })
  }, 60_000)

  test('tell all products by a rule for all, and by a rule that goes with the form of its list', async () => {
    let since = await quiet()
    const item = await create('product.pricelist.item', { pricelist_id: list, applied_on: '3_global', fixed_price: 3 })
    let found = await changes(since)
    // The desk has a price of its own before that, so it may be known that nothing changed for it.
    const domain = [['id', '!=', Number(desk)]]
    const others = (await act(product, 'search_count', [domain], { context: { active_test: false } })) as number
    const told = (ids: readonly string[]) => [ids.length, new Set(ids).size]
    expect(told(found.ids.filter((id) => id !== desk))).toEqual([others, others])
    await nextSecond()
    since = await quiet()
    await act('product.pricelist', 'write', [[list], { item_ids: [[2, item, false]] }])
    found = await changes(since)
    expect(told(found.ids.filter((id) => id !== desk))).toEqual([others, others])
  }, 60_000)

  test('begin with all products, archived ones too, and cost two calls or three when there are none', async () => {
    await act(product, 'write', [[Number(chair)], { active: false }])
    const all = (await act(product, 'search', [[]], { context: { active_test: false } })) as number[]
    const first = await changes({ from: '1970-01-01T00:00:00.000Z' as never })
    expect(first.ids.map(Number).toSorted((a, b) => a - b)).toEqual(all.toSorted((a, b) => a - b))
    const since = await quiet()
    calls()
    expect((await changes(since)).ids).toEqual([])
    // A third one for two minutes after a price changed.
    expect([2, 3]).toContain(calls())
  }, 60_000)
})

test('a plain salesman is all that reading and following products takes', async () => {
  const user = await userWith('base.group_user', 'sales_team.group_sale_salesman')
  const plain = openConnection(user).connection
  const [asAdmin, asSalesman] = await Promise.all([read(desk), plain.read(product, [desk], paths)])
  expect(asSalesman[0]?.fields).toEqual(asAdmin)
  const since = await quiet()
  await count(desk, 41)
  const found: string[] = []
  for await (const { ids } of plain.changes({ object: product, paths, where: [] }, since)) found.push(...ids)
  expect(found).toEqual([desk])
}, 60_000)

describe('texts', () => {
  test('are read in the language of the user, in which people keep them up', async () => {
    const login = `${mark}@french.test`.toLowerCase()
    const french = [['code', '=', 'fr_FR']]
    const [id = 0] = (await act('res.lang', 'search', [french], { context: { active_test: false } })) as number[]
    const wizard = await create('base.language.install', {
      ...words.language({ id, code: 'fr_FR' }),
      overwrite: false,
    })
    await act('base.language.install', 'lang_install', [[wizard]])
    const groups = (await act('res.users', 'search_read', [[['login', '=', 'admin']], [words.groups]])) as JsonObject[]
    await create('res.users', {
      name: 'Crosswalk',
      login,
      password: login,
      lang: 'fr_FR',
      [words.groups]: [[6, 0, groups[0]?.[words.groups] as Json]],
    })
    await act('product.template', 'write', [[template], { name: `Bureau ${mark}` }], { context: { lang: 'fr_FR' } })
    const { connection: ofFrench } = openConnection(await loginOf(login))
    const [record] = await ofFrench.read(product, [desk], ['name', 'display_name', 'default_code'])
    expect(record?.fields).toMatchObject({ name: `Bureau ${mark}`, display_name: `[${mark}-D] Bureau ${mark}` })
    expect(await read(desk, ['name'])).toMatchObject({ name: `Desk II ${mark}` })
  }, 120_000)
})

describe('the schema', () => {
  test('of users is read, with the fields that are made up for groups', async () => {
    const { fields } = await connection.describe('res.users')
    expect(fields.login).toMatchObject({ type: 'text', label: 'Login' })
    const made = Object.entries(fields).find(([name]) => name.startsWith(words.choiceOfGroups))?.[1]
    expect(made?.options?.length).toBeGreaterThan(1)
    // As a lookup of the salesperson does.
    const [found] = await connection.find('res.users', [{ fields: { login: 'ADMIN' } }])
    expect(found).toMatchObject([{ label: 'Mitchell Admin' }])
  })

  test('says what must be given, and nothing that Odoo fills in', async () => {
    const required = async (object: string) =>
      Object.entries((await connection.describe(object)).fields).flatMap(([name, field]) =>
        field.required ? [name] : [],
      )
    expect(await required('sale.order')).toEqual(['partner_id'])
    expect(await required('sale.order.line')).toEqual([])
    expect(await required('res.partner')).toEqual([])
  })

  test('fits the mappings as they are shipped', async () => {
    const schemas = new Map<string, ObjectSchema>()
    const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
    const tableOf = (name: string) => parseTable({ file: name, text: text(`config/tables/${name}.yaml`) }).table ?? {}
    const context: CompileContext = {
      schemaOf: (object) => schemas.get(object) ?? null,
      otherObject: null,
      otherSchemaOf: () => null,
      tables: { countries: tableOf('countries'), 'odoo-units': tableOf('odoo-units') },
      ...{ links: ['customer', 'shipTo', 'billTo', 'contact'], owners: false, creates: true, fileOf: () => null },
    }
    for (const name of ['product', 'order', 'customer', 'address', 'contact', 'fulfilment']) {
      const file = { file: `${name}.yaml`, text: text(`mappings/odoo/${name}.yaml`) }
      let compiled = compileMapping(file, context)
      for (;;) {
        const unknown = compiled.wanted.filter((object) => !schemas.has(object))
        if (unknown.length === 0) break
        for (const object of unknown) schemas.set(object, await connection.describe(object))
        compiled = compileMapping(file, context)
      }
      expect(compiled.findings.map(formatFinding)).toEqual([])
    }
    // What must be given is given.
    for (const [name, object] of [
      ['order', 'sale.order'],
      ['customer', 'res.partner'],
    ] as const) {
      const given = text(`mappings/odoo/${name}.yaml`)
      for (const [field, { required }] of Object.entries(schemas.get(object)?.fields ?? {})) {
        if (required && isObject({ field })) expect(given).toContain(`  ${field}:`)
      }
    }
  })
})
