import type { Json, JsonObject } from '../../core/json.ts'

/** Follows names through records; null where there is nothing. Only what is the record's own is read. */
export function walk(start: Json | undefined, steps: readonly string[]): Json {
  let value = start ?? null
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return null
    if (Array.isArray(value) && !isIndex(step)) return null
    value = (value as JsonObject)[step] ?? null
  }
  return value
}

/** Whether a step of a path is a place in a list. */
export const isIndex = (step: string): boolean => /^\d{1,6}$/.test(step)
