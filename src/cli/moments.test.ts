import { expect, test } from '@jest/globals'
import { at, now } from './fake.ts'
import { ageOf, dayIn, durationOf, momentOf, timeIn } from './moments.ts'

test('shows an instant in a time zone', () => {
  expect(timeIn(at('2026-11-24T23:30:05Z'), 'Europe/Berlin')).toBe('2026-11-25 00:30:05')
  expect(timeIn(at('2026-11-24T23:30:05Z'), 'UTC')).toBe('2026-11-24 23:30:05')
  expect(dayIn(at('2026-11-24T23:30:05Z'), 'Asia/Shanghai')).toBe('Wed 25 Nov 2026')
})

test.each([
  ['2026-11-24T09:29:55Z', 'just now'],
  ['2026-11-24T09:29:15Z', '45 s ago'],
  ['2026-11-24T09:27:01Z', '2 min ago'],
  ['2026-11-23T10:00:00Z', '23 h ago'],
  ['2026-11-20T09:30:00Z', '4 d ago'],
  ['2026-11-24T09:34:00Z', 'in 4 min'],
])('%s is %s', (instant, age) => {
  expect(ageOf(at(instant), now)).toBe(age)
})

test.each([
  ['2026-11-24T09:30:00.400Z', '0.4 s'],
  ['2026-11-24T09:30:12Z', '12 s'],
  ['2026-11-24T09:33:04Z', '3 min 4 s'],
  ['2026-11-24T11:35:00Z', '2 h 5 min'],
  ['2026-11-24T09:29:00Z', '0.0 s'],
])('from 09:30 to %s it took %s', (end, duration) => {
  expect(durationOf(now, at(end))).toBe(duration)
})

test.each([
  ['2026-11-01', 'Europe/Berlin', '2026-10-31T23:00:00.000Z'],
  ['2026-07-01', 'Europe/Berlin', '2026-06-30T22:00:00.000Z'],
  ['2026-11-01', 'UTC', '2026-11-01T00:00:00.000Z'],
  ['2026-11-01T08:00:00+08:00', 'UTC', '2026-11-01T00:00:00.000Z'],
  ['2026-02-30', 'UTC', null],
  ['2026-11-01T08:00:00', 'UTC', null],
  ['1793000000000', 'UTC', null],
  ['yesterday', 'UTC', null],
])('"%s" in %s is %s', (given, zone, instant) => {
  expect(momentOf(given, zone)).toBe(instant)
})
