import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const upper = defineTransform({
  name: 'upper',
  summary: 'Writes all letters as capitals.',
  params: z.strictObject({}),
  input: 'text',
  output: 'text',
  examples: [
    { in: 'eur', out: 'EUR' },
    { in: 'straße', out: 'STRASSE' },
  ],
  apply: (value) => ({ ok: true, value: value.toUpperCase() }),
})
