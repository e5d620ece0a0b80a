import { itemOf, type PathScope, type Read, type ResolvedPath, resolvePath } from './path.ts'
import { compileRule, refuseWriting, reservedWords } from './rule.ts'
import type { Rule, RuleContext } from './rule-context.ts'
import { anyShape, type Fields, type Shape } from './shape.ts'
import { didYouMean } from './suggest.ts'
import { checkWords, textOf } from './words.ts'
import { type Entry, entryOf, type MapNode, type Position } from './yaml.ts'

/** One field of a target record. */
export interface TargetField {
  readonly name: string
  readonly path: string
  readonly rule: Rule
  /** How many digits the target keeps of it after the point; null where that is not settled. */
  readonly digits: number | null
}
export interface TargetLines {
  readonly field: string
  readonly list: ResolvedPath
  readonly key: Rule
  readonly fields: readonly TargetField[]
  readonly reads: readonly Read[]
}

/** Compiles the fields of a target record; null `fields` are not checked. */
export function compileFields(
  entry: Entry,
  fields: Fields | null,
  prefix: string,
  scope: PathScope,
  context: RuleContext,
): readonly TargetField[] {
  if (entry.value.is !== 'map') {
    context.report(entry.value.at, 'wrong_form', `"${entry.key}" needs names with rules.`)
    return []
  }
  return entry.value.entries.flatMap((one) => compileField(one, one.key, fields, prefix, scope, context))
}

function compileField(
  entry: Entry,
  name: string,
  fields: Fields | null,
  prefix: string,
  scope: PathScope,
  context: RuleContext,
): readonly TargetField[] {
  const shape = targetShape(entry.keyAt, name, fields, context)
  if (shape === null) return []
  const node = entry.value
  const nested = node.is === 'map' && node.entries.length > 0 && !node.entries.some((one) => reservedWords.has(one.key))
  if (nested && (shape.kind === 'object' || shape.kind === 'any') && !looksLikeRule(node)) {
    return node.entries.flatMap((one) => compileField(one, `${name}.${one.key}`, fields, prefix, scope, context))
  }
  if (node.is === 'map' && entryOf(node, 'each') !== undefined) {
    context.report(node.at, 'unknown_word', '"each" fills a document; lines of a record are written under "lines".')
    return []
  }
  if (node.is === 'map' && entryOf(node, 'use') !== undefined) {
    context.report(node.at, 'unknown_word', '"use" fills a document, so it is for mappings to one.')
    return []
  }
  const path = prefix + name
  const rule = compileRule(node, { path, shape }, scope, context)
  return rule === null ? [] : [{ name, path, rule, digits: shape.digits ?? null }]
}

/** Every entry is a literal: most likely a rule whose word is misspelt, not a nest of fields. */
const looksLikeRule = (node: MapNode): boolean =>
  node.entries.every((one) => didYouMean(one.key, reservedWords) !== undefined)

/** The shape of a target field that can be written. Null when it cannot; reported. */
export function targetShape(at: Position, name: string, start: Fields | null, { report }: RuleContext): Shape | null {
  let fields = start
  let shape: Shape = anyShape
  let writable = true
  for (const step of name.split('.')) {
    if (fields === null) return anyShape
    const field = fields.get(step)
    if (field === undefined) {
      const inner = fields.names.find((one) => one !== step && insideObject(fields, one, step))
      const fix = inner === undefined ? didYouMean(step, fields.names) : `Did you mean "${inner}.${step}"?`
      report(at, 'unknown_field', `${fields.owner} has no field "${step}".`, fix)
      return null
    }
    shape = field.shape
    writable = field.writable || shape.kind === 'object'
    fields = shape.kind === 'object' ? (shape.fields?.() ?? null) : null
  }
  if (writable) return shape
  report(at, 'read_only_field', `"${name}" cannot be written.`)
  return null
}

function insideObject(fields: Fields | null, name: string, step: string): boolean {
  const shape = fields?.get(name)?.shape
  return shape?.kind === 'object' && shape.fields?.()?.get(step) !== undefined
}

