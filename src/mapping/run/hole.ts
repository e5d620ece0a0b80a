import type { Json, JsonObject } from '../../core/json.ts'

/** Stands for an id that is not known yet: a value of its own, equal to nothing that a record can hold. */
export type Hole = JsonObject & { readonly hole: string }

const holes = new WeakSet<object>()

/** @param name  of the link whose id it keeps the place of */
export function openHole(name: string): Hole {
  const hole = Object.freeze({ hole: name })
  holes.add(hole)
  return hole
}

export const isHole = (value: Json): value is Hole => typeof value === 'object' && value !== null && holes.has(value)

/** A record of the target, as mapping gives it. */
interface Holed {
  readonly fields: JsonObject
  readonly lines: {
    readonly field: string
    readonly items: readonly { readonly key: string; readonly fields: JsonObject }[]
  } | null
  readonly lineage: readonly { readonly value: Json }[]
}

/** Puts the id into its place, wherever it was kept. */
export function fillHole<Record extends Holed>(record: Record, hole: Hole, id: string): Record {
  const put = (value: Json): Json => (value === hole ? id : value)
  const putAll = (fields: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, put(value)]))
  const { fields, lines, lineage } = record
  return {
    ...record,
    fields: putAll(fields),
    lines:
      lines === null ? null : { ...lines, items: lines.items.map((one) => ({ ...one, fields: putAll(one.fields) })) },
    lineage: lineage.map((one) => ({ ...one, value: put(one.value) })),
  }
}
