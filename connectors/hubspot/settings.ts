import { z } from 'zod'

const secret = z.string().min(1).meta({ secret: true })

/** Settings that there were once, and where the same is said now. */
const moved: Readonly<Record<string, string>> = {
  pipelines:
    'is gone: take deals of some pipelines alone by `syncs.<name>.where`, `{ properties.pipeline: [default] }`',
  wonStages: 'is gone: name the stages in the deal mapping, under `watch` and for `won`',
  orderNumberProperty: 'is gone: name the property under `watch` in the deal mapping',
}

/** One HubSpot account. */
export const settings = z
  .strictObject(
    {
      baseUrl: z
        .url()
        .default('https://api.hubapi.com')
        .transform((url) => url.replace(/\/+$/, ''))
        .meta({ asked: true })
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
    },
    { error: strangeKeys },
  )
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

/** Null leaves the words to the schema. */
function strangeKeys(issue: z.core.$ZodRawIssue): string | null {
  if (issue.code !== 'unrecognized_keys') return null
  const told = issue.keys.map((key) => `"${key}" ${moved[key] ?? 'is no setting of HubSpot'}`)
  return told.join('; ')
}
