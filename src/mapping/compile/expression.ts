import jsonata from 'jsonata'
import { isObject } from '../../core/json.ts'

// Long enough for any rule; the parser descends by recursion.
const charactersMax = 5_000

/** What an expression reads, as names from the roots; or why it cannot be used. */
export type ExpressionReads =
  | { readonly ok: true; readonly reads: readonly (readonly string[])[] }
  | { readonly ok: false; readonly kind: 'bad_expression' | 'underivable_reads'; readonly why: string }

/** Reads JSONata without running it, and tells from its text what it will read. */
export function readsOfExpression(source: string): ExpressionReads {
  if (source.length > charactersMax) {
    return { ok: false, kind: 'bad_expression', why: `the text is longer than ${charactersMax} characters` }
  }
  let tree: Ast
  try {
    tree = jsonata(source).ast() as Ast
  } catch (error) {
    return { ok: false, kind: 'bad_expression', why: messageOf(error) }
  }
  const reads = new Map<string, readonly string[]>()
  const refusals: { kind: 'bad_expression' | 'underivable_reads'; why: string }[] = []
  visitor(reads, refusals).consume(tree, { here: [[]], variables: new Map() })
  const [refusal] = refusals
  return refusal === undefined ? { ok: true, reads: [...reads.values()] } : { ok: false, ...refusal }
}

/** JSONata throws plain objects with a message. */
const messageOf = (error: unknown): string =>
  isObject(error) || error instanceof Error ? String((error as { message?: unknown }).message) : String(error)

/** The tree of JSONata 2, as far as reads depend on it. */
interface Ast {
  readonly type: string
  readonly value?: unknown
  readonly steps?: readonly Ast[]
  readonly stages?: readonly Ast[]
  readonly predicate?: readonly Ast[]
  readonly expr?: Ast
  readonly expression?: Ast
  readonly expressions?: readonly Ast[]
  readonly arguments?: readonly Ast[]
  readonly procedure?: Ast
  readonly body?: Ast
  readonly lhs?: Ast | readonly (readonly [Ast, Ast])[]
  readonly rhs?: Ast
  readonly group?: { readonly lhs: readonly (readonly [Ast, Ast])[] }
  readonly terms?: readonly { readonly expression: Ast }[]
  readonly condition?: Ast
  readonly then?: Ast
  readonly else?: Ast
  readonly focus?: string
  readonly index?: string
}

/** Where a value may come from: places in the input. No place: it was computed from values that were read whole. */
type Origin = readonly (readonly string[])[]
interface Context {
  /** What names are relative to. */
  readonly here: Origin
  readonly variables: ReadonlyMap<string, Origin>
}

const computed: Origin = []
// Where the first argument's entries reach the function's parameters; what comes out of `map` is the function's result.
const higherOrder: Readonly<Record<string, 'entries' | 'result'>> = {
  map: 'result',
  filter: 'entries',
  single: 'entries',
  sort: 'entries',
  reduce: 'result',
}
// The same record must give the same value tomorrow, or every run would find a change to write.
const forbidden: Readonly<Record<string, string>> = {
  now: 'reads the clock',
  millis: 'reads the clock',
  random: 'gives another value each time',
  shuffle: 'gives another order each time',
  eval: 'runs text as code',
}

