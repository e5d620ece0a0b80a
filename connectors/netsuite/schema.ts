import type { Connection, FieldSchema } from '../../src/ports/connector.ts'
import { list, value } from '../kit/field.ts'

/*
 * What we rely on in SuiteQL. Facts that no live account has confirmed yet are kept here alone, so that one that turns out
 * otherwise is mended in one place. README.md tells which are which.
 */

/** Columns that are named otherwise in a live account would be named here. */
export const columns = {
  line: {
    /** What a record calls `line`: the key of the sublist. */
    number: 'id',
    type: 'itemtype',
    shipped: 'quantityshiprecv',
    billed: 'quantitybilled',
    committed: 'quantitycommitted',
    backordered: 'quantitybackordered',
    /** Negative on lines of a sale, but for discounts. */
    amount: 'foreignamount',
    closed: 'isclosed',
    description: 'memo',
  },
  document: {
    due: 'duedate',
    /** Production end date of a work order. */
    ends: 'enddate',
    shipped: 'actualshipdate',
    carrier: 'shipcarrier',
    total: 'foreigntotal',
    unpaid: 'foreignamountunpaid',
  },
  item: {
    /** What a record calls `salesDescription`. */
    description: 'description',
    inactive: 'isinactive',
    saleUnit: 'saleunit',
    stockUnit: 'stockunit',
  },
  price: { level: 'pricelevel', currency: 'currency', from: 'quantity', amount: 'unitprice' },
  stock: { onHand: 'quantityonhand', available: 'quantityavailable', changed: 'lastquantityavailablechange' },
  unit: {
    ...{ id: 'internalid', type: 'unitstype', rate: 'conversionrate' },
    ...{ name: 'unitname', plural: 'pluralname', abbreviation: 'abbreviation' },
  },
  /** The customer's tax number, by the account's tax engine. */
  taxNumber: { suiteTax: 'defaulttaxreg', legacy: 'vatregnumber' },
} as const

/** Documents that belong to an order, and may change without it, as SuiteQL has their types. */
export const documentTypes = ['ItemShip', 'CustInvc', 'CashSale', 'CustCred', 'RtnAuth', 'WorkOrd', 'PurchOrd'] as const
/** Linked to invoices rather than to orders. */
export const settlementTypes = ['CustPymt', 'DepAppl', 'CustCred'] as const
export const watchedTypes: readonly string[] = [...new Set(['SalesOrd', ...documentTypes, ...settlementTypes])]

export const orderObject = 'salesOrder'
export const customerObject = 'customer'
export const itemObject = 'item'

/** The record type of a mapping's object: in mappings `customer` is a document of ours, so NetSuite's is `Customer`. */
export const typeOf = (object: string): string => (object === 'Customer' ? customerObject : object)

/** A field of ours on an order line: its unit, by its name. */
export const lineUnit = 'unit'
/** What is written, by the names that mappings use; `write.ts` takes nothing else. */
export const writes: Connection['writes'] = {
  [orderObject]: {
    ...{ create: true, key: 'unique', acts: ['update', 'confirm', 'cancel'], lineUnit },
    // The amount decides over quantity × rate, and what SuiteQL gives for a rate in another currency is documented nowhere.
    lineFields: { product: 'item', quantity: 'quantity', amount: 'amount' },
  },
  Customer: { create: true, key: 'unique', acts: ['update'] },
}

const addressFields = ['addressee', 'addr1', 'addr2', 'city', 'state', 'zip', 'country', 'addrPhone'] as const
const addressOf = (name: string): readonly string[] => addressFields.map((field) => `${name}.${field}`)
/** Fields that the shipped mappings write, by record type: the connection test looks for each. */
export const written: Readonly<Record<string, readonly string[]>> = {
  [orderObject]: [
    ...['entity', 'currency', 'otherRefNum', 'memo', 'orderStatus', 'shipDate'],
    ...addressOf('shippingAddress'),
    'shippingAddress.attention',
    ...addressOf('billingAddress'),
    ...['item.item', 'item.quantity', 'item.price', 'item.rate', 'item.amount', 'item.description'],
  ],
  [customerObject]: [
    ...['isPerson', 'companyName', 'firstName', 'lastName', 'email', 'phone', 'url', 'taxNumber', 'currency'],
    ...addressOf('billingAddress'),
    ...addressOf('shippingAddress'),
  ],
}
/**
 * Fields without which NetSuite makes no record, whatever the account: it fills in neither by itself. What forms and
 * scripts of an account demand beside them the metadata does not tell.
 */
export const required: Readonly<Record<string, string>> = { [orderObject]: 'entity', [`${orderObject}.item`]: 'item' }

/** `SELECT` with a date or time in a form that no preference of a user changes. */
export const asDate = (column: string): string => `TO_CHAR(${column}, 'YYYY-MM-DD')`
export const asTime = (column: string): string => `TO_CHAR(${column}, 'YYYY-MM-DD HH24:MI:SS')`
export const toTime = "TO_DATE(?, 'YYYY-MM-DD HH24:MI:SS')"
export const places = (values: readonly unknown[]): string => values.map(() => '?').join(', ')

