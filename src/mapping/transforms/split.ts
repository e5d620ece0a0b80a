import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const split = defineTransform({
  name: 'split',
  summary: 'Gives one part of a text. A part that is not there is empty.',
  params: z.strictObject({
    at: z.string().min(1).describe('The text between the parts'),
    part: z.int().describe('1 is the first, -1 the last'),
  }),
  input: 'text',
  output: 'text',
  examples: [
    { in: 'https://acme.com/about', params: { at: '/', part: 3 }, out: 'acme.com' },
    { in: 'Ada King Lovelace', params: { at: ' ', part: -1 }, out: 'Lovelace' },
    { in: 'Ada', params: { at: ' ', part: 2 }, out: null },
  ],
  apply(value, { at, part }) {
    const parts = value.split(at)
    return { ok: true, value: parts.at(part > 0 ? part - 1 : part) ?? null }
  },
})
