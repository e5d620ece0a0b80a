import { z } from 'zod'
import { documentSchemas } from '../../core/documents.ts'
import { canonicalJson, isObject, type Json, type JsonObject } from '../../core/json.ts'
import { completeDeal } from '../../core/money.ts'
import type { Failure } from '../../core/problem.ts'
import type { CompiledMapping, MappingFile } from '../compile/compile.ts'
import { entryDigitsOf } from '../compile/entry-digits.ts'
import { type Finding, formatFinding } from '../compile/finding.ts'
import { documentFields } from '../compile/shape.ts'
import { entryOf, literalOf, type MapNode, type Node, parseYaml, plainOf, reportInto } from '../compile/yaml.ts'
import { type Evaluator, type LookupNeed, type Mapped, mapInbound, mapOutbound, type Resolver } from '../run/run.ts'
import { brief, coerce } from '../run/value.ts'
import { sampleDocument } from './sample.ts'

export interface MappingTestResult {
  readonly name: string
  readonly line: number
  readonly ok: boolean
  /** Why it failed; null when it passed. */
  readonly message: string | null
}

const json = z.custom<Json>((value) => value !== undefined)
const jsonObject = z.custom<JsonObject>(isObject, 'needs names with values')
const lookupSchema = z.strictObject({
  object: z.string(),
  where: jsonObject.optional().describe('Absent: whatever is looked up in the object'),
  id: z.string(),
  label: z.string().default('test'),
  archived: z.boolean().default(false),
})
/** Written with numbers as exact text, as `literalOf` gives them. */
const caseSchema = z.strictObject({
  name: z.string().min(1),
  given: z.strictObject({
    op: z.enum(['create', 'update']).default('create'),
    deal: jsonObject.optional(),
    customer: jsonObject.optional(),
    address: jsonObject.optional(),
    contact: jsonObject.optional(),
    product: jsonObject.optional(),
    fulfilment: jsonObject.optional(),
    record: jsonObject.optional(),
    crm: jsonObject.optional(),
    erp: jsonObject.optional(),
    account: jsonObject.default({}),
    links: z.record(z.string(), z.string().nullable()).default({ customer: '1' }),
    lookups: z.array(lookupSchema).default([]),
  }),
  expect: jsonObject.optional(),
  absent: z.array(z.string()).default([]),
  problem: z.record(z.string(), json).optional(),
})
type Case = z.output<typeof caseSchema>

const accountDefault = { id: '1', name: 'Test', timeZone: 'UTC', currency: 'EUR', apiVersion: '1' }

/**
 * Runs the cases of a `<name>.test.yaml` file, in its order.
 * @returns one result a case; a file that cannot be read gives one failed result for each thing that is wrong with it
 */
export async function runMappingTests(
  mapping: CompiledMapping,
  file: MappingFile,
  evaluator: Evaluator,
): Promise<readonly MappingTestResult[]> {
  const findings: Finding[] = []
  const report = reportInto(findings, file.file)
  const root = parseYaml(file, report)
  if (root !== null && root.is !== 'list') report(root.at, 'wrong_form', 'A test file is a list of cases.')
  const cases = root?.is === 'list' ? root.entries : []
  if (findings.length > 0) {
    return findings.map((finding) => ({
      name: file.file,
      line: finding.line,
      ok: false,
      message: formatFinding(finding),
    }))
  }
  return Promise.all(cases.map((node) => runCase(mapping, node, evaluator)))
}

async function runCase(mapping: CompiledMapping, node: Node, evaluator: Evaluator): Promise<MappingTestResult> {
  const parsed = caseSchema.safeParse(literalOf(node, () => {}))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const name = node.is === 'map' ? plainText(entryOf(node, 'name')?.value) : ''
    const message = `${issue?.path.map(String).join('.')}: ${issue?.message}`
    return { name, line: node.at.line, ok: false, message }
  }
  const one = parsed.data
  const given = node.is === 'map' ? entryOf(node, 'given')?.value : undefined
  const message = await problemOf(mapping, one, given?.is === 'map' ? given : null, evaluator)
  return { name: one.name, line: node.at.line, ok: message === null, message }
}

const plainText = (node: Node | undefined): string => (node?.is === 'scalar' ? String(node.value) : '')

