import type { JsonObject } from '../../core/json.ts'
import { storedOf } from '../../plan/difference.ts'

/** What a link remembers of a record that was written or found as it would be. */
export const writtenOf = (fields: JsonObject, lines: Readonly<Record<string, JsonObject>> = {}): JsonObject =>
  storedOf({ fields, lines, confirmed: false })
