import { z } from 'zod'

const secret = z.string().min(1).meta({ secret: true })

/** One HubSpot account. */
export const settings = z
  .strictObject({
    baseUrl: z
      .url()
      .default('https://api.hubapi.com')
      .transform((url) => url.replace(/\/+$/, ''))
      .describe('Address of the API; another one only for a proxy or the simulator'),
    portalUrl: z
      .url()
      .default('https://app.hubspot.com')
      .transform((url) => url.replace(/\/+$/, ''))
      .describe('Address of the user interface, for links: https://app-eu1.hubspot.com for an account in the EU'),
    portalId: z
      .string()
      .regex(/^\d+$/, 'digits only')
      .optional()
      .describe(
        'Hub ID of the account. When given, `check` refuses a login to another account and webhooks of others are ignored',
      ),
    accessToken: secret
      .optional()
      .describe('Service key, or access token of a private app or of a project app with static auth'),
    clientId: z.string().min(1).optional().describe('Client id of the OAuth app, in place of accessToken'),
    clientSecret: secret.optional().describe('Client secret of the OAuth app'),
    refreshToken: secret.optional().describe('Refresh token the OAuth app got for this account'),
    webhookSecret: secret
      .optional()
      .describe('Client secret of the app that sends webhooks; clientSecret when not given'),
    oldWebhookSignatures: z
      .boolean()
      .default(false)
      .describe(
        'Also accept signatures of version 1 and 2, which do not expire: only for a sender that has nothing newer',
      ),
    apiVersion: z
      .union([z.literal('legacy'), z.string().regex(/^20\d\d-(03|09)$/, 'a release such as 2026-09')])
      .default('2026-09')
      .describe('Dated release of the API, or `legacy` for the paths /crm/v3 and /crm/v4'),
    pipelines: z
      .array(z.string())
      .max(100)
      .default([])
      .describe('Ids of the deal pipelines to take deals from; empty for all'),
    wonStages: z
      .array(z.string())
      .max(100)
      .default([])
      .describe('Ids of the stages that count as won; empty for every stage that HubSpot itself counts as won'),
    orderNumberProperty: z
      .string()
      .default('erp_order_no')
      .describe('Deal property that holds the order number: deals that carry one are watched even when no longer won'),
    indexDelaySeconds: z
      .number()
      .int()
      .min(0)
      .max(3600)
      .default(300)
      .describe('How late a change may appear in the search: each poll looks that far back again'),
    lineItemsMinutes: z
      .number()
      .int()
      .min(0)
      .max(1440)
      .default(60)
      .describe(
        'Look for edited line items at most every so many minutes (one call more than an idle poll); 0 for never',
      ),
  })
  .refine((given) => (given.accessToken !== undefined) !== (given.refreshToken !== undefined), {
    message: 'give either accessToken, or clientId, clientSecret and refreshToken',
    path: ['accessToken'],
  })
  .refine(
    (given) => given.refreshToken === undefined || (given.clientId !== undefined && given.clientSecret !== undefined),
    {
      message: 'refreshToken needs clientId and clientSecret',
      path: ['refreshToken'],
    },
  )
export type Settings = z.output<typeof settings>
