import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const prefix = defineTransform({
  name: 'prefix',
  summary: 'Puts a text in front.',
  params: z.strictObject({ text: z.string() }),
  input: 'text',
  output: 'text',
  examples: [{ in: '77', params: { text: 'company-' }, out: 'company-77' }],
  apply: (value, { text }) => ({ ok: true, value: text + value }),
})
