import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { registry } from '../../connectors/registry.ts'
import { flows } from '../app/flows/catalogue.ts'
import { configSchema } from '../app/project/config.ts'
import { concerns } from '../core/concern.ts'
import { assertNever, isObject, type Json } from '../core/json.ts'
import { type Problem, type ProblemKind, problemTitles, type Verdict, verdictOf } from '../core/problem.ts'
import { mappingPage, transformsPage } from '../mapping/compile/reference.ts'
import { packageRoot } from './process.ts'

/** The pages of docs/reference, which all follow from the code, by their path in the project. */
export function referencePages(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reference/configuration.md', configurationPage()],
    ['docs/reference/mapping.md', mappingPage()],
    ['docs/reference/problems.md', problemsPage()],
    ['docs/reference/transforms.md', transformsPage()],
  ])
}

const generated = '<!-- Written by `node src/main/reference.ts`; do not edit. -->'

/** The part of JSON Schema that our schemas come out as. */
interface Schema {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly enum?: readonly string[]
  readonly const?: string
  readonly format?: string
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly default?: Json
  readonly secret?: boolean
}

const schemaOf = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema

function configurationPage(): string {
  const { properties = {} } = schemaOf(configSchema)
  const { connections, syncs, ...others } = properties
  const channels = inside(others.alerts?.properties?.channels).oneOf ?? []
  const schemas = inside(syncs).oneOf ?? []
  // An empty configuration, parsed: the effective defaults.
  const base = { from: 'a', to: 'b' }
  const filled = configSchema.parse({
    connections: { a: { system: 'x' } },
    syncs: Object.fromEntries(flows.map(({ document, example }) => [document, { ...base, document, ...example }])),
  })
  return joined([
    '# Configuration',
    generated,
    '`config/crosswalk.yaml`, or the file named by `--config`. A key that is not listed here is an error, told with its line ' +
      'and column. `${NAME}` in a value is replaced by the environment variable `NAME`; one that is missing or empty is ' +
      'an error. YAML aliases are not read. A dot stands for nesting: `guard.orders_per_hour` is `guard: { orders_per_hour: … }`.',
    'Connections and syncs have names of your choice: small letters, digits, `_` and `-`, a letter first. The ledger knows ' +
      'them by these names: one that is renamed is a new one.',
    '## `connections.<name>`',
    tableOf(inside(connections), filled.connections.a),
    ...flows.flatMap(({ document, title }, index) => [
      `## \`syncs.<name>\` with \`document: ${document}\``,
      title,
      tableOf(schemas[index], filled.syncs[document]),
    ]),
    '## The rest',
    tableOf({ type: 'object', properties: others }, filled),
    ...channels.flatMap((channel) => [
      `## \`alerts.channels.<name>\` with \`kind: ${kindsOf(channel)}\``,
      tableOf(channel, null),
    ]),
    ...registry.flatMap(({ title, name, settings }) => [
      `## Settings of ${title}`,
      `Under \`settings\` of a connection with \`system: ${name}\`. Secrets belong into the environment.`,
      tableOf(schemaOf(settings), null),
    ]),
    'Environment variables of Crosswalk itself (`DATABASE_URL` and others): [operations](../operations.md).',
  ])
}

/** The kinds of channels that one of their schemas is for. */
function kindsOf({ properties = {} }: Schema): string {
  const { kind } = properties
  return kind?.const ?? kind?.enum?.join('`, `') ?? ''
}

/** The schema of the values of a record. */
const inside = (schema: Schema | undefined): Schema =>
  typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : {}

/** One row for each key, with those of nested sections. */
function tableOf(schema: Schema | undefined, defaults: unknown): string {
  const rows = rowsOf(schema ?? {}, defaults, '')
  return ['| key | value | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function rowsOf(schema: Schema, defaults: unknown, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const key = `${prefix}${name}`
    const value = (isObject(defaults) ? defaults[name] : undefined) ?? property.default
    const section = property.properties === undefined ? property.anyOf?.find((one) => one.properties) : property
    const nested = section === undefined ? [] : rowsOf(section, value, `${key}.`)
    // A plain section has no value of its own to tell; a row says what it is for.
    if (section === property) {
      return [...(property.description === undefined ? [] : [row(key, '', '', property)]), ...nested]
    }
    const required = schema.required?.includes(name) === true
    const shown = required ? 'required' : value === undefined ? '' : code(yaml(value))
    return [row(key, typeOf(property), shown, property), ...nested]
  })
}

