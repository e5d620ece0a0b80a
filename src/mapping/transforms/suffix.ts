import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const suffix = defineTransform({
  name: 'suffix',
  summary: 'Adds a text at the end.',
  params: z.strictObject({ text: z.string() }),
  input: 'text',
  output: 'text',
  examples: [{ in: 'D-901', params: { text: ' (CRM)' }, out: 'D-901 (CRM)' }],
  apply: (value, { text }) => ({ ok: true, value: value + text }),
})
