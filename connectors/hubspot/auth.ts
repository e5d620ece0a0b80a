import { z } from 'zod'
import { SyncError } from '../../src/core/problem.ts'
import { shift } from '../../src/core/time.ts'
import type { ConnectionDeps } from '../../src/ports/connector.ts'
import type { Login } from '../../src/ports/http.ts'
import { lifetime } from '../kit/lifetime.ts'
import { shared } from '../kit/once.ts'
import { classify } from './errors.ts'
import type { Settings } from './settings.ts'

const tokenReply = z.object({
  access_token: z.string().min(1),
  expires_in: lifetime,
  refresh_token: z.string().optional(),
})

/** An access token lives about 30 minutes; asking early spares every call under way a 401. */
const earlyMs = 60_000

/** A key is sent as it is; an OAuth app's access token is fetched when needed, once however many calls wait for it. */
export function openLogin(settings: Settings, deps: ConnectionDeps): Login {
  const { accessToken, clientId, clientSecret } = settings
  if (accessToken !== undefined) {
    return { headers: async () => ({ authorization: `Bearer ${accessToken}` }), refused: () => false }
  }
  // A client of its own: the login must not carry the login header of the others.
  const http = deps.http({
    connection: deps.name,
    baseUrl: settings.baseUrl,
    timeoutMs: 15_000,
    replyBytesMax: 100_000,
    attemptsMax: 3,
    concurrencyMax: 1,
    classify,
  })
  let refreshToken = settings.refreshToken ?? ''
  let held: { readonly token: string; readonly until: string } | null = null

  async function refresh(): Promise<string> {
    const asked = deps.clock.now()
    const reply = await http.send({
      method: 'POST',
      url: `${settings.baseUrl}/oauth/${settings.apiVersion === 'legacy' ? 'v1' : '2026-03'}/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        client_id: clientId ?? '',
        client_secret: clientSecret ?? '',
      }).toString(),
      effect: 'read',
    })
    const granted = tokenReply.safeParse(reply.json())
    if (!granted.success) {
      throw new SyncError('HubSpot answered the login without an access token', {
        problem: { kind: 'bad_reply' },
        fix: 'Check baseUrl: the address does not answer like the HubSpot API.',
      })
    }
    // HubSpot may hand out a new refresh token; the one in the settings stays valid, so keeping it in memory is enough.
    refreshToken = granted.data.refresh_token ?? refreshToken
    held = { token: granted.data.access_token, until: shift(asked, granted.data.expires_in * 1000 - earlyMs) }
    return held.token
  }

  const renew = shared(refresh)

  return {
    async headers() {
      if (held !== null && deps.clock.now() < held.until) return { authorization: `Bearer ${held.token}` }
      return { authorization: `Bearer ${await renew()}` }
    },
    refused({ authorization }) {
      // Another call may have been refused with the same token and have brought a new one already.
      if (authorization === `Bearer ${held?.token}`) held = null
      return true
    },
  }
}
