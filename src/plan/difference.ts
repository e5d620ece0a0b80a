import { canonicalJson, type Json, type JsonObject } from '../core/json.ts'

/** What we last wrote to a target record. `lines` by key. */
export interface Written {
  readonly fields: JsonObject
  readonly lines: Readonly<Record<string, JsonObject>>
  /** Whether we confirmed the order, so that a person's later reset to draft is left alone. */
  readonly confirmed: boolean
}

export interface Difference {
  readonly fields: JsonObject
  /** Lines that are new, all of them, and those that changed: what did, and what else they are to hold. */
  readonly upsert: readonly { readonly key: string; readonly fields: JsonObject; readonly unchanged?: JsonObject }[]
  readonly remove: readonly string[]
}

const same = (a: Json, b: Json): boolean => canonicalJson(a) === canonicalJson(b)

/** The fields of `after` whose value is not the one in `before`. What was never written and is empty is as it was. */
export function changedFields(before: JsonObject, after: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => !same(before[name] ?? null, value)))
}

/** What must be written so that a target that holds `before` holds `after`. Null when nothing. */
export function differenceOf(
  before: Written,
  after: { fields: JsonObject; lines: readonly { key: string; fields: JsonObject }[] },
): Difference | null {
  const fields = changedFields(before.fields, after.fields)
  const upsert = after.lines.flatMap((line) => {
    const known = before.lines[line.key]
    // Of a new line what is empty is not said: that would clear what the target fills in by itself.
    if (known === undefined) return [{ key: line.key, fields: changedFields({}, line.fields) }]
    const fields = changedFields(known, line.fields)
    const unchanged = Object.fromEntries(Object.entries(line.fields).filter(([name]) => !Object.hasOwn(fields, name)))
    return Object.keys(fields).length === 0 ? [] : [{ key: line.key, fields, unchanged }]
  })
  const kept = new Set(after.lines.map((line) => line.key))
  const remove = Object.keys(before.lines).filter((key) => !kept.has(key))
  return Object.keys(fields).length + upsert.length + remove.length === 0 ? null : { fields, upsert, remove }
}

/** What is written once `difference` went through. */
export function afterWriting(before: Written, difference: Difference): Written {
  const lines: Record<string, JsonObject> = { ...before.lines }
  for (const key of difference.remove) delete lines[key]
  for (const line of difference.upsert) lines[line.key] = { ...lines[line.key], ...line.fields }
  return { fields: { ...before.fields, ...difference.fields }, lines, confirmed: before.confirmed }
}

/** Reads `written` back out of the ledger. */
export function writtenOf(stored: JsonObject | null): Written | null {
  if (stored === null) return null
  return {
    fields: (stored.fields ?? {}) as JsonObject,
    lines: (stored.lines ?? {}) as Readonly<Record<string, JsonObject>>,
    confirmed: stored.confirmed === true,
  }
}

export const storedOf = (written: Written): JsonObject => ({
  fields: written.fields,
  lines: written.lines,
  confirmed: written.confirmed,
})
