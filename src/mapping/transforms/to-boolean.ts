import { z } from 'zod'
import { brief } from '../run/value.ts'
import { defineTransform } from './transform.ts'

const words = (texts: readonly string[]) =>
  z
    .array(z.union([z.string(), z.number(), z.boolean()]).transform((word) => String(word).toLowerCase()))
    .default([...texts])

export const toBoolean = defineTransform({
  name: 'to_boolean',
  summary:
    'Reads yes and no in the words that a system uses, without regard to letter case. Any other word is an error.',
  params: z.strictObject({
    yes: words(['true', 'yes', 'y', '1']).describe('Words for true'),
    no: words(['false', 'no', 'n', '0']).describe('Words for false'),
  }),
  input: 'text',
  output: 'boolean',
  examples: [
    { in: 'Yes', out: true },
    { in: 0, out: false },
    { in: 'X', params: { yes: ['x'] }, out: true },
    { in: 'maybe', error: '"maybe" is neither yes nor no' },
  ],
  apply(value, { yes, no }) {
    const word = value.trim().toLowerCase()
    if (yes.includes(word)) return { ok: true, value: true }
    return no.includes(word) ? { ok: true, value: false } : { ok: false, why: `${brief(value)} is neither yes nor no` }
  },
})
