import type jsonata from 'jsonata'
import { compare, parseDecimal } from '../../core/decimal.ts'
import { numberOf } from '../run/expression-input.ts'

/*
 * Systems write numbers as numbers or as text, and only a system's schema tells which text is a number: a CRM may give
 * "1000" for its budget and for a post code. An expression must give the same with and without a schema, in a test as for
 * a real record. So where JSONata computes, compares by size or asks for truth, a text that is a decimal number is one.
 */

/** The tree of JSONata 2, as far as it is rewritten. */
interface Ast {
  type?: string
  value?: unknown
  [name: string]: unknown
}

const arithmetic = new Set<unknown>(['+', '-', '*', '/', '%', '..'])
const comparisons = new Set<unknown>(['<', '<=', '>', '>=', '=', '!=', 'in'])
// The first refuse text, the last ask for truth or order. Of the others, $sum and $round are ours and $number takes text by itself.
const numeric = new Set<unknown>([
  ...['abs', 'average', 'ceil', 'floor', 'max', 'min', 'power', 'sqrt'],
  ...['formatBase', 'formatInteger', 'formatNumber'],
  ...['boolean', 'not', 'sort'],
])
const logical = new Set<unknown>(['and', 'or'])
// No variable of an expression can have these names.
const names = { number: '#number', compare: '#compare', rank: '#rank' }
const textless = new Set<unknown>([
  names.number,
  names.compare,
  'boolean',
  'contains',
  'count',
  'exists',
  'length',
  'not',
  'number',
])

/** Makes an expression treat text that is a number as one. Its tree is changed in place. */
export function readNumbers(expression: jsonata.Expression): void {
  rewrite(expression.ast(), new Set())
  expression.registerFunction(names.number, toNumbers)
  expression.registerFunction(names.compare, compared)
  expression.registerFunction(names.rank, rank)
}

/** @param seen  nodes that need no further look */
function rewrite(node: unknown, seen: Set<unknown>): void {
  if (typeof node !== 'object' || node === null || seen.has(node)) return
  seen.add(node)
  if (Array.isArray(node)) {
    for (const one of node) rewrite(one, seen)
    return
  }
  const ast = node as Ast
  const { rhs } = ast
  const applied = ast.type === 'apply' && isCall(rhs)
  if (applied) {
    // `x ~> $formatNumber("0.00")`: the first argument stands before the arrow.
    seen.add(rhs)
    rewrite(rhs.arguments, seen)
  }
  for (const inner of Object.values(ast)) rewrite(inner, seen)
  rewriteNode(ast, applied ? rhs.procedure : rhs)
}

function rewriteNode(node: Ast, rhs: unknown): void {
  const { type, value } = node
  if (type === 'binary' && (arithmetic.has(value) || logical.has(value))) {
    node.lhs = asNumber(node.lhs)
    node.rhs = asNumber(node.rhs)
  } else if (type === 'binary' && comparisons.has(value)) {
    rewriteComparison(node)
  } else if (type === 'unary' && value === '-') {
    node.expression = asNumber(node.expression)
  } else if (type === 'sort') {
    for (const term of node.terms as Ast[]) term.expression = call(names.rank, [term.expression])
  } else if (type === 'condition') {
    node.condition = asNumber(node.condition)
  } else if (type === 'function' && isNumeric(node.procedure) && Array.isArray(node.arguments)) {
    // What follows the first argument is a format; an exponent is written as a number.
    node.arguments = node.arguments.map((one: unknown, index) => (index === 0 ? asNumber(one) : one))
  } else if (type === 'apply' && isNumeric(rhs)) {
    node.lhs = asNumber(node.lhs)
  }
}

function rewriteComparison(node: Ast): void {
  const { value, lhs, rhs } = node
  const bySize = value !== '=' && value !== '!=' && value !== 'in'
  // A word equals no number, so JSONata's own comparison will do, which is faster.
  if (!bySize && (isWord(lhs) || isWord(rhs))) return
  delete node.lhs
  delete node.rhs
  Object.assign(node, call(names.compare, [{ type: 'string', value }, lhs, rhs]))
}

