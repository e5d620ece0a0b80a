import type { Condition } from '../../core/condition.ts'
import type { DocumentName } from '../../core/documents.ts'
import { assemble } from '../run/document.ts'
import type { Evaluate } from '../run/frame.ts'
import { type Ends, endsOf } from './ends.ts'
import { type Finding, formatFinding, isWarning, type MappingFile } from './finding.ts'
import { compileDocument } from './inbound.ts'
import { compileMatch, compileProblem, type MatchStep } from './match.ts'
import { checkRequired, compileFields, compileLines, type TargetField, type TargetLines } from './outbound.ts'
import { isFilled, narrow, type Parts, rawReadsOf, readsOf } from './parts.ts'
import type { PathScope, Read, Root } from './path.ts'
import type { Owner, RuleContext } from './rule-context.ts'
import type { ObjectSchema } from './schema.ts'
import { anyShape, documentFields, type Field, type Fields, type FieldsOf, remoteFields, type Shape } from './shape.ts'
import { inboundWords, parseRoot, type UsedFiles, usedFiles } from './used-files.ts'
import { compileWatch } from './watch.ts'
import { checkWords } from './words.ts'
import { type Entry, entryOf, type MapNode, type Report, reportInto } from './yaml.ts'

export type { Finding, MappingFile } from './finding.ts'

export interface CompileContext {
  /** Schema of an object of the mapping's own system; null = not described (then its paths are not checked). */
  schemaOf(object: string): ObjectSchema | null
  /** What the document came from, in the other system (`crm.…` and `erp.…` of outbound mappings); null = unknown. */
  readonly otherObject: string | null
  otherSchemaOf(object: string): ObjectSchema | null
  /** By name, as `map` has it. See `parseTable`. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The names that `link` may have: what the flow has linked before it maps with this mapping. */
  readonly links: readonly string[]
  /** Whether the flow writes in both directions, so that a field may have an owner. */
  readonly owners: boolean
  /** Whether records are made with this mapping, so that a field that a new record must have is missed. */
  readonly creates: boolean
  /**
   * The mapping that `use` names: the file of that name beside this one. Undefined when it was not asked for yet (it is
   * then among `wantedFiles`), null when there is none.
   */
  fileOf(name: string): MappingFile | null | undefined
}

export interface Compilation {
  /** Null when there is a finding, or a file is wanted. */
  readonly mapping: CompiledMapping | null
  /** In the order of the file, then those in files that it uses. */
  readonly findings: readonly Finding[]
  /** Objects of the mapping's own system that were asked for and not described: describe them and compile again. */
  readonly wanted: readonly string[]
  /** The same for the other system. */
  readonly otherWanted: readonly string[]
  /** Names of files that `fileOf` must give before there is a mapping. */
  readonly wantedFiles: readonly string[]
}

