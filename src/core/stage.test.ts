import { describe, expect, test } from '@jest/globals'
import { type Fulfilment, fulfilmentSchema, type Stage } from './documents.ts'
import { advance, stageOf } from './stage.ts'

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
    ['partly_shipped', 'a part returned', { lines: [line('2', { shipped: '2', returned: '1' })] }],
  ])('%s: %s', (stage, _name, change) => expect(stageOf(order(change))).toBe(stage))
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
  test('falls back with a return, a cancellation and a reset to draft', () => {
    expect(advance('shipped', order({ lines: [line('2', { shipped: '2', returned: '2' })] }))).toBe('confirmed')
    expect(advance('shipped', order({ state: 'cancelled' }))).toBe('cancelled')
    expect(advance('confirmed', order({ state: 'draft' }))).toBe('draft')
  })
})
