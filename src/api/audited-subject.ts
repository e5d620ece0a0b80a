import type { Json, JsonObject } from '../core/json.ts'

const secret = /password|current|token|secret/i
const listMost = 20
const textMost = 500

/** What was asked for, as the audit keeps it: without secrets, and not too long. Of files only their paths. */
export function auditedSubject(asked: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(
    Object.entries(asked).flatMap(([name, value]) => (secret.test(name) ? [] : [[name, short(name, value)]])),
  )
}

function short(name: string, value: unknown): Json {
  if (typeof value === 'string') return value.slice(0, textMost)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value
  if (Array.isArray(value)) {
    const first = value.slice(0, listMost).map((one) => short(name, one))
    return value.length > listMost ? [...first, `and ${value.length - listMost} more`] : first
  }
  if (typeof value === 'object' && value !== undefined) return short(name, Object.keys(value))
  return null
}
