import { z } from 'zod'
import { parseDecimal } from '../../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/server.ts'
import type { Database, Row } from './database.ts'
import { isDate, parseShown, shownDate } from './dates.ts'
import {
  insufficientPermission,
  invalidContent,
  invalidParameter,
  messageOf,
  netsuiteError,
  unexpectedError,
} from './errors.ts'
import { bareDatesOf, flawOf, isKeyword } from './oracle.ts'
import { tableNames } from './tables.ts'
import { isSymbol, isWord, partsOf, type Token, textOf, tokensOf } from './tokens.ts'

interface Options {
  /** Tables and record types that the role does not see. */
  readonly denied: () => ReadonlySet<string>
  /** Codes of the transaction types of the records that the role does not see. */
  readonly deniedTypes: () => readonly string[]
  /** How names of columns come out; releases of the system differ. */
  readonly columnCase: 'lower' | 'upper'
}
interface Compiled {
  readonly sql: string
  readonly parameters: readonly string[]
  /** Rows that the query itself asks for, at most. */
  readonly rowsMax: number
  /** Table by the name it goes under in the query. */
  readonly tables: ReadonlyMap<string, string>
}

const pageMax = 1000
const rowsMax = 100_000
const heavyRows = 1000
const bodySchema = z.strictObject({ q: z.string(), params: z.array(z.unknown()).default([]) })

/** `POST /services/rest/query/v1/suiteql`: Oracle's SQL over the account's tables. */
export function openSuiteql(database: Database, options: Options) {
  function answer(request: SimulatorRequest): SimulatorReply {
    if (!/\btransient\b/.test(request.headers.prefer ?? '')) {
      const detail = 'The required request header Prefer is missing or its value is invalid. Use: Prefer: transient.'
      throw netsuiteError(400, 'INVALID_HEADER', detail, { 'o:errorHeader': 'Prefer' })
    }
    if (options.denied().has('suiteAnalytics')) throw insufficientPermission('SuiteAnalytics Workbook')
    const { limit, offset } = pageOf(request.query)
    const given = bodySchema.safeParse(parsed(request.body))
    if (!given.success) throw invalidContent('Invalid content. The body must have the property q.', 'q')
    const parameters = given.data.params.map((one, place) => {
      if (typeof one !== 'string')
        throw invalidContent('Invalid value. A parameter must be a string.', `params[${place}]`)
      return one
    })
    const compiled = compile(given.data.q, parameters)
    checkWeight(compiled)
    const { items, total } = run(compiled, limit, offset)
    const self = `http://${request.headers.host}${request.path}`
    const next = offset + limit < total ? [link('next', `${self}?limit=${limit}&offset=${offset + limit}`)] : []
    return {
      status: 200,
      headers: { 'content-type': 'application/vnd.oracle.resource+json; type=collection' },
      body: {
        links: [...next, link('self', `${self}?limit=${limit}&offset=${offset}`)],
        count: items.length,
        hasMore: offset + items.length < total,
        items: items.map((item) => ({ links: [], ...item })),
        offset,
        totalResults: total,
      },
    }
  }

  function compile(query: string, given: readonly string[]): Compiled {
    const read = tokensOf(query)
    if (typeof read === 'number') {
      throw refusal(`Failed to parse SQL [${query}]: syntax error at position ${read}, near: ${query[read]}`)
    }
    const flaw = flawOf(read)
    if (flaw !== null) throw invalidQuery(flaw)
    if (read.filter((token) => token.kind === 'parameter').length !== given.length) {
      throw refusal('Invalid number of parameters')
    }
    const { tokens: dated, parameters } = withDates(read, given)
    const { tokens, rows } = withoutLimit(dated)
    const tables = tablesOf(tokens)
    for (const { name } of tables) {
      const table = name.toLowerCase()
      if (!tableNames.has(table) || options.denied().has(table)) throw refusal(`Record '${name}' was not found`)
      if (table === 'subsidiary' && !database.oneWorld) throw refusal(`Record '${name}' was not found`)
      if (table === 'unitstypeuom' && !database.units) throw refusal(`Record '${name}' was not found`)
    }
    return {
      sql: rewrite(withNulls(tokens), new Map(tables.map((table) => [table.place, table]))),
      parameters,
      rowsMax: rows,
      tables: new Map(tables.map(({ alias, name }) => [alias ?? name, name.toLowerCase()])),
    }
  }

  /** Grouping much by what a user sees in place of an id is more than the account manages. */
  function checkWeight({ sql, tables }: Compiled): void {
    if (!/GROUP BY .*sim_df/.test(sql)) return
    for (const table of tables.values()) {
      const { rows } = database.get(`SELECT COUNT(*) AS rows FROM "${table}"`) ?? {}
      if (Number(rows) > heavyRows) throw unexpectedError()
    }
  }

  function rewrite(tokens: readonly Token[], tables: ReadonlyMap<number, TableReference>): string {
    const out: string[] = []
    const hidden = options.deniedTypes()
    for (let place = 0; place < tokens.length; place += 1) {
      const token = tokens[place]
      if (token === undefined) break
      const table = tables.get(place)
      if (table !== undefined) {
        out.push(sourceOf(table, hidden))
      } else if (isWord(token, 'SYSDATE')) {
        const { days, length } = shiftAfter(tokens, place)
        out.push(`sim_sysdate(${days})`)
        place += length
      } else if (isWord(token, 'BUILTIN') && isWord(tokens[place + 2], 'DF')) {
        out.push(displayOf(tokens, place + 4))
        place += 3
      } else if (isWord(token, 'TRANSACTION')) {
        out.push('"transaction"')
      } else if (isWord(token, 'MINUS')) {
        out.push('EXCEPT')
      } else if (isSymbol(token, '/')) {
        // Oracle divides whole numbers without dropping what is left.
        out.push('* 1.0 /')
      } else {
        // An empty text is NULL in Oracle.
        out.push(token.text === "''" ? 'NULL' : token.text)
      }
    }
    return out.join(' ')
  }

  function run(compiled: Compiled, limit: number, offset: number): { items: readonly JsonObject[]; total: number } {
    try {
      const { sql, parameters } = compiled
      const most = Math.min(compiled.rowsMax, rowsMax)
      const statement = database.query(`${sql} LIMIT ? OFFSET ?`)
      const names = namesOf(statement.columns(), options.columnCase)
      statement.setReturnArrays(true)
      const size = Math.max(0, Math.min(limit, most - offset))
      const rows = statement.all(...parameters, size, offset).map((row) => Object.values(row))
      const total =
        rows.length < size && (rows.length > 0 || offset === 0)
          ? offset + rows.length
          : Number(database.query(`SELECT COUNT(*) AS rows FROM (${sql} LIMIT ?)`).get(...parameters, most)?.rows ?? 0)
      return { items: rows.map((row) => itemOf(names, row)), total }
    } catch (error) {
      throw translated(error, compiled)
    }
  }

  return { answer }
}

