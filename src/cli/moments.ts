import { DateTime } from 'luxon'
import { type Instant, parseInstant, parsePlainDate, toMillis } from '../core/time.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** `2026-11-24 10:30:05` in a time zone. */
export const timeIn = (instant: Instant, zone: string): string => format(instant, zone, 'yyyy-LL-dd HH:mm:ss')
/** `10:30:05` in a time zone. */
export const clockIn = (instant: Instant, zone: string): string => format(instant, zone, 'HH:mm:ss')
/** `Tue 24 Nov 2026` in a time zone. */
export const dayIn = (instant: Instant, zone: string): string => format(instant, zone, 'ccc d LLL yyyy')

const format = (instant: Instant, zone: string, pattern: string) =>
  DateTime.fromISO(instant, { zone, locale: 'en' }).toFormat(pattern)

/** `just now`, `3 min ago`, `in 2 h`. */
export function ageOf(instant: Instant, now: Instant): string {
  const millis = toMillis(now) - toMillis(instant)
  const size = Math.abs(millis)
  if (size < 10 * second) return 'just now'
  const text =
    size < minute
      ? `${Math.floor(size / second)} s`
      : size < hour
        ? `${Math.floor(size / minute)} min`
        : size < 2 * day
          ? `${Math.floor(size / hour)} h`
          : `${Math.floor(size / day)} d`
  return millis < 0 ? `in ${text}` : `${text} ago`
}

/** `0.4 s`, `12 s`, `3 min 4 s`, `2 h 5 min`. */
export function durationOf(from: Instant, to: Instant): string {
  const millis = Math.max(0, toMillis(to) - toMillis(from))
  if (millis < 10 * second) return `${(millis / second).toFixed(1)} s`
  if (millis < minute) return `${Math.floor(millis / second)} s`
  if (millis < hour) return `${Math.floor(millis / minute)} min ${Math.floor((millis % minute) / second)} s`
  return `${Math.floor(millis / hour)} h ${Math.floor((millis % hour) / minute)} min`
}

/** Reads `2026-11-01` (its first moment in the zone) or an instant with a zone. Null for anything else. */
export function momentOf(text: string, zone: string): Instant | null {
  const date = parsePlainDate(text)
  // Digits alone would be epoch milliseconds, which hardly anyone types on purpose.
  if (date === null) return /^\d+$/.test(text) ? null : parseInstant(text)
  return parseInstant(DateTime.fromISO(date, { zone }).toMillis())
}
