import { DateTime } from 'luxon'
import { z } from 'zod'
import { type PlainDate, parsePlainDate, toMillis } from '../../core/time.ts'
import { defineTransform } from './transform.ts'
import { zoneParameter } from './zone.ts'

export const toDate = defineTransform({
  name: 'to_date',
  summary: 'The calendar date of an instant, as a clock on the wall shows it.',
  params: z.strictObject({ zone: zoneParameter }),
  input: 'instant',
  output: 'date',
  examples: [
    { in: '2026-11-24T23:30:00.000Z', params: { zone: 'Europe/Berlin' }, out: '2026-11-25' },
    { in: '2026-11-24T23:30:00.000Z', params: { zone: 'America/New_York' }, out: '2026-11-24' },
    { in: 1795649400000, params: { zone: 'UTC' }, out: '2026-11-25' },
    { in: '2026-11-24', error: '"2026-11-24" is not an instant' },
  ],
  apply(value, params, context) {
    const zone = params.zone ?? context.zone
    // Instants are written in UTC.
    if (zone === 'UTC') return { ok: true, value: value.slice(0, 10) as PlainDate }
    const date = parsePlainDate(DateTime.fromMillis(toMillis(value), { zone }).toISODate())
    return date === null ? { ok: false, why: `no date in the time zone "${zone}"` } : { ok: true, value: date }
  },
})
