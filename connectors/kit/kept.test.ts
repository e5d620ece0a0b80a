import { expect, test } from '@jest/globals'
import { keep } from './kept.ts'

test('keeps the newest, and takes what is kept again for the newest', () => {
  const kept = new Map<string, number>()
  keep(kept, 'a', 1, 2)
  keep(kept, 'b', 2, 2)
  keep(kept, 'a', 3, 2)
  keep(kept, 'c', 4, 2)
  expect([...kept]).toEqual([
    ['a', 3],
    ['c', 4],
  ])
})
