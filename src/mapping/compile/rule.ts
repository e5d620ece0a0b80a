import { type Condition, lookup } from '../run/lookup.ts'
import { atPath, either, fitted, linked } from '../run/rules.ts'
import { brief, nounOf } from '../run/value.ts'
import { compileExpression } from './expression-rule.ts'
import { bridgeOf, clashes } from './kinds.ts'
import { type PathScope, resolvePath } from './path.ts'
import type { Draft, Owner, Rule, RuleContext, Target } from './rule-context.ts'
import { anyShape, type Fields, type Shape } from './shape.ts'
import { compileDefault, compileSteps, literalFor } from './steps.ts'
import { didYouMean, listed } from './suggest.ts'
import { checkWords, textOf } from './words.ts'
import { type Entry, entryOf, type MapNode, type Node, type Position } from './yaml.ts'

const wordsOf = {
  from: ['from', 'else', 'with', 'map', 'default', 'on', 'owner'],
  value: ['value', 'on', 'owner'],
  expr: ['expr', 'reads', 'with', 'map', 'default', 'on', 'owner'],
  lookup: ['lookup', 'where', 'default', 'optional', 'on', 'owner'],
  link: ['link', 'on', 'owner'],
} as const
const heads = ['from', 'value', 'expr', 'lookup', 'link'] as const
export const reservedWords: ReadonlySet<string> = new Set([
  ...Object.values(wordsOf).flat(),
  'each',
  'as',
  'when',
  'fields',
  'use',
])

/** Compiles a rule and fits it to its target. Null when something is wrong with it; that is reported. */
export function compileRule(node: Node, target: Target, scope: PathScope, context: RuleContext): Rule | null {
  const draft = compileDraft(node, target, scope, context)
  if (draft === null) return null
  const { kind, options } = target.shape
  if (clashes(draft.kind, kind)) {
    const message = `${target.path} is ${nounOf(kind)}, the rule gives ${nounOf(draft.kind)}.`
    context.report(node.at, 'type_mismatch', message, bridgeOf(draft.kind, kind))
    return null
  }
  const legal = context.direction === 'inbound' && options !== undefined ? new Set(options) : null
  if (legal !== null && draft.table !== null && !checkTable(draft.table, node, target, legal, context)) return null
  return {
    ...draft,
    evaluate: fitted(draft.evaluate, kind, legal, target.path),
    refers: draft.kind === 'reference' || kind === 'reference',
  }
}

function checkTable(
  table: Readonly<Record<string, string>>,
  node: Node,
  target: Target,
  legal: ReadonlySet<string>,
  { report }: RuleContext,
): boolean {
  const wrong = Object.values(table).filter((value) => !legal.has(value))
  for (const value of new Set(wrong)) {
    const message = `The table gives "${value}", but ${target.path} is one of ${[...legal].join(', ')}.`
    report(node.at, 'type_mismatch', message, didYouMean(value, legal))
  }
  return wrong.length === 0
}

function compileDraft(node: Node, target: Target, scope: PathScope, context: RuleContext): Draft | null {
  if (node.is === 'scalar' && typeof node.value === 'string') return compilePath(node.value, node.at, scope, context)
  if (node.is !== 'map') {
    const fix = 'Write a path, such as `deal.number`, or a fixed value: `{ value: … }`.'
    context.report(node.at, 'wrong_form', `${target.path} needs a rule.`, fix)
    return null
  }
  const head = headOf(node, target, context)
  if (head === null) return null
  const known = checkWords(node, wordsOf[head], context)
  const on = onOf(node, context)
  const owner = ownerOf(node, context)
  const draft = compileHead(head, node, target, scope, context)
  return known && on !== undefined && owner !== undefined && draft !== null ? { ...draft, on, owner } : null
}

function compileHead(
  head: (typeof heads)[number],
  node: MapNode,
  target: Target,
  scope: PathScope,
  context: RuleContext,
): Draft | null {
  switch (head) {
    case 'from':
      return compileFrom(node, target, scope, context)
    case 'value':
      return compileValue(node, target, context)
    case 'expr':
      return compileExpression(node, target, scope, context)
    case 'lookup':
      return compileLookup(node, target, scope, context)
    case 'link':
      return compileLink(node, target, context)
  }
}

