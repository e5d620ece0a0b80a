import type { DocumentName } from '../../core/documents.ts'
import { atPath } from '../run/rules.ts'
import { nounOf } from '../run/value.ts'
import { allHold } from '../run/when.ts'
import type { ChoicePart, ListPart, ObjectPart, Part, Parts } from './parts.ts'
import { itemOf, type PathScope, type Root, resolvePath } from './path.ts'
import { compileRule, reservedWords } from './rule.ts'
import type { RuleContext } from './rule-context.ts'
import { anyShape, documentFields, type Field, type Fields, recordShape } from './shape.ts'
import { didYouMean } from './suggest.ts'
import { fieldsInside, leadsTo, openFile, overlay, withOwnId } from './use.ts'
import { checkWords, textOf } from './words.ts'
import { type Entry, entryOf, type MapNode, type Node, type Position } from './yaml.ts'

/** A rule or a nest of rules under a name whose first steps were already taken. */
interface Piece {
  readonly names: readonly string[]
  readonly key: Entry
}

/**
 * Compiles `fields` and `lines` of a mapping to a document. What is missing is reported at `fields`.
 * @param prefix  where the document lies inside another one: `customer.`
 */
export function compileDocument(
  document: DocumentName,
  node: MapNode,
  scope: PathScope,
  context: RuleContext,
  prefix = '',
): Parts {
  const known = documentFields(document)
  const fields = entryOf(node, 'fields')
  const lines = entryOf(node, 'lines')
  const pieces = fields === undefined ? [] : piecesOf(fields, context)
  const parts = new Map(compilePieces(pieces, known, prefix, scope, context))
  if (lines !== undefined) compileLinesBlock(lines, known, parts, scope, context)
  // The record's own id is the document's, unless the mapping says otherwise.
  const given = new Set([...parts.keys(), 'id', ...namesTried(pieces)])
  checkMissing(known, given, document, fields?.keyAt ?? node.at, context)
  return parts
}

const namesTried = (pieces: readonly Piece[]): string[] => pieces.flatMap((piece) => piece.names.slice(0, 1))

function piecesOf(entry: Entry, { report }: RuleContext): Piece[] {
  if (entry.value.is !== 'map') {
    report(entry.value.at, 'wrong_form', `"${entry.key}" needs names with rules.`)
    return []
  }
  return entry.value.entries.map((one) => ({ names: one.key.split('.'), key: one }))
}

function checkMissing(
  fields: Fields,
  given: ReadonlySet<string>,
  path: string,
  at: Position,
  { report }: RuleContext,
): void {
  for (const name of fields.names) {
    if (!given.has(name) && fields.get(name)?.required === true) {
      report(at, 'missing_field', `${path} must have "${name}", and no rule gives it.`)
    }
  }
}

function compileLinesBlock(
  entry: Entry,
  known: Fields,
  parts: Map<string, Part>,
  scope: PathScope,
  context: RuleContext,
): void {
  if (entry.value.is !== 'map') {
    context.report(entry.value.at, 'wrong_form', '"lines" needs `each` and `fields`.')
    return
  }
  const to = entryOf(entry.value, 'to')
  const name = to === undefined ? 'lines' : textOf(to, context)
  if (name === null) return
  const field = known.get(name)
  if (field?.shape.kind !== 'list') {
    const lists = known.names.filter((one) => known.get(one)?.shape.kind === 'list')
    context.report(
      (to ?? entry).keyAt,
      'unknown_field',
      `${known.owner} has no list "${name}".`,
      didYouMean(name, lists),
    )
    return
  }
  if (parts.has(name)) {
    context.report(entry.keyAt, 'duplicate_key', `"${name}" is filled twice, here and under "fields".`)
    return
  }
  const part = compileList(entry.value, field, name, ['to', 'each', 'as', 'when', 'fields'], scope, context)
  if (part !== null) parts.set(name, part)
}

