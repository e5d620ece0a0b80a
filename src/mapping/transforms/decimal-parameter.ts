import { z } from 'zod'
import { type Decimal, parseDecimal } from '../../core/decimal.ts'

/** A parameter that is an exact number, written as a number or as text. */
export const decimalParameter = z.union([z.string(), z.number()]).transform((value, context): Decimal => {
  const parsed = parseDecimal(value)
  if (parsed !== null) return parsed
  context.addIssue({ code: 'custom', message: 'not a number' })
  return z.NEVER
})
