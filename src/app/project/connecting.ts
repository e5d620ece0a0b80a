import type { Json, JsonObject } from '../../core/json.ts'
import { SyncError } from '../../core/problem.ts'
import { secretNames } from '../../core/secrets.ts'
import { withConnection, writtenSettings } from './config-text.ts'
import type { System, Tried, Workshop } from './workshop.ts'

/** What a person enters of a connection. */
export interface ConnectionChange {
  readonly system: string
  /** By name; null takes one away. Secrets among them are kept encrypted, and stand in no file. */
  readonly settings: Readonly<Record<string, Json>>
}

/** A connection as it is configured, without its secrets. */
export interface ConfiguredConnection {
  readonly connection: string
  readonly system: string
  /** As they are written: what the environment gives is its variable, `${NAME}`. */
  readonly settings: JsonObject
  /** Names of the secrets that it has. */
  readonly secrets: readonly string[]
}

/** What would become of a connection. */
export interface Weighed {
  /** The configuration with it. */
  readonly text: string
  /** The configured settings in force; null for a new connection. */
  readonly before: JsonObject | null
  /** The configured settings then. */
  readonly after: JsonObject
  /** What is kept beside them, now and then. */
  readonly kept: JsonObject
  readonly secrets: JsonObject
}

type Known = Pick<Workshop, 'systems' | 'secrets' | 'parse' | 'tryOut'>

/**
 * Who changes where a system is, or who logs in, enters the secrets again: they never go where they were not meant for.
 * @param text  the configuration in force
 * @throws SyncError `configuration_invalid` for what cannot be; no value is named
 */
export async function weighConnection(
  text: string,
  name: string,
  { system, settings }: ConnectionChange,
  workshop: Known,
): Promise<Weighed> {
  const known = systemOf(system, workshop)
  const there = workshop.parse(text).config?.connections[name]
  if (there !== undefined && there.system !== system)
    throw invalid(name, `"${name}" is a connection to ${there.system}`, 'Take another name.')
  const before = there?.settings ?? null
  const secret = new Set(secretNames(known.settings))
  const kept = before === null ? {} : await workshop.secrets.kept(name, before)
  const isMoved = Object.entries(settings).some(
    ([setting, value]) => !secret.has(setting) && isOtherText(before?.[setting] ?? null, value),
  )
  const entered = Object.entries(settings).filter(([setting]) => secret.has(setting))
  const gone = isMoved ? [...secret] : entered.map(([setting]) => setting)
  const inFile = Object.entries(settings).filter(([setting]) => !secret.has(setting))
  const next = withConnection(text, name, {
    system,
    settings: Object.fromEntries([...inFile, ...gone.map((setting) => [setting, null] as const)]),
  })
  const parsed = workshop.parse(next)
  const after = parsed.config?.connections[name]?.settings
  if (after === undefined)
    throw invalid(name, parsed.findings.map(({ message }) => message).join('\n'), 'Correct what is named.')
  const secrets = Object.fromEntries(
    Object.entries({ ...(isMoved ? {} : kept), ...Object.fromEntries(entered) }).filter(([, value]) => value !== null),
  )
  const fits = known.settings.safeParse({ ...after, ...secrets })
  if (!fits.success) {
    const told = fits.error.issues.map(({ path, message }) => `${path.join('.') || 'settings'}: ${message}`)
    const again = isMoved && before !== null ? ' Secrets are entered again where an address or a login changes.' : ''
    throw invalid(name, told.join('\n'), `Enter it again; the guide of the system says where it is found.${again}`)
  }
  return { text: next, before, after, kept, secrets }
}

/** Opens a connection as it would be, proves it, and asks what its account has. Nothing is written anywhere. */
export async function tryConnection(
  text: string,
  name: string,
  change: ConnectionChange,
  workshop: Known,
): Promise<Tried> {
  const { after, secrets } = await weighConnection(text, name, change, workshop)
  return workshop.tryOut(name, change.system, { ...after, ...secrets })
}

/** Null when there is none. @throws SyncError when no key opens its secrets */
export async function configuredConnection(
  text: string,
  name: string,
  workshop: Known,
): Promise<ConfiguredConnection | null> {
  const there = workshop.parse(text).config?.connections[name]
  if (there === undefined) return null
  const settings = Object.entries(writtenSettings(text, name))
  const kept = await workshop.secrets.kept(name, there.settings)
  const secret = new Set(secretNames(systemOf(there.system, workshop).settings))
  return {
    connection: name,
    system: there.system,
    settings: Object.fromEntries(settings.filter(([setting]) => !secret.has(setting))),
    secrets: [...secret].filter((setting) => there.settings[setting] !== undefined || kept[setting] !== undefined),
  }
}

const isOtherText = (before: Json, after: Json): boolean =>
  (typeof before === 'string' || typeof after === 'string') && before !== after

export function systemOf(name: string, { systems }: Pick<Workshop, 'systems'>): System {
  const found = systems.find((one) => one.name === name)
  if (found !== undefined) return found
  throw invalid(name, `There is no system "${name}"`, `Known: ${systems.map((one) => one.name).join(', ')}.`)
}

const invalid = (name: string, message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path: `connections.${name}` }, fix })