export interface CompiledMapping {
  readonly file: string
  readonly direction: 'inbound' | 'outbound'
  readonly document: DocumentName
  readonly object: string
  /** Remote paths an inbound mapping reads. Empty for an outbound one. */
  readonly reads: readonly string[]
  /** Document paths an outbound mapping reads, without the document's name: `poNumber`, `lines.sku`, `customer.name`. */
  readonly documentReads: readonly string[]
  /** Paths of the other system's record (`crm.…`, `erp.…`) that an outbound mapping reads, without the root. */
  readonly otherReads: readonly string[]
  /** Name of the lines field an outbound mapping writes, null when it writes none. */
  readonly linesField: string | null
  /** Fields an outbound mapping fills with ids of other records (`lookup`, `link`, references), lines not included. */
  readonly references: readonly string[]
  /**
   * By field of the target, `order_line.price_unit` for lines, what its rule reads of the document. As `documentReads`
   * has it. Empty for an inbound mapping.
   */
  readonly fieldReads: Readonly<Record<string, readonly string[]>>
  /** How many digits after the point the target keeps, by field as in `fieldReads`, where that is settled. */
  readonly fieldDigits: Readonly<Record<string, number>>
  /** By field of the target, the links whose ids its rule gives. Empty for an inbound mapping. */
  readonly fieldLinks: Readonly<Record<string, readonly string[]>>
  /**
   * By field of the target, everything that its rule gets from the source: what it reads of the document; of the other
   * system's record, as `crm.…`; and what it links to, as `link.customer`. Empty for an inbound mapping.
   */
  readonly fieldSources: Readonly<Record<string, readonly string[]>>
  /** Whether an inbound mapping gives a field of its document: `lines.sku`. */
  fills(path: string): boolean
  /** Whose change counts, of the fields that say so. See `fieldsToWrite`. */
  readonly owners: Readonly<Record<string, Owner>>
  /**
   * How a record that is there already is recognised, best way first: by fields that this outbound mapping fills. An
   * `identity` (a tax id) names one thing; any other step says only that two are alike.
   */
  readonly match: readonly MatchStep[]
  /** The field of the target that shows what keeps the record from getting across; null when there is none. */
  readonly problemField: string | null
  /** Which records an inbound mapping is for: one of these holds. Empty when it is for all. */
  readonly watch: readonly Condition[]
  /** An inbound mapping that fills only some document fields (dotted names), so that less is fetched. */
  only(documentPaths: readonly string[]): CompiledMapping
  /**
   * Remote paths of an inbound mapping behind raw parts of its document, as an outbound mapping's `documentReads` name
   * them: `lines.raw.properties.x` → `line_items.properties.x`. Other paths are left out.
   */
  rawReads(documentPaths: readonly string[]): readonly string[]
  readonly program: Program
}

/** What `run` runs. */
type Program =
  | {
      readonly direction: 'inbound'
      readonly evaluate: Evaluate
      readonly whole: boolean
      readonly mapsId: boolean
      /** The fields of the document. */
      readonly known: Fields
    }
  | { readonly direction: 'outbound'; readonly fields: readonly TargetField[]; readonly lines: TargetLines | null }

/** Checks and compiles a mapping. Reports all findings at once and throws for none of them. */
export function compileMapping(file: MappingFile, context: CompileContext): Compilation {
  const findings: Finding[] = []
  const report = reportInto(findings, file.file)
  const own = schemas(context.schemaOf)
  const other = schemas(context.otherSchemaOf)
  const used = usedFiles((name) => context.fileOf(name), findings)
  const root = parseRoot(file, report)
  const draft = root === null ? null : compileRoot(root, file.file, report, own, other, used, context)
  const order = (one: Finding): string => (one.file === file.file ? '' : one.file)
  findings.sort((a, b) => order(a).localeCompare(order(b)) || a.line - b.line || a.column - b.column)
  return {
    mapping: findings.every(isWarning) && used.wanted.size === 0 ? draft : null,
    // A file that is used twice is compiled twice.
    findings: [...new Map(findings.map((one) => [formatFinding(one), one])).values()],
    wantedFiles: [...used.wanted],
    wanted: [...own.wanted],
    otherWanted: [...other.wanted],
  }
}

/** Fields of a system's objects, and which of them were not described. */
function schemas(schemaOf: (object: string) => ObjectSchema | null): { fieldsOf: FieldsOf; wanted: Set<string> } {
  const wanted = new Set<string>()
  const known = new Map<string, Fields | null>()
  const fieldsOf: FieldsOf = (object) => {
    const found = known.get(object)
    if (found !== undefined) return found
    const schema = schemaOf(object)
    if (schema === null) wanted.add(object)
    const fields = schema === null ? null : remoteFields(schema, fieldsOf)
    known.set(object, fields)
    return fields
  }
  return { fieldsOf, wanted }
}

const outboundWords = ['from', 'to', 'fields', 'lines', 'match', 'problem']

type Schemas = ReturnType<typeof schemas>

