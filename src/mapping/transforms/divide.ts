import { z } from 'zod'
import { divide as divideDecimals, zero } from '../../core/decimal.ts'
import { decimalParameter } from './decimal-parameter.ts'
import { defineTransform } from './transform.ts'

export const divide = defineTransform({
  name: 'divide',
  summary: 'Divides, to 20 digits after the point.',
  params: z.strictObject({ by: decimalParameter.refine((value) => value !== zero, 'must not be 0') }),
  input: 'number',
  output: 'number',
  examples: [
    { in: '1250', params: { by: 100 }, out: '12.5' },
    { in: '1', params: { by: 3 }, out: '0.33333333333333333333' },
  ],
  apply: (value, { by }) => ({ ok: true, value: divideDecimals(value, by) }),
})
