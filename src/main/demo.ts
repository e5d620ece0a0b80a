import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator.ts'
import { startOdooSimulator } from '../../connectors/odoo/simulator.ts'
import { openCrosswalk } from '../app/open.ts'
import type { CliDeps, ExitCode } from '../cli/deps.ts'
import { runCli } from '../cli/program.ts'
import { SyncError } from '../core/problem.ts'
import { systemClock } from './clock.ts'
import { seedDemo } from './demo-deals.ts'
import { openProcess } from './process.ts'
import { startServer } from './server.ts'

const hookToken = 'demo-token-only-on-this-machine'
const hookSecret = 'demo-secret-only-on-this-machine'
const settleLimitMs = 180_000

/**
 * Runs the whole job between two simulated systems: deals are won, orders made, produced, shipped, invoiced and paid on
 * the simulated ERP's clock, and all of it comes back. Ends when everything is settled (`once`) or at Ctrl-C.
 * @returns 1 when it did not settle in time
 */
export async function runDemo(
  options: { once: boolean; crm: string; erp: string; verbose: boolean; signal: AbortSignal },
  deps: CliDeps,
): Promise<ExitCode> {
  if (options.crm !== 'hubspot' || options.erp !== 'odoo') {
    throw new SyncError(`The demo cannot pair ${options.crm} with ${options.erp}`, {
      problem: { kind: 'configuration_invalid', path: 'demo' },
      fix: 'Use --crm hubspot --erp odoo.',
    })
  }
  const root = await mkdtemp(join(tmpdir(), 'crosswalk-demo-'))
  const closing: (() => Promise<unknown>)[] = [() => rm(root, { recursive: true, force: true, maxRetries: 5 })]
  try {
    deps.err('Starting PostgreSQL, a simulated HubSpot and a simulated Odoo …\n')
    const hubspot = await startHubspotSimulator({})
    closing.push(() => hubspot.close())
    const odoo = await startOdooSimulator({ pricelists: ['USD', 'GBP'] })
    closing.push(() => odoo.close())
    const { won, storyDeal } = seedDemo(hubspot, odoo)
    const project = { config: join(root, 'config', 'crosswalk.yaml'), home: join(root, 'home') }
    await mkdir(join(root, 'config'))
    await writeFile(project.config, stringify(configuration(hubspot.url, odoo.url)))
    const quiet = {
      logLevel: options.verbose ? ('debug' as const) : ('error' as const),
      log: (line: string) => deps.err(line),
    }
    const first = await openProcess({ ...project, environment: {}, ...quiet })
    await openCrosswalk(first.project, first.deps, { testFile: first.files.testFile }).setup('hubspot')
    await first.close()
    const server = await startServer({
      ...project,
      environment: {},
      role: 'all',
      ...quiet,
    })
    closing.push(() => server.close())
    const crosswalk = openCrosswalk(server.opened.project, server.opened.deps, {
      testFile: server.opened.files.testFile,
    })
    hubspot.store.sendWebhooks({ url: `${server.url}/hooks/hubspot/${hookToken}`, clientSecret: hookSecret })

    const cli = (...args: string[]) => runCli(['--config', project.config, '--home', project.home, ...args], deps)
    const bar = progressLine(deps)
    const settled = await settle(crosswalk, odoo, won, bar, options.signal)
    bar.end()
    if (options.signal.aborted) return 0
    deps.out(`\n${won} won deals:\n\n`)
    await cli('deals', '--max', '60')
    deps.out('\nThese wait for a person:\n\n')
    await cli('problems')
    deps.out(`\nOne deal from closed-won to paid:\n\n`)
    await cli('timeline', 'deal', storyDeal)
    if (!settled) deps.err('\nNot everything was settled in time.\n')
    if (options.once) return settled ? 0 : 1
    deps.err(
      `\nStill running, at ${server.url}: every step of the ERP's clock takes two seconds. Look around in another terminal:\n` +
        `  npx crosswalk --config ${project.config} --home ${project.home} status\n` +
        'Ctrl-C ends it and removes its files.\n',
    )
    while (!options.signal.aborted) {
      await systemClock.sleep(2_000, options.signal)
      odoo.store.tick()
    }
    return 0
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

/** Moves the ERP's clock until every deal's order is paid or waits for a person, and HubSpot shows it. */
async function settle(
  crosswalk: ReturnType<typeof openCrosswalk>,
  odoo: Awaited<ReturnType<typeof startOdooSimulator>>,
  won: number,
  bar: { show(text: string, done: number, total: number): void },
  signal: AbortSignal,
): Promise<boolean> {
  const until = Date.now() + settleLimitMs
  while (Date.now() < until && !signal.aborted) {
    const { orders, syncs } = await crosswalk.status()
    const waiting = await crosswalk.problems({ sync: 'orders', max: 1000 })
    const parked = waiting.reduce((sum, problem) => sum + problem.waiting, 0)
    const count = (stages: readonly string[]) =>
      orders.filter((one) => stages.includes(one.stage ?? '')).reduce((sum, one) => sum + one.count, 0)
    const made = orders.filter((one) => one.state === 'linked').reduce((sum, one) => sum + one.count, 0)
    const paid = count(['paid'])
    const shipped = count(['shipped', 'invoiced', 'partly_paid', 'paid'])
    const idle = syncs.every(
      (sync) => sync.inbox === null || sync.inbox.due + sync.inbox.inWork + sync.inbox.later === 0,
    )
    bar.show(`${made} orders, ${shipped} shipped, ${paid} paid, ${parked} wait for a person`, paid + parked, won)
    if (paid + parked >= won && idle) return true
    if (idle && made + parked >= won) odoo.store.tick()
    await systemClock.sleep(700, signal)
  }
  return false
}

function progressLine(deps: CliDeps) {
  const width = 24
  let last = ''
  return {
    show(text: string, done: number, total: number) {
      const filled = Math.round((width * Math.min(done, total)) / total)
      const line = `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${text}`
      if (line === last) return
      last = line
      deps.err(deps.errColumns === null ? `${line}\n` : `\r\x1b[2K${line}`)
    },
    end: () => deps.err('\n'),
  }
}

const configuration = (hubspotUrl: string, odooUrl: string) => ({
  connections: {
    hubspot: {
      system: 'hubspot',
      settings: { baseUrl: hubspotUrl, accessToken: 'test-token', webhookSecret: hookSecret, indexDelaySeconds: 5 },
      webhook_token: hookToken,
    },
    odoo: {
      system: 'odoo',
      settings: { url: odooUrl, database: 'demo', username: 'admin', password: 'admin' },
    },
  },
  syncs: {
    orders: {
      document: 'deal',
      from: 'hubspot',
      to: 'odoo',
      since: '2020-01-01T00:00:00Z',
      schedule: { cron: '*/2 * * * * *' },
    },
    fulfilment: {
      document: 'fulfilment',
      from: 'odoo',
      to: 'hubspot',
      of: 'orders',
      schedule: { cron: '* * * * * *' },
    },
  },
  server: { port: 0 },
})
