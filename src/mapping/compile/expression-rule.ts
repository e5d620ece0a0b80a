import type { Json } from '../../core/json.ts'
import { emptySelection, expressionInput, type Selection, select } from '../run/expression-input.ts'
import type { Frame } from '../run/frame.ts'
import { expression } from '../run/rules.ts'
import { walk } from '../run/walk.ts'
import { readsOfExpression } from './expression.ts'
import { type PathScope, type Root, readOf, resolveExpressionRead } from './path.ts'
import type { Draft, RuleContext, Target } from './rule-context.ts'
import { compileSteps } from './steps.ts'
import { textOf } from './words.ts'
import { type Entry, entryOf, type MapNode, type Position } from './yaml.ts'

/** Compiles `{ expr: … }`: its input is put together from what it reads, its answer comes from the sandbox. */
export function compileExpression(node: MapNode, target: Target, scope: PathScope, context: RuleContext): Draft | null {
  const entry = entryOf(node, 'expr') as Entry
  const source = textOf(entry, context)
  const found = source === null ? null : expressionReads(source, node, entry, context)
  const steps = compileSteps(node, { kind: 'any', target }, context)
  if (source === null || found === null || steps === null) return null
  const resolved = found.map((one) => resolveExpressionRead(one.names, one.at, scope, context.report))
  const inputs = selectionsOf(resolved.filter((one) => one !== null))
  if (resolved.includes(null)) return null
  const id = context.nextId()
  const evaluate = expression(id, target.path, (frame) => ({ source, input: inputOf(frame, inputs, scope) }))
  return {
    evaluate: steps.follow(evaluate),
    kind: steps.kind,
    text: [`expr ${source.trim()}`, ...steps.texts].join(', '),
    reads: resolved.flatMap((one) => (one === null ? [] : [readOf(one.root, one.steps)])),
    on: null,
    owner: null,
    path: null,
    table: steps.table,
  }
}

/** The names that an expression reads: as written under `reads`, else derived from its text. */
function expressionReads(
  source: string,
  node: MapNode,
  entry: Entry,
  { report }: RuleContext,
): readonly { names: readonly string[]; at: Position }[] | null {
  const derived = readsOfExpression(source)
  const written = entryOf(node, 'reads')
  if (!derived.ok && (derived.kind === 'bad_expression' || written === undefined)) {
    const fix = derived.kind === 'underivable_reads' ? 'Name the paths it reads: `reads: [deal.amount]`.' : undefined
    report(entry.value.at, derived.kind, `${derived.why}.`, fix)
    return null
  }
  if (written === undefined) return derived.ok ? derived.reads.map((names) => ({ names, at: entry.value.at })) : null
  if (written.value.is !== 'list') {
    report(written.value.at, 'wrong_form', '"reads" needs a list of paths.')
    return null
  }
  return written.value.entries.flatMap((path) => {
    if (path.is === 'scalar' && typeof path.value === 'string') return [{ names: path.value.split('.'), at: path.at }]
    report(path.at, 'wrong_form', '"reads" needs a list of paths.')
    return []
  })
}

type Inputs = ReadonlyMap<Root, Selection>

function selectionsOf(reads: readonly { root: Root; steps: readonly string[] }[]): Inputs {
  const inputs = new Map<Root, Selection>()
  for (const { root, steps } of reads) {
    const selection = inputs.get(root) ?? emptySelection()
    inputs.set(root, selection)
    select(selection, steps)
  }
  return inputs
}

/** The object that the expression sees: its roots by name, the fields of the bare record beside them. */
function inputOf(frame: Frame, inputs: Inputs, scope: PathScope): Json {
  const result: Record<string, Json> = {}
  for (const [root, selection] of inputs) {
    const part = expressionInput(walk(frame.slots[root.slot], root.steps), selection, root.shape)
    if (part === undefined) continue
    if (root === scope.bare) Object.assign(result, part)
    else for (const [name, one] of scope.roots) if (one === root) result[name] = part
  }
  return result
}
