import { z } from 'zod'
import { SyncError } from '../../src/core/problem.ts'
import type { FieldSchema, ObjectSchema } from '../../src/ports/connector.ts'
import { list, value } from '../kit/field.ts'
import { onceEach } from '../kit/once.ts'
import { type Client, read } from './client.ts'
import { isSyncError } from './errors.ts'
import { creates } from './writes.ts'

/** A field as Odoo's `fields_get` describes it. */
export interface Field {
  readonly type: string
  readonly label: string
  readonly required: boolean
  readonly readonly: boolean
  /** Kept in the database; what is computed on reading is not. */
  readonly stored: boolean
  readonly searchable: boolean
  /** Made from other fields, also where its value is kept and may be written. */
  readonly computed: boolean
  /** How many digits of a number stand after the point, where that is settled. */
  readonly digits?: number
  readonly relation?: string
  readonly options?: readonly string[]
  /** What people call the options, in their order. */
  readonly optionLabels?: readonly string[]
}
export type Fields = Readonly<Record<string, Field>>

/** The models of this Odoo, asked once each and kept for the connection's life. */
export interface Models {
  /** Null when the app that brings the model is not installed. @throws SyncError */
  fields(model: string): Promise<Fields | null>
  /** Asks for the fields anew: somebody may have added a choice since. */
  renew(model: string): Promise<Fields | null>
  /** Whether the model is there and its records may be read by our user. */
  readable(model: string): Promise<boolean>
  may(model: string, right: Right): Promise<boolean>
  describe(object: string): Promise<ObjectSchema>
}
export type Right = 'read' | 'write' | 'create' | 'unlink'

/**
 * Attributes may be missing: fields that a module makes up on the spot (`sel_groups_…` of users) have only some, and their
 * choices have numbers for values. A field of another shape is left out.
 */
const fieldSchema = z.looseObject({
  type: z.string(),
  string: z.unknown().optional(),
  required: z.unknown().optional(),
  readonly: z.unknown().optional(),
  relation: z.string().optional(),
  states: z.record(z.string(), z.unknown()).optional().catch(undefined),
  store: z.unknown().optional(),
  searchable: z.unknown().optional(),
  selection: z
    .array(z.tuple([z.unknown()], z.unknown()))
    .optional()
    .catch(undefined),
  depends: z.array(z.unknown()).optional().catch(undefined),
  digits: z
    .tuple([z.number(), z.int().min(0).max(16)])
    .optional()
    .catch(undefined),
})
const fieldsSchema = z.record(z.string(), z.unknown())
const attributes = [
  'string',
  'type',
  'required',
  'readonly',
  'relation',
  'states',
  'store',
  'searchable',
  'selection',
  'depends',
  'digits',
]
const defaultsSchema = z.record(z.string(), z.unknown())

/** Required and without a default, but filled in by Odoo's own `create`: of an order from its customer, of a line from its product. */
const completed: Readonly<Record<string, ReadonlySet<string>>> = {
  'sale.order': new Set(['partner_invoice_id', 'partner_shipping_id', 'pricelist_id', 'currency_id']),
  'sale.order.line': new Set(['order_id', 'name', 'product_uom', 'product_uom_id', 'currency_id']),
}

