import { z } from 'zod'
import { mappingFile, syncBase } from '../base.ts'

export const productSyncSchema = z.strictObject({
  document: z.literal('product').describe('Products of the ERP, with price and stock, become products of the CRM'),
  ...syncBase,
  missing_product: z
    .enum(['create', 'hold'])
    .default('create')
    .describe('What happens when the catalogue of the CRM has no product of that SKU'),
  mappings: z
    .strictObject({ product: mappingFile, catalogue: mappingFile })
    .prefault({})
    .describe('Files to use in place of the shipped ones'),
})
export type ProductSyncConfig = z.output<typeof productSyncSchema>
