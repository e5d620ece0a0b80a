import { z } from 'zod'
import { defineTransform } from './transform.ts'

export const lines = defineTransform({
  name: 'lines',
  summary:
    'Gives some lines of a text as one line, such as the street of an address that has two. Lines without text do not count.',
  params: z.strictObject({
    from: z.int().min(1).default(1).describe('The first line that is taken'),
    to: z.int().min(1).optional().describe('The last one; default: all that follow'),
    by: z.string().default(', ').describe('What is put between them'),
  }),
  input: 'text',
  output: 'text',
  examples: [
    { in: 'Hafenstr. 3\r\nHinterhaus', params: { to: 1 }, out: 'Hafenstr. 3' },
    { in: 'Hafenstr. 3\r\nHinterhaus\n\n2. OG ', params: { from: 2 }, out: 'Hinterhaus, 2. OG' },
    { in: 'Hafenstr. 3\nHinterhaus', out: 'Hafenstr. 3, Hinterhaus' },
    { in: 'Hafenstr. 3', params: { from: 2 }, out: null },
  ],
  apply(value, { from, to, by }) {
    const all = value
      .split(/\r\n|[\n\r\u2028\u2029]/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
    return { ok: true, value: all.slice(from - 1, to).join(by) || null }
  },
})
