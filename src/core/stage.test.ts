import { describe, expect, test } from '@jest/globals'
import { type Fulfilment, fulfilmentSchema, type Stage } from './documents.ts'
import { advance, shortfallOf, stageOf } from './stage.ts'

const order = (change: Record<string, unknown>): Fulfilment =>
  fulfilmentSchema.parse({ id: '1', state: 'confirmed', lines: [line('2')], ...change })
const line = (ordered: string, change: Record<string, unknown> = {}) => ({ key: 'a', ordered, ...change })
const delivery = (state: string) => ({ number: 'OUT/1', state })
const invoice = (total: string, outstanding: string, state = 'posted') => ({
  number: 'INV/1',
  total,
  outstanding,
  state,
})
const shipped = line('2', { shipped: '2', invoiced: '2' })

describe('stageOf', () => {
  test.each<[Stage, string, Record<string, unknown>]>([
    ['draft', 'a draft', { state: 'draft' }],
    ['cancelled', 'a cancelled order', { state: 'cancelled', lines: [shipped] }],
    ['confirmed', 'nothing done yet', { shipments: [delivery('waiting')] }],
    ['in_production', 'a production order', { productionOrders: [{ number: 'MO/1', state: 'planned' }] }],
    ['in_procurement', 'a purchase order', { purchaseOrders: [{ number: 'PO/1', state: 'draft' }] }],
    [
      'confirmed',
      'finished production, goods not reserved',
      { productionOrders: [{ number: 'MO/1', state: 'done' }], shipments: [delivery('waiting')] },
    ],
    ['ready', 'all deliveries ready', { shipments: [delivery('ready')] }],
    ['confirmed', 'one of two deliveries ready', { shipments: [delivery('ready'), delivery('waiting')] }],
    ['partly_shipped', 'a part shipped', { lines: [line('2', { shipped: '1' })] }],
    [
      'partly_shipped',
      'a part shipped and production going on',
      { lines: [line('2', { shipped: '1' })], productionOrders: [{ number: 'MO/1', state: 'in_progress' }] },
    ],
    ['shipped', 'all shipped', { lines: [shipped] }],
    ['shipped', 'all goods shipped, a service open', { lines: [shipped, line('1', { key: 'b', stocked: false })] }],
    ['shipped', 'a draft invoice', { lines: [shipped], invoices: [invoice('10', '10', 'draft')] }],
    [
      'shipped',
      'an invoice of a part',
      { lines: [line('2', { shipped: '2', invoiced: '1' })], invoices: [invoice('5', '0')] },
    ],
    ['invoiced', 'an open invoice', { lines: [shipped], invoices: [invoice('10', '10')] }],
    ['partly_paid', 'a part paid', { lines: [shipped], invoices: [invoice('10', '4')] }],
    ['paid', 'all paid', { lines: [shipped], invoices: [invoice('10', '0')] }],
    ['confirmed', 'paid in advance, nothing shipped', { invoices: [invoice('10', '0')] }],
    [
      'paid',
      'a service, paid',
      { lines: [line('1', { stocked: false, invoiced: '1' })], invoices: [invoice('10', '0')] },
    ],
    ['partly_shipped', 'a part shipped, the rest to come', { lines: [line('10', { shipped: '8' })], open: true }],
    ['shipped', 'ended short', { lines: [line('10', { shipped: '8' })], open: false }],
    [
      'shipped',
      'ended short, a line of it not shipped at all',
      { lines: [line('10', { shipped: '8' }), line('1', { key: 'b', shipped: '0' })], open: false },
    ],
    [
      'partly_shipped',
      'no delivery open, and the rest still bought',
      {
        lines: [line('10', { shipped: '8' })],
        open: false,
        purchaseOrders: [{ number: 'PO/1', state: 'ordered' }],
      },
    ],
    [
      'partly_shipped',
      'no delivery open, and the rest still made',
      {
        lines: [line('10', { shipped: '8' })],
        open: false,
        productionOrders: [{ number: 'MO/1', state: 'in_progress' }],
      },
    ],
    [
      'shipped',
      'all shipped, something else of it still bought',
      {
        lines: [line('2', { shipped: '2' })],
        open: false,
        purchaseOrders: [{ number: 'PO/1', state: 'ordered' }],
      },
    ],
    ['confirmed', 'nothing open and nothing shipped', { lines: [line('2', { shipped: '0' })], open: false }],
    [
      'paid',
      'ended short, what was shipped is paid',
      { lines: [line('10', { shipped: '8', invoiced: '8' })], open: false, invoices: [invoice('80', '0')] },
    ],
    [
      'shipped',
      'ended short, a part of what was shipped invoiced',
      { lines: [line('10', { shipped: '8', invoiced: '7' })], open: false, invoices: [invoice('70', '0')] },
    ],
    [
      'paid',
      'more shipped than ordered, what was ordered is paid',
      { lines: [line('2', { shipped: '3', invoiced: '2' })], invoices: [invoice('20', '0')] },
    ],
    ['shipped', 'a part returned', { lines: [line('2', { shipped: '2', returned: '1' })] }],
    [
      'paid',
      'a part returned and credited, nothing sent in its place',
      {
        lines: [line('2', { shipped: '2', returned: '1', invoiced: '1' })],
        open: false,
        invoices: [invoice('20', '0'), { ...invoice('10', '0'), kind: 'credit_note' }],
      },
    ],
    [
      'partly_shipped',
      'a part returned, to be replaced',
      {
        lines: [line('2', { shipped: '2', returned: '1', invoiced: '2' })],
        open: true,
        invoices: [invoice('20', '0')],
      },
    ],
    [
      'paid',
      'a part returned and replaced',
      {
        lines: [line('2', { shipped: '3', returned: '1', invoiced: '2' })],
        open: false,
        invoices: [invoice('20', '0')],
      },
    ],
  ])('%s: %s', (stage, _name, change) => expect(stageOf(order(change))).toBe(stage))
})

