import { expect, test } from '@jest/globals'
import type { Instant } from '../core/time.ts'
import { retryAfterMs } from './retry-after.ts'

const now = '2026-11-24T09:30:00.000Z' as Instant

test.each([
  ['2', 2000],
  [' 0.25 ', 250],
  ['Tue, 24 Nov 2026 09:30:05 GMT', 5000],
  ['Tue, 24 Nov 2026 09:29:00 GMT', 0],
  ['86400', 86_400_000],
  ['604800', 86_400_000],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
  // A moment where seconds are wanted: ten seconds from now, long ago, far away.
  ['1795512610', 10_000],
  ['1795512610000', 10_000],
  ['1000000000', 0],
  ['1895512610', 86_400_000],
  ['99999999999999999999', 86_400_000],
  ['1e300', null],
  ['-5', null],
  ['soon', null],
  ['', null],
  [undefined, null],
])('reads Retry-After %j as %j ms', (header, expected) => {
  expect(retryAfterMs(header, now)).toBe(expected)
})
