import { DateTime } from 'luxon'
import { z } from 'zod'
import { fromMillis } from '../../core/time.ts'
import { defineTransform } from './transform.ts'
import { zoneParameter } from './zone.ts'

export const toInstant = defineTransform({
  name: 'to_instant',
  summary: 'The instant at which a date has a given time of day. A time that a clock change skips is moved on.',
  params: z.strictObject({
    zone: zoneParameter,
    time: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'not a time HH:MM')
      .default('00:00'),
  }),
  input: 'date',
  output: 'instant',
  examples: [
    { in: '2026-11-24', params: { zone: 'Europe/Berlin' }, out: '2026-11-23T23:00:00.000Z' },
    { in: '2026-07-01', params: { zone: 'Europe/Berlin', time: '12:00' }, out: '2026-07-01T10:00:00.000Z' },
    { in: '24.11.2026', error: '"24.11.2026" is not a date' },
  ],
  apply(value, params, context) {
    const zone = params.zone ?? context.zone
    const instant = fromMillis(DateTime.fromISO(`${value}T${params.time}`, { zone }).toMillis())
    return instant === null ? { ok: false, why: `no instant in the time zone "${zone}"` } : { ok: true, value: instant }
  },
})
