import { type TargetField, targetShape } from './outbound.ts'
import type { RuleContext } from './rule-context.ts'
import type { Fields } from './shape.ts'
import { didYouMean } from './suggest.ts'
import { checkWords, textOf } from './words.ts'
import { type Entry, entryOf, type MapNode, type Node } from './yaml.ts'

export interface MatchStep {
  readonly same: readonly string[]
  readonly identity: boolean
  /** Whether an empty field is compared, too; else the step is for records that have all of them. */
  readonly whole: boolean
}

/** Compiles `match`: steps that are each a field's name, or `{ same: [names] }` with `identity: true` or `whole: true`. */
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
  if (node.is !== 'map') return { same: [nameOf(node, fields, context)], identity: false, whole: false }
  checkWords(node, ['same', 'identity', 'whole'], context)
  const same = entryOf(node, 'same')
  const identity = truthOf(node, 'identity', context)
  const whole = truthOf(node, 'whole', context)
  if (same?.value.is !== 'list' || same.value.entries.length === 0) {
    report((same?.value ?? node).at, 'missing_word', 'A step needs `same`, a list of fields.')
    return { same: [], identity, whole }
  }
  return { same: same.value.entries.map((name) => nameOf(name, fields, context)), identity, whole }
}

function truthOf(node: MapNode, word: string, { report }: RuleContext): boolean {
  const entry = entryOf(node, word)
  const truth = entry?.value.is === 'scalar' ? entry.value.value : false
  if (entry !== undefined && typeof truth !== 'boolean')
    report(entry.value.at, 'wrong_form', `"${word}" is true or false.`)
  return truth === true
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
