import { canonicalJson, type Json } from '../../core/json.ts'
import type { Rule } from '../compile/rule-context.ts'
import { type Evaluate, type Frame, fail, failed, failMapping, type Outcome, pending } from './frame.ts'
import { brief } from './value.ts'

export interface Condition {
  readonly name: string
  readonly rule: Rule
}

/**
 * Gives the id of the one active record that meets all conditions. No hit or several are a failure that names the
 * values; a `fallback` stands in for no hit, never for several.
 */
export function lookup(
  object: string,
  conditions: readonly Condition[],
  path: string,
  fallback: Json,
  optional: boolean,
): Evaluate {
  return (frame) => {
    const where: Record<string, Json> = {}
    let unknown: Outcome = null
    for (const { name, rule } of conditions) {
      const value = rule.evaluate(frame)
      if (typeof value === 'symbol') unknown = unknown === failed ? failed : value
      else where[name] = value
    }
    if (unknown !== null) return unknown
    const { trace } = frame.pass
    const withDefault = (): Json => {
      trace.note = 'default used'
      return fallback
    }
    if (Object.values(where).every((value) => value === null)) {
      if (fallback !== null) return withDefault()
      if (optional) return null
      const why = `${path}: nothing to look up in ${object}, ${conditions.map(({ rule }) => rule.text).join(' and ')} is empty`
      return failMapping(
        frame,
        path,
        'lookup',
        why,
        'Fill in the value in the source, or add a default to the lookup; then retry the record.',
      )
    }
    const key = `${object} ${canonicalJson(where)}`
    const answer = frame.pass.lookups.get(key)
    if (answer === undefined) {
      frame.pass.askedLookups.set(key, { object, where })
      return pending
    }
    const active = answer.matches.filter((match) => !match.archived)
    const [hit] = active
    if (hit !== undefined && active.length === 1) {
      trace.name = hit.label === '' ? null : hit.label
      trace.note = `${object} ${hit.id} ${hit.label}`.trim()
      return hit.id
    }
    if (hit === undefined && fallback !== null) return withDefault()
    return failLookup(frame, path, object, where, answer.matches)
  }
}

function failLookup(
  frame: Frame,
  path: string,
  object: string,
  where: Readonly<Record<string, Json>>,
  matches: readonly { readonly id: string; readonly label: string; readonly archived: boolean }[],
): typeof failed {
  const active = matches.filter((match) => !match.archived)
  const condition = Object.entries(where)
    .map(([name, value]) => `${name} ${brief(value)}`)
    .join(' and ')
  const value = Object.values(where).map(plainText).join(', ')
  const problem = { kind: 'lookup_failed', object, value, hits: active.length } as const
  const names = (list: typeof matches) =>
    list
      .slice(0, 3)
      .map((match) => `${match.label} (${match.id})`)
      .join(', ') + (list.length > 3 ? ', …' : '')
  if (active.length > 1) {
    return fail(frame, path, {
      problem,
      why: `${path}: ${active.length} records of ${object} have ${condition}: ${names(active)}`,
      fix: 'Make the value unique in the target, or add a condition to the lookup; then retry the record.',
    })
  }
  if (matches.length > 0) {
    return fail(frame, path, {
      problem,
      why: `${path}: only archived records of ${object} have ${condition}: ${names(matches)}`,
      fix: 'Unarchive the record in the target, or correct the value in the source; then retry the record.',
    })
  }
  return fail(frame, path, {
    problem,
    why: `${path}: no record of ${object} has ${condition}`,
    fix: 'Create the record in the target, or correct the value in the source; then retry the record.',
  })
}

const plainText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))
