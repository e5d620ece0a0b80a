import type { JsonObject } from '../../core/json.ts'
import { storedOf } from '../../plan/difference.ts'

/** What a link remembers of a record: the fields as they were written or, for a match, as they would be. */
export const writtenOf = (fields: JsonObject, lines: Readonly<Record<string, JsonObject>> = {}): JsonObject =>
  storedOf({ fields, lines, confirmed: false })
