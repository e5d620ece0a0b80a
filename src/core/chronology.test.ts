import { expect, test } from '@jest/globals'
import { chronological } from './chronology.ts'
import { fulfilmentSchema } from './documents.ts'

test('puts shipments and invoices in the order in which they happened, what is to come last', () => {
  const shipment = (number: string, shippedAt: string | null) => ({ number, shippedAt, state: 'waiting' })
  const invoice = (number: string, date: string | null) => ({
    number,
    date,
    total: '1',
    outstanding: '1',
    state: 'posted',
  })
  const sorted = chronological(
    fulfilmentSchema.parse({
      id: '1',
      shipments: [
        shipment('OUT/3', null),
        shipment('OUT/2', '2026-11-02T00:00:00.000Z'),
        shipment('OUT/1', '2026-11-01T00:00:00.000Z'),
      ],
      invoices: [invoice('INV/2', '2026-11-02'), invoice('INV/9', null), invoice('INV/1', '2026-11-02')],
    }),
  )
  expect(sorted.shipments.map((one) => one.number)).toEqual(['OUT/1', 'OUT/2', 'OUT/3'])
  expect(sorted.invoices.map((one) => one.number)).toEqual(['INV/1', 'INV/2', 'INV/9'])
})
