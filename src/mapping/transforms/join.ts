import { z } from 'zod'
import { coerce, refusal } from '../run/value.ts'
import { defineTransform, textMax, tooLong } from './transform.ts'

export const join = defineTransform({
  name: 'join',
  summary: 'Makes one text of a list of texts, leaving out what is empty.',
  params: z.strictObject({ by: z.string().default(', ') }),
  input: 'list',
  output: 'text',
  examples: [
    { in: ['1Z999', null, '1Z998'], out: '1Z999, 1Z998' },
    { in: ['a', 'b'], params: { by: ';' }, out: 'a;b' },
    { in: [{ id: '1' }], error: 'the record 1 is not a text' },
  ],
  apply(value, { by }) {
    const texts: string[] = []
    let length = 0
    for (const entry of value) {
      const text = coerce(entry, 'text')
      if (text === undefined) return { ok: false, why: refusal(entry, 'text') }
      if (typeof text !== 'string' || text === '') continue
      length += text.length + by.length
      if (length > textMax) return tooLong
      texts.push(text)
    }
    return { ok: true, value: texts.join(by) }
  },
})
