import { z } from 'zod'
import { absolute } from '../../core/decimal.ts'
import { defineTransform } from './transform.ts'

export const abs = defineTransform({
  name: 'abs',
  summary: 'A number without its sign.',
  params: z.strictObject({}),
  input: 'number',
  output: 'number',
  examples: [{ in: '-4.5', out: '4.5' }],
  apply: (value) => ({ ok: true, value: absolute(value) }),
})
