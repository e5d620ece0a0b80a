import { DateTime, type DateTimeUnit } from 'luxon'

/** From its first moment up to, and without, the moment after its last. */
export interface Span {
  readonly from: DateTime
  readonly to: DateTime
}

const units: Readonly<Record<string, DateTimeUnit>> = {
  DAY: 'day',
  DAYS: 'day',
  WEEK: 'week',
  WEEKS: 'week',
  MONTH: 'month',
  MONTHS: 'month',
  QUARTER: 'quarter',
  QUARTERS: 'quarter',
  YEAR: 'year',
  YEARS: 'year',
}

/** The span that `TODAY`, `LAST_N_DAYS:3` and their like stand for; null for a literal that there is none of. */
export function spanOf(literal: string, now: number, timeZone: string): Span | null {
  const today = DateTime.fromMillis(now, { zone: timeZone }).startOf('day')
  const [name = '', count = '0'] = literal.toUpperCase().replace('FISCAL_', '').split(':')
  const n = Number(count)
  const whole = (unit: DateTimeUnit, offset: number): Span => {
    const from = startOf(today, unit).plus({ [unit]: offset })
    return { from, to: from.plus({ [unit]: 1 }) }
  }
  if (name === 'TODAY') return whole('day', 0)
  if (name === 'YESTERDAY') return whole('day', -1)
  if (name === 'TOMORROW') return whole('day', 1)
  if (name === 'LAST_90_DAYS') return { from: today.minus({ day: 90 }), to: today.plus({ day: 1 }) }
  if (name === 'NEXT_90_DAYS') return { from: today.plus({ day: 1 }), to: today.plus({ day: 91 }) }
  const plain = /^(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR)$/.exec(name)
  if (plain !== null) return whole(units[plain[2] ?? ''] ?? 'day', { LAST: -1, THIS: 0, NEXT: 1 }[plain[1] ?? ''] ?? 0)
  const ago = /^N_(DAYS|WEEKS|MONTHS|QUARTERS|YEARS)_AGO$/.exec(name)
  if (ago !== null) return whole(units[ago[1] ?? ''] ?? 'day', -n)
  const many = /^(LAST|NEXT)_N_(DAYS|WEEKS|MONTHS|QUARTERS|YEARS)$/.exec(name)
  if (many === null) return null
  const unit = units[many[2] ?? ''] ?? 'day'
  if (many[1] === 'NEXT') {
    const from = startOf(today, unit).plus({ [unit]: 1 })
    return { from, to: from.plus({ [unit]: n }) }
  }
  // The last days reach up to now, longer units end before the one that runs.
  const to = unit === 'day' ? today.plus({ day: 1 }) : startOf(today, unit)
  return { from: (unit === 'day' ? today : to).minus({ [unit]: n }), to }
}

/** Weeks begin on Sunday. */
const startOf = (at: DateTime, unit: DateTimeUnit): DateTime =>
  unit === 'week' ? at.minus({ day: at.weekday % 7 }) : at.startOf(unit)