/** Compiles the block `lines`. Null when something is wrong with it; reported. */
export function compileLines(
  entry: Entry,
  fields: Fields | null,
  scope: PathScope,
  context: RuleContext,
): TargetLines | null {
  const { report } = context
  if (entry.value.is !== 'map') {
    report(entry.value.at, 'wrong_form', '"lines" needs `to`, `each`, `key` and `fields`.')
    return null
  }
  const node = entry.value
  const known = checkWords(node, ['to', 'each', 'as', 'key', 'fields'], context)
  const words = ['to', 'each', 'key', 'fields'].map((word) => {
    const found = entryOf(node, word)
    if (found === undefined) report(entry.keyAt, 'missing_word', `"lines" needs "${word}".`)
    return found
  })
  const [to, each, key, inner] = words
  if (to === undefined || each === undefined || key === undefined || inner === undefined) return null
  const field = textOf(to, context)
  const source = textOf(each, context)
  const as = entryOf(node, 'as')
  const itemName = as === undefined ? 'line' : textOf(as, context)
  const list = source === null ? null : resolvePath(source, each.value.at, scope, report)
  const itemFields = field === null ? null : lineFields(to, field, fields, context)
  if (list !== null && list.shape.kind !== 'list' && list.shape.kind !== 'any') {
    report(each.value.at, 'type_mismatch', `"each" walks a list, and "${list.text}" is none.`)
    return null
  }
  if (field === null || list === null || itemName === null) return null
  const item = itemOf(list, scope)
  const lineScope: PathScope = {
    ...scope,
    roots: new Map([...scope.roots, [itemName, item]]),
    slots: scope.slots + 1,
  }
  const keyRule = compileRule(key.value, { path: `${field}.key`, shape: { kind: 'text' } }, lineScope, context)
  const compiled = compileFields(inner, itemFields, `${field}.`, lineScope, context)
  for (const one of compiled) {
    if (one.rule.on !== null) {
      const message = `"on" is not known in lines (${one.path}): an update of the record may well make a new line.`
      report(inner.keyAt, 'unknown_word', message)
    }
    if (one.rule.owner !== null) {
      report(inner.keyAt, 'unknown_word', `"owner" is not known in lines (${one.path}): they are written as a whole.`)
    }
  }
  if (keyRule !== null) refuseWriting(keyRule, key.value.at, context)
  if (!known || keyRule === null) return null
  const reads = [...keyRule.reads, ...compiled.flatMap((one) => one.rule.reads)]
  return { field, list, key: keyRule, fields: compiled, reads: reads.length > 0 ? reads : list.reads }
}

/** The fields of one line; null when they are not known. */
function lineFields(to: Entry, name: string, fields: Fields | null, { report }: RuleContext): Fields | null {
  if (fields === null) return null
  const field = fields.get(name)
  if (field === undefined) {
    report(to.value.at, 'unknown_field', `${fields.owner} has no field "${name}".`, didYouMean(name, fields.names))
    return null
  }
  if (field.shape.kind !== 'list' && field.shape.kind !== 'any') {
    report(to.value.at, 'type_mismatch', `"${name}" of ${fields.owner} is no list of lines.`)
    return null
  }
  if (!field.writable) report(to.value.at, 'read_only_field', `"${name}" cannot be written.`)
  return field.shape.item?.().fields?.() ?? null
}

/** Reports the fields that a new record of `object` must have and that are not among the names that are filled. */
export function checkRequired(
  object: string,
  at: Position,
  fields: Fields | null,
  filled: readonly string[],
  { report }: Pick<RuleContext, 'report'>,
  prefix = '',
): void {
  for (const name of fields?.names ?? []) {
    const field = fields?.get(name)
    const full = prefix + name
    if (field === undefined) continue
    const { kind } = field.shape
    const inside = filled.some((one) => one.startsWith(`${full}.`))
    if (field.required && (field.writable || kind === 'object') && !inside && !filled.includes(full)) {
      report(at, 'missing_field', `${object} needs "${full}" when it is made, and no rule gives it.`)
    }
    // What lies inside an object is only asked for once something is put there.
    if (inside && kind === 'object')
      checkRequired(object, at, field.shape.fields?.() ?? null, filled, { report }, `${full}.`)
  }
}
