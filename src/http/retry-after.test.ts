import { expect, test } from '@jest/globals'
import type { Instant } from '../core/time.ts'
import { retryAfterMs } from './retry-after.ts'

const now = '2026-11-24T09:30:00.000Z' as Instant

test.each([
  ['2', 2000],
  [' 0.25 ', 250],
  ['Tue, 24 Nov 2026 09:30:05 GMT', 5000],
  ['Tue, 24 Nov 2026 09:29:00 GMT', 0],
  ['-5', null],
  ['soon', null],
  ['', null],
  [undefined, null],
])('reads Retry-After %j as %j ms', (header, expected) => {
  expect(retryAfterMs(header, now)).toBe(expected)
})
