import { CronExpressionParser } from 'cron-parser'
import { IANAZone } from 'luxon'
import { z } from 'zod'
import type { Json } from '../core/json.ts'
import { type Instant, parseInstant } from '../core/time.ts'
import { orderPoliciesSchema } from '../sync/policy.ts'

/*
 * The shape of config/crosswalk.yaml. An unknown key is an error. The reference page is made from the descriptions.
 */

const name = z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/, 'a name has small letters, digits, "_" and "-"')

const instant = z.string().transform((value, context): Instant => {
  const parsed = parseInstant(value)
  if (parsed !== null) return parsed
  context.addIssue({ code: 'custom', message: 'not an instant with a zone, such as "2026-11-01T00:00:00Z"' })
  return z.NEVER
})

function isCron(text: string): boolean {
  try {
    CronExpressionParser.parse(text)
    return true
  } catch {
    return false
  }
}

const isZone = (text: string): boolean => IANAZone.isValidZone(text)

const connectionSchema = z.strictObject({
  system: z.string().describe('Name of the connector: salesforce, hubspot, odoo, netsuite'),
  settings: z
    .record(z.string(), z.custom<Json>())
    .default({})
    .describe('See the guide of the system; secrets as ${NAME}'),
  webhook_token: z
    .string()
    .min(24)
    .optional()
    .describe('Last part of the webhook address /hooks/<connection>/<token>; at least 24 random characters'),
})

const syncBase = {
  from: name.describe('Connection that is read'),
  to: name.describe('Connection that is written to'),
  schedule: z
    .strictObject({
      cron: z.string().refine(isCron, 'not a cron expression, such as "*/2 * * * *"').describe('Five or six fields'),
      time_zone: z
        .string()
        .refine(isZone, 'not a time zone, such as "Europe/Berlin"')
        .default('UTC')
        .describe('IANA name'),
    })
    .nullable()
    .default({ cron: '*/2 * * * *', time_zone: 'UTC' })
    .describe('When changes are looked for; null leaves it to webhooks and people'),
  mode: z.enum(['live', 'shadow']).default('live').describe('shadow plans and reports everything and writes nothing'),
  batch: z.int().min(1).max(1000).default(1000).describe('Records worked on at once'),
}

const mappingFile = z.string().optional().describe('Path from the folder of the project')

const orderSyncSchema = z.strictObject({
  document: z.literal('deal').describe('Won deals become orders'),
  ...syncBase,
  since: instant.optional().describe('Deals won from then on; default: the moment the sync first started'),
  guard: z
    .strictObject({ orders_per_hour: z.int().min(0).default(100).describe('New orders in any one hour') })
    .prefault({})
    .describe('A run about to make more orders stops before the first of them and asks'),
  mappings: z
    .strictObject({ deal: mappingFile, order: mappingFile, customer: mappingFile, fulfilment: mappingFile })
    .prefault({})
    .describe('Files to use in place of the shipped ones'),
  policies: orderPoliciesSchema.prefault({}),
})
export type OrderSync = z.output<typeof orderSyncSchema>

const reportSyncSchema = z.strictObject({
  document: z.literal('fulfilment').describe('What becomes of orders comes back to the deals'),
  ...syncBase,
  of: name.describe('The deal sync whose orders are reported'),
  mappings: z.strictObject({ fulfilment: mappingFile, deal: mappingFile }).prefault({}),
})
export type ReportSync = z.output<typeof reportSyncSchema>

export const configSchema = z.strictObject({
  connections: z.record(name, connectionSchema),
  syncs: z.record(name, z.discriminatedUnion('document', [orderSyncSchema, reportSyncSchema])),
  server: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('Address to listen on'),
      port: z.int().min(0).max(65535).default(8787).describe('0 takes any free port'),
      public_url: z.url().optional().describe('How webhooks reach this server from outside, as registered in the CRM'),
      metrics_open: z.boolean().default(false).describe('Serve /metrics without the token'),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('The least that is logged'),
    })
    .prefault({}),
  retention_days: z.int().min(1).default(400).describe('How long timelines and raw webhook events are kept'),
})
export type Config = z.output<typeof configSchema>
