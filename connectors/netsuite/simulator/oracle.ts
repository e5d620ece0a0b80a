import { dateColumns } from './tables.ts'
import { closingOf, isSymbol, isWord, partsOf, type Token, textOf } from './tokens.ts'

/*
 * What Oracle refuses and SQLite lets pass: functions and words that only SQLite knows, queries without their GROUP BY,
 * lists that are too long, dates compared with text.
 */

const aggregates: ReadonlySet<string> = new Set(['COUNT', 'SUM', 'MIN', 'MAX', 'AVG'])
const functions: ReadonlySet<string> = new Set([
  ...aggregates,
  ...['TO_CHAR', 'TO_DATE', 'TO_TIMESTAMP', 'TO_NUMBER', 'TRUNC', 'ROUND', 'ABS', 'SIGN', 'MOD', 'CEIL', 'FLOOR'],
  ...['UPPER', 'LOWER', 'TRIM', 'LTRIM', 'RTRIM', 'SUBSTR', 'INSTR', 'LENGTH', 'REPLACE', 'CONCAT'],
  ...['NVL', 'NVL2', 'COALESCE', 'NULLIF', 'DECODE', 'GREATEST', 'LEAST', 'CAST'],
])
/** Words that an opening parenthesis may follow without making a call of it. */
const keywords: ReadonlySet<string> = new Set([
  ...['SELECT', 'DISTINCT', 'ALL', 'FROM', 'JOIN', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'OUTER', 'CROSS', 'ON', 'WHERE'],
  ...['AND', 'OR', 'NOT', 'IN', 'EXISTS', 'BETWEEN', 'LIKE', 'ESCAPE', 'IS', 'NULL', 'AS', 'BY', 'GROUP', 'HAVING'],
  ...['ORDER', 'ASC', 'DESC', 'NULLS', 'FIRST', 'LAST', 'UNION', 'INTERSECT', 'MINUS', 'CASE', 'WHEN', 'THEN', 'ELSE'],
  ...['END', 'OVER', 'PARTITION', 'TOP', 'FETCH', 'NEXT', 'ROW', 'ROWS', 'ONLY', 'OFFSET'],
])
/** Words of SQLite that are none here. */
const foreign: ReadonlySet<string> = new Set([
  ...[
    'WITH',
    'LIMIT',
    'GLOB',
    'REGEXP',
    'MATCH',
    'ISNULL',
    'NOTNULL',
    'PRAGMA',
    'INDEXED',
    'COLLATE',
    'EXCEPT',
    'ILIKE',
  ],
  ...['INSERT', 'UPDATE', 'DELETE', 'REPLACE', 'DROP', 'CREATE', 'ALTER', 'ATTACH', 'VALUES', 'RETURNING', 'NATURAL'],
])
const comparisons: readonly string[] = ['=', '<', '>', '<=', '>=', '<>', '!=']
const listMax = 1000

export const isKeyword = (token: Token | undefined): boolean =>
  token?.kind === 'word' && keywords.has(token.text.toUpperCase())

/** Why the account would not run the query; null when it would. */
export function flawOf(tokens: readonly Token[]): string | null {
  if (!isWord(tokens[0], 'SELECT')) return syntaxError(tokens, 0)
  for (const [place, token] of tokens.entries()) {
    const next = tokens[place + 1]
    if (token.kind !== 'word') continue
    const word = token.text.toUpperCase()
    const isCall = isSymbol(next, '(')
    if (foreign.has(word) && !(isCall && functions.has(word))) return syntaxError(tokens, place)
    if ((word === 'DATE' || word === 'TIMESTAMP') && next?.kind === 'string') return syntaxError(tokens, place + 1)
    if (isCall && !keywords.has(word) && !functions.has(word) && !isBuiltin(tokens, place)) {
      return `Search error occurred: Unknown function '${token.text}'.`
    }
    if (word === 'IN' && isCall) {
      const inside = tokens.slice(place + 2, closingOf(tokens, place + 1))
      if (!isWord(inside[0], 'SELECT') && partsOf(inside).length > listMax) {
        return `Search error occurred: ORA-01795: maximum number of expressions in a list is ${listMax}.`
      }
    }
  }
  return tokens.some((token) => isWord(token, 'UNION', 'INTERSECT', 'MINUS')) ? null : outerFlawOf(tokens)
}

const isBuiltin = (tokens: readonly Token[], place: number): boolean =>
  isSymbol(tokens[place - 1], '.') && isWord(tokens[place - 2], 'BUILTIN') && isWord(tokens[place], 'DF')