function visitor(
  reads: Map<string, readonly string[]>,
  refusals: { kind: 'bad_expression' | 'underivable_reads'; why: string }[],
) {
  const underivable = (what: string): Origin => {
    refusals.push({ kind: 'underivable_reads', why: what })
    return computed
  }

  /** Visits a value that is used as a whole. */
  function consume(node: Ast | undefined, context: Context): Origin {
    const origin = visit(node, context)
    for (const place of origin) {
      if (place.length === 0) underivable('it uses all of its input at once')
      else reads.set(JSON.stringify(place), place)
    }
    return origin
  }

  function consumeAll(nodes: readonly (Ast | undefined)[] | undefined, context: Context): void {
    for (const node of nodes ?? []) consume(node, context)
  }

  function visit(node: Ast | undefined, context: Context): Origin {
    if (node === undefined) return computed
    switch (node.type) {
      case 'path':
        return visitPath(node, context)
      case 'name':
        return afterStages(node, { ...context, here: context.here.map((place) => [...place, String(node.value)]) })
      case 'variable':
        return afterStages(node, { ...context, here: variable(String(node.value), context) })
      case 'wildcard':
      case 'descendant':
        if (context.here.some((place) => place.length === 0))
          return underivable(`"${String(node.value)}" reads any field`)
        for (const place of context.here) reads.set(JSON.stringify(place), place)
        return computed
      case 'parent':
        return underivable('"%" leads back to the parent')
      case 'transform':
        return underivable('"|…|…|" changes what it finds')
      case 'block':
        return visitBlock(node, context)
      case 'bind':
        return visit(node.rhs, context)
      case 'condition': {
        consume(node.condition, context)
        const { then: yes, else: no } = node
        return [...visit(yes, context), ...visit(no, context)]
      }
      case 'function':
      case 'partial':
        return visitCall(node, node.arguments ?? [], context)
      case 'apply': {
        const left = node.lhs as Ast
        if (node.rhs?.type === 'function') return visitCall(node.rhs, [left, ...(node.rhs.arguments ?? [])], context)
        consume(left, context)
        return visit(node.rhs, context)
      }
      case 'lambda': {
        consume(node.body, withParameters(node, [], context))
        return computed
      }
      default:
        return visitOperands(node, context)
    }
  }

  function variable(name: string, context: Context): Origin {
    if (name === '') return context.here
    if (name === '$') return [[]]
    return context.variables.get(name) ?? computed
  }

  /** Filters, groups and sorts see the entries of the step they stand on. */
  function afterStages(node: Ast, context: Context): Origin {
    for (const stage of [...(node.stages ?? []), ...(node.predicate ?? [])]) consume(stage.expr, context)
    if (node.group === undefined) return context.here
    for (const [key, value] of node.group.lhs) consumeAll([key, value], context)
    return computed
  }

  function visitPath(node: Ast, context: Context): Origin {
    let inner = context
    for (const step of node.steps ?? []) {
      if (step.type === 'sort') {
        for (const term of step.terms ?? []) consume(term.expression, inner)
        continue
      }
      const here = visit(step, inner)
      const variables = new Map(inner.variables)
      if (step.focus !== undefined) variables.set(step.focus, here)
      if (step.index !== undefined) variables.set(step.index, computed)
      inner = { here: step.focus === undefined ? here : inner.here, variables }
    }
    return afterStages({ ...node, stages: [] }, inner)
  }

  function visitBlock(node: Ast, context: Context): Origin {
    const variables = new Map(context.variables)
    let last: Origin = computed
    for (const [index, expression] of (node.expressions ?? []).entries()) {
      const inner = { here: context.here, variables }
      const isLast = index === (node.expressions?.length ?? 0) - 1
      last = isLast || expression.type === 'bind' ? visit(expression, inner) : consume(expression, inner)
      if (expression.type === 'bind') variables.set(String((expression.lhs as Ast).value), last)
    }
    return afterStages(node, { here: last, variables })
  }

  function visitCall(node: Ast, given: readonly Ast[], context: Context): Origin {
    const name = node.procedure?.type === 'variable' ? String(node.procedure.value) : ''
    const reason = Object.hasOwn(forbidden, name) ? forbidden[name] : undefined
    if (reason !== undefined) refusals.push({ kind: 'bad_expression', why: `$${name} ${reason}` })
    const kind = Object.hasOwn(higherOrder, name) ? higherOrder[name] : undefined
    const [first, second] = given
    if (kind === undefined || second?.type !== 'lambda') {
      consume(node.procedure, context)
      consumeAll(given, context)
      return computed
    }
    const entries = visit(first, context)
    consumeAll(given.slice(2), context)
    // `$reduce` without a start begins with the first entry itself.
    const start = given.length > 2 ? computed : entries
    const parameters = name === 'reduce' ? [start, entries] : name === 'sort' ? [entries, entries] : [entries]
    const result = consume(second.body, withParameters(second, parameters, context))
    return kind === 'result' ? result : entries
  }

  function withParameters(lambda: Ast, origins: readonly Origin[], context: Context): Context {
    const variables = new Map(context.variables)
    for (const [index, parameter] of (lambda.arguments ?? []).entries()) {
      variables.set(String(parameter.value), origins[index] ?? computed)
    }
    return { here: context.here, variables }
  }

  /** Operators, constructors and literals: their operands are used whole. */
  function visitOperands(node: Ast, context: Context): Origin {
    if (Array.isArray(node.lhs)) for (const [key, value] of node.lhs) consumeAll([key, value], context)
    else consume(node.lhs as Ast | undefined, context)
    consumeAll([node.rhs, node.expression, ...(node.expressions ?? [])], context)
    return computed
  }

  return { consume }
}
