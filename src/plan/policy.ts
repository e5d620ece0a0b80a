import { z } from 'zod'
import { type Decimal, parseDecimal } from '../core/decimal.ts'

const amount = z
  .union([z.string(), z.number()])
  .transform((value, context): Decimal => {
    const parsed = parseDecimal(value)
    if (parsed !== null) return parsed
    context.addIssue({ code: 'custom', message: 'not a decimal number, such as "0.01"' })
    return z.NEVER
  })
  .meta({ format: 'decimal' })

/** How a `deal → order` sync decides. Every choice has a safe default. */
export const orderPoliciesSchema = z.strictObject({
  confirm: z
    .enum(['automatic', 'leave_as_draft'])
    .default('automatic')
    .describe('Confirm the order once its totals agree with the deal, or leave that to a person'),
  missing_customer: z
    .enum(['create', 'hold'])
    .default('create')
    .describe('What happens when no customer of the ERP matches'),
  undated: z
    .enum(['ask', 'leave_out'])
    .default('ask')
    .describe(
      'A won deal of which it is unclear when it was won: the CRM keeps no history, or it was entered as won with an earlier close date',
    ),
  totals: z
    .strictObject({
      compare: z
        .array(z.enum(['net', 'tax', 'total', 'currency', 'quantity']))
        .default(['net', 'tax', 'total', 'currency', 'quantity'])
        .describe(
          'Compared where the deal knows the value; quantities by article, in the unit of the product, where a unit is named',
        ),
      tolerance: amount.default('0' as Decimal).describe('Largest difference that still counts as equal'),
    })
    .prefault({}),
  amended: z
    .strictObject({
      draft: z.enum(['apply', 'problem']).default('apply').describe('Its order is a draft'),
      confirmed: z
        .enum(['apply', 'problem'])
        .default('apply')
        .describe('Confirmed, nothing shipped or invoiced. References (customer, currency) are never changed then'),
      fields: z
        .record(z.string(), z.enum(['write', 'ignore', 'ask']))
        .default({})
        .describe(
          'By field of the order as the mapping has it (`user_id`, `order_line.price_unit`, `order_line` for new and removed lines), what becomes of a change on a confirmed order: written, left as it is, or a problem. Default: what changed on the deal is written, references are a problem, and what only the mapping changed is left',
        ),
    })
    .prefault({})
    .describe('A deal that changed after its order was made. Shipped, invoiced or done: always a problem'),
  unwon: z
    .strictObject({
      draft: z.enum(['cancel', 'problem']).default('cancel').describe('Its order is a draft'),
      confirmed: z.enum(['cancel', 'problem']).default('problem').describe('Confirmed, nothing shipped or invoiced'),
    })
    .prefault({})
    .describe('A deal that is no longer won. Shipped or invoiced: always a problem'),
})
export type OrderPolicies = z.output<typeof orderPoliciesSchema>
