import { expect, test } from '@jest/globals'
import { fitted } from './fitted.ts'

test('what fits is left as it is', () => {
  expect(fitted(['one', 'two'], 7)).toBe('one\ntwo')
})

test.each([60, 100, 2048])('of what is longer, as much as fits into %d bytes is kept, and it says so', (bytesMax) => {
  const text = fitted(
    Array.from({ length: 200 }, (_, line) => `第${line}行 🚚 订单等待处理`),
    bytesMax,
  )
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bytesMax)
  expect(Buffer.byteLength(text)).toBeGreaterThan(bytesMax - 8)
  expect(text).toMatch(/…\n… more: crosswalk problems$/)
  expect(text.isWellFormed()).toBe(true)
})
