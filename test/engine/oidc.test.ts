import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { linkAccount, listAccounts } from '../../src/main/accounts.ts'
import { freePort } from '../../src/main/free-port.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import { openBrowser } from '../oidc/browser.ts'
import { openTestProvider, type TestProvider } from '../oidc/provider.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * A whole server with a provider of OpenID Connect in its configuration.
 */

const secret = 'the-secret-of-the-client-0815'
let rig: Rig
let provider: TestProvider
let server: RunningServer
const log: string[] = []

beforeAll(async () => {
  // The provider advises those who run it for good.
  for (const level of ['info', 'warn'] as const) jest.spyOn(console, level).mockImplementation(() => undefined)
  const port = await freePort(0)
  const publicUrl = `http://127.0.0.1:${port}`
  const client = { id: 'crosswalk', secret, redirectAddress: `${publicUrl}/api/v1/session/oidc/callback` }
  provider = await openTestProvider(client)
  const oidc = {
    ...{ issuer: provider.issuer, client_id: client.id, client_secret: '${OIDC_SECRET}', name: 'Acme' },
    roles: { viewer: ['staff'], mapper: ['ops'] },
  }
  rig = await openRig({ server: { port, public_url: `${publicUrl}/`, oidc } })
  server = await startServer({
    config: rig.config,
    home: rig.home,
    environment: { OIDC_SECRET: secret },
    role: 'api',
    log: (line) => void log.push(line),
  })
})
afterAll(async () => {
  await server?.close()
  await provider?.close()
  await rig?.close()
  jest.restoreAllMocks()
})

test('lets people of the provider in, whom nobody gives a password; its secret is in no log', async () => {
  provider.comes({ sub: '4711', preferred_username: 'ida', groups: ['staff', 'ops'] })
  const browser = openBrowser()
  const { response } = await browser.follow(`${server.url}/api/v1/session/oidc`)
  expect(response?.status).toBe(200)
  const session = await browser.get(`${server.url}/api/v1/session`)
  expect(await session.json()).toMatchObject({ user: { name: 'ida', role: 'mapper' }, oidc: { name: 'Acme' } })
  server.opened.deps.log.error('shown', { why: `the provider said ${secret}` })
  expect(log.join('')).toContain('the provider said [secret]')
  expect(log.join('')).not.toContain(secret)

  const place = { home: rig.home, environment: {} }
  await expect(linkAccount(place, 'ida', 'admin')).rejects.toThrow('ida signs in at the provider')
  expect(await listAccounts(place)).toMatchObject([{ name: 'admin' }, { name: 'ida', role: 'mapper', isReady: true }])
})
