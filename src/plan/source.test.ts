import { expect, test } from '@jest/globals'
import type { Written } from './difference.ts'
import { didSourceChange, saidBy } from './source.ts'

const paths = {
  partner_id: ['link.customer'],
  ref: ['poNumber', 'number'],
  x_region: ['crm.properties.region'],
  total_pieces: ['lines.quantity'],
  level: [],
  'order_line.qty': ['lines.quantity'],
  'order_line.note': ['lines.name', 'notes'],
}
const deal = (change: Record<string, string> = {}, quantity = '4') => ({
  ...{ number: '901', poNumber: null, notes: null, customer: { id: 'company-7', name: 'Acme', raw: { x: '1' } } },
  raw: { properties: { region: 'north', other: '1' } },
  lines: [
    { id: 'a', name: 'Chair', quantity, raw: { z: '1' } },
    { id: 'b', name: 'Desk', quantity: '1' },
  ],
  ...change,
})
const said = (change?: Record<string, string>, quantity?: string) =>
  saidBy(deal(change, quantity), paths, 'order_line', (id) => `k_${id}`)

test('keeps what fields read, and of lines what they say themselves', () => {
  expect(said()).toEqual({
    fields: {
      'link.customer': 'company-7',
      poNumber: null,
      number: '901',
      'crm.properties.region': 'north',
      'lines.quantity': ['4', '1'],
      notes: null,
    },
    lines: {
      k_a: { 'lines.quantity': '4', 'lines.name': 'Chair' },
      k_b: { 'lines.quantity': '1', 'lines.name': 'Desk' },
    },
  })
})

test('whole records go without what the system keeps besides', () => {
  const whole = saidBy(deal(), { x: ['customer'], y: ['lines'] }, null, (id) => id)
  expect(whole.fields).toMatchObject({ customer: { id: 'company-7', name: 'Acme' }, lines: [{ id: 'a' }, { id: 'b' }] })
  expect(JSON.stringify(whole)).not.toContain('raw')
})

const before: Written = { fields: {}, lines: {}, confirmed: true, said: said() }
const changed = (field: string, line: string | null, now = said(), then: Written = before, read = paths) =>
  didSourceChange(then, { said: now, paths: read }, field, line)

test.each<[string, boolean, boolean]>([
  ['of a field whose source is as it was', changed('ref', null), false],
  ['of a field whose source changed', changed('ref', null, said({ poNumber: 'PO-1' })), true],
  ['of a fixed value', changed('level', null), false],
  ['of a line', changed('order_line.qty', 'k_a', said({}, '7')), true],
  ['of another line', changed('order_line.qty', 'k_b', said({}, '7')), false],
  ['of a line by what is outside of it', changed('order_line.note', 'k_b', said({ notes: 'x' })), true],
  ['of a rule that reads something else now', changed('ref', null, said(), before, { ...paths, ref: ['name'] }), false],
  ['where nothing was kept', changed('ref', null, said(), { fields: {}, lines: {}, confirmed: true }), true],
])('a change %s', (_name, answer, expected) => {
  expect(answer).toBe(expected)
})
