import { expect, test } from '@jest/globals'
import type { Preview } from '../../app/engine/preview.ts'
import { decimal } from '../../core/decimal.ts'
import { cli, text } from '../fake.ts'

const preview: Preview = {
  sync: 'deals',
  recordId: '901',
  action: 'create',
  label: '20 pumps',
  order: null,
  fields: [
    {
      field: 'client_order_ref',
      value: 'PO-7',
      rule: 'deal.poNumber, else deal.number',
      source: 'PO-7',
      name: null,
      changed: null,
      note: null,
    },
    {
      field: 'partner_id',
      value: '7',
      rule: 'link customer',
      source: 'Acme',
      name: null,
      changed: null,
      note: 'matched by tax id',
    },
    { field: 'note', value: null, rule: 'deal.notes', source: '', name: null, changed: null, note: null },
  ],
  lines: [
    {
      key: 'k1',
      fields: { product_id: '12', product_uom_qty: '20' },
      names: { product_id: 'Pump' },
      changed: null,
      now: null,
    },
  ],
  gone: [],
  differences: [],
  customer: { id: '7', label: 'Acme', by: 'DE123456788', fields: [] },
  below: [
    { link: 'shipTo', id: '8', label: 'Acme, Dock 4', by: 'Dock 4, Kiel', fields: [] },
    {
      ...{ link: 'billTo', id: null, label: 'Head office, Bonn', by: null },
      fields: [
        { field: 'city', value: 'Bonn', rule: 'address.city', source: 'Bonn', name: null, changed: null, note: null },
      ],
    },
  ],
  totals: { source: { net: decimal(420), tax: null, total: null, currency: 'EUR' }, target: null },
  failures: [],
}

test('shows each value, where it comes from and by which rule', async () => {
  const { code, out } = await cli('preview deal 901', { preview: async () => preview })
  expect(code).toBe(0)
  expect(out).toBe(text`
    Deal 901  20 pumps  sync deals
    + An order would be created

    Customer  Acme (7), recognised by DE123456788
    Ship to  Acme, Dock 4 (8), there already
    Bill to  Head office, Bonn: would be created below the customer
      FIELD  VALUE  FROM  RULE          NOTE
      city   Bonn   Bonn  address.city
    TOTALS  NET  TAX  TOTAL  CURRENCY
    deal    420  –    –      EUR

    FIELD             VALUE  FROM  RULE                             NOTE
    client_order_ref  PO-7   PO-7  deal.poNumber, else deal.number
    partner_id        7      Acme  link customer                    matched by tax id
    note              –            deal.notes

    Lines
    key  product_id  product_uom_qty
    k1   12 Pump     20
  `)
})

test('shows what is in the way, and fails', async () => {
  const failure = {
    problem: { kind: 'customer_missing', value: 'Acme' },
    message: 'Odoo has no customer "Acme".',
    fix: 'Create it.',
  } as const
  const blocked = {
    ...preview,
    action: 'problem',
    fields: [],
    lines: [],
    customer: null,
    below: [],
    totals: null,
    failures: [failure],
  }
  const { code, out } = await cli('preview deal 901', { preview: async () => blocked })
  expect(code).toBe(1)
  expect(out).toBe(text`
    Deal 901  20 pumps  sync deals
    ✗ A problem is in the way

    ✗ Odoo has no customer "Acme".
      What to do: Create it.
  `)
})

test('marks what would be written anew, beside the totals of both', async () => {
  const changed: Preview = {
    ...preview,
    action: 'update',
    order: { number: 'S00042', id: '42' },
    fields: preview.fields.map((field) => ({ ...field, changed: field.field === 'client_order_ref' })),
    lines: preview.lines.map((line) => ({ ...line, changed: ['product_uom_qty'] })),
    customer: { id: null, label: null, by: null, fields: preview.fields.slice(2) },
    below: [],
    totals: {
      source: { net: decimal(420), tax: null, total: null, currency: 'EUR' },
      target: { net: decimal(400), tax: decimal(76), total: decimal(476), currency: 'EUR' },
    },
  }
  const { out } = await cli('preview deal 901', { preview: async () => changed })
  expect(out).toBe(text`
    Deal 901  20 pumps  sync deals
    ~ order S00042 would be updated from the deal

    Customer  would be created
      FIELD  VALUE  FROM  RULE        NOTE
      note   –            deal.notes
    TOTALS             NET  TAX  TOTAL  CURRENCY
    deal               420  –    –      EUR
    order S00042, now  400  76   476    EUR

    FIELD               VALUE  FROM  RULE                             NOTE
    ~ client_order_ref  PO-7   PO-7  deal.poNumber, else deal.number
    partner_id          7      Acme  link customer                    matched by tax id
    note                –            deal.notes

    Lines
    key  product_id  product_uom_qty
    k1   12 Pump     ~ 20
  `)
})

test.each([
  ['update', '~ order S00042 would be updated from the deal'],
  ['nothing', '= order S00042 is as the deal wants it'],
  ['confirm', '~ order S00042 would be confirmed'],
  ['cancel', '– order S00042 would be cancelled: the deal is no longer won'],
  ['left out', '– Not delivered by this sync: not won, won before `since`, or excluded by `where`'],
])('says what would happen: %s', async (action, sentence) => {
  const order = { number: 'S00042', id: '42' }
  const { out } = await cli('preview deal 901', { preview: async () => ({ ...preview, action, order }) })
  expect(out).toContain(sentence)
})

test('--sync chooses among several; --json gives the preview', async () => {
  const asked: unknown[] = []
  const { out } = await cli('preview deal 901 --sync deals --json', {
    async preview(...given) {
      asked.push(given)
      return preview
    },
  })
  expect(asked).toEqual([['901', { record: 'deal', sync: 'deals', backfill: false }]])
  expect(JSON.parse(out)).toEqual(preview)
})

test('sets the lines of an order that is there beside those of the deal', async () => {
  const lines = [
    {
      ...{ key: 'k1', fields: { product_id: '12', product_uom_qty: '20' }, names: { product_id: 'Pump' } },
      ...{ changed: ['product_uom_qty'], now: { product_id: '12', product_uom_qty: '4' } },
    },
  ]
  const gone = [{ key: 'k2', now: { product_id: '13', product_uom_qty: '1' } }]
  const differences = [{ place: 'k1 price', text: 'Pump price 21 → 19', expected: '21', actual: '19' }]
  const { out } = await cli('preview deal 901', {
    preview: async () => ({
      ...preview,
      action: 'update',
      fields: [],
      customer: null,
      below: [],
      lines,
      gone,
      differences,
    }),
  })
  expect(out).toContain('~ 4 → 20')
  expect(out).toMatch(/In the order alone\n.*\n.*k2 +13 +1\n/)
  expect(out).toContain('Changed in the order by somebody\n  Pump price 21 → 19\n')
})