function compilePieces(
  pieces: readonly Piece[],
  fields: Fields,
  prefix: string,
  scope: PathScope,
  context: RuleContext,
): Parts {
  const parts = new Map<string, Part>()
  const groups = Map.groupBy(pieces, (piece) => piece.names[0] ?? '')
  for (const [name, group] of groups) {
    const path = prefix + name
    const field = fields.get(name)
    if (field === undefined) {
      for (const piece of group) {
        const message = `${fields.owner} has no field "${name}".`
        context.report(piece.key.keyAt, 'unknown_field', message, didYouMean(name, fields.names))
      }
      continue
    }
    const part = compilePart(group, field, path, scope, context)
    if (part !== null) parts.set(name, part)
  }
  return parts
}

function compilePart(
  group: readonly Piece[],
  field: Field,
  path: string,
  scope: PathScope,
  context: RuleContext,
): Part | null {
  const [first, ...others] = group
  if (first === undefined) return null
  const { kind } = field.shape
  if (kind === 'object') return compileObject(group, field, path, scope, context)
  for (const other of others) {
    context.report(other.key.keyAt, 'duplicate_key', `"${path}" has a rule already, in line ${first.key.keyAt.line}.`)
  }
  if (first.names.length > 1) {
    context.report(
      first.key.keyAt,
      'unknown_field',
      `"${path}" has nothing inside.`,
      kind === 'list' ? 'Fill it with `each`.' : undefined,
    )
    return null
  }
  const node = first.key.value
  if (kind === 'list') {
    if (node.is === 'map' && entryOf(node, 'each') !== undefined) {
      return compileList(node, field, path, ['each', 'as', 'when', 'fields'], scope, context)
    }
    const fix = 'Write `{ each: path, as: name, fields: { … } }`.'
    context.report(node.at, 'wrong_form', `${path} is a list.`, fix)
    return null
  }
  if (node.is === 'map' && entryOf(node, 'each') !== undefined) {
    context.report(node.at, 'wrong_form', `"each" fills a list, but ${path} is none.`)
    return null
  }
  if (node.is === 'map' && entryOf(node, 'use') !== undefined) {
    context.report(node.at, 'wrong_form', `"use" fills an object, but ${path} is none.`)
    return null
  }
  const rule = compileRule(node, { path, shape: field.shape }, scope, context)
  return rule === null ? null : { is: 'value', field, path, evaluate: rule.evaluate, reads: rule.reads }
}

function compileObject(
  group: readonly Piece[],
  field: Field,
  path: string,
  scope: PathScope,
  context: RuleContext,
): ObjectPart | ChoicePart | null {
  const fields = fieldsInside(field, path)
  const used = group.find(({ names, key }) => names.length === 1 && usesFile(key.value))
  if (used !== undefined) {
    const others = group.filter((one) => one !== used).map(({ names, key }) => ({ names: names.slice(1), key }))
    return compileUse(used.key.value as MapNode, others, field, path, scope, context)
  }
  let when: Entry | undefined
  let sound = true
  const inner: Piece[] = []
  for (const piece of group) {
    if (piece.names.length > 1) {
      inner.push({ names: piece.names.slice(1), key: piece.key })
      continue
    }
    const node = piece.key.value
    const nest = nestOf(node, path, context)
    if (nest === null) {
      sound = false
      continue
    }
    when ??= nest.when
    inner.push(...nest.pieces)
  }
  const whenRule = when === undefined ? null : compileRule(when.value, { path, shape: anyShape }, scope, context)
  const parts = new Map(compilePieces(inner, fields, `${path}.`, scope, context))
  const at = (group[0] as Piece).key.keyAt
  if (sound) checkMissing(fields, new Set(namesTried(inner)), path, at, context)
  if (!sound || (when !== undefined && whenRule === null)) return null
  const raw =
    whenRule?.path != null && fields.get('raw') !== undefined && !parts.has('raw')
      ? resolvePath(whenRule.path, at, scope, context.report)
      : null
  return { is: 'object', field, path, when: whenRule?.evaluate ?? null, reads: whenRule?.reads ?? [], parts, raw }
}

