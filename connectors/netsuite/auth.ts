import { createHmac, createPrivateKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import OAuth from 'oauth-1.0a'
import { z } from 'zod'
import { SyncError } from '../../src/core/problem.ts'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import type { ConnectionDeps } from '../../src/ports/connector.ts'
import type { Login } from '../../src/ports/http.ts'
import { lifetime } from '../kit/lifetime.ts'
import { shared } from '../kit/once.ts'
import { classifyLogin } from './errors.ts'
import { accountOf, baseUrlOf, type Settings } from './settings.ts'

const tokenReply = z.object({
  access_token: z.string().min(1),
  // Documented as a number; examples have it as text.
  expires_in: lifetime,
})

/** A token lives an hour. Asking early spares every call under way a 401. */
const earlyMs = 120_000
/** NetSuite takes assertions of less than an hour; a few minutes are enough to use one. */
const assertionSeconds = 300

export function openLogin(settings: Settings, deps: ConnectionDeps): Login {
  return settings.clientId === undefined ? openSigning(settings, deps) : openTokens(settings, deps)
}

/** OAuth 2.0 client credentials: an assertion signed by our key is exchanged for a token, once for all that wait. */
function openTokens(settings: Settings, deps: ConnectionDeps): Login {
  const url = `${baseUrlOf(settings)}/services/rest/auth/oauth2/v1/token`
  // A client of its own: the login must not wait behind the calls that wait for it.
  const http = deps.http({
    connection: deps.name,
    baseUrl: baseUrlOf(settings),
    timeoutMs: 30_000,
    replyBytesMax: 100_000,
    attemptsMax: 4,
    concurrencyMax: 1,
    classify: classifyLogin,
  })
  let held: { readonly authorization: string; readonly until: Instant } | null = null

  const renew = shared(async () => {
    const now = deps.clock.now()
    const seconds = Math.floor(toMillis(now) / 1000)
    const assertion = await new SignJWT({ scope: ['rest_webservices'] })
      .setProtectedHeader({ alg: settings.algorithm, typ: 'JWT', kid: settings.certificateId ?? '' })
      .setIssuer(settings.clientId ?? '')
      .setAudience(url)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + assertionSeconds)
      .setJti(randomUUID())
      .sign(keyOf(settings))
    const reply = await http.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      }).toString(),
      effect: 'read',
    })
    const granted = tokenReply.safeParse(reply.json())
    if (!granted.success) {
      throw new SyncError('NetSuite answered the login without an access token', {
        problem: { kind: 'bad_reply' },
        fix: 'Check baseUrl: the address does not answer like the token service of NetSuite.',
      })
    }
    const authorization = `Bearer ${granted.data.access_token}`
    held = { authorization, until: shift(now, granted.data.expires_in * 1000 - earlyMs) }
    return authorization
  })

  return {
    async headers() {
      if (held !== null && deps.clock.now() < held.until) return { authorization: held.authorization }
      return { authorization: await renew() }
    },
    refused({ authorization }) {
      // Another call may have been refused with the same token and have brought a new one already.
      if (held?.authorization === authorization) held = null
      return true
    },
  }
}

function keyOf({ privateKey = '', algorithm }: Settings): KeyObject {
  const wanted = algorithm === 'ES256' ? 'ec' : 'rsa'
  const key = parseKey(privateKey.replaceAll('\\n', '\n'))
  if (key !== null && (key.asymmetricKeyType ?? '').startsWith(wanted)) return key
  throw new SyncError(
    key === null
      ? 'The private key in the settings cannot be read'
      : `The private key in the settings is of type ${key.asymmetricKeyType}, which does not sign with ${algorithm}`,
    {
      problem: { kind: 'configuration_invalid', path: 'privateKey' },
      fix:
        key === null
          ? 'Enter the whole PEM text of the key, from "-----BEGIN PRIVATE KEY-----" to its end, not encrypted.'
          : 'Set `algorithm` to PS256 for an RSA key, to ES256 for an EC key.',
    },
  )
}

function parseKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem)
  } catch {
    // Its message may quote the key.
    return null
  }
}

/** Token-based authentication: each request is signed by itself, with the address and its query. */
function openSigning(settings: Settings, { clock }: ConnectionDeps): Login {
  const { consumerKey = '', consumerSecret = '', tokenId = '', tokenSecret = '' } = settings
  const oauth = new OAuth({
    consumer: { key: consumerKey, secret: consumerSecret },
    realm: accountOf(settings),
    signature_method: 'HMAC-SHA256',
    hash_function: (base, key) => createHmac('sha256', key).update(base).digest('base64'),
  })
  oauth.getTimeStamp = () => Math.floor(toMillis(clock.now()) / 1000)
  oauth.getNonce = () => randomBytes(16).toString('hex')
  return {
    async headers({ method, url }) {
      const signed = oauth.authorize({ method, url }, { key: tokenId, secret: tokenSecret })
      return { authorization: oauth.toHeader(signed).Authorization }
    },
    refused: () => false,
  }
}
