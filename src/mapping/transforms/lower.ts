import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const lower = defineTransform({
  name: 'lower',
  summary: 'Writes all letters small.',
  params: z.strictObject({}),
  input: 'text',
  output: 'text',
  examples: [{ in: 'Info@Acme.com', out: 'info@acme.com' }],
  apply: (value) => ({ ok: true, value: value.toLowerCase() }),
})
