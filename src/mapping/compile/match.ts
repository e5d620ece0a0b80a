import { type TargetField, targetShape } from './outbound.ts'
import type { RuleContext } from './rule-context.ts'
import type { Fields } from './shape.ts'
import { didYouMean } from './suggest.ts'
import { checkWords, textOf } from './words.ts'
import { type Entry, entryOf, type Node } from './yaml.ts'

export interface MatchStep {
  readonly same: readonly string[]
  readonly identity: boolean
}

/** Compiles `match`: steps that are each a field's name, or `{ same: [names], identity: true }`. */
export function compileMatch(
  entry: Entry | undefined,
  fields: readonly TargetField[],
  context: RuleContext,
): readonly MatchStep[] {
  if (entry === undefined) return []
  if (entry.value.is === 'list') return entry.value.entries.map((step) => compileStep(step, fields, context))
  context.report(
    entry.value.at,
    'wrong_form',
    '"match" needs a list.',
    'Write `match: [{ same: [vat], identity: true }, email]`.',
  )
  return []
}

function compileStep(node: Node, fields: readonly TargetField[], context: RuleContext): MatchStep {
  const { report } = context
  if (node.is !== 'map') return { same: [nameOf(node, fields, context)], identity: false }
  checkWords(node, ['same', 'identity'], context)
  const same = entryOf(node, 'same')
  const identity = entryOf(node, 'identity')
  const truth = identity?.value.is === 'scalar' ? identity.value.value : false
  if (typeof truth !== 'boolean') report(identity?.value.at ?? node.at, 'wrong_form', '"identity" is true or false.')
  if (same?.value.is !== 'list' || same.value.entries.length === 0) {
    report((same?.value ?? node).at, 'missing_word', 'A step needs `same`, a list of fields.')
    return { same: [], identity: false }
  }
  return { same: same.value.entries.map((name) => nameOf(name, fields, context)), identity: truth === true }
}

/** The name of a field that the mapping fills: nothing else is known of the record that is looked for. */
function nameOf(node: Node, fields: readonly TargetField[], { report }: RuleContext): string {
  const name = node.is === 'scalar' ? String(node.value) : ''
  const names = fields.map((field) => field.name)
  if (!names.includes(name)) {
    report(node.at, 'unknown_field', `"${name}" is not filled by this mapping.`, didYouMean(name, names))
  }
  return name
}

/** Compiles `problem`, the name of a field that can be written. */
export function compileProblem(entry: Entry | undefined, fields: Fields | null, context: RuleContext): string | null {
  const name = entry === undefined ? null : textOf(entry, context)
  if (entry === undefined || name === null) return null
  return targetShape(entry.value.at, name, fields, context) === null ? null : name
}
