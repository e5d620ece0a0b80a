import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { openAccounts } from '../../src/app/accounts/accounts.ts'
import { openCrosswalk } from '../../src/app/open.ts'
import { en } from '../../src/console/i18n/en.ts'
import { zh } from '../../src/console/i18n/zh.ts'
import { stages } from '../../src/core/documents.ts'
import { problemTitles } from '../../src/core/problem.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import { apiOf } from '../api.ts'
import { dealOf, stock, until } from '../faults/proof.ts'
import { openWebhook, type Webhook } from '../receivers.ts'
import { openRig, type Rig } from '../rig.ts'
import { browserMissing, isBuilt, openBrowser, type Visit, visit } from './browser.ts'

/*
 * People in a real browser, on the real server between two simulated systems.
 */

const password = 'a long sentence of words'
const run = browserMissing ? test.skip : test
/** What everything that a CRM can fill has in it: a script, and markup that would run one. */
const script = `<img src=x onerror="alert('ran')"><script>alert('ran')</script>`
const sync = () => ({ schedule: { cron: '* * * * * *' } })

let rig: Rig
let server: RunningServer
let browser: Browser
let webhook: Webhook
let shop: ReturnType<typeof stock>
const open: Visit[] = []

beforeAll(async () => {
  if (browserMissing) return
  if (!isBuilt) throw new Error('The console is not built: npm run build:console')
  webhook = await openWebhook()
  const office = { kind: 'json', url: webhook.url, severities: ['urgent'] }
  const alerts = { channels: { office } }
  rig = await openRig({
    crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 },
    orders: sync(),
    fulfilment: sync(),
    alerts,
  })
  const project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  await project.close()
  server = await startServer({ config: rig.config, home: rig.home, environment: {}, role: 'all', log: () => undefined })
  const accounts = openAccounts(server.opened.deps.ledger)
  for (const role of ['viewer', 'operator', 'mapper']) {
    const link = await accounts.add({ name: role, display: `The ${role}`, role })
    await accounts.redeem(link?.secret ?? '', password)
  }
  browser = await openBrowser()
})
afterEach(async () => {
  for (const { context } of open.splice(0)) await context.close()
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await rig?.close()
  await webhook?.close()
})

async function come(options: Parameters<typeof visit>[1] = {}): Promise<Visit> {
  const one = await visit(browser, options)
  open.push(one)
  return one
}
async function signIn(page: Page, name: string, secret = password): Promise<void> {
  const texts = (await page.evaluate<string>('document.documentElement.lang')).startsWith('zh') ? zh : en
  await page.getByLabel(texts.signIn.name, { exact: true }).fill(name)
  await page.getByLabel(texts.signIn.password, { exact: true }).fill(secret)
  await page.getByRole('button', { name: texts.signIn.submit }).click()
}
/** Somebody signed in, at that page. */
async function comeAs(name: string, path = '/', options: Parameters<typeof visit>[1] = {}): Promise<Visit> {
  const one = await come(options)
  await one.page.goto(`${server.url}${path}`)
  await one.page.getByRole('button').first().waitFor()
  await signIn(one.page, name)
  await one.page.getByRole('navigation').first().waitFor({ state: 'attached' })
  return one
}
/** The password and the same again. */
const passwordsIn = (page: Page) => {
  const fields = page.locator('input[type=password]')
  return [fields.nth(0), fields.nth(1)] as const
}
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).first().waitFor()
const dealOfShop = (name: string, sku = 'A-1') =>
  rig.crm.crm.addDeal({
    name,
    companyId: shop.companies[0] ?? '',
    lines: [{ sku, name: 'A', quantity: '2', price: '10' }],
  })
const shown = (deal: string) => rig.crm.crm.deal(deal)?.shown ?? null
const ordered = (deal: string) => until(() => (shown(deal)?.orderNumber ?? null) !== null, `the order of ${deal}`)

