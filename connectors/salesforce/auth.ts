import { createPrivateKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { z } from 'zod'
import { SyncError } from '../../src/core/problem.ts'
import { toMillis } from '../../src/core/time.ts'
import type { ConnectionDeps } from '../../src/ports/connector.ts'
import type { Login } from '../../src/ports/http.ts'
import { shared } from '../kit/once.ts'
import { classify } from './errors.ts'
import { longId } from './id.ts'
import type { Settings } from './settings.ts'

export interface SalesforceLogin extends Login {
  /** An access token; fetched when there is none, once however many calls wait for it. */
  token(): Promise<string>
  /** Forgets a token that was refused, unless another call had it replaced already. */
  forget(token: string): void
  /** Whose login it is; null before the first one. */
  identity(): Identity | null
}
export interface Identity {
  readonly organizationId: string
  readonly userId: string
}

// Salesforce takes at most three or five minutes, its pages differ.
const assertionSeconds = 120

const tokenReply = z.object({
  access_token: z.string().min(1),
  id: z.string().regex(/\/00D[A-Za-z0-9]{12,15}\/005[A-Za-z0-9]{12,15}$/),
})

/**
 * JWT bearer or client credentials, as the settings say. Neither gives a refresh token and neither answer says how long
 * the access token lives, so a new one is asked for when the old one is refused.
 */
export function openLogin(settings: Settings, deps: ConnectionDeps): SalesforceLogin {
  // A client of its own: the login must not wait for a slot that a call waiting for the login holds.
  const http = deps.http({
    connection: deps.name,
    baseUrl: settings.url,
    timeoutMs: 15_000,
    replyBytesMax: 100_000,
    attemptsMax: 3,
    concurrencyMax: 1,
    classify,
  })
  const key = settings.privateKey === undefined ? null : createPrivateKey(settings.privateKey)
  let held: string | null = null
  let identity: Identity | null = null

  async function grant(): Promise<Readonly<Record<string, string>>> {
    if (key === null) {
      const { clientId, clientSecret = '' } = settings
      return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    }
    return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: await assertion(key) }
  }

  function assertion(signer: KeyObject): Promise<string> {
    const now = Math.floor(toMillis(deps.clock.now()) / 1000)
    return new SignJWT()
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(settings.clientId)
      .setSubject(settings.username ?? '')
      .setAudience(settings.audience)
      .setExpirationTime(now + assertionSeconds)
      .sign(signer)
  }

  const login = shared(async () => {
    const reply = await http.send({
      method: 'POST',
      url: `${settings.url}/services/oauth2/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(await grant()).toString(),
      effect: 'read',
    })
    const granted = tokenReply.safeParse(reply.json())
    if (!granted.success) {
      throw new SyncError('Salesforce answered the login without an access token or without the identity behind it', {
        problem: { kind: 'bad_reply' },
        fix: 'Check url: the address does not answer like the My Domain of an org.',
      })
    }
    const [organizationId = '', userId = ''] = granted.data.id.split('/').slice(-2)
    identity = { organizationId: longId(organizationId), userId: longId(userId) }
    held = granted.data.access_token
    return held
  })

  const token = async (): Promise<string> => held ?? login()
  function forget(refused: string): void {
    if (held === refused) held = null
  }
  return {
    token,
    forget,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    refused({ authorization = '' }) {
      forget(authorization.slice('Bearer '.length))
      return true
    },
    identity: () => identity,
  }
}
