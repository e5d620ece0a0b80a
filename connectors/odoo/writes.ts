import type { Connection } from '../../src/ports/connector.ts'

/** What is written to Odoo, and nothing else is. */
export const writes = {
  'sale.order': {
    ...{ create: true, key: 'unique', acts: ['update', 'confirm', 'cancel'], lineUnit: 'unit' },
    lineFields: { product: 'product_id', quantity: 'product_uom_qty', price: 'price_unit', discount: 'discount' },
  },
  'res.partner': { create: true, key: 'unique', acts: ['update'] },
} as const satisfies Connection['writes']

/** Models of which records are made, by themselves or as lines of the former. */
export const creates: ReadonlySet<string> = new Set([...Object.keys(writes), 'sale.order.line'])
