import { describe, expect, test } from '@jest/globals'
import { type CompileContext, type CompiledMapping, compileMapping } from './compile.ts'
import { formatFinding } from './finding.ts'
import type { ObjectSchema } from './schema.ts'

const bare: CompileContext = {
  schemaOf: () => null,
  otherObject: null,
  otherSchemaOf: () => null,
  tables: {},
  links: ['customer'],
  owners: false,
  creates: false,
  fileOf: () => null,
}

function compile(text: string, context: Partial<CompileContext> = {}): CompiledMapping {
  const { mapping, findings } = compileMapping({ file: 'm.yaml', text }, { ...bare, ...context })
  if (mapping === null) throw new Error(findings.map(formatFinding).join('\n'))
  return mapping
}
const findingsOf = (text: string, context: Partial<CompileContext> = {}) =>
  compileMapping({ file: 'm.yaml', text }, { ...bare, ...context }).findings

const inbound = `
from: deals
to: deal
fields:
  number: { from: properties.number, else: id }
  won: { expr: "properties.stage = 'won'" }
  currency: { from: properties.currency, else: account.currency }
  customer:
    when: company
    fields:
      id: company.id
      name: company.properties.name
      billTo.city: company.properties.city
  contact: { id: contacts.0.id, email: contacts.0.email }
  lines:
    each: line_items
    as: item
    when: item.properties.kind
    fields:
      id: item.id
      quantity: item.properties.quantity
      unitPrice: item.properties.price
`

describe('an inbound mapping', () => {
  const mapping = compile(inbound)

  test('names what it reads, once, without the account and without places in lists', () => {
    expect(mapping.reads).toEqual([
      'company.id',
      'company.properties.city',
      'company.properties.name',
      'contacts.email',
      'contacts.id',
      'id',
      'line_items.id',
      'line_items.properties.kind',
      'line_items.properties.price',
      'line_items.properties.quantity',
      'properties.currency',
      'properties.number',
      'properties.stage',
    ])
  })

  test.each([
    [['currency'], ['properties.currency']],
    [['customer.billTo'], ['company.properties.city']],
    [
      ['customer.name', 'lines.id'],
      ['company.properties.name', 'line_items.id', 'line_items.properties.kind'],
    ],
    [['lines.raw.properties.colour'], ['line_items.properties.kind']],
    [['customer.raw.x'], ['company']],
    [['nothing'], []],
  ])('narrowed to %j reads %j', (paths, reads) => {
    expect(mapping.only(paths).reads).toEqual(reads)
  })

  test('tells where raw parts of the document come from', () => {
    const paths = ['lines.raw.properties.colour', 'customer.raw.properties.vat', 'raw.properties.x', 'lines.sku', 'raw']
    expect(mapping.rawReads(paths)).toEqual(['line_items.properties.colour', 'company.properties.vat', 'properties.x'])
  })
})

describe('an outbound mapping', () => {
  const mapping = compile(`
from: deal
to: sale.order
match: [{ same: [ref], identity: true }, note]
problem: x_problem
fields:
  ref: { from: deal.poNumber, else: deal.number }
  partner_id: { link: customer }
  note: { expr: "$join(deal.lines.name, ', ')" }
  x_region: crm.properties.region
  x_city: customer.billTo.city
  x_zone: account.timeZone
  address: { city: deal.shipTo.city, zip: deal.shipTo.zip }
lines:
  to: order_line
  each: deal.lines
  key: line.id
  fields:
    product_id: { lookup: product.product, where: { default_code: line.sku } }
    colour: line.raw.properties.colour
`)

  test('names what it reads of the document and of the other system', () => {
    expect(mapping.documentReads).toEqual([
      'customer.billTo.city',
      'lines.id',
      'lines.name',
      'lines.raw.properties.colour',
      'lines.sku',
      'number',
      'poNumber',
      'shipTo.city',
      'shipTo.zip',
    ])
    expect(mapping.otherReads).toEqual(['properties.region'])
  })

  test('names its lines, its references, how it matches and where problems go', () => {
    expect(mapping.linesField).toBe('order_line')
    expect(mapping.references).toEqual(['partner_id'])
    expect(mapping.match).toEqual([
      { same: ['ref'], identity: true, whole: false },
      { same: ['note'], identity: false, whole: false },
    ])
    expect(mapping.fieldLinks).toMatchObject({ partner_id: ['customer'], ref: [] })
    expect(mapping.problemField).toBe('x_problem')
  })
})

