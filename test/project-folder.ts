import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Crosswalk } from '../src/app/crosswalk.ts'
import { openCrosswalk } from '../src/app/open.ts'
import { type Opened, openProcess } from '../src/main/process.ts'
import type { Clock } from '../src/ports/clock.ts'
import { seedHome } from './ledger/cluster.ts'

/** A project in a folder of its own, between two systems that are there already. */
export interface ProjectFolder {
  /** Path of its config/crosswalk.yaml. */
  readonly config: string
  readonly home: string
  /** Log lines of the processes opened here. */
  readonly log: readonly string[]
  /** Opens the project in this process, once more at each call. */
  open(): Promise<OpenProject>
  /** Writes the configuration anew, with these changes. */
  configure(change: ConfigChange): Promise<void>
  /** Runs the command line as a process of its own. */
  cli(...args: readonly string[]): Child
  /** Loses the ledger: the embedded database and its key. */
  forget(): Promise<void>
  /** Removes the folder. */
  remove(): Promise<void>
}
export type OpenProject = Opened & { readonly crosswalk: Crosswalk }

interface Child {
  readonly pid: number
  /** What was printed, and the exit code; null when it was killed. */
  readonly done: Promise<{ code: number | null; out: string; err: string }>
  /** What went to standard error so far. */
  printed(): string
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): void
}

type Change = Readonly<Record<string, unknown>>
export interface ConfigChange {
  readonly orders?: Change
  readonly fulfilment?: Change
  /** Settings of the two connections. */
  readonly crm?: Change
  readonly erp?: Change
  readonly server?: Change
  readonly alerts?: Change
}
/** A system to connect to. Its connection has the system's name. */
interface Side {
  readonly system: string
  readonly settings: Change
}

export const webhookToken = 'a-token-of-the-tests-0123456789'

/**
 * Deals won from 2026-01-01 on are taken, without schedules and without a guard, unless told otherwise.
 * @param clock  of what is opened in this process; the system's own unless given
 */
export async function openProjectFolder(
  { crm, erp }: { readonly crm: Side; readonly erp: Side },
  first: ConfigChange,
  environment: Readonly<Record<string, string>> = {},
  clock?: Clock,
): Promise<ProjectFolder> {
  const root = await mkdtemp(join(tmpdir(), 'crosswalk-'))
  const config = join(root, 'config', 'crosswalk.yaml')
  const home = join(root, 'home')
  const log: string[] = []
  await mkdir(join(root, 'config'))

  let current: ConfigChange = first
  async function configure(change: ConfigChange): Promise<void> {
    const merged = (name: keyof ConfigChange) => ({ ...current[name], ...change[name] })
    current = {
      orders: merged('orders'),
      fulfilment: merged('fulfilment'),
      crm: merged('crm'),
      erp: merged('erp'),
      server: merged('server'),
      alerts: merged('alerts'),
    }
    const connection = ({ system, settings }: Side, change: Change | undefined) => ({
      system,
      settings: { ...settings, ...change },
      webhook_token: webhookToken,
    })
    const connections = {
      [crm.system]: connection(crm, current.crm),
      [erp.system]: connection(erp, current.erp),
    }
    const orders = {
      document: 'deal',
      from: crm.system,
      to: erp.system,
      schedule: null,
      since: '2026-01-01T00:00:00Z',
      guard: { orders_per_hour: 1_000_000 },
      ...current.orders,
    }
    const fulfilment = {
      document: 'fulfilment',
      from: erp.system,
      to: crm.system,
      of: 'orders',
      schedule: null,
      ...current.fulfilment,
    }
    const server = { port: 0, ...current.server }
    await writeFile(config, stringify({ connections, syncs: { orders, fulfilment }, server, alerts: current.alerts }))
  }
  await configure({})
  await seedHome(home)

  return {
    config,
    home,
    log,
    configure,
    async open() {
      const opened = await openProcess({
        config,
        home,
        environment,
        log: (line) => void log.push(line),
        ...(clock === undefined ? {} : { clock }),
      })
      const crosswalk = openCrosswalk(opened.projects, opened.deps)
      return { ...opened, crosswalk }
    },
    cli(...args) {
      const child = spawn(process.execPath, ['bin/crosswalk.js', '--config', config, '--home', home, ...args], {
        cwd: join(import.meta.dirname, '..'),
        env: { ...process.env, ...environment, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const out: Buffer[] = []
      const err: Buffer[] = []
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
      const done = new Promise<{ code: number | null; out: string; err: string }>((resolve, reject) => {
        child.once('error', reject)
        child.once('close', (code) =>
          resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
        )
      })
      const printed = () => Buffer.concat(err).toString()
      return { pid: child.pid ?? 0, done, printed, kill: (signal) => void child.kill(signal) }
    },
    async forget() {
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
      await seedHome(home)
    },
    remove: () => rm(root, { recursive: true, force: true, maxRetries: 5 }),
  }
}
