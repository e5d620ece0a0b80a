import { expect, test } from '@jest/globals'
import type { Written } from './difference.ts'
import { changesInWords } from './words.ts'

const before: Written = {
  fields: { ref: 'A', note: null },
  lines: { o_line_1: { qty: '4', price: '10' }, o_line_2: { qty: '1' }, o_line_3: { qty: '2' } },
  confirmed: true,
  said: { fields: {}, lines: { o_line_2: { 'lines.sku': 'DESK' } } },
}
const words = { linesField: 'lines', quantity: 'qty', lines: { o_line_1: 'Chair', o_line_4: 'Lamp' } }

test('says what changes as people do', () => {
  const difference = {
    fields: { ref: 'B', note: 'x'.repeat(70) },
    upsert: [
      { key: 'o_line_1', fields: { qty: '7', price: '9' }, unchanged: {} },
      { key: 'o_line_4', fields: { qty: '3' } },
    ],
    remove: ['o_line_2', 'o_line_3'],
  }
  expect(changesInWords(before, difference, words)).toEqual([
    'ref A → B',
    `note nothing → ${'x'.repeat(60)}…`,
    'Chair 4 → 7, price 10 → 9',
    'Lamp added (3)',
    'DESK removed',
    'line 3 removed',
  ])
})