/** Finds the word that says what kind of rule this is. */
function headOf(node: MapNode, target: Target, { direction, report }: RuleContext): (typeof heads)[number] | null {
  const [first, second] = heads.filter((head) => entryOf(node, head) !== undefined)
  if (first === undefined) {
    const words = node.entries.map((entry) => entry.key)
    const meant = words.map((word) => didYouMean(word, heads)).find((text) => text !== undefined)
    report(node.at, 'missing_word', `The rule of ${target.path} has none of ${listed(heads)}.`, meant)
    return null
  }
  if (second !== undefined) {
    report(node.at, 'wrong_form', `A rule has either "${first}" or "${second}", not both.`)
    return null
  }
  if (direction === 'inbound' && (first === 'lookup' || first === 'link')) {
    report(node.at, 'unknown_word', `"${first}" finds records of the target, so it is for mappings from a document.`)
    return null
  }
  return first
}

function onOf(node: MapNode, { direction, report }: RuleContext): 'create' | 'update' | null | undefined {
  const entry = entryOf(node, 'on')
  if (entry === undefined) return null
  const value = entry.value.is === 'scalar' ? entry.value.value : undefined
  if (direction === 'inbound') {
    report(entry.keyAt, 'unknown_word', '"on" is about writing, so it is for mappings from a document.')
    return undefined
  }
  if (value === 'create' || value === 'update') return value
  report(entry.value.at, 'wrong_form', '"on" is create or update.')
  return undefined
}

function ownerOf(node: MapNode, { direction, owners, report }: RuleContext): Owner | null | undefined {
  const entry = entryOf(node, 'owner')
  if (entry === undefined) return null
  const value = entry.value.is === 'scalar' ? entry.value.value : undefined
  if (direction === 'inbound') {
    report(entry.keyAt, 'unknown_word', '"owner" is about writing, so it is for mappings from a document.')
  } else if (value !== 'crm' && value !== 'erp' && value !== 'latest') {
    report(entry.value.at, 'wrong_form', '"owner" is crm, erp or latest.')
  } else if (!owners) {
    const message = '"owner" is for what goes both ways; this mapping is written in one direction only.'
    report(entry.keyAt, 'unknown_word', message, 'Write `on: create`, so that later edits in the target survive.')
  } else {
    return value
  }
  return undefined
}

/** Reports `on` and `owner` where there is no field of its own that they could be about. */
export function refuseWriting(rule: Pick<Rule, 'on' | 'owner'>, at: Position, { report }: RuleContext): boolean {
  const word = rule.on !== null ? 'on' : rule.owner !== null ? 'owner' : null
  if (word === null) return false
  report(
    at,
    'unknown_word',
    `"${word}" is about writing a whole field and means nothing here.`,
    'Leave it out, or move it to the rule of the field.',
  )
  return true
}

function compilePath(text: string, at: Position, scope: PathScope, { report }: RuleContext): Draft | null {
  const path = resolvePath(text, at, scope, report)
  if (path === null) return null
  return {
    evaluate: atPath(path),
    kind: path.shape.kind,
    text,
    reads: path.reads,
    on: null,
    owner: null,
    path: text,
    table: null,
  }
}

function compileFrom(node: MapNode, target: Target, scope: PathScope, context: RuleContext): Draft | null {
  const from = entryOf(node, 'from') as Entry
  const text = textOf(from, context)
  const source = text === null ? null : compilePath(text, from.value.at, scope, context)
  const elseEntry = entryOf(node, 'else')
  const changed = ['with', 'map'].some((word) => entryOf(node, word) !== undefined)
  const inner = changed ? withoutLinks(context) : context
  const drafted = elseEntry === undefined ? undefined : compileDraft(elseEntry.value, target, scope, inner)
  const misplaced = drafted != null && refuseWriting(drafted, (elseEntry as Entry).value.at, context)
  const otherwise = misplaced ? null : drafted
  if (otherwise === null || source === null) {
    // Nothing can be said of the kind, but the words that follow are checked all the same.
    compileSteps(node, { kind: 'any', target }, context)
    return null
  }
  const kind = otherwise === undefined || otherwise.kind === source.kind ? source.kind : 'any'
  const steps = compileSteps(node, { kind, target }, context)
  if (steps === null) return null
  const first = otherwise === undefined ? source.evaluate : either(source.evaluate, otherwise.evaluate)
  return {
    evaluate: steps.follow(first),
    kind: steps.kind,
    text: [source.text, ...(otherwise === undefined ? [] : [`else ${otherwise.text}`]), ...steps.texts].join(', '),
    reads: [...source.reads, ...(otherwise?.reads ?? [])],
    on: null,
    owner: null,
    path: otherwise === undefined && steps.texts.length === 0 ? source.path : null,
    table: steps.table,
  }
}

/**
 * Where what comes out is changed or looked up by. A link has to stand for itself there, as orders are mapped before it is
 * known whose they are.
 */
const withoutLinks = (context: RuleContext): RuleContext => ({ ...context, links: [] })

