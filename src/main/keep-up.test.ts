import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { silentLog } from '../../test/ledger/fresh-ledger.ts'
import { keepUp } from './keep-up.ts'

beforeEach(() => {
  jest.useFakeTimers({ now: new Date('2026-11-28T10:00:00Z') })
})
afterEach(() => {
  jest.useRealTimers()
})

const day = 24 * 3_600_000
const begin = () => {
  const ran: string[] = []
  const told: string[] = []
  const log = { ...silentLog, warn: (text: string) => told.push(text), error: (text: string) => told.push(text) }
  const end = keepUp(
    [
      ['often', '*/5 * * * * *', async () => void ran.push('often')],
      ['fails', '30 * * * * *', () => Promise.reject(new Error('no'))],
    ],
    log,
  )
  return { ran, told, end }
}

test('periodic tasks run at their times, a failure ends none of them, and none runs after the end', async () => {
  const { ran, told, end } = begin()
  await jest.advanceTimersByTimeAsync(60_000)
  expect(ran).toHaveLength(12)
  expect(told).toEqual(['upkeep failed'])
  await end()
  await jest.advanceTimersByTimeAsync(120_000)
  expect(ran).toHaveLength(12)
})

test.each([
  ['back by a day', -day],
  ['back by five minutes', -300_000],
  ['ahead by a day', day],
])('a clock that is put %s keeps no periodic task waiting', async (_name, by) => {
  const { ran, told, end } = begin()
  await jest.advanceTimersByTimeAsync(20_000)
  const before = ran.length
  jest.setSystemTime(Date.now() + by)
  await jest.advanceTimersByTimeAsync(60_000)
  expect(ran.length - before).toBeGreaterThanOrEqual(10)
  expect(told.filter((text) => text.startsWith('the clock was put back'))).toHaveLength(by < 0 ? 1 : 0)
  await end()
})
