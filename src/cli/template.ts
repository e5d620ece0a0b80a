import { type FirstSyncs, firstSyncsText } from '../app/project/first-syncs.ts'
import { defaultAddresses, type SystemSetting, systemSettings } from '../app/project/system-settings.ts'
import { isObject, type Json } from '../core/json.ts'
import type { CliDeps } from './deps.ts'
import { oneLine } from './text.ts'

type System = CliDeps['systems'][number]

/** A setting that is asked for when a connection is set up. */
export interface AskedSetting extends SystemSetting {
  /** The environment variable that gives its value, unless it is in the file: `HUBSPOT_ACCESS_TOKEN`. */
  readonly variable: string
}

/** What is asked for to reach a system. */
export const askedSettings = (system: Pick<System, 'name' | 'settings'>): readonly AskedSetting[] =>
  systemSettings(system)
    .filter(({ asked }) => asked)
    .map((one) => ({
      ...one,
      description: oneLine(one.description),
      variable: variableOf(system.name, one.name),
    }))

const variableOf = (system: string, setting: string): string =>
  `${system}_${setting.replace(/([a-z0-9])([A-Z])/g, '$1_$2')}`.toUpperCase()

/** One end of a new project. */
export interface Side {
  readonly system: System
  /** By setting: the value to write down, or the variable that holds it. */
  readonly settings: ReadonlyMap<string, Json | { readonly variable: string }>
}

export interface Choice extends Pick<FirstSyncs, 'mode' | 'timeZone' | 'where'> {
  readonly crm: Side
  readonly erp: Side
}

/** The text of a first config/crosswalk.yaml. */
export function configText({ crm, erp, ...how }: Choice): string {
  const end = ({ system }: Side) => ({ connection: system.name, system })
  return `# What Crosswalk connects, and how. docs/reference/configuration.md lists every key.
# \${NAME} is replaced by the environment variable NAME, so that no secret stands in this file.

connections:
${connection(crm)}
${connection(erp)}
syncs:
${firstSyncsText({ crm: end(crm), erp: end(erp), ...how })}`
}

function connection({ system, settings }: Side): string {
  const asked = askedSettings(system)
  const about = new Map(asked.map(({ name, description }) => [name, description]))
  const written = [...asked.map(({ name }) => name), ...settings.keys()]
  const lines = [
    `  ${system.name}:`,
    `    system: ${system.name}`,
    '    settings:',
    ...[...new Set(written)].flatMap((name) => {
      const value = settings.get(name)
      if (value === undefined) return []
      const text = isVariable(value) ? `\${${value.variable}}` : quoted(value)
      return [...(about.has(name) ? [`      # ${about.get(name)}`] : []), `      ${name}: ${text}`]
    }),
    // As comments, so that switching to a sandbox or a simulator is one line.
    ...defaultAddresses(system).flatMap(([name, { description, default: value }]) =>
      settings.has(name)
        ? []
        : [
            `      # ${typeof description === 'string' ? oneLine(description) : name}`,
            `      # ${name}: ${quoted(value ?? null)}`,
          ],
    ),
  ]
  return `${lines.join('\n')}\n`
}

const isVariable = (value: Json | { readonly variable: string }): value is { readonly variable: string } =>
  isObject(value) && typeof value.variable === 'string'

const quoted = (value: Json) => JSON.stringify(value)
