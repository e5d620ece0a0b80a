import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const isBlank = defineTransform({
  name: 'is_blank',
  summary: 'Whether there is nothing: no value, an empty text or an empty list. For `when` and for booleans.',
  params: z.strictObject({}),
  input: 'any',
  output: 'boolean',
  takesBlank: true,
  examples: [
    { in: null, out: true },
    { in: [], out: true },
    { in: 'line_section', out: false },
    { in: false, out: false },
  ],
  apply: (value) => ({
    ok: true,
    value:
      value === null ||
      (typeof value === 'string' && value.trim() === '') ||
      (Array.isArray(value) && value.length === 0),
  }),
})
