import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { decodeProtectedHeader, errors, jwtVerify } from 'jose'
import OAuth from 'oauth-1.0a'
import type { Json } from '../../../src/core/json.ts'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/server.ts'
import { invalidLogin } from './errors.ts'

const algorithms = ['PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']
export type Algorithm = 'PS256' | 'ES256'

export const tokenPath = '/services/rest/auth/oauth2/v1/token'
const tokenSeconds = 3600
/** An assertion lives less than that. */
const assertionSecondsMax = 3600
/** How far the clock of a signature may be off. */
const skewSeconds = 300

/** One pair a process and algorithm: making one for RSA takes a moment. */
const pairs = new Map<Algorithm, { readonly privateKey: string; readonly publicKey: KeyObject }>()
function pairOf(algorithm: Algorithm) {
  let pair = pairs.get(algorithm)
  if (pair === undefined) {
    const made =
      algorithm === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 3072 })
    pair = {
      privateKey: made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      publicKey: createPublicKey(made.privateKey),
    }
    pairs.set(algorithm, pair)
  }
  return pair
}

interface Options {
  readonly account: string
  readonly now: () => number
  readonly algorithm: Algorithm
}

/** OAuth 2.0 for machines, by a signed assertion, and token-based authentication, by a signature of each request. */
export function openLogin({ account, now, algorithm }: Options) {
  const clientId = randomBytes(32).toString('hex')
  const certificateId = randomBytes(16).toString('base64url')
  const consumer = { key: randomBytes(32).toString('hex'), secret: randomBytes(32).toString('hex') }
  const token = { key: randomBytes(32).toString('hex'), secret: randomBytes(32).toString('hex') }
  /** Public keys by the certificate's id. */
  const certificates = new Map([[certificateId, pairOf(algorithm).publicKey]])
  /** End of each access token, epoch milliseconds. */
  const granted = new Map<string, number>()
  const nonces = new Set<string>()
  const oauth = new OAuth({
    consumer,
    signature_method: 'HMAC-SHA256',
    hash_function: (base, key) => createHmac('sha256', key).update(base).digest('base64'),
  })

  /** Answers `POST …/token`. */
  async function grant(request: SimulatorRequest): Promise<SimulatorReply> {
    if (request.method !== 'POST') return refusal(405, 'invalid_request')
    if (!(request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) {
      return refusal(400, 'invalid_request')
    }
    const form = new URLSearchParams(request.body.toString('utf8'))
    if (form.get('grant_type') !== 'client_credentials') return refusal(400, 'unsupported_grant_type')
    if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') {
      return refusal(400, 'invalid_request')
    }
    if (!(await isGood(form.get('client_assertion') ?? '', `http://${request.headers.host}${tokenPath}`))) {
      return refusal(400, 'invalid_grant')
    }
    const accessToken = randomBytes(48).toString('base64url')
    granted.set(accessToken, now() + tokenSeconds * 1000)
    return { status: 200, body: { access_token: accessToken, expires_in: tokenSeconds, token_type: 'Bearer' } }
  }

  async function isGood(assertion: string, audience: string): Promise<boolean> {
    try {
      const { alg, typ, kid } = decodeProtectedHeader(assertion)
      const key = certificates.get(kid ?? '')
      if (typ !== 'JWT' || alg === undefined || !algorithms.includes(alg) || key === undefined) return false
      const currentDate = new Date(now())
      const { payload } = await jwtVerify(assertion, key, { algorithms, issuer: clientId, audience, currentDate })
      const { iat, exp, scope } = payload
      if (iat === undefined || exp === undefined || exp - iat >= assertionSecondsMax) return false
      if (iat > now() / 1000 + skewSeconds) return false
      return scopesOf(scope).includes('rest_webservices')
    } catch (error) {
      // A text that is no JWT, and one that does not hold, are refused alike.
      if (error instanceof errors.JOSEError || error instanceof TypeError) return false
      throw error
    }
  }

  /** @throws NetsuiteError `INVALID_LOGIN` */
  function check(request: SimulatorRequest): void {
    const given = request.headers.authorization ?? ''
    const bearer = /^Bearer (.+)$/.exec(given)?.[1]
    if (bearer !== undefined && (granted.get(bearer) ?? 0) > now()) return
    if (given.startsWith('OAuth ') && isSigned(request, given.slice('OAuth '.length))) return
    throw invalidLogin()
  }

  function isSigned(request: SimulatorRequest, header: string): boolean {
    const given = Object.fromEntries(
      [...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, decodeURIComponent(value ?? '')]),
    )
    const { realm, oauth_signature: signature, oauth_timestamp: timestamp = '', oauth_nonce: nonce = '' } = given
    if (realm !== account || given.oauth_consumer_key !== consumer.key || given.oauth_token !== token.key) return false
    if (given.oauth_signature_method !== 'HMAC-SHA256' || (given.oauth_version ?? '1.0') !== '1.0') return false
    if (!/^\d+$/.test(timestamp) || Math.abs(Number(timestamp) - now() / 1000) > skewSeconds) return false
    if (nonce === '' || nonces.has(`${timestamp} ${nonce}`)) return false
    const query = [...request.query].map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
    const url = `http://${request.headers.host}${request.path}${query === '' ? '' : `?${query}`}`
    const signed = {
      ...{ oauth_consumer_key: consumer.key, oauth_token: token.key, oauth_signature_method: 'HMAC-SHA256' },
      ...{ oauth_timestamp: Number(timestamp), oauth_nonce: nonce },
      ...(given.oauth_version === undefined ? {} : { oauth_version: given.oauth_version }),
    }
    if (oauth.getSignature({ url, method: request.method }, token.secret, signed as OAuth.Data) !== signature) {
      return false
    }
    nonces.add(`${timestamp} ${nonce}`)
    return true
  }

  return {
    grant,
    check,
    expireTokens: () => granted.clear(),
    /** As refreshing a sandbox does: the mapping of certificates is gone, and nobody gets in. */
    removeCertificates: () => certificates.clear(),
    machine: (): Readonly<Record<string, Json>> => ({
      ...{ clientId, certificateId, privateKey: pairOf(algorithm).privateKey, algorithm },
    }),
    tokens: (): Readonly<Record<string, Json>> => ({
      ...{ consumerKey: consumer.key, consumerSecret: consumer.secret, tokenId: token.key, tokenSecret: token.secret },
    }),
  }
}

const scopesOf = (scope: unknown): readonly string[] =>
  Array.isArray(scope) ? scope.map(String) : typeof scope === 'string' ? scope.split(/[ ,]+/) : []
const refusal = (status: number, error: string): SimulatorReply => ({ status, body: { error } })
