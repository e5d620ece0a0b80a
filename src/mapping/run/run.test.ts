import { afterAll, describe, expect, jest, test } from '@jest/globals'
import { type Deal, dealSchema } from '../../core/documents.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { compileMapping } from '../compile/compile.ts'
import { formatFinding } from '../compile/finding.ts'
import { openSandbox } from '../sandbox/sandbox.ts'
import { type Evaluator, type Mapped, mapInbound, mapOutbound, type Resolver } from './run.ts'

const sandbox = openSandbox()
afterAll(() => sandbox.close())
const account = { id: '1', name: 'Acme', timeZone: 'Europe/Berlin', currency: 'EUR', apiVersion: '3' }
const untouched: Evaluator = {
  prepare: () => undefined,
  evaluate: () => Promise.reject(new Error('no expression, no sandbox')),
}

function compile(text: string) {
  const tables = { terms: { net30: '30 Days' }, states: { won: 'confirmed' } }
  const none = { schemaOf: () => null, otherObject: null, otherSchemaOf: () => null, fileOf: () => null }
  const context = { ...none, tables, links: ['customer'], owners: false, creates: false }
  const { mapping, findings } = compileMapping({ file: 'm.yaml', text }, context)
  if (mapping === null) throw new Error(findings.map(formatFinding).join('\n'))
  return mapping
}

const mappedOf = <T>(mapped: Mapped<T> | undefined): T => {
  if (mapped?.ok === true) return mapped.value
  throw new Error(JSON.stringify(mapped))
}
const failuresOf = (mapped: Mapped<unknown> | undefined) => {
  if (mapped?.ok === false) return mapped.failures
  throw new Error(`mapped: ${JSON.stringify(mapped)}`)
}

