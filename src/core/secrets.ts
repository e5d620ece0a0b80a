import { z } from 'zod'
import { isObject } from './json.ts'

/** Names of the settings that are marked by `.meta({ secret: true })`, whatever wraps them: optional, with a default, described. */
export function secretNames(settings: z.ZodType): readonly string[] {
  const { properties = {} } = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).flatMap(([name, property]) =>
    isObject(property) && property.secret === true ? [name] : [],
  )
}

/** Names of all settings. */
export const settingNames = (settings: z.ZodType): readonly string[] =>
  Object.keys(z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }).properties ?? {})
