import type { Fulfilment } from './documents.ts'

const byText = (a: string | null, b: string | null): number =>
  a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1

/** Puts what happened to an order in the order in which it happened; what has not happened yet comes last. */
export const chronological = (order: Fulfilment): Fulfilment => ({
  ...order,
  shipments: order.shipments.toSorted((a, b) => byText(a.shippedAt, b.shippedAt) || byText(a.number, b.number)),
  invoices: order.invoices.toSorted((a, b) => byText(a.date, b.date) || byText(a.number, b.number)),
  payments: order.payments.toSorted((a, b) => byText(a.date, b.date)),
})
