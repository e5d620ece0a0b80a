import type { Books } from './books.ts'
import type { Database } from './database.ts'

interface Options {
  readonly currency: string
  readonly currencies: readonly string[]
}

/** What an account has before anybody works in it: lists that orders and customers choose from. */
export function seed(database: Database, books: Books, { currency, currencies }: Options): void {
  const active = { isinactive: 'F' } as const
  database.insert('dual', { dummy: 'X' })
  const codes = [...new Set([currency, ...currencies])]
  for (const [place, symbol] of codes.entries()) {
    database.insert('currency', {
      ...{
        id: place + 1,
        symbol,
        name: nameOf('currency', symbol),
        isbasecurrency: place === 0 ? 'T' : 'F',
        ...active,
      },
      currencyprecision: symbol === 'JPY' ? 0 : 2,
    })
  }
  if (database.oneWorld) {
    const name = 'Parent Company'
    database.insert('subsidiary', { id: 1, name, fullname: name, currency: 1, country: 'US', ...active })
  }
  database.insert('location', {
    ...{ id: 1, name: 'Main Warehouse', fullname: 'Main Warehouse', ...active },
    ...(database.oneWorld ? { subsidiary: 1 } : {}),
  })
  for (const [id, name, days] of [
    [1, 'Due on receipt', 0],
    [2, 'Net 15', 15],
    [3, 'Net 30', 30],
    [4, 'Net 60', 60],
  ] as const) {
    database.insert('term', { id, name, daysuntilnetdue: days, ...active })
  }
  database.insert('pricelevel', { id: 1, name: 'Base Price', ...active })
  database.insert('pricelevel', { id: 2, name: 'Wholesale', ...active })
  database.insert('department', { id: 1, name: 'Sales', ...active })
  database.insert('classification', { id: 1, name: 'Hardware', ...active })
  database.insert('shipitem', { id: 1, itemid: 'UPS Ground', ...active })
  database.insert('employee', { id: 1, entityid: 'Integration User', email: 'it@example.com', ...active })
  database.insert('vendor', { id: 2, entityid: 'VENDOR', companyname: 'Vendor', ...active })
  for (const id of countries) database.insert('country', { id, name: nameOf('region', id) })
  books.next('entity', 2000)
}

const nameOf = (type: 'region' | 'currency', code: string): string =>
  new Intl.DisplayNames('en', { type }).of(code) ?? code

const countries = [
  ...['AE', 'AR', 'AT', 'AU', 'BE', 'BG', 'BR', 'CA', 'CH', 'CL', 'CN', 'CO', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR'],
  ...['GB', 'GR', 'HK', 'HR', 'HU', 'ID', 'IE', 'IL', 'IN', 'IT', 'JP', 'KR', 'LT', 'LU', 'LV', 'MX', 'MY', 'NL', 'NO'],
  ...['NZ', 'PH', 'PL', 'PT', 'RO', 'RS', 'SA', 'SE', 'SG', 'SI', 'SK', 'TH', 'TR', 'TW', 'UA', 'US', 'VN', 'ZA'],
]
