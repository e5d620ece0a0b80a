import type { Json } from '../../core/json.ts'
import { type Evaluate, failMapping } from '../run/frame.ts'
import { type Step, sequence, throughTable } from '../run/rules.ts'
import { brief, coerce, nounOf, refusal } from '../run/value.ts'
import { transforms } from '../transforms/catalogue.ts'
import { bridgeOf, clashes } from './kinds.ts'
import type { RuleContext, Target } from './rule-context.ts'
import type { Kind } from './shape.ts'
import { didYouMean } from './suggest.ts'
import { textOf } from './words.ts'
import { type Entry, entryOf, literalOf, type MapNode, type Node, plainOf } from './yaml.ts'

interface Steps {
  readonly kind: Kind
  readonly texts: readonly string[]
  readonly table: Readonly<Record<string, string>> | null
  follow(first: Evaluate): Evaluate
}

/** Compiles `with`, `map` and `default`, which follow in this order whatever gave the value. */
export function compileSteps(
  node: MapNode,
  start: { readonly kind: Kind; readonly target: Target },
  context: RuleContext,
): Steps | null {
  const steps: { step: Step; takesBlank: boolean }[] = []
  const texts: string[] = []
  let { kind } = start
  let sound = true
  const withEntry = entryOf(node, 'with')
  if (withEntry !== undefined && withEntry.value.is !== 'list') {
    context.report(withEntry.value.at, 'wrong_form', '"with" needs a list of transforms.', 'Write `with: [trim]`.')
    sound = false
  } else if (withEntry?.value.is === 'list') {
    for (const entry of withEntry.value.entries) {
      const transform = compileTransform(entry, kind, start.target, context)
      if (transform === null) {
        sound = false
        kind = 'any'
        continue
      }
      steps.push(transform)
      texts.push(transform.text)
      kind = transform.output
    }
  }
  const mapEntry = entryOf(node, 'map')
  const mapped =
    mapEntry === undefined
      ? undefined
      : compileMap(mapEntry, start.target, context, entryOf(node, 'default') !== undefined)
  if (mapped === null) sound = false
  if (mapped != null) {
    steps.push({ step: mapped.step, takesBlank: false })
    texts.push(mapped.text)
    kind = 'text'
  }
  const fallback = compileDefault(node, start.target, context)
  if (fallback === undefined || !sound) return null
  if (fallback !== null) texts.push(`default ${brief(fallback)}`)
  return { kind, texts, table: mapped?.table ?? null, follow: (first) => sequence(first, steps, fallback) }
}

function compileTransform(
  node: Node,
  given: Kind,
  target: Target,
  { report }: RuleContext,
): { step: Step; takesBlank: boolean; text: string; output: Kind } | null {
  const named = transformName(node)
  if (named === null) {
    report(
      node.at,
      'wrong_form',
      'A transform is its name, or its name with parameters.',
      'Write `trim` or `truncate: { length: 64 }`.',
    )
    return null
  }
  const transform = transforms.find((one) => one.name === named.name)
  if (transform === undefined) {
    const fix = didYouMean(
      named.name,
      transforms.map((one) => one.name),
    )
    report(node.at, 'unknown_transform', `There is no transform "${named.name}".`, fix)
    return null
  }
  const prepared = transform.prepare(named.params === null ? {} : plainOf(named.params))
  if (!prepared.ok) {
    const names = Object.keys(transform.params.shape)
    for (const issue of prepared.issues) {
      const text = issue.path.length === 0 ? '' : `${issue.path.map(String).join('.')}: `
      const unknown = /Unrecognized key: "(.*)"/.exec(issue.message)?.[1]
      const fix =
        (unknown === undefined ? undefined : didYouMean(unknown, names)) ??
        (names.length === 0 ? 'It has no parameters.' : `Its parameters: ${names.join(', ')}.`)
      report((named.params ?? node).at, 'bad_parameter', `${transform.name}: ${text}${issue.message}.`, fix)
    }
    return null
  }
  if (clashes(given, transform.input)) {
    const message = `${transform.name} takes ${nounOf(transform.input)}, but is given ${nounOf(given)}.`
    const fix = transform.output === given ? 'Leave it out.' : bridgeOf(given, transform.input)
    report(node.at, 'type_mismatch', message, fix)
    return null
  }
  const step: Step = (value, frame) => {
    const result = prepared.apply(value, { zone: frame.pass.zone })
    return result.ok ? result.value : failMapping(frame, target.path, transform.name, `${target.path}: ${result.why}`)
  }
  return { step, takesBlank: transform.takesBlank, text: transform.name, output: transform.output }
}

function transformName(node: Node): { name: string; params: Node | null } | null {
  if (node.is === 'scalar') return typeof node.value === 'string' ? { name: node.value, params: null } : null
  const only = node.is === 'map' && node.entries.length === 1 ? node.entries[0] : undefined
  return only === undefined ? null : { name: only.key, params: only.value }
}

function compileMap(
  entry: Entry,
  target: Target,
  context: RuleContext,
  defaulted: boolean,
): { step: Step; text: string; table: Readonly<Record<string, string>> } | null {
  const name = textOf(entry, context)
  if (name === null) return null
  const table = Object.hasOwn(context.tables, name) ? context.tables[name] : undefined
  if (table === undefined) {
    const fix = didYouMean(name, Object.keys(context.tables)) ?? `Add config/tables/${name}.yaml.`
    context.report(entry.value.at, 'unknown_table', `There is no table "${name}".`, fix)
    return null
  }
  return { step: throughTable(name, table, target.path, defaulted), text: `map ${name}`, table }
}

/** Reads the literal of `default` or `value`. Undefined when it does not fit the target; reported. */
export function literalFor(entry: Entry, target: Target, { direction, report }: RuleContext): Json | undefined {
  const literal = literalOf(entry.value, report)
  const { kind, options } = target.shape
  const value = coerce(literal, kind)
  if (value === undefined) {
    report(entry.value.at, 'type_mismatch', `${target.path} is ${nounOf(kind)}: ${refusal(literal, kind)}.`)
    return undefined
  }
  if (options !== undefined && value !== null && !options.includes(value as string)) {
    // A connection may list fewer choices than its system takes, but not so our own documents; both are worth a look.
    const among = direction === 'inbound' ? 'is one of' : 'has the choices'
    const message = `${brief(value)} does not fit: ${target.path} ${among} ${options.slice(0, 12).join(', ')}.`
    report(entry.value.at, 'type_mismatch', message, didYouMean(String(value), options))
    return undefined
  }
  return value
}

/** Null when the rule has none, undefined when it is wrong. */
export function compileDefault(node: MapNode, target: Target, context: RuleContext): Json | undefined {
  const entry = entryOf(node, 'default')
  return entry === undefined ? null : literalFor(entry, target, context)
}
