import { expect, test } from '@jest/globals'
import { nextTimes } from '../../src/app/flows/base.ts'
import { cronOf, type Rhythm, rhythmOf } from '../../src/console/parts/rhythm.ts'
import type { Instant } from '../../src/core/time.ts'

const from = '2026-11-27T12:34:56.000Z' as Instant
const timesOf = (cron: string) => nextTimes({ cron, time_zone: 'UTC' }, from, 60)
const ms = { seconds: 1000, minutes: 60_000, hours: 3_600_000 }

test.each<[string, Rhythm]>([
  ['* * * * * *', { every: 'seconds', count: 1 }],
  ['*/15 * * * * *', { every: 'seconds', count: 15 }],
  ['* * * * *', { every: 'minutes', count: 1 }],
  ['*/2 * * * *', { every: 'minutes', count: 2 }],
  ['0 */5 * * * *', { every: 'minutes', count: 5 }],
  ['0 * * * *', { every: 'hours', count: 1 }],
  ['0 */6 * * *', { every: 'hours', count: 6 }],
  ['30 6 * * *', { every: 'day', time: '06:30' }],
  ['0 5 7 * * *', { every: 'day', time: '07:05' }],
  ['0 18 * * 1-5', { every: 'weekday', time: '18:00' }],
])('%s is said in words that are exact', (cron, rhythm) => {
  expect(rhythmOf(cron)).toEqual(rhythm)
  const times = timesOf(cron)
  expect(timesOf(cronOf(rhythm))).toEqual(times)
  for (const [nth, time] of times.slice(1).entries()) {
    if ('count' in rhythm) {
      const gap = Date.parse(time) - Date.parse(times[nth] ?? '')
      expect(gap).toBe(rhythm.count * ms[rhythm.every])
    } else {
      expect(time.slice(11, 16)).toBe(rhythm.time)
      if (rhythm.every === 'weekday') expect([0, 6]).not.toContain(new Date(time).getUTCDay())
    }
  }
})

test.each([
  '*/7 * * * *',
  '*/40 * * * * *',
  '0 */5 * * *',
  '5 * * * *',
  '30 */2 * * *',
  '*/5 6-20 * * *',
  '0 6,18 * * *',
  '0 6 1 * *',
  '0 6 * 1 *',
  '0 6 * * 1',
  '30 0 6 * * *',
  '0 99 * * *',
  '@daily',
  'nonsense',
])('%s is left to its next times', (cron) => {
  expect(rhythmOf(cron)).toBeNull()
})
