import { isObject, type Json, type JsonObject } from './json.ts'

/** By path: the value, one of several values, or `{ present: true }` for any value but an empty one. All must hold. */
export type Condition = Readonly<Record<string, ConditionValue>>
export type ConditionValue = Scalar | readonly Scalar[] | { readonly present: true }
type Scalar = string | number | boolean

/**
 * Whether a record fulfils a condition. Values are compared as text, as systems write numbers and truth values either way.
 * @param fields  the record's, with the condition's paths read
 */
export function holds(condition: Condition, fields: JsonObject): boolean {
  return Object.entries(condition).every(([path, wanted]) => {
    const value = valueAt(fields, path)
    const empty = value === null || value === ''
    if (isPresence(wanted)) return !empty
    if (empty) return false
    const legal = Array.isArray(wanted) ? wanted : [wanted]
    return legal.some((one) => String(one) === String(value))
  })
}

const isPresence = (value: ConditionValue): value is { readonly present: true } =>
  typeof value === 'object' && 'present' in value

function valueAt(fields: JsonObject, path: string): Json {
  let value: Json = fields
  for (const name of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return null
    value = value[name] ?? null
  }
  return value
}
