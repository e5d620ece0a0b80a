/** A field of a record type, as REST names it. */
export interface SimulatedField {
  readonly type:
    | 'text'
    | 'date'
    | 'instant'
    | 'number'
    | 'integer'
    | 'boolean'
    | 'reference'
    | 'choice'
    | 'subrecord'
    | 'list'
  readonly title: string
  /** The column of the record's table in SuiteQL; null for what only REST has. */
  readonly column: string | null
  readonly readOnly: boolean
  readonly required: boolean
  /** The table that a reference leads to; null for one that is not looked at. */
  readonly to: string | null
  readonly choices: readonly string[]
  /** Of a subrecord, or of the lines of a list. */
  readonly fields: Fields
  readonly custom: boolean
}
export type Fields = Map<string, SimulatedField>

export interface RecordType {
  readonly name: string
  readonly table: string
  /** Which rows of the table are records of this type, as SQL. */
  readonly only: string
  /** External ids are unique among all records of a pool. */
  readonly pool: string
  readonly fields: Fields
  /** Whether people create and change such records through REST here. */
  readonly writable: boolean
}
export type RecordTypes = ReadonlyMap<string, RecordType>

/** The fields of a list's lines or of a subrecord. */
export const fieldsIn = (fields: Fields, name: string): Fields => fields.get(name)?.fields ?? new Map()
/** @throws Error when the account has no such record type */
export function recordType(types: RecordTypes, name: string): RecordType {
  const type = types.get(name)
  if (type === undefined) throw new Error(`the simulated NetSuite has no record type "${name}"`)
  return type
}

type Part = Partial<SimulatedField>
const titleOf = (name: string): string =>
  name
    .replace(/^cust(body|col|entity)_/, '')
    .replace(/(^|_)(\w)/g, (_, __, letter: string) => ` ${letter.toUpperCase()}`)
    .trim()

function field(name: string, type: SimulatedField['type'], part: Part = {}): SimulatedField {
  return {
    ...{ type, title: titleOf(name), column: null, readOnly: false, required: false, to: null },
    ...{ choices: [], fields: new Map(), custom: false },
    ...part,
  }
}
/** `otherRefNum` stands in the column `otherrefnum`; `salesRep:employee` in another; `message!` in none. */
function several(type: SimulatedField['type'], names: string, part: Part = {}): [string, SimulatedField][] {
  return names.split(/\s+/).map((text) => {
    const [, name = '', mark, column] = /^(\w+)(?:(!)|:(\w+))?$/.exec(text) ?? []
    return [name, field(name, type, { column: mark === '!' ? null : (column ?? name.toLowerCase()), ...part })]
  })
}
const readOnly = { readOnly: true } as const
const reference = (name: string, to: string | null, part: Part = {}): [string, SimulatedField] => [
  name,
  field(name, 'reference', { column: name.toLowerCase(), to, ...part }),
]

const addressFields = (): Fields =>
  new Map([
    ...several('text', 'addressee attention addr1 addr2 addr3 city state zip addrPhone'),
    ...several('text', 'addrText!', readOnly),
    ...several('boolean', 'override'),
    ['country', field('country', 'reference', { column: 'country', to: 'country' })],
  ])
const address = (column: string | null): SimulatedField =>
  field('address', 'subrecord', { column, fields: addressFields() })

const lineFields = (): Fields =>
  new Map([
    ...several('integer', 'line:id', { required: false }),
    reference('item', 'item', { required: true }),
    ...several('text', 'description:memo units taxDetailsReference! serialNumbers!'),
    ...several('text', 'lineUniqueKey:uniquekey', readOnly),
    ...several('number', 'quantity rate amount:netamount'),
    ...several('number', 'grossAmt! taxAmount! taxRate1!', readOnly),
    ...several('number', 'quantityFulfilled:quantityshiprecv quantityBilled quantityPicked quantityPacked', readOnly),
    ...several('number', 'quantityCommitted quantityBackOrdered', readOnly),
    ...several('date', 'expectedShipDate requestedDate! closeDate!'),
    ...several('boolean', 'isClosed'),
    ...several('boolean', 'isOpen! itemIsFulfilled!', readOnly),
    ...several('boolean', 'createWo!'),
    reference('price', 'pricelevel'),
    reference('location', 'location'),
    reference('department', 'department'),
    reference('class', 'classification'),
    reference('taxCode', null, { column: null }),
    ['itemType', field('itemType', 'choice', { column: 'itemtype', readOnly: true })],
    ['commitInventory', field('commitInventory', 'choice', { choices: ['1', '2', '3'] })],
    ['createPo', field('createPo', 'choice', { choices: ['DropShip', 'SpecOrd'] })],
  ])

