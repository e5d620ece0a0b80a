import { expect, test } from '@jest/globals'
import { chunks } from './chunks.ts'

test.each([
  [[], []],
  [[1], [[1]]],
  [[1, 2], [[1, 2]]],
  [
    [1, 2, 3, 4, 5],
    [[1, 2], [3, 4], [5]],
  ],
])('takes %j in parts of two', (all, parts) => {
  expect(chunks(all, 2)).toEqual(parts)
})
