import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApi } from '../api/api.ts'
import { signOnPaths } from '../api/single-sign-on.ts'
import type { SingleSignOn } from '../api/use-cases.ts'
import { openAccounts } from '../app/accounts/accounts.ts'
import { openAlerts } from '../app/alerts/alerts.ts'
import { openJobs } from '../app/engine/jobs.ts'
import { missedNightMs } from '../app/engine/purge.ts'
import { followStreams } from '../app/engine/streams.ts'
import { knowsHook, receiveWebhook } from '../app/engine/webhooks.ts'
import { type Live, openLive } from '../app/live.ts'
import { openCrosswalk } from '../app/open.ts'
import type { Config } from '../app/project/config.ts'
import type { Project } from '../app/project/project.ts'
import { rotateSecret } from '../app/project/rotate.ts'
import { openIdentityProvider } from '../oidc/provider.ts'
import type { Job, Queue } from '../ports/queue.ts'
import { openQueue } from '../queue/queue.ts'
import { secretFile } from './files.ts'
import { keepUp, type Task } from './keep-up.ts'
import { apiTokenFile, builtConsole, type Opened, openProcess, type ProcessOptions, sameSecret } from './process.ts'
import { storeAddress } from './store-address.ts'

export interface ServerOptions extends ProcessOptions {
  readonly role: 'all' | 'api' | 'worker'
  /** Over the configuration's own. */
  readonly port?: number
}

/** Of a request with its body, and of its headers: who is slower holds a connection and has nothing to say. */
const requestMsMax = 30_000
const headersMsMax = 10_000
const connectionsMax = 1_000

export interface RunningServer {
  /** Null for a worker. */
  readonly url: string | null
  /** Address by which the first person chooses a password; null for a worker, and where somebody can sign in. */
  readonly setUpLink: string | null
  readonly opened: Opened
  /** Takes no more work, finishes the work in progress, closes everything. */
  close(): Promise<void>
}

