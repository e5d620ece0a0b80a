import { expect, test } from '@jest/globals'
import { type Instant, shift } from '../../core/time.ts'
import { openPaces } from './pace.ts'

const start = '2026-11-24T09:30:00.000Z' as Instant
const at = (seconds: number) => shift(start, seconds * 1000)

/** The estimate after these looks: seconds and what was left then. */
function after(...looks: readonly (readonly [number, number])[]) {
  const paces = openPaces()
  return looks.map(([seconds, left]) => paces.note('7', left, at(seconds))).at(-1)
}

test.each<[string, readonly (readonly [number, number])[], Instant | null]>([
  ['nothing after one look', [[0, 100]], null],
  [
    'nothing after a few seconds',
    [
      [0, 100],
      [10, 50],
    ],
    null,
  ],
  [
    'what the rate says',
    [
      [0, 100],
      [30, 90],
      [60, 80],
    ],
    at(60 + 240),
  ],
  [
    'nothing while it stands still',
    [
      [0, 100],
      [60, 100],
    ],
    null,
  ],
  [
    'nothing when it grows',
    [
      [0, 100],
      [60, 120],
    ],
    null,
  ],
  [
    'nothing when all is done',
    [
      [0, 100],
      [60, 0],
    ],
    null,
  ],
  [
    'what the last minutes say, not those before',
    [
      [0, 1000],
      [300, 100],
      [400, 90],
      [500, 80],
    ],
    at(500 + 800),
  ],
  [
    'nothing more once it has stood for five minutes',
    [
      [0, 100],
      [60, 80],
      [360, 80],
      [420, 80],
    ],
    null,
  ],
  [
    'what it says also where it is asked often',
    [
      [0, 100],
      [1, 99],
      [60, 40],
    ],
    at(60 + 40),
  ],
])('says %s', (_what, looks, estimate) => {
  expect(after(...looks)).toBe(estimate)
})

test('keeps runs apart', () => {
  const paces = openPaces()
  paces.note('7', 100, at(0))
  paces.note('8', 50, at(0))
  expect(paces.note('8', 40, at(60))).toBe(at(60 + 240))
  expect(paces.note('7', 40, at(60))).toBe(at(60 + 40))
})
