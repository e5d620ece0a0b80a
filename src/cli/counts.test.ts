import { expect, test } from '@jest/globals'
import { countsText } from './counts.ts'

test.each([
  [{}, '–'],
  [{ found: 3, unchanged: 0 }, '–'],
  [{ problems: 1, made: 1, unchanged: 1 }, '1 order made, 1 unchanged, 1 problem'],
  [{ made: 1200, problems: 2 }, '1,200 orders made, 2 problems'],
])('outcomes %j are told as "%s"', (counts, text) => {
  expect(countsText(counts)).toBe(text)
})