/**
 * Opens everything and works until closed.
 * @throws SyncError `configuration_invalid`, Error when the database or the port cannot be had
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const opened = await openProcess(options)
  const { deps, projects } = opened
  const closing: (() => Promise<void> | void)[] = [() => opened.close()]
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one()
  }
  try {
    const redis = storeAddress('REDIS_URL', options.environment)
    const queue = await openQueue({
      backend: redis !== null ? { kind: 'redis', url: redis.url } : { kind: 'postgres', connection: opened.database },
      concurrency: { detect: 2, deliver: 2, upkeep: 1 },
      log: deps.log,
    })
    closing.push(() => queue.close())
    await projects.started()
    const jobs = openJobs(projects, queue, { ...deps, metrics: opened.metrics })
    const begun = projects.current()
    const look = (syncs: readonly string[]) =>
      queue.enqueue(syncs.map((sync) => ({ queue: 'detect', sync, kind: 'scheduled' })))
    if (options.role !== 'api') {
      await jobs.begin()
      closing.push(await queue.work(jobs.handle))
      const alerts = openAlerts(projects, { ...deps, metrics: opened.metrics })
      closing.push(() => alerts.close())
      closing.push(keepUp([...upkeep(opened, jobs, queue), ['alert', '*/10 * * * * *', alerts.tell]], deps.log))
      closing.push(follow(opened, queue))
      await look(Object.keys(projects.current().config.syncs))
    }
    const renew = async (fresh: readonly string[]) => {
      if (options.role === 'api') return
      await jobs.begin()
      await look(fresh)
    }
    closing.push(
      keepUp(
        [observation(opened, queue), publications(opened, begun, renew), revival(opened), timekeeping(opened)],
        deps.log,
      ),
    )
    let url: string | null = null
    let setUpLink: string | null = null
    let draining = false
    if (options.role !== 'worker') {
      const live = openLive(deps.ledger.changes, deps.log)
      const server = await listen(opened, queue, options, { live, draining: () => draining })
      closing.push(() => server.close())
      closing.push(() => live.close())
      closing.push(() => {
        draining = true
      })
      url = server.url
      deps.log.info('listening', { url })
      const secret = await openAccounts(deps.ledger).setUp()
      if (secret !== null) setUpLink = `${opened.loaded.config.server.public_url ?? url}/setup#${secret}`
    }
    deps.log.info('started', { role: options.role, syncs: Object.keys(projects.current().config.syncs) })
    return { url, setUpLink, opened, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Follows streams of events in the background. @returns ends it */
function follow({ projects, deps, metrics }: Opened, queue: Queue): () => Promise<void> {
  const stop = new AbortController()
  const wake = (jobs: readonly Job[]) => queue.enqueue(jobs)
  const following = followStreams(projects, { ...deps, wake, metrics }, stop.signal).catch((error: unknown) => {
    deps.log.error('event streams are no longer followed', {
      why: error instanceof Error ? error.message : String(error),
    })
  })
  return async () => {
    stop.abort()
    await following
  }
}

/** A database that crashed, such as on a full disk, and that nobody else would start again. */
function revival({ deps, revive }: Opened): Task {
  const start = async () => {
    if (await revive()) deps.log.warn('database started again', {})
  }
  return ['revive', '*/5 * * * * *', start]
}

/** In each process, as each machine has a clock of its own. */
function timekeeping({ deps, projects, clocks }: Opened): Task {
  return ['clocks', '37 * * * * *', () => clocks.tell(Object.keys(projects.current().config.connections), deps)]
}

/** Gauges of the whole state, in each process: the ledger is shared. */
function observation({ deps, metrics }: Opened, queue: Queue): Task {
  const observe = async () => {
    metrics.inbox(await deps.ledger.inbox.counts(), deps.clock.now())
    metrics.problemsOpen(await deps.ledger.problems.list({ max: 10_000 }))
    metrics.usage(await deps.ledger.quotas.usage())
    metrics.queue(await queue.counts())
  }
  return ['observe', '*/15 * * * * *', observe]
}

/**
 * Takes over what was published.
 * @param begun  the project that is begun already @param renew  called for each new one, with the syncs that are new in it
 */
function publications({ projects }: Opened, begun: Project, renew: (fresh: readonly string[]) => Promise<void>): Task {
  let known = begun
  const takeOver = async () => {
    await projects.takeOver()
    const project = projects.current()
    if (project === known) return
    await renew(Object.keys(project.config.syncs).filter((name) => !Object.hasOwn(known.config.syncs, name)))
    known = project
  }
  return ['take over', '*/5 * * * * *', takeOver]
}

/** All processes with workers ask at the same minute; one does it. */
const everyProcessMs = 3_600_000

function upkeep(
  { deps, projects, stored, tidy }: Opened,
  jobs: ReturnType<typeof openJobs>,
  queue: Queue,
): readonly Task[] {
  const rotate = async () => {
    for (const [name, endpoint] of projects.current().endpoints) {
      if (endpoint.connection.rotate === null) continue
      const settings = await stored.settings(name)
      await rotateSecret(endpoint, settings, (changed) => stored.store(name, changed), deps)
    }
  }
  return [
    ['sweep', '*/5 * * * * *', jobs.sweep],
    ['held', '*/10 * * * * *', jobs.tellHeld],
    ['probe', '*/10 * * * *', jobs.probe],
    ['rotate', '7 * * * *', rotate],
    ['reconcile', '41 2 * * *', () => queue.enqueue([{ queue: 'upkeep', task: 'reconcile' }])],
    ['purge', '23 3 * * *', () => jobs.purge(everyProcessMs)],
    // A host that sleeps at night does it when it is awake.
    ['purge late', '53 * * * *', () => jobs.purge(missedNightMs)],
    ['tidy', '13 * * * *', tidy],
  ]
}

/** Where people sign in besides passwords, as it is configured. */
function singleSignOnOf({ oidc, public_url }: Config['server']): SingleSignOn | null {
  if (oidc === undefined || public_url === undefined) return null
  const provider = openIdentityProvider({
    issuer: oidc.issuer,
    clientId: oidc.client_id,
    clientSecret: oidc.client_secret,
    scopes: oidc.scopes,
    groupsClaim: oidc.groups_claim,
    redirectAddress: `${public_url.replace(/\/+$/, '')}${signOnPaths.finish}`,
  })
  return { name: oidc.name, roles: oidc.roles, provider }
}

async function listen(
  opened: Opened,
  queue: Queue,
  options: ServerOptions,
  { live, draining }: { readonly live: Live; readonly draining: () => boolean },
): Promise<{ url: string; close(): Promise<void> }> {
  const { deps, projects, metrics, loaded } = opened
  const wake = (names: readonly string[]) =>
    queue.enqueue(names.map((sync) => ({ queue: 'deliver', sync, lane: 'retry' })))
  const { port, public_url, metrics_open, hosts } = loaded.config.server
  // In a container only the outside address is reachable; there the image says so.
  const host = options.environment.CROSSWALK_HOST ?? loaded.config.server.host
  const app = createApi({
    crosswalk: openCrosswalk(projects, deps, { wake }),
    accounts: openAccounts(deps.ledger),
    live,
    runSync: (sync, actor) =>
      queue.enqueue([{ queue: 'detect', sync, kind: 'manual', ...(actor === null ? {} : { actor }) }]),
    console: builtConsole(),
    token: await secretFile(apiTokenFile(options.home)),
    metrics,
    metricsOpen: metrics_open,
    singleSignOn: singleSignOnOf(loaded.config.server),
    hosts,
    publicUrl: public_url ?? null,
    ready: async () => {
      if (draining()) return false
      await deps.ledger.ready()
      return true
    },
    webhooks: {
      knows: (connection, token) => knowsHook(projects.current(), { connection, token }, sameSecret),
      async receive(connection, token, request) {
        const own = { ...deps, sameToken: sameSecret, wake: (jobs: readonly Job[]) => queue.enqueue(jobs) }
        const receipt = await receiveWebhook(projects.current(), { connection, token, request }, own)
        // An unknown address must not become a label.
        if (receipt.status !== 404) metrics.webhookReceived(connection, receipt.status)
        return receipt
      },
    },
    log: deps.log,
  })
  const server: Server = createServer({ requestTimeout: requestMsMax, headersTimeout: headersMsMax }, app)
  server.maxConnections = connectionsMax
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://${host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        setTimeout(() => server.closeAllConnections(), 5_000).unref()
      }),
  }
}
