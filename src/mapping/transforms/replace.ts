import { z } from 'zod'
import { defineTransform, textMax, tooLong } from './transform.ts'

export const replace = defineTransform({
  name: 'replace',
  summary: 'Replaces every occurrence of a text by another. Plain text, no patterns.',
  params: z.strictObject({ find: z.string().min(1), by: z.string().describe('May be empty, to remove') }),
  input: 'text',
  output: 'text',
  examples: [
    { in: 'DE 123 456', params: { find: ' ', by: '' }, out: 'DE123456' },
    { in: 'a.b', params: { find: '.', by: '$&' }, out: 'a$&b' },
  ],
  apply(value, { find, by }) {
    const parts = value.split(find)
    const more = (parts.length - 1) * (by.length - find.length)
    return value.length + more > textMax ? tooLong : { ok: true, value: parts.join(by) }
  },
})
