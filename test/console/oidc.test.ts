import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { openAccounts } from '../../src/app/accounts/accounts.ts'
import { en } from '../../src/console/i18n/en.ts'
import { freePort } from '../../src/main/free-port.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import { openTestProvider, type TestProvider } from '../oidc/provider.ts'
import { openRig, type Rig } from '../rig.ts'
import { browserMissing, isBuilt, openBrowser, visit } from './browser.ts'

/*
 * Single sign-on in a real browser, for which the provider is another site than the server.
 */

const password = 'a long sentence of words'
const run = browserMissing ? test.skip : test

let rig: Rig
let provider: TestProvider
let server: RunningServer
let browser: Browser

beforeAll(async () => {
  if (browserMissing) return
  if (!isBuilt) throw new Error('The console is not built: npm run build:console')
  // The provider advises those who run it for good.
  for (const level of ['info', 'warn'] as const) jest.spyOn(console, level).mockImplementation(() => undefined)
  const port = await freePort(0)
  const publicUrl = `http://127.0.0.1:${port}`
  const client = { id: 'crosswalk', secret: 'the-secret-of-the-client-0815' }
  provider = await openTestProvider({
    ...{ ...client, host: 'localhost' },
    redirectAddress: `${publicUrl}/api/v1/session/oidc/callback`,
  })
  const oidc = {
    ...{ issuer: provider.issuer, client_id: client.id, client_secret: client.secret, name: 'Acme' },
    roles: { admin: ['it'] },
  }
  rig = await openRig({ server: { port, public_url: publicUrl, oidc } })
  server = await startServer({ config: rig.config, home: rig.home, environment: {}, role: 'api', log: () => undefined })
  const accounts = openAccounts(server.opened.deps.ledger)
  await accounts.redeem((await accounts.setUp()) ?? '', password)
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await provider?.close()
  await rig?.close()
  jest.restoreAllMocks()
})

run('leads to the provider and back into the console; Users tells who comes so, and has no link for them', async () => {
  provider.comes({ sub: '4711', preferred_username: 'ida', name: 'Ida Jansen', groups: ['it'] })
  const { page, faults, context } = await visit(browser)
  await page.goto(`${server.url}/`)
  await page.getByRole('link', { name: 'Sign in with Acme' }).click()
  await page.getByRole('link', { name: en.nav.users }).waitFor()
  expect(page.url()).toBe(`${server.url}/`)
  await page.getByRole('link', { name: en.nav.users }).click()
  const row = (name: string) => page.getByRole('row').filter({ hasText: name })
  await row('Ida Jansen').getByText(en.users.singleSignOn).waitFor()
  expect(await row('Administrator').getByText(en.users.singleSignOn).count()).toBe(0)
  const links = await page.getByRole('button', { name: /^New link for/ }).all()
  expect(await Promise.all(links.map((one) => one.getAttribute('aria-label')))).toEqual(['New link for Administrator'])
  expect(faults).toEqual([])
  await context.close()
})

run('says in words why somebody is not let in, and leads back to the sign-in', async () => {
  provider.comes({ sub: '4712', preferred_username: 'bob', groups: ['others'] })
  const { page, faults, context } = await visit(browser)
  await page.goto(`${server.url}/`)
  await page.getByRole('link', { name: 'Sign in with Acme' }).click()
  await page.getByText('You are in no group that may use Crosswalk.').waitFor()
  await page.getByRole('link', { name: 'Go to Crosswalk' }).click()
  await page.getByRole('link', { name: 'Sign in with Acme' }).waitFor()
  expect(faults).toEqual([])
  await context.close()
})
