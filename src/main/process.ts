import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { connectorOf, registry } from '../../connectors/registry.ts'
import { openSendAlert } from '../alerts/send.ts'
import type { Deps } from '../app/bench/deps.ts'
import { type Endpoint, openEndpoint, rememberingSchemas } from '../app/bench/endpoint.ts'
import { type Clocks, openClocks } from '../app/engine/clock-off.ts'
import type { Sync } from '../app/flows/flow.ts'
import { alertSecrets, secretsOf } from '../app/project/alerts.ts'
import { type Config, shareOf } from '../app/project/config.ts'
import { inForce, textsOf } from '../app/project/files.ts'
import { openProject } from '../app/project/project.ts'
import { openProjects, type Projects } from '../app/project/projects.ts'
import type { Workshop } from '../app/project/workshop.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../core/json.ts'
import { SyncError } from '../core/problem.ts'
import { secretNames, settingNames } from '../core/secrets.ts'
import { cleanConnection } from '../http/clean-connection.ts'
import { openHttpClient } from '../http/client.ts'
import { callScopes } from '../http/scope.ts'
import { openBudget } from '../ledger/budget.ts'
import { openDatabase } from '../ledger/database.ts'
import { startEmbedded } from '../ledger/embedded.ts'
import { openLedger } from '../ledger/ledger.ts'
import { openSlots } from '../ledger/slots.ts'
import { loadVaultKeys, SealedError } from '../ledger/vault.ts'
import { openLog } from '../log/log.ts'
import { type Metrics, openMetrics } from '../log/metrics.ts'
import { openSandbox } from '../mapping/sandbox/sandbox.ts'
import type { Clock } from '../ports/clock.ts'
import type { Connection } from '../ports/connector.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Log } from '../ports/log.ts'
import { systemClock } from './clock.ts'
import { invalidConfig, type LoadedConfig, loadConfig, parseConfig } from './config.ts'
import { keepHeapSmall } from './heap.ts'
import { lockedConnection } from './locked-connection.ts'
import { configPathOf, digestOf, projectFiles, readOwnFiles } from './project-files.ts'
import { storeAddress } from './store-address.ts'

