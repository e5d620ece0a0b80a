import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const not = defineTransform({
  name: 'not',
  summary: 'True becomes false and false true.',
  params: z.strictObject({}),
  input: 'boolean',
  output: 'boolean',
  examples: [
    { in: true, out: false },
    { in: 'false', out: true },
    { in: 'no', error: '"no" is not true or false' },
  ],
  apply: (value) => ({ ok: true, value: !value }),
})
