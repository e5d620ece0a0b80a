import { z } from 'zod'
import { parseDecimal } from '../../core/decimal.ts'
import { brief } from '../run/value.ts'
import { defineTransform } from './transform.ts'

export const parseNumber = defineTransform({
  name: 'parse_number',
  summary:
    'Reads a number written with thousands separators or a decimal comma. Anything else in the text is an error.',
  params: z.strictObject({
    decimal: z.enum(['.', ',']).default('.').describe('Before the fraction'),
    group: z.enum([',', '.', ' ', "'", '']).optional().describe('Between thousands; default: the other one of . and ,'),
  }),
  input: 'text',
  output: 'number',
  examples: [
    { in: '1,234.50', out: '1234.5' },
    { in: '1.234,50', params: { decimal: ',' }, out: '1234.5' },
    { in: '12 000', params: { group: ' ' }, out: '12000' },
    { in: '1,2', error: '"1,2" is not a number written like 1,234.5' },
    { in: '12 EUR', error: 'is not a number' },
  ],
  apply(value, params) {
    const group = params.group ?? (params.decimal === '.' ? ',' : '.')
    const [whole = '', fraction, ...rest] = value.trim().replaceAll('\u00a0', ' ').split(params.decimal)
    const groups = group === '' ? [whole] : whole.split(group)
    // A group of another length is a decimal point in disguise: 1,2 is not twelve.
    const grouped =
      groups.length === 1 || groups.every((digits, index) => (index === 0 ? headShape : groupShape).test(digits))
    const text = groups.join('') + (fraction === undefined ? '' : `.${fraction}`)
    const number = rest.length === 0 && grouped && plainShape.test(text) ? parseDecimal(text) : null
    if (number !== null) return { ok: true, value: number }
    return { ok: false, why: `${brief(value)} is not a number written like 1${group}234${params.decimal}5` }
  },
})

const headShape = /^[+-]?\d{1,3}$/
const groupShape = /^\d{3}$/
const plainShape = /^[+-]?\d+(\.\d+)?$/