function compileValue(node: MapNode, target: Target, context: RuleContext): Draft | null {
  const value = literalFor(entryOf(node, 'value') as Entry, target, context)
  if (value === undefined) return null
  const text = `value ${brief(value)}`
  return { evaluate: () => value, kind: 'any', text, reads: [], on: null, owner: null, path: null, table: null }
}

function compileLink(node: MapNode, target: Target, context: RuleContext): Draft | null {
  const entry = entryOf(node, 'link') as Entry
  const name = textOf(entry, context)
  if (name === null) return null
  const { links } = context
  if (!links.includes(name)) {
    const known = links.length === 0 ? 'Find the record with `lookup`.' : `Known: ${links.join(', ')}.`
    context.report(
      entry.value.at,
      'unknown_word',
      `Nothing is linked as "${name}" here.`,
      didYouMean(name, links) ?? known,
    )
    return null
  }
  return {
    evaluate: linked(name, target.path),
    kind: 'reference',
    text: `link ${name}`,
    links: name,
    reads: [],
    on: null,
    owner: null,
    path: null,
    table: null,
  }
}

function compileLookup(node: MapNode, target: Target, scope: PathScope, context: RuleContext): Draft | null {
  const object = textOf(entryOf(node, 'lookup') as Entry, context)
  const fields = object === null ? null : context.fieldsOf(object)
  const where = entryOf(node, 'where')
  const given = where?.value.is === 'list' ? where.value.entries : where === undefined ? [] : [where.value]
  if (given.length === 0 || given.some((way) => way.is !== 'map' || way.entries.length === 0)) {
    context.report(
      (where?.value ?? node).at,
      'missing_word',
      'A lookup needs `where`.',
      'Write `where: { field: path }`.',
    )
    return null
  }
  const inner = withoutLinks(context)
  const ways = given.map((way) =>
    (way.is === 'map' ? way.entries : []).map((entry) => compileCondition(entry, fields, target, scope, inner)),
  )
  const fallback = compileDefault(node, { ...target, shape: { kind: 'reference' } }, context)
  const optional = optionalOf(node, context)
  if (object === null || fallback === undefined || optional === undefined) return null
  const sound = ways.map((conditions) => conditions.filter((condition) => condition !== null))
  if (sound.some((conditions, index) => conditions.length < (ways[index]?.length ?? 0))) return null
  const texts = sound.map((conditions) => conditions.map(({ name, rule }) => `${name} = ${rule.text}`).join(' and '))
  const stated = entryOf(node, 'default') !== undefined
  return {
    evaluate: lookup(object, sound, target.path, stated ? fallback : undefined, optional),
    kind: 'reference',
    text: [
      `lookup ${object} where ${texts.join(', or ')}`,
      ...(stated ? [`default ${fallback === null ? 'empty' : brief(fallback)}`] : []),
    ].join(', '),
    reads: sound.flat().flatMap((condition) => condition.rule.reads),
    on: null,
    owner: null,
    path: null,
    table: null,
  }
}

function optionalOf(node: MapNode, { report }: RuleContext): boolean | undefined {
  const entry = entryOf(node, 'optional')
  if (entry === undefined) return false
  if (entry.value.is === 'scalar' && typeof entry.value.value === 'boolean') return entry.value.value
  report(entry.value.at, 'wrong_form', '"optional" is true or false.')
  return undefined
}

function compileCondition(
  entry: Entry,
  fields: Fields | null,
  target: Target,
  scope: PathScope,
  context: RuleContext,
): Condition | null {
  const shape = fields === null ? anyShape : shapeOfField(entry, fields, context)
  const rule = compileRule(entry.value, { path: target.path, shape: shape ?? anyShape }, scope, context)
  if (rule !== null && refuseWriting(rule, entry.value.at, context)) return null
  return shape === null || rule === null ? null : { name: entry.key, rule }
}

/** Follows a dotted field name into related objects. Null when it leads nowhere; reported. */
function shapeOfField(entry: Entry, start: Fields, { report }: RuleContext): Shape | null {
  let fields: Fields | null = start
  let shape: Shape = anyShape
  for (const name of entry.key.split('.')) {
    if (fields === null) return anyShape
    const field = fields.get(name)
    if (field === undefined) {
      report(entry.keyAt, 'unknown_field', `${fields.owner} has no "${name}".`, didYouMean(name, fields.names))
      return null
    }
    shape = field.shape
    // A condition on a list means its entries: `bank_ids.acc_number`.
    fields = (shape.kind === 'list' ? shape.item?.() : shape)?.fields?.() ?? null
  }
  return shape.kind === 'list' ? anyShape : shape
}
