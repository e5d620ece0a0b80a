import { z } from 'zod'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { System } from './workshop.ts'

/** A setting of a system, as its schema describes it. */
export interface SystemSetting {
  readonly name: string
  readonly description: string
  readonly secret: boolean
  /** Without it there is no connection. */
  readonly required: boolean
  /** Whether it is asked for when a connection is set up; the others are for who needs them. */
  readonly asked: boolean
  readonly kind: 'text' | 'number' | 'switch' | 'texts' | 'numbers'
  /** Legal values, where they are few; the first one is the default. */
  readonly options: readonly string[] | null
  /** What counts when nothing is given, as far as the schema says. */
  readonly fallback: string | null
  /** Its value may be the contents of a file. */
  readonly file: boolean
}

/**
 * All settings of a system. Asked for is what is required; where there are several ways to log in, what the usual one needs,
 * marked by `.meta({ login: true })`, or where none is marked, the first secret; and what is marked by `.meta({ asked: true })`,
 * which may stay empty.
 */
export function systemSettings(system: Pick<System, 'settings'>): readonly SystemSetting[] {
  const { properties, required } = shapeOf(system)
  const all = Object.entries(properties)
  const optional = all.filter(([name]) => !required.has(name))
  const marked = optional.filter(([, property]) => property.login === true)
  const withSecret = all.some(([name, property]) => required.has(name) && property.secret === true)
  const first = withSecret ? [] : optional.filter(([, property]) => property.secret === true).slice(0, 1)
  const login = new Set((marked.length > 0 ? marked : first).map(([name]) => name))
  return all.map(([name, property]) => {
    const needed = required.has(name) || login.has(name)
    const fallback = textOf(property.default)
    const options = Array.isArray(property.enum) ? property.enum.map(String) : null
    return {
      name,
      description: typeof property.description === 'string' ? property.description : name,
      secret: property.secret === true,
      required: needed,
      asked: needed || property.asked === true,
      kind: kindOf(property),
      options: options === null ? null : [...new Set([...(fallback === null ? [] : [fallback]), ...options])],
      fallback,
      file: property.file === true,
    }
  })
}

const textOf = (value: Json | undefined): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null

function kindOf({ type, items }: JsonObject): SystemSetting['kind'] {
  if (type === 'boolean') return 'switch'
  if (type === 'integer' || type === 'number') return 'number'
  if (type !== 'array') return 'text'
  return isObject(items) && items.type === 'string' ? 'texts' : 'numbers'
}

/** Names of the settings that say where a system is: addresses that have a default. @returns description and default by name */
export const defaultAddresses = (
  system: Pick<System, 'settings'>,
): readonly (readonly [name: string, property: JsonObject])[] =>
  Object.entries(shapeOf(system).properties).filter(
    ([, property]) => property.format === 'uri' && typeof property.default === 'string',
  )

function shapeOf(system: Pick<System, 'settings'>) {
  const schema = z.toJSONSchema(system.settings, { io: 'input', unrepresentable: 'any' })
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]): [string, JsonObject] => [
    name,
    isObject(property) ? property : {},
  ])
  return { properties: Object.fromEntries(properties), required: new Set(schema.required ?? []) }
}
