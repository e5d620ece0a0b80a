import { z } from 'zod'
import { tableLookup } from '../run/table-lookup.ts'
import { brief } from '../run/value.ts'
import { defineTransform } from './transform.ts'

export const mapCode = defineTransform({
  name: 'map_code',
  summary: 'Replaces a code of one system by the code of the other. An unknown code is an error, never a pass-through.',
  params: z.strictObject({
    table: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .transform(tableLookup)
      .describe('For a table that several mappings share, write `map:` and a file in config/tables'),
  }),
  input: 'text',
  output: 'text',
  examples: [
    { in: 'Customer', params: { table: { Customer: 'out_invoice' } }, out: 'out_invoice' },
    { in: 'constructor', params: { table: {} }, error: 'no entry for "constructor"' },
  ],
  apply(value, { table }) {
    const code = table(value)
    return code === undefined ? { ok: false, why: `no entry for ${brief(value)}` } : { ok: true, value: code }
  },
})
