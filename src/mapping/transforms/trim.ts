import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const trim = defineTransform({
  name: 'trim',
  summary: 'Removes blanks at both ends.',
  params: z.strictObject({}),
  input: 'text',
  output: 'text',
  examples: [
    { in: '  Acme ', out: 'Acme' },
    { in: ' \n', out: '' },
  ],
  apply: (value) => ({ ok: true, value: value.trim() }),
})