const usesFile = (node: Node): boolean => node.is === 'map' && entryOf(node, 'use') !== undefined

/** Compiles `{ use: file, from: path }` and, under `else`, what comes instead where that record is not there. */
function compileUse(
  node: MapNode,
  others: readonly Piece[],
  field: Field,
  path: string,
  scope: PathScope,
  context: RuleContext,
): ObjectPart | ChoicePart | null {
  const branches: (ObjectPart | null)[] = []
  let next: Node | undefined = node
  while (next !== undefined) {
    if (next.is !== 'map' || !usesFile(next)) {
      context.report(
        next.at,
        'wrong_form',
        '"else" beside "use" needs another file.',
        'Write `{ use: file, from: path }`.',
      )
      return null
    }
    branches.push(compileSource(next, others, field, path, scope, context))
    next = entryOf(next, 'else')?.value
  }
  const sound = branches.filter((one) => one !== null)
  const [first] = sound
  if (first === undefined || sound.length < branches.length) return null
  if (sound.length === 1) return first
  return { is: 'choice', field, path, reads: sound.flatMap((one) => one.reads), branches: sound }
}

/** Compiles one file of `use`: its paths start at the record that `from` leads to. */
function compileSource(
  node: MapNode,
  others: readonly Piece[],
  field: Field,
  path: string,
  scope: PathScope,
  context: RuleContext,
): ObjectPart | null {
  const { report } = context
  const known = checkWords(node, ['use', 'from', 'when', 'fields', 'else'], context)
  const entry = entryOf(node, 'use') as Entry
  const from = entryOf(node, 'from')
  const text = from === undefined ? null : textOf(from, context)
  const record = from === undefined || text === null ? null : resolvePath(text, from.value.at, scope, report)
  const whenEntry = entryOf(node, 'when')
  const when =
    whenEntry === undefined ? undefined : compileRule(whenEntry.value, { path, shape: anyShape }, scope, context)
  const fieldsEntry = entryOf(node, 'fields')
  const own = [...(fieldsEntry === undefined ? [] : piecesOf(fieldsEntry, context)), ...others]
  const above = compilePieces(own, fieldsInside(field, path), `${path}.`, scope, context)
  if (from === undefined) {
    report(node.at, 'missing_word', '"use" needs "from", the path to the record that the file reads.')
  }
  const file = openFile(entry, field, path, context)
  if (file === null || from === undefined || record === null) return null
  const { object } = file.ends
  if (!leadsTo(record, object)) {
    const where = record.shape.object ?? nounOf(record.shape.kind)
    const message = `"${record.text}" leads to ${where}, but ${file.file} reads ${object}.`
    report(from.value.at, 'type_mismatch', message)
    return null
  }
  const start: Root = {
    slot: record.root.slot,
    steps: [...record.root.steps, ...record.steps],
    shape: recordShape(object, context.fieldsOf),
    space: record.root.space,
    prefix: record.reads[0]?.path.split('.') ?? [],
  }
  const account = scope.roots.get('account')
  const inner: PathScope = {
    ...scope,
    roots: new Map(account === undefined ? [] : [['account', account]]),
    bare: start,
  }
  const inside: RuleContext = { ...context, report: file.report, open: null }
  const below = compileDocument(file.ends.document, file.root, inner, inside, `${path}.`)
  if (!known || when === null) return null
  return {
    is: 'object',
    field,
    path,
    when: allHold([atPath(record), ...(when === undefined ? [] : [when.evaluate])]),
    reads: [...record.reads, ...(when?.reads ?? [])],
    parts: overlay(withOwnId(below, field, path, inner, inside), above),
    raw: record,
  }
}

