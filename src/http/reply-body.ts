import { soundText } from '../core/text.ts'

/** No record nests a tenth as deep; work on what does may end with the stack. */
export const depthMax = 500

/** Whatever its content type says. */
export const isJson = (body: string): boolean => /^\s*[[{]/.test(body)

const suspicious = /\\u(?:0000|d[89a-f])/i
// An escape at a time, so that a backslash which is itself escaped stays one; a whole surrogate pair is one, too.
const escapes = /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[^u]/g

/**
 * The body of a reply without the characters that nothing can store: one record of a page that holds some must fail neither the
 * page nor the batch. In JSON they are written as escapes.
 */
export function soundBody(body: string): string {
  const sound = soundText(body)
  if (!isJson(sound) || !suspicious.test(sound)) return sound
  return sound.replace(escapes, (one) => (one.length === 6 && suspicious.test(one) ? '\\ufffd' : one))
}

/** Whether JSON nests deeper than that. Looked at before it is parsed: millions of brackets take seconds. */
export function isDeep(json: string, max = depthMax): boolean {
  let depth = 0
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at)
    if (code === quote) at = endOfText(json, at)
    else if (code === openList || code === openObject) {
      depth += 1
      if (depth > max) return true
    } else if (code === closeList || code === closeObject) depth -= 1
  }
  return false
}

const [quote, backslash] = [0x22, 0x5c]
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/** The place of the quote that ends a text. */
function endOfText(json: string, from: number): number {
  for (let end = json.indexOf('"', from + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let before = end
    while (json.charCodeAt(before - 1) === backslash) before -= 1
    if ((end - before) % 2 === 0) return end
  }
  return json.length
}
