import { z } from 'zod'
import type { Json } from '../../core/json.ts'
import { coerce } from '../run/value.ts'
import { defineTransform } from './transform.ts'

const asText = (value: Json): string | null => coerce(value, 'text')?.toString() ?? null

export const oneOf = defineTransform({
  name: 'one_of',
  summary: 'Whether the value is one of some, compared as text: for `when` and for booleans. Nothing is none of them.',
  params: z.strictObject({ values: z.array(z.union([z.string(), z.number(), z.boolean()])).min(1) }),
  input: 'any',
  output: 'boolean',
  takesBlank: true,
  examples: [
    { in: 'done', params: { values: ['done', 'sale'] }, out: true },
    { in: 3, params: { values: ['3'] }, out: true },
    { in: 'Done', params: { values: ['done'] }, out: false },
    { in: null, params: { values: ['done'] }, out: false },
  ],
  apply(value, { values }) {
    const text = asText(value)
    return { ok: true, value: text !== null && values.some((one) => asText(one) === text) }
  },
})
