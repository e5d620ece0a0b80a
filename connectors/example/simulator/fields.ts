/** A field as the API shows it. */
export interface Field {
  readonly label: string
  readonly type: 'text' | 'number' | 'boolean' | 'date' | 'instant' | 'reference' | 'list'
  readonly writable: boolean
  readonly required: boolean
  readonly options?: readonly string[]
  readonly relation?: string
}
type Fields = Readonly<Record<string, Field>>

const shown = (label: string, type: Field['type'], more: Partial<Field> = {}): Field => ({
  ...{ label, type, writable: false, required: false },
  ...more,
})
const written = (label: string, type: Field['type'], more: Partial<Field> = {}): Field =>
  shown(label, type, { writable: true, ...more })

/** The objects of an account. The last ones are parts of an order, which only reading an order gives. */
const objects: Readonly<Record<string, Fields>> = {
  customers: {
    id: shown('Id', 'text'),
    name: written('Name', 'text', { required: true }),
    person: written('Is a person', 'boolean'),
    vat_number: written('VAT number', 'text'),
    email: written('E-mail', 'text'),
    phone: written('Phone', 'text'),
    street: written('Street', 'text'),
    zip: written('ZIP', 'text'),
    city: written('City', 'text'),
    country: written('Country, ISO 3166', 'text'),
  },
  products: {
    id: shown('Id', 'text'),
    sku: shown('SKU', 'text'),
    name: shown('Name', 'text'),
    price: shown('Price', 'number'),
    service: shown('Is never shipped', 'boolean'),
  },
  orders: {
    id: shown('Id', 'text'),
    number: shown('Number', 'text'),
    url: shown('Address of the order', 'text'),
    state: shown('State', 'text', { options: ['draft', 'confirmed', 'cancelled'] }),
    customer: written('Customer', 'reference', { required: true, relation: 'customers' }),
    currency: written('Currency, ISO 4217', 'text'),
    reference: written("The customer's reference", 'text'),
    requested_date: written('Requested date', 'date'),
    note: written('Note', 'text'),
    net: shown('Total without tax', 'number'),
    tax: shown('Tax', 'number'),
    total: shown('Total', 'number'),
    lines: written('Lines', 'list', { relation: 'order_lines' }),
    shipments: shown('Shipments', 'list', { relation: 'shipments' }),
    invoices: shown('Invoices', 'list', { relation: 'invoices' }),
    payments: shown('Payments', 'list', { relation: 'payments' }),
  },
  order_lines: {
    key: shown('Key of whoever made the line', 'text'),
    product: written('Product', 'reference', { required: true, relation: 'products' }),
    sku: shown('SKU', 'text'),
    service: shown('Is never shipped', 'boolean'),
    quantity: written('Quantity', 'number', { required: true }),
    price: written('Price of one', 'number'),
    discount: written('Discount in percent', 'number'),
    shipped: shown('Quantity shipped', 'number'),
    invoiced: shown('Quantity invoiced', 'number'),
  },
  shipments: {
    number: shown('Number', 'text'),
    shipped_at: shown('When it left', 'instant'),
    carrier: shown('Carrier', 'text'),
    tracking_number: shown('Tracking number', 'text'),
    lines: shown('Lines', 'list', { relation: 'shipment_lines' }),
  },
  shipment_lines: { sku: shown('SKU', 'text'), quantity: shown('Quantity', 'number') },
  invoices: {
    number: shown('Number', 'text'),
    date: shown('Date', 'date'),
    due: shown('Due date', 'date'),
    total: shown('Total', 'number'),
    open: shown('Amount that is still owed', 'number'),
  },
  payments: { date: shown('Date', 'date'), amount: shown('Amount', 'number') },
}

/** How a call, or one record of it, is refused. */
export type Refused = Error & { readonly code: string; readonly field: string }
export const refused = (code: string, message: string, field = ''): Refused =>
  Object.assign(new Error(message), { code, field })
export const isRefused = (error: unknown): error is Refused =>
  error instanceof Error && 'code' in error && 'field' in error

export function fieldsOf(object: string): Fields {
  const fields = Object.hasOwn(objects, object) ? objects[object] : undefined
  if (fields === undefined) throw refused('unknown_object', `There is no object "${object}".`, object)
  return fields
}
export function fieldOf(object: string, name: string): Field {
  const fields = fieldsOf(object)
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (field === undefined) throw refused('unknown_field', `${object} have no field "${name}".`, name)
  return field
}
