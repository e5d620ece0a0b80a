import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const truncate = defineTransform({
  name: 'truncate',
  summary: 'Cuts a text that is longer than the target takes. Never cuts a character in two.',
  params: z.strictObject({ length: z.int().min(1).describe('Characters that are kept') }),
  input: 'text',
  output: 'text',
  examples: [
    { in: 'Northwind Traders', params: { length: 9 }, out: 'Northwind' },
    { in: 'Acme', params: { length: 9 }, out: 'Acme' },
    { in: '👍👍', params: { length: 1 }, out: '👍' },
  ],
  apply(value, { length }) {
    if (value.length <= length) return { ok: true, value }
    return { ok: true, value: Array.from(value).slice(0, length).join('') }
  },
})
