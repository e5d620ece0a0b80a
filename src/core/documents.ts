import { z } from 'zod'
import { type Decimal, parseDecimal } from './decimal.ts'
import type { Json } from './json.ts'
import { type Instant, type PlainDate, parseInstant, parsePlainDate } from './time.ts'

/*
 * The typed records between the systems. Every field is present; what a system does not know is null or an empty list.
 * `raw` is the system's own record, which a mapping reaches as `crm.…` or `erp.…`.
 */

const text = z.string()
const maybeText = text.nullable().default(null)
const decimalValue = z
  .custom<Decimal>((value) => typeof value === 'string' && parseDecimal(value) === value, {
    message: 'not a decimal number',
  })
  .meta({ format: 'decimal' })
const instant = z
  .custom<Instant>((value) => typeof value === 'string' && parseInstant(value) === value, {
    message: 'not an instant in UTC',
  })
  .meta({ format: 'instant' })
const plainDate = z
  .custom<PlainDate>((value) => parsePlainDate(value) !== null, { message: 'not a date YYYY-MM-DD' })
  .meta({
    format: 'date',
  })
const maybeDecimal = decimalValue.nullable().default(null)
const maybeInstant = instant.nullable().default(null)
const maybeDate = plainDate.nullable().default(null)
const raw = z.custom<Json>().default(null)

const addressSchema = z.strictObject({
  name: maybeText,
  street: maybeText,
  street2: maybeText,
  city: maybeText,
  zip: maybeText,
  state: maybeText.describe('State, province or region, as the source writes it'),
  country: maybeText.describe('ISO 3166 alpha-2 code where the mapping can tell it'),
  phone: maybeText,
})

const contactSchema = z.strictObject({
  id: text,
  firstName: maybeText,
  lastName: maybeText,
  name: maybeText,
  email: maybeText,
  phone: maybeText,
})

/** An address of a deal below its customer, where an ERP keeps such. */
const placeSchema = z.strictObject({
  ...addressSchema.shape,
  id: text.describe('Its content, as it has no id in the source'),
  use: z.enum(['delivery', 'invoice']).describe('What the deal has it for'),
  raw,
})
export type Place = z.infer<typeof placeSchema>
/** A contact of a deal, likewise. */
const personSchema = z.strictObject({ ...contactSchema.shape, raw })
export type Person = z.infer<typeof personSchema>

const customerSchema = z.strictObject({
  id: text.describe('Id in the source, with the kind of record where ids are not unique across kinds: company-77'),
  name: text,
  person: z.boolean().default(false).describe('A natural person rather than a company'),
  legalName: maybeText,
  taxId: maybeText,
  domain: maybeText,
  email: maybeText,
  phone: maybeText,
  billTo: addressSchema.nullable().default(null),
  shipTo: addressSchema.nullable().default(null),
  currency: maybeText,
  paymentTerms: maybeText,
  language: maybeText,
  parent: maybeText,
  raw,
})
export type Customer = z.infer<typeof customerSchema>

const dealLineSchema = z.strictObject({
  id: text,
  position: z.number().int().nullable().default(null),
  sku: maybeText,
  name: maybeText,
  quantity: decimalValue,
  unit: maybeText,
  unitPrice: decimalValue.describe('Price of one unit before any discount, in the currency of the deal'),
  discountPercent: maybeDecimal.describe('0 to 100, off the unit price'),
  discountAmount: maybeDecimal.describe('Off the whole line, in the currency of the deal, after the percentage'),
  taxCode: maybeText,
  netAmount: maybeDecimal.describe('Quantity × unit price less discounts, rounded to the currency; computed when null'),
  netUnitPrice: maybeDecimal.describe('Net amount of one unit, discounts included; computed'),
  entryPrice: maybeDecimal.describe(
    'Unit price for an ERP that knows percentages but no amounts off a line: net where an amount is off, in the digits that the ERP keeps; computed',
  ),
  entryDiscount: maybeDecimal.describe(
    'Percentage that goes with the entry price: 0 where an amount is off, but for what makes the amount to the cent; computed',
  ),
  raw,
})
export type DealLine = z.infer<typeof dealLineSchema>

export const dealSchema = z.strictObject({
  id: text,
  number: text,
  name: maybeText,
  url: maybeText,
  stage: maybeText,
  won: z.boolean(),
  wonAt: maybeInstant.describe('When it became won, by the history of the source; null where that does not tell'),
  madeWon: z
    .boolean()
    .default(false)
    .describe(
      'Won from the moment it was made, as imported deals are: when it was really won, only the close date says',
    ),
  closeDate: maybeDate,
  currency: text.describe('ISO 4217'),
  amount: maybeDecimal.describe('Net total that was agreed; compared with the order'),
  tax: maybeDecimal,
  total: maybeDecimal.describe('Total with tax, where the CRM knows it'),
  discount: maybeDecimal.describe('Off the whole deal; spread over the lines to the cent'),
  owner: z
    .strictObject({
      id: text,
      name: maybeText,
      email: maybeText,
      active: z.boolean().nullable().default(null).describe('Whether this person still works in the CRM'),
    })
    .nullable()
    .default(null),
  poNumber: maybeText,
  requestedDate: maybeDate,
  paymentTerms: maybeText,
  notes: maybeText,
  customer: customerSchema.nullable().default(null),
  contact: contactSchema.nullable().default(null),
  billTo: addressSchema.nullable().default(null).describe('Where the bill of this deal goes'),
  shipTo: addressSchema
    .nullable()
    .default(null)
    .describe('Where the goods of this deal go; that of the customer where the deal has none'),
  lines: z.array(dealLineSchema).default([]),
  raw,
})
export type Deal = z.infer<typeof dealSchema>

