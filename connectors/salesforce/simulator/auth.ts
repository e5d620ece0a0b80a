import { randomBytes } from 'node:crypto'
import { errors, importSPKI, importX509, jwtVerify } from 'jose'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/server.ts'

export interface JwtLogin {
  /** PEM: a public key or a certificate. */
  readonly publicKey: string
  readonly username: string
}
interface AuthOptions {
  readonly now: () => number
  readonly clientId: string
  readonly clientSecret: string
  readonly jwt: JwtLogin | null
  readonly organizationId: string
  readonly userId: string
  readonly username: string
  /** Known only once the server listens. */
  readonly url: () => string
}

const assertionMaxMs = 300_000
const jwtGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** Tokens that the org's app gives out; they hold until they are expired on command, and say nothing of their end. */
export function openAuth(options: AuthOptions) {
  const { now, clientId, clientSecret, jwt, organizationId, userId, username, url } = options
  /** When each was given out, epoch milliseconds. */
  const tokens = new Map<string, number>()

  async function grant(request: SimulatorRequest): Promise<SimulatorReply> {
    if (request.method !== 'POST') return refused('invalid_request', 'must use HTTP POST')
    const form = withBasic(new URLSearchParams(request.body.toString('utf8')), request.headers.authorization)
    switch (form.get('grant_type')) {
      case 'client_credentials':
        return flawOfApp(form) ?? granted()
      case jwtGrant: {
        const flaw = await flawOfAssertion(form.get('assertion') ?? '')
        return flaw ?? granted()
      }
      default:
        return refused('unsupported_grant_type', 'grant type not supported')
    }
  }

  function flawOfApp(form: URLSearchParams): SimulatorReply | null {
    if (form.get('client_id') !== clientId) return refused('invalid_client_id', 'client identifier invalid')
    if (form.get('client_secret') !== clientSecret) return refused('invalid_client', 'invalid client credentials')
    return null
  }

  async function flawOfAssertion(assertion: string): Promise<SimulatorReply | null> {
    if (jwt === null) return refused('invalid_grant', "user hasn't approved this consumer")
    const certificate = jwt.publicKey.includes('BEGIN CERTIFICATE')
    const key = await (certificate ? importX509(jwt.publicKey, 'RS256') : importSPKI(jwt.publicKey, 'RS256'))
    try {
      const { payload } = await jwtVerify(assertion, key, {
        algorithms: ['RS256'],
        currentDate: new Date(now()),
        requiredClaims: ['iss', 'sub', 'aud', 'exp'],
      })
      if (payload.iss !== clientId) return refused('invalid_client_id', 'client identifier invalid')
      const audiences = ['https://login.salesforce.com', 'https://test.salesforce.com', url()]
      if (typeof payload.aud !== 'string' || !audiences.includes(payload.aud)) {
        return refused('invalid_grant', 'audience is invalid')
      }
      if (payload.sub !== jwt.username) return refused('invalid_grant', "user hasn't approved this consumer")
      const tooLong = (payload.exp ?? 0) * 1000 > now() + assertionMaxMs
      return tooLong ? refused('invalid_grant', 'invalid assertion') : null
    } catch (error) {
      if (error instanceof errors.JWTExpired) return refused('invalid_grant', 'expired authorization code')
      if (error instanceof errors.JOSEError) return refused('invalid_grant', 'invalid assertion')
      throw error
    }
  }

  function granted(): SimulatorReply {
    const token = `${organizationId.slice(0, 15)}!AQ4AQ.${randomBytes(36).toString('base64url')}`
    tokens.set(token, now())
    return {
      status: 200,
      body: {
        access_token: token,
        signature: randomBytes(32).toString('base64'),
        scope: 'api',
        instance_url: url(),
        id: `${url()}/id/${organizationId}/${userId}`,
        token_type: 'Bearer',
        issued_at: String(now()),
      },
    }
  }

  return {
    grant,
    /**
     * Whether a token holds, and whose it is; an app may ask of its own ones. Source: "OpenID Connect Token Introspection" in
     * Salesforce's help. No `exp`, which real ones have: a token holds here until it is expired on command.
     */
    introspect(request: SimulatorRequest): SimulatorReply {
      if (request.method !== 'POST') return refused('invalid_request', 'must use HTTP POST')
      const form = withBasic(new URLSearchParams(request.body.toString('utf8')), request.headers.authorization)
      const flaw = flawOfApp(form)
      if (flaw !== null) return flaw
      const at = tokens.get(form.get('token') ?? '')
      if (at === undefined) return { status: 200, body: { active: false } }
      const iat = Math.floor(at / 1000)
      return {
        status: 200,
        body: {
          active: true,
          scope: 'api',
          client_id: clientId,
          username,
          sub: `${url()}/id/${organizationId}/${userId}`,
          token_type: 'access_token',
          iat,
          nbf: iat,
        },
      }
    },
    /** Ends a token, as a logout does. */
    revoke(request: SimulatorRequest): SimulatorReply {
      const token = new URLSearchParams(request.body.toString('utf8')).get('token') ?? request.query.get('token') ?? ''
      return tokens.delete(token) ? { status: 200 } : refused('invalid_token', 'invalid token')
    },
    /** Null when the header names no token at all. */
    tokenOf: (headers: SimulatorRequest['headers']): string | null =>
      /^(?:Bearer|OAuth) (\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null,
    holds: (token: string | null): boolean => token !== null && tokens.has(token),
    expire: () => tokens.clear(),
  }
}

/** The app's key and secret may come in a header in place of the form. */
function withBasic(form: URLSearchParams, header: string | undefined): URLSearchParams {
  const [, encoded] = /^Basic (\S+)$/i.exec(header ?? '') ?? []
  if (encoded === undefined || form.has('client_id')) return form
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  form.set('client_id', decodeURIComponent(id))
  form.set('client_secret', decodeURIComponent(secret.join(':')))
  return form
}

const refused = (error: string, description: string): SimulatorReply => ({
  status: 400,
  body: { error, error_description: description },
})
