import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { connectorOf, registry } from '../../connectors/registry.ts'
import { openSendAlert } from '../alerts/send.ts'
import type { Deps } from '../app/bench/deps.ts'
import type { Endpoint } from '../app/bench/endpoint.ts'
import { type Clocks, openClocks } from '../app/engine/clock-off.ts'
import type { Sync } from '../app/flows/flow.ts'
import { alertSecrets, secretsOf } from '../app/project/alerts.ts'
import { type Config, shareOf } from '../app/project/config.ts'
import { inForce, type Texts, textsOf } from '../app/project/files.ts'
import { openProject } from '../app/project/project.ts'
import { openProjects, type Projects } from '../app/project/projects.ts'
import type { Workshop } from '../app/project/workshop.ts'
import type { Json } from '../core/json.ts'
import { secretNames, settingNames } from '../core/secrets.ts'
import { openHttpClient } from '../http/client.ts'
import { callScopes } from '../http/scope.ts'
import { openBudget } from '../ledger/budget.ts'
import { openDatabase } from '../ledger/database.ts'
import { startEmbedded } from '../ledger/embedded.ts'
import { openLedger } from '../ledger/ledger.ts'
import { openSlots } from '../ledger/slots.ts'
import { loadVaultKeys } from '../ledger/vault.ts'
import { openLog } from '../log/log.ts'
import { type Metrics, openMetrics } from '../log/metrics.ts'
import { openSandbox } from '../mapping/sandbox/sandbox.ts'
import type { Clock } from '../ports/clock.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Log } from '../ports/log.ts'
import { systemClock } from './clock.ts'
import { invalidConfig, type LoadedConfig, loadConfig, noConfig, parseConfig } from './config.ts'
import { openConnections, openStoredSettings, secretValues, unreadable } from './connections.ts'
import { keepHeapSmall } from './heap.ts'
import { configPathOf, digestOf, projectFiles, readOwnFiles } from './project-files.ts'
import { storeAddress } from './store-address.ts'
import { tryConnection } from './try-connection.ts'

export interface ProcessOptions {
  /** Path of config/crosswalk.yaml. */
  readonly config: string
  /** Folder of the embedded database, the vault key and the API token. */
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log?: (line: string) => void
  /** Whether a project may begin without a configuration on disk. */
  readonly begins?: boolean
  /** Over the configuration's own. */
  readonly logLevel?: Config['log']['level']
  /** The system's own unless given. */
  readonly clock?: Clock
}

/** Everything opened that one process needs, and the way to give it back. */
export interface Opened {
  readonly loaded: LoadedConfig
  readonly projects: Projects
  readonly deps: Deps
  readonly metrics: Metrics
  /** How other parts reach the same PostgreSQL. */
  readonly database: DatabaseAddress
  readonly stored: SettingsInForce
  readonly clocks: Clocks
  /** Comes when this process cannot work with the database any more, because a newer release has changed it. */
  readonly outdated: Promise<Error>
  /** Keeps the files of the embedded database from growing for ever. */
  tidy(): Promise<void>
  /** Starts the embedded database again when it has ended. @returns whether it had */
  revive(): Promise<boolean>
  close(): Promise<void>
}

/** The settings of connections as they are configured now, with what is kept beside them. */
interface SettingsInForce {
  settings(connection: string): Promise<Readonly<Record<string, Json>>>
  /** Keeps renewed values, encrypted, in place of the configured ones. */
  store(connection: string, changed: Readonly<Record<string, Json>>): Promise<void>
}

type DatabaseAddress =
  | { readonly connectionString: string }
  | { readonly host: string; readonly port: number; readonly user: string; readonly database: string }

/** The package's own folder, with the shipped mappings and tables, from `src/main` and from `dist/src/main`. */
export const packageRoot = findRoot(import.meta.dirname)

