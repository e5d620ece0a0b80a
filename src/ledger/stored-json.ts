import { createHash } from 'node:crypto'
import type { Json } from '../core/json.ts'
import { soundText } from '../core/text.ts'

/*
 * PostgreSQL's text holds neither the NUL character nor half a surrogate pair, and one such value would fail the whole
 * batch it is in. Other systems do send them; they become the replacement character.
 */
const refused = /\\u(0000|d[89a-f])/i

/** One JSON parameter for a statement that reads its rows with `json_to_recordset` or `jsonb_array_elements`. */
export function storedJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (!refused.test(text)) return text
  // The test also hits a harmless backslash followed by "u0000" in the text itself; cleaning leaves that alone.
  return JSON.stringify(value, (_, one: Json) => {
    if (typeof one === 'string') return soundText(one)
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [soundText(name), inner]))
  })
}

/** An index takes names of 2,700 bytes; what others make longer is known by its digest. */
const nameMax = 500

/** A text by which rows are found, as it is stored. */
export function storedName(name: string): string {
  const clean = soundText(name)
  return clean.length <= nameMax ? clean : `sha256:${createHash('sha256').update(clean).digest('hex')}`
}
