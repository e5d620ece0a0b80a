// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what is looked for
const nul = /\u0000/g

/**
 * The text without what neither PostgreSQL nor the systems take: the NUL character and half a surrogate pair. They become the
 * replacement character.
 */
export const soundText = (text: string): string => text.toWellFormed().replace(nul, '\ufffd')

/** So long at most, with an ellipsis where something is missing. */
export const shortened = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1)}…`
