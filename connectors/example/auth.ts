import { z } from 'zod'
import { type Instant, shift } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Http, Login } from '../../src/ports/http.ts'
import { lifetime } from '../kit/lifetime.ts'
import { shared } from '../kit/once.ts'
import { parse } from './errors.ts'
import type { Settings } from './settings.ts'

const tokenReply = z.object({ access_token: z.string().min(1), expires_in: lifetime })
/** Asking early spares every call under way a refusal. */
const earlyMs = 60_000

/** OAuth 2.0 client credentials: a token is fetched when it is needed, once for all calls that wait for it. */
export function openLogin({ url, clientId, clientSecret }: Settings, clock: Clock, http: Http): Login {
  let held: { readonly authorization: string; readonly until: Instant } | null = null

  const renew = shared(async () => {
    const asked = clock.now()
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
    const reply = await http.send({
      method: 'POST',
      url: `${url}/oauth/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
      effect: 'read',
    })
    const granted = parse(tokenReply, reply.json(), 'an access token')
    held = { authorization: `Bearer ${granted.access_token}`, until: shift(asked, granted.expires_in * 1000 - earlyMs) }
    return held.authorization
  })

  return {
    async headers() {
      if (held !== null && clock.now() < held.until) return { authorization: held.authorization }
      return { authorization: await renew() }
    },
    refused({ authorization }) {
      // Another call may have been refused with the same token and have brought a new one already.
      if (held?.authorization === authorization) held = null
      return true
    },
  }
}