function row(key: string, type: string, shown: string, { description, secret }: Schema): string {
  const meaning = [...(description === undefined ? [] : [description]), ...(secret === true ? ['A secret'] : [])]
  return `| ${code(key)} | ${type} | ${shown} | ${cell(meaning.join('. '))} |`
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return code(schema.const)
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ')
  const choices = schema.anyOf?.map(typeOf)
  if (choices !== undefined) return [...new Set(choices)].join(' or ')
  if (schema.format === 'decimal') return 'decimal'
  if (schema.format === 'uri') return 'address'
  switch (schema.type) {
    case 'integer':
    case 'number':
      return `number${rangeOf(schema)}`
    case 'boolean':
      return '`true`, `false`'
    case 'array':
      return `list of ${typeOf(schema.items ?? {})}`
    case 'object':
      return 'section'
    case 'null':
      return code('null')
    default:
      return 'text'
  }
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: Schema): string {
  const low = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + 1)
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum
  if (low !== undefined && high !== undefined) return `, ${low} to ${high}`
  return low === undefined ? '' : `, ${low} or more`
}

/** As a person would write it on one line. */
function yaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yaml).join(', ')}]`
  if (isObject(value)) {
    const pairs = Object.entries(value).map(([name, one]) => `${name}: ${yaml(one)}`)
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
  }
  return typeof value === 'string' && /^[\w.:/-]+$/.test(value) ? value : JSON.stringify(value)
}

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
/** Text between bars: a bar would end it, and `<name>` would be taken for HTML. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
const joined = (parts: readonly string[]): string => `${parts.join('\n\n')}\n`

/** One of each kind: a new kind does not compile before it is explained here. */
const guide: {
  readonly [K in ProblemKind]: { example: Extract<Problem, { kind: K }>; means: string; remedy: string }
} = {
  unavailable: {
    example: { kind: 'unavailable' },
    means:
      'The system was not reached, or said that it cannot answer now. Nothing was done there. From the second failure in a ' +
      'row on, a circuit breaker pauses the connection for all processes: 5 s, 10 s, … up to five minutes (exponential back-off).',
    remedy: 'Check that it is up and reachable from this machine. Work goes on by itself once it answers.',
  },
  outcome_unknown: {
    example: { kind: 'outcome_unknown' },
    means: 'A write was sent and its answer was lost. The record may be there or not.',
    remedy:
      'Nothing at first. If it persists, the system may be too slow to answer in time: check its load, and write fewer records in one call.',
  },
  busy: {
    example: { kind: 'busy' },
    means:
      'The record was locked in the other system, or changed by somebody else at the same moment. Nothing was done.',
    remedy: 'Nothing. If it persists, find the user or job that holds the record.',
  },
  rate_limited: {
    example: { kind: 'rate_limited', retryAfterMs: 0 },
    means: 'The system allows no more calls for now.',
    remedy: 'Nothing. If it happens often, other integrations use up the quota: raise it, or run syncs less often.',
  },
  auth_rejected: {
    example: { kind: 'auth_rejected' },
    means: 'The login was refused: a key that was revoked, has expired, or belongs to another account.',
    remedy: 'Put a new key into the environment, restart, and run `crosswalk check`, which also ends the pause.',
  },
  permission_missing: {
    example: { kind: 'permission_missing', missing: [] },
    means: 'The login works, but lacks a permission.',
    remedy: 'Grant the permissions that the message names. `crosswalk check` lists all that are missing.',
  },
  configuration_invalid: {
    example: { kind: 'configuration_invalid', path: '' },
    means: 'The configuration or a mapping names what is not there: a field that was removed, a table without a file.',
    remedy:
      'Run `crosswalk lint`, correct what it finds, and `crosswalk publish`. `crosswalk resume <sync>` resumes a sync that is still held.',
  },
  mapping_failed: {
    example: { kind: 'mapping_failed', rule: '', path: '' },
    means: 'A value of the record does not fit: it is missing, of the wrong type, or not in a table.',
    remedy:
      'Correct the value in the source, or the mapping or table. `crosswalk preview deal <id>` shows every value.',
  },
  lookup_failed: {
    example: { kind: 'lookup_failed', object: '', value: '', hits: 0 },
    means:
      'The record refers to one that the ERP does not have, has archived, or has more than once: a product, a price list.',
    remedy: 'Create, unarchive or merge it in the ERP, or correct the value in the CRM.',
  },
  won_date_unclear: {
    example: { kind: 'won_date_unclear' },
    means:
      'The deal is won, but it is unclear whether that was before the sync began: the CRM keeps or shows no history of its stages, ' +
      'or the deal was entered as won, as an import does, with a close date before `since`.',
    remedy:
      'Say which of them are to become orders: `crosswalk backfill <sync> --deal <id>`. For an import of old deals, set `policies.undated: leave_out` meanwhile.',
  },
  customer_ambiguous: {
    example: { kind: 'customer_ambiguous', value: '', hits: 2 },
    means:
      'Several customers of the ERP match, or the one that matches belongs to another company of the CRM. None was chosen.',
    remedy:
      'Merge the duplicates in the ERP, give them different tax ids or names, or run `crosswalk link <customer> <id>`.',
  },
  customer_missing: {
    example: { kind: 'customer_missing', value: '' },
    means: 'No customer of the ERP matches, and the policy `missing_customer: hold` leaves creating one to a person.',
    remedy: 'Create the customer in the ERP with the same tax id, e-mail or name.',
  },
  record_rejected: {
    example: { kind: 'record_rejected', field: null, remoteCode: '' },
    means: 'The other system refused the record, for a reason in its own words.',
    remedy: 'Do what the words say: most often a required field, a rule of the company, or a closed period.',
  },
  record_gone: {
    example: { kind: 'record_gone', object: '', id: '' },
    means: 'The order was deleted in the ERP. A new one is not created by itself.',
    remedy: 'Restore it, or enter a new one by hand.',
  },
  totals_differ: {
    example: { kind: 'totals_differ', field: 'net', expected: '', actual: '', differences: [] },
    means:
      'The net, tax, total, currency or a quantity of the order is not that of the deal. A draft is not confirmed; a confirmed order stays as it is.',
    remedy:
      'Compare lines, discounts and taxes; the message names the likely reason where the difference fits one. Correct the deal or the lines of the order, or set a tolerance. Where the difference is meant: `crosswalk accept <deal>`, until either side changes again.',
  },
  order_drifted: {
    example: { kind: 'order_drifted', differences: [] },
    means:
      'Somebody changed lines, quantities, prices or discounts of the order in the ERP after they were written. The message says what, from what to what. Nothing is written to the order until it is decided.',
    remedy:
      '`crosswalk accept <deal>`: it is right as it is now, and a further change is told again. `crosswalk overwrite <deal>`: what the deal says is written once more, where the policy `amended` allows it. `crosswalk ignore <deal>`: these values are not watched any more. Or change the order back in the ERP: then the problem goes by itself.',
  },
  amendment_refused: {
    example: { kind: 'amendment_refused', orderState: '' },
    means:
      'The deal changed at a stage of its order at which the policy `amended` allows no change. The order is as it was.',
    remedy: 'Change the order in the ERP by hand, or change the deal back.',
  },
  unwon_refused: {
    example: { kind: 'unwon_refused', orderState: '' },
    means: 'The deal is no longer won, and its order is at a stage at which the policy `unwon` does not cancel it.',
    remedy: 'Cancel the order in the ERP, or win the deal again.',
  },
  guard_tripped: {
    example: { kind: 'guard_tripped', allowed: 0, wanted: 0 },
    means: 'More new orders were about to be created than `guard.orders_per_hour` allows. None was created.',
    remedy:
      'Check some of them with `crosswalk preview deal <id>`. If they are right: `crosswalk run <sync> --allow <n>`.',
  },
  ledger_behind: {
    example: { kind: 'ledger_behind', orders: 0 },
    means:
      'The ERP has orders that carry the keys of this installation, and the ledger did not know them: a backup was restored, the ledger was lost, or another installation works on the same two accounts. The orders were taken over, and none was made twice.',
    remedy:
      'After a restore: `crosswalk reconcile <sync> --mend`, which closes this, and every backfill since the backup once more. Otherwise look for the other installation.',
  },
  bad_reply: {
    example: { kind: 'bad_reply' },
    means: 'The answer is not one that the other system documents: a web page, a redirect, too large, cut off.',
    remedy: 'Check the address in the settings: a proxy or a login page in between is the usual cause.',
  },
}

function problemsPage(): string {
  const kinds = Object.keys(problemTitles) as ProblemKind[]
  return joined([
    '# Problems',
    generated,
    'A problem is what needs a person. Records with the same cause wait on one problem (elsewhere this is a dead letter). `crosswalk problems` lists them, ' +
      '`crosswalk problems <id>` shows one with all its records, and the deal in the CRM shows its own. What happens by ' +
      'itself follows from the kind alone. A server tries the records that wait on a problem again every ten minutes, the oldest ' +
      'hundred of each problem, and all of them once it runs with changed mappings; `crosswalk retry <id>` does it at once.',
    'Who may be written to: administrators are told of all of them. Owners of deals are told of those that are theirs as well, where a ' +
      'channel has `owners: true` ([operations](../operations.md#owners-of-deals)).',
    [
      '| kind | title | what happens by itself | who is told |',
      '| --- | --- | --- | --- |',
      ...kinds.map(problemRow),
    ].join('\n'),
    ...kinds.flatMap((kind) => [
      `## ${problemTitles[kind]}`,
      `\`${kind}\``,
      guide[kind].means,
      `**By itself:** ${consequence(verdictOf(guide[kind].example))}`,
      `**To do:** ${guide[kind].remedy}`,
      `**Told to:** ${toldTo(kind)}`,
    ]),
  ])
}

