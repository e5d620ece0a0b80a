import { z } from 'zod'
import { subtract, zero } from '../../core/decimal.ts'
import { defineTransform } from './transform.ts'

export const negate = defineTransform({
  name: 'negate',
  summary: 'A number with the opposite sign.',
  params: z.strictObject({}),
  input: 'number',
  output: 'number',
  examples: [
    { in: '4.5', out: '-4.5' },
    { in: 0, out: '0' },
  ],
  apply: (value) => ({ ok: true, value: subtract(zero, value) }),
})
