/** What is sold in the benchmark: the same for every contestant. */
export const productCount = 200
export const companyCount = 100
export const linesPerDeal = 3

export interface Product {
  readonly sku: string
  readonly name: string
  readonly price: string
}
export type Values = Readonly<Record<string, string>>
export interface NewDeal {
  readonly name: string
  readonly stage: 'closedwon'
  readonly companyId: string
  readonly contactId?: string
  /** Epoch milliseconds. */
  readonly modifiedAt: number
  readonly properties: Values
  readonly lines: readonly Values[]
}

export const products: readonly Product[] = Array.from({ length: productCount }, (_, n) => ({
  sku: `BENCH-${String(n + 1).padStart(3, '0')}`,
  name: `Bench product ${n + 1}`,
  price: (1 + ((n * 37) % 997) / 10).toFixed(2),
}))

/** @param mark  part of every name, so that one round does not meet the customers of another in an ERP that stays */
export const companies = (mark: string): readonly Values[] =>
  Array.from({ length: companyCount }, (_, n) => ({
    name: `Customer ${n + 1}${mark}`,
    domain: `customer-${n + 1}${mark.toLowerCase().replace(/[^a-z0-9]/g, '')}.example`,
    phone: `+49 431 ${1000 + n}`,
    address: `Bench street ${n + 1}`,
    city: 'Kiel',
    zip: '24103',
    country: 'Germany',
  }))

export const contacts: readonly Values[] = Array.from({ length: companyCount / 5 }, (_, n) => ({
  firstname: 'Ida',
  lastname: `Bench ${n + 1}`,
  email: `ida-${n + 1}@bench.example`,
}))

/**
 * Deals number `first` and following: ten in a row are of one company, every fifth deal names a contact.
 * @param wonAt  of the first, epoch milliseconds; each of the next is won a millisecond later
 * @param currency  of the ERP's company
 */
export function deals(
  first: number,
  count: number,
  wonAt: number,
  currency: string,
  ids: { readonly companies: readonly string[]; readonly contacts: readonly string[] },
): readonly NewDeal[] {
  return Array.from({ length: count }, (_, offset) => {
    const n = first + offset
    const contactId = n % 5 === 0 ? ids.contacts[(n / 5) % ids.contacts.length] : undefined
    return {
      name: `Bench deal ${n + 1}`,
      stage: 'closedwon',
      companyId: ids.companies[Math.floor(n / 10) % ids.companies.length] ?? '',
      ...(contactId === undefined ? {} : { contactId }),
      modifiedAt: wonAt + offset,
      properties: { deal_currency_code: currency },
      lines: Array.from({ length: linesPerDeal }, (_line, line) => {
        const product = products[(n * linesPerDeal + line * 7) % productCount]
        return {
          hs_sku: product?.sku ?? '',
          name: product?.name ?? '',
          quantity: String(1 + ((n + line) % 5)),
          price: product?.price ?? '0',
        }
      }),
    }
  })
}
