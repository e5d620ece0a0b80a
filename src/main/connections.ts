import { createHash } from 'node:crypto'
import { connectorOf, registry } from '../../connectors/registry.ts'
import { type Endpoint, openEndpoint, rememberingSchemas } from '../app/bench/endpoint.ts'
import type { Config } from '../app/project/config.ts'
import type { ConnectionSecrets } from '../app/project/workshop.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../core/json.ts'
import { SyncError } from '../core/problem.ts'
import { secretNames } from '../core/secrets.ts'
import { cleanConnection } from '../http/clean-connection.ts'
import { SealedError } from '../ledger/vault.ts'
import type { Clock } from '../ports/clock.ts'
import type { Connection } from '../ports/connector.ts'
import type { CallScopes, OpenHttp } from '../ports/http.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Log } from '../ports/log.ts'
import { lockedConnection } from './locked-connection.ts'

type Settings = Readonly<Record<string, Json>>

/** Opens the connections of configurations. */
export interface OpenConnections {
  /**
   * Those that are written as in `before` are the same ones. No system is asked.
   * @param before  endpoints that were opened here
   * @throws SyncError `configuration_invalid` for settings that do not fit
   */
  open(config: Config, before: ReadonlyMap<string, Endpoint>): Promise<ReadonlyMap<string, Endpoint>>
  /** The same, for who checks a draft over and over. */
  openDrafting(config: Config, before: ReadonlyMap<string, Endpoint>): Promise<ReadonlyMap<string, Endpoint>>
}

interface Deps {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  readonly scopes: CallScopes
  readonly http: OpenHttp
  readonly stored: StoredSettings
  /** Those that must not be shown; what is opened adds its own. */
  readonly secrets: Set<string>
}

export function openConnections({ stored, secrets, http, ...deps }: Deps): OpenConnections {
  const { ledger, clock, log, scopes } = deps
  const shown = () => [...secrets]
  const written = new WeakMap<Endpoint, string>()
  const drafting = new WeakMap<Endpoint, Endpoint>()

  function openWith(name: string, system: string, settings: Settings): Connection {
    for (const value of secretValues(system, settings)) secrets.add(value)
    return cleanConnection(connectorFor(name, system).open(settings, { name, http, clock, log }), shown)
  }

  async function openOne(name: string, system: string, configured: JsonObject): Promise<Endpoint> {
    let used: Settings = {}
    // One whose secrets cannot be read stops alone.
    const connection = await stored.settings(name, configured).then(
      (settings) => {
        used = settings
        return opened(name, () => openWith(name, system, settings))
      },
      (error: unknown) => lockedConnection(error),
    )
    const reopen = async () => {
      const current = await stored.settings(name, configured).catch((error: unknown) => {
        // Secrets that cannot be read now: the open connection serves on.
        if (error instanceof SyncError) return used
        throw error
      })
      if (canonicalJson(current) === canonicalJson(used)) return null
      used = current
      return openWith(name, system, current)
    }
    return openEndpoint({ name, system, connection, reopen }, { ledger, clock, log, scopes })
  }

  const openConnections: OpenConnections = {
    async open({ connections }, before) {
      const endpoints = new Map<string, Endpoint>()
      for (const [name, { system, settings, webhook_token }] of Object.entries(connections)) {
        if (webhook_token !== undefined) secrets.add(webhook_token)
        const text = canonicalJson({ system, settings })
        const known = before.get(name)
        const isKnown = known !== undefined && written.get(known) === text
        const endpoint = isKnown ? known : await openOne(name, system, settings)
        written.set(endpoint, text)
        endpoints.set(name, endpoint)
      }
      return endpoints
    },
    async openDrafting(config, before) {
      const endpoints = await openConnections.open(config, before)
      return new Map(
        [...endpoints].map(([name, endpoint]) => {
          const remembering = drafting.get(endpoint) ?? rememberingSchemas(endpoint, clock)
          drafting.set(endpoint, remembering)
          return [name, remembering]
        }),
      )
    },
  }
  return openConnections
}

/** The configured settings of connections, merged with secrets that were renewed or entered since. */
export interface StoredSettings extends ConnectionSecrets {
  settings(connection: string, configured: JsonObject): Promise<Settings>
  /** Keeps renewed values, encrypted, in place of the configured ones. */
  store(connection: string, configured: JsonObject, changed: Settings): Promise<void>
}

/** Secrets, and the configured settings that they go with. */
interface Kept {
  readonly replaces: string
  readonly settings: JsonObject
}

export function openStoredSettings({ connections, sealed }: Pick<Ledger, 'connections' | 'sealed'>): StoredSettings {
  const digest = (value: JsonObject) => createHash('sha256').update(canonicalJson(value)).digest('hex')

  /** What is kept: for the settings in force, and for those that are about to be published. */
  async function read(name: string): Promise<readonly Kept[]> {
    const stored = await connections.secrets(name).catch(unreadable(name))
    return [stored, stored?.next].flatMap((one) =>
      isObject(one) && typeof one.replaces === 'string' && isObject(one.settings)
        ? [{ replaces: one.replaces, settings: one.settings }]
        : [],
    )
  }
  // An edit of the configuration after a renewal replaces what was renewed.
  const belonging = (kept: readonly Kept[], configured: JsonObject) => {
    const own = digest(configured)
    return kept.find(({ replaces }) => replaces === own)
  }
  async function kept(name: string, configured: JsonObject): Promise<JsonObject> {
    return belonging(await read(name), configured)?.settings ?? {}
  }
  const write = (name: string, first: Kept, next: Kept | undefined) =>
    connections.setSecrets(name, { ...first, ...(next === undefined ? {} : { next: { ...next } }) })

  return {
    kept,
    settings: async (name, configured) => ({ ...configured, ...(await kept(name, configured)) }),
    async store(name, configured, changed) {
      const all = await read(name)
      const own = belonging(all, configured)
      const renewed = { replaces: digest(configured), settings: { ...own?.settings, ...changed } }
      await write(
        name,
        renewed,
        all.find((one) => one !== own && one.replaces !== renewed.replaces),
      )
    },
    drop: async (name) => void (await sealed.forget(name)),
    async prepare(name, { before, after, secrets }) {
      const inForce = before === null ? undefined : belonging(await read(name), before)
      const next = { replaces: digest(after), settings: secrets }
      if (inForce === undefined || inForce.replaces === next.replaces) await write(name, next, undefined)
      else await write(name, inForce, next)
    },
  }
}

/** What is stored cannot be decrypted: of a connection, or the published files for null. */
export const unreadable =
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

/** @throws SyncError where there is no such system */
export const connectorFor = (name: string, system: string) => {
  const connector = connectorOf(system)
  if (connector !== undefined) return connector
  throw new SyncError(`connections.${name}.system: there is no connector "${system}"`, {
    problem: { kind: 'configuration_invalid', path: `connections.${name}.system` },
    fix: `Known systems: ${registry.map((one) => one.name).join(', ')}.`,
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

/** The values of settings that their connector marks as secret. */
export function secretValues(system: string, settings: Settings): string[] {
  const connector = connectorOf(system)
  const names = connector === undefined ? [] : secretNames(connector.settings)
  return names.flatMap((name) => {
    const value = settings[name]
    return typeof value === 'string' && value !== '' ? [value] : []
  })
}