const taxLineFields = (): Fields =>
  new Map([
    ...several('text', 'taxDetailsReference! taxType! lineName! lineType!'),
    ...several('number', 'netAmount! taxBasis! taxRate! taxAmount!'),
    reference('taxCode', null, { column: null }),
  ])

const taxRegistrationFields = (): Fields =>
  new Map([
    ...several('integer', 'id', readOnly),
    ...several('text', 'taxRegistrationNumber!'),
    reference('nexusCountry', 'country', { column: null }),
    reference('nexus', null, { column: null }),
  ])

/** Fields that all transactions have. */
const transactionFields = (): [string, SimulatedField][] => [
  ...several('text', 'id externalId tranId', readOnly),
  ...several('date', 'tranDate'),
  ...several('text', 'memo'),
  ...several('instant', 'createdDate lastModifiedDate', readOnly),
  reference('entity', 'customer', { required: true }),
  reference('currency', 'currency'),
  ['status', field('status', 'choice', { column: 'status', readOnly: true, choices: [...'ABCDEFGH'] })],
]

interface Account {
  readonly oneWorld: boolean
  readonly legacyTax: boolean
}

/** The record types of an account. Its own fields are added to these. */
export function recordTypesOf({ oneWorld, legacyTax }: Account): RecordTypes {
  const subsidiary = (required: boolean) => (oneWorld ? [reference('subsidiary', 'subsidiary', { required })] : [])
  const salesOrder: Fields = new Map([
    ...transactionFields(),
    ...several('text', 'otherRefNum email message!'),
    ...several('text', 'transactionNumber! linkedTrackingNumbers!', readOnly),
    ...several('date', 'shipDate actualShipDate startDate endDate salesEffectiveDate!'),
    ...several('number', 'shippingCost! handlingCost! discountRate! exchangeRate'),
    ...several('number', 'subtotal! taxTotal! total:foreigntotal discountTotal!', readOnly),
    ...several('boolean', 'shipComplete! toBeEmailed! isMultiShipTo! taxDetailsOverride!'),
    reference('location', 'location'),
    reference('department', 'department'),
    reference('class', 'classification'),
    reference('terms', 'term'),
    reference('salesRep', 'employee', { column: 'employee' }),
    reference('shipMethod', 'shipitem', { column: null }),
    reference('discountItem', 'item', { column: null }),
    reference('customForm', null, { column: null }),
    reference('opportunity', null, { column: null }),
    reference('shipAddressList', 'customeraddressbook', { column: null }),
    reference('billAddressList', 'customeraddressbook', { column: null }),
    ...subsidiary(false),
    ['orderStatus', field('orderStatus', 'choice', { column: 'status', choices: ['A', 'B'] })],
    ['shippingAddress', address('shippingaddress')],
    ['billingAddress', address('billingaddress')],
    ['item', field('item', 'list', { fields: lineFields(), required: true })],
    ...(legacyTax
      ? []
      : ([['taxDetails', field('taxDetails', 'list', { fields: taxLineFields() })]] as [string, SimulatedField][])),
  ])
  const customer: Fields = new Map([
    ...several('text', 'id externalId', readOnly),
    ...several('text', 'entityId companyName firstName lastName email phone url accountNumber comments'),
    ...(legacyTax ? several('text', 'vatRegNumber') : several('text', 'defaultTaxReg')),
    ...several('text', 'altName', readOnly),
    ...several('boolean', 'isPerson isInactive'),
    ...several('boolean', 'autoName! taxable! shipComplete!'),
    ...several('number', 'creditLimit!'),
    ...several('number', 'balance! overdueBalance! depositBalance!', readOnly),
    ...several('instant', 'dateCreated lastModifiedDate', readOnly),
    ...subsidiary(true),
    reference('currency', 'currency'),
    reference('terms', 'term'),
    reference('priceLevel', 'pricelevel'),
    reference('parent', 'customer'),
    reference('salesRep', 'employee', { column: null }),
    reference('category', null, { column: null }),
    reference('entityStatus', null, { column: null }),
    [
      'addressBook',
      field('addressBook', 'list', {
        fields: new Map([
          ...several('integer', 'internalId', readOnly),
          ...several('text', 'label'),
          ...several('boolean', 'defaultShipping defaultBilling isResidential!'),
          ['addressBookAddress', address('addressbookaddress')],
        ]),
      }),
    ],
    ...(legacyTax
      ? []
      : ([['taxRegistration', field('taxRegistration', 'list', { fields: taxRegistrationFields() })]] as [
          string,
          SimulatedField,
        ][])),
    ['currencyList', field('currencyList', 'list', { fields: new Map([reference('currency', 'currency')]) })],
  ])
  const ofTransaction = (name: string, code: string, fields: Fields = new Map(transactionFields())): RecordType => ({
    ...{ name, table: 'transaction', only: `type = '${code}'`, pool: 'transaction', fields },
    writable: name === 'salesOrder',
  })
  const ofItem = (name: string, only: string): RecordType => ({
    ...{ name, table: 'item', only, pool: 'item', fields: itemFields(), writable: false },
  })
  const ofList = (name: string, table: string, names: string): RecordType => ({
    ...{ name, table, only: '1 = 1', pool: table, writable: false },
    fields: new Map([...several('text', `id ${names}`, readOnly), ...several('boolean', 'isInactive', readOnly)]),
  })
  const types: readonly RecordType[] = [
    ofTransaction('salesOrder', 'SalesOrd', salesOrder),
    ofTransaction('itemFulfillment', 'ItemShip', documentFields(several('text', 'shipCarrier'))),
    ofTransaction('invoice', 'CustInvc', documentFields(several('date', 'dueDate'))),
    ofTransaction('cashSale', 'CashSale', documentFields([])),
    ofTransaction('customerPayment', 'CustPymt', documentFields([])),
    ofTransaction('creditMemo', 'CustCred', documentFields([])),
    ofTransaction('returnAuthorization', 'RtnAuth', documentFields([])),
    ofTransaction('workOrder', 'WorkOrd', documentFields([])),
    ofTransaction('purchaseOrder', 'PurchOrd', documentFields([])),
    ofTransaction('itemReceipt', 'ItemRcpt', documentFields([])),
    { ...{ name: 'customer', table: 'customer', only: '1 = 1', pool: 'entity' }, fields: customer, writable: true },
    ofItem('inventoryItem', "itemtype = 'InvtPart'"),
    ofItem('assemblyItem', "itemtype = 'Assembly'"),
    ofItem('serviceSaleItem', "itemtype = 'Service'"),
    ofItem('nonInventorySaleItem', "itemtype = 'NonInvtPart'"),
    ofItem('discountItem', "itemtype = 'Discount'"),
    ofList('currency', 'currency', 'name symbol'),
    ...(oneWorld ? [ofList('subsidiary', 'subsidiary', 'name')] : []),
    ofList('location', 'location', 'name'),
    ofList('term', 'term', 'name'),
    ofList('priceLevel', 'pricelevel', 'name'),
    ofList('department', 'department', 'name'),
    ofList('classification', 'classification', 'name'),
    ofList('employee', 'employee', 'entityId firstName lastName email'),
  ]
  return new Map(types.map((type) => [type.name, type]))
}

