import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import { openAccounts } from '../app/accounts/accounts.ts'
import { openCrosswalk } from '../app/open.ts'
import type { CliDeps, ExitCode } from '../cli/deps.ts'
import { paintOf } from '../cli/paint.ts'
import { runCli } from '../cli/program.ts'
import { columnsOfFiles, cut } from '../cli/text.ts'
import { SyncError } from '../core/problem.ts'
import type { ErpWorld, SimulatedSystem } from '../simulator/world.ts'
import { systemClock } from './clock.ts'
import { serveControl } from './demo-control.ts'
import { keepLively, openShop, seedDemo } from './demo-deals.ts'
import { demoPassword, menu, type Titles } from './demo-menu.ts'
import { openPlay } from './demo-play.ts'
import { watchDemo } from './demo-watch.ts'
import { openProcess } from './process.ts'
import { startServer } from './server.ts'

const hookToken = 'demo-token-only-on-this-machine'
const settleLimitMs = 180_000
/** Beside the company's own. */
const currencies = ['USD', 'GBP']

/**
 * Runs the whole job between two simulated systems: deals are won, orders made, produced, shipped, invoiced and paid on
 * the simulated ERP's clock, and all of it comes back. With `once` it ends when everything is settled; else it stays
 * lively, and takes what people do from other terminals, until Ctrl-C.
 * @returns 1 when it did not settle in time
 */
export async function runDemo(
  options: Parameters<CliDeps['demo']>[0] & {
    readonly port: number
    readonly titles: Titles
    readonly log: (line: string) => void
  },
  deps: CliDeps,
): Promise<ExitCode> {
  const { titles } = options
  const startCrm = simulatedCrms[options.crm]
  const startErp = simulatedErps[options.erp]
  if (startCrm === undefined || startErp === undefined) {
    const pairs = `--crm ${Object.keys(simulatedCrms).join('|')} --erp ${Object.keys(simulatedErps).join('|')}`
    throw new SyncError(`The demo cannot pair ${options.crm} with ${options.erp}`, {
      problem: { kind: 'configuration_invalid', path: 'demo' },
      fix: `Use ${pairs}.`,
    })
  }
  const root = await mkdtemp(join(tmpdir(), 'crosswalk-demo-'))
  const closing: (() => Promise<unknown>)[] = [() => rm(root, { recursive: true, force: true, maxRetries: 5 })]
  try {
    const crm = await startCrm({ currencies })
    closing.push(() => crm.close())
    const erp = await startErp({ currencies })
    closing.push(() => erp.close())
    const { won, storyDeal } = seedDemo(crm.crm, erp.erp)
    const project = { config: join(root, 'config', 'crosswalk.yaml'), home: join(root, 'home') }
    await mkdir(join(root, 'config'))
    await writeFile(project.config, stringify(configuration(options, crm, erp)))
    const quiet = {
      logLevel: options.verbose ? ('debug' as const) : ('error' as const),
      log: options.log,
    }
    const first = await openProcess({ ...project, environment: {}, ...quiet })
    await openCrosswalk(first.projects, first.deps).setup(options.crm)
    await first.close()
    const server = await startServer({
      ...project,
      environment: {},
      role: 'all',
      port: options.port,
      ...quiet,
    })
    closing.push(() => server.close())
    const accounts = openAccounts(server.opened.deps.ledger)
    await accounts.redeem((await accounts.setUp()) ?? '', demoPassword)
    const crosswalk = openCrosswalk(server.opened.projects, server.opened.deps).as(deps.actor)
    crm.sendWebhooks(`${server.url}/hooks/${options.crm}/${hookToken}`)
    const shop = openShop(crm.crm, erp.erp)
    if (!options.once) {
      const play = openPlay({ crosswalk, shop, erp, erpName: options.erp, titles })
      closing.push(await serveControl({ home: options.home, config: project.config, demoHome: project.home }, play))
    }

    const cli = (...args: string[]) => runCli(['--config', project.config, '--home', project.home, ...args], deps)
    const bar = progressLine(deps)
    const settled = await settle(crosswalk, erp.erp, won, bar, options.signal)
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
    deps.out(`\n${menu(titles)}\nWhat happens from now on:\n\n`)
    const look = { paint: paintOf(deps.color), columns: deps.outColumns ?? columnsOfFiles, zone: deps.timeZone }
    await Promise.all([watchDemo(crosswalk, look, deps.out, options.signal), keepLively(shop, erp.erp, options.signal)])
    return 0
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

/** Advances the ERP's clock until every deal's order is paid or waits for a person, and the CRM shows it. */
async function settle(
  crosswalk: ReturnType<typeof openCrosswalk>,
  erp: ErpWorld,
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
    if (idle && made + parked >= won) erp.tick()
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
      const line = cut(`[${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${text}`, (deps.errColumns ?? 101) - 1)
      if (line === last) return
      last = line
      deps.err(deps.errColumns === null ? `${line}\n` : `\r\x1b[2K${line}`)
    },
    end: () => deps.err('\n'),
  }
}

const configuration = (names: { crm: string; erp: string }, crm: SimulatedSystem, erp: SimulatedSystem) => ({
  connections: {
    [names.crm]: { system: names.crm, settings: crm.settings, webhook_token: hookToken },
    [names.erp]: { system: names.erp, settings: erp.settings },
  },
  syncs: {
    orders: {
      document: 'deal',
      from: names.crm,
      to: names.erp,
      since: '2020-01-01T00:00:00Z',
      schedule: { cron: '*/2 * * * * *' },
      // It wins deals for as long as it runs.
      guard: { orders_per_hour: 10_000 },
    },
    fulfilment: {
      document: 'fulfilment',
      from: names.erp,
      to: names.crm,
      of: 'orders',
      schedule: { cron: '* * * * * *' },
    },
  },
})
