import { canonicalJson, type Json } from '../../core/json.ts'
import type { Rule } from '../compile/rule-context.ts'
import { type Evaluate, type Frame, fail, failed, failMapping, pending } from './frame.ts'
import { brief } from './value.ts'

export interface Condition {
  readonly name: string
  readonly rule: Rule
}

type Where = Readonly<Record<string, Json>>
interface Tried {
  readonly where: Where
  readonly matches: readonly Match[]
}
type Match = { readonly id: string; readonly label: string; readonly archived: boolean }

/**
 * Gives the id of the one active record that meets all conditions. No hit or several are a failure that names the
 * values; a `fallback` stands in for no hit, never for several: null leaves the field empty, undefined is none.
 * @param ways  conditions, the best first: the first way that finds something counts. Where there are several, one with
 *   an empty value is skipped, as in `match`
 */
export function lookup(
  object: string,
  ways: readonly (readonly Condition[])[],
  path: string,
  fallback: Json | undefined,
  optional: boolean,
): Evaluate {
  return (frame) => {
    const { trace } = frame.pass
    const withDefault = (given: Json): Json => {
      trace.note = given === null ? 'none found, left empty' : 'default used'
      return given
    }
    const tried: Tried[] = []
    for (const conditions of ways) {
      const where = valuesOf(conditions, ways.length > 1, frame)
      if (typeof where === 'symbol') return where
      if (where === null) continue
      const key = `${object} ${canonicalJson(where)}`
      const answer = frame.pass.lookups.get(key)
      if (answer === undefined) {
        frame.pass.askedLookups.set(key, { object, where })
        return pending
      }
      tried.push({ where, matches: answer.matches })
      const active = answer.matches.filter((match) => !match.archived)
      const [hit] = active
      if (hit === undefined) continue
      if (active.length > 1) return failLookup(frame, path, object, tried.slice(-1))
      trace.name = hit.label === '' ? null : hit.label
      trace.note = `${object} ${hit.id} ${hit.label}`.trim()
      return hit.id
    }
    if (fallback !== undefined && (tried.length > 0 || fallback !== null)) return withDefault(fallback)
    if (tried.length > 0) return failLookup(frame, path, object, tried)
    if (optional) return null
    const names = ways.map((conditions) => conditions.map(({ rule }) => rule.text).join(' and '))
    const why = `${path}: nothing to look up in ${object}, ${names.join(' or ')} is empty`
    const fix = 'Fill in the value in the source, or add a default to the lookup; then retry the record.'
    return failMapping(frame, path, 'lookup', why, fix)
  }
}

/**
 * What the conditions ask for, null when that is nothing; not a value while one of them waits for an answer, or has failed.
 * @param whole  whether one empty value is enough to ask for nothing; what stands behind it is not looked at then
 */
function valuesOf(
  conditions: readonly Condition[],
  whole: boolean,
  frame: Frame,
): Where | null | typeof pending | typeof failed {
  const where: Record<string, Json> = {}
  let unknown: typeof pending | typeof failed | null = null
  for (const { name, rule } of conditions) {
    const value = rule.evaluate(frame)
    if (whole && value === null) return null
    if (typeof value === 'symbol') unknown = unknown === failed ? failed : value
    else where[name] = value
  }
  return unknown ?? (Object.values(where).every((value) => value === null) ? null : where)
}

function failLookup(frame: Frame, path: string, object: string, tried: readonly Tried[]): typeof failed {
  const matches = tried.flatMap((one) => one.matches)
  const active = matches.filter((match) => !match.archived)
  const condition = tried
    .map(({ where }) => Object.entries(where).map(([name, value]) => `${name} ${brief(value)}`))
    .map((conditions) => conditions.join(' and '))
    .join(', or ')
  const value = Object.values(tried[0]?.where ?? {})
    .map(plainText)
    .join(', ')
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
