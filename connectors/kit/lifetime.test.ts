import { expect, test } from '@jest/globals'
import { lifetime } from './lifetime.ts'

test.each([
  [1800, 1800],
  ['3600', 3600],
  [60 * 366 * 86_400, 86_400],
  [1e300, 86_400],
  [0, null],
  [-1, null],
  [Number.NaN, null],
  ['soon', null],
  [undefined, null],
])('a token that is good for %p seconds', (told, taken) => {
  expect(lifetime.safeParse(told).data ?? null).toBe(taken)
})