const syntaxError = (tokens: readonly Token[], place: number): string =>
  `Search error occurred: Failed to parse SQL [${textOf(tokens)}]: syntax error at position ${place}, near: ${tokens[place]?.text ?? ''}`

/** Looks at the outermost SELECT: what is not grouped, and what a DISTINCT one is ordered by. */
function outerFlawOf(tokens: readonly Token[]): string | null {
  const outer = (...words: readonly string[]) =>
    tokens.findIndex((token) => token.depth === 0 && isWord(token, ...words))
  const distinct = isWord(tokens[1], 'DISTINCT')
  const [from, group, order] = [outer('FROM'), outer('GROUP'), outer('ORDER')]
  if (from === -1) return null
  const upTo = (...places: readonly number[]) => places.find((place) => place !== -1) ?? tokens.length
  const items = partsOf(tokens.slice(distinct ? 2 : 1, from)).map((item) => ({ expression: withoutAlias(item), item }))
  const grouped =
    group === -1
      ? []
      : partsOf(tokens.slice(group + 2, upTo(outer('HAVING'), order, outer('FETCH')))).map((one) => plain(one))
  if (group !== -1 || items.some(({ expression }) => isAggregate(expression))) {
    for (const { expression } of items) {
      if (isAggregate(expression) || grouped.includes(plain(expression))) continue
      if (columnsOf(expression).every((column) => grouped.includes(column))) continue
      return group === -1
        ? 'Search error occurred: ORA-00937: not a single-group group function.'
        : 'Search error occurred: ORA-00979: not a GROUP BY expression.'
    }
  }
  if (distinct && order !== -1) {
    const known = items.flatMap(({ expression, item }) => [plain(expression), plain(item.slice(-1))])
    for (const one of partsOf(tokens.slice(order + 2, upTo(outer('FETCH'), outer('OFFSET'))))) {
      const sorted = plain(one.filter((token) => !isWord(token, 'ASC', 'DESC', 'NULLS', 'FIRST', 'LAST')))
      if (!known.includes(sorted) && !/^\d+$/.test(sorted)) {
        return 'Search error occurred: ORA-01791: not a SELECTed expression.'
      }
    }
  }
  return null
}

const plain = (tokens: readonly Token[]): string => textOf(tokens).toLowerCase()

function withoutAlias(item: readonly Token[]): readonly Token[] {
  const [before, last] = item.slice(-2)
  if (last === undefined || (last.kind !== 'word' && last.kind !== 'quoted') || isKeyword(last)) return item
  if (isWord(before, 'AS')) return item.slice(0, -2)
  return before === undefined || (before.kind === 'symbol' && before.text !== ')') ? item : item.slice(0, -1)
}
const isAggregate = (tokens: readonly Token[]): boolean =>
  tokens.some((token, place) => isWord(token, ...aggregates) && isSymbol(tokens[place + 1], '('))

/** The columns in an expression, as they are written: `t . id`. */
function columnsOf(tokens: readonly Token[]): readonly string[] {
  const found: string[] = []
  for (const [place, token] of tokens.entries()) {
    if (isSymbol(token, '*')) found.push('*')
    if (token.kind !== 'word' || isKeyword(token) || isWord(token, 'BUILTIN', 'SYSDATE')) continue
    if (isSymbol(tokens[place + 1], '(', '.')) continue
    found.push(plain(isSymbol(tokens[place - 1], '.') ? tokens.slice(place - 2, place + 1) : [token]))
  }
  return found
}

/**
 * Places of the texts and parameters that are compared with a date column as they are. Such a text must be a date in the
 * account's own form: ISO, which any other database takes, is refused.
 */
export function bareDatesOf(tokens: readonly Token[]): readonly number[] {
  const isValue = (place: number) => tokens[place]?.kind === 'string' || tokens[place]?.kind === 'parameter'
  const isColumn = (place: number) =>
    tokens[place]?.kind === 'word' && dateColumns.has(tokens[place]?.text.toLowerCase() ?? '')
  return tokens.flatMap((token, place) => {
    if (isColumn(place) && !isSymbol(tokens[place + 1], '.')) {
      if (isSymbol(tokens[place + 1], ...comparisons) && isValue(place + 2)) return [place + 2]
      if (isWord(tokens[place + 1], 'BETWEEN')) return [place + 2, place + 4].filter(isValue)
    }
    if (isValue(place) && isSymbol(tokens[place + 1], ...comparisons)) {
      const column = isSymbol(tokens[place + 3], '.') ? place + 4 : place + 2
      if (isColumn(column) && token.kind !== 'word') return [place]
    }
    return []
  })
}
