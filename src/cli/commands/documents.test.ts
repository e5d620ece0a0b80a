import { expect, test } from '@jest/globals'
import type { OrderDocuments } from '../../app/flows/flow.ts'
import { fulfilmentSchema } from '../../core/documents.ts'
import { at, cli, text } from '../fake.ts'

const order = fulfilmentSchema.parse({
  id: '42',
  number: 'S00042',
  promisedDate: '2026-12-01',
  shipments: [
    {
      ...{ number: 'WH/OUT/7', state: 'shipped', shippedDate: '2026-11-20', carrier: 'DHL' },
      ...{ trackingNumber: 'PP1', trackingUrl: 'https://carrier.example/PP1' },
    },
    { number: 'WH/IN/2', state: 'waiting', kind: 'return' },
  ],
  invoices: [
    { number: 'INV/1', state: 'posted', total: '119', outstanding: '19', date: '2026-11-21', due: '2026-12-21' },
    { number: null, kind: 'credit_note', state: 'draft', total: '5', outstanding: '5' },
  ],
  payments: [{ date: '2026-11-22', amount: '100' }],
  productionOrders: [{ number: 'MO/3', state: 'in_progress', ordered: '4', produced: '1', dueDate: '2026-11-30' }],
  purchaseOrders: [{ number: 'P00009', state: 'ordered', dueDate: null }],
})
const documents: OrderDocuments = {
  ...order,
  ...{ sync: 'deals', stage: 'partly_paid', currency: 'EUR', readAt: at('2026-11-24T09:30:00Z') },
  invoices: order.invoices.map((one) => ({ ...one, paid: one.state === 'posted' ? 'partly' : null })),
}

test('shows each kind of document as a table of its own', async () => {
  const asked: unknown[] = []
  const { code, out } = await cli('documents 901 --sync deals', {
    async documents(...given) {
      asked.push(given)
      return documents
    },
  })
  expect([code, asked]).toEqual([0, [['901', { sync: 'deals' }]]])
  expect(out).toBe(text`
    Order S00042
    promised for 2026-12-01

    SHIPMENT  STATE            LEFT        CARRIER  TRACKING
    WH/OUT/7  shipped          2026-11-20  DHL      PP1 https://carrier.example/PP1
    WH/IN/2   return, waiting  –           –        –

    INVOICE  STATE               DATE        DUE         TOTAL    OPEN
    INV/1    partly paid         2026-11-21  2026-12-21  119 EUR  19 EUR
    –        credit note, draft  –           –           5 EUR    5 EUR

    PAYMENT     AMOUNT
    2026-11-22  100 EUR

    PRODUCTION  STATE        MADE    DUE
    MO/3        in progress  1 of 4  2026-11-30

    PURCHASE  STATE    DUE
    P00009    ordered  –
  `)
})

test('of an order with nothing behind it, and of a deal without an order, says so', async () => {
  const none = { shipments: [], invoices: [], payments: [], productionOrders: [], purchaseOrders: [] }
  const bare = async () => ({ ...documents, ...none, promisedDate: null })
  expect((await cli('documents 901', { documents: bare })).out).toBe(
    'Order S00042\n\nThere is nothing behind it yet.\n',
  )
  const unknown = await cli('documents 902', { documents: async () => null })
  expect(unknown).toMatchObject({ code: 1, out: 'Deal 902 has no order.\n' })
})

test('--json gives them as they are', async () => {
  const { out } = await cli('documents 901 --json', { documents: async () => documents })
  expect(JSON.parse(out)).toEqual(documents)
})
