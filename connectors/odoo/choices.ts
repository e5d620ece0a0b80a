import type { AccountChoice } from '../../src/ports/connector.ts'
import { choicesOf } from '../kit/choices.ts'
import type { Client, Domain, Row } from './client.ts'
import type { Models } from './schema.ts'

/** What a database may have several of. */
export function openChoices(client: Client, models: Models): () => Promise<readonly AccountChoice[]> {
  async function rows(model: string, fields: readonly string[], domain: Domain = []): Promise<readonly Row[]> {
    if (!(await models.readable(model))) return []
    return client.searchRead(model, { domain, fields, order: 'id' })
  }
  const named = ({ id, name }: Row) => ({ value: id, label: String(name) })
  return () =>
    choicesOf([
      async () => ({
        subject: 'Companies',
        options: (await rows('res.company', ['name'])).map(named),
        decides: { setting: 'companyId', several: false },
        otherwise: 'orders are made in the company of the user',
      }),
      async () => ({
        subject: 'Warehouses',
        options: (await rows('stock.warehouse', ['name', 'code', 'company_id'])).map((row) => ({
          ...named(row),
          hint: [row.code, nameOf(row.company_id)].filter((part) => part !== null && part !== '').join(', '),
        })),
        decides: { setting: 'warehouseId', several: false },
        otherwise: 'Odoo takes the default warehouse',
      }),
      async () => ({
        subject: 'Price lists',
        options: (await rows('product.pricelist', ['name', 'currency_id'])).map((row) => ({
          ...named(row),
          hint: nameOf(row.currency_id) ?? '',
        })),
        decides: { setting: 'priceLists', several: true },
        otherwise: 'products are read with each price list that is alone in its currency',
      }),
      async () => ({
        subject: 'Currencies',
        options: (await rows('res.currency', ['name'])).map(named),
        decides: null,
        otherwise: '',
      }),
      // On orders they come from the product and the customer's fiscal position, as for an order typed in by hand.
      async () => ({
        subject: 'Taxes on sales, taken from the product and the fiscal position of the customer',
        options: (await rows('account.tax', ['name'], [['type_tax_use', '=', 'sale']])).map(named),
        decides: null,
        otherwise: '',
      }),
    ])
}

const nameOf = (value: unknown): string | null =>
  Array.isArray(value) && typeof value[1] === 'string' ? value[1] : null
