import type { Json } from '../../core/json.ts'
import type { ResolvedPath } from '../compile/path.ts'
import type { Kind } from '../compile/shape.ts'
import { type Evaluate, type ExpressionTask, type Frame, fail, failMapping, type Outcome, pending } from './frame.ts'
import { isHole } from './hole.ts'
import { tableLookup } from './table-lookup.ts'
import { brief, coerce, refusal } from './value.ts'

/* What compiled rules are put together from. Each gives an `Evaluate`, or a step that follows one. */

/** Takes a value that is there to the next one. */
export type Step = (value: Json, frame: Frame) => Outcome

/** What is at a path; an empty text is nothing. */
export const atPath =
  ({ text, read }: Pick<ResolvedPath, 'text' | 'read'>): Evaluate =>
  (frame) => {
    const value = read(frame)
    frame.pass.trace.path = text
    frame.pass.trace.value = value
    return value === '' ? null : value
  }

export const either =
  (first: Evaluate, second: Evaluate): Evaluate =>
  (frame) => {
    const value = first(frame)
    return value === null ? second(frame) : value
  }

/** Whatever the record holds, what comes out is of the target's kind, or a failure that says why not. */
export function fitted(evaluate: Evaluate, kind: Kind, legal: ReadonlySet<string> | null, path: string): Evaluate {
  return (frame) => {
    const value = evaluate(frame)
    if (typeof value === 'symbol' || value === null || isHole(value)) return value
    const fit = coerce(value, kind)
    if (fit === undefined) return failMapping(frame, path, 'type', `${path}: ${refusal(value, kind)}`)
    if (legal !== null && !legal.has(fit as string)) {
      return failMapping(frame, path, 'type', `${path}: ${brief(fit)} is none of ${[...legal].join(', ')}`)
    }
    return fit
  }
}

/** Steps one after the other, then the default where nothing is left. */
export function sequence(
  first: Evaluate,
  steps: readonly { step: Step; takesBlank: boolean }[],
  fallback: Json,
): Evaluate {
  if (steps.length === 0 && fallback === null) return first
  return (frame) => {
    let value = first(frame)
    for (const { step, takesBlank } of steps) {
      if (typeof value === 'symbol') return value
      if (value !== null || takesBlank) value = step(value, frame)
      if (value === '') value = null
    }
    if (value !== null || fallback === null) return value
    frame.pass.trace.note ??= 'default used'
    return fallback
  }
}

/**
 * The entry of a table. One that is missing is a failure, never a pass-through.
 * @param defaulted  the rule has a default, which then stands in
 */
export function throughTable(
  name: string,
  table: Readonly<Record<string, string>>,
  path: string,
  defaulted: boolean,
): Step {
  const find = tableLookup(table)
  return (value, frame) => {
    const key = coerce(value, 'text')
    if (typeof key !== 'string') {
      return failMapping(frame, path, `map ${name}`, `${path}: ${refusal(value, 'text')}`)
    }
    const fix = `Add ${brief(key)} to config/tables/${name}.yaml; then retry the record.`
    const found = find(key)
    if (found !== undefined) return found
    const why = `the table "${name}" has no entry for ${brief(key)}`
    if (!defaulted) {
      const problem = { kind: 'mapping_failed', rule: `map ${name}`, path, entry: { table: name, key } } as const
      return fail(frame, path, { problem, why: `${path}: ${why}`, fix })
    }
    frame.pass.trace.note = `default used, as ${why}`
    return null
  }
}

/** The id that another record of this sync has in the target. */
export const linked =
  (name: string, path: string): Evaluate =>
  (frame) => {
    const id = Object.hasOwn(frame.pass.links, name) ? frame.pass.links[name] : undefined
    if (id !== undefined) return id
    const why = `${path}: the ${name} is not linked to a record of the target`
    return failMapping(frame, path, 'link', why, `Create or match the ${name} in the target; then retry the record.`)
  }

/** The answer of an expression, asked for first. @param id  tells the expressions of a mapping apart */
export const expression =
  (id: number, path: string, task: (frame: Frame) => ExpressionTask): Evaluate =>
  (frame) => {
    const key = `${id}${frame.at}`
    const answer = frame.pass.expressions.get(key)
    frame.pass.trace.path = 'expression'
    if (answer === undefined) {
      frame.pass.askedExpressions.set(key, task(frame))
      return pending
    }
    if (!answer.ok) return failMapping(frame, path, 'expr', `${path}: the expression failed: ${answer.why}`)
    return answer.value === '' ? null : answer.value
  }
