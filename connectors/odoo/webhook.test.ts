import { describe, expect, test } from '@jest/globals'
import { type Instant, shift } from '../../src/core/time.ts'
import { openReceiver } from './webhook.ts'

let now = '2026-11-24T09:00:00.000Z' as Instant
const receive = openReceiver({ now: () => now, sleep: async () => {} })
const send = (body: string | object) =>
  receive({
    method: 'POST',
    url: 'https://crosswalk.test/hooks/erp/token',
    headers: {},
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  })

describe('an event of Odoo', () => {
  test.each([
    [{ _model: 'sale.order', _id: 24, _action: 'Send(#1)', state: 'sale' }, '24'],
    [{ _model: 'stock.picking', _id: 29, sale_id: 24 }, '24'],
    [{ _model: 'stock.picking', _id: 29, sale_id: [24, 'S00023'] }, '24'],
    [{ _model: 'purchase.order.line', _id: 3, sale_order_id: 25, order_id: 7 }, '25'],
    [{ _model: 'sale.order.line', _id: 50, order_id: [26, 'S00026'] }, '26'],
  ])('%j hints at order %s', (payload, id) => {
    expect(send(payload)).toMatchObject({ accept: true, events: [{ hint: { object: 'sale.order', id } }] })
  })

  test.each([
    [{ _model: 'stock.picking', _id: 29, sale_id: false }],
    [{ _model: 'mrp.production', _id: 5, origin: 'S00023' }],
    [{ _model: 'purchase.order.line', _id: 3, order_id: 7 }],
    [{ _model: 'account.move.line', _id: 3, order_id: 7 }],
  ])('that names no order is taken and waits for the poll: %j', (payload) => {
    expect(send(payload)).toMatchObject({ accept: true, events: [{ hint: null }] })
  })

  test.each([
    ['not json'],
    ['[]'],
    ['{}'],
    [{ _model: 'sale.order' }],
    [{ _model: 'sale.order', _id: '24' }],
    [{ _model: 'sale.order', _id: -1 }],
  ])('that cannot be read is refused: %j', (body) => {
    expect(send(body)).toMatchObject({ accept: false, status: 400 })
  })

  test('counts anew when the same happens again, for Odoo sends nothing twice', () => {
    const id = () => {
      const verdict = send({ _model: 'sale.order', _id: 24 })
      return verdict.accept ? verdict.events[0]?.id : null
    }
    const first = id()
    now = shift(now, 1)
    expect(id()).not.toBe(first)
  })
})