function compileRoot(
  root: MapNode,
  file: string,
  report: Report,
  own: Schemas,
  other: Schemas,
  used: UsedFiles,
  context: CompileContext,
): CompiledMapping | null {
  const ends = endsOf(root, report)
  checkWords(root, ends?.direction === 'inbound' ? inboundWords : outboundWords, { report })
  if (ends === null) return null
  let ids = 0
  const rules: RuleContext = {
    direction: ends.direction,
    report,
    tables: context.tables,
    fieldsOf: own.fieldsOf,
    links: context.links,
    owners: context.owners,
    open: used.open,
    nextId: () => {
      ids += 1
      return ids
    },
  }
  return ends.direction === 'inbound'
    ? compileInbound(root, file, ends, own, rules)
    : compileOutbound(root, file, ends, own, other, rules, context)
}

const objectShape = (fields: () => Fields | null): Shape => ({ kind: 'object', fields })

function root(slot: number, space: Root['space'], shape: Shape, steps: readonly string[] = [], prefix = steps): Root {
  return { slot, steps, shape, space, prefix }
}

const accountNames = ['id', 'name', 'timeZone', 'currency', 'apiVersion']
const accountField: Field = {
  shape: { kind: 'text' },
  writable: false,
  required: false,
  nullable: true,
  fallback: null,
  description: '',
}
const accountFields: Fields = {
  owner: 'account',
  names: accountNames,
  get: (name) => (accountNames.includes(name) ? accountField : undefined),
}
const account = root(
  1,
  'account',
  objectShape(() => accountFields),
)

function compileInbound(node: MapNode, file: string, ends: Ends, own: Schemas, rules: RuleContext): CompiledMapping {
  const record = root(
    0,
    'remote',
    objectShape(() => own.fieldsOf(ends.object)),
  )
  const scope: PathScope = { roots: new Map([['account', account]]), bare: record, slots: 2 }
  // Asked for even when no path needs it, so that the caller describes it.
  own.fieldsOf(ends.object)
  const parts = compileDocument(ends.document, node, scope, rules)
  const watch = compileWatch(entryOf(node, 'watch'), scope, rules)
  return inboundMapping(file, ends, parts, watch, true)
}

function inboundMapping(
  file: string,
  ends: Ends,
  parts: Parts,
  watch: readonly Condition[],
  whole: boolean,
): CompiledMapping {
  return {
    file,
    direction: 'inbound',
    document: ends.document,
    object: ends.object,
    reads: readsOf(parts),
    documentReads: [],
    otherReads: [],
    linesField: null,
    references: [],
    fieldReads: {},
    fieldDigits: {},
    fieldLinks: {},
    fieldSources: {},
    fills: (path) => isFilled(parts, path.split('.')),
    owners: {},
    match: [],
    problemField: null,
    watch,
    only: (paths) => {
      const wanted = ['id', ...paths].map((path) => path.split('.'))
      return inboundMapping(file, ends, narrow(parts, wanted), watch, false)
    },
    rawReads: (paths) => rawReadsOf(parts, paths),
    program: {
      direction: 'inbound',
      evaluate: assemble(parts, 'keep'),
      whole,
      mapsId: parts.has('id'),
      known: documentFields(ends.document),
    },
  }
}

