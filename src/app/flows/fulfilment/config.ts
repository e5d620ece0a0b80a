import { z } from 'zod'
import { mappingFile, name, syncBase } from '../base.ts'

export const reportSyncSchema = z.strictObject({
  document: z.literal('fulfilment').describe('The progress of orders comes back to the deals'),
  ...syncBase,
  of: name.describe('The deal sync whose orders are reported'),
  mappings: z.strictObject({ fulfilment: mappingFile, deal: mappingFile }).prefault({}),
})
export type ReportSync = z.output<typeof reportSyncSchema>
