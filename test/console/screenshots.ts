import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { demoPassword } from '../../src/main/demo-menu.ts'
import { browserMissing, openBrowser, visit } from './browser.ts'

/*
 * Photographs every page of the console, with the data of the demo, in both languages and both themes:
 *   npm run screenshots -- [folder]
 */

const root = resolve(import.meta.dirname, '../..')
const folder = resolve(process.argv[2] ?? join(root, 'dist/screenshots'))

/** Starts the demo, and waits until it is settled. @returns the address of its console */
async function startDemo(cwd: string): Promise<{ readonly url: string; readonly demo: ChildProcess }> {
  const demo = spawn(process.execPath, [join(root, 'bin/crosswalk.js'), 'demo'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  const url = await new Promise<string>((settled, failed) => {
    const take = (chunk: Buffer) => {
      printed += chunk.toString()
      if (printed.includes('What happens from now on')) settled(/Console: (\S+)/.exec(printed)?.[1] ?? '')
    }
    demo.stdout.on('data', take)
    demo.stderr.on('data', take)
    demo.once('exit', (code) => failed(new Error(`the demo ended with ${code}:\n${printed}`)))
  })
  return { url, demo }
}

/** The address of a link to an order. @param place  of its page */
const shareOf = (page: Page, place: string) =>
  page.evaluate<string>(`fetch('/api/v1/deals/${/\d+/.exec(place)?.[0]}/share', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"days":1}',
  }).then((answer) => answer.json()).then(({ link }) => link)`)

async function photograph(url: string): Promise<void> {
  const browser = await openBrowser()
  try {
    for (const locale of ['en-GB', 'zh-CN'])
      for (const dark of [false, true])
        for (const width of [1280, 390]) {
          const { page, context } = await visit(browser, { locale, dark, width })
          const name = (what: string) =>
            join(folder, [what, locale.slice(0, 2), dark ? 'dark' : 'light', width].join('-').concat('.png'))
          await page.goto(url)
          await page.locator('input[type=password]').waitFor()
          await page.screenshot({ path: name('sign-in') })
          await page.locator('form input').first().fill('admin')
          await page.locator('input[type=password]').fill(demoPassword)
          await page.locator('form button[type=submit]').click()
          await page.getByRole('navigation').first().waitFor({ state: 'attached' })
          const link = async (path: string, pattern: RegExp) => {
            await page.goto(`${url}${path}`)
            const found = page.locator('main a[href]')
            await found.first().waitFor()
            const places = await found.evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''))
            return places.find((place) => pattern.test(place)) ?? path
          }
          const pages = {
            home: '/',
            problems: '/problems',
            problem: await link('/problems', /^\/problems\/\d+/),
            'problems-closed': '/problems?show=closed',
            orders: '/orders',
            order: await link('/orders?text=Kiel', /^\/orders\/\d+/),
            'order-that-waits': await link(await link('/problems', /^\/problems\/\d+/), /^\/orders\/\d+/),
            syncs: '/syncs',
            sync: await link('/syncs', /^\/syncs\/\w+/),
            activity: '/activity',
            alerts: '/alerts',
            mappings: '/mappings',
            versions: '/mappings/versions',
            connections: '/connections',
            connect: '/connections/new',
            'api-reference': '/api-reference',
            users: '/users',
            audit: '/audit',
            share: await shareOf(page, await link('/orders?text=Kiel', /^\/orders\/\d+/)),
          }
          for (const [what, path] of Object.entries(pages)) {
            await page.goto(`${url}${path}`)
            await page.locator('main h1').waitFor()
            await page.waitForLoadState('networkidle')
            await page.screenshot({ path: name(what), fullPage: true })
          }
          await context.close()
        }
  } finally {
    await browser.close()
  }
}

if (browserMissing) process.exit(1)
await mkdir(folder, { recursive: true })
const cwd = await mkdtemp(join(tmpdir(), 'crosswalk-screenshots-'))
const { url, demo } = await startDemo(cwd)
try {
  await photograph(url)
  process.stdout.write(`${folder}\n`)
} finally {
  demo.removeAllListeners('exit')
  demo.kill('SIGINT')
  await rm(cwd, { recursive: true, force: true })
}
