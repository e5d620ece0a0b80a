import { describe, expect, test } from '@jest/globals'
import { compare, type Decimal, decimal, divide, multiply, percentOf, round, subtract } from './decimal.ts'
import { anyDigits, type Entry, fitEntry } from './entry.ts'

const entry = (price: string, discount = '0'): Entry => ({ price: decimal(price), discount: decimal(discount) })
const twoDigits = { price: 2, discount: 2 }
/** As an ERP with two digits keeps it. */
const kept = ({ price, discount }: Entry): Entry => ({ price: round(price, 2), discount: round(discount, 2) })
/** As Odoo computes the net amount of a line. */
const amountOf = (quantity: Decimal, { price, discount }: Entry, digits = 2): Decimal =>
  round(multiply(quantity, subtract(price, percentOf(price, discount))), digits)

describe('fitEntry', () => {
  test.each([
    ['a price that the ERP keeps as it is', '3', '29.97', entry('9.99'), entry('9.99')],
    ['a percentage that it keeps as it is', '3', '26.97', entry('9.99', '10'), entry('9.99', '10')],
    ['a price whose rounding makes no difference', '1', '10', entry('9.9999'), entry('9.9999')],
    ['a third of ten for one', '3', '10', entry('3.3333'), entry('3.34', '0.2')],
    ['ten off 700.00 for 7', '7', '690', entry('98.57142857142857142857'), entry('98.63', '0.06')],
    ['a hundredth of a cent a piece', '1000', '33.3', entry('0.0333'), entry('0.04', '16.75')],
    ['a third off', '3', '20', entry('10', '33.3333'), entry('10', '33.3333')],
    ['nothing to sell', '0', '0', entry('9.999'), entry('9.999')],
    ['a line of nothing', '2', '0', entry('9.999', '100'), entry('9.999', '100')],
  ])('enters %s', (_, quantity, net, wanted, expected) => {
    const line = { quantity: decimal(quantity), net: decimal(net), amountDigits: 2 }
    const found = fitEntry(wanted, line, twoDigits)
    expect(found).toEqual(expected)
    expect(amountOf(line.quantity, kept(found))).toBe(line.net)
  })

  test('leaves alone what an ERP keeps to the last digit', () => {
    const line = { quantity: decimal('7'), net: decimal('690'), amountDigits: 2 }
    expect(fitEntry(entry('98.57142857142857142857'), line, anyDigits)).toEqual(entry('98.57142857142857142857'))
  })

  test('makes any amount up to ten thousand to the cent, with little off', () => {
    let seed = 11
    const next = (max: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % max
    }
    for (let time = 0; time < 500; time += 1) {
      const quantity = decimal(String(1 + next(99)))
      const net = divide(decimal(String(100 + next(1_000_000))), decimal(100))
      const found = fitEntry(
        { price: divide(net, quantity), discount: decimal(0) },
        { quantity, net, amountDigits: 2 },
        twoDigits,
      )
      expect([quantity, net, amountOf(quantity, kept(found))]).toEqual([quantity, net, net])
    }
  })

  test('knows currencies without cents and prices with more digits', () => {
    const yen = { quantity: decimal('3'), net: decimal('100'), amountDigits: 0 }
    expect(amountOf(yen.quantity, kept(fitEntry(entry('33.3333'), yen, twoDigits)), 0)).toBe('100')
    const fine = { quantity: decimal('7'), net: decimal('690'), amountDigits: 2 }
    expect(fitEntry(entry('98.57142857142857142857'), fine, { price: 6, discount: 2 })).toEqual(
      entry('98.57142857142857142857'),
    )
  })

  test('enters what is meant where nothing fits', () => {
    const line = { quantity: decimal('9973'), net: decimal('99999999.97'), amountDigits: 2 }
    const wanted = { price: divide(line.net, line.quantity), discount: decimal(0) }
    const found = fitEntry(wanted, line, { price: 0, discount: 0 })
    expect(compare(found.price, wanted.price)).toBe(0)
  })
})
