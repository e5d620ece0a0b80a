import type { Json } from '../../../src/core/json.ts'
import type { Books } from './books.ts'
import type { Database, Values } from './database.ts'
import { userError } from './errors.ts'
import { type Fields, fieldsIn } from './fields.ts'
import { type Checked, columnsAndRest, listIn, numberIn, partIn, textIn } from './values.ts'

export type Customers = ReturnType<typeof openCustomers>

/** Customers as REST makes and changes them. */
export function openCustomers(database: Database, books: Books, fields: Fields) {
  const bookFields = fieldsIn(fields, 'addressBook')
  const addressFields = fieldsIn(bookFields, 'addressBookAddress')

  /** @throws NetsuiteError for what is missing or taken */
  function create(checked: Checked, externalId: string | null): number {
    const isPerson = checked.get('isPerson') === 'T'
    const name = textIn(checked, isPerson ? 'lastName' : 'companyName')
    if (name === null) {
      const [title, path] = isPerson ? ['Last Name', 'lastName'] : ['Company Name', 'companyName']
      throw userError(`Please enter value(s) for: ${title}`, path)
    }
    const subsidiary = numberIn(checked, 'subsidiary')
    if (database.oneWorld && subsidiary === null) {
      throw userError('Please enter value(s) for: Primary Subsidiary', 'subsidiary')
    }
    checkAddress(checked)
    const { columns, rest } = columnsAndRest(fields, checked)
    const id = books.next('entity', 2000)
    const entityId = textIn(checked, 'entityId') ?? `CUST${id}`
    checkName(entityId, id)
    const own = database.oneWorld
      ? database.get('SELECT currency FROM subsidiary WHERE id = ?', subsidiary)
      : database.get("SELECT id AS currency FROM currency WHERE isbasecurrency = 'T'")
    const currency = numberIn(checked, 'currency') ?? Number(own?.currency)
    const time = database.time()
    database.insert('customer', {
      ...{ isperson: 'F', isinactive: 'F', ...columns },
      ...{ id, entityid: entityId, externalid: externalId, altname: altNameOf(checked, {}), currency },
      ...{ datecreated: time, lastmodifieddate: time },
    })
    addCurrency(id, currency)
    books.keepExtra('customer', id, rest)
    keepLists(id, checked)
    return id
  }

  function update(id: number, checked: Checked): void {
    const before = database.get('SELECT * FROM customer WHERE id = ?', id) ?? {}
    const { columns, rest } = columnsAndRest(fields, checked)
    checkAddress(checked)
    if (typeof columns.entityid === 'string') checkName(columns.entityid, id)
    const altname = altNameOf(checked, before as Values)
    database.update('customer', id, { ...columns, altname, lastmodifieddate: database.time() })
    const currency = numberIn(checked, 'currency')
    if (currency !== null) addCurrency(id, currency)
    books.keepExtra('customer', id, rest)
    keepLists(id, checked)
  }

  function checkAddress(checked: Checked): void {
    const url = textIn(checked, 'url')
    if (url === null || /^(https?|ftp|file):\/\//.test(url)) return
    throw userError('Invalid url. Url must start with http://, https://, ftp://, or file://', 'url')
  }
  function checkName(entityId: string, id: number): void {
    if (!database.has('SELECT 1 FROM customer WHERE entityid = ? AND id <> ?', entityId, id)) return
    throw userError(
      'A customer record with this ID already exists. You must enter a unique customer ID for each record you create.',
      'entityId',
    )
  }
  function altNameOf(checked: Checked, before: Values): string {
    const now = (name: string, column: string) => (checked.has(name) ? textIn(checked, name) : (before[column] ?? null))
    const person = [now('firstName', 'firstname'), now('lastName', 'lastname')]
      .filter((part) => part !== null)
      .join(' ')
    return now('isPerson', 'isperson') === 'T' ? person : String(now('companyName', 'companyname') ?? person)
  }
  const addCurrency = (customer: number, currency: number): void =>
    database.run('INSERT OR IGNORE INTO customercurrencybalance (customer, currency) VALUES (?, ?)', customer, currency)

  /** Lines of lists are added; a line that is sent again is there twice. */
  function keepLists(id: number, checked: Checked): void {
    for (const line of listIn(checked, 'currencyList')) {
      const currency = numberIn(line, 'currency')
      if (currency !== null) addCurrency(id, currency)
    }
    for (const line of listIn(checked, 'addressBook')) addAddress(id, line)
    const registrations = listIn(checked, 'taxRegistration')
    if (registrations.length === 0) return
    const kept = (books.extraOf('customer', id).taxRegistration ?? []) as readonly Json[]
    const added = registrations.map((line) => Object.fromEntries(line) as Record<string, string | number | null>)
    books.keepExtra('customer', id, { taxRegistration: [...kept, ...added] })
    const number = registrations.map((line) => textIn(line, 'taxRegistrationNumber')).find((one) => one !== null)
    database.run('UPDATE customer SET defaulttaxreg = COALESCE(defaulttaxreg, ?) WHERE id = ?', number ?? null, id)
  }
  function addAddress(entity: number, line: Checked): void {
    const nkey = books.next('address', 0)
    const { columns } = columnsAndRest(bookFields, line)
    const address = partIn(line, 'addressBookAddress')
    const { columns: parts } = columnsAndRest(addressFields, address ?? new Map<string, never>())
    database.insert('customeraddressbookentityaddress', { nkey, ...parts, lastmodifieddate: database.time() })
    database.insert('customeraddressbook', {
      ...{ internalid: books.next('book', 0), entity, addressbookaddress: nkey },
      ...{ defaultbilling: 'F', defaultshipping: 'F', ...columns },
    })
    for (const kind of ['billing', 'shipping'] as const) {
      if (columns[`default${kind}`] === 'T') database.update('customer', entity, { [`default${kind}address`]: nkey })
    }
  }

  return {
    create,
    update,
    /** @throws NetsuiteError when something was sold to it */
    remove(id: number): void {
      if (database.has('SELECT 1 FROM "transaction" WHERE entity = ?', id)) {
        throw userError('This record cannot be deleted because it has dependent records.')
      }
      database.run('DELETE FROM customer WHERE id = ?', id)
      database.run('DELETE FROM customeraddressbook WHERE entity = ?', id)
      database.run('DELETE FROM customercurrencybalance WHERE customer = ?', id)
      database.run(`DELETE FROM sim_extra WHERE kind = 'customer' AND id = ?`, id)
      database.run(`DELETE FROM sim_external WHERE pool = 'entity' AND id = ?`, id)
    },
  }
}
