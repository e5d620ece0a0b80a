import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'

const secret = z.string().min(1).meta({ secret: true })
const address = z.url().transform((url) => url.replace(/\/+$/, ''))

/** Settings that are no more, and where they went. */
const moved: Readonly<Record<string, string>> = {
  wonStages:
    'say which stages count as won in the deal mapping: `watch: [{ StageName: [Closed Won] }]`, and `won` the same',
  recordTypes: 'name the record types in `syncs.<name>.where`: `{ RecordType.DeveloperName: [Export] }`',
  orderNumberField: 'name the field in `watch` of the deal mapping: `{ ERP_Order_Number__c: { present: true } }`',
}

/** One Salesforce org. */
export const settings = z
  .strictObject(
    {
      url: address
        .refine((url) => !/\.lightning\.force\.com$/i.test(new URL(url).hostname), {
          message: 'this is the address of the user interface; the one of the API ends in my.salesforce.com',
        })
        .describe('My Domain address of the org, such as https://acme.my.salesforce.com'),
      clientId: z.string().min(1).describe('Consumer key of the External Client App'),
      clientSecret: secret
        .optional()
        .describe('Consumer secret, for the client credentials flow, which runs as the user named in the app'),
      username: z.string().min(1).optional().describe('User that a login with privateKey (JWT bearer flow) runs as'),
      privateKey: secret
        .meta({ secret: true, file: true })
        .transform((text) => text.replaceAll('\\n', '\n'))
        .refine(isRsaKey, { message: 'not an RSA private key in PEM form without a passphrase' })
        .optional()
        .describe('Private key of the certificate in the app, PEM; line breaks may be written as \\n'),
      audience: address
        .default('https://login.salesforce.com')
        .describe('Login host that a JWT is meant for: https://test.salesforce.com for a sandbox'),
      apiVersion: z
        .string()
        .regex(/^\d{2,3}\.0$/, 'a version such as 67.0')
        .default('67.0')
        .describe('Version of the API; `check` names the oldest and the newest that the org has'),
      organizationId: z
        .string()
        .regex(/^00D[A-Za-z0-9]{12}([A-Z0-5]{3})?$/, 'an id that begins with 00D')
        .optional()
        .describe(
          'Id of the org. When given, `check` refuses a login to another org and webhooks of others are refused',
        ),
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/, 'an ISO 4217 code')
        .meta({ asked: true })
        .optional()
        .describe('Currency of the org, needed where several currencies are not switched on: the API does not tell it'),
      overlapSeconds: z
        .number()
        .int()
        .min(0)
        .max(3600)
        .default(300)
        .describe('How long a change may take to be committed: each poll looks that far back again'),
      lineItemsMinutes: z
        .number()
        .int()
        .min(0)
        .max(1440)
        .default(60)
        .describe(
          'Look for edited products of opportunities at most every so many minutes (one call more); 0 for never',
        ),
      bulkAbove: z
        .number()
        .int()
        .min(0)
        .default(10_000)
        .describe('Read changes from far back with a Bulk API job when there are more than so many'),
      events: z
        .array(z.string().regex(/^\/(data|event)\/\w+$/, 'a channel such as /data/OpportunityChangeEvent'))
        .max(20)
        .default([])
        .describe('Channels to follow: /data/OpportunityChangeEvent, or a platform event such as /event/Order__e'),
    },
    { error: (issue) => (issue.code === 'unrecognized_keys' ? whereMoved(issue.keys) : undefined) },
  )
  .refine((given) => (given.clientSecret !== undefined) !== (given.privateKey !== undefined), {
    message: 'give either clientSecret, or username and privateKey',
    path: ['clientSecret'],
  })
  .refine((given) => given.privateKey === undefined || given.username !== undefined, {
    message: 'privateKey needs username',
    path: ['username'],
  })
export type Settings = z.output<typeof settings>

/** Undefined when none of them was ever there, so that the usual words are said. */
function whereMoved(keys: readonly string[]): string | undefined {
  const known = keys.filter((key) => Object.hasOwn(moved, key))
  return known.length === 0
    ? undefined
    : known.map((key) => `"${key}" is no longer a setting: ${moved[key]}`).join('; ')
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    // The parser's message may quote the key; the refusal says what is wanted instead.
    return false
  }
}