describe('what target fields say of themselves', () => {
  const text = `
from: deal
to: sale.order
fields:
  ref: { from: deal.poNumber, else: deal.number, owner: crm }
  note: { expr: "$join(deal.lines.name, ', ')", owner: latest }
  address: { city: { from: deal.shipTo.city, owner: erp } }
  region: crm.properties.region
lines:
  to: order_line
  each: deal.lines
  key: line.id
  fields:
    price: { from: line.unitPrice, else: deal.amount }
`
  const mapping = compile(text, { owners: true })

  test('what each reads of the document', () => {
    expect(mapping.fieldReads).toEqual({
      ref: ['number', 'poNumber'],
      note: ['lines.name'],
      'address.city': ['shipTo.city'],
      region: [],
      'order_line.price': ['amount', 'lines.unitPrice'],
    })
    expect(compile(inbound).fieldReads).toEqual({})
  })

  test('whose change counts, where the flow goes both ways', () => {
    expect(mapping.owners).toEqual({ ref: 'crm', note: 'latest', 'address.city': 'erp' })
    expect(findingsOf(text).map((one) => [one.kind, one.line])).toEqual([
      ['unknown_word', 5],
      ['unknown_word', 6],
      ['unknown_word', 7],
    ])
  })

  test.each(['price: { from: line.unitPrice, owner: erp }', 'price: { from: line.unitPrice, on: create }'])(
    'lines have neither owner nor moment: %s',
    (rule) => {
      const findings = findingsOf(text.replace(/price: .*/, rule), { owners: true })
      expect(findings).toMatchObject([{ kind: 'unknown_word', message: expect.stringContaining('not known in lines') }])
    },
  )
})

test('a match may compare fields as a whole, and a link have an alternative', () => {
  const text = (word: string) =>
    `from: deal\nto: x\nmatch: [{ same: [a, b], ${word} }]\nfields: { a: { link: customer, else: deal.number }, b: deal.poNumber }`
  const mapping = compile(text('whole: true'))
  expect(mapping.match).toEqual([{ same: ['a', 'b'], identity: false, whole: true }])
  expect([mapping.fieldLinks, mapping.fieldReads]).toEqual([
    { a: ['customer'], b: [] },
    { a: ['number'], b: ['poNumber'] },
  ])
  expect(findingsOf(text('whole: much'))).toMatchObject([{ message: '"whole" is true or false.' }])
})

test('where the flow links nothing, a link is refused', () => {
  const text = 'from: deal\nto: x\nfields: { a: { link: customer } }'
  expect(findingsOf(text, { links: [] })).toMatchObject([
    { message: 'Nothing is linked as "customer" here.', fix: 'Find the record with `lookup`.' },
  ])
})

describe('what a new record must have', () => {
  const field = { type: 'text', writable: true } as const
  const must = { ...field, required: true }
  const partner: ObjectSchema = {
    object: 'res.partner',
    fields: {
      name: must,
      id: { ...must, writable: false },
      lines: { type: 'list', writable: true, required: true },
      address: { type: 'object', writable: true, fields: { city: must, zip: field } },
    },
  }
  const missing = (fields: string, rest = '', creates = true) =>
    findingsOf(`from: deal\nto: res.partner\nfields: ${fields}\n${rest}`, {
      creates,
      schemaOf: (object) => (object === 'res.partner' ? partner : null),
    })
      .filter((one) => one.kind === 'missing_field')
      .map((one) => /"(.*)"/.exec(one.message)?.[1])
  const lines = 'lines: { to: lines, each: deal.lines, key: line.id, fields: { x: line.sku } }'

  test.each<[string, string, string[]]>([
    ['{}', '', ['name', 'lines']],
    ['{ name: deal.name }', lines, []],
    ['{ name: { from: deal.name, on: create } }', lines, []],
    ['{ name: { from: deal.name, on: update } }', lines, ['name']],
    ['{ name: deal.name, address.zip: deal.shipTo.zip }', lines, ['address.city']],
    ['{ name: deal.name, address: { city: deal.shipTo.city } }', lines, []],
    // What is wrong with a rule is said once.
    ['{ name: deal.nmae }', lines, []],
  ])('%s', (fields, rest, expected) => {
    expect(missing(fields, rest)).toEqual(expected)
  })

  test('is not asked for where no records are made, or nothing is known of them', () => {
    expect(missing('{}', '', false)).toEqual([])
    expect(findingsOf('from: deal\nto: x\nfields: {}', { creates: true })).toEqual([])
  })
})