function pageOf(query: URLSearchParams): { limit: number; offset: number } {
  const whole = (name: string, otherwise: number): number => {
    const text = query.get(name)
    if (text === null) return otherwise
    if (!/^\d+$/.test(text)) throw invalidParameter(`Invalid value '${text}' of query parameter ${name}.`, name)
    return Number(text)
  }
  const limit = whole('limit', pageMax)
  const offset = whole('offset', 0)
  if (limit < 1 || limit > pageMax) {
    throw invalidParameter(`Provide a valid limit value. The limit must be between 1 and ${pageMax}.`, 'limit')
  }
  if (offset % limit !== 0) {
    throw invalidParameter('Provide a valid offset value. The offset must be divisible by the limit.', 'offset')
  }
  if (offset + limit > rowsMax) {
    throw invalidParameter(`Provide a valid offset value. A query returns ${rowsMax} results at most.`, 'offset')
  }
  return { limit, offset }
}

/** A text compared with a date stands for a day as the account shows it. */
function withDates(tokens: readonly Token[], given: readonly string[]) {
  const parameters = [...given]
  const changed = [...tokens]
  for (const place of bareDatesOf(tokens)) {
    const token = tokens[place]
    if (token === undefined) continue
    const ordinal = tokens.slice(0, place).filter((one) => one.kind === 'parameter').length
    const text = token.kind === 'parameter' ? (given[ordinal] ?? '') : token.text.slice(1, -1)
    const date = parseShown(text)
    if (date === null) throw refusal(`Invalid date value '${text}' (must be M/D/YYYY)`)
    if (token.kind === 'parameter') parameters[ordinal] = date
    else changed[place] = { ...token, text: `'${date}'` }
  }
  return { tokens: changed, parameters }
}

