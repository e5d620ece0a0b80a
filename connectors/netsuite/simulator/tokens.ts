/** A piece of a query. Spaces and comments are none. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'parameter' | 'symbol'
  readonly text: string
  /** How many parentheses are open around it; a parenthesis itself counts as outside. */
  readonly depth: number
}

const shapes: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /\s+|--[^\n]*|\/\*[\s\S]*?\*\//y],
  ['string', /'(?:[^']|'')*'/y],
  ['quoted', /"[^"]+"/y],
  ['number', /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+/y],
  ['word', /[A-Za-z_][A-Za-z0-9_$#]*/y],
  ['parameter', /\?/y],
  ['symbol', /<=|>=|<>|!=|\|\||[-+*/=<>(),.]/y],
]

/** @returns the tokens, or the place of a character that no query may hold: `[`, `;`, `%`, an open string */
export function tokensOf(query: string): readonly Token[] | number {
  const found: Token[] = []
  let depth = 0
  for (let place = 0; place < query.length; ) {
    const before = place
    for (const [kind, shape] of shapes) {
      shape.lastIndex = place
      const text = shape.exec(query)?.[0]
      if (text === undefined) continue
      place += text.length
      if (text === ')') depth -= 1
      if (kind !== 'space') found.push({ kind, text, depth })
      if (text === '(') depth += 1
      break
    }
    if (place === before) return place
  }
  return found
}

export const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text.toUpperCase())
export const isSymbol = (token: Token | undefined, ...symbols: readonly string[]): boolean =>
  token?.kind === 'symbol' && symbols.includes(token.text)

export const textOf = (tokens: readonly Token[]): string => tokens.map((token) => token.text).join(' ')

/** Parts between the commas that stand at the depth of the first token. */
export function partsOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]]
  const depth = tokens.reduce((least, token) => Math.min(least, token.depth), Number.POSITIVE_INFINITY)
  for (const token of tokens) {
    if (isSymbol(token, ',') && token.depth === depth) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}

/** The place of the parenthesis that closes the one at `open`. */
export function closingOf(tokens: readonly Token[], open: number): number {
  const depth = tokens[open]?.depth
  const found = tokens.findIndex((token, place) => place > open && isSymbol(token, ')') && token.depth === depth)
  return found === -1 ? tokens.length : found
}