describe('schemas', () => {
  const deals: ObjectSchema = {
    object: 'deals',
    fields: {
      id: { type: 'text', writable: false },
      company: { type: 'reference', writable: true, relation: 'companies' },
      tags: { type: 'list', writable: true },
    },
  }

  test('are wanted for the object and for relations that paths go through, and for no others', () => {
    const text = 'from: deals\nto: customer\nfields: { id: company.id, name: company.properties.name }'
    const compileWith = (known: Record<string, ObjectSchema>) =>
      compileMapping({ file: 'm.yaml', text }, { ...bare, schemaOf: (object) => known[object] ?? null }).wanted
    expect(compileWith({})).toEqual(['deals'])
    expect(compileWith({ deals })).toEqual(['companies'])
  })

  test('of the other system check `crm` paths', () => {
    const text = 'from: deal\nto: x\nfields: { a: crm.compny.id, b: crm.company.name }'
    const result = compileMapping(
      { file: 'm.yaml', text },
      { ...bare, otherObject: 'deals', otherSchemaOf: (object) => (object === 'deals' ? deals : null) },
    )
    expect(result.findings.map((one) => one.message)).toEqual(['deals has no "compny".'])
    expect(result.otherWanted).toEqual(['companies'])
    expect(result.wanted).toEqual(['x'])
  })

  test('always know the id of a related record', () => {
    const companies: ObjectSchema = { object: 'companies', fields: { name: { type: 'text', writable: true } } }
    const known: Record<string, ObjectSchema> = { deals, companies }
    const text = 'from: deals\nto: customer\nfields: { id: company.id, name: company.name }'
    expect(findingsOf(text, { schemaOf: (object) => known[object] ?? null })).toEqual([])
  })
})

test('a table and a field may be named like what objects have already', () => {
  const text = 'from: deal\nto: x\nfields: { constructor: { from: deal.name, map: constructor } }'
  expect(findingsOf(text, { tables: {} })).toMatchObject([{ kind: 'unknown_table' }])
  expect(findingsOf(text, { tables: { constructor: { a: 'b' } } })).toEqual([])
})

test.each([
  ['match with a field that is not filled', 'match: [vta]\nfields: { vat: customer.taxId }', 'unknown_field'],
  ['match that is no list', 'match: vat\nfields: { vat: customer.taxId }', 'wrong_form'],
  ['a step without fields', 'match: [{ identity: true }]\nfields: { vat: customer.taxId }', 'missing_word'],
])('refused: %s', (_, rest, kind) => {
  expect(findingsOf(`from: customer\nto: res.partner\n${rest}`)).toMatchObject([{ kind }])
})

test.each([
  ['a lookup without conditions', '[]', 'missing_word'],
  ['a way without conditions', '[{ name: customer.name }, {}]', 'missing_word'],
  ['a way that is a text', '[name]', 'missing_word'],
])('refused: %s', (_, where, kind) => {
  const text = `from: customer\nto: res.partner\nfields: { state_id: { lookup: res.country.state, where: ${where} } }`
  expect(findingsOf(text)).toMatchObject([{ kind }])
})

test('`match` is for mappings from a document', () => {
  const text = 'from: deals\nto: customer\nmatch: [id]\nfields: { id: id, name: x }'
  expect(findingsOf(text)).toMatchObject([{ kind: 'unknown_word', line: 3 }])
})