describe('records become documents', () => {
  const text = `
from: deals
to: deal
fields:
  number: { from: number, else: id }
  won: { from: won, default: false }
  wonAt: wonAt
  closeDate: { from: wonAt, with: [to_date] }
  currency: { from: currency, else: account.currency }
  amount: amount
  paymentTerms: { from: terms, map: terms }
  customer:
    when: company
    fields: { id: company.id, name: company.name, person: company.person }
  billTo: { city: city, zip: zip }
  lines:
    each: items
    as: item
    when: { from: item.kind, with: [{ one_of: { values: [note] } }, not] }
    fields: { id: item.id, position: item.position, quantity: item.quantity, unitPrice: item.price }
`
  const mapping = compile(text)
  const map = async (fields: JsonObject) =>
    (await mapInbound<Deal>(mapping, [{ id: '901', fields }], account, untouched))[0]

  test('with defaults, values of the right kind, the raw record, and the id of the record', async () => {
    const fields = {
      number: '',
      won: 'true',
      wonAt: '2026-11-24T23:30:00+00:00',
      amount: 1000.1,
      terms: 'NET30',
      id: 'D-1',
      company: { id: '7', name: 'Acme', person: null },
      items: [
        { id: '1', kind: null, position: '2', quantity: '2.50', price: 10 },
        { id: '2', kind: 'note' },
      ],
    }
    const deal = mappedOf(await map(fields))
    expect(deal).toMatchObject({
      id: '901',
      number: 'D-1',
      won: true,
      wonAt: '2026-11-24T23:30:00.000Z',
      closeDate: '2026-11-25',
      currency: 'EUR',
      amount: '1000.1',
      paymentTerms: '30 Days',
      customer: { id: '7', name: 'Acme', person: false, taxId: null, raw: fields.company },
      billTo: null,
      lines: [{ id: '1', position: 2, quantity: '2.5', unitPrice: '10', raw: fields.items[0] }],
      raw: fields,
    })
    expect(dealSchema.parse(deal)).toEqual(deal)
  })

  test('with nothing where there is nothing', async () => {
    const deal = mappedOf(await map({ number: '7', company: null }))
    expect(deal).toMatchObject({ won: false, wonAt: null, customer: null, billTo: null, lines: [] })
  })

  test('an object without `when` is there as soon as one of its fields is', async () => {
    expect(mappedOf(await map({ number: '7', zip: '10115' })).billTo).toMatchObject({ city: null, zip: '10115' })
  })

  test.each<[string, JsonObject, JsonObject]>([
    ['a number that is none', { amount: 'ten' }, { path: 'amount', rule: 'type' }],
    ['a boolean that is none', { won: 'yes' }, { path: 'won', rule: 'type' }],
    ['a key that a table does not have', { terms: 'net90' }, { path: 'paymentTerms', rule: 'map terms' }],
    ['an instant without a zone', { wonAt: '2026-11-24' }, { path: 'wonAt', rule: 'type' }],
    ['a record where a text belongs', { currency: { id: 'x' } }, { path: 'currency', rule: 'type' }],
    ['a missing value in a line', { items: [{ id: '1', quantity: 1 }] }, { path: 'lines.unitPrice', rule: 'required' }],
    ['a list that is none', { items: 'x' }, { path: 'lines', rule: 'each' }],
    ['a customer without a name', { company: { id: '1' } }, { path: 'customer.name', rule: 'required' }],
  ])('%s fails the record, naming field and rule', async (_, fields, problem) => {
    const failures = failuresOf(await map({ number: '7', ...fields }))
    expect(failures[0]).toMatchObject({ problem: { kind: 'mapping_failed', ...problem }, field: problem.path })
    expect(failures[0]?.message).toMatch(/^deals 901/)
  })

  test('all failures of a record are told at once, with the place in the list', async () => {
    const failures = failuresOf(
      await map({ amount: 'x', terms: 'y', number: '1', items: [{ id: 1, quantity: 1, price: 'z' }] }),
    )
    expect(failures.map((failure) => failure.message)).toEqual([
      'deals 901: amount: "x" is not a number.',
      'deals 901: paymentTerms: the table "terms" has no entry for "y".',
      'deals 901, items 1: lines.unitPrice: "z" is not a number.',
    ])
    expect(failures[1]?.fix).toBe('Add "y" to config/tables/terms.yaml; then retry the record.')
  })

  test('a record that fails leaves its neighbours alone', async () => {
    const records = [
      { id: '1', fields: { number: '1' } },
      { id: '2', fields: { number: '2', amount: 'x' } },
      { id: '3', fields: { number: '3' } },
    ]
    const mapped = await mapInbound<Deal>(mapping, records, account, untouched)
    expect(mapped.map((one) => one.ok)).toEqual([true, false, true])
  })

  test('narrowed to some fields, the others have their defaults, and what has none is not missed', async () => {
    const narrow = mapping.only(['currency', 'customer.id', 'lines.quantity'])
    const fields = { number: '7', company: { id: '7' }, items: [{ quantity: 1, kind: 'x' }] }
    const [mapped] = await mapInbound<JsonObject>(narrow, [{ id: '901', fields }], account, untouched)
    const document = mappedOf(mapped)
    expect(document).toMatchObject({
      id: '901',
      currency: 'EUR',
      amount: null,
      customer: { id: '7', person: false, taxId: null, raw: fields.company },
      lines: [{ quantity: '1', sku: null, raw: fields.items[0] }],
      raw: fields,
    })
    expect(document).not.toHaveProperty('number')
    expect(document.customer).not.toHaveProperty('name')
  })

  test('what objects have by nature is not read as if the record had it', async () => {
    const mapping = compile(
      'from: x\nto: customer\nfields: { name: name, legalName: constructor.name, taxId: toString, email: a.length }',
    )
    const [mapped] = await mapInbound<JsonObject>(
      mapping,
      [{ id: '1', fields: { name: 'A', a: [1] } }],
      account,
      untouched,
    )
    expect(mappedOf(mapped)).toMatchObject({ legalName: null, taxId: null, email: null })
  })
})

