import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

/** Who is at the provider, as it tells of them. */
interface Somebody {
  readonly sub: string
  readonly preferred_username?: string
  readonly email?: string
  readonly name?: string
  readonly groups?: readonly string[]
}

export interface TestProvider {
  readonly issuer: string
  /** Who comes to sign in from now on; null for one who turns back. */
  comes(who: Somebody | null): void
  /** From now on it shows a key under the name of its own by which it has signed nothing. */
  showAnotherKey(): void
  close(): Promise<void>
}

/** A server on a free port of this machine, whose answers are made later. */
export async function listen(
  name = '127.0.0.1',
): Promise<{ readonly server: Server; readonly url: string; close(): Promise<void> }> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    server,
    url: `http://${name}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A real provider of OpenID Connect, which asks for no password. */
export async function openTestProvider(client: {
  readonly id: string
  readonly secret: string
  readonly redirectAddress: string
  /** By which this machine is known: for a browser `localhost` and `127.0.0.1` are two sites. */
  readonly host?: string
  /** Whether the ID token has everything in it, so that nothing is left to ask for. */
  readonly tellsInToken?: boolean
  readonly method?: 'client_secret_basic' | 'client_secret_post'
}): Promise<TestProvider> {
  const { server, url: issuer, close } = await listen(client.host)
  const people = new Map<string, Somebody>()
  let who: Somebody | null = null
  const { method = 'client_secret_basic' } = client
  const keyOf = (part: 'publicKey' | 'privateKey') => ({
    ...generateKeyPairSync('rsa', { modulusLength: 2048 })[part].export({ format: 'jwk' }),
    ...{ use: 'sig', alg: 'RS256', kid: 'one' },
  })
  let shown: string | null = null
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [client.redirectAddress],
        token_endpoint_auth_method: method,
      },
    ],
    clientAuthMethods: [method],
    jwks: { keys: [keyOf('privateKey')] },
    conformIdTokenClaims: client.tellsInToken !== true,
    cookies: { keys: ['of a test'] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email'] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_context: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => people.get(sub) ?? { sub } }),
  })
  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { params } = await provider.interactionDetails(request, response)
    if (who === null)
      return provider.interactionFinished(request, response, {
        error: 'access_denied',
        error_description: 'Turned <b>back</b>',
      })
    const grant = new provider.Grant({ accountId: who.sub, clientId: client.id })
    grant.addOIDCScope(params.scope ?? '')
    const grantId = await grant.save()
    await provider.interactionFinished(request, response, { login: { accountId: who.sub }, consent: { grantId } })
  }
  const answer = provider.callback()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { url = '', headers } = request
    if (url === '/jwks' && shown !== null) return void response.end(shown)
    const isRefused =
      (url === '/token' && method === 'client_secret_post' && headers.authorization !== undefined) ||
      (url === '/me' && client.tellsInToken === true)
    if (isRefused) return void response.writeHead(400).end('{"error":"invalid_request"}')
    if (!url.startsWith('/interaction/')) return answer(request, response)
    interact(request, response).catch((error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    })
  })
  return {
    issuer,
    comes(somebody) {
      who = somebody
      if (somebody !== null) people.set(somebody.sub, somebody)
    },
    showAnotherKey() {
      shown = JSON.stringify({ keys: [keyOf('publicKey')] })
    },
    close,
  }
}