export interface ProcessOptions {
  /** Path of config/crosswalk.yaml. */
  readonly config: string
  /** Folder of the embedded database, the vault key and the API token. */
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log?: (line: string) => void
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
  readonly stored: StoredSettings
  readonly clocks: Clocks
  /** Comes when this process cannot work with the database any more, because a newer release has changed it. */
  readonly outdated: Promise<Error>
  /** Keeps the files of the embedded database from growing for ever. */
  tidy(): Promise<void>
  /** Starts the embedded database again when it has ended. @returns whether it had */
  revive(): Promise<boolean>
  close(): Promise<void>
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
  const onDisk = await loadConfig(options.config, options.environment)
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
      reserveOf: (name) => shareOf(loaded.config.connections[name]?.reserve ?? '0%'),
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
    for (const [path, { text: kept }] of Object.entries(published?.files ?? {}))
      if (texts.get(path) !== (kept ?? undefined)) log.info('published file passed over', { path })
    const stored = openStoredSettings(loaded.config, ledger)
    const openWith = (name: string, settings: Readonly<Record<string, Json>>): Connection => {
      const system = loaded.config.connections[name]?.system ?? ''
      for (const value of secretValues(system, settings)) secrets.add(value)
      return cleanConnection(connectorFor(name, system).open(settings, { name, http, clock, log }), shownSecrets)
    }
    const endpoints = new Map<string, Endpoint>()
    for (const [name, { system }] of Object.entries(loaded.config.connections)) {
      let used: Readonly<Record<string, Json>> = {}
      // One whose secrets cannot be read stops alone.
      const connection = await stored.settings(name).then(
        (settings) => {
          used = settings
          return opened(name, () => openWith(name, settings))
        },
        (error: unknown) => lockedConnection(error),
      )
      const reopen = async () => {
        const current = await stored.settings(name).catch((error: unknown) => {
          // Secrets that cannot be read now: the open connection serves on.
          if (error instanceof SyncError) return used
          throw error
        })
        if (canonicalJson(current) === canonicalJson(used)) return null
        used = current
        return openWith(name, current)
      }
      endpoints.set(
        name,
        openEndpoint({ name, system, connection, reopen }, { ledger, clock, log, scopes: callScopes }),
      )
    }
    const nameRecords = ({ name, records, kind }: Pick<Sync, 'name' | 'records' | 'kind'>, watched: string | null) =>
      ledger.syncs.nameRecords(name, records, watched, kind ?? '')
    const drafting = new Map([...endpoints].map(([name, one]) => [name, rememberingSchemas(one, clock)]))
    const workshop: Workshop = {
      shipped: async (path) => {
        const file = join(packageRoot, path)
        return existsSync(file) ? readFile(file, 'utf8') : null
      },
      configPath,
      fixed: loaded.fixed,
      disk: () => readOwnFiles(root, options.config),
      parse: (written) => parseConfig(written, options.environment),
      open: (config, own) =>
        openProject(config, endpoints, projectFiles(own, { root, shipped: packageRoot }), nameRecords),
      imagine: (config, own) =>
        openProject(config, drafting, projectFiles(own, { root, shipped: packageRoot }), async () => undefined),
      digest,
    }
    const first = { project: workshop.open(loaded.config, texts), files, revision: published?.revision ?? null }
    return {
      loaded,
      projects: openProjects(first, { ...deps, workshop }),
      deps,
      metrics,
      database,
      stored,
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

/** @throws SyncError where there is no such system */
export const connectorFor = (name: string, system: string) => {
  const connector = connectorOf(system)
  if (connector !== undefined) return connector
  throw new SyncError(`connections.${name}.system: there is no connector "${system}"`, {
    problem: { kind: 'configuration_invalid', path: `connections.${name}.system` },
    fix: `Known systems: ${registry.map((one) => one.name).join(', ')}.`,
  })
}

/** What is stored cannot be decrypted: of a connection, or the published files for null. */
const unreadable =
  (connection: string | null) =>
  (error: unknown): never => {
    if (!(error instanceof SealedError)) throw error
    const forget = `crosswalk vault forget ${connection ?? '--published'}`
    const otherwise =
      connection === null
        ? `\`${forget}\` drops the published files; those on disk count then, and can be published again`
        : `put a new secret of the system into the environment, \`${forget}\`, and start again`
    throw new SyncError(error.message, {
      // Without its secret a connection cannot log in; published files that cannot be read stop all of it.
      problem: connection === null ? { kind: 'configuration_invalid', path: 'vault' } : { kind: 'auth_rejected' },
      fix: `Put the key that they were stored with behind the current one, in CROSSWALK_VAULT_KEY (with a comma) or in \`vault.key\` (on a line of its own), and start again. If it is lost: ${otherwise}.`,
      cause: error,
    })
  }

/** Settings that do not fit their schema are named; their values are not shown. */
export function opened(name: string, open: () => Connection): Connection {
  try {
    return open()
  } catch (error) {
    if (error instanceof SyncError || !(error instanceof Error) || !('issues' in error)) throw error
    const issues = error.issues as readonly { path: readonly PropertyKey[]; message: string }[]
    const texts = issues.map((issue) => `connections.${name}.settings.${issue.path.join('.')}: ${issue.message}`)
    throw new SyncError(texts.join('\n'), {
      problem: { kind: 'configuration_invalid', path: `connections.${name}.settings` },
      fix: 'Correct the settings in the configuration; the guide of the system lists them.',
    })
  }
}

/** The configured settings of connections, merged with secrets that were renewed since. */
interface StoredSettings {
  settings(connection: string): Promise<Readonly<Record<string, Json>>>
  /** Keeps renewed values, encrypted, in place of the configured ones. */
  store(connection: string, changed: Readonly<Record<string, Json>>): Promise<void>
}

function openStoredSettings(config: Config, ledger: Ledger): StoredSettings {
  const configured = (name: string): JsonObject => config.connections[name]?.settings ?? {}
  const digest = (value: JsonObject) => createHash('sha256').update(canonicalJson(value)).digest('hex')
  async function kept(name: string): Promise<JsonObject> {
    const secrets = await ledger.connections.secrets(name).catch(unreadable(name))
    // An edit of the configuration after a renewal replaces what was renewed.
    const valid = secrets?.replaces === digest(configured(name)) && isObject(secrets.settings)
    return valid ? (secrets.settings as JsonObject) : {}
  }
  return {
    settings: async (name) => ({ ...configured(name), ...(await kept(name)) }),
    async store(name, changed) {
      const settings = { ...(await kept(name)), ...changed }
      await ledger.connections.setSecrets(name, { replaces: digest(configured(name)), settings })
    },
  }
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

/** The values of settings that their connector marks as secret. */
function secretValues(system: string, settings: Readonly<Record<string, Json>>): string[] {
  const connector = connectorOf(system)
  const names = connector === undefined ? [] : secretNames(connector.settings)
  return names.flatMap((name) => {
    const value = settings[name]
    return typeof value === 'string' && value !== '' ? [value] : []
  })
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
