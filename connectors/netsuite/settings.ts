import { z } from 'zod'

const secret = z.string().min(1).meta({ secret: true })
const text = z.string().min(1)
const address = z.url().transform((url) => url.replace(/\/+$/, ''))

/** Calls at once that every account has, and leaves some of them to other integrations. */
export const safeConcurrency = 2

const machine = ['clientId', 'certificateId', 'privateKey'] as const
const tokens = ['consumerKey', 'consumerSecret', 'tokenId', 'tokenSecret'] as const

/** One NetSuite account: production, sandbox or release preview. */
export const settings = z
  .strictObject({
    account: z
      .string()
      .regex(/^[A-Za-z0-9]+(_[A-Za-z0-9]+)?$/, 'an account id such as 1234567 or 1234567_SB1')
      .describe('Account id as under Setup > Company > Company Information: 1234567, or 1234567_SB1 for a sandbox'),
    baseUrl: address
      .meta({ asked: true })
      .optional()
      .describe(
        'Address of web services, made from the account when not given: https://1234567-sb1.suitetalk.api.netsuite.com',
      ),
    appUrl: address
      .optional()
      .describe(
        'Address of the user interface, for links, made from the account: https://1234567-sb1.app.netsuite.com',
      ),
    // These three are the usual login: `crosswalk init` asks for them, and for what is marked `asked`, which may stay empty.
    clientId: text
      .meta({ login: true })
      .optional()
      .describe('Client id of the integration record (OAuth 2.0, machine to machine)'),
    certificateId: text
      .meta({ login: true })
      .optional()
      .describe('Certificate id that NetSuite shows after the certificate was uploaded'),
    privateKey: secret
      .meta({ secret: true, login: true, file: true })
      .optional()
      .describe('Private key of the certificate, PEM (PKCS #8); line breaks may be written as \\n'),
    algorithm: z
      .enum(['PS256', 'ES256'])
      .meta({ asked: true })
      .default('PS256')
      .describe('How the key signs: PS256 with an RSA key, ES256 with an EC key of curve P-256'),
    consumerKey: secret
      .optional()
      .describe('Consumer key of the integration record, for token-based authentication in place of OAuth 2.0'),
    consumerSecret: secret.optional().describe('Consumer secret of the integration record'),
    tokenId: secret.optional().describe('Id of the access token'),
    tokenSecret: secret.optional().describe('Secret of the access token'),
    concurrency: z
      .int()
      .min(1)
      .max(20)
      .default(safeConcurrency)
      .describe(
        'Calls at once, at most; how many NetSuite takes is learnt. All integrations of an account share its limit, 5 on the smallest service tier',
      ),
    timeZone: z
      .string()
      .refine(isTimeZone, 'an IANA name such as America/Los_Angeles')
      .optional()
      .describe(
        "Time zone in which SuiteQL shows times: that of the role's user, else of the company. Measured when not given",
      ),
    subsidiary: id('Subsidiary of new customers in a OneWorld account, unless the mapping names one'),
    location: id('Location of new orders, unless the mapping names one'),
    lineKeyField: z
      .string()
      .regex(/^custcol_\w{1,60}$/, 'the id of a transaction column field: custcol_…')
      .default('custcol_crosswalk_line')
      .describe('Transaction column field that carries our key of an order line'),
    overlapSeconds: z
      .int()
      .min(30)
      .max(86_400)
      .default(600)
      .describe('How far each poll looks back behind the one before, for what was being saved then'),
    webhookSecret: secret
      .optional()
      .describe('Secret that the user event script signs with; without it no webhook is accepted'),
  })
  .refine((given) => count(given, machine) === 0 || count(given, machine) === machine.length, {
    message: 'OAuth 2.0 needs all of clientId, certificateId and privateKey',
    path: ['clientId'],
  })
  .refine((given) => count(given, tokens) === 0 || count(given, tokens) === tokens.length, {
    message: 'token-based authentication needs all of consumerKey, consumerSecret, tokenId and tokenSecret',
    path: ['tokenId'],
  })
  .refine((given) => count(given, machine) > 0 !== count(given, tokens) > 0, {
    message:
      'give either clientId, certificateId and privateKey, or consumerKey, consumerSecret, tokenId and tokenSecret',
    path: ['clientId'],
  })
export type Settings = z.output<typeof settings>

function id(description: string) {
  return z.string().regex(/^\d+$/, 'an internal id: digits only').optional().describe(`${description}: internal id`)
}

const count = (given: Readonly<Record<string, unknown>>, names: readonly string[]): number =>
  names.filter((name) => given[name] !== undefined).length

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    // The runtime knows no zone of that name.
    return false
  }
}

/** `1234567_SB1` is `1234567-sb1` in host names. */
const hostOf = (account: string): string => account.toLowerCase().replaceAll('_', '-')
export const baseUrlOf = ({ account, baseUrl }: Settings): string =>
  baseUrl ?? `https://${hostOf(account)}.suitetalk.api.netsuite.com`
export const appUrlOf = ({ account, appUrl }: Settings): string =>
  appUrl ?? `https://${hostOf(account)}.app.netsuite.com`
/** The account id as the realm of a signature and as part of our keys has it. */
export const accountOf = ({ account }: Settings): string => account.toUpperCase()