const problemRow = (kind: ProblemKind): string =>
  `| \`${kind}\` | [${problemTitles[kind]}](#${anchorOf(problemTitles[kind])}) | ${shortConsequence(verdictOf(guide[kind].example))} | ${receivers[concerns[kind].whose]} |`

const receivers = { admin: 'administrators', owner: 'administrators, the owner of the deal' } as const

function toldTo(kind: ProblemKind): string {
  const { whose, because, ask } = concerns[kind]
  return `${receivers[whose]}. ${because}${whose === 'owner' ? ` The owner reads: “${ask}”` : ''}`
}

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-')

function shortConsequence({ do: what }: Verdict): string {
  switch (what) {
    case 'retry':
      return 'tried again'
    case 'look_before_retry':
      return 'looked up, then tried again'
    case 'pause_connection':
      return 'the connection pauses'
    case 'hold_sync':
      return 'the sync is held'
    case 'park_record':
      return 'the record is parked'
    default:
      return assertNever(what)
  }
}

function consequence(verdict: Verdict): string {
  switch (verdict.do) {
    case 'retry':
      return verdict.afterMs === null
        ? 'the record is tried again with exponential back-off: after 1 s, 2 s, 4 s, … up to ten minutes. It is shown as a problem from the fifth failure on.'
        : 'the work continues after the time that the system asks for.'
    case 'look_before_retry':
      return 'the record is looked up in the other system by its key before anything is sent again; what is found is used.'
    case 'pause_connection':
      return 'the connection pauses for all syncs and processes, and is tried again every five minutes. Its work waits.'
    case 'hold_sync':
      return 'the sync is held until a person resumes it. Changes are still collected.'
    case 'park_record':
      return 'the record is parked until its cause is fixed; all others go on.'
    default:
      return assertNever(verdict)
  }
}

if (import.meta.main) {
  for (const [path, text] of referencePages()) await writeFile(join(packageRoot, path), text)
}
