import { isObject, type Json } from '../../core/json.ts'
import type { ListPart, ObjectPart, Part, Parts } from '../compile/parts.ts'
import { type Evaluate, type Frame, type failed, failMapping, type Outcome, pending } from './frame.ts'
import { either } from './rules.ts'
import { holds } from './when.ts'

/** Fills the fields of one object. */
export function assemble(parts: Parts, complete: 'keep' | 'collapse'): Evaluate {
  const steps = [...parts].map(([name, part]) => ({ name, part, evaluate: evaluatePart(part) }))
  return (frame) => {
    const values: Record<string, Json> = {}
    let signal: Outcome = null
    let empty = true
    for (const { name, evaluate } of steps) {
      const value = evaluate(frame)
      if (typeof value === 'symbol') {
        signal = signal === pending ? pending : value
      } else {
        values[name] = value
        if (value !== null) empty = false
      }
    }
    if (signal !== null) return signal
    if (empty && complete === 'collapse') return null
    for (const { name, part } of steps) {
      if (values[name] !== null || part.field.nullable) continue
      if (part.field.fallback !== null) values[name] = part.field.fallback
      else signal = failRequired(frame, part)
    }
    return signal ?? values
  }
}

function failRequired(frame: Frame, part: Part): typeof failed {
  const from = part.reads.map((read) => read.path).join(', ')
  const why = `${part.path} must have a value, but ${from === '' ? 'the rule gives none' : `${from} is empty`}`
  const fix = 'Fill in the value in the source, or give the rule an `else` or a `default`; then retry the record.'
  return failMapping(frame, part.path, 'required', why, fix)
}

function evaluatePart(part: Part): Evaluate {
  switch (part.is) {
    case 'value':
      return part.evaluate
    case 'object':
      return evaluateObject(part)
    case 'list':
      return evaluateList(part)
    case 'choice':
      return part.branches.map(evaluateObject).reduce(either)
  }
}

function evaluateObject({ when, parts, raw }: ObjectPart): Evaluate {
  // Without `when`, an object of which nothing is known is not there.
  const fill = assemble(parts, when === null ? 'collapse' : 'keep')
  return (frame) => {
    if (when !== null) {
      const there = holds(when, frame)
      if (typeof there === 'symbol') return there
      if (!there) return null
    }
    const value = fill(frame)
    if (raw === null || !isObject(value)) return value
    const record = raw.read(frame)
    return isObject(record) ? { ...value, raw: record } : value
  }
}

function evaluateList({ list, when, parts, keepsRaw, path }: ListPart): Evaluate {
  const fill = assemble(parts, 'keep')
  const name = list.steps.at(-1) ?? list.text
  return (frame) => {
    const entries = list.read(frame)
    if (entries === null || entries === '') return []
    if (!Array.isArray(entries)) {
      return failMapping(frame, path, 'each', `${path}: "${list.text}" is not a list`)
    }
    const values: Json[] = []
    let signal: Outcome = null
    for (const [index, entry] of (entries as readonly Json[]).entries()) {
      const inner: Frame = {
        slots: [...frame.slots, entry],
        at: `${frame.at}, ${name} ${index + 1}`,
        pass: frame.pass,
      }
      const there = when === null ? true : holds(when, inner)
      const value = there === true ? fill(inner) : there
      if (typeof value === 'symbol') signal = signal === pending ? pending : value
      else if (value !== false) values.push(keepsRaw && isObject(value) ? { ...value, raw: entry } : value)
    }
    return signal ?? values
  }
}
