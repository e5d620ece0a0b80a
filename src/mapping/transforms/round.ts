import { z } from 'zod'
import { round as roundDecimal } from '../../core/decimal.ts'
import { defineTransform } from './transform.ts'

export const round = defineTransform({
  name: 'round',
  summary: 'Rounds half away from zero, as invoices do.',
  params: z.strictObject({ places: z.int().min(0).max(20).default(2).describe('Digits after the point') }),
  input: 'number',
  output: 'number',
  examples: [
    { in: '1.005', out: '1.01' },
    { in: '-2.5', params: { places: 0 }, out: '-3' },
    { in: 'ten', error: '"ten" is not a number' },
  ],
  apply: (value, { places }) => ({ ok: true, value: roundDecimal(value, places) }),
})
