import { z } from 'zod'
import type { Json } from '../../core/json.ts'
import { name, type SyncConfig } from '../flows/base.ts'
import { flows } from '../flows/catalogue.ts'
import { alertsSchema } from './alerts.ts'
import { oidcSchema } from './oidc.ts'
import { days, retentionSchema } from './retention.ts'

/*
 * The shape of config/crosswalk.yaml. An unknown key is an error. The reference page is made from the descriptions.
 */

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
  reserve: z
    .string()
    .regex(/^\d{1,2}(\.\d+)?\s?%$/, 'a percentage below 100, such as 10%')
    .default('10%')
    .describe('Share of every quota of the system that is left to other integrations of the same account'),
})

const [firstFlow, ...otherFlows] = flows
/** The flows of the catalogue, discriminated by `document`. */
const syncSchema: z.ZodType<SyncConfig> = z.discriminatedUnion('document', [
  firstFlow.config,
  ...otherFlows.map((flow) => flow.config),
]) as never

export const configSchema = z.strictObject({
  connections: z.record(name, connectionSchema),
  syncs: z.record(name, syncSchema),
  server: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('Address to listen on'),
      port: z.int().min(0).max(65535).default(8787).describe('0 takes any free port'),
      public_url: z.url().optional().describe('How webhooks reach this server from outside, as registered in the CRM'),
      metrics_open: z.boolean().default(false).describe('Serve /metrics without the token'),
      hosts: z
        .array(z.string().min(1).max(253))
        .max(50)
        .default([])
        .describe(
          'Names with a dot, beside that of `public_url`, by which /metrics may be asked for without the token; IP addresses and names without a dot always may',
        ),
      oidc: oidcSchema.optional(),
    })
    .refine(({ oidc, public_url }) => oidc === undefined || public_url !== undefined, {
      path: ['oidc'],
      message: 'needs `server.public_url`: the provider sends people back to an address below it',
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('The least that is logged'),
    })
    .prefault({}),
  alerts: alertsSchema,
  retention_days: days
    .default(400)
    .describe('How long what tells of the past is kept, where `retention` says nothing else'),
  retention: retentionSchema,
})
/** A percentage as a share of one. */
export const shareOf = (percentage: string): number => Number.parseFloat(percentage) / 100

export type Config = z.output<typeof configSchema>