/** Of the documents that follow an order. Lines carry what came of the order's lines. */
const documentFields = (more: [string, SimulatedField][]): Fields =>
  new Map([
    ...transactionFields(),
    ...more,
    ...several('number', 'total:foreigntotal', readOnly),
    ['item', field('item', 'list', { fields: lineFields() })],
  ])
const itemFields = (): Fields =>
  new Map([
    ...several('text', 'id externalId itemId displayName upcCode description', readOnly),
    ...several('boolean', 'isInactive', readOnly),
    ...several('instant', 'createdDate lastModifiedDate', readOnly),
  ])

export type CustomScope = 'body' | 'line' | 'customer'
const scopes: Readonly<Record<CustomScope, readonly [table: string, record: string]>> = {
  body: ['transaction', 'salesOrder'],
  line: ['transactionline', 'salesOrder'],
  customer: ['customer', 'customer'],
}

/** Adds a field of the account's own, as Customization > Lists, Records & Fields does. @returns the table it went into */
export function addCustomField(types: RecordTypes, scope: CustomScope, name: string, type: CustomType): string {
  const [table, record] = scopes[scope]
  const fields = types.get(record)?.fields
  const target = scope === 'line' ? fields?.get('item')?.fields : fields
  target?.set(name, field(name, type, { column: name, custom: true }))
  return table
}
export type CustomType = 'text' | 'number' | 'integer' | 'boolean' | 'date'