describe('expressions', () => {
  const mapping = compile(`
from: deals
to: deal
fields:
  number: id
  won: { expr: "stage = 'won'" }
  currency: { value: EUR }
  amount: { expr: "$sum(items.(quantity * price))", with: [round] }
  notes: { expr: "note ? $error('no ' & note) : ''" }
`)

  test('of all records of a batch are evaluated in one call', async () => {
    const evaluate = jest.fn(sandbox.evaluate)
    const items = [{ quantity: 3, price: 0.1 }]
    const records = ['1', '2'].map((id) => ({ id, fields: { id, stage: id === '1' ? 'won' : 'open', items } }))
    const mapped = await mapInbound<Deal>(mapping, records, account, { prepare: () => undefined, evaluate })
    expect(mapped.map((one) => [mappedOf(one).won, mappedOf(one).amount, mappedOf(one).notes])).toEqual([
      [true, '0.3', null],
      [false, '0.3', null],
    ])
    expect(evaluate).toHaveBeenCalledTimes(1)
    expect(evaluate.mock.calls[0]?.[0]).toHaveLength(6)
  })

  test('that fail fail their record, in their own words', async () => {
    const [mapped] = await mapInbound<Deal>(mapping, [{ id: '1', fields: { id: '1', note: 'way' } }], account, sandbox)
    expect(failuresOf(mapped)).toMatchObject([
      { message: 'deals 1: notes: the expression failed: no way.', problem: { rule: 'expr', path: 'notes' } },
    ])
  })
})

test('`default` stands in for what a table does not have, and says so', async () => {
  const mapping = compile(`
from: deal
to: sale.order
fields:
  term: { from: deal.paymentTerms, map: terms, default: Prepaid }
`)
  const lookup = () => Promise.reject(new Error('no lookups'))
  const map = async (paymentTerms: string | null) => {
    const scope = { document: { paymentTerms }, op: 'create', account, links: {} } as const
    const { fields, lineage } = mappedOf((await mapOutbound(mapping, [scope], { lookup }, untouched))[0])
    return [fields.term, lineage[0]?.note]
  }
  expect(await map('NET30')).toEqual(['30 Days', null])
  expect(await map('net90')).toEqual(['Prepaid', 'default used, as the table "terms" has no entry for "net90"'])
  expect(await map(null)).toEqual(['Prepaid', 'default used'])
})