/** A table of SuiteQL whose records are looked up. */
export interface Table {
  readonly name: string
  /** Further condition on its rows. */
  readonly where?: string
  /** For people: the first that is not empty. */
  readonly labels: readonly string[]
  readonly archived: string | null
  /** Whether its records carry external ids. */
  readonly keyed: boolean
  /** When a record was changed, where changes are followed. */
  readonly modified?: string
  readonly fields: Readonly<Record<string, FieldSchema['type']>>
  /** Record types whose custom fields the table has too. */
  readonly records: readonly string[]
}

const named = (name: string, more: Readonly<Record<string, FieldSchema['type']>> = {}): Table => ({
  name,
  labels: ['name'],
  archived: 'isinactive',
  keyed: false,
  fields: { name: 'text', ...more },
  records: [],
})

/** What lookups find, by the name that a mapping uses. Columns are in lower case, as SuiteQL has them. */
export const tables: Readonly<Record<string, Table>> = {
  [orderObject]: {
    name: 'transaction',
    where: "r.type = 'SalesOrd'",
    labels: ['tranid'],
    archived: null,
    keyed: true,
    modified: 'lastmodifieddate',
    fields: { tranid: 'text', otherrefnum: 'text', memo: 'text', externalid: 'text', entity: 'reference' },
    records: [],
  },
  [customerObject]: {
    name: 'customer',
    labels: ['companyname', 'altname', 'entityid'],
    archived: 'isinactive',
    keyed: true,
    modified: 'lastmodifieddate',
    fields: {
      entityid: 'text',
      companyname: 'text',
      altname: 'text',
      firstname: 'text',
      lastname: 'text',
      email: 'text',
      phone: 'text',
      externalid: 'text',
    },
    records: [],
  },
  [itemObject]: {
    name: 'item',
    labels: ['itemid'],
    archived: 'isinactive',
    keyed: false,
    modified: 'lastmodifieddate',
    fields: {
      itemid: 'text',
      displayname: 'text',
      itemtype: 'text',
      subtype: 'text',
      upccode: 'text',
      externalid: 'text',
      description: 'text',
    },
    records: [
      ...['inventoryItem', 'assemblyItem', 'kitItem', 'nonInventorySaleItem', 'nonInventoryResaleItem'],
      ...['serviceSaleItem', 'serviceResaleItem'],
    ],
  },
  currency: named('currency', { symbol: 'text' }),
  subsidiary: named('subsidiary', { country: 'text', currency: 'reference' }),
  location: named('location', { subsidiary: 'reference' }),
  department: named('department'),
  classification: named('classification'),
  term: named('term'),
  priceLevel: named('pricelevel'),
  country: { ...named('country'), archived: null, fields: { id: 'text', name: 'text' } },
  employee: {
    ...named('employee', {}),
    labels: ['entityid'],
    fields: { entityid: 'text', email: 'text', firstname: 'text', lastname: 'text' },
  },
}

const status = (label: string, options: string): FieldSchema => ({ ...value(label, 'text'), options: [...options] })

/** Fields of ours on an order, read by SuiteQL and the same in every account. `orders.ts` fills them. */
export const orderFields: Readonly<Record<string, FieldSchema>> = {
  id: value('Internal id', 'text'),
  number: value('Order number', 'text'),
  url: value('Address of the order in NetSuite', 'text'),
  status: status('Status letter, A to H', 'ABCDEFGH'),
  untouched: value('Nothing of it was shipped or billed', 'boolean'),
  date: value('Date', 'date'),
  ship_date: value('Ship date', 'date'),
  net: value('Total without tax, of what is not closed', 'number'),
  tax: value('Tax', 'number'),
  total: value('Total with tax', 'number'),
  customer: value('Customer', 'reference', 'reference'),
  external_id: value('External id', 'text'),
  lines: list('Lines', 'salesOrder.line'),
  fulfillments: list('Item fulfillments, and returns', 'salesOrder.fulfillment'),
  invoices: list('Invoices, cash sales and credit memos', 'salesOrder.invoice'),
  payments: list('Payments of its invoices, and cash sales', 'salesOrder.payment'),
  work_orders: list('Work orders made for it', 'salesOrder.work_order'),
  purchase_orders: list('Purchase orders made for it', 'salesOrder.purchase_order'),
}

/** Fields of ours on an item, read by SuiteQL and the same in every account. `items.ts` fills them. */
export const itemFields: Readonly<Record<string, FieldSchema>> = {
  url: value('Address of the item in NetSuite', 'text'),
  active: value('Not inactive', 'boolean'),
  sales_description: value('Description in sales', 'text'),
  unit: value('Unit in which it is sold, and in which its stock is told', 'text'),
  prices: list('Base price of one unit, one for each currency, without a quantity break', 'item.price'),
  on_hand: value('Quantity on hand, of all locations that the role sees', 'number'),
  available: value('Quantity available, of all locations that the role sees', 'number'),
}

const identity = {
  id: value('Internal id', 'text'),
  number: value('Document number', 'text'),
} as const
const settled = {
  kind: value('Type as SuiteQL has it: ItemShip, CustInvc, …', 'text'),
  status: value('Status letter', 'text'),
  date: value('Date', 'date'),
} as const

