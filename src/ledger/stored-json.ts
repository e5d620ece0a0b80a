import type { Json } from '../core/json.ts'

/*
 * PostgreSQL's text holds neither the NUL character nor half a surrogate pair, and one such value would fail the whole
 * batch it is in. Other systems do send them; they become the replacement character.
 */
const refused = /\\u(0000|d[89a-f])/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
const nul = /\u0000/g

export const cleanText = (text: string): string => text.toWellFormed().replace(nul, '\ufffd')

/** One JSON parameter for a statement that reads its rows with `json_to_recordset` or `jsonb_array_elements`. */
export function storedJson(value: unknown): string {
  const text = JSON.stringify(value)
  if (!refused.test(text)) return text
  // The test also hits a harmless backslash followed by "u0000" in the text itself; cleaning leaves that alone.
  return JSON.stringify(value, (_, one: Json) => {
    if (typeof one === 'string') return cleanText(one)
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one
    return Object.fromEntries(Object.entries(one).map(([name, inner]) => [cleanText(name), inner]))
  })
}
