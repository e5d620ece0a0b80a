import { isObject, type Json } from '../../core/json.ts'
import type { TargetField, TargetLines } from '../compile/outbound.ts'
import { type Frame, failMapping, type Outcome } from './frame.ts'
import { brief } from './value.ts'

/** Where one value of a target record came from. */
export interface Lineage {
  /** `client_order_ref`, `order_line[4711].price_unit`. */
  readonly field: string
  readonly rule: string
  /** What was read: `deal.poNumber: "PO-7"`. */
  readonly source: string
  readonly value: Json
  /** What people call the record that `value` is the id of; null where it is none, or not looked up. */
  readonly name: string | null
  /** `default used`, `product.product 41 Desk`. */
  readonly note: string | null
}

/** Evaluates the fields that are written with this operation. Signals when one is not to be had (yet). */
export function evaluateFields(
  fields: readonly TargetField[],
  frame: Frame,
  op: 'create' | 'update',
  place: string,
  lineage: Lineage[],
): { readonly values: Record<string, Json>; readonly signal: Outcome } {
  const values: Record<string, Json> = {}
  let signal: Outcome = null
  const { pass } = frame
  for (const { name, rule } of fields) {
    if (rule.on !== null && rule.on !== op) continue
    pass.trace = { path: '', value: null, name: null, note: null }
    const value = rule.evaluate(frame)
    if (typeof value === 'symbol') {
      signal = value
      continue
    }
    values[name] = value
    const { trace } = pass
    const source = sourceOf(trace)
    lineage.push({ field: place + name, rule: rule.text, source, value, name: trace.name, note: trace.note })
  }
  return { values, signal }
}

const sourceOf = (trace: Frame['pass']['trace']): string =>
  trace.path === '' || trace.path === 'expression' ? trace.path : `${trace.path}: ${brief(trace.value)}`

/** Evaluates the lines. A key that is missing or there twice is a failure: lines could not be told apart. */
export function evaluateLines(
  lines: TargetLines,
  frame: Frame,
  op: 'create' | 'update',
  lineage: Lineage[],
): { readonly items: readonly { key: string; fields: Record<string, Json> }[]; readonly signal: Outcome } {
  const entries = lines.list.read(frame)
  const items: { key: string; fields: Record<string, Json> }[] = []
  if (!Array.isArray(entries)) return { items, signal: null }
  let signal: Outcome = null
  const keys = new Set<string>()
  for (const [index, entry] of (entries as readonly Json[]).entries()) {
    const inner: Frame = {
      slots: [...frame.slots, entry],
      at: `${frame.at}, line ${index + 1}${lineName(entry)}`,
      pass: frame.pass,
    }
    const key = keyOfLine(lines, inner, keys)
    const place = `${lines.field}[${typeof key === 'string' ? key : index + 1}].`
    const { values, signal: inside } = evaluateFields(lines.fields, inner, op, place, lineage)
    if (inside !== null) signal = inside
    if (typeof key === 'string') items.push({ key, fields: values })
    else signal = key
  }
  return { items, signal }
}

function keyOfLine(lines: TargetLines, frame: Frame, keys: Set<string>): Outcome {
  const key = lines.key.evaluate(frame)
  if (typeof key === 'symbol') return key
  const path = `${lines.field}.key`
  if (typeof key !== 'string')
    return failMapping(frame, path, 'key', `${lines.key.text} is empty, so the line has no key`)
  if (keys.has(key)) return failMapping(frame, path, 'key', `two lines have the key ${brief(key)}`)
  keys.add(key)
  return key
}

/** Names a line as a person would: by its article number or name. */
function lineName(entry: Json): string {
  if (!isObject(entry)) return ''
  const name = entry.sku ?? entry.name
  return typeof name === 'string' ? ` (${name})` : ''
}
