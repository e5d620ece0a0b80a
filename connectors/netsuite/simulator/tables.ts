/*
 * The tables of the account, as SuiteQL shows them. Names and columns are those of the vendor's Records Catalog; what a
 * record has beside them (it is in REST and not in SuiteQL) is kept in tables whose names begin with `sim_`.
 */

const address = `nkey INTEGER PRIMARY KEY, addressee TEXT, attention TEXT, addr1 TEXT, addr2 TEXT, addr3 TEXT, city TEXT,
  state TEXT, zip TEXT, country TEXT, addrphone TEXT, override TEXT, lastmodifieddate TEXT`

const link = `SELECT previousdoc, previousline, previoustype, nextdoc, nextline, nexttype, linktype, foreignamount,
  lastmodifieddate FROM sim_link`
const headerLink = `SELECT DISTINCT previousdoc, previoustype, nextdoc, nexttype, linktype FROM sim_link`

/**
 * Columns by table. Subsidiary, location, department and class of a transaction are those of its main line, and its tax is
 * nowhere: a live account exposes them so.
 */
const plain: Readonly<Record<string, string>> = {
  transaction: `id INTEGER PRIMARY KEY, tranid TEXT, externalid TEXT, type TEXT NOT NULL, recordtype TEXT NOT NULL,
    status TEXT, entity INTEGER, currency INTEGER, exchangerate NUMERIC, trandate TEXT, shipdate TEXT, duedate TEXT,
    startdate TEXT, enddate TEXT, actualshipdate TEXT, otherrefnum TEXT, memo TEXT, email TEXT, terms INTEGER,
    employee INTEGER, shipcarrier TEXT, shippingaddress INTEGER, billingaddress INTEGER, foreigntotal NUMERIC,
    foreignamountpaid NUMERIC, foreignamountunpaid NUMERIC, voided TEXT, lastmodifieddate TEXT NOT NULL,
    createddate TEXT NOT NULL`,
  transactionline: `"transaction" INTEGER NOT NULL, id INTEGER NOT NULL, uniquekey INTEGER, linesequencenumber INTEGER,
    item INTEGER, itemtype TEXT, quantity NUMERIC, quantityshiprecv NUMERIC, quantitybilled NUMERIC,
    quantitycommitted NUMERIC, quantitybackordered NUMERIC, quantitypicked NUMERIC, quantitypacked NUMERIC,
    foreignamount NUMERIC, netamount NUMERIC, rate NUMERIC, price INTEGER, memo TEXT, units TEXT, location INTEGER,
    department INTEGER, class INTEGER, subsidiary INTEGER, entity INTEGER, expectedshipdate TEXT, isclosed TEXT,
    mainline TEXT, taxline TEXT, isinventoryaffecting TEXT, PRIMARY KEY ("transaction", id)`,
  trackingnumber: 'id INTEGER PRIMARY KEY, trackingnumber TEXT',
  trackingnumbermap: '"transaction" INTEGER, trackingnumber INTEGER',
  // Types and subtypes as netsuitediagnostics.com/posts/suiteql-items has them.
  item: `id INTEGER PRIMARY KEY, itemid TEXT, displayname TEXT, itemtype TEXT, subtype TEXT, isinactive TEXT, upccode TEXT,
    externalid TEXT, description TEXT, stockunit INTEGER, saleunit INTEGER, createddate TEXT,
    lastmodifieddate TEXT NOT NULL`,
  // Public queries join it by `internalid`, and divide quantities in stock by `conversionrate`.
  unitstypeuom: `internalid INTEGER PRIMARY KEY, unitstype INTEGER, unitname TEXT, pluralname TEXT, abbreviation TEXT,
    conversionrate NUMERIC, baseunit TEXT`,
  pricing: `internalid INTEGER PRIMARY KEY, item INTEGER, pricelevel INTEGER, currency INTEGER, quantity NUMERIC,
    unitprice NUMERIC`,
  pricelevel: 'id INTEGER PRIMARY KEY, name TEXT, isinactive TEXT',
  // Columns: cdn.cdata.com/help/DNM/powerbi/pg_SuiteQLtable-aggregateitemlocation.htm. Quantities are in base units.
  aggregateitemlocation: `item INTEGER, location INTEGER, quantityonhand NUMERIC, quantityavailable NUMERIC,
    quantitycommitted NUMERIC, quantityonorder NUMERIC, quantitybackordered NUMERIC, lastquantityavailablechange TEXT,
    PRIMARY KEY (item, location)`,
  customer: `id INTEGER PRIMARY KEY, entityid TEXT, altname TEXT, companyname TEXT, firstname TEXT, lastname TEXT,
    email TEXT, phone TEXT, url TEXT, isperson TEXT, isinactive TEXT, externalid TEXT, currency INTEGER, subsidiary INTEGER,
    terms INTEGER, pricelevel INTEGER, parent INTEGER, accountnumber TEXT, comments TEXT, defaulttaxreg TEXT,
    vatregnumber TEXT, defaultbillingaddress INTEGER, defaultshippingaddress INTEGER, datecreated TEXT,
    lastmodifieddate TEXT NOT NULL`,
  customercurrencybalance: 'customer INTEGER, currency INTEGER, PRIMARY KEY (customer, currency)',
  customeraddressbook: `internalid INTEGER PRIMARY KEY, entity INTEGER, label TEXT, defaultbilling TEXT,
    defaultshipping TEXT, addressbookaddress INTEGER`,
  customeraddressbookentityaddress: address,
  transactionaddress: address,
  vendor: 'id INTEGER PRIMARY KEY, entityid TEXT, companyname TEXT, isinactive TEXT, externalid TEXT',
  employee: 'id INTEGER PRIMARY KEY, entityid TEXT, firstname TEXT, lastname TEXT, email TEXT, isinactive TEXT',
  currency: `id INTEGER PRIMARY KEY, symbol TEXT, name TEXT, isbasecurrency TEXT, isinactive TEXT,
    currencyprecision INTEGER`,
  subsidiary: 'id INTEGER PRIMARY KEY, name TEXT, fullname TEXT, currency INTEGER, country TEXT, isinactive TEXT',
  location: 'id INTEGER PRIMARY KEY, name TEXT, fullname TEXT, subsidiary INTEGER, isinactive TEXT',
  department: 'id INTEGER PRIMARY KEY, name TEXT, isinactive TEXT',
  classification: 'id INTEGER PRIMARY KEY, name TEXT, isinactive TEXT',
  term: 'id INTEGER PRIMARY KEY, name TEXT, daysuntilnetdue INTEGER, isinactive TEXT',
  shipitem: 'id INTEGER PRIMARY KEY, itemid TEXT, isinactive TEXT',
  country: 'id TEXT PRIMARY KEY, name TEXT',
  dual: 'dummy TEXT',
}
const views: Readonly<Record<string, string>> = {
  previoustransactionlinelink: link,
  nexttransactionlinelink: link,
  previoustransactionlink: headerLink,
  nexttransactionlink: headerLink,
  transactionshippingaddress: 'SELECT * FROM transactionaddress',
  transactionbillingaddress: 'SELECT * FROM transactionaddress',
}
/** Names of the tables that SuiteQL knows. */
export const tableNames: ReadonlySet<string> = new Set([
  ...Object.keys(plain).filter((name) => name !== 'transactionaddress'),
  ...Object.keys(views),
])

