import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  type CustomFetch,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { isPrivateAddress } from '../core/loopback.ts'
import { type IdentityProvider, type ProviderPerson, SignOnError } from '../ports/identity-provider.ts'

export interface ProviderOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
  readonly groupsClaim: string
  /** Where the provider sends the browser back to. */
  readonly redirectAddress: string
}

const timeoutSeconds = 10
const bytesMax = 1_000_000
const subjectMax = 255

/**
 * A provider of OpenID Connect. What it says of itself is read anew for each sign-in: so it may change its keys and addresses
 * at any time, and one that was away needs nothing here when it is back.
 */
export function openIdentityProvider(options: ProviderOptions): IdentityProvider {
  const { issuer, clientId, clientSecret, scopes, groupsClaim, redirectAddress } = options
  const isInTheClear = new URL(issuer).protocol === 'http:'
  const discovered = () =>
    discovery(new URL(issuer), clientId, {}, byItsMethods(clientSecret), {
      timeout: timeoutSeconds,
      // The signature of a token is checked, also of one that has come by https from the provider itself.
      execute: [enableNonRepudiationChecks, ...(isInTheClear ? [allowInsecureRequests] : [])],
      [customFetch]: withinLimits,
    })

  async function claimsOf(
    provider: Configuration,
    { access_token: token, claims }: Awaited<ReturnType<typeof authorizationCodeGrant>>,
  ): Promise<Claims> {
    const proven = claims()
    if (proven === undefined) throw new SignOnError('unproven', 'no_id_token')
    const isTold = [groupsClaim, 'preferred_username'].every((name) => proven[name] !== undefined)
    if (isTold || provider.serverMetadata().userinfo_endpoint === undefined) return proven
    return { ...(await fetchUserInfo(provider, token, proven.sub)), ...proven }
  }

  return {
    begin: () =>
      asSignOnErrors(async () => {
        const provider = await discovered()
        const handshake = { verifier: randomPKCECodeVerifier(), state: randomState(), nonce: randomNonce() }
        const { href: address } = buildAuthorizationUrl(provider, {
          redirect_uri: redirectAddress,
          scope: scopes.join(' '),
          code_challenge: await calculatePKCECodeChallenge(handshake.verifier),
          code_challenge_method: 'S256',
          state: handshake.state,
          nonce: handshake.nonce,
        })
        if (!isPrivateAddress(address)) throw new SignOnError('unproven', 'address_in_the_clear')
        return { address, handshake }
      }),
    finish: (query, { verifier, state, nonce }) =>
      asSignOnErrors(async () => {
        const provider = await discovered()
        const address = new URL(redirectAddress)
        address.search = query
        const tokens = await authorizationCodeGrant(provider, address, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
        })
        return personOf(await claimsOf(provider, tokens), groupsClaim)
      }),
  }
}

type Claims = Readonly<Record<string, unknown>>

function personOf(claims: Claims, groupsClaim: string): ProviderPerson {
  const { iss, sub, preferred_username, email, name } = claims
  // What cannot be stored as it is may be taken for somebody else.
  if (!isText(iss) || !isText(sub) || sub.length > subjectMax || /[\p{Cc}\p{Cs}]/u.test(sub))
    throw new SignOnError('unproven', 'subject')
  const groups = claims[groupsClaim]
  return {
    issuer: iss,
    subject: sub,
    names: [preferred_username, email].filter(isText),
    display: isText(name) ? name : null,
    groups: (Array.isArray(groups) ? groups : [groups]).filter(isText),
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** As the provider takes the secret: in a header, unless it says that it takes it only in the form. */
function byItsMethods(secret: string): ClientAuth {
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)]
  return (provider, ...rest) => {
    const methods = provider.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const auth = methods.includes('client_secret_basic') ? basic : post
    auth(provider, ...rest)
  }
}

/** A call to the provider: over no wire in the clear, and with an answer of limited size. */
const withinLimits: CustomFetch = async (url, { body, ...init }) => {
  if (!isPrivateAddress(url)) throw new SignOnError('unproven', 'address_in_the_clear')
  try {
    const response = await fetch(url, { ...init, ...(body === undefined ? {} : { body }) } as RequestInit)
    if (response.status >= 500) throw new SignOnError('away', `http_${response.status}`)
    const text = await readWithin(response)
    return new Response(text, { status: response.status, headers: response.headers })
  } catch (error) {
    // Whatever it is: the name is not known, nobody listens, the certificate is none of ours, it took too long.
    throw error instanceof SignOnError ? error : new SignOnError('away', codeIn(error), { cause: error })
  }
}

async function readWithin(response: Response): Promise<Uint8Array<ArrayBuffer> | null> {
  if (response.body === null) return null
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body) {
    bytes += part.length
    if (bytes > bytesMax) throw new SignOnError('unproven', 'answer_too_large')
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}

/** `ECONNREFUSED` of what `fetch` throws, or `TimeoutError`. */
function codeIn(error: unknown): string {
  const { name, cause } = Object(error) as {
    readonly name?: unknown
    readonly cause?: { readonly code?: unknown } | null
  }
  return wordOf(cause?.code ?? name)
}

/** A code and nothing else, whoever it comes from. */
const wordOf = (code: unknown): string => (typeof code === 'string' && /^\w{1,64}$/.test(code) ? code : 'error')

/** Has the failures of the library be one of four kinds; what is none of them is a fault of ours. */
async function asSignOnErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw signOnErrorOf(error) ?? error
  }
}

function signOnErrorOf(error: unknown): SignOnError | null {
  if (error instanceof SignOnError) return error
  if (error instanceof AuthorizationResponseError) return new SignOnError('denied', wordOf(error.error))
  if (error instanceof ResponseBodyError)
    return new SignOnError(error.error === 'invalid_grant' ? 'unproven' : 'unaccepted', wordOf(error.error))
  if (error instanceof WWWAuthenticateChallengeError) return new SignOnError('unaccepted', `http_${error.status}`)
  if (!(error instanceof ClientError)) return null
  // The library wraps what comes out of a call.
  const { cause } = error
  return cause instanceof SignOnError ? cause : new SignOnError('unproven', wordOf(error.code))
}