describe('signing in', () => {
  run('begins by the link that the server shows, asks for a long password, and leads Home', async () => {
    // The server was started with nobody; people were added since, so it is asked for a link anew.
    const accounts = openAccounts(server.opened.deps.ledger)
    expect(server.setUpLink).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/setup#[\w-]{43}$/)
    const { secret } = await accounts.newLink('admin')
    const { page, faults } = await come()
    await page.goto(`${server.url}/setup#${secret}`)
    await heading(page, en.setup.title)
    expect(page.url()).not.toContain(secret)
    const [first, second] = passwordsIn(page)
    await first.fill('short')
    await second.fill('short')
    await page.getByRole('button', { name: en.setup.submit }).click()
    await page.getByText('at least 12 characters').or(page.getByText('needs at least 12')).first().waitFor()
    await first.fill(password)
    await second.fill(password)
    await page.getByRole('button', { name: en.setup.submit }).click()
    await page.getByRole('link', { name: en.nav.users }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
    expect(faults).toEqual([])
  })

  run('refuses a wrong password in words, comes back to the address asked for, and ends by signing out', async () => {
    const { page, faults, context } = await come()
    await page.goto(`${server.url}/orders?text=nothing`)
    await heading(page, en.signIn.title)
    await signIn(page, 'viewer', 'wrong')
    await page.getByText('The name or the password is wrong.').waitFor()
    await signIn(page, 'viewer')
    await heading(page, en.orders.title)
    expect(page.url()).toContain('/orders?text=nothing')
    const [cookie] = await context.cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
    await page.getByRole('button', { name: /The viewer/ }).click()
    await page.getByRole('menuitem', { name: en.shell.signOut }).click()
    await heading(page, en.signIn.title)
    expect(await context.cookies()).toEqual([])
    expect(faults).toEqual([])
  })
})

run('the first view needs less than 250 kB of compressed script', async () => {
  const { page } = await come()
  const scripts: Promise<{ readonly bytes: number; readonly plain: boolean }>[] = []
  page.on('response', (response) => {
    if (!response.url().endsWith('.js')) return
    const plain = response.headers()['content-encoding'] === undefined
    scripts.push(response.body().then((body) => ({ bytes: gzipSync(body).length, plain })))
  })
  await page.goto(server.url ?? '')
  await heading(page, en.signIn.title)
  await signIn(page, 'viewer')
  await page.getByText(en.home.syncs).first().waitFor()
  const loaded = await Promise.all(scripts)
  // What is shorter than a packet is sent as it is.
  expect(loaded.filter(({ bytes, plain }) => plain && bytes > 1_500)).toEqual([])
  const bytes = loaded.reduce((sum, one) => sum + one.bytes, 0)
  expect(bytes).toBeGreaterThan(50_000)
  expect(bytes).toBeLessThan(250_000)
})

run('only a browser gets a page for an address that is none', async () => {
  const ask = async (path: string, accept: string) => {
    const { status, headers } = await fetch(`${server.url}${path}`, { headers: { accept } })
    return [status, headers.get('content-type')?.split(';')[0]]
  }
  const browserAccepts = 'text/html,application/xhtml+xml,*/*;q=0.8'
  expect(await ask('/orders/a.b', browserAccepts)).toEqual([200, 'text/html'])
  expect(await ask('/orders/a.b', '*/*')).toEqual([404, 'application/problem+json'])
  for (const path of ['/api/v1/nothing', '/hooks/nothing', '/assets/nothing.js'])
    expect([path, (await ask(path, browserAccepts))[0]]).toEqual([path, path.startsWith('/api') ? 401 : 404])
})

/** Without polls, so that only the stream of events can tell a page of a change. */
const withoutPolls = `{
  const { setInterval } = window
  window.setInterval = (work, ms, ...given) => (ms >= 5_000 ? 0 : setInterval(work, ms, ...given))
}`
/** The streams of events that a page has open now. */
function streamsOf(page: Page): { readonly open: () => number; readonly begun: () => number } {
  const isStream = (request: { url(): string }) => request.url().endsWith('/api/v1/events')
  let begun = 0
  let over = 0
  page.on('request', (request) => {
    if (isStream(request)) begun += 1
  })
  const end = (request: { url(): string }) => {
    if (isStream(request)) over += 1
  }
  page.on('requestfinished', end)
  page.on('requestfailed', end)
  return { open: () => begun - over, begun: () => begun }
}

describe('live updates', () => {
  run('show an order, and its problem, without a reload and without a poll', async () => {
    const { page, faults } = await comeAs('viewer', '/orders', { script: withoutPolls })
    await heading(page, en.orders.title)
    const orders = await comeAs('viewer', '/orders?text=Told', { script: withoutPolls })
    const problems = await comeAs('viewer', '/problems', { script: withoutPolls })
    await problems.page.getByText(en.problems.noneOf.open).first().waitFor()
    const id = dealOfShop('Told by the stream')
    for (const one of [page, orders.page]) await one.getByRole('link', { name: 'Told by the stream' }).waitFor()
    await ordered(id)
    await orders.page.getByText(shown(id)?.orderNumber ?? '').waitFor()
    dealOfShop('Told as a problem', 'LIVE-1')
    await problems.page
      .getByText(/LIVE-1/)
      .first()
      .waitFor()
    rig.erp.erp.addProduct({ sku: 'LIVE-1', name: 'Live', price: '10', route: 'stock' })
    const [problem] = await server.opened.deps.ledger.problems.list({ max: 1 })
    await apiOf(rig.home, server.url)('POST', `/problems/${problem?.id}/retry`)
    await problems.page.getByText(en.problems.noneOf.open).first().waitFor()
    expect(faults).toEqual([])
  })

  run('are followed by pages in sight alone, and not by who has signed out', async () => {
    const { page, faults } = await come()
    const streams = streamsOf(page)
    const turn = (to: 'visible' | 'hidden') =>
      page.evaluate(`
        Object.defineProperty(document, 'visibilityState', { value: '${to}', configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))`)
    await page.goto(server.url ?? '')
    await heading(page, en.signIn.title)
    await signIn(page, 'viewer')
    await until(() => streams.begun() === 1, 'a stream')
    await turn('hidden')
    await until(() => streams.open() === 0, 'the end of the stream')
    await turn('visible')
    await until(() => streams.begun() === 2, 'another stream')
    await page.getByRole('button', { name: /The viewer/ }).click()
    await page.getByRole('menuitem', { name: en.shell.signOut }).click()
    await heading(page, en.signIn.title)
    await until(() => streams.open() === 0, 'the end of the stream')
    expect(streams.begun()).toBe(2)
    expect(faults).toEqual([])
  })
})

describe('what people do', () => {
  run('finds an order by its customer and by its number, and reads its story', async () => {
    const id = dealOfShop('Pumps for the harbour')
    await ordered(id)
    const number = shown(id)?.orderNumber ?? ''
    const { page, faults } = await comeAs('viewer', '/orders')
    for (const text of ['Company 0', number, 'harbour']) {
      await page.getByRole('searchbox').or(page.getByLabel(en.common.search)).first().fill(text)
      await page
        .getByRole('link', { name: /Pumps for the harbour/ })
        .first()
        .waitFor()
    }
    await page
      .getByRole('link', { name: /Pumps for the harbour/ })
      .first()
      .click()
    await heading(page, /Pumps for the harbour/)
    await page.getByText(number).first().waitFor()
    await page.getByText('An order was created in the ERP').first().waitFor()
    // The other side of it is asked for now.
    await page.getByText('product_uom_qty').or(page.getByText('order_line')).first().waitFor()
    expect(faults).toEqual([])
  })

  run('goes on by a link right after typing, before the search has begun', async () => {
    const id = dealOfShop('Pumps in a hurry')
    await ordered(id)
    const { page } = await comeAs('viewer', '/orders')
    const link = page.getByRole('link', { name: /Pumps in a hurry/ }).first()
    await link.waitFor()
    const shownNow = Promise.withResolvers<void>()
    await page.route(/assets\/order-/, async (route) => {
      await shownNow.promise
      await route.continue()
    })
    await page.clock.install()
    await page.getByLabel(en.common.search).first().fill('hurry')
    await link.click()
    await page.clock.runFor(1000)
    shownNow.resolve()
    await heading(page, /Pumps in a hurry/)
    expect(new URL(page.url()).pathname).toBe(`/orders/${id}`)
  })

  run('sees what stands behind an order, as the ERP has it now', async () => {
    const id = dealOfShop('Shipped pumps')
    await ordered(id)
    const { erp } = rig.erp
    const order = erp.orders().find(({ key }) => dealOf(key) === id)
    erp.ship(order?.id ?? '')
    erp.invoice(order?.id ?? '')
    const { page, faults } = await comeAs('viewer', `/orders/${id}`)
    const table = (name: string) => page.getByRole('table', { name })
    const cell = (name: string, text: string) => table(name).getByRole('cell', { name: text, exact: true }).waitFor()
    await cell(en.order.shipments, en.order.documentStates.shipped)
    await cell(en.order.invoices, en.order.documentStates.open)
    expect(await table(en.order.payments).count()).toBe(0)
    erp.pay(order?.id ?? '', order?.total ?? '')
    await page.getByRole('button', { name: en.order.documentsAgain }).click()
    await table(en.order.payments).waitFor()
    await cell(en.order.invoices, en.order.documentStates.paid)
    expect(faults).toEqual([])
  })

  run('shares one order by a link, which somebody without an account opens until it is ended', async () => {
    const id = dealOfShop('Pumps to be shown')
    await ordered(id)
    const order = rig.erp.erp.orders().find(({ key }) => dealOf(key) === id)
    rig.erp.erp.ship(order?.id ?? '')
    await until(() => shown(id)?.status === 'shipped', 'the shipment on the deal')
    const { page, faults } = await comeAs('operator', `/orders/${id}`)
    await page.getByRole('button', { name: en.share.open }).click()
    await page.getByRole('button', { name: en.share.make }).click()
    const link = page.getByLabel(en.share.link, { exact: true })
    await link.waitFor()
    const address = await link.inputValue()
    expect(address).toMatch(new RegExp(`^${server.url}/share#[\\w-]{43}$`))
    const asked: string[] = []
    const rep = await come({ width: 390 })
    rep.page.on('request', (request) => asked.push(request.url()))
    await rep.page.goto(address)
    await heading(rep.page, `Order ${order?.number}`)
    const text = await rep.page.locator('main').innerText()
    for (const told of ['Company 0', en.stages.shipped, en.order.documentStates.shipped]) expect(text).toContain(told)
    expect(text).not.toContain('Pumps to be shown')
    expect(asked.join(' ')).not.toContain(address.split('#')[1])
    await rep.page.getByRole('button', { name: '简体中文' }).click()
    await heading(rep.page, `订单 ${order?.number}`)
    await page.getByRole('button', { name: en.common.close }).click()
    await page.getByRole('button', { name: en.share.open }).click()
    await page.getByText('Made by operator').waitFor()
    await page.getByRole('button', { name: /^End link/ }).click()
    await page.getByText(en.share.ended).waitFor()
    await rep.page.reload()
    await heading(rep.page, zh.shared.over)
    expect([faults, rep.faults]).toEqual([[], []])
  })

  run('sorts the orders by a column, goes back to it by its address, and takes the list along', async () => {
    const lines = (price: string) => [{ sku: 'A-1', name: 'A', quantity: '1', price }]
    const companyId = shop.companies[0] ?? ''
    const ids = [
      ['Sorted b', 'dear', '9000'],
      ['Sorted a', 'cheap', '3'],
    ].map(([name, more, price = '']) =>
      rig.crm.crm.addDeal({ name: `${name} ${more}`, companyId, lines: lines(price) }),
    )
    for (const id of ids) await ordered(id)
    const { page, faults } = await comeAs('viewer', '/orders?text=Sorted')
    const first = (name: RegExp) => page.locator('tbody tr').first().getByRole('link', { name }).waitFor()
    const sortBy = (name: string) => page.getByRole('columnheader', { name }).getByRole('button').click()
    await sortBy(en.orders.amount)
    await first(/dear/)
    await sortBy(en.orders.amount)
    await first(/cheap/)
    await sortBy(en.orders.deal)
    await first(/Sorted a/)
    expect(await page.getByRole('columnheader', { name: en.orders.deal }).getAttribute('aria-sort')).toBe('ascending')
    await sortBy(en.orders.deal)
    await first(/Sorted b/)
    await page.reload()
    await first(/Sorted b/)
    await page.getByRole('button', { name: en.common.export }).click()
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'CSV' }).click(),
    ])
    expect(file.suggestedFilename()).toMatch(/^crosswalk-deals-\d{4}-\d\d-\d\d\.csv$/)
    const text = await readFile(await file.path(), 'utf8')
    expect(text.trim().split('\r\n')).toHaveLength(3)
    expect(text).toContain('Sorted a cheap')
    expect(faults).toEqual([])
  })

  run('mends a deal that waits on an unknown article: it is told, retried, and gone without a reload', async () => {
    const id = dealOfShop('Stuck pumps', 'NEW-1')
    await until(() => (shown(id)?.problem ?? null) !== null, 'the problem on the deal')
    const { page, faults } = await comeAs('operator', '/')
    await page
      .getByText(/1 deal waits for you/)
      .first()
      .waitFor()
    await page.getByRole('link', { name: en.nav.problems, exact: true }).click()
    await page.getByText(/NEW-1/).first().waitFor()
    await page.getByRole('link', { name: /NEW-1/ }).first().click()
    await page.getByRole('link', { name: 'Stuck pumps' }).waitFor()
    await page.getByRole('link', { name: en.problems.back }).click()
    rig.erp.erp.addProduct({ sku: 'NEW-1', name: 'New', price: '10', route: 'stock' })
    await page
      .getByRole('button', { name: /^Retry(:|$)/ })
      .first()
      .click()
    await ordered(id)
    await page.getByText(en.problems.noneOf.open).first().waitFor()
    await page.getByRole('link', { name: en.nav.home, exact: true }).click()
    await page
      .getByText(/All well: \d+ orders? today/)
      .first()
      .waitFor()
    const told = await server.opened.deps.ledger.timeline.of({ id })
    expect(told.find((entry) => entry.event === 'retried')).toMatchObject({ actor: 'operator' })
    expect(faults).toEqual([])
  })

  run('assigns a problem and mutes it, which Home and the list of muted ones say, and sees it closed', async () => {
    const id = dealOfShop('Later pumps', 'NEW-3')
    await until(() => (shown(id)?.problem ?? null) !== null, 'the problem on the deal')
    const { page, faults } = await comeAs('operator', '/problems')
    const row = page.getByRole('listitem').filter({ hasText: 'NEW-3' })
    const show = (name: string) =>
      page.getByRole('radiogroup', { name: en.problems.show }).getByText(name, { exact: true }).click()
    await row.getByText(en.problems.states.new, { exact: true }).waitFor()
    await row.getByRole('link', { name: /NEW-3/ }).click()
    await page.getByRole('combobox', { name: en.problems.assignee }).click()
    await page.getByRole('option', { name: 'The operator' }).click()
    await page.getByText('Assigned to operator', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: en.problems.mute, exact: true }).click()
    const dialog = page.getByRole('dialog')
    const mute = dialog.getByRole('button', { name: en.problems.mute, exact: true })
    expect(await mute.isDisabled()).toBe(true)
    await dialog.getByLabel(en.problems.muteWhy).fill('The pump comes next week')
    await mute.click()
    await page.getByRole('button', { name: en.problems.unmute }).waitFor()
    await page.getByText(/by operator: The pump comes next week/).waitFor()

    await page.getByRole('link', { name: en.nav.home, exact: true }).click()
    await heading(page, /^All well/)
    await page.getByRole('link', { name: /1 problem is muted: €20 held back/ }).click()
    await row.waitFor()
    await show(en.problems.shown.open)
    await page.getByText(en.problems.noneOf.open).waitFor()
    await show(en.problems.shown.muted)
    await row.getByText('Assigned to operator').waitFor()
    await page.getByRole('checkbox', { name: en.problems.mine }).check()
    await row.waitFor()
    const mapper = await comeAs('mapper', '/problems?show=muted&mine=true')
    await mapper.page.getByText(en.problems.noneFiltered).waitFor()

    await row.getByRole('link', { name: /NEW-3/ }).click()
    await page.getByRole('button', { name: en.problems.unmute }).click()
    await page.getByRole('button', { name: en.problems.mute, exact: true }).waitFor()
    rig.erp.erp.addProduct({ sku: 'NEW-3', name: 'New', price: '10', route: 'stock' })
    await page.getByRole('button', { name: en.common.retry, exact: true }).click()
    await page.getByText(en.problems.gone).waitFor()
    await page.getByText(/^Closed .* · Retried by operator$/).waitFor()
    await page.getByText(en.problems.deeds.muted).first().waitFor()
    await page.getByRole('link', { name: en.problems.back }).click()
    await show(en.problems.shown.closed)
    await row.getByText(/Retried by operator/).waitFor()
    expect(await row.getByRole('button').count()).toBe(0)
    expect([...faults, ...mapper.faults]).toEqual([])
    const { accounts } = server.opened.deps.ledger
    const audited = (await accounts.audited({ text: 'operator', max: 50 })).map(({ action }) => action)
    expect(audited).toEqual(expect.arrayContaining(['assignProblem', 'muteProblem', 'unmuteProblem', 'retryProblem']))
  })

  run('chooses between customers of the same name, and the order is made', async () => {
    const [, second = ''] = ['Ulm', 'Köln'].map((city) => rig.odoo.store.addCustomer({ name: 'Twice GmbH', city }))
    const companyId = rig.crm.crm.addCompany({ name: 'Twice GmbH', domain: 'twice.example', country: 'Germany' })
    const lines = [{ sku: 'A-1', name: 'A', quantity: '1', price: '10' }]
    const id = rig.crm.crm.addDeal({ name: 'Two of them', companyId, lines })
    await until(() => (shown(id)?.problem ?? null) !== null, 'the problem on the deal')
    const { page, faults } = await comeAs('operator', `/orders/${id}`)
    const candidates = page.getByRole('list', { name: en.customer.candidates })
    await candidates.waitFor()
    expect(await candidates.getByRole('listitem').count()).toBe(2)
    await candidates.getByRole('button', { name: new RegExp(`Twice GmbH ${second}$`) }).click()
    await ordered(id)
    const order = rig.odoo.store.orders().find((one) => dealOf(one.externalId ?? '') === id)
    expect(order?.partnerId).toBe(second)
    await candidates.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  })

  run('adds what a table lacks, and all deals that wait for it go on', async () => {
    const companyId = rig.crm.crm.addCompany({ name: 'Far GmbH', domain: 'far.example', country: 'Nordland' })
    const lines = [{ sku: 'A-1', name: 'A', quantity: '1', price: '10' }]
    const ids = ['Far one', 'Far two'].map((name) => rig.crm.crm.addDeal({ name, companyId, lines }))
    for (const id of ids) await until(() => (shown(id)?.problem ?? null) !== null, `the problem on ${id}`)
    const viewing = await comeAs('operator', `/orders/${ids[0]}`)
    await viewing.page.getByText(/can add “Nordland” to the table “countries”/).waitFor()
    const { page, faults } = await comeAs('admin', '/problems')
    await page
      .getByRole('link', { name: /Nordland/ })
      .first()
      .click()
    await page.getByLabel(/“Nordland” in the table “countries”/).fill('DE')
    await page.getByRole('button', { name: en.entry.add }).click()
    for (const id of ids) await ordered(id)
    await page.getByText(en.problems.gone).first().waitFor()
    expect(faults).toEqual([])
    const [revision] = await server.opened.deps.ledger.revisions.list(1)
    expect(revision).toMatchObject({ actor: 'admin', note: 'countries: Nordland → DE' })
  })

  run.each([
    ['accepts', en.order.accept],
    ['watches no more', en.order.ignore],
  ])('%s what was changed by hand in the ERP, and the problem goes', async (name, button) => {
    const id = dealOfShop(`Changed by hand: ${name}`)
    await ordered(id)
    const order = () => rig.odoo.store.orders().find((one) => dealOf(one.externalId ?? '') === id)
    await until(() => order()?.state === 'sale', 'the confirmed order')
    rig.odoo.store.editLine(order()?.lines[0]?.id ?? '', { product_uom_qty: 7 })
    await until(() => (shown(id)?.problem ?? null) !== null, 'the problem on the deal')
    const { page, faults } = await comeAs('operator', `/orders/${id}`)
    await page.getByRole('button', { name: button, exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click()
    await page.getByRole('heading', { name: en.order.wrong }).waitFor({ state: 'detached' })
    await until(() => (shown(id)?.problem ?? null) === null, 'no problem on the deal')
    const told = await server.opened.deps.ledger.timeline.of({ id })
    expect(told.filter(({ actor }) => actor === 'operator')).toHaveLength(1)
    expect(order()?.lines[0]?.quantity).toBe(7)
    expect(faults).toEqual([])
  })

  run('holds and resumes a sync, which everybody sees', async () => {
    const { page } = await comeAs('operator', '/')
    const watching = await comeAs('viewer', '/')
    await page.getByRole('button', { name: /^Hold/ }).first().click()
    await page.getByRole('dialog').getByRole('textbox').first().fill('Stocktaking')
    await page.getByRole('dialog').getByRole('button', { name: /^Hold/ }).click()
    await watching.page.getByText('Stocktaking (operator)').first().waitFor()
    await page
      .getByRole('button', { name: /^Resume/ })
      .first()
      .click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Resume/ })
      .click()
    await watching.page.getByText('Stocktaking (operator)').first().waitFor({ state: 'detached' })
    expect(watching.faults).toEqual([])
  })

  run('reaches everything by the keyboard: a problem from the menu, its dialog and back', async () => {
    const id = dealOfShop('Typed pumps', 'NEW-5')
    await until(() => (shown(id)?.problem ?? null) !== null, 'the problem on the deal')
    const { page, faults } = await comeAs('operator', '/')
    await page.getByRole('heading', { level: 1 }).waitFor()
    const focused = () =>
      page.evaluate<string>(`(() => {
      const one = document.activeElement
      return one === null ? '' : (one.getAttribute('aria-label') ?? one.textContent ?? '').trim()
    })()`)
    const reach = async (name: RegExp) => {
      for (let step = 0; step < 150; step += 1) {
        await page.keyboard.press('Tab')
        if (name.test(await focused())) return
      }
      throw new Error(`nothing called ${name} is reached by the keyboard`)
    }
    await page.evaluate('document.activeElement.blur()')
    await reach(new RegExp(`^${en.shell.skip}$`))
    await page.keyboard.press('Enter')
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('content')
    await page.reload()
    await reach(new RegExp(`^${en.nav.problems}$`))
    await page.keyboard.press('Enter')
    await heading(page, en.problems.title)
    await page.getByRole('link', { name: /NEW-5/ }).first().waitFor()
    await reach(/NEW-5/)
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/problems\/\d+/)
    await page.getByRole('button', { name: en.problems.mute, exact: true }).waitFor()
    await reach(new RegExp(`^${en.problems.mute}$`))
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    // What is behind it is out of reach, and whoever leaves it is where they were.
    for (let step = 0; step < 10; step += 1) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate<boolean>(`document.activeElement.closest('[role=dialog]') !== null`)).toBe(true)
    }
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await until(async () => (await focused()) === en.problems.mute, 'the button that opened it')
    expect(faults).toEqual([])
  })

  run('sees no button that the own role does not have, and no page of admins', async () => {
    dealOfShop('Never ready', 'NEW-2')
    const viewer = await comeAs('viewer', '/problems')
    await viewer.page.getByText(/NEW-2/).first().waitFor()
    for (const name of [/^Retry/, /^Hold/, /^Run now/])
      expect(await viewer.page.getByRole('button', { name }).count()).toBe(0)
    expect(await viewer.page.getByRole('link', { name: en.nav.users }).count()).toBe(0)
    await viewer.page.goto(`${server.url}/users`)
    await viewer.page.getByText(en.users.noRight).first().waitFor()
    const operator = await comeAs('operator', '/problems')
    await operator.page
      .getByRole('button', { name: /^Retry/ })
      .first()
      .waitFor()
    expect(await operator.page.getByRole('link', { name: en.nav.users }).count()).toBe(0)
  })

  run(
    'changes a mapping: checked while typing, tried on the orders, published, carried by the next order, taken back',
    async () => {
      const before = dealOfShop('Before the change')
      await ordered(before)
      const made = (deal: string) => rig.odoo.store.orders().find((one) => dealOf(one.externalId ?? '') === deal)
      const file = 'mappings/odoo/order.yaml'
      const { page, faults } = await comeAs('mapper', `/mappings?file=${encodeURIComponent(file)}`)
      const editor = page.getByRole('textbox', { name: en.mappings.textOf.replace('{{file}}', file) })
      const line = editor.locator('.cm-line').filter({ hasText: /^ {2}client_order_ref: / })
      const write = async (text: string) => {
        await line.click()
        await page.keyboard.press('Home')
        await page.keyboard.press('Shift+End')
        await page.keyboard.type(text)
      }
      await write('client_order_ref: deal.nonsense')
      await page.getByText(/findings? keeps? it from being published/).waitFor()
      await page
        .getByText(/nonsense/)
        .nth(1)
        .waitFor()
      expect(await page.getByRole('button', { name: en.mappings.publish, exact: true }).isDisabled()).toBe(true)
      await write('client_order_ref: deal.name')
      await page.getByText(en.mappings.fine).waitFor()
      // It is not lost when one looks elsewhere.
      await page.getByRole('link', { name: en.nav.home, exact: true }).click()
      await page.getByRole('link', { name: en.nav.mappings, exact: true }).click()
      await page.getByRole('button', { name: en.mappings.try }).click()
      await page.getByRole('button', { name: en.trial.go }).click()
      const values = page.getByRole('table', { name: en.trial.fields })
      await values.getByText('Before the change', { exact: true }).first().waitFor()
      expect(made(before)?.reference).not.toBe('Before the change')

      await page.getByRole('button', { name: en.mappings.publish, exact: true }).click()
      await page.getByRole('dialog').getByLabel(en.mappings.note).fill('by name')
      await page.getByRole('dialog').getByRole('button', { name: en.mappings.publish }).click()
      await page
        .getByText(/Version \d+ is in force/)
        .first()
        .waitFor()
      const after = dealOfShop('After the change')
      await ordered(after)
      expect(made(after)?.reference).toBe('After the change')

      await page.getByRole('link', { name: en.versions.title }).click()
      await page.getByText('by name').first().waitFor()
      const [newest] = await server.opened.deps.ledger.revisions.list(1)
      expect(newest).toMatchObject({ actor: 'mapper', note: 'by name' })
      await page.goto(`${server.url}/mappings/versions/${(newest?.number ?? 0) - 1}`)
      await page.getByRole('button', { name: en.versions.revert }).click()
      await page.getByRole('dialog').getByRole('button', { name: en.versions.revert }).click()
      await page
        .getByText(/Version \d+ is in force/)
        .first()
        .waitFor()
      const last = dealOfShop('Taken back')
      await ordered(last)
      expect(made(last)?.reference).not.toBe('Taken back')
      expect(faults).toEqual([])
    },
  )

  run('reads mappings without the right to change them', async () => {
    const { page, faults } = await comeAs('operator', '/mappings')
    await page.getByText(en.mappings.whoMay).waitFor()
    await page.locator('.cm-content[contenteditable=false]').first().waitFor()
    expect(await page.getByRole('button', { name: en.mappings.publish, exact: true }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  run('changes how a sync decides and when it looks, and takes it to shadow and back', async () => {
    const { ledger } = server.opened.deps
    const { page, faults } = await comeAs('admin', '/syncs')
    await page.getByRole('link', { name: 'orders', exact: true }).click()
    await heading(page, 'orders')
    const dialog = page.getByRole('dialog')
    const choose = async (label: string, choice: string | RegExp) => {
      await page.getByRole('combobox', { name: label }).click()
      await page.getByRole('option', { name: choice, exact: true }).click()
    }
    const publish = async (note: string, button: string = en.syncs.change) => {
      await dialog.getByLabel(en.mappings.note).fill(note)
      await dialog.getByRole('button', { name: button }).click()
      await dialog.waitFor({ state: 'detached' })
      expect((await ledger.revisions.list(1))[0]).toMatchObject({ actor: 'admin', note })
    }
    const { confirm_leave_as_draft: draft, confirm_automatic: automatic } = en.policies.choices
    await choose(en.policies.names.confirm, draft)
    await dialog.getByText(automatic).waitFor()
    await publish('looked at first')
    const left = dealOfShop('Left a draft')
    await ordered(left)
    const order = rig.odoo.store.orders().find((one) => dealOf(one.externalId ?? '') === left)
    await until(() => shown(left)?.status !== null, 'the stage on the deal')
    expect(order?.state).toBe('draft')
    await choose(en.policies.names.confirm, automatic)
    await publish('as before')

    await page.getByRole('button', { name: en.schedule.change }).click()
    await dialog.getByRole('combobox', { name: en.schedule.how }).click()
    await page.getByRole('option', { name: 'Every 5 minutes' }).click()
    await publish('calm')
    await page.getByText('Every 5 minutes', { exact: true }).waitFor()
    const next = page.getByRole('list', { name: en.schedule.next }).getByRole('listitem')
    await next.nth(4).waitFor()
    await page.getByRole('button', { name: en.schedule.change }).click()
    await dialog.getByRole('combobox', { name: en.schedule.how }).click()
    await page.getByRole('option', { name: en.schedule.own }).click()
    await dialog.getByLabel(en.schedule.expression).fill('now and then')
    await dialog.getByRole('button', { name: en.syncs.change }).click()
    await dialog
      .getByRole('alert')
      .getByText(/not a cron expression/)
      .waitFor()
    await dialog.getByLabel(en.schedule.expression).fill('* * * * * *')
    await publish('busy')
    await page.getByText('Every second', { exact: true }).waitFor()

    await page.getByRole('button', { name: en.syncs.toShadow }).click()
    await publish('a look first', en.syncs.toShadow)
    await page.getByText(en.shadow.title).waitFor()
    const planned = dealOfShop('Planned in shadow')
    await page
      .getByRole('link', { name: /Planned in shadow/ })
      .first()
      .click()
    await page.getByText(en.order.actions.create).waitFor()
    await page.getByRole('link', { name: en.syncs.backTo.replace('{{name}}', 'orders') }).click()
    expect(shown(planned)?.orderNumber ?? null).toBeNull()
    await page.getByRole('button', { name: en.shadow.goLive }).click()
    await dialog.getByRole('link', { name: /Planned in shadow/ }).waitFor()
    expect(await dialog.getByRole('button', { name: en.shadow.goLive }).isDisabled()).toBe(true)
    await publish('agreed with sales', en.shadow.goLive)
    await ordered(planned)
    await page.getByText(en.home.live, { exact: true }).waitFor()
    expect(faults).toEqual([])
  })

  run('has deals of before the sync delivered: counted, queued, told, and there', async () => {
    const old = shop.wonEarlier('2025-06-01T00:00:00Z')
    const { page, faults } = await comeAs('operator', '/syncs/orders')
    await page.getByLabel(en.backfill.from, { exact: true }).fill('2025-05-01')
    await page.getByRole('button', { name: en.backfill.count }).click()
    await page.getByRole('button', { name: /^Deliver \d+ deal/ }).click()
    await ordered(old)
    await page.getByText(en.backfill.last).waitFor()
    await page.getByText(/^\d+ of \d+ deals? done/).waitFor()
    expect(await page.getByRole('button', { name: en.schedule.change }).count()).toBe(0)
    await page.getByRole('button', { name: en.comparison.go }).click()
    await page
      .getByText(/\d+ won(,| =) \d+ orders/)
      .first()
      .waitFor()
    await page.goto(`${server.url}/orders/${old}`)
    await page
      .getByText(shown(old)?.orderNumber ?? '?')
      .first()
      .waitFor()
    expect(faults).toEqual([])
  })

  run('sees what is open and what a channel answers to a test', async () => {
    const stuck = dealOfShop('Told nowhere', 'NEW-9')
    await until(() => (shown(stuck)?.problem ?? null) !== null, 'the problem on the deal')
    const { page, faults } = await comeAs('admin', '/alerts')
    await page.getByText(/NEW-9/).first().waitFor()
    await page.getByText(en.alerts.toldNowhere).first().waitFor()
    await page.getByRole('button', { name: en.alerts.testWho.replace('{{name}}', 'office') }).click()
    await page.getByText(/^It took the message: /).waitFor()
    expect(JSON.stringify(webhook.posts)).toContain('office')
    const viewer = await comeAs('operator', '/alerts')
    await viewer.page.getByText('office').first().waitFor()
    expect(await viewer.page.getByRole('button', { name: /^Send a test/ }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  run('adds a person, who comes in by the link', async () => {
    const { page } = await comeAs('admin', '/users')
    await page.getByRole('button', { name: 'Add person' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').nth(0).fill('ida@acme.test')
    await dialog.getByRole('textbox').nth(1).fill('Ida')
    await dialog.getByRole('button', { name: 'Add person' }).click()
    const link = page.getByRole('textbox', { name: en.users.link })
    const [, path = ''] = /(\/setup#[\w-]{43})/.exec(await link.inputValue()) ?? []
    const ida = await come()
    await ida.page.goto(`${server.url}${path}`)
    for (const field of passwordsIn(ida.page)) await field.fill(password)
    await ida.page.getByRole('button', { name: en.setup.submit }).click()
    await ida.page.getByRole('button', { name: /Ida/ }).waitFor()
    expect(ida.faults).toEqual([])
  })
})

const pagesOf = (deal: string, problem: string, secret: string) => [
  ...['/', '/problems', `/problems/${problem}`, '/orders', `/orders/${deal}`, '/activity', '/users', '/audit'],
  ...['/problems?show=muted', '/problems?show=closed'],
  ...['/syncs', '/syncs/orders', '/syncs/fulfilment', `/syncs/orders/${deal}`, '/alerts'],
  ...['/connections', '/connections/new', '/connections/hubspot', '/api-reference'],
  ...['/mappings', '/mappings/versions', '/mappings/versions/1', `/share#${secret}`, '/share'],
]
/** All texts of a page, those for screen readers among them. */
const allTexts = `(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const found = []
  while (walker.nextNode() !== null) {
    // Words of the server's own, which a page marks as what they are.
    if (walker.currentNode.parentElement.closest('[lang]')?.lang !== document.documentElement.lang) continue
    found.push(walker.currentNode.textContent.trim())
  }
  for (const name of ['aria-label', 'placeholder', 'title'])
    for (const one of document.querySelectorAll('[' + name + ']')) found.push(one.getAttribute(name))
  return found
})()`

/** Once everything that it shows has come. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.locator('.mantine-Skeleton-root, .mantine-Loader-root').first().waitFor({ state: 'detached' })
}

describe('every page', () => {
  let deal = ''
  let problem = ''
  let secret = ''
  beforeAll(async () => {
    if (browserMissing) return
    deal = dealOfShop(`Named ${script}`)
    const stuck = dealOfShop(`Stuck ${script}`, `SKU ${script}`)
    await ordered(deal)
    await until(() => (shown(stuck)?.problem ?? null) !== null, 'the problem on the deal')
    secret = (await openCrosswalk(server.opened.projects, server.opened.deps).share(deal, { days: 1 })).secret
    const { ledger } = server.opened.deps
    problem = (await ledger.problems.list({ max: 50 })).find((one) => one.message.includes('onerror'))?.id ?? ''
  })

  run('shows what a CRM holds as text, and runs nothing of it', async () => {
    const { page, faults } = await comeAs('admin')
    const texts: string[] = []
    for (const path of pagesOf(deal, problem, secret)) {
      await page.goto(`${server.url}${path}`)
      await settled(page)
      texts.push(await page.locator('main').innerText())
      expect(await page.locator('main img, main script').count()).toBe(0)
    }
    expect(texts.filter((text) => text.includes('<img src=x onerror=')).length).toBeGreaterThan(2)
    expect(faults).toEqual([])
  })

  describe.each([
    ['light', false],
    ['dark', true],
  ])('in the %s theme', (_name, dark) => {
    run('has nothing that keeps people from using it', async () => {
      const { page } = await comeAs('admin', '/', { dark })
      const found: string[] = []
      for (const path of pagesOf(deal, problem, secret)) {
        await page.goto(`${server.url}${path}`)
        await settled(page)
        await page.evaluate(axe.source)
        type Violation = { id: string; impact: string; nodes: { html: string }[] }
        const results = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)')
        for (const { id, impact, nodes } of results)
          if (impact === 'serious' || impact === 'critical')
            found.push(`${path} ${id} ${nodes.length} ${nodes[0]?.html.slice(0, 200)}`)
      }
      expect(found).toEqual([])
    })
  })

  run('fits on a phone without scrolling sideways', async () => {
    const { page } = await comeAs('operator', '/', { width: 390 })
    for (const path of [
      ...['/', '/problems', '/problems?show=closed', `/problems/${problem}`, `/orders/${deal}`],
      ...['/mappings', '/connections', '/connections/new', `/share#${secret}`],
      ...['/syncs/orders', '/alerts'],
    ]) {
      await page.goto(`${server.url}${path}`)
      await settled(page)
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')
      expect([path, wide]).toEqual([path, 0])
    }
  })

  run('is in Chinese for who reads that, with no English left', async () => {
    const { page, faults } = await comeAs('admin', '/', { locale: 'zh-CN' })
    expect(await page.evaluate<string>('document.documentElement.lang')).toMatch(/^zh/)
    const leaves = (texts: object, place = ''): [string, string][] =>
      Object.entries(texts).flatMap(([key, value]) =>
        typeof value === 'string' ? [[`${place}${key}`, value]] : leaves(value, `${place}${key}.`),
      )
    const chinese = new Set(leaves(zh).map(([, text]) => text))
    // Whole texts that are English alone: words of one kind with names and values are left to the next test.
    const english = new Map(
      leaves(en)
        .filter(([, text]) => /[a-z]{3}/i.test(text) && !chinese.has(text))
        .map(([key, text]) => [text, key]),
    )
    const left: string[] = []
    for (const path of pagesOf(deal, problem, secret)) {
      await page.goto(`${server.url}${path}`)
      await settled(page)
      const texts = await page.evaluate<string[]>(allTexts)
      left.push(...texts.flatMap((text) => (english.has(text) ? [`${path}: ${text}`] : [])))
    }
    expect(left).toEqual([])
    expect(faults).toEqual([])
  })
})

// It knows the types of the server alone, so that these stand there a second time.
test('kinds of problems and stages of orders are those of the server, in the same words', () => {
  expect(en.kinds).toEqual(problemTitles)
  expect(Object.keys(en.stages).sort()).toEqual([...stages, 'none'].sort())
})

test('every English text has a Chinese one, which is Chinese', () => {
  const leaves = (texts: object, place = ''): [string, string][] =>
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === 'string' ? [[`${place}${key}`, value]] : leaves(value, `${place}${key}.`),
    )
  const chinese = new Map(leaves(zh))
  // Chinese has one plural.
  const keys = leaves(en).map(([key]) => key.replace(/_one$/, '_other'))
  expect(keys.filter((key) => !chinese.has(key))).toEqual([])
  const places = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort()
  const english = new Map(leaves(en))
  for (const [key, text] of chinese) {
    expect([key, places(text)]).toEqual([key, places(english.get(key) ?? '')])
  }
  const without = [...chinese].filter(
    ([key, text]) => !/\p{Script=Han}/u.test(text) && /[a-z]{3}/i.test(english.get(key) ?? ''),
  )
  expect(without).toEqual(without.filter(([, text]) => /^[A-Z]|\{\{/.test(text)))
})
