import { expect, test } from '@jest/globals'
import { soundQuota } from './quota.ts'

const day = 86_400_000

test.each([
  [
    [100, 40, 10_000],
    [100, 40, 10_000],
  ],
  [
    [100.9, 40.9, 999.5],
    [100, 40, 1_000],
  ],
  [
    [100, 5_000, 10_000],
    [100, 100, 10_000],
  ],
  [
    [100, -7, 10_000],
    [100, 0, 10_000],
  ],
  [
    [100, Number.POSITIVE_INFINITY, 10_000],
    [100, 100, 10_000],
  ],
  [
    [100, 0, 60 * 366 * day],
    [100, 0, day],
  ],
  [
    [100, 0, Number.POSITIVE_INFINITY],
    [100, 0, day],
  ],
  [[1e300, 0, 10_000], null],
  [[0, 0, 10_000], null],
  [[-5, 0, 10_000], null],
  [[Number.NaN, 0, 10_000], null],
  [[100, Number.NaN, 10_000], null],
  [[100, 0, Number.NaN], null],
  [[100, 0, -1], null],
] as const)('%j is taken as %j', ([limit, remaining, windowMs], taken) => {
  expect(soundQuota({ name: 'day', limit, remaining, windowMs })).toEqual(
    taken === null ? null : { name: 'day', limit: taken[0], remaining: taken[1], windowMs: taken[2] },
  )
})