/** Why a case fails, null when it passes. */
async function problemOf(
  mapping: CompiledMapping,
  one: Case,
  given: MapNode | null,
  evaluator: Evaluator,
): Promise<string | null> {
  if (one.expect === undefined && one.problem === undefined && one.absent.length === 0) {
    return 'The case expects nothing: add "expect", "absent" or "problem".'
  }
  const account = { ...accountDefault, ...one.given.account }
  if (mapping.direction === 'inbound') {
    const record = rawOf(given, 'record')
    if (!isObject(record)) return 'A mapping to a document needs "record" under "given".'
    const id = coerce(record.id ?? '1', 'text')
    const [mapped] = await mapInbound<JsonObject>(mapping, [{ id: String(id), fields: record }], account, evaluator)
    return mapped === undefined ? 'Nothing came out.' : judge(one, mapped, (document) => document)
  }
  const problems: string[] = []
  const own = one.given[mapping.document]
  const sample = sampleDocument(documentFields(mapping.document), isObject(own) ? own : {}, problems)
  // A customer given beside the deal is the deal's: mappings of orders know both names.
  const customer = mapping.document === 'deal' ? one.given.customer : undefined
  const withCustomer = isObject(customer)
    ? { ...sample, customer: sampleDocument(documentFields('customer'), customer, problems) }
    : sample
  if (problems[0] !== undefined) return problems[0]
  const raw = rawOf(given, 'crm') ?? rawOf(given, 'erp') ?? null
  const document = { ...(mapping.document === 'deal' ? computed(withCustomer, mapping) : withCustomer), raw }
  // An order need not have an address or a contact of its own; a customer it has.
  const unlinked = Object.values(mapping.fieldLinks)
    .flat()
    .filter((name) => name !== 'customer')
  const links = { ...Object.fromEntries(unlinked.map((name) => [name, null])), ...one.given.links }
  const scope = { document, op: one.given.op, account, links }
  const [mapped] = await mapOutbound(mapping, [scope], resolverOf(one), evaluator)
  if (mapped === undefined) return 'Nothing came out.'
  return judge(one, mapped, ({ fields, lines }) => {
    const items = lines?.items.map((item) => ({ key: item.key, ...item.fields })) ?? []
    return { ...fields, ...(lines === null ? {} : { lines: items, [lines.field]: items }) }
  })
}

/** A deal with the amounts that follow from the given ones, as the engine maps it. */
function computed(deal: JsonObject, mapping: CompiledMapping): JsonObject {
  const parsed = documentSchemas.deal.safeParse(deal)
  return parsed.success ? { ...completeDeal(parsed.data, entryDigitsOf(mapping)) } : deal
}

/** A record of a system, with numbers as its JSON has them. */
function rawOf(given: MapNode | null, name: string): Json | undefined {
  const entry = given === null ? undefined : entryOf(given, name)
  return entry === undefined ? undefined : plainOf(entry.value)
}

function resolverOf(one: Case): Resolver {
  return {
    lookup: (needs) =>
      Promise.resolve(needs.map((need) => ({ matches: one.given.lookups.filter((lookup) => answers(lookup, need)) }))),
  }
}

/** Text is compared as systems do it, without regard to case. */
function answers(lookup: z.output<typeof lookupSchema>, need: LookupNeed): boolean {
  if (lookup.object !== need.object) return false
  return Object.entries(lookup.where ?? {}).every(
    ([name, value]) => canonicalJson(value).toLowerCase() === canonicalJson(need.where[name] ?? null).toLowerCase(),
  )
}

function judge<T>(one: Case, mapped: Mapped<T>, view: (value: T) => JsonObject): string | null {
  if (!mapped.ok) return judgeFailures(one, mapped.failures)
  if (one.problem !== undefined) return `Expected the problem ${shown(one.problem)}, but the record was mapped.`
  const value = view(mapped.value)
  const written = one.absent.find((name) => Object.hasOwn(value, name))
  if (written !== undefined) return `${written}: expected to be left alone, got ${shown(value[written] ?? null)}.`
  return difference(one.expect ?? {}, value, '')
}

function judgeFailures(one: Case, failures: readonly Failure[]): string | null {
  const wanted = one.problem
  const [first] = failures
  if (wanted === undefined) return `${first?.message} ${first?.fix}`
  if (failures.some((failure) => meets(wanted, failure))) return null
  const found = first === undefined ? {} : { ...first.problem, message: first.message }
  return `Expected the problem ${shown(wanted)}, got ${shown(found as JsonObject)}.`
}

/** `message` may be a part of the message; everything else is compared as text. */
function meets(wanted: JsonObject, failure: Failure): boolean {
  const found: Readonly<Record<string, unknown>> = { field: failure.field, ...failure.problem }
  return Object.entries(wanted).every(([name, value]) =>
    name === 'message' ? failure.message.includes(String(value)) : String(found[name]) === String(value),
  )
}

/** The first difference in what the case names. */
function difference(expected: Json, actual: Json, path: string): string | null {
  const at = path === '' ? '' : `${path}: `
  if (isObject(expected)) {
    if (!isObject(actual)) return `${at}expected ${shown(expected)}, got ${shown(actual)}.`
    for (const [name, value] of Object.entries(expected)) {
      const inner = path === '' ? name : `${path}.${name}`
      const found = Object.hasOwn(actual, name) ? actual[name] : undefined
      if (found === undefined) return `${inner}: expected ${shown(value)}, but the mapping gives no such field.`
      const differs = difference(value, found, inner)
      if (differs !== null) return differs
    }
    return null
  }
  if (Array.isArray(expected)) {
    const list: readonly Json[] = Array.isArray(actual) ? actual : []
    if (!Array.isArray(actual) || list.length !== expected.length) {
      return `${at}expected ${brief(expected)}, got ${brief(actual)}: ${shown(actual)}.`
    }
    for (const [index, value] of (expected as readonly Json[]).entries()) {
      const differs = difference(value, list[index] ?? null, `${path}[${index}]`)
      if (differs !== null) return differs
    }
    return null
  }
  // A test may write 10.50 where the value is "10.5": both were made exact text. Whole numbers of documents are not.
  const same = expected === actual || (typeof actual === 'number' && expected === String(actual))
  return same ? null : `${at}expected ${shown(expected)}, got ${shown(actual)}.`
}

const shown = (value: Json): string => {
  const text = JSON.stringify(value)
  return text.length > 300 ? `${text.slice(0, 299)}…` : text
}
