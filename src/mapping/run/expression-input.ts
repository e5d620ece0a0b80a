import { parseDecimal } from '../../core/decimal.ts'
import { isObject, type Json } from '../../core/json.ts'
import type { Shape } from '../compile/shape.ts'

/** What of a value an expression is given: everything, or some names of it. */
export interface Selection {
  all: boolean
  readonly names: Map<string, Selection>
}
export const emptySelection = (): Selection => ({ all: false, names: new Map() })

/** Adds a place to a selection. */
export function select(selection: Selection, steps: readonly string[]): void {
  const [first, ...rest] = steps
  if (first === undefined) {
    selection.all = true
    return
  }
  const inner = selection.names.get(first) ?? emptySelection()
  selection.names.set(first, inner)
  select(inner, rest)
}

/**
 * The part of a value that an expression reads, as JSONata likes it: decimals of documents as numbers, as long as a
 * double holds them exactly, and nothing where there is null, so that functions over it give nothing instead of failing.
 * @param shape  absent where nothing is known of the value
 */
export function expressionInput(value: Json, selection: Selection, shape?: Shape): Json | undefined {
  if (value === null) return undefined
  if (Array.isArray(value)) {
    const item = shape?.item?.()
    return value.flatMap((entry: Json) => {
      const part = expressionInput(entry, selection, item)
      return part === undefined ? [] : [part]
    })
  }
  if (!isObject(value)) return shape?.kind === 'number' ? numberOf(value) : value
  const fields = shape?.fields?.() ?? null
  const result: Record<string, Json> = {}
  for (const name of selection.all ? Object.keys(value) : selection.names.keys()) {
    if (!Object.hasOwn(value, name)) continue
    const inner = selection.all ? selection : (selection.names.get(name) ?? emptySelection())
    const part = expressionInput(value[name] ?? null, inner, fields?.get(name)?.shape)
    if (part !== undefined) define(result, name, part)
  }
  return result
}

/** Plain assignment to `__proto__` would not store it. */
function define(target: Record<string, Json>, name: string, value: Json): void {
  if (name === '__proto__') Object.defineProperty(target, name, { value, enumerable: true })
  else target[name] = value
}

/** A decimal as a number. Others stay text, and so do those with more digits than a double keeps. */
export function numberOf(value: Json): Json {
  if (typeof value !== 'string') return value
  const decimal = parseDecimal(value)
  return decimal !== null && decimal.replace(/[-.]/g, '').replace(/^0+/, '').length <= 15 ? Number(decimal) : value
}
