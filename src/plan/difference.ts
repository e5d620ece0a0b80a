import { canonicalJson, type Json, type JsonObject } from '../core/json.ts'

/** Values of a target record, those of its lines by key. */
export interface Values {
  readonly fields: JsonObject
  readonly lines: Readonly<Record<string, JsonObject>>
}

/** What we last wrote to a target record. */
export interface Written extends Values {
  /** Whether we confirmed the order, so that a person's later reset to draft is left alone. */
  readonly confirmed: boolean
  /** What the source said then, by path: tells a change of the source from one of the mapping. Absent where it was not kept. */
  readonly said?: Values
  /** What was wanted and left as it was on purpose, so that it is not decided anew at every look. */
  readonly left?: Left
}
export interface Left extends Values {
  readonly removed: readonly string[]
}

export interface Difference {
  readonly fields: JsonObject
  /** Lines that are new, all of them, and those that changed: what did, and what else they are to hold. */
  readonly upsert: readonly { readonly key: string; readonly fields: JsonObject; readonly unchanged?: JsonObject }[]
  readonly remove: readonly string[]
}

export const isSame = (a: Json, b: Json): boolean => canonicalJson(a) === canonicalJson(b)

/** The fields of `after` whose value is not the one in `before`. What was never written and is empty is as it was. */
export function changedFields(before: JsonObject, after: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => !isSame(before[name] ?? null, value)))
}

/** Without what was left on purpose. */
const unlessLeft = (changed: JsonObject, left: JsonObject | undefined): JsonObject =>
  left === undefined
    ? changed
    : Object.fromEntries(
        Object.entries(changed).filter(
          ([name, value]) => !Object.hasOwn(left, name) || !isSame(left[name] ?? null, value),
        ),
      )

/** What must be written so that a target that holds `before` holds `after`. Null when nothing. */
export function differenceOf(
  before: Written,
  after: { fields: JsonObject; lines: readonly { key: string; fields: JsonObject }[] },
): Difference | null {
  const { left } = before
  const fields = unlessLeft(changedFields(before.fields, after.fields), left?.fields)
  const upsert = after.lines.flatMap((line) => {
    const known = before.lines[line.key]
    // Of a new line what is empty is not said: that would clear what the target fills in by itself.
    const fields = unlessLeft(changedFields(known ?? {}, line.fields), left?.lines[line.key])
    const isEqual = Object.keys(fields).length === 0
    if (known === undefined) {
      const isLeft = isEqual && left?.lines[line.key] !== undefined
      return isLeft ? [] : [{ key: line.key, fields: changedFields({}, line.fields) }]
    }
    const others = Object.entries(line.fields).filter(([name]) => !Object.hasOwn(fields, name))
    const unchanged = Object.fromEntries(others.map(([name, value]) => [name, known[name] ?? value]))
    return isEqual ? [] : [{ key: line.key, fields, unchanged }]
  })
  const kept = new Set([...after.lines.map((line) => line.key), ...(left?.removed ?? [])])
  const remove = Object.keys(before.lines).filter((key) => !kept.has(key))
  return Object.keys(fields).length + upsert.length + remove.length === 0 ? null : { fields, upsert, remove }
}

/**
 * Some of the changes; null when there are none.
 * @param isChosen  told a field as the mapping has it, `order_line.price_unit` in a line, or the list for a whole line, new or gone
 */
export function partOf(
  { fields, upsert, remove }: Difference,
  before: Written,
  linesField: string | null,
  isChosen: (field: string, line: string | null) => boolean,
): Difference | null {
  const list = linesField ?? ''
  const chosen = Object.fromEntries(Object.entries(fields).filter(([name]) => isChosen(name, null)))
  const lines = upsert.flatMap((line) => {
    if (line.unchanged === undefined) return isChosen(list, line.key) ? [line] : []
    const isOf = (name: string) => isChosen(`${list}.${name}`, line.key)
    const changed = Object.entries(line.fields).filter(([name]) => isOf(name))
    // What is not chosen stays as it is, and is said when the target would compute it anew.
    const others = Object.keys(line.fields).filter((name) => !isOf(name))
    const held = others.map((name) => [name, before.lines[line.key]?.[name] ?? null] as const)
    const unchanged = { ...line.unchanged, ...Object.fromEntries(held) }
    return changed.length === 0 ? [] : [{ key: line.key, fields: Object.fromEntries(changed), unchanged }]
  })
  const gone = remove.filter((key) => isChosen(list, key))
  const isNone = Object.keys(chosen).length + lines.length + gone.length === 0
  return isNone ? null : { fields: chosen, upsert: lines, remove: gone }
}

/** What is left on purpose, once `all` that differs was decided and `ignored` of it stays as it is. Null for nothing. */
export function leavingOut({ left }: Written, all: Difference, ignored: Difference | null): Left | null {
  const without = (values: JsonObject, decided: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !Object.hasOwn(decided, name)))
  const fields = { ...without(left?.fields ?? {}, all.fields), ...ignored?.fields }
  const lines: Record<string, JsonObject> = { ...left?.lines }
  for (const { key, fields: decided } of all.upsert) lines[key] = without(lines[key] ?? {}, decided)
  for (const { key, fields: own } of ignored?.upsert ?? []) lines[key] = { ...lines[key], ...own }
  for (const key of Object.keys(lines)) if (Object.keys(lines[key] ?? {}).length === 0) delete lines[key]
  const removed = [...(left?.removed ?? []).filter((key) => !all.remove.includes(key)), ...(ignored?.remove ?? [])]
  const isNone = Object.keys(fields).length + Object.keys(lines).length + removed.length === 0
  return isNone ? null : { fields, lines, removed }
}

/** What is written once `difference` went through. */
export function afterWriting(before: Written, difference: Difference): Written {
  const lines: Record<string, JsonObject> = { ...before.lines }
  for (const key of difference.remove) delete lines[key]
  for (const line of difference.upsert) lines[line.key] = { ...lines[line.key], ...line.fields }
  return { ...before, fields: { ...before.fields, ...difference.fields }, lines }
}

/** Reads `written` back out of the ledger. */
export function writtenOf(stored: JsonObject | null): Written | null {
  if (stored === null) return null
  return {
    ...valuesOf(stored),
    confirmed: stored.confirmed === true,
    ...(stored.said === undefined ? {} : { said: valuesOf(stored.said as JsonObject) }),
    ...(stored.left === undefined ? {} : { left: leftOf(stored.left as JsonObject) }),
  }
}

const valuesOf = (stored: JsonObject): Values => ({
  fields: (stored.fields ?? {}) as JsonObject,
  lines: (stored.lines ?? {}) as Readonly<Record<string, JsonObject>>,
})
const leftOf = (stored: JsonObject): Left => ({
  ...valuesOf(stored),
  removed: (stored.removed ?? []) as readonly string[],
})

export const storedOf = ({ fields, lines, confirmed, said, left }: Written): JsonObject => ({
  fields,
  lines,
  confirmed,
  ...(said === undefined ? {} : { said: { ...said } }),
  ...(left === undefined ? {} : { left: { ...left } }),
})
