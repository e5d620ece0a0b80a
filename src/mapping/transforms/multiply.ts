import { z } from 'zod'
import { multiply as multiplyDecimals } from '../../core/decimal.ts'
import { decimalParameter } from './decimal-parameter.ts'
import { defineTransform } from './transform.ts'

export const multiply = defineTransform({
  name: 'multiply',
  summary: 'Multiplies, exactly.',
  params: z.strictObject({ by: decimalParameter }),
  input: 'number',
  output: 'number',
  examples: [
    { in: '0.1', params: { by: 3 }, out: '0.3' },
    { in: '19.99', params: { by: 1.19 }, out: '23.7881' },
  ],
  apply: (value, { by }) => ({ ok: true, value: multiplyDecimals(value, by) }),
})
