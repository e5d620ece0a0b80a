import { expect, test } from '@jest/globals'
import type { Instant } from '../../src/core/time.ts'
import { lastWin } from './wins.ts'

const on = (day: number) => `2026-11-${String(day).padStart(2, '0')}T09:00:00.000Z` as Instant
const marks: Readonly<Record<string, boolean | null>> = { o: false, w: true, '?': null }

// One letter a day: o is open or lost, w won, ? a stage that is not there any more.
test.each([
  ['ow', 2, false],
  ['oww', 2, false],
  ['wow', 3, false],
  ['?ow', 3, false],
  ['w', 1, true],
  ['ww', 1, true],
  ['o?w', null, false],
  ['wo', null, false],
  ['', null, false],
])('%s was won on day %s', (stages, day, made) => {
  const history = [...stages].map((stage, place) => ({ at: on(place + 1), won: marks[stage] ?? null }))
  expect(lastWin(history)).toEqual(day === null ? null : { at: on(day), made })
})
