import { z } from 'zod'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import type { CliDeps } from './deps.ts'
import { oneLine } from './text.ts'

type System = CliDeps['systems'][number]

/** A setting that is asked for when a connection is set up. */
export interface AskedSetting {
  readonly name: string
  /** The environment variable that gives its value, unless it is in the file: `HUBSPOT_ACCESS_TOKEN`. */
  readonly variable: string
  readonly description: string
  readonly secret: boolean
  /** Without it there is no connection. */
  readonly required: boolean
  /** Legal values, where they are few; the first one is the default. */
  readonly options: readonly string[] | null
  /** What counts when nothing is given, as far as the schema says. */
  readonly fallback: string | null
  /** Its value may be the contents of a file. */
  readonly file: boolean
}

/**
 * What is asked for to reach a system, from the schema of its settings: what is required; where there are several ways to log
 * in, what the usual one needs, marked by `.meta({ login: true })`, or where none is marked, the first secret; and what is
 * marked by `.meta({ asked: true })`, which may stay empty.
 */
export function askedSettings(system: Pick<System, 'name' | 'settings'>): readonly AskedSetting[] {
  const { properties, required } = shapeOf(system)
  const all = Object.entries(properties)
  const optional = all.filter(([name]) => !required.has(name))
  const marked = optional.filter(([, property]) => property.login === true)
  const withSecret = all.some(([name, property]) => required.has(name) && property.secret === true)
  const first = withSecret ? [] : optional.filter(([, property]) => property.secret === true).slice(0, 1)
  const login = new Set((marked.length > 0 ? marked : first).map(([name]) => name))
  return all.flatMap(([name, property]) => {
    const needed = required.has(name) || login.has(name)
    if (!needed && property.asked !== true) return []
    const fallback = typeof property.default === 'string' ? property.default : null
    const options = Array.isArray(property.enum) ? property.enum.map(String) : null
    return [
      {
        name,
        variable: variableOf(system.name, name),
        description: typeof property.description === 'string' ? oneLine(property.description) : name,
        secret: property.secret === true,
        required: needed,
        options: options === null ? null : [...new Set([...(fallback === null ? [] : [fallback]), ...options])],
        fallback,
        file: property.file === true,
      },
    ]
  })
}

const variableOf = (system: string, setting: string): string =>
  `${system}_${setting.replace(/([a-z0-9])([A-Z])/g, '$1_$2')}`.toUpperCase()

/** Addresses are written as comments, so that switching to a sandbox or a simulator is one line. */
const addresses = (system: System) =>
  Object.entries(shapeOf(system).properties).filter(
    ([, property]) => property.format === 'uri' && typeof property.default === 'string',
  )

function shapeOf(system: Pick<System, 'settings'>) {
  const schema = z.toJSONSchema(system.settings, { io: 'input', unrepresentable: 'any' })
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]): [string, JsonObject] => [
    name,
    isObject(property) ? property : {},
  ])
  return { properties: Object.fromEntries(properties), required: new Set(schema.required ?? []) }
}

/** One end of a new project. */
export interface Side {
  readonly system: System
  /** By setting: the value to write down, or the variable that holds it. */
  readonly settings: ReadonlyMap<string, Json | { readonly variable: string }>
}

export interface Choice {
  readonly crm: Side
  readonly erp: Side
  readonly mode: 'live' | 'shadow'
  readonly timeZone: string
  /** Conditions on deals, by path of the CRM's records. */
  readonly where: ReadonlyMap<string, readonly (string | number)[]>
}

/** The text of a first config/crosswalk.yaml. */
export function configText({ crm: crmSide, erp: erpSide, mode, timeZone, where }: Choice): string {
  const { system: crm } = crmSide
  const { system: erp } = erpSide
  const schedule = `{ cron: "*/2 * * * *", time_zone: ${quoted(timeZone)} }`
  return `# What Crosswalk connects, and how. docs/reference/configuration.md lists every key.
# \${NAME} is replaced by the environment variable NAME, so that no secret stands in this file.

connections:
${connection(crmSide)}
${connection(erpSide)}
syncs:
  # A deal that is won in ${crm.title} becomes a sales order in ${erp.title}.
  deals:
    document: deal
    from: ${crm.name}
    to: ${erp.name}
    schedule: ${schedule}
    # shadow is a dry run: it plans and reports everything and writes nothing; live writes.
    mode: ${mode}
    # Only deals won from the first run on are delivered. Older ones come by \`crosswalk backfill\`.
    # since: "2026-01-01T00:00:00Z"
${conditions(where)}    guard:
      # A run that is about to create more orders stops before the first of them and asks.
      orders_per_hour: 100
    policies:
      # automatic confirms an order whose totals agree with its deal; leave_as_draft leaves that to a person.
      confirm: automatic
      # create creates a customer that ${erp.title} does not have; hold waits for a person.
      missing_customer: create

  # The progress of the order in ${erp.title} comes back to the deal.
  fulfilment:
    document: fulfilment
    from: ${erp.name}
    to: ${crm.name}
    of: deals
    schedule: ${schedule}
    mode: ${mode}

  # Products of ${erp.title}, with price and stock, in the catalogue of ${crm.title}: docs/products.md.
  # products:
  #   document: product
  #   from: ${erp.name}
  #   to: ${crm.name}
  #   schedule: ${schedule}
  #   mode: ${mode}
`
}

function conditions(where: Choice['where']): string {
  if (where.size === 0) return ''
  const lines = [...where].map(([path, values]) => `      ${path}: ${quoted([...values])}`)
  return `    # Only these deals get an order.\n    where:\n${lines.join('\n')}\n`
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
    ...addresses(system).flatMap(([name, { description, default: value }]) =>
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
