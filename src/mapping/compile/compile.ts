import type { Condition } from '../../core/condition.ts'
import { type DocumentName, documentSchemas } from '../../core/documents.ts'
import { assemble } from '../run/document.ts'
import type { Evaluate } from '../run/frame.ts'
import type { Finding, MappingFile } from './finding.ts'
import { compileDocument } from './inbound.ts'
import { compileMatch, compileProblem, type MatchStep } from './match.ts'
import { compileFields, compileLines, type TargetField, type TargetLines } from './outbound.ts'
import { narrow, type Parts, rawReadsOf, readsOf } from './parts.ts'
import type { PathScope, Read, Root } from './path.ts'
import { checkWords, type RuleContext, textOf } from './rule-context.ts'
import type { ObjectSchema } from './schema.ts'
import { anyShape, documentFields, type Field, type Fields, type FieldsOf, remoteFields, type Shape } from './shape.ts'
import { didYouMean, listed } from './suggest.ts'
import { compileWatch } from './watch.ts'
import { type Entry, entryOf, type MapNode, parseYaml, type Report, reportInto } from './yaml.ts'

export type { Finding, MappingFile } from './finding.ts'

export interface CompileContext {
  /** Schema of an object of the mapping's own system; null = not described (then its paths are not checked). */
  schemaOf(object: string): ObjectSchema | null
  /** What the document came from, in the other system (`crm.…` and `erp.…` of outbound mappings); null = unknown. */
  readonly otherObject: string | null
  otherSchemaOf(object: string): ObjectSchema | null
  /** By name, as `map` has it. See `parseTable`. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export interface Compilation {
  /** Null when there is a finding. */
  readonly mapping: CompiledMapping | null
  /** In the order of the file. */
  readonly findings: readonly Finding[]
  /** Objects of the mapping's own system that were asked for and not described: describe them and compile again. */
  readonly wanted: readonly string[]
  /** The same for the other system. */
  readonly otherWanted: readonly string[]
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

const documentNames = Object.keys(documentSchemas) as DocumentName[]
const isDocument = (name: string): name is DocumentName => Object.hasOwn(documentSchemas, name)

/** Checks and compiles a mapping. Reports all findings at once and throws for none of them. */
export function compileMapping(file: MappingFile, context: CompileContext): Compilation {
  const findings: Finding[] = []
  const report = reportInto(findings, file.file)
  const own = schemas(context.schemaOf)
  const other = schemas(context.otherSchemaOf)
  const root = parseYaml(file, report)
  const draft =
    root === null ? null : compileRoot(root.is === 'map' ? root : null, file.file, report, own, other, context)
  if (root !== null && root.is !== 'map') report(root.at, 'wrong_form', 'A mapping has `from`, `to` and `fields`.')
  findings.sort((a, b) => a.line - b.line || a.column - b.column)
  return {
    mapping: findings.length === 0 ? draft : null,
    findings,
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

type Schemas = ReturnType<typeof schemas>

function compileRoot(
  root: MapNode | null,
  file: string,
  report: Report,
  own: Schemas,
  other: Schemas,
  context: CompileContext,
): CompiledMapping | null {
  if (root === null) return null
  const ends = endsOf(root, report)
  const words = ['from', 'to', 'fields', 'lines']
  checkWords(root, ends?.direction === 'inbound' ? [...words, 'watch'] : [...words, 'match', 'problem'], { report })
  if (ends === null) return null
  let ids = 0
  const rules: RuleContext = {
    direction: ends.direction,
    report,
    tables: context.tables,
    fieldsOf: own.fieldsOf,
    nextId: () => {
      ids += 1
      return ids
    },
  }
  return ends.direction === 'inbound'
    ? compileInbound(root, file, ends, own, rules)
    : compileOutbound(root, file, ends, own, other, rules, context)
}

interface Ends {
  readonly direction: 'inbound' | 'outbound'
  readonly document: DocumentName
  readonly object: string
  readonly at: Entry
}

/** Which of `from` and `to` is the document. */
function endsOf(root: MapNode, report: Report): Ends | null {
  const from = entryOf(root, 'from')
  const to = entryOf(root, 'to')
  for (const word of ['from', 'to']) {
    if (entryOf(root, word) === undefined) report(root.at, 'missing_word', `A mapping needs "${word}".`)
  }
  if (entryOf(root, 'fields') === undefined) report(root.at, 'missing_word', 'A mapping needs "fields".')
  if (from === undefined || to === undefined) return null
  const source = textOf(from, { report })
  const target = textOf(to, { report })
  if (source === null || target === null) return null
  if (isDocument(target) && !isDocument(source)) {
    return { direction: 'inbound', document: target, object: source, at: to }
  }
  if (isDocument(source) && !isDocument(target)) {
    return { direction: 'outbound', document: source, object: target, at: from }
  }
  const both = isDocument(source)
  report(
    to.value.at,
    'unknown_document',
    both
      ? 'Both "from" and "to" are documents; one must be an object of the system.'
      : `Neither "${source}" nor "${target}" is a document.`,
    both
      ? undefined
      : (didYouMean(target, documentNames) ??
          didYouMean(source, documentNames) ??
          `Documents are ${listed(documentNames)}.`),
  )
  return null
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
  const fields = entryOf(node, 'fields')
  const parts = compileDocument(ends.document, fields, entryOf(node, 'lines'), (fields ?? ends.at).keyAt, scope, rules)
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
    match,
    problemField,
    watch: [],
    only: () => mapping,
    rawReads: () => [],
    program: { direction: 'outbound', fields, lines },
  }
  return mapping
}

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
