import { z } from 'zod'
import { isLoopback, isPrivateAddress } from '../../core/loopback.ts'
import type { Channel, Severity } from '../../ports/alerts.ts'
import { isZone, name } from '../flows/base.ts'

/* The part of config/crosswalk.yaml that says who is told what, and where. */

const severities = z
  .array(z.enum(['warning', 'urgent']))
  .min(1)
  .default(['warning', 'urgent'])
  .describe('What is told there. `urgent`: nothing moves, or it has been open for the first of `remind_hours`')

const daily = z
  .boolean()
  .default(false)
  .describe('Tell the result of the nightly comparison there as well: deals won, orders, exceptions by name')

const emailSchema = z
  .strictObject({
    kind: z.literal('email'),
    host: z.string().min(1).describe('SMTP server that takes mail from here'),
    port: z.int().min(1).max(65535).default(587),
    encryption: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe('`tls` from the first byte on, as with port 465; `none` for a server on this machine alone'),
    user: z.string().min(1).optional().describe('Login, where the server asks for one'),
    password: z.string().min(1).optional().meta({ secret: true }).describe('As ${NAME}'),
    from: z.email().describe('Address of the sender'),
    to: z.array(z.email()).min(1).describe('Addresses of the receivers'),
    owners: z
      .boolean()
      .default(false)
      .describe('Write to the owner of a deal in the CRM as well, about what holds up their own deals'),
    owner_domains: z
      .array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'not a domain, such as "example.com"'))
      .default([])
      .describe('With `owners`: domains of addresses that may be written to, each in full; nobody at any other one is'),
    severities,
    daily,
  })
  .refine(({ encryption, host }) => encryption !== 'none' || isLoopback(host), {
    path: ['encryption'],
    message: 'mail and password would go in the clear; `none` is for a server on this machine alone',
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    path: ['user'],
    message: 'a login has both `user` and `password`',
  })
  .refine(({ owners, owner_domains }) => !owners || owner_domains.length > 0, {
    path: ['owner_domains'],
    message: 'with `owners: true` it names the domains of your own people, such as [example.com]',
  })

const webhookSchema = z.strictObject({
  kind: z.enum(['slack', 'teams', 'wecom', 'dingtalk', 'feishu', 'json']),
  url: z
    .url()
    .refine(isPrivateAddress, 'not an https address; http is for an address of this machine alone')
    .meta({ secret: true })
    .describe('Address of the webhook, as ${NAME}: whoever knows it can write to the channel'),
  secret: z
    .string()
    .min(1)
    .optional()
    .meta({ secret: true })
    .describe('With which DingTalk and Feishu have messages signed, where the robot demands it; as ${NAME}'),
  severities,
  daily,
})

const channelSchema: z.ZodType<Channel & { readonly severities: readonly Severity[]; readonly daily: boolean }> =
  z.discriminatedUnion('kind', [emailSchema, webhookSchema]) as never

export const alertsSchema = z
  .strictObject({
    name: z.string().min(1).max(60).default('Crosswalk').describe('Of this installation, first in every message'),
    time_zone: z
      .string()
      .refine(isZone, 'not a time zone, such as "Europe/Berlin"')
      .default('UTC')
      .describe('IANA name, of the times in messages'),
    group_seconds: z.int().min(0).max(3600).default(60).describe('What changes within this time is one message'),
    pause_minutes: z
      .int()
      .min(0)
      .max(1440)
      .default(15)
      .describe('Between two messages to a channel, unless something urgent is new'),
    remind_hours: z
      .array(z.int().min(1))
      .min(1)
      .default([4, 24, 72])
      .describe(
        'After how long something still open is told again; after the last one, every time that it passes once more',
      ),
    stale_minutes: z
      .int()
      .min(1)
      .default(30)
      .describe('How long after its schedule a source may be without a successful look'),
    expiry_days: z.int().min(1).default(10).describe('How long before its end a login is told to expire'),
    channel_minutes: z
      .int()
      .min(0)
      .default(15)
      .describe('After how long a channel that takes no message is a problem, told on the others'),
    channels: z.record(name, channelSchema).default({}).describe('Where people are told; see below'),
  })
  .prefault({})
export type AlertsConfig = z.output<typeof alertsSchema>

/** The name under which problems of a channel are kept: no sync can have it. */
export const channelCause = (channel: string): string => `alerts ${channel}`

/** What of channels must never be shown: passwords, secrets, and addresses of webhooks in whole and in parts. */
export const alertSecrets = ({ channels }: AlertsConfig): readonly string[] =>
  Object.values(channels).flatMap(secretsOf)

/** Of an address: not the words that any of its kind has. */
const mayBeSecret = (part: string): boolean => part.length >= 20 || (part.length >= 8 && /\d/.test(part))

export function secretsOf(channel: Channel): readonly string[] {
  if (channel.kind === 'email') return channel.password === undefined ? [] : [channel.password]
  const url = URL.parse(channel.url)
  const parts = url === null ? [] : [...url.pathname.split('/'), ...url.searchParams.values()]
  return [channel.url, ...parts.filter(mayBeSecret), ...(channel.secret === undefined ? [] : [channel.secret])]
}
