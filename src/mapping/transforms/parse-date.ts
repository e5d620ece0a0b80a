import { DateTime } from 'luxon'
import { z } from 'zod'
import { parsePlainDate } from '../../core/time.ts'
import { brief } from '../run/value.ts'
import { defineTransform } from './transform.ts'

export const parseDate = defineTransform({
  name: 'parse_date',
  summary: 'Reads a date written in a given form (`dd.MM.yyyy`, `M/d/yyyy`, `d MMM yyyy` with English names).',
  params: z.strictObject({ format: z.string().min(1) }),
  input: 'text',
  output: 'date',
  examples: [
    { in: '24.11.2026', params: { format: 'dd.MM.yyyy' }, out: '2026-11-24' },
    { in: '24 Nov 2026', params: { format: 'd MMM yyyy' }, out: '2026-11-24' },
    { in: '31.02.2026', params: { format: 'dd.MM.yyyy' }, error: '"31.02.2026" is not a date of the form dd.MM.yyyy' },
  ],
  apply(value, { format }) {
    const date = parsePlainDate(DateTime.fromFormat(value.trim(), format, { zone: 'utc', locale: 'en' }).toISODate())
    return date === null
      ? { ok: false, why: `${brief(value)} is not a date of the form ${format}` }
      : { ok: true, value: date }
  },
})
