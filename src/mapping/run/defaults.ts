import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Fields, Shape } from '../compile/shape.ts'

/**
 * A document that was filled in part, with the defaults of what was not asked for. A field without one stays absent: a
 * document is not checked for what nobody wants of it.
 */
export function withDefaults(fields: Fields, value: JsonObject): JsonObject {
  const whole: Record<string, Json> = {}
  for (const name of fields.names) {
    const field = fields.get(name)
    if (field === undefined) continue
    if (Object.hasOwn(value, name)) whole[name] = inside(field.shape, value[name] ?? null)
    else if (!field.required) whole[name] = field.fallback
  }
  return whole
}

function inside(shape: Shape, value: Json): Json {
  if (shape.kind === 'list' && Array.isArray(value)) {
    const item = shape.item?.()
    return item === undefined ? value : value.map((entry: Json) => inside(item, entry))
  }
  const fields = shape.kind === 'object' ? (shape.fields?.() ?? null) : null
  return fields !== null && isObject(value) ? withDefaults(fields, value) : value
}