/** Columns that hold a DATE. */
export const dateColumns: ReadonlySet<string> = new Set(
  Object.values(plain)
    .join(',')
    .match(/\b\w*date\b|\bdatecreated\b|\blastquantityavailablechange\b/g) ?? [],
)

const inner = [
  `sim_link (previousdoc INTEGER, previousline INTEGER, previoustype TEXT, nextdoc INTEGER, nextline INTEGER,
    nexttype TEXT, linktype TEXT, foreignamount NUMERIC, lastmodifieddate TEXT)`,
  'sim_extra (kind TEXT, id INTEGER, line INTEGER, body TEXT, PRIMARY KEY (kind, id, line)) WITHOUT ROWID',
  'sim_lock (kind TEXT, id INTEGER, PRIMARY KEY (kind, id)) WITHOUT ROWID',
  'sim_external (pool TEXT, externalid TEXT, id INTEGER, PRIMARY KEY (pool, externalid)) WITHOUT ROWID',
  'sim_route (item INTEGER PRIMARY KEY, route TEXT)',
]
const indexes = [
  'transaction_type ON "transaction" (type, id)',
  'transaction_changed ON "transaction" (lastmodifieddate, id)',
  'transaction_type_changed ON "transaction" (type, lastmodifieddate, id)',
  'transaction_external ON "transaction" (externalid)',
  'transaction_number ON "transaction" (tranid)',
  'transaction_reference ON "transaction" (otherrefnum)',
  'transaction_entity ON "transaction" (entity)',
  'line_item ON transactionline (item)',
  'link_previous ON sim_link (previousdoc, previousline)',
  'link_next ON sim_link (nextdoc, nextline)',
  'link_changed ON sim_link (lastmodifieddate)',
  'map_transaction ON trackingnumbermap ("transaction")',
  'item_number ON item (itemid)',
  'item_upper ON item (UPPER(itemid))',
  'item_changed ON item (lastmodifieddate, id)',
  'pricing_item ON pricing (item, pricelevel, currency)',
  'stock_changed ON aggregateitemlocation (lastquantityavailablechange, item)',
  'customer_external ON customer (externalid)',
  'customer_number ON customer (entityid)',
  'customer_email ON customer (UPPER(email))',
  'customer_name ON customer (UPPER(companyname))',
  'customer_tax ON customer (UPPER(defaulttaxreg))',
  'customer_changed ON customer (lastmodifieddate, id)',
  'book_entity ON customeraddressbook (entity)',
]

interface Features {
  readonly oneWorld: boolean
  readonly units: boolean
}

/** Without subsidiaries, or units of measure, no table has a column for them. */
export function definitionsOf({ oneWorld, units }: Features): string {
  const columns = (text: string) => {
    const own = oneWorld ? text : text.replace(/\bsubsidiary INTEGER,\s*/g, '')
    return units ? own : own.replace(/\b(stock|sale)unit INTEGER,\s*/g, '')
  }
  return [
    ...inner.map((definition) => `CREATE TABLE ${definition}`),
    ...Object.entries(plain).map(([name, definition]) => `CREATE TABLE "${name}" (${columns(definition)})`),
    ...Object.entries(views).map(([name, query]) => `CREATE VIEW ${name} AS ${query}`),
    ...indexes.map((index) => `CREATE INDEX ${index}`),
  ].join(';\n')
}