/** What the lists of an order hold. */
export const partFields: Readonly<Record<string, Readonly<Record<string, FieldSchema>>>> = {
  'salesOrder.line': {
    id: value('Line number', 'text'),
    key: value('Our key of the line', 'text'),
    sku: value('Item name', 'text'),
    name: value('Display name of the item', 'text'),
    description: value('Description', 'text'),
    item: value('Item', 'reference', 'reference'),
    item_type: value('Item type as SuiteQL has it: InvtPart, Service, …', 'text'),
    ordered_item: value(
      'Id of the item; empty in an order whose lines NetSuite does not all tell, or makes more of: of item groups, kits, discounts',
      'text',
    ),
    stocked: value('Its item is kept in stock, so that it is shipped', 'boolean'),
    unit: value('Unit of the quantities, by its name; empty for an item without units', 'text'),
    product_unit: value('Unit that the item is sold in', 'text'),
    unit_size: value('How many of the unit that the item is sold in make one of the line', 'number'),
    quantity: value('Quantity', 'number'),
    ordered: value('Quantity, or what was done of it when the line is closed', 'number'),
    shipped: value('Quantity shipped', 'number'),
    returned: value('Quantity that came back', 'number'),
    billed: value('Quantity billed', 'number'),
    committed: value('Quantity committed', 'number'),
    backordered: value('Quantity on back order', 'number'),
    rate: value('Unit price', 'number'),
    amount: value('Amount', 'number'),
    closed: value('Closed', 'boolean'),
  },
  'salesOrder.fulfillment': {
    ...identity,
    ...settled,
    shipped: value('Date of shipping', 'date'),
    carrier: value('Carrier', 'text'),
    tracking_number: value('Tracking numbers of all packages', 'text'),
    packages: list('Packages', 'salesOrder.package'),
    lines: list('What was shipped or came back', 'salesOrder.shipped_line'),
  },
  'salesOrder.package': {
    tracking_number: value('Tracking number', 'text'),
    carrier: value('Carrier', 'text'),
  },
  'salesOrder.shipped_line': {
    sku: value('Item name', 'text'),
    quantity: value('Quantity', 'number'),
  },
  'salesOrder.invoice': {
    ...identity,
    ...settled,
    due: value('Due date', 'date'),
    total: value('Total', 'number'),
    unpaid: value('Amount that is still owed', 'number'),
  },
  'salesOrder.payment': {
    ...identity,
    ...settled,
    amount: value('Amount paid', 'number'),
  },
  'salesOrder.work_order': {
    ...identity,
    status: settled.status,
    quantity: value('Quantity', 'number'),
    built: value('Quantity built', 'number'),
    due: value('Production end date', 'date'),
  },
  'salesOrder.purchase_order': {
    ...identity,
    status: settled.status,
    due: value('Due date', 'date'),
  },
  'item.price': {
    currency: value('ISO code of the currency', 'text'),
    amount: value('Price of one unit', 'number'),
  },
  reference: { id: value('Internal id', 'text') },
}

/** Whose changes are followed, as a condition on the table `i`. What is only bought is in no catalogue. */
export const sellable =
  "(i.itemtype IN ('InvtPart', 'Assembly', 'Kit') OR " +
  "(i.itemtype IN ('NonInvtPart', 'Service') AND i.subtype IN ('Sale', 'Resale')))"
/** Item types that have a quantity on hand. */
export const countedTypes: ReadonlySet<string> = new Set(['InvtPart', 'Assembly'])
/** Transactions that reserve goods without moving them, as SuiteQL has their types. */
export const committingTypes = ['SalesOrd', 'TrnfrOrd', 'WorkOrd'] as const
/** NetSuite's own price level "Base Price". */
export const basePriceLevel = '1'

/** The item types that are shipped. */
export const stockedTypes: ReadonlySet<string> = new Set(['InvtPart', 'Assembly', 'Kit'])
/** What these are made of are lines of their own, which do not say whose part they are. */
export const bundleTypes: ReadonlySet<string> = new Set(['Group', 'Kit'])
/** Lines of these types NetSuite adds by itself: a record does not show them among its items. */
export const addedTypes: ReadonlySet<string> = new Set(['ShipItem', 'TaxGroup', 'TaxItem'])
/** Lines of these types are no goods: headings, subtotals, discounts. */
export const silentTypes: ReadonlySet<string> = new Set([
  'Description',
  'Discount',
  'EndGroup',
  'Group',
  'Markup',
  'Payment',
  'Subtotal',
  ...addedTypes,
])

/** What NetSuite writes in `shipcarrier`, as people call it; `nonups` stands for any carrier but UPS. */
export const carriers: Readonly<Record<string, string | null>> = {
  ups: 'UPS',
  fedex: 'FedEx',
  usps: 'USPS',
  nonups: null,
}

/** Written on a new customer, kept by NetSuite as lines of the address book. */
export const customerAddresses = ['billingAddress', 'shippingAddress'] as const
/** Written on a customer, kept as NetSuite's tax engine wants it. */
export const taxNumber = 'taxNumber'
