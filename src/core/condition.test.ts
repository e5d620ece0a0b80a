import { expect, test } from '@jest/globals'
import { type Condition, holds } from './condition.ts'

const deal = { id: '7', properties: { stage: 'won', closed: 'true', order: '', size: 3 }, IsWon: true }

const cases: [boolean, Condition][] = [
  [true, {}],
  [true, { 'properties.closed': true }],
  [true, { IsWon: true, 'properties.size': '3' }],
  [false, { IsWon: true, 'properties.size': 4 }],
  [true, { 'properties.stage': ['won', 'paid'] }],
  [false, { 'properties.stage': ['lost'] }],
  [false, { 'properties.stage': [] }],
  [true, { 'properties.stage': { present: true } }],
  [false, { 'properties.order': { present: true } }],
  [false, { 'properties.order': '' }],
  [false, { 'properties.none.deeper': { present: true } }],
  [false, { constructor: { present: true } as never }],
]

test.each(cases)('%s: %j', (expected, condition) => {
  expect(holds(condition, deal)).toBe(expected)
})
