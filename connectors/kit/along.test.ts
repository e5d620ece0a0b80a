import { expect, test } from '@jest/globals'
import { withWhatGoesAlong } from './along.ts'

const rule = { causes: ['product', 'quantity'], product: 'product' }
const unchanged = { product: '7', price: '10', discount: null }

test.each([
  ['a quantity takes the price along', { quantity: '3' }, { price: '10', quantity: '3' }],
  ['another product takes all along', { product: '8' }, { price: '10', product: '8' }],
  ['what causes nothing goes alone', { note: 'x' }, { note: 'x' }],
])('%s', (_title, fields, sent) => {
  expect(withWhatGoesAlong({ fields, unchanged }, rule)).toEqual(sent)
  expect(withWhatGoesAlong({ fields }, rule)).toEqual(fields)
})