/** @throws SyncError `configuration_invalid` for a wrong configuration; Error when the database cannot be had */
export async function openProcess(options: ProcessOptions): Promise<Opened> {
  keepHeapSmall()
  const clock = options.clock ?? systemClock
  const mayHaveNone = !existsSync(options.config) && (options.begins === true || hasLedger(options))
  const read = mayHaveNone ? noConfig : loadConfig
  const onDisk = await read(options.config, options.environment)
  const secrets = new Set([
    ...secretsIn(onDisk),
    ...alertSecrets(onDisk.config.alerts),
    ...secretsOfStores(options.environment),
  ])
  const shownSecrets = () => [...secrets]
  const log = openLog({
    level: options.logLevel ?? onDisk.config.log.level,
    secrets: shownSecrets,
    ...(options.log === undefined ? {} : { write: options.log }),
  })
  const metrics = openMetrics()
  const home = resolve(options.home)
  const closing: (() => Promise<void>)[] = []
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one()
  }
  const outdated = Promise.withResolvers<Error>()
  try {
    const { ledger, database, tidy, revive } = await openLedgerOf(
      { home, environment: options.environment, log, onOutdated: outdated.resolve },
      closing,
    )
    const worker = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
    // Calls wait for it: they must not stand behind the ledger's own statements. Opens no connection before a call is made.
    const forCalls = openDatabase({ connection: database, poolMax: 2, log })
    closing.push(() => forCalls.close())
    const slots = openSlots(forCalls, worker)
    closing.push(() => slots.close())
    const budget = openBudget(forCalls, {
      clock,
      reserveOf: (name) => shareOf(projects.current().config.connections[name]?.reserve ?? '0%'),
    })
    const clocks = openClocks()
    const sandbox = openSandbox()
    closing.push(() => sandbox.close())
    const http = openHttpClient({
      clock,
      log,
      budget,
      slots,
      secrets: shownSecrets,
      onCall: (call) => metrics.called(call),
      onDate: clocks.note,
    })
    const deps: Deps = {
      ledger,
      clock,
      log,
      evaluator: sandbox,
      scopes: callScopes,
      sendAlert: openSendAlert({ openHttp: http, clock, secrets: shownSecrets, secretsOf }),
      worker,
    }
    const { root } = onDisk
    const { configPath, files, texts, loaded, published, digest } = await filesInForce(onDisk, ledger, options)
    // What was published is the whole of such a project.
    if (mayHaveNone && options.begins !== true && !texts.has(configPath))
      await loadConfig(options.config, options.environment)
    for (const [path, { text: kept }] of Object.entries(published?.files ?? {}))
      if (texts.get(path) !== (kept ?? undefined)) log.info('published file passed over', { path })
    const stored = openStoredSettings(ledger)
    const connections = openConnections({ ledger, clock, log, scopes: callScopes, http, stored, secrets })
    const inUse = () => projects.current().endpoints
    const nameRecords = ({ name, records, kind }: Pick<Sync, 'name' | 'records' | 'kind'>, watched: string | null) =>
      ledger.syncs.nameRecords(name, records, watched, kind ?? '')
    const workshop: Workshop = {
      shipped: async (path) => {
        const file = join(packageRoot, path)
        return existsSync(file) ? readFile(file, 'utf8') : null
      },
      configPath,
      fixed: loaded.fixed,
      disk: () => readOwnFiles(root, options.config),
      parse: (written) => parseConfig(written, options.environment),
      open: async (config, own) => openedWith(config, own, await connections.open(config, inUse())),
      imagine: async (config, own) => {
        const endpoints = await connections.openDrafting(config, inUse())
        return openProject(config, endpoints, projectFiles(own, { root, shipped: packageRoot }), async () => undefined)
      },
      digest,
      systems: registry,
      secrets: stored,
      tryOut: tryConnection,
    }
    const openedWith = (config: Config, own: Texts, endpoints: ReadonlyMap<string, Endpoint>) =>
      openProject(config, endpoints, projectFiles(own, { root, shipped: packageRoot }), nameRecords)
    const begun = openedWith(loaded.config, texts, await connections.open(loaded.config, new Map()))
    const projects = openProjects(
      { project: begun, files, revision: published?.revision ?? null },
      { ...deps, workshop },
    )
    const configuredNow = (name: string) => projects.current().config.connections[name]?.settings ?? {}
    return {
      loaded,
      projects,
      deps,
      metrics,
      database,
      stored: {
        settings: (name) => stored.settings(name, configuredNow(name)),
        store: (name, changed) => stored.store(name, configuredNow(name), changed),
      },
      clocks,
      outdated: outdated.promise,
      tidy,
      revive,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Whether there may be a ledger already. */
const hasLedger = ({ home, environment }: ProcessOptions): boolean =>
  existsSync(home) || storeAddress('DATABASE_URL', environment) !== null

/**
 * The files that count for a process that starts now: those on disk, and those that were published over them.
 * @throws SyncError when what was published cannot be decrypted, or its configuration is wrong
 */
export async function filesInForce(
  onDisk: LoadedConfig,
  ledger: Pick<Ledger, 'revisions'>,
  { config, environment }: Pick<ProcessOptions, 'config' | 'environment'>,
) {
  const { root } = onDisk
  const configPath = configPathOf(root, config)
  const published = await ledger.revisions.files().catch(unreadable(null))
  const digest = (text: string) => digestOf([text])
  const files = inForce(await readOwnFiles(root, config), published?.files ?? null, digest)
  const texts = textsOf(files)
  const text = texts.get(configPath) ?? onDisk.text
  const loaded = text === onDisk.text ? onDisk : { ...onDisk, ...publishedConfig(text, configPath, environment) }
  return { configPath, files, texts, loaded, published, digest }
}

/**
 * The ledger of a home, in its embedded database or in that of the environment.
 * @param closing  takes what gives it back
 */
export async function openLedgerOf(
  {
    home,
    environment,
    log,
    onOutdated = () => undefined,
  }: { home: string; environment: ProcessOptions['environment']; log: Log; onOutdated?: (error: Error) => void },
  closing: (() => Promise<void>)[],
): Promise<{ readonly ledger: Ledger; readonly database: DatabaseAddress } & Pick<Opened, 'tidy' | 'revive'>> {
  const vaultKeys = await loadVaultKeys({ home, fromEnvironment: environment.CROSSWALK_VAULT_KEY })
  const address = storeAddress('DATABASE_URL', environment)
  let database: DatabaseAddress
  let directory: { readonly directory?: string } = {}
  let tidy: () => Promise<void> = async () => undefined
  let revive = async () => false
  if (address === null) {
    const embedded = await startEmbedded(home)
    closing.push(() => embedded.close())
    database = embedded.connection
    directory = { directory: embedded.directory }
    tidy = embedded.tidy
    revive = embedded.revive
  } else {
    database = { connectionString: address.url }
  }
  const ledger = await openLedger({ connection: database, ...directory, vaultKeys, log, onOutdated })
  closing.push(() => ledger.close())
  return { ledger, database, tidy, revive }
}

/** The configuration that was published over the one on disk. */
function publishedConfig(text: string, path: string, environment: ProcessOptions['environment']) {
  const { config, findings, secrets, fixed } = parseConfig(text, environment)
  if (config === null)
    throw invalidConfig(
      `${path} as it was published`,
      findings,
      `Correct ${path} on disk: once it is changed there, it counts.`,
    )
  return { config, secrets, fixed, text }
}

/** What came from the environment, but for settings that are no secrets, such as addresses and the login's name. */
function secretsIn({ config, secrets }: Pick<LoadedConfig, 'config' | 'secrets'>): readonly string[] {
  const open = new Set(
    Object.values(config.connections).flatMap(({ system, settings }) => openValues(system, settings)),
  )
  return [...secrets.filter((value) => !open.has(value)), ...settingsSecrets(config)]
}

const settingsSecrets = ({ connections, server }: Config): string[] => [
  ...Object.values(connections).flatMap(({ system, settings, webhook_token }) => [
    ...secretValues(system, settings),
    ...(webhook_token === undefined ? [] : [webhook_token]),
  ]),
  ...(server.oidc === undefined ? [] : [server.oidc.client_secret]),
]

/** The values of settings that their connector knows and does not mark as secret. */
function openValues(system: string, settings: Readonly<Record<string, Json>>): string[] {
  const connector = connectorOf(system)
  if (connector === undefined) return []
  const secret = new Set(secretNames(connector.settings))
  const known = settingNames(connector.settings)
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === 'string' && known.includes(name) && !secret.has(name) ? [value] : [],
  )
}

/** What the environment holds for the stores and the vault. */
const secretsOfStores = (environment: ProcessOptions['environment']): readonly string[] => [
  ...(['DATABASE_URL', 'REDIS_URL'] as const).flatMap((name) => storeAddress(name, environment)?.password ?? []),
  ...(environment.CROSSWALK_VAULT_KEY ?? '').split(',').filter((key) => key !== ''),
]

/** Compares secrets of any length in constant time. */
export const sameSecret = (a: string, b: string): boolean => {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** The folder of the console, which `npm run build` makes; null before that. */
export function builtConsole(): string | null {
  const folder = join(packageRoot, 'dist', 'console')
  return existsSync(join(folder, 'index.html')) ? folder : null
}

export const apiTokenFile = (home: string): string => join(resolve(home), 'api-token')

function findRoot(from: string): string {
  const parent = resolve(from, '..')
  return existsSync(join(from, 'package.json')) || parent === from ? from : findRoot(parent)
}
