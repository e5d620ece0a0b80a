import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

/** Where Debian and macOS have it. */
const places = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
const executablePath = places.find((path) => path !== '' && existsSync(path))
export const browserMissing = executablePath === undefined
if (browserMissing)
  process.stderr.write(
    '\nThe console is NOT tested: there is no Chromium here. Install it (apt-get install chromium), or name one in CHROMIUM.\n\n',
  )
export const isBuilt = existsSync(join(import.meta.dirname, '../../dist/console/index.html'))

export interface Visit {
  readonly page: Page
  /** What went wrong in the browser: exceptions, errors of the console, what the security policy stopped, dialogs. */
  readonly faults: readonly string[]
  readonly context: BrowserContext
}

export function openBrowser(): Promise<Browser> {
  // Without a sandbox of its own, as tests in containers run as root.
  return chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

/** A browser of somebody who was never here. */
export async function visit(
  browser: Browser,
  {
    locale = 'en-GB',
    dark = false,
    width = 1280,
    script,
  }: { locale?: string; dark?: boolean; width?: number; script?: string } = {},
): Promise<Visit> {
  const context = await browser.newContext({
    locale,
    colorScheme: dark ? 'dark' : 'light',
    viewport: { width, height: 800 },
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
  })
  if (script !== undefined) await context.addInitScript(script)
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    // A refused request is a line of the browser's own; what the page made of it is looked at by the tests.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(`console: ${message.text()}`)
  })
  return { page, faults, context }
}
