import type { Deal, Fulfilment } from './documents.ts'

const maxLength = 4_000

/** What people search a deal by, beside its own name and number: one entry a line. */
export const wordsOfDeal = ({ customer, poNumber, lines }: Deal): string =>
  wordsOf([poNumber, customer?.name, ...lines.map((line) => line.sku)])

/** What people search an order by, beside its own number: one entry a line. */
export const wordsOfOrder = ({ invoices, shipments }: Fulfilment): string =>
  wordsOf([...invoices.map((one) => one.number), ...shipments.flatMap((one) => [one.trackingNumber, one.number])])

const wordsOf = (given: readonly (string | null | undefined)[]): string =>
  [...new Set(given.filter((one) => one !== null && one !== undefined && one !== ''))].join('\n').slice(0, maxLength)
