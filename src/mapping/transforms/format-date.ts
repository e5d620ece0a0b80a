import { DateTime } from 'luxon'
import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const formatDate = defineTransform({
  name: 'format_date',
  summary: 'Writes a date in a given form (`dd.MM.yyyy`, `d MMM yyyy` with English names).',
  params: z.strictObject({ format: z.string().min(1) }),
  input: 'date',
  output: 'text',
  examples: [
    { in: '2026-11-24', params: { format: 'dd.MM.yyyy' }, out: '24.11.2026' },
    { in: '2026-11-24', params: { format: 'd MMM yyyy' }, out: '24 Nov 2026' },
    { in: 'soon', params: { format: 'yyyy' }, error: '"soon" is not a date' },
  ],
  apply: (value, { format }) => ({
    ok: true,
    value: DateTime.fromISO(value, { zone: 'utc', locale: 'en' }).toFormat(format),
  }),
})
