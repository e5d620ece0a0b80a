import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { en } from '../../src/console/i18n/en.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import { dealOf, stock, until } from '../faults/proof.ts'
import { seedHome } from '../ledger/cluster.ts'
import { openRig, type Rig } from '../rig.ts'
import { browserMissing, isBuilt, openBrowser, type Visit, visit } from './browser.ts'

/*
 * The first hour of an administrator: a server that was started with nothing, two systems, the first order.
 */

const password = 'a long sentence of words'
const run = browserMissing ? test.skip : test

let rig: Rig
let root: string
let server: RunningServer
let browser: Browser
const open: Visit[] = []

beforeAll(async () => {
  if (browserMissing) return
  if (!isBuilt) throw new Error('The console is not built: npm run build:console')
  rig = await openRig()
  root = await mkdtemp(join(tmpdir(), 'crosswalk-'))
  const home = join(root, 'home')
  await seedHome(home)
  const config = join(root, 'config', 'crosswalk.yaml')
  server = await startServer({
    ...{ config, home, environment: {}, role: 'all', begins: true, port: 0, log: () => undefined },
  })
  browser = await openBrowser()
})
afterEach(async () => {
  for (const { context } of open.splice(0)) await context.close()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await rig?.close()
  if (root !== undefined) await rm(root, { recursive: true, force: true, maxRetries: 5 })
})

const settingOf = (settings: Readonly<Record<string, unknown>>, name: string) => String(settings[name])
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const field = (page: Page, label: string) => page.getByRole('textbox', { name: new RegExp(`^${label}`) })

run('two systems are connected by clicks, a dry run begins, and an order is made once it is live', async () => {
  const one = await visit(browser)
  open.push(one)
  const { page, faults } = one
  await page.goto(server.setUpLink ?? '')
  const fields = page.locator('input[type=password]')
  await fields.nth(0).fill(password)
  await fields.nth(1).fill(password)
  await press(page, en.setup.submit)
  await page.getByText(en.home.emptyTitle).waitFor()

  // The CRM: a wrong token is told, the right one tells the account.
  await page.getByRole('link', { name: en.connections.connect }).click()
  await page.getByRole('radio', { name: /HubSpot/ }).click()
  await page.getByText('crm.schemas.deals.read').waitFor()
  await field(page, en.settingNames.baseUrl).fill(settingOf(rig.hubspot.settings, 'baseUrl'))
  await field(page, en.settingNames.accessToken).fill('a-wrong-token')
  expect(await page.getByRole('button', { name: en.connect.save, exact: true }).isDisabled()).toBe(true)
  await press(page, en.connect.try)
  await page.getByRole('status', { name: 'Check of hubspot' }).getByText('INVALID_AUTHENTICATION').first().waitFor()
  await field(page, en.settingNames.accessToken).fill(settingOf(rig.hubspot.settings, 'accessToken'))
  await press(page, en.connect.try)
  await press(page, en.connect.save)
  await page.getByRole('heading', { name: /hubspot · HubSpot/ }).waitFor()

  // The ERP.
  await page.getByRole('link', { name: en.connections.all }).click()
  await page.getByText(en.begin.needsErp).waitFor()
  await page.getByRole('link', { name: en.connections.connect }).click()
  await page.getByRole('radio', { name: /Odoo/ }).click()
  await field(page, en.settingNames.url).fill(settingOf(rig.odoo.settings, 'url'))
  await field(page, en.settingNames.database).fill(settingOf(rig.odoo.settings, 'database'))
  await field(page, en.settingNames.username).fill(settingOf(rig.odoo.settings, 'username'))
  await field(page, en.settingNames.password).fill(settingOf(rig.odoo.settings, 'password'))
  await press(page, en.connect.try)
  await page.getByRole('status', { name: 'Check of odoo' }).waitFor()
  await press(page, en.connect.save)
  await page.getByRole('heading', { name: /odoo · Odoo/ }).waitFor()
  // The password is there, and nobody sees it again.
  await page.getByPlaceholder(en.connect.kept).first().waitFor()
  expect(await field(page, en.settingNames.password).inputValue()).toBe('')

  // The dry run.
  await page.getByRole('link', { name: en.connections.all }).click()
  await press(page, en.begin.go)
  await page.getByText(en.begin.begun).waitFor()
  const { ledger, clock } = server.opened.deps
  await until(async () => (await ledger.syncs.get('deals', clock.now())).mode === 'shadow', 'the sync')
  expect(Object.keys(server.opened.projects.current().config.syncs)).toEqual(['deals', 'fulfilment'])

  // A deal that is won is planned, and nothing is written until somebody says so.
  await until(async () => (await ledger.syncs.get('deals', clock.now())).lookedAt !== null, 'a first look')
  const [deal = ''] = stock(rig).win(1)
  await page.getByRole('link', { name: en.nav.syncs, exact: true }).click()
  await page.getByRole('link', { name: 'deals', exact: true }).click()
  await page.getByRole('heading', { name: 'deals', level: 1 }).waitFor()
  await page.getByRole('button', { name: en.home.run, exact: true }).click()
  await page
    .getByRole('link', { name: /Deal 1/ })
    .first()
    .waitFor()
  expect(rig.odoo.store.orders()).toEqual([])
  await press(page, en.shadow.goLive)
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(en.mappings.note).fill('looks right')
  await dialog.getByRole('button', { name: en.shadow.goLive }).click()
  await until(() => rig.odoo.store.orders().some(({ externalId }) => dealOf(externalId) === deal), 'the order')
  expect(faults).toEqual([])
})