/** Names with rules, or `when` and `fields`. */
function nestOf(node: Node, path: string, context: RuleContext): { when: Entry | undefined; pieces: Piece[] } | null {
  if (node.is !== 'map') {
    context.report(node.at, 'wrong_form', `${path} is filled field by field.`, 'Write `{ when: path, fields: { … } }`.')
    return null
  }
  const when = entryOf(node, 'when')
  const fields = entryOf(node, 'fields')
  if (when === undefined && fields === undefined) {
    const words = node.entries.filter((entry) => reservedWords.has(entry.key))
    if (words.length > 0 && words.length === node.entries.length) {
      const fix = 'Write `{ when: path, fields: { … } }`.'
      context.report(node.at, 'wrong_form', `${path} is filled field by field.`, fix)
      return null
    }
    return { when, pieces: node.entries.map((entry) => ({ names: entry.key.split('.'), key: entry })) }
  }
  const known = checkWords(node, ['when', 'fields'], context)
  if (fields === undefined) {
    context.report(node.at, 'missing_word', `${path} needs "fields" beside "when".`)
    return null
  }
  return known ? { when, pieces: piecesOf(fields, context) } : null
}

function compileList(
  node: MapNode,
  field: Field,
  path: string,
  words: readonly string[],
  scope: PathScope,
  context: RuleContext,
): ListPart | null {
  const { report } = context
  const known = checkWords(node, words, context)
  const each = entryOf(node, 'each')
  const fields = entryOf(node, 'fields')
  const source = each === undefined ? null : textOf(each, context)
  const list = each === undefined || source === null ? null : resolvePath(source, each.value.at, scope, report)
  if (each === undefined) report(node.at, 'missing_word', `${path} needs "each".`)
  if (fields === undefined) report(node.at, 'missing_word', `${path} needs "fields".`)
  const as = itemName(node, words.includes('to') ? 'line' : null, scope, context)
  if (list !== null && list.shape.kind !== 'list' && list.shape.kind !== 'any') {
    report((each as Entry).value.at, 'type_mismatch', `"each" walks a list, and "${list.text}" is none.`)
    return null
  }
  if (list === null || fields === undefined || as === null) return null
  const item = itemOf(list, scope)
  const inner: PathScope = { ...scope, roots: new Map([...scope.roots, [as, item]]), slots: scope.slots + 1 }
  const whenEntry = entryOf(node, 'when')
  const when = whenEntry === undefined ? null : compileRule(whenEntry.value, { path, shape: anyShape }, inner, context)
  const itemFields = field.shape.item?.().fields?.() ?? null
  if (itemFields === null) throw new Error(`the document schema says nothing of the items of ${path}`)
  const pieces = piecesOf(fields, context)
  const parts = compilePieces(pieces, itemFields, `${path}.`, inner, context)
  checkMissing(itemFields, new Set(namesTried(pieces)), path, fields.keyAt, context)
  if (!known || (whenEntry !== undefined && when === null)) return null
  const keepsRaw = itemFields.get('raw') !== undefined && !parts.has('raw')
  const reads = [...list.reads, ...(when?.reads ?? [])]
  return { is: 'list', field, path, list, when: when?.evaluate ?? null, reads, parts, keepsRaw }
}

function itemName(node: MapNode, fallback: string | null, scope: PathScope, context: RuleContext): string | null {
  const as = entryOf(node, 'as')
  if (as === undefined) {
    if (fallback === null)
      context.report(node.at, 'missing_word', '"each" needs "as", the name of one entry.', 'Write `as: line`.')
    return fallback
  }
  const name = textOf(as, context)
  if (name === null) return null
  if (!/^[A-Za-z_]\w*$/.test(name) || scope.roots.has(name)) {
    context.report(as.value.at, 'wrong_form', `"${name}" cannot name an entry: it is taken or not a plain word.`)
    return null
  }
  return name
}
