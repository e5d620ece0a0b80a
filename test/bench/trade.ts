import type { CrmWorld, ErpWorld } from '../../src/simulator/world.ts'

/** What is sold in the benchmark: the same for every contestant and every pair. */
export const productCount = 200
export const companyCount = 100
export const linesPerDeal = 3

type Company = Parameters<CrmWorld['addCompany']>[0]
type Contact = Parameters<CrmWorld['addContact']>[0]
type Deal = Parameters<CrmWorld['addDeal']>[0]
type Product = Required<Parameters<ErpWorld['addProduct']>[0]>

/** Of the customers, as the CRM gave them. */
export interface Ids {
  readonly companies: readonly string[]
  readonly contacts: readonly string[]
}

export const products: readonly Product[] = Array.from({ length: productCount }, (_, n) => ({
  sku: `BENCH-${String(n + 1).padStart(3, '0')}`,
  name: `Bench product ${n + 1}`,
  price: (1 + ((n * 37) % 997) / 10).toFixed(2),
  route: 'stock',
}))

/** @param mark  part of every name, so that one round does not meet the customers of another in an ERP that stays */
export const companies = (mark: string): readonly Required<Company>[] =>
  Array.from({ length: companyCount }, (_, n) => ({
    name: `Customer ${n + 1}${mark}`,
    domain: `customer-${n + 1}${mark.toLowerCase().replace(/[^a-z0-9]/g, '')}.example`,
    street: `Bench street ${n + 1}`,
    city: 'Kiel',
    zip: '24103',
    country: 'Germany',
  }))

export const contacts: readonly Contact[] = Array.from({ length: companyCount / 5 }, (_, n) => ({
  firstName: 'Ida',
  lastName: `Bench ${n + 1}`,
  email: `ida-${n + 1}@bench.example`,
}))

/**
 * Won deals number `first` and following: ten in a row are of one company, every fifth deal names a contact.
 * @param wonAt  of the first, epoch milliseconds; each of the next is won a millisecond later
 * @param currency  of the ERP's company
 */
export function deals(
  first: number,
  count: number,
  wonAt: number,
  currency: string,
  ids: Ids,
): readonly (Deal & Required<Pick<Deal, 'companyId' | 'lines'>>)[] {
  return Array.from({ length: count }, (_, offset) => {
    const n = first + offset
    const contactId = n % 5 === 0 ? ids.contacts[(n / 5) % ids.contacts.length] : undefined
    return {
      name: `Bench deal ${n + 1}`,
      companyId: ids.companies[Math.floor(n / 10) % ids.companies.length] ?? '',
      ...(contactId === undefined ? {} : { contactId }),
      currency,
      modifiedAt: wonAt + offset,
      lines: Array.from({ length: linesPerDeal }, (_line, line) => {
        const product = products[(n * linesPerDeal + line * 7) % productCount]
        return {
          sku: product?.sku ?? '',
          name: product?.name ?? '',
          quantity: String(1 + ((n + line) % 5)),
          price: product?.price ?? '0',
        }
      }),
    }
  })
}
