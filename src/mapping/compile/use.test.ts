import { afterAll, describe, expect, test } from '@jest/globals'
import type { Customer, Deal } from '../../core/documents.ts'
import type { JsonObject } from '../../core/json.ts'
import { mapInbound } from '../run/run.ts'
import { openSandbox } from '../sandbox/sandbox.ts'
import { compileMapping } from './compile.ts'
import { formatFinding } from './finding.ts'

const sandbox = openSandbox()
afterAll(() => sandbox.close())
const account = { timeZone: 'Europe/Berlin', currency: 'EUR' }

const files: Readonly<Record<string, string>> = {
  company: `
from: companies
to: customer
watch: [{ properties.type: CUSTOMER }]
fields:
  id: key
  name: properties.name
  currency: account.currency
  billTo: { city: properties.city, zip: properties.zip }
`,
  person: `
from: contacts
to: customer
fields:
  name: { expr: "$join([firstname, lastname], ' ')" }
  person: { value: true }
`,
}
const deal = (customer: string) => `
from: deals
to: deal
fields:
  number: id
  won: { value: true }
  currency: { value: EUR }
${customer}
`
const chosen = `
  customer:
    use: company
    from: company
    when: company.properties.name
    fields: { taxId: properties.vat }
    else: { use: person, from: person, fields: { email: properties.mail } }
  customer.billTo.zip: properties.zip
`

function compileWith(text: string) {
  const known = new Map<string, string | undefined>()
  for (;;) {
    const result = compileMapping(
      { file: 'deal.yaml', text },
      {
        schemaOf: () => null,
        otherObject: null,
        otherSchemaOf: () => null,
        tables: {},
        links: [],
        owners: false,
        creates: false,
        fileOf(name) {
          if (!known.has(name)) return undefined
          const found = known.get(name)
          return found === undefined ? null : { file: `${name}.yaml`, text: found }
        },
      },
    )
    if (result.wantedFiles.length === 0) {
      if (result.mapping === null) throw new Error(result.findings.map(formatFinding).join('\n'))
      return result.mapping
    }
    expect(result.mapping).toBeNull()
    for (const name of result.wantedFiles) known.set(name, files[name])
  }
}

const map = async (mapping: ReturnType<typeof compileWith>, fields: JsonObject) => {
  const [mapped] = await mapInbound<Deal>(mapping, [{ id: '901', fields }], account, sandbox)
  if (mapped?.ok !== true) throw new Error(JSON.stringify(mapped))
  return mapped.value
}

describe('an object that a file fills', () => {
  const mapping = compileWith(deal(chosen))
  const acme = { id: '7', key: 'company-7', properties: { name: 'Acme', city: 'Bonn', zip: '1' } }

  test('reads what the file reads, at the record that `from` leads to', () => {
    expect(mapping.reads).toEqual([
      'company.key',
      'company.properties.city',
      'company.properties.name',
      'id',
      'person.firstname',
      'person.id',
      'person.lastname',
      'properties.mail',
      'properties.vat',
      'properties.zip',
    ])
  })

  test('narrowed, it reads less, but still what tells which file it is', () => {
    expect(mapping.only(['customer.taxId']).reads).toEqual(['company.properties.name', 'person', 'properties.vat'])
    expect(mapping.rawReads(['customer.raw.properties.x'])).toEqual(['company.properties.x', 'person.properties.x'])
  })

  test('is filled by the first file whose record is there', async () => {
    const { customer } = await map(mapping, {
      id: '901',
      company: acme,
      person: { id: '5' },
      properties: { vat: 'DE1' },
    })
    expect(customer).toMatchObject({
      id: 'company-7',
      name: 'Acme',
      person: false,
      currency: 'EUR',
      taxId: 'DE1',
      email: null,
      billTo: { city: 'Bonn', zip: null },
      raw: acme,
    })
  })

  test('is filled by the next one where the record is not there or its `when` does not hold', async () => {
    const person = { id: '5', firstname: 'Ada', lastname: 'King' }
    const properties = { vat: 'DE1', mail: 'ada@home.test', zip: '2' }
    const wanted = {
      id: '5',
      name: 'Ada King',
      person: true,
      taxId: null,
      email: 'ada@home.test',
      billTo: { zip: '2' },
    }
    const { customer } = await map(mapping, { id: '1', company: null, person, properties })
    expect(customer).toMatchObject({ ...wanted, raw: person })
    const nameless = { id: '7', key: 'company-7', properties: { name: '' } }
    expect((await map(mapping, { id: '1', company: nameless, person, properties })).customer).toMatchObject(wanted)
  })

  test('is not there without any of the records', async () => {
    expect((await map(mapping, { id: '1', company: null, person: null, properties: { zip: '2' } })).customer).toBeNull()
  })

  test('fails under its own name', async () => {
    const bare = compileWith(deal('  customer: { use: company, from: company }'))
    const [mapped] = await mapInbound<Deal>(
      bare,
      [{ id: '901', fields: { id: '1', company: { key: 'a' } } }],
      account,
      sandbox,
    )
    expect(mapped).toMatchObject({
      ok: false,
      failures: [{ field: 'customer.name', message: expect.stringContaining('company.properties.name is empty') }],
    })
  })
})

test('the same file is a mapping of its own', async () => {
  const mapping = compileWith(files.person ?? '')
  const fields = { firstname: 'Ada', lastname: 'King' }
  const [mapped] = await mapInbound<Customer>(mapping, [{ id: '5', fields }], account, sandbox)
  expect(mapped).toMatchObject({ ok: true, value: { id: '5', name: 'Ada King', person: true } })
})
