import { isAlias, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml'
import { parseDecimal } from '../../core/decimal.ts'
import type { Json } from '../../core/json.ts'
import type { Finding, FindingKind, MappingFile } from './finding.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

/** YAML as a tree of plain values that know where they stand. */
export type Node = MapNode | ListNode | ScalarNode
export interface MapNode {
  readonly is: 'map'
  readonly at: Position
  readonly entries: readonly Entry[]
}
export interface Entry {
  readonly key: string
  readonly keyAt: Position
  readonly value: Node
}
interface ListNode {
  readonly is: 'list'
  readonly at: Position
  readonly entries: readonly Node[]
}
interface ScalarNode {
  readonly is: 'scalar'
  readonly at: Position
  readonly value: string | number | boolean | null
  /** As written; a number's digits are not lost in it. */
  readonly source: string
}

/** Takes note of a finding. */
export type Report = (at: Position, kind: FindingKind, message: string, fix?: string) => void

// The largest file of ours has a tenth of this.
const charactersMax = 500_000
// The parser descends by recursion; no mapping nests a fifth as deep.
export const depthMax = 100

export const entryOf = (node: MapNode, key: string): Entry | undefined =>
  node.entries.find((entry) => entry.key === key)

/** Reports into a list, as findings of one file. */
export function reportInto(findings: Finding[], file: string): Report {
  return (at, kind, message, fix) => {
    findings.push({ file, line: at.line, column: at.column, kind, message, ...(fix === undefined ? {} : { fix }) })
  }
}

/**
 * Reads one YAML document. What could blow up or surprise is refused with a finding: large files, deep nesting,
 * anchors, aliases, tags, keys given twice.
 * @returns null when there is nothing to go on with; findings are reported in either case
 */
export function parseYaml(file: MappingFile, report: Report): Node | null {
  const start = { line: 1, column: 1 }
  if (file.text.length > charactersMax) {
    report(start, 'too_large', `The file has ${file.text.length} characters; ${charactersMax} are allowed.`)
    return null
  }
  if (nestingOf(file.text) > depthMax) {
    report(start, 'too_large', `The file is nested deeper than ${depthMax} levels.`)
    return null
  }
  const lines = new LineCounter()
  const document = parseDocument(file.text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false })
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  for (const error of document.errors) report(place(error.pos[0]), 'yaml', sentence(error.message))
  if (document.errors.length > 0) return null
  if (document.contents === null) {
    report(start, 'yaml', 'The file is empty.')
    return null
  }
  let readable = true
  const root = convert(document.contents as ParsedNode, place, (at, kind, message, fix) => {
    // Where a value could not be read, nothing true can be said of the rest.
    if (kind === 'yaml') readable = false
    report(at, kind, message, fix)
  })
  return readable ? root : null
}

const sentence = (text: string): string => (text.endsWith('.') ? text : `${text}.`)

/** An upper bound of the nesting, without parsing: open brackets, or the widest indentation or run of dashes. */
export function nestingOf(text: string): number {
  let open = 0
  let deepest = 0
  for (const char of text) {
    if (char === '[' || char === '{') open += 1
    else if ((char === ']' || char === '}') && open > 0) open -= 1
    if (open > deepest) deepest = open
  }
  for (const line of text.match(/^(?:[-?:] *)+/gm) ?? []) deepest = Math.max(deepest, line.replaceAll(' ', '').length)
  const indented = text.match(/^ +/gm) ?? []
  return indented.reduce((most, spaces) => Math.max(most, spaces.length / 2), deepest)
}

function convert(node: ParsedNode | null, place: (offset: number) => Position, report: Report): Node {
  const at = place(node?.range[0] ?? 0)
  if (node === null) return { is: 'scalar', at, value: null, source: '' }
  if (isAlias(node) || node.anchor !== undefined) {
    report(at, 'yaml', 'Anchors (&) and aliases (*) are not read.', 'Write the value out in both places.')
    return { is: 'scalar', at, value: null, source: '' }
  }
  if (node.tag !== undefined) {
    report(at, 'yaml', `Tags (${node.tag}) are not read.`, 'Put text in quotes instead.')
    return { is: 'scalar', at, value: null, source: '' }
  }
  if (isSeq(node)) return { is: 'list', at, entries: node.items.map((entry) => convert(entry, place, report)) }
  if (isMap(node)) return { is: 'map', at, entries: entriesOf(node.items, place, report) }
  if (!isScalar(node)) throw new Error('YAML has maps, lists and scalars only')
  const value: unknown = node.value
  const source = node.source ?? ''
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return { is: 'scalar', at, value, source }
  }
  return { is: 'scalar', at, value: null, source }
}

function entriesOf(
  pairs: readonly { key: ParsedNode; value: ParsedNode | null }[],
  place: (offset: number) => Position,
  report: Report,
): Entry[] {
  const seen = new Map<string, Position>()
  const entries: Entry[] = []
  for (const { key: keyNode, value: valueNode } of pairs) {
    const key = convert(keyNode, place, report)
    if (key.is !== 'scalar') {
      report(key.at, 'wrong_form', 'A key must be a plain word.')
      continue
    }
    // A key is a name, whatever YAML makes of it: `01`, `true` and `null` are taken as written.
    const name = typeof key.value === 'string' ? key.value : key.source
    const first = seen.get(name)
    if (first !== undefined) {
      report(
        key.at,
        'duplicate_key',
        `"${name}" is there twice, first in line ${first.line}.`,
        'Remove one of the two.',
      )
      continue
    }
    seen.set(name, key.at)
    const value = valueNode === null ? { is: 'scalar' as const, at: key.at, value: null, source: '' } : null
    entries.push({ key: name, keyAt: key.at, value: value ?? convert(valueNode, place, report) })
  }
  return entries
}

/** The value as it would be in JSON, numbers as doubles: for parameters that a schema checks. */
export function plainOf(node: Node): Json {
  if (node.is === 'scalar') return node.value
  if (node.is === 'list') return node.entries.map(plainOf)
  return objectOf(node.entries.map((entry) => [entry.key, plainOf(entry.value)]))
}

/** The value as a mapping writes it: numbers as exact decimal text. A number that YAML changed is reported. */
export function literalOf(node: Node, report: Report): Json {
  if (node.is === 'list') return node.entries.map((entry) => literalOf(entry, report))
  if (node.is === 'map') return objectOf(node.entries.map((entry) => [entry.key, literalOf(entry.value, report)]))
  if (typeof node.value !== 'number') return node.value
  if (/^[-+]?0\d/.test(node.source)) {
    report(
      node.at,
      'unquoted_number',
      `${node.source} without quotes is the number ${node.value}.`,
      `Write "${node.source}" for the text, ${node.value} for the number.`,
    )
  }
  const exact = parseDecimal(node.source) ?? parseDecimal(node.value)
  if (exact === null) report(node.at, 'wrong_form', `${node.source} is not a number that a system can take.`)
  return exact
}

/** Safe for a key named `__proto__`, which plain assignment would not store. */
const objectOf = (entries: readonly (readonly [string, Json])[]): { readonly [name: string]: Json } =>
  Object.fromEntries(entries)
