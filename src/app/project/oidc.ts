import { z } from 'zod'
import { isPrivateAddress } from '../../core/loopback.ts'

/* The part of config/crosswalk.yaml that says by which provider people sign in, and what they may do. */

const groups = (role: string) =>
  z
    .array(z.string().min(1).max(500))
    .min(1)
    .max(100)
    .optional()
    .describe(`Groups of the provider whose people are ${role}`)

export const oidcSchema = z
  .strictObject({
    issuer: z
      .url()
      .refine(isPrivateAddress, 'not an https address; http is for an address of this machine alone')
      .describe('Address of the provider, as its `/.well-known/openid-configuration` names it'),
    client_id: z.string().min(1).describe('As the provider knows Crosswalk'),
    client_secret: z.string().min(1).meta({ secret: true }).describe('As ${NAME}'),
    name: z
      .string()
      .min(1)
      .max(60)
      .default('Single sign-on')
      .describe('What people call the provider: "Sign in with …"'),
    roles: z
      .strictObject({
        viewer: groups('viewers'),
        operator: groups('operators'),
        mapper: groups('mappers'),
        admin: groups('admins'),
      })
      .refine((roles) => Object.values(roles).some((one) => one !== undefined), 'names no group: nobody could sign in')
      .describe('Who is in groups of several roles has the highest of them; who is in none does not get in'),
    groups_claim: z
      .string()
      .min(1)
      .max(200)
      .default('groups')
      .describe('Where the provider tells the groups of a person'),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'a scope has no spaces'))
      .max(50)
      .default(['openid', 'profile', 'email'])
      .refine((scopes) => scopes.includes('openid'), 'needs `openid`')
      .describe('What is asked for; some providers tell groups only with a scope for them'),
  })
  .describe('Sign-in by OpenID Connect: see [the console](../console.md#single-sign-on). Needs `public_url`')