/** Takes out what limits the rows: `FETCH FIRST n ROWS ONLY`, `TOP n`, and `ROWNUM <= n` where nothing is ordered. */
function withoutLimit(tokens: readonly Token[]): { tokens: readonly Token[]; rows: number } {
  const fetch = tokens.findIndex((token) => token.depth === 0 && isWord(token, 'FETCH'))
  if (fetch !== -1) {
    const [, first, count, unit, only, ...more] = tokens.slice(fetch)
    if (!isWord(first, 'FIRST', 'NEXT') || !isWord(unit, 'ROW', 'ROWS') || !isWord(only, 'ONLY') || more.length > 0) {
      throw refusal(`Failed to parse SQL [${textOf(tokens)}]: syntax error, near: FETCH`)
    }
    return { tokens: tokens.slice(0, fetch), rows: Number(count?.text) }
  }
  if (isWord(tokens[1], 'TOP') && tokens[2]?.kind === 'number') {
    return { tokens: [...tokens.slice(0, 1), ...tokens.slice(3)], rows: Number(tokens[2].text) }
  }
  const row = tokens.findIndex((token) => isWord(token, 'ROWNUM'))
  if (row === -1) return { tokens, rows: Number.POSITIVE_INFINITY }
  const [, comparison, count] = tokens.slice(row)
  const isSimple =
    tokens[row]?.depth === 0 &&
    isSymbol(comparison, '<', '<=') &&
    count?.kind === 'number' &&
    !tokens.some((token) => isWord(token, 'ORDER', 'GROUP', 'OR', 'UNION'))
  if (!isSimple) throw refusal('ROWNUM in this place is not simulated')
  const always: readonly Token[] = ['1', '=', '1'].map((text) => ({ kind: 'number', text, depth: 0 }))
  return {
    tokens: [...tokens.slice(0, row), ...always, ...tokens.slice(row + 3)],
    rows: Number(count.text) - (comparison?.text === '<' ? 1 : 0),
  }
}

/** Oracle sorts what is empty behind everything else, SQLite before it. */
function withNulls(tokens: readonly Token[]): readonly Token[] {
  const order = tokens.findIndex((token) => token.depth === 0 && isWord(token, 'ORDER'))
  if (order === -1) return tokens
  const word = (text: string): Token => ({ kind: 'word', text, depth: 0 })
  const comma: Token = { kind: 'symbol', text: ',', depth: 0 }
  const sorted = partsOf(tokens.slice(order + 2)).map((part) => {
    if (part.some((token) => isWord(token, 'NULLS'))) return part
    return [...part, word('NULLS'), word(isWord(part.at(-1), 'DESC') ? 'FIRST' : 'LAST')]
  })
  return [...tokens.slice(0, order + 2), ...sorted.flatMap((part, place) => (place === 0 ? part : [comma, ...part]))]
}

interface TableReference {
  readonly place: number
  readonly name: string
  readonly alias: string | null
}

/** What stands behind FROM, JOIN and the commas of a FROM. */
function tablesOf(tokens: readonly Token[]): readonly TableReference[] {
  const found: TableReference[] = []
  const inFrom = new Set<number>()
  for (const [place, token] of tokens.entries()) {
    if (isWord(token, 'FROM')) inFrom.add(token.depth)
    else if (isSymbol(token, ')')) inFrom.delete(token.depth + 1)
    else if (isWord(token, 'WHERE', 'GROUP', 'ORDER', 'HAVING', 'UNION', 'SELECT')) inFrom.delete(token.depth)
    const opens = isWord(token, 'FROM', 'JOIN') || (isSymbol(token, ',') && inFrom.has(token.depth))
    const next = tokens[place + 1]
    if (!opens || next === undefined || isSymbol(next, '(')) continue
    const after = isWord(tokens[place + 2], 'AS') ? tokens[place + 3] : tokens[place + 2]
    const alias = (after?.kind === 'word' || after?.kind === 'quoted') && !isKeyword(after) ? after.text : null
    found.push({ place: place + 1, name: next.text.replaceAll('"', ''), alias })
  }
  return found
}

