import { z } from 'zod'
import { orderPoliciesSchema } from '../../../plan/policy.ts'
import { condition, instant, mappingFile, syncBase } from '../base.ts'

export const orderSyncSchema = z.strictObject({
  document: z.literal('deal').describe('Won deals become orders'),
  ...syncBase,
  since: instant.optional().describe('Deals won from then on; default: the moment the sync first started'),
  where: condition
    .optional()
    .describe(
      'Only deals for which all of this holds get an order, by paths of the CRM’s record: `{ properties.pipeline: [default] }`',
    ),
  guard: z
    .strictObject({ orders_per_hour: z.int().min(0).default(100).describe('New orders in any one hour') })
    .prefault({})
    .describe('A run that is about to create more orders stops before the first of them and asks'),
  mappings: z
    .strictObject({
      deal: mappingFile,
      order: mappingFile,
      customer: mappingFile,
      address: mappingFile,
      contact: mappingFile,
      fulfilment: mappingFile,
    })
    .prefault({})
    .describe('Files to use in place of the shipped ones'),
  policies: orderPoliciesSchema.prefault({}),
})
export type OrderSync = z.output<typeof orderSyncSchema>