function compileOutbound(
  node: MapNode,
  file: string,
  ends: Ends,
  own: Schemas,
  other: Schemas,
  rules: RuleContext,
  context: CompileContext,
): CompiledMapping {
  const target = own.fieldsOf(ends.object)
  const scope: PathScope = { roots: documentRoots(ends.document, other, context.otherObject), bare: null, slots: 2 }
  const fieldsEntry = entryOf(node, 'fields')
  const linesEntry = entryOf(node, 'lines')
  const fields = fieldsEntry === undefined ? [] : compileFields(fieldsEntry, target, '', scope, rules)
  const lines = linesEntry === undefined ? null : compileLines(linesEntry, target, scope, rules)
  const match = compileMatch(entryOf(node, 'match'), fields, rules)
  const problemField = compileProblem(entryOf(node, 'problem'), target, rules)
  if (context.creates) {
    const given = [...createdNames(fields), ...namesTried(fieldsEntry, fields), ...linesNameOf(linesEntry)]
    checkRequired(ends.object, (fieldsEntry ?? ends.at).keyAt, target, given, rules)
  }
  const reads = [...fields.flatMap((field) => field.rule.reads), ...(lines?.reads ?? [])]
  const mapping: CompiledMapping = {
    file,
    direction: 'outbound',
    document: ends.document,
    object: ends.object,
    reads: [],
    documentReads: pathsIn(reads, 'document'),
    otherReads: pathsIn(reads, 'other'),
    linesField: lines?.field ?? null,
    references: fields.filter((field) => field.rule.refers).map((field) => field.name),
    fieldReads: Object.fromEntries(
      [...fields, ...(lines?.fields ?? [])].map(({ path, rule }) => [path, pathsIn(rule.reads, 'document')]),
    ),
    fieldDigits: Object.fromEntries(
      [...fields, ...(lines?.fields ?? [])].flatMap(({ path, digits }) => (digits === null ? [] : [[path, digits]])),
    ),
    fieldLinks: Object.fromEntries(
      [...fields, ...(lines?.fields ?? [])].map(({ path, rule }) => [path, pathsIn(rule.reads, 'link')]),
    ),
    fieldSources: Object.fromEntries(
      [...fields, ...(lines?.fields ?? [])].map(({ path, rule }) => [path, sourcesOf(rule)]),
    ),
    fills: () => false,
    owners: Object.fromEntries(fields.flatMap(({ name, rule }) => (rule.owner === null ? [] : [[name, rule.owner]]))),
    match,
    problemField,
    watch: [],
    only: () => mapping,
    rawReads: () => [],
    program: { direction: 'outbound', fields, lines },
  }
  return mapping
}

const createdNames = (fields: readonly TargetField[]): string[] =>
  fields.filter((field) => field.rule.on !== 'update').map((field) => field.name)

/** Names under `fields` whose rules did not compile: what is wrong with them has been said. */
function namesTried(entry: Entry | undefined, compiled: readonly TargetField[]): string[] {
  const keys = entry?.value.is === 'map' ? entry.value.entries.map((one) => one.key) : []
  return keys.filter((key) => !compiled.some(({ name }) => name === key || name.startsWith(`${key}.`)))
}

function linesNameOf(entry: Entry | undefined): string[] {
  const to = entry?.value.is === 'map' ? entryOf(entry.value, 'to')?.value : undefined
  return to?.is === 'scalar' ? [String(to.value)] : []
}

const sourcesOf = ({ reads }: TargetField['rule']): readonly string[] => [
  ...pathsIn(reads, 'document'),
  ...pathsIn(reads, 'other').map((path) => `crm.${path}`),
  ...pathsIn(reads, 'link').map((path) => `link.${path}`),
]

const pathsIn = (reads: readonly Read[], space: Read['space']): readonly string[] =>
  [...new Set(reads.filter((read) => read.space === space && read.path !== '').map((read) => read.path))].sort()

/** The names that paths of an outbound mapping start with. */
function documentRoots(document: DocumentName, other: Schemas, otherObject: string | null): ReadonlyMap<string, Root> {
  const shape = objectShape(() => documentFields(document))
  const roots = new Map<string, Root>([
    [document, root(0, 'document', shape)],
    ['account', account],
  ])
  if (document === 'deal') {
    const customer = documentFields('deal').get('customer')?.shape ?? anyShape
    roots.set('customer', root(0, 'document', customer, ['customer']))
  }
  const raw = otherObject === null ? anyShape : objectShape(() => other.fieldsOf(otherObject))
  // Deals come from a CRM, fulfilment from an ERP, the others from either.
  if (document !== 'fulfilment') roots.set('crm', root(0, 'other', raw, ['raw'], []))
  if (document !== 'deal') roots.set('erp', root(0, 'other', raw, ['raw'], []))
  return roots
}
