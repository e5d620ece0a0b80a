import { expect, test } from '@jest/globals'
import { dealSchema, fulfilmentSchema } from './documents.ts'
import { wordsOfDeal, wordsOfOrder } from './words.ts'

test('a deal is found by customer, purchase order and articles, each once', () => {
  const line = (id: string, sku: string | null) => ({ id, sku, quantity: '1', unitPrice: '1' })
  const deal = dealSchema.parse({
    ...{ id: '1', number: 'D-1', won: true, wonAt: null, currency: 'EUR', poNumber: 'PO-4711' },
    customer: { id: 'company-1', name: 'Alpha GmbH' },
    lines: [line('1', 'LAMP'), line('2', null), line('3', 'LAMP'), line('4', 'DESK')],
  })
  expect(wordsOfDeal(deal).split('\n')).toEqual(['PO-4711', 'Alpha GmbH', 'LAMP', 'DESK'])
  expect(wordsOfDeal({ ...deal, poNumber: null, customer: null, lines: [] })).toBe('')
})

test('an order is found by invoices, deliveries and tracking numbers', () => {
  const order = fulfilmentSchema.parse({
    id: '1',
    invoices: [{ number: 'INV/1', total: '1', outstanding: '1', state: 'posted' }],
    shipments: [{ number: 'OUT/1', state: 'shipped', trackingNumber: '1Z9' }],
  })
  expect(wordsOfOrder(order).split('\n')).toEqual(['INV/1', '1Z9', 'OUT/1'])
})
