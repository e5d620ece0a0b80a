import { z } from 'zod'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import type { CliDeps } from './deps.ts'
import { oneLine } from './text.ts'

type System = CliDeps['systems'][number]

/** A setting that every connection needs. */
export interface NeededSetting {
  readonly name: string
  /** The environment variable that gives its value, unless it is in the file: `HUBSPOT_ACCESS_TOKEN`. */
  readonly variable: string
  readonly description: string
  readonly secret: boolean
}

/**
 * What a system needs to be reached, from the schema of its settings: what is required, and where there are several ways to
 * log in, those of the usual one, marked by `.meta({ login: true })`; where none is marked, the first secret.
 */
export function neededSettings(system: System): readonly NeededSetting[] {
  const { properties, required } = shapeOf(system)
  const needed = Object.entries(properties).filter(([name]) => required.has(name))
  const optional = Object.entries(properties).filter(([name]) => !required.has(name))
  const withSecret = needed.some(([, property]) => property.secret === true)
  const marked = optional.filter(([, property]) => property.login === true)
  const first = withSecret ? [] : optional.filter(([, property]) => property.secret === true).slice(0, 1)
  return [...needed, ...(marked.length > 0 ? marked : first)].map(([name, property]) => ({
    name,
    variable: `${system.name}_${name.replace(/([a-z0-9])([A-Z])/g, '$1_$2')}`.toUpperCase(),
    description: typeof property.description === 'string' ? oneLine(property.description) : name,
    secret: property.secret === true,
  }))
}

/** Addresses are written as comments, so that switching to a sandbox or a simulator is one line. */
const addresses = (system: System) =>
  Object.entries(shapeOf(system).properties).filter(
    ([, property]) => property.format === 'uri' && typeof property.default === 'string',
  )

function shapeOf(system: System) {
  const schema = z.toJSONSchema(system.settings, { io: 'input', unrepresentable: 'any' })
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]): [string, JsonObject] => [
    name,
    isObject(property) ? property : {},
  ])
  return { properties: Object.fromEntries(properties), required: new Set(schema.required ?? []) }
}

export interface Choice {
  readonly crm: System
  readonly erp: System
  readonly mode: 'live' | 'shadow'
  readonly timeZone: string
  /** Values to write down in place of a variable, by the variable's name. */
  readonly values: ReadonlyMap<string, string>
}

/** The text of a first config/crosswalk.yaml. */
export function configText({ crm, erp, mode, timeZone, values }: Choice): string {
  const schedule = `{ cron: "*/2 * * * *", time_zone: ${quoted(timeZone)} }`
  return `# What Crosswalk connects, and how. docs/reference/configuration.md lists every key.
# \${NAME} is replaced by the environment variable NAME, so that no secret stands in this file.

connections:
${connection(crm, values)}
${connection(erp, values)}
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
    guard:
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

function connection(system: System, values: ReadonlyMap<string, string>): string {
  const needed = neededSettings(system)
  const lines = [
    `  ${system.name}:`,
    `    system: ${system.name}`,
    '    settings:',
    ...needed.flatMap(({ name, variable, description }) => {
      const value = values.get(variable)
      return [`      # ${description}`, `      ${name}: ${value === undefined ? `\${${variable}}` : quoted(value)}`]
    }),
    ...addresses(system).flatMap(([name, { description, default: value }]) => [
      `      # ${typeof description === 'string' ? oneLine(description) : name}`,
      `      # ${name}: ${quoted(value ?? null)}`,
    ]),
  ]
  return `${lines.join('\n')}\n`
}

const quoted = (value: Json) => JSON.stringify(value)