/** Rows that the role may not see are left out without a word. */
function sourceOf({ name, alias }: TableReference, hidden: readonly string[]): string {
  const table = name.toLowerCase()
  const types = hidden.map((type) => `'${type}'`).join(', ')
  const filter =
    types === ''
      ? null
      : table === 'transaction'
        ? `type NOT IN (${types})`
        : table === 'transactionline'
          ? `"transaction" NOT IN (SELECT id FROM "transaction" WHERE type IN (${types}))`
          : null
  if (filter === null) return `"${table}"`
  return `(SELECT * FROM "${table}" WHERE ${filter})${alias === null ? ` "${table}"` : ''}`
}

/** `- 1/24` behind SYSDATE, in days. */
function shiftAfter(tokens: readonly Token[], place: number): { days: number; length: number } {
  const [sign, amount, over, divisor] = tokens.slice(place + 1)
  if (!isSymbol(sign, '+', '-') || amount?.kind !== 'number') return { days: 0, length: 0 }
  const divided = isSymbol(over, '/') && divisor?.kind === 'number'
  const days = Number(amount.text) / (divided ? Number(divisor.text) : 1)
  return { days: sign?.text === '-' ? -days : days, length: divided ? 4 : 2 }
}

/** @param place  of what stands in the parentheses of BUILTIN.DF */
function displayOf(tokens: readonly Token[], place: number): string {
  const dotted = isSymbol(tokens[place + 1], '.')
  const column = tokens[dotted ? place + 2 : place]?.text.toLowerCase() ?? ''
  const type = column === 'status' ? `${dotted ? `${tokens[place]?.text}.` : ''}type` : 'NULL'
  return `sim_df('${column}', ${type},`
}

interface ColumnOfResult {
  readonly name: string
  readonly column: string | null
}
/** An expression without a name of its own is called `expr1`, `expr2`. */
function namesOf(columns: readonly ColumnOfResult[], columnCase: Options['columnCase']): readonly string[] {
  let expressions = 0
  return columns.map(({ name, column }) => {
    if (column === null && !/^\w+$/.test(name)) {
      expressions += 1
      return `expr${expressions}`
    }
    return columnCase === 'lower' ? name.toLowerCase() : name.toUpperCase()
  })
}

/** All values are text, and empty columns are not there. */
function itemOf(names: readonly string[], row: readonly Row[string][]): JsonObject {
  const item: Record<string, Json> = {}
  for (const [place, name] of names.entries()) {
    const value = row[place]
    if (value === null || value === undefined || value === '') continue
    item[name] = isDate(value) ? shownDate(value) : typeof value === 'number' ? exact(value) : String(value)
  }
  return item
}

function translated(error: unknown, { sql, tables }: Compiled): Error {
  const message = messageOf(error)
  const [, column] = /^no such column: "?([\w.$#]+)"?/.exec(message) ?? []
  if (column !== undefined) {
    const known = [...tables].map(([alias, table]) => `${alias}=${table}`).join(', ')
    const name = column.slice(column.lastIndexOf('.') + 1)
    return refusal(`Unknown identifier '${name}'. Available identifiers are: {${known}}`)
  }
  if (message.startsWith('ORA-')) return refusal(message)
  if (/syntax error|incomplete input/.test(message)) return refusal(`Failed to parse SQL [${sql}]: ${message}`)
  return refusal(`Invalid or unsupported search (${message})`)
}

/** Oracle counts in decimals: what a double adds behind the fifteenth digit is not there. */
const exact = (value: number): string => parseDecimal(Number(value.toPrecision(15))) ?? ''

const refusal = (why: string) => invalidQuery(`Search error occurred: ${why}.`)
const invalidQuery = (why: string) =>
  invalidParameter(`Invalid search query. Detailed unprocessed description follows. ${why}`, 'q')
const link = (rel: string, href: string): JsonObject => ({ rel, href })

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw netsuiteError(400, 'INVALID_REQUEST', 'Invalid JSON in the request body.')
  }
}