const productSchema = z.strictObject({
  id: text,
  sku: maybeText,
  name: maybeText,
  description: maybeText,
  unit: maybeText,
  url: maybeText,
  prices: z
    .array(z.strictObject({ currency: text.describe('ISO 4217'), amount: decimalValue }))
    .default([])
    .describe('Price of one unit, one for each currency, without tax unless the ERP keeps prices with it'),
  active: z.boolean().default(true),
  stock: z
    .strictObject({
      onHand: maybeDecimal.describe('In the warehouses, in the unit of the product'),
      available: maybeDecimal.describe('On hand, less what is promised to customers already'),
      asOf: maybeInstant.describe('When it was read; filled in by Crosswalk'),
    })
    .nullable()
    .default(null),
  raw,
})

export type Product = z.infer<typeof productSchema>

const orderStates = ['draft', 'confirmed', 'cancelled'] as const
export const stages = [
  'draft',
  'confirmed',
  'in_procurement',
  'in_production',
  'ready',
  'partly_shipped',
  'shipped',
  'invoiced',
  'partly_paid',
  'paid',
  'cancelled',
] as const
export type Stage = (typeof stages)[number]

const quantities = {
  ordered: decimalValue,
  produced: maybeDecimal,
  purchased: maybeDecimal,
  reserved: maybeDecimal,
  shipped: maybeDecimal,
  invoiced: maybeDecimal,
  returned: maybeDecimal,
}

export const fulfilmentSchema = z.strictObject({
  id: text.describe('Id of the order in the ERP'),
  number: maybeText,
  url: maybeText,
  state: z.enum(orderStates).default('draft').describe('State of the order document itself'),
  stage: z.enum(stages).nullable().default(null).describe('Computed from the documents and their quantities'),
  promisedDate: maybeDate,
  open: z
    .boolean()
    .nullable()
    .default(null)
    .describe('Whether more of it is to be shipped, as its documents say; null where quantities alone tell'),
  lines: z
    .array(
      z.strictObject({
        key: text,
        sku: maybeText,
        stocked: z.boolean().default(true).describe('False for a service: it is never shipped'),
        product: maybeText.describe('Id of the product in the ERP'),
        quantity: maybeDecimal.describe('As the line says, also where no more is to come of it'),
        price: maybeDecimal.describe('Of one unit, before discounts'),
        discount: maybeDecimal.describe('In percent'),
        amount: maybeDecimal.describe('Net amount of the line, where that decides and not the price'),
        unit: maybeText.describe('Unit of the quantities, by its name in the ERP'),
        productUnit: maybeText.describe('Unit that the product is sold in unless a line says otherwise'),
        unitSize: maybeDecimal.describe('How many of the product’s unit make one of the line’s'),
        ...quantities,
      }),
    )
    .default([]),
  productionOrders: z
    .array(
      z.strictObject({
        number: text,
        state: z.enum(['planned', 'in_progress', 'done', 'cancelled']),
        ordered: maybeDecimal,
        produced: maybeDecimal,
        dueDate: maybeDate,
      }),
    )
    .default([]),
  purchaseOrders: z
    .array(
      z.strictObject({
        number: text,
        state: z.enum(['draft', 'ordered', 'received', 'cancelled']),
        dueDate: maybeDate,
      }),
    )
    .default([]),
  shipments: z
    .array(
      z.strictObject({
        number: text,
        state: z.enum(['waiting', 'ready', 'shipped', 'cancelled']),
        kind: z.enum(['delivery', 'return']).default('delivery'),
        carrier: maybeText,
        trackingNumber: maybeText,
        trackingUrl: maybeText,
        shippedDate: maybeDate.describe('The day it left, as the ERP counts days'),
        lines: z.array(z.strictObject({ sku: maybeText, quantity: decimalValue })).default([]),
      }),
    )
    .default([]),
  invoices: z
    .array(
      z.strictObject({
        number: maybeText,
        kind: z.enum(['invoice', 'credit_note']).default('invoice'),
        date: maybeDate,
        due: maybeDate,
        total: decimalValue,
        outstanding: decimalValue,
        state: z.enum(['draft', 'posted', 'cancelled']),
      }),
    )
    .default([]),
  payments: z.array(z.strictObject({ date: maybeDate, amount: decimalValue })).default([]),
  summary: z
    .strictObject({
      trackingNumbers: maybeText.describe('Of all deliveries, with commas between'),
      trackingUrl: maybeText.describe('Of the latest delivery'),
      shippedDate: maybeDate.describe('The day on which the latest delivery left, as the ERP counts days'),
      invoiceNumber: maybeText.describe('Of the latest posted invoice'),
      invoiceDate: maybeDate,
      outstanding: maybeDecimal.describe('Of all posted invoices, less credit notes'),
    })
    .nullable()
    .default(null)
    .describe('What a CRM shows in single fields; computed'),
  totals: z
    .strictObject({ net: maybeDecimal, tax: maybeDecimal, total: maybeDecimal, currency: maybeText })
    .nullable()
    .default(null),
  raw,
})
export type Fulfilment = z.infer<typeof fulfilmentSchema>

export const documentSchemas = {
  deal: dealSchema,
  customer: customerSchema,
  address: placeSchema,
  contact: personSchema,
  product: productSchema,
  fulfilment: fulfilmentSchema,
} as const
export type DocumentName = keyof typeof documentSchemas
