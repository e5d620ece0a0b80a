import { expect, test } from '@jest/globals'
import type { Decimal } from '../core/decimal.ts'
import { orderPoliciesSchema } from './policy.ts'
import { type Agreed, proveQuantities } from './quantities.ts'

const { totals } = orderPoliciesSchema.parse({})
const eggs = (quantity: string, unit: string | null = null, sku = 'EGG'): Agreed => ({
  ...{ sku, unit, quantity: quantity as Decimal },
})
/** @param size  how many of what the product is counted in make one of the line's unit */
const line = (ordered: string, unit: string | null, productUnit: string | null, size: string | null, sku = 'EGG') => ({
  ...{ sku, unit, productUnit, ordered: ordered as Decimal, unitSize: size as Decimal | null },
})
const prove = (agreed: readonly Agreed[], ...lines: readonly ReturnType<typeof line>[]) =>
  proveQuantities(agreed, { number: 'S1', lines }, totals)?.message ?? null

test.each([
  ['in the unit of the line', [eggs('24', 'Units')], [line('24', 'Units', 'Dozens', '0.08333333333333333333')]],
  ['in the unit of the product', [eggs('24', 'units ')], [line('2', 'Dozens', 'Units', '12')]],
  ['told without a unit', [eggs('24')], [line('2', 'Dozens', 'Units', '12')]],
  [
    'told in a ratio that no division ends',
    [eggs('2', 'Dozens')],
    [line('24', 'Units', 'Dozens', '0.08333333333333333333')],
  ],
  ['of two lines', [eggs('12', 'Units'), eggs('1', 'Dozens')], [line('2', 'Dozens', 'Units', '12', 'egg')]],
  ['of an article that the order has not', [eggs('1', 'Units', 'OTHER')], [line('2', 'Dozens', 'Units', '12')]],
  ['of which the ERP tells no unit', [eggs('24', 'Units')], [line('2', null, null, null)]],
])('a quantity %s is right', (_name, agreed, lines) => {
  expect(prove(agreed, ...lines)).toBeNull()
})

test.each([
  ['more', [eggs('24', 'Units')], [line('24', 'Dozens', 'Units', '12')], '24 Dozens of EGG, but the deal has 24 Units'],
  ['in no unit', [eggs('24')], [line('24', 'Dozens', 'Units', '12')], '24 Dozens of EGG, but the deal has 24 Units'],
  [
    'in an unknown unit',
    [eggs('2', 'Crate')],
    [line('2', 'Dozens', 'Dozens', '1')],
    '2 Dozens of EGG, but the deal has 2 Crate',
  ],
  [
    'of two lines',
    [eggs('1'), eggs('2')],
    [line('4', 'Units', 'Units', '1')],
    '4 Units of EGG, but the deal has 1 Units + 2 Units',
  ],
])('a quantity %s differs', (_name, agreed, lines, text) => {
  expect(prove(agreed, ...lines)).toContain(text)
})

test('quantities are not compared where the policy leaves them out', () => {
  const policies = { ...totals, compare: ['net' as const] }
  const order = { number: 'S1', lines: [line('24', 'Dozens', 'Units', '12')] }
  expect(proveQuantities([eggs('24', 'Units')], order, policies)).toBeNull()
})
