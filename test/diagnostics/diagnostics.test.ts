import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { type CompileContext, compileMapping } from '../../src/mapping/compile/compile.ts'
import { formatFinding, isWarning } from '../../src/mapping/compile/finding.ts'
import type { FieldSchema, ObjectSchema } from '../../src/mapping/compile/schema.ts'

/*
 * Beside each mapping that is wrong in some way stands the exact text of what lint says about it. The texts are product:
 * read them as a user would when they change.
 */

const folder = new URL('./', import.meta.url)

const field = (type: FieldSchema['type'], more: Partial<FieldSchema> = {}): FieldSchema => ({
  type,
  writable: true,
  ...more,
})
const schemas: Readonly<Record<string, ObjectSchema>> = {
  deals: {
    object: 'deals',
    fields: {
      id: field('text'),
      properties: field('object', {
        fields: {
          dealname: field('text'),
          dealstage: field('text'),
          po_number: field('text'),
          region: field('text'),
          dealtype: field('text', { options: ['new', 'renewal', 'gift'] }),
        },
      }),
      company: field('reference', { relation: 'companies' }),
      person: field('reference', { relation: 'contacts' }),
      line_items: field('list', { relation: 'line_items' }),
      owner: field('object', { fields: { id: field('text'), email: field('text') } }),
      contact: field('reference'),
    },
  },
  companies: {
    object: 'companies',
    fields: { properties: field('object', { fields: { name: field('text') } }) },
  },
  line_items: {
    object: 'line_items',
    fields: { properties: field('object', { fields: { name: field('text'), price: field('number') } }) },
  },
  'sale.order': {
    object: 'sale.order',
    fields: {
      client_order_ref: field('text'),
      origin: field('text'),
      note: field('text'),
      amount_total: field('number', { writable: false }),
      commitment_date: field('instant'),
      is_rush: field('boolean'),
      state: field('text', { options: ['draft', 'sale', 'cancel'] }),
      partner_id: field('reference', { relation: 'res.partner' }),
      pricelist_id: field('reference', { relation: 'product.pricelist' }),
      order_line: field('list', { relation: 'sale.order.line' }),
      x_region: field('text'),
      priority: field('text', { options: ['low', 'high'] }),
      x_one: field('text'),
      x_two: field('text'),
      x_three: field('text'),
      x_four: field('text'),
      x_five: field('text'),
    },
  },
  'sale.order.line': {
    object: 'sale.order.line',
    fields: { name: field('text'), price_unit: field('number'), product_uom_qty: field('number') },
  },
  contacts: { object: 'contacts', fields: { firstname: field('text') } },
  'res.partner': {
    object: 'res.partner',
    fields: {
      name: field('text', { required: true }),
      lang: field('text', { required: true }),
      write_date: field('instant', { required: true, writable: false }),
      city: field('text'),
      delivery_address: field('object', {
        fields: { street: field('text', { required: true }), city: field('text') },
      }),
    },
  },
  'product.product': { object: 'product.product', fields: { default_code: field('text') } },
}
const context: CompileContext = {
  schemaOf: (object: string) => schemas[object] ?? null,
  otherObject: 'deals',
  otherSchemaOf: (object: string) => schemas[object] ?? null,
  links: ['customer'],
  owners: false,
  creates: true,
  fileOf(name) {
    const file = new URL(`used/${name}.yaml`, folder)
    return existsSync(file) ? { file: `used/${name}.yaml`, text: readFileSync(file, 'utf8') } : null
  },
  tables: {
    terms: { net30: '30 Days' },
    states: { won: 'confirmed', lost: 'canceled' },
    urgency: { new: 'high', Renewal: 'lo' },
  },
}

const names = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -5))

describe('lint says of', () => {
  test.each(names)('%s.yaml', (name) => {
    const text = readFileSync(new URL(`${name}.yaml`, folder), 'utf8')
    const { mapping, findings } = compileMapping({ file: `${name}.yaml`, text }, context)
    // Warnings keep nothing from working.
    expect(mapping === null).toBe(findings.some((finding) => !isWarning(finding)))
    const said = `${findings.map(formatFinding).join('\n')}\n`
    expect(said).toBe(readFileSync(new URL(`${name}.txt`, folder), 'utf8'))
  })
})
