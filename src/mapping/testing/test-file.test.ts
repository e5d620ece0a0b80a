import { afterAll, describe, expect, test } from '@jest/globals'
import { type CompileContext, compileMapping } from '../compile/compile.ts'
import { openSandbox } from '../sandbox/sandbox.ts'
import { runMappingTests } from './test-file.ts'

const sandbox = openSandbox()
afterAll(() => sandbox.close())

const none = { schemaOf: () => null, otherObject: null, otherSchemaOf: () => null, fileOf: () => null }
const plain = { tables: {}, links: ['customer'], owners: false, creates: false }

function compile(text: string, known: Partial<CompileContext> = {}) {
  const { mapping } = compileMapping({ file: 'm.yaml', text }, { ...none, ...plain, ...known })
  if (mapping === null) throw new Error('does not compile')
  return mapping
}
const run = (mapping: ReturnType<typeof compile>, text: string) =>
  runMappingTests(mapping, { file: 'm.test.yaml', text }, sandbox)

const order = compile(`
from: deal
to: sale.order
fields:
  ref: deal.number
  note: { value: x, on: create }
  partner: { link: customer }
  limit: { from: crm.Credit__c, with: [parse_number] }
  city: customer.billTo.city
  total: { expr: "deal.amount * 2" }
lines:
  to: order_line
  each: deal.lines
  key: line.id
  fields:
    product: { lookup: product, where: { code: line.sku } }
    price: line.unitPrice
`)
const deal = compile(`
from: deals
to: deal
fields: { number: id, won: { value: true }, currency: { value: EUR }, lines: { each: items, as: item, fields: { id: item.id, quantity: item.q, unitPrice: item.p } } }
`)

describe('cases that hold', () => {
  test.each([
    ['named fields, numbers as numbers', '{ deal: { number: D-1, amount: 10.5 } }', 'expect: { ref: D-1, total: 21 }'],
    ['what is left alone', '{ op: update }', 'absent: [note]'],
    ['a customer beside the deal', '{ customer: { billTo: { city: Bonn } } }', 'expect: { city: Bonn, partner: "1" }'],
    ['the other system', '{ crm: { Credit__c: "1,000" } }', 'expect: { limit: 1000 }'],
    [
      'a problem, by rule and part of the message',
      '{ crm: { Credit__c: many } }',
      'problem: { kind: mapping_failed, path: limit, rule: parse_number, message: many }',
    ],
    [
      'lines with lookups',
      '{ deal: { lines: [{ sku: A, unitPrice: 9.90 }, { sku: B }] }, lookups: [{ object: product, where: { code: a }, id: "4" }, { object: product, where: { code: B }, id: "5" }] }',
      'expect: { lines: [{ key: "1", product: "4", price: 9.9 }, { key: "2", product: "5" }] }',
    ],
    [
      'a lookup without a hit',
      '{ deal: { lines: [{ sku: A }] } }',
      'problem: { kind: lookup_failed, object: product, value: A, hits: 0 }',
    ],
    ['no link', '{ links: {} }', 'problem: { rule: link }'],
  ])('%s', async (name, given, expected) => {
    expect(await run(order, `- name: ${name}\n  given: ${given}\n  ${expected}`)).toEqual([
      { name, line: 1, ok: true, message: null },
    ])
  })

  test('of a mapping to a document', async () => {
    const text =
      '- name: a\n  given: { record: { id: 7, items: [{ id: x, q: 2, p: 1.5 }] } }\n  expect: { number: "7", lines: [{ quantity: 2, unitPrice: 1.5 }] }'
    expect(await run(deal, text)).toEqual([{ name: 'a', line: 1, ok: true, message: null }])
  })
})

describe('numbers of the other system', () => {
  const text =
    'from: deal\nto: sale.order\nfields: { x_bigger: { expr: "crm.properties.budget > crm.properties.spent" } }'
  const number = { type: 'number', writable: true } as const
  const properties = { type: 'object', writable: true, fields: { budget: number, spent: number } } as const
  const deals = { object: 'deals', fields: { properties } }
  const live = compile(text, { otherObject: 'deals', otherSchemaOf: () => deals })

  test.each([
    ['as its JSON has them', '{ budget: "1000", spent: "900" }'],
    ['as a person writes them', '{ budget: 1000, spent: 900 }'],
    ['either way', '{ budget: 1000, spent: "900.0" }'],
  ])('are numbers %s, with the schema of a live run and without it', async (name, properties) => {
    const cases = `- name: ${name}\n  given: { crm: { properties: ${properties} } }\n  expect: { x_bigger: true }`
    for (const mapping of [compile(text), live]) {
      expect(await run(mapping, cases)).toMatchObject([{ ok: true, message: null }])
    }
  })
})

describe('cases that fail say why', () => {
  test.each([
    ['{ deal: { number: D-1 } }', 'expect: { ref: D-2 }', 'ref: expected "D-2", got "D-1".'],
    ['{}', 'expect: { reff: D-2 }', 'reff: expected "D-2", but the mapping gives no such field.'],
    ['{}', 'absent: [note]', 'note: expected to be left alone, got "x".'],
    [
      '{}',
      'problem: { kind: mapping_failed }',
      'Expected the problem {"kind":"mapping_failed"}, but the record was mapped.',
    ],
    ['{ links: {} }', 'expect: { ref: x }', 'the customer is not linked'],
    ['{ links: {} }', 'problem: { rule: lookup }', 'got {"kind":"mapping_failed","rule":"link"'],
    ['{}', 'expect: { lines: [{ key: a }] }', 'lines: expected a list of 1, got a list of 0'],
    ['{}', '', 'The case expects nothing'],
    ['{ deal: { numbr: x } }', 'expect: { ref: x }', 'deal has no "numbr". Did you mean "number"?'],
    ['{ deal: { amount: many } }', 'expect: { ref: x }', 'deal.amount: "many" is not a number.'],
    ['{ dael: {} }', 'expect: { ref: x }', 'Unrecognized key: "dael"'],
  ])('%s %s', async (given, expected, message) => {
    const [result] = await run(order, `# first\n- name: a\n  given: ${given}\n  ${expected}`)
    expect(result).toEqual({ name: 'a', line: 2, ok: false, message: expect.stringContaining(message) })
  })

  test('a mapping to a document needs a record', async () => {
    const [result] = await run(deal, '- name: a\n  given: {}\n  expect: { number: x }')
    expect(result?.message).toContain('needs "record"')
  })

  test.each([
    ['name: a', 'A test file is a list of cases.'],
    ['- name: a\n  name: b', 'is there twice'],
  ])('a file that is no list of cases: %j', async (text, message) => {
    expect(await run(order, text)).toMatchObject([{ ok: false, message: expect.stringContaining(message) }])
  })
})
