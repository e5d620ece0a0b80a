import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Field, Fields, Shape } from '../compile/shape.ts'
import { didYouMean } from '../compile/suggest.ts'
import { coerce, refusal } from '../run/value.ts'

/**
 * A whole document from the few fields that a test cares about: the rest is what the schema gives by itself, null, or a
 * harmless value.
 * @param problems  takes what of `given` does not fit the document
 */
export function sampleDocument(fields: Fields, given: JsonObject, problems: string[], place = '1'): JsonObject {
  for (const name of Object.keys(given)) {
    if (fields.get(name) !== undefined) continue
    problems.push([`${fields.owner} has no "${name}".`, didYouMean(name, fields.names)].filter(Boolean).join(' '))
  }
  return Object.fromEntries(
    fields.names.flatMap((name): [string, Json][] => {
      const field = fields.get(name)
      if (field === undefined) return []
      const value = Object.hasOwn(given, name) ? given[name] : undefined
      const path = `${fields.owner}.${name}`
      return [[name, value == null ? harmless(name, field, place) : fitted(value, field.shape, path, problems)]]
    }),
  )
}

function fitted(value: Json, shape: Shape, path: string, problems: string[]): Json {
  if (shape.kind === 'object' && isObject(value)) {
    const fields = shape.fields?.() ?? null
    return fields === null ? value : sampleDocument(fields, value, problems)
  }
  if (shape.kind === 'list' && Array.isArray(value)) {
    const item = shape.item?.()
    return value.map((entry: Json, index) => {
      const fields = item?.fields?.() ?? null
      if (fields !== null && isObject(entry)) return sampleDocument(fields, entry, problems, String(index + 1))
      return item === undefined ? entry : fitted(entry, item, path, problems)
    })
  }
  const fitting = coerce(value, shape.kind)
  if (fitting !== undefined) return fitting
  problems.push(`${path}: ${refusal(value, shape.kind)}.`)
  return null
}

/** `place` tells the entries of a list apart, whose ids must differ. */
function harmless(name: string, field: Field, place: string): Json {
  if (field.fallback !== null || field.nullable) return field.fallback
  const { kind, options } = field.shape
  if (kind === 'number') return '1'
  if (kind === 'boolean') return false
  return options?.[0] ?? (name === 'id' || name === 'key' ? place : 'test')
}