export function openModels(client: Client): Models {
  async function askFields(model: string): Promise<Fields | null> {
    try {
      const value = await client.call({ model, method: 'fields_get', args: { attributes }, effect: 'read' })
      return fieldsOf(read(fieldsSchema, value, `the fields of ${model}`))
    } catch (error) {
      if (isSyncError(error, 'configuration_invalid')) return null
      throw error
    }
  }

  async function askRight(model: string, right: Right): Promise<boolean> {
    const { major } = await client.version()
    // The old name is deprecated since Odoo 18.
    const call =
      major >= 18
        ? { model, method: 'has_access', ids: [], args: { operation: right }, effect: 'read' as const }
        : {
            model,
            method: 'check_access_rights',
            args: { operation: right, raise_exception: false },
            effect: 'read' as const,
          }
    return (await client.call(call)) === true
  }

  const having = (right: Right) => onceEach((model: string) => askRight(model, right)).of
  const rights = { read: having('read'), write: having('write'), create: having('create'), unlink: having('unlink') }

  /**
   * Names of the fields without which no record is made. What has a default, is computed, or is filled in by `create` is not
   * among them; nor is anything of a model that we do not create, or whose defaults cannot be asked for.
   */
  async function askDemanded(model: string): Promise<ReadonlySet<string>> {
    const fields = (await models.fields(model)) ?? {}
    const names = Object.entries(fields).flatMap(([name, field]) =>
      field.required && !field.computed && field.stored && completed[model]?.has(name) !== true ? [name] : [],
    )
    if (names.length === 0) return new Set()
    try {
      const value = await client.call({ model, method: 'default_get', args: { fields: names }, effect: 'read' })
      const defaults = read(defaultsSchema, value, `the defaults of ${model}`)
      return new Set(names.filter((name) => isBlank(fields[name], defaults[name])))
    } catch (error) {
      if (isSyncError(error, 'record_rejected', 'permission_missing', 'configuration_invalid')) return new Set()
      throw error
    }
  }

  const demanded = onceEach(askDemanded)
  const fields = onceEach(askFields)
  const models: Models = {
    fields: fields.of,
    renew(model) {
      fields.forget(model)
      return fields.of(model)
    },
    may: (model, right) => rights[right](model),
    async readable(model) {
      return (await models.fields(model)) !== null && (await models.may(model, 'read'))
    },
    async describe(object) {
      const made = Object.hasOwn(listed, object) ? listed[object] : undefined
      if (made !== undefined) return { object, fields: made }
      const fields = await models.fields(object)
      if (fields === null && relied[object] === undefined) {
        throw new SyncError(`This Odoo has no model "${object}"`, {
          problem: { kind: 'configuration_invalid', path: object },
          fix: 'Install the app that brings it, or correct the mapping.',
        })
      }
      const needed = fields !== null && creates.has(object) ? await demanded.of(object) : new Set<string>()
      const own = Object.entries(fields ?? {}).map(([name, field]): [string, FieldSchema] => [
        name,
        schemaOf(field, needed.has(name)),
      ])
      return { object, fields: { ...relied[object], ...Object.fromEntries(own), ...virtualFields(object) } }
    },
  }
  return models
}

function fieldsOf(described: z.output<typeof fieldsSchema>): Fields {
  return Object.fromEntries(
    Object.entries(described).flatMap(([name, given]): [string, Field][] => {
      const parsed = fieldSchema.safeParse(given)
      return parsed.success ? [[name, fieldOf(name, parsed.data)]] : []
    }),
  )
}

const fieldOf = (name: string, field: z.output<typeof fieldSchema>): Field => ({
  type: field.type,
  label: typeof field.string === 'string' ? field.string : name,
  required: field.required === true,
  // Up to Odoo 16 a field may be read-only but for some states: the customer of a draft order.
  readonly: field.readonly === true && Object.keys(field.states ?? {}).length === 0,
  stored: field.store !== false,
  searchable: field.searchable !== false,
  computed: (field.depends ?? []).length > 0,
  ...(field.digits === undefined ? {} : { digits: field.digits[1] }),
  ...(field.relation === undefined ? {} : { relation: field.relation }),
  ...(field.selection === undefined
    ? {}
    : {
        options: field.selection.map(([value]) => String(value)),
        optionLabels: field.selection.map(([, label]) => String(label)),
      }),
})

/** Whether a default leaves the field empty. A boolean is never empty, and a number that is 0 is a value. */
const isBlank = (field: Field | undefined, value: unknown): boolean =>
  value === undefined || value === null || value === '' || (value === false && field?.type !== 'boolean')

const types: Readonly<Record<string, FieldSchema['type']>> = {
  integer: 'number',
  float: 'number',
  monetary: 'number',
  boolean: 'boolean',
  date: 'date',
  datetime: 'instant',
  many2one: 'reference',
  one2many: 'list',
  many2many: 'list',
  json: 'object',
  properties: 'object',
}

function schemaOf(field: Field, required: boolean): FieldSchema {
  return {
    label: field.label,
    type: types[field.type] ?? 'text',
    writable: !field.readonly,
    required,
    ...(field.relation === undefined ? {} : { relation: field.relation }),
    ...(field.options === undefined ? {} : { options: field.options }),
    ...(field.digits === undefined ? {} : { digits: field.digits }),
  }
}

/** Not models: entries of lists that are made by us. */
const paymentObject = 'account.move.payment'
const priceObject = 'product.product.price'
const listed: Readonly<Record<string, ObjectSchema['fields']>> = {
  [paymentObject]: { date: value('Date', 'date'), amount: value('Amount', 'number'), name: value('Name', 'text') },
  [priceObject]: { currency: value('Currency, ISO 4217', 'text'), amount: value('Price of one unit', 'number') },
}

/** Written on a customer, kept by Odoo as a child contact of type delivery. */
export const deliveryAddress = 'delivery_address'

