import { expect, test } from '@jest/globals'
import { fulfilmentSchema } from './documents.ts'
import { paidOf } from './paid.ts'

test.each([
  ['posted', '119', '119', 'open'],
  ['posted', '119', '0.01', 'partly'],
  ['posted', '119', '0', 'paid'],
  ['posted', '0', '0', 'paid'],
  ['draft', '119', '119', null],
  ['cancelled', '119', '0', null],
])('an invoice that is %s, of %s with %s open is %s', (state, total, outstanding, paid) => {
  const [invoice] = fulfilmentSchema.parse({ id: '1', invoices: [{ state, total, outstanding }] }).invoices
  expect(invoice === undefined ? undefined : paidOf(invoice)).toBe(paid)
})
