import { describe, expect, test } from '@jest/globals'
import { decimal, sum } from './decimal.ts'
import { type Deal, dealSchema } from './documents.ts'
import { allocate, completeDeal, digitsOf, netTotal } from './money.ts'

const decimals = (...values: string[]) => values.map((value) => decimal(value))

describe('allocate', () => {
  test.each([
    ['100', ['1', '1', '1'], 2, ['33.34', '33.33', '33.33']],
    ['0.05', ['1', '1', '1'], 2, ['0.02', '0.02', '0.01']],
    ['-10', ['3', '3', '1'], 2, ['-4.29', '-4.28', '-1.43']],
    ['100', ['1', '2'], 0, ['33', '67']],
    ['7', ['0', '5'], 2, ['0', '7']],
  ])('splits %s over %j', (total, weights, digits, expected) => {
    const shares = allocate(decimal(total), decimals(...weights), digits)
    expect(shares).toEqual(expected)
    expect(sum(shares)).toBe(total)
  })

  test('never loses a cent, whatever the weights', () => {
    let seed = 7
    const next = (max: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % max
    }
    for (let round = 0; round < 300; round += 1) {
      const weights = Array.from({ length: 1 + next(12) }, () => decimal(String(next(1000) + (round === 0 ? 1 : 0))))
      if (sum(weights) === '0') continue
      const total = decimal(`${next(100_000)}.${String(next(100)).padStart(2, '0')}`)
      expect(sum(allocate(total, weights, 2))).toBe(total)
    }
  })

  test('refuses weights that are all zero', () => {
    expect(() => allocate(decimal('1'), decimals('0', '0'), 2)).toThrow('weight above zero')
  })
})

const deal = (change: Record<string, unknown>): Deal =>
  dealSchema.parse({ id: '1', number: '1', won: true, currency: 'EUR', ...change })
const line = (id: string, quantity: string, unitPrice: string, change: Record<string, unknown> = {}) => ({
  id,
  quantity,
  unitPrice,
  ...change,
})

describe('completeDeal', () => {
  test.each([
    ['a plain line', line('a', '3', '9.99'), '29.97', '9.99'],
    ['a percentage', line('a', '3', '9.99', { discountPercent: '10' }), '26.97', '8.99'],
    ['an amount off', line('a', '4', '10', { discountAmount: '1' }), '39', '9.75'],
    ['both', line('a', '1', '100', { discountPercent: '10', discountAmount: '5' }), '85', '85'],
    ['no quantity', line('a', '0', '5'), '0', '5'],
  ])('computes the net amount of %s', (name, one, net, unit) => {
    const [completed] = completeDeal(deal({ lines: [one] })).lines
    expect(completed).toMatchObject({ netAmount: net, netUnitPrice: unit })
    const { entryPrice, entryDiscount, discountAmount } = completed ?? {}
    expect(entryPrice).toBe(discountAmount === null ? one.unitPrice : unit)
    expect(entryDiscount).toBe(name === 'a percentage' ? '10' : '0')
  })

  test('rounds to the digits of the currency', () => {
    expect(digitsOf('JPY')).toBe(0)
    expect(netTotal(completeDeal(deal({ currency: 'JPY', lines: [line('a', '3', '33.4')] })))).toBe('100')
    expect(netTotal(completeDeal(deal({ currency: 'KWD', lines: [line('a', '1', '1.2345')] })))).toBe('1.235')
  })

  test('spreads a discount of the whole deal to the cent', () => {
    const completed = completeDeal(
      deal({ discount: '10', lines: [line('a', '1', '33.33'), line('b', '1', '33.33'), line('c', '1', '33.34')] }),
    )
    expect(netTotal(completed)).toBe('90')
    expect(completed.lines.map((one) => one.discountAmount)).toEqual(['3.33', '3.33', '3.34'])
  })

  test('sends the goods where the customer has them sent, unless the deal says where', () => {
    const customer = { id: '1', name: 'Acme', shipTo: { city: 'Kiel' } }
    expect(completeDeal(deal({ customer })).shipTo?.city).toBe('Kiel')
    expect(completeDeal(deal({ customer, shipTo: { city: 'Ulm' } })).shipTo?.city).toBe('Ulm')
    expect(completeDeal(deal({ customer: { ...customer, shipTo: null } })).shipTo).toBeNull()
  })
})
