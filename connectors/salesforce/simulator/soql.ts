import soqlParser, { type Query, type ValueQueryCondition, type WhereClause } from 'soql-parser-js'
import { type Refusal, refusal } from './errors.ts'

export type Condition = Extract<NonNullable<WhereClause['left']>, { operator: unknown }>
export type Node =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Node[] }
  | { readonly kind: 'not'; readonly part: Node }
  | { readonly kind: 'leaf'; readonly condition: Condition }

const lengthMax = 100_000

/** @throws Refusal MALFORMED_QUERY as Salesforce does for what it cannot read */
export function parseSoql(text: string): Query {
  if (text.length > lengthMax) {
    throw refusal(400, 'MALFORMED_QUERY', `SOQL statements cannot be longer than ${lengthMax} characters.`)
  }
  const illegal = /'(?:[^'\\]|\\[\s\S])*?(\\[^nNrRtTbBfF"'\\_%u])/.exec(text)?.[1]
  if (illegal !== undefined) {
    throw malformed(text, illegal, `Illegal character sequence '${illegal}' in string literal`)
  }
  try {
    return soqlParser.parseQuery(text)
  } catch (error) {
    const found =
      error instanceof Error ? /found(?: -->|:) '([^']*)'|character: ->(.+?)<-|found: (.+)$/.exec(error.message) : null
    const token = found?.[1] ?? found?.[2] ?? found?.[3] ?? ''
    throw malformed(text, token, token === '' ? 'unexpected end of file' : `unexpected token: '${token}'`)
  }
}

/** A refusal that shows the place in the statement. */
export function soqlRefusal(code: string, text: string, near: string, message: string): Refusal {
  const found = near === '' ? -1 : text.toLowerCase().lastIndexOf(near.toLowerCase())
  const at = found < 0 ? text.length : found
  const before = text.slice(0, at).split('\n')
  const column = (before.at(-1) ?? '').length + 1
  const line = text.split('\n')[before.length - 1] ?? ''
  const pointer = `${' '.repeat(column - 1)}^`
  return refusal(400, code, `\n${line}\n${pointer}\nERROR at Row:${before.length}:Column:${column}\n${message}`)
}
export const malformed = (text: string, near: string, message: string): Refusal =>
  soqlRefusal('MALFORMED_QUERY', text, near, message)

type Token = '(' | ')' | 'AND' | 'OR' | 'NOT' | Condition

/** The parser leaves parentheses as counts in a flat chain; this makes the tree that they mean. */
export function treeOf(text: string, where: WhereClause): Node {
  const tokens = tokensOf(where)
  let place = 0
  const unary = (): Node => {
    const token = tokens[place]
    place += 1
    if (token === 'NOT') return { kind: 'not', part: unary() }
    if (token === '(') {
      const inner = expression()
      if (tokens[place] !== ')') throw malformed(text, '', "expecting a right parentheses, found 'EOF'")
      place += 1
      return inner
    }
    if (token === undefined || typeof token === 'string')
      throw malformed(text, token ?? '', `unexpected token: '${token}'`)
    return { kind: 'leaf', condition: token }
  }
  const expression = (): Node => {
    const parts = [unary()]
    let joined: 'AND' | 'OR' | null = null
    for (let token = tokens[place]; token === 'AND' || token === 'OR'; token = tokens[place]) {
      // Neither binds stronger than the other, so a mixture without parentheses means nothing.
      if (joined !== null && joined !== token) throw malformed(text, token, `unexpected token: ${token}`)
      joined = token
      place += 1
      parts.push(unary())
    }
    const [only] = parts
    return parts.length === 1 && only !== undefined ? only : { kind: joined === 'OR' ? 'or' : 'and', parts }
  }
  const tree = expression()
  if (place < tokens.length) throw malformed(text, ')', "unexpected token: ')'")
  return tree
}

function tokensOf(where: WhereClause): readonly Token[] {
  const tokens: Token[] = []
  let at: WhereClause | null = where
  while (at !== null) {
    const { left } = at
    const open = left?.openParen ?? 0
    for (let n = 0; n < open; n += 1) tokens.push('(')
    if (left !== null && 'operator' in left) {
      tokens.push(left)
      for (let n = 0; n < (left.closeParen ?? 0); n += 1) tokens.push(')')
    }
    if (!('operator' in at)) return tokens
    tokens.push(at.operator)
    at = at.right
  }
  return tokens
}

export const isSubquery = (condition: Condition): condition is ValueQueryCondition => 'valueQuery' in condition