/** A text in the expression that is no number, or a list of such. */
function isWord(node: unknown): boolean {
  const { type, value, expressions } = node as Ast
  if (type === 'string') return parseDecimal(value) === null
  return type === 'unary' && value === '[' && Array.isArray(expressions) && expressions.every(isWord)
}

const isCall = (node: unknown): node is Ast => (node as Ast | undefined)?.type === 'function'
const isNumeric = (node: unknown): boolean => {
  const { type, value } = node as Ast
  return type === 'variable' && numeric.has(value)
}

const asNumber = (node: unknown): unknown => (neverText(node) ? node : call(names.number, [node]))

/** Whether a node gives no text, so that there is nothing to read a number from. */
function neverText(node: unknown): boolean {
  const { type, value, procedure } = node as Ast
  if (type === 'function') return textless.has((procedure as Ast).value)
  return type === 'number' || type === 'value' || (type === 'binary' && value !== '&')
}

const call = (name: string, args: readonly unknown[]): Ast => ({
  type: 'function',
  value: '(',
  procedure: { type: 'variable', value: name },
  arguments: args,
})

/** A number that a double holds, in place of its text; a list, too, where all are numbers. What is none stays as it is. */
function toNumbers(value: unknown): unknown {
  if (typeof value === 'string') return numberOf(value)
  if (!Array.isArray(value)) return value
  const all: unknown[] = value.map(toNumbers)
  return all.every((one) => typeof one === 'number') ? all : value
}

/** JSONata's comparisons, for numbers and text that holds them. */
function compared(operator: string, a: unknown, b: unknown): boolean | undefined {
  switch (operator) {
    case '=':
      return a !== undefined && b !== undefined && equal(a, b)
    case '!=':
      return a !== undefined && b !== undefined && !equal(a, b)
    case 'in':
      return a !== undefined && b !== undefined && (Array.isArray(b) ? b : [b]).some((one: unknown) => same(a, one))
    default:
      return ordered(operator, a, b)
  }
}

/** By size where both are numbers, else as text. */
function ordered(operator: string, a: unknown, b: unknown): boolean | undefined {
  const other = [a, b].find((one) => one !== undefined && typeof one !== 'string' && typeof one !== 'number')
  if (other !== undefined) throw { message: `"${operator}" compares numbers and texts, not ${JSON.stringify(other)}` }
  if (a === undefined || b === undefined) return undefined
  const [one, two] = [parseDecimal(a), parseDecimal(b)]
  if (one !== null && two !== null) return holds(operator, compare(one, two))
  if (typeof a === 'string' && typeof b === 'string') return holds(operator, a < b ? -1 : a > b ? 1 : 0)
  throw { message: `"${operator}" cannot compare ${JSON.stringify(a)} with ${JSON.stringify(b)}: one is no number` }
}

function holds(operator: string, order: -1 | 0 | 1): boolean {
  if (operator === '<') return order < 0
  if (operator === '>') return order > 0
  return order === 0 || (operator === '<=') === order < 0
}

/** Two texts are compared as such: "007" and "7" are two article numbers. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a === typeof b || typeof a === 'object' || typeof b === 'object') return a === b
  const number = typeof a === 'number' || typeof b === 'number' ? parseDecimal(a) : null
  return number !== null && number === parseDecimal(b)
}

function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one, index) => equal(one, b[index]))
  }
  if (!isRecord(a) || !isRecord(b)) return same(a, b)
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A number as text that sorts as the number does, and before any word: `^(…)` compares two values of one type only. */
function rank(value: unknown): unknown {
  const number = parseDecimal(value)
  if (number === null) return value
  const [whole = '', fraction = ''] = number.replace('-', '').split('.')
  const digits = `${whole.padStart(60, '0')}.${fraction}`
  if (!number.startsWith('-')) return `1${digits}`
  return `0${digits.replace(/\d/g, (digit) => String(9 - Number(digit)))}~`
}