/** Fields of ours, beside those of the model. read.ts fills them, load.ts writes the delivery address. */
const virtual: Readonly<Record<string, Readonly<Record<string, FieldSchema>>>> = {
  'sale.order': {
    production_orders: list('Production orders made for the order', 'mrp.production'),
    purchase_orders: list('Purchase orders made for the order', 'purchase.order'),
    payments: list('Payments of its invoices', paymentObject),
  },
  'res.partner': {
    [deliveryAddress]: {
      label: 'Delivery address, a contact of its own below this one',
      type: 'object',
      writable: true,
      required: false,
      fields: Object.fromEntries(
        ['name', 'street', 'street2', 'zip', 'city', 'phone', 'country_id', 'state_id'].map((name) => [
          name,
          { ...value(name, 'text'), writable: true },
        ]),
      ),
    },
  },
  'sale.order.line': {
    unit: { ...value('Unit of the quantity, by its name, in every version of Odoo', 'text'), writable: true },
    product_unit: value('Unit of the product, by its name', 'text'),
    unit_size: value('How many of the unit of the product make one of the line', 'number'),
    reserved: value('Quantity reserved for delivery', 'number'),
    shipped: value('Quantity delivered, what came back included', 'number'),
    returned: value('Quantity that came back', 'number'),
  },
  'product.product': {
    prices: list('Price of one unit, in every currency that a price list sells in', priceObject),
    on_hand: value('Quantity on hand, empty for what is not kept in stock', 'number'),
    available: value('Quantity on hand that is not reserved, empty for what is not kept in stock', 'number'),
  },
  'stock.picking': { moves: list('Products moved, in every version of Odoo', 'stock.move') },
  'stock.move': {
    done: value('Quantity moved, in every version of Odoo', 'number'),
    reserved: value('Quantity reserved, in every version of Odoo', 'number'),
  },
}
const virtualFields = (object: string): Readonly<Record<string, FieldSchema>> => ({
  id: value('ID', 'text'),
  url: value('Address of the record in Odoo', 'text'),
  ...virtual[object],
})

/**
 * What the shipped mappings read although the app that brings it may not be installed. It is described all the same, so
 * that one mapping fits every Odoo, and is empty on reading.
 */
const relied: Readonly<Record<string, Readonly<Record<string, FieldSchema>>>> = {
  'sale.order': {
    picking_ids: list('Transfers', 'stock.picking'),
    invoice_ids: list('Invoices', 'account.move'),
  },
  'sale.order.line': { move_ids: list('Stock moves', 'stock.move') },
  'stock.picking': {
    name: value('Reference', 'text'),
    state: value('Status', 'text'),
    picking_type_code: value('Type of operation', 'text'),
    carrier_id: value('Carrier', 'reference', 'delivery.carrier'),
    carrier_tracking_ref: value('Tracking reference', 'text'),
    carrier_tracking_url: value('Tracking URL', 'text'),
    date_done: value('Date of transfer', 'instant'),
  },
  'stock.move': {
    state: value('Status', 'text'),
    picking_code: value('Type of operation', 'text'),
    product_id: value('Product', 'reference', 'product.product'),
    to_refund: value('Update quantities on the order', 'boolean'),
  },
  'product.product': {
    qty_available: value('Quantity on hand', 'number'),
    free_qty: value('Free to use quantity', 'number'),
  },
  'delivery.carrier': { name: value('Delivery method', 'text') },
  'mrp.production': {
    name: value('Reference', 'text'),
    state: value('State', 'text'),
    product_qty: value('Quantity to produce', 'number'),
    qty_produced: value('Quantity produced', 'number'),
    date_deadline: value('Deadline', 'instant'),
  },
  'purchase.order': {
    name: value('Order reference', 'text'),
    state: value('Status', 'text'),
    date_planned: value('Receipt date', 'instant'),
    order_line: list('Order lines', 'purchase.order.line'),
  },
  'purchase.order.line': {
    product_qty: value('Quantity', 'number'),
    qty_received: value('Received', 'number'),
  },
}

/** Models of apps that may be missing, or that our user may not read: then they are taken as empty. */
export const optionalModels: ReadonlySet<string> = new Set([
  'stock.picking',
  'stock.move',
  'delivery.carrier',
  'mrp.production',
  'purchase.order',
  'purchase.order.line',
  'account.move',
  'stock.quant',
  'product.template.attribute.value',
  'uom.uom',
  'product.pricelist',
  'product.pricelist.item',
])

/** Whether the field is one of those a missing app may bring. */
export const mayBeMissing = (model: string, field: string): boolean =>
  Object.hasOwn(relied, model) && Object.hasOwn(relied[model] ?? {}, field)

/** Whether the field is ours rather than Odoo's. */
export const isVirtual = (model: string, field: string): boolean =>
  field === 'url' || Object.hasOwn(virtual[model] ?? {}, field)