test('shortfallOf tells what was closed short or came back, once no more is to come', () => {
  const lines = [line('10', { shipped: '8' }), line('2', { key: 'b', shipped: '2' }), line('1', { key: 'c' })]
  expect(shortfallOf(order({ lines, open: false }))).toEqual(['8 of 10', '0 of 1'])
  expect(shortfallOf(order({ lines, open: true }))).toEqual([])
  expect(shortfallOf(order({ lines: [line('2', { shipped: '2', returned: '1' })] }))).toEqual(['1 of 2'])
  expect(shortfallOf(order({ lines, open: false, state: 'cancelled' }))).toEqual([])
})

describe('advance', () => {
  test('does not fall back because of a late purchase order', () => {
    const late = order({ purchaseOrders: [{ number: 'PO/2', state: 'draft' }] })
    expect(advance('ready', late)).toBe('ready')
    expect(advance(null, late)).toBe('in_procurement')
  })
  test('changes between production and procurement either way', () => {
    const procured = order({ purchaseOrders: [{ number: 'PO/2', state: 'ordered' }] })
    const produced = order({ productionOrders: [{ number: 'MO/1', state: 'in_progress' }] })
    expect([advance('in_production', procured), advance('in_procurement', produced)]).toEqual([
      'in_procurement',
      'in_production',
    ])
  })
  test('falls back with a return that is replaced, a cancellation and a reset to draft', () => {
    const back = { lines: [line('2', { shipped: '2', returned: '1', invoiced: '2' })], invoices: [invoice('20', '0')] }
    expect(advance('paid', order({ ...back, open: true }))).toBe('partly_shipped')
    expect(advance('paid', order({ ...back, open: false }))).toBe('paid')
    expect(advance('shipped', order({ state: 'cancelled' }))).toBe('cancelled')
    expect(advance('confirmed', order({ state: 'draft' }))).toBe('draft')
  })
})
