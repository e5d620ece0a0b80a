import { expect, test } from '@jest/globals'
import { fulfilmentSchema } from './documents.ts'
import { summarise } from './summary.ts'

const summaryOf = (order: Record<string, unknown>) => summarise(fulfilmentSchema.parse({ id: '1', ...order }))
const shipment = (number: string, shippedDate: string | null, more: Record<string, unknown> = {}) => ({
  number,
  shippedDate,
  state: shippedDate === null ? 'waiting' : 'shipped',
  trackingNumber: `T-${number}`,
  trackingUrl: `https://t.test/${number}`,
  ...more,
})
const invoice = (
  number: string | null,
  date: string | null,
  outstanding: string,
  more: Record<string, unknown> = {},
) => ({
  number,
  date,
  total: '100',
  outstanding,
  state: 'posted',
  ...more,
})

test('puts shipments and invoices in the order in which they happened, what is to come last', () => {
  const sorted = summaryOf({
    shipments: [shipment('3', null), shipment('2', '2026-11-02'), shipment('1', '2026-11-01')],
    invoices: [invoice('I2', '2026-11-02', '0'), invoice('I9', null, '0'), invoice('I1', '2026-11-02', '0')],
  })
  expect(sorted.shipments.map((one) => one.number)).toEqual(['1', '2', '3'])
  expect(sorted.invoices.map((one) => one.number)).toEqual(['I1', 'I2', 'I9'])
})

test('names the tracking numbers of deliveries, and link and day of the latest', () => {
  const { summary } = summaryOf({
    shipments: [
      shipment('2', '2026-11-24'),
      shipment('1', '2026-11-20'),
      shipment('3', null, { state: 'cancelled' }),
      shipment('R', '2026-11-29', { kind: 'return' }),
    ],
  })
  expect(summary).toMatchObject({
    trackingNumbers: 'T-1, T-2',
    trackingUrl: 'https://t.test/2',
    shippedDate: '2026-11-24',
  })
})

test('names the latest posted invoice and what is open over all, less credit notes', () => {
  const { summary } = summaryOf({
    invoices: [
      invoice('INV/2', '2026-11-25', '20'),
      invoice('INV/1', '2026-11-20', '10.1'),
      invoice('RINV/1', '2026-11-26', '0.2', { kind: 'credit_note' }),
      invoice(null, null, '500', { state: 'draft' }),
    ],
  })
  expect(summary).toMatchObject({ invoiceNumber: 'INV/2', invoiceDate: '2026-11-25', outstanding: '29.9' })
})

test('knows nothing of an order that nothing happened to', () => {
  expect(new Set(Object.values(summaryOf({}).summary ?? {}))).toEqual(new Set([null]))
})