describe('documents become records', () => {
  const mapping = compile(`
from: deal
to: sale.order
fields:
  ref: { from: deal.poNumber, else: deal.number, with: [{ truncate: { length: 5 } }] }
  partner: { link: customer }
  pricelist: { lookup: pricelist, where: { currency.name: deal.currency } }
  term: { lookup: term, where: { name: deal.paymentTerms }, optional: true }
  team: { lookup: team, where: { name: { value: Inside } }, default: "9" }
  note: { value: Imported, on: create }
  touched: { value: true, on: update }
  amount: deal.amount
  region: crm.region
  zone: account.timeZone
lines:
  to: order_line
  each: deal.lines
  key: line.id
  fields:
    product: { lookup: product, where: { code: { from: line.sku, with: [upper] } } }
    quantity: line.quantity
    label: { expr: "line.name & ' for ' & deal.number" }
`)
  const line = { id: 'a', sku: 'desk', name: 'Desk', quantity: '2', unitPrice: '1' }
  const deal: JsonObject = {
    id: '901',
    number: 'D-901',
    currency: 'EUR',
    amount: '10.5',
    poNumber: null,
    paymentTerms: null,
    lines: [line, { ...line, id: 'b' }],
    raw: { region: 7 },
  }
  const catalogue: Readonly<Record<string, readonly { id: string; label: string; archived: boolean }[]>> = {
    pricelist: [{ id: '3', label: 'Public', archived: false }],
    product: [
      { id: '41', label: 'Desk', archived: false },
      { id: '40', label: 'Desk', archived: true },
    ],
  }
  const resolver = (found = catalogue): Resolver => ({
    lookup: (needs) => Promise.resolve(needs.map((need) => ({ matches: found[need.object] ?? [] }))),
  })
  const scope = (
    document: Json = deal,
    op: 'create' | 'update' = 'create',
    links: Record<string, string> = { customer: '43' },
  ) => ({
    document,
    op,
    account,
    links,
  })
  const map = async (one = scope(), found = resolver()) => (await mapOutbound(mapping, [one], found, sandbox))[0]

  test('with their fields and lines', async () => {
    const { fields, lines } = mappedOf(await map())
    expect(fields).toEqual({
      ref: 'D-901',
      partner: '43',
      pricelist: '3',
      term: null,
      team: '9',
      note: 'Imported',
      amount: '10.5',
      region: '7',
      zone: 'Europe/Berlin',
    })
    expect(lines).toEqual({
      field: 'order_line',
      items: [
        { key: 'a', fields: { product: '41', quantity: '2', label: 'Desk for D-901' } },
        { key: 'b', fields: { product: '41', quantity: '2', label: 'Desk for D-901' } },
      ],
    })
  })

  test('fields of one operation are left out of the other', async () => {
    const { fields } = mappedOf(await map(scope(deal, 'update')))
    expect(fields).toMatchObject({ touched: true })
    expect(fields).not.toHaveProperty('note')
  })

  test('with the lineage of every value', async () => {
    const { lineage } = mappedOf(await map())
    const of = (field: string) => lineage.find((one) => one.field === field)
    expect(of('ref')).toEqual({
      field: 'ref',
      name: null,
      rule: 'deal.poNumber, else deal.number, truncate',
      source: 'deal.number: "D-901"',
      value: 'D-901',
      note: null,
    })
    expect(of('pricelist')).toMatchObject({ source: 'deal.currency: "EUR"', note: 'pricelist 3 Public' })
    expect(of('team')).toMatchObject({ value: '9', note: 'default used' })
    expect(of('order_line[b].product')).toMatchObject({ source: 'line.sku: "desk"', note: 'product 41 Desk' })
    expect(new Set(lineage.map((one) => one.field)).size).toBe(lineage.length)
  })

  test('equal lookups of a batch are asked once, all in one call', async () => {
    const lookup = jest.fn(resolver().lookup)
    const scopes = Array.from({ length: 10 }, () => scope())
    await mapOutbound(mapping, scopes, { lookup }, sandbox)
    expect(lookup).toHaveBeenCalledTimes(1)
    expect(lookup.mock.calls[0]?.[0]).toEqual([
      { object: 'pricelist', where: { 'currency.name': 'EUR' } },
      { object: 'team', where: { name: 'Inside' } },
      { object: 'product', where: { code: 'DESK' } },
    ])
  })

  const desk = { id: '41', label: 'Desk', archived: false }
  test.each<[string, typeof catalogue, number, string]>([
    ['none', { ...catalogue, product: [] }, 0, 'no record of product has code "DESK"'],
    [
      'two',
      { ...catalogue, product: [desk, { ...desk, id: '42' }] },
      2,
      '2 records of product have code "DESK": Desk (41), Desk (42)',
    ],
    [
      'only archived',
      { ...catalogue, product: [{ ...desk, archived: true }] },
      0,
      'only archived records of product have code "DESK": Desk (41)',
    ],
  ])('a lookup that finds %s fails', async (_, found, hits, why) => {
    const [failure] = failuresOf(await map(scope(), resolver(found)))
    expect(failure).toMatchObject({
      problem: { kind: 'lookup_failed', object: 'product', value: 'DESK', hits },
      message: `deal D-901, line 1 (desk): order_line.product: ${why}.`,
      field: 'order_line.product',
    })
  })

  test('a default stands in for no hit, never for several', async () => {
    const found = { ...catalogue, team: [desk, { ...desk, id: '42' }] }
    expect(failuresOf(await map(scope(), resolver(found)))).toMatchObject([{ problem: { object: 'team', hits: 2 } }])
  })

  test.each<[string, JsonObject, Record<string, string>, JsonObject]>([
    ['nothing to look up', { currency: null }, { customer: '43' }, { rule: 'lookup', path: 'pricelist' }],
    ['a customer that is not linked', {}, {}, { rule: 'link', path: 'partner' }],
    ['two lines with one key', { lines: [line, line] }, { customer: '43' }, { rule: 'key', path: 'order_line.key' }],
    [
      'a line without a key',
      { lines: [{ ...line, id: null }] },
      { customer: '43' },
      { rule: 'key', path: 'order_line.key' },
    ],
  ])('%s fails the record', async (_, change, links, problem) => {
    const failures = failuresOf(await map(scope({ ...deal, ...change }, 'create', links)))
    expect(failures).toMatchObject([{ problem: { kind: 'mapping_failed', ...problem } }])
  })

  describe('a lookup in several ways', () => {
    const stateOf = async (rest: string, ship: JsonObject, found: Readonly<Record<string, readonly string[]>>) => {
      const where =
        '[{ country: deal.shipTo.country, code: deal.shipTo.state }, { country: deal.shipTo.country, name: deal.shipTo.state }]'
      const ways = compile(`from: deal\nto: x\nfields: { state: { lookup: state, where: ${where}${rest} } }`)
      const lookup = jest.fn<Resolver['lookup']>((needs) =>
        Promise.resolve(
          needs.map(({ where }) => ({
            matches: (found[Object.keys(where)[1] ?? ''] ?? []).map((id) => ({ id, label: id, archived: false })),
          })),
        ),
      )
      const [mapped] = await mapOutbound(ways, [scope({ ...deal, shipTo: ship })], { lookup }, sandbox)
      return { mapped, asked: lookup.mock.calls.map(([needs]) => needs.map(({ where }) => where)) }
    }
    const there = { country: 'US', state: 'Ohio' }

    test('asks the second only when the first finds nothing', async () => {
      const first = await stateOf('', there, { code: ['7'] })
      expect(mappedOf(first.mapped).fields).toEqual({ state: '7' })
      expect(first.asked).toEqual([[{ country: 'US', code: 'Ohio' }]])
      const second = await stateOf('', there, { name: ['8'] })
      expect(mappedOf(second.mapped).fields).toEqual({ state: '8' })
      expect(second.asked).toEqual([[{ country: 'US', code: 'Ohio' }], [{ country: 'US', name: 'Ohio' }]])
    })

    test('asks for nothing in a way that has an empty value', async () => {
      const { mapped, asked } = await stateOf(', optional: true', { country: 'US' }, { code: ['7'] })
      expect(mappedOf(mapped).fields).toEqual({ state: null })
      expect(asked).toEqual([])
    })

    test('fails when none finds anything, and names them all', async () => {
      const { mapped } = await stateOf('', there, {})
      expect(failuresOf(mapped)).toMatchObject([
        {
          problem: { kind: 'lookup_failed', object: 'state', value: 'US, Ohio', hits: 0 },
          message:
            'deal D-901: state: no record of state has country "US" and code "Ohio", or country "US" and name "Ohio".',
        },
      ])
    })

    test('fails when the first finds several', async () => {
      const { mapped } = await stateOf(', default: null', there, { code: ['7', '8'], name: ['9'] })
      expect(failuresOf(mapped)).toMatchObject([{ problem: { hits: 2 } }])
    })

    test('leaves the field empty where the default says so, and shows that', async () => {
      const { mapped } = await stateOf(', default: null', there, {})
      expect(mappedOf(mapped).fields).toEqual({ state: null })
      expect(mappedOf(mapped).lineage).toMatchObject([{ field: 'state', note: 'none found, left empty' }])
    })
  })

  test('no expression and no lookup: neither sandbox nor resolver is touched', async () => {
    const plain = compile('from: deal\nto: x\nfields: { a: deal.number, b: { from: deal.amount, with: [negate] } }')
    const refuse: Resolver = { lookup: () => Promise.reject(new Error('nothing to look up')) }
    const [mapped] = await mapOutbound(plain, [scope()], refuse, untouched)
    expect(mappedOf(mapped).fields).toEqual({ a: 'D-901', b: '-10.5' })
  })

  test('an expression may give what is looked up', async () => {
    const mapping = compile(`
from: deal
to: x
fields:
  a: { lookup: product, where: { code: { expr: "$uppercase(deal.number)" } } }
`)
    const [mapped] = await mapOutbound(mapping, [scope()], resolver(), sandbox)
    expect(mappedOf(mapped).fields).toEqual({ a: '41' })
  })
})
