import type { Condition, ConditionValue } from '../../core/condition.ts'
import { type PathScope, resolvePath } from './path.ts'
import type { RuleContext } from './rule-context.ts'
import { type Entry, entryOf, type Node } from './yaml.ts'

/** Compiles `watch`: conditions of which one must hold for a record to be looked at; an empty list is every record. */
export function compileWatch(
  entry: Entry | undefined,
  scope: PathScope,
  { report }: Pick<RuleContext, 'report'>,
): readonly Condition[] {
  if (entry === undefined) return []
  const fix = 'Write `watch: [{ path: value }]`.'
  if (entry.value.is !== 'list') {
    report(entry.value.at, 'wrong_form', '"watch" needs a list of conditions.', fix)
    return []
  }
  return entry.value.entries.map((node): Condition => {
    if (node.is !== 'map' || node.entries.length === 0) {
      report(node.at, 'wrong_form', 'A condition needs paths with values.', fix)
      return {}
    }
    const fields: Record<string, ConditionValue> = {}
    for (const { key, keyAt, value } of node.entries) {
      const wanted = wantedOf(value)
      if (wanted === null) {
        report(value.at, 'wrong_form', `"${key}" needs a value, a list of values, or \`{ present: true }\`.`)
        continue
      }
      // A field that is not there (yet) is empty on every record: its presence can be asked for all the same.
      if (typeof wanted !== 'object' || Array.isArray(wanted)) resolvePath(key, keyAt, scope, report)
      fields[key] = wanted
    }
    return fields
  })
}

function wantedOf(node: Node): ConditionValue | null {
  if (node.is === 'scalar') return node.value
  if (node.is === 'list') {
    const values = node.entries.map((one) => (one.is === 'scalar' ? one.value : null))
    const known = values.filter((one) => one !== null)
    return known.length === values.length && known.length > 0 ? known : null
  }
  const present = entryOf(node, 'present')?.value
  const asked = node.entries.length === 1 && present?.is === 'scalar' && present.value === true
  return asked ? { present: true } : null
}
