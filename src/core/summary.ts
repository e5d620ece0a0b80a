import { type Decimal, subtract, sum } from './decimal.ts'
import type { Fulfilment } from './documents.ts'

const byText = (a: string | null, b: string | null): number =>
  a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1

/**
 * Sorts shipments, invoices and payments by date, those without one last, and fills in the summary for systems that have a
 * single field for each.
 */
export function summarise(order: Fulfilment): Fulfilment {
  const shipments = order.shipments.toSorted(
    (a, b) => byText(a.shippedDate, b.shippedDate) || byText(a.number, b.number),
  )
  const invoices = order.invoices.toSorted((a, b) => byText(a.date, b.date) || byText(a.number, b.number))
  const payments = order.payments.toSorted((a, b) => byText(a.date, b.date))
  const deliveries = shipments.filter((one) => one.kind === 'delivery' && one.state !== 'cancelled')
  const numbers = new Set(deliveries.flatMap((one) => one.trackingNumber ?? []))
  const posted = invoices.filter((one) => one.state === 'posted')
  const latest = posted.findLast((one) => one.kind === 'invoice')
  const outstanding = (kind: 'invoice' | 'credit_note'): Decimal =>
    sum(posted.filter((one) => one.kind === kind).map((one) => one.outstanding))
  const summary = {
    trackingNumbers: numbers.size === 0 ? null : [...numbers].join(', '),
    trackingUrl: deliveries.findLast((one) => one.trackingUrl !== null)?.trackingUrl ?? null,
    shippedDate: deliveries.findLast((one) => one.state === 'shipped' && one.shippedDate !== null)?.shippedDate ?? null,
    invoiceNumber: latest?.number ?? null,
    invoiceDate: latest?.date ?? null,
    outstanding: posted.length === 0 ? null : subtract(outstanding('invoice'), outstanding('credit_note')),
  }
  return { ...order, shipments, invoices, payments, summary }
}
