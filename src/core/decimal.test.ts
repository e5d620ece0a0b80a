import { describe, expect, test } from '@jest/globals'
import {
  add,
  compare,
  decimal,
  divide,
  multiply,
  parseDecimal,
  percentOf,
  places,
  round,
  subtract,
  sum,
} from './decimal.ts'

describe('parseDecimal', () => {
  test.each([
    ['10.50', '10.5'],
    [' 7 ', '7'],
    ['-0.00', '0'],
    ['1e3', '1000'],
    ['.5', '0.5'],
    ['007', '7'],
    ['-12', '-12'],
    ['-0.50', '-0.5'],
    ['-0', '0'],
    [-0, '0'],
    [2 ** 53, '9007199254740992'],
    [0.1, '0.1'],
    [1.005, '1.005'],
    [1e21, '1000000000000000000000'],
  ])('reads %j as %s', (value, expected) => expect(parseDecimal(value)).toBe(expected))

  test.each([
    '',
    '1,234.50',
    '12 34',
    'NaN',
    'Infinity',
    '0x10',
    '--1',
    null,
    true,
    Number.NaN,
    '9'.repeat(61),
    '1e9999',
  ])('refuses %j', (value) => expect(parseDecimal(value)).toBeNull())
})

test('sums what doubles cannot', () => {
  expect(add(decimal('0.1'), decimal('0.2'))).toBe('0.3')
  expect(subtract(decimal('1'), decimal('0.9'))).toBe('0.1')
  expect(sum(Array.from({ length: 1000 }, () => decimal('0.01')))).toBe('10')
  expect(multiply(decimal('12345678901234567890.12'), decimal('3'))).toBe('37037036703703703670.36')
})

test('rounds half away from zero', () => {
  expect(round(decimal('1.005'), 2)).toBe('1.01')
  expect(round(decimal('-1.005'), 2)).toBe('-1.01')
  expect(round(decimal('2.5'), 0)).toBe('3')
})

test.each([
  ['10', '9.99', 1],
  ['10', '9', 1],
  ['-10', '9', -1],
  ['0', '-0.01', 1],
  ['2.5', '2.5', 0],
  ['9007199254740993', '9007199254740992', 1],
  ['90071992547409930', '9007199254740992', 1],
] as const)('compares %s with %s by value', (a, b, expected) => {
  expect(compare(decimal(a), decimal(b))).toBe(expected)
  expect(compare(decimal(b), decimal(a))).toBe(expected === 0 ? 0 : -expected)
})

test('counts places', () => {
  expect(places(decimal('1.250'))).toBe(2)
  expect(percentOf(decimal('80'), decimal('12.5'))).toBe('10')
})

test('refuses a division by zero and a literal that is no number', () => {
  expect(() => divide(decimal('1'), decimal('0'))).toThrow('division by zero')
  expect(() => decimal('ten')).toThrow('not a decimal number: ten')
})

test.each([
  '1e999',
  '-1e999',
  '1e-999',
  'Infinity',
  'NaN',
  '1e300',
  1e300,
  -1e300,
  Number.POSITIVE_INFINITY,
  Number.NaN,
])('nobody counts in %p', (value) => {
  expect(parseDecimal(value)).toBeNull()
})
