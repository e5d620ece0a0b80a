import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { startHubspotSimulator } from '../connectors/hubspot/simulator.ts'
import { startOdooSimulator } from '../connectors/odoo/simulator.ts'
import type { Crosswalk } from '../src/app/crosswalk.ts'
import { openCrosswalk } from '../src/app/open.ts'
import { type Opened, openProcess } from '../src/main/process.ts'

type Hubspot = Awaited<ReturnType<typeof startHubspotSimulator>>
type Odoo = Awaited<ReturnType<typeof startOdooSimulator>>

/** A project in a folder of its own between a simulated HubSpot and a simulated (or given) Odoo. */
export interface Rig {
  readonly hubspot: Hubspot
  readonly odoo: Odoo
  /** Path of its config/crosswalk.yaml. */
  readonly config: string
  readonly home: string
  /** Log lines of the processes opened here. */
  readonly log: readonly string[]
  /** Opens the project in this process, once more at each call. */
  open(): Promise<Opened & { readonly crosswalk: Crosswalk }>
  /** Writes the configuration anew, with these changes. */
  configure(change: ConfigChange): Promise<void>
  /** Runs the command line as a process of its own. */
  cli(...args: readonly string[]): Child
  close(): Promise<void>
}

export interface Child {
  readonly pid: number
  /** What was printed, and the exit code; null when it was killed. */
  readonly done: Promise<{ code: number | null; out: string; err: string }>
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT'): void
}

export interface ConfigChange {
  readonly orders?: Readonly<Record<string, unknown>>
  readonly fulfilment?: Readonly<Record<string, unknown>>
  readonly hubspot?: Readonly<Record<string, unknown>>
  readonly odoo?: Readonly<Record<string, unknown>>
  readonly server?: Readonly<Record<string, unknown>>
}

export interface RigOptions extends ConfigChange {
  readonly hubspotOptions?: Parameters<typeof startHubspotSimulator>[0]
  readonly odooOptions?: Parameters<typeof startOdooSimulator>[0]
  readonly environment?: Readonly<Record<string, string>>
}

export const webhookToken = 'a-token-of-the-tests-0123456789'
export const webhookSecret = 'secret-of-the-webhook-app'

/** Deals won from 2026-01-01 on are taken, without schedules and without a guard, unless told otherwise. */
export async function openRig(options: RigOptions = {}): Promise<Rig> {
  const root = await mkdtemp(join(tmpdir(), 'crosswalk-'))
  const hubspot = await startHubspotSimulator(options.hubspotOptions)
  const odoo = await startOdooSimulator(options.odooOptions)
  const config = join(root, 'config', 'crosswalk.yaml')
  const home = join(root, 'home')
  const log: string[] = []
  const environment = { ...options.environment }
  await mkdir(join(root, 'config'))

  let current: ConfigChange = options
  async function configure(change: ConfigChange): Promise<void> {
    const merged = (name: keyof ConfigChange) => ({ ...current[name], ...change[name] })
    current = {
      orders: merged('orders'),
      fulfilment: merged('fulfilment'),
      hubspot: merged('hubspot'),
      odoo: merged('odoo'),
      server: merged('server'),
    }
    await writeFile(
      config,
      stringify({
        connections: {
          hubspot: {
            system: 'hubspot',
            settings: { baseUrl: hubspot.url, accessToken: 'test-token', webhookSecret, ...current.hubspot },
            webhook_token: webhookToken,
          },
          odoo: {
            system: 'odoo',
            settings: { url: odoo.url, database: 'demo', username: 'admin', password: 'admin', ...current.odoo },
            webhook_token: webhookToken,
          },
        },
        syncs: {
          orders: {
            document: 'deal',
            from: 'hubspot',
            to: 'odoo',
            schedule: null,
            since: '2026-01-01T00:00:00Z',
            guard: { orders_per_hour: 1_000_000 },
            ...current.orders,
          },
          fulfilment: {
            document: 'fulfilment',
            from: 'odoo',
            to: 'hubspot',
            of: 'orders',
            schedule: null,
            ...current.fulfilment,
          },
        },
        server: { port: 0, ...current.server },
      }),
    )
  }
  await configure({})

  return {
    hubspot,
    odoo,
    config,
    home,
    log,
    configure,
    async open() {
      const opened = await openProcess({ config, home, environment, log: (line) => void log.push(line) })
      const crosswalk = openCrosswalk(opened.project, opened.deps, { testFile: opened.files.testFile })
      return { ...opened, crosswalk }
    },
    cli(...args) {
      const child = spawn(process.execPath, ['src/main/cli.ts', '--config', config, '--home', home, ...args], {
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
      return { pid: child.pid ?? 0, done, kill: (signal) => void child.kill(signal) }
    },
    async close() {
      await hubspot.close()
      await odoo.close()
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
