import { isObject, type Json, type JsonObject } from '../core/json.ts'
import type { Session } from './session.ts'
import { cut, oneLine, pad, widthOf } from './text.ts'

/** A value on one line: text without quotes, nothing as a dash. */
export function shortJson(value: Json): string {
  if (value === null || value === '') return '–'
  return oneLine(typeof value === 'string' ? value : isPlain(value) ? String(value) : JSON.stringify(value))
}

const isPlain = (value: Json) => typeof value === 'number' || typeof value === 'boolean'
const isNested = (value: Json): value is JsonObject | readonly JsonObject[] =>
  isObject(value) || (Array.isArray(value) && value.length > 0 && value.every(isObject))

// A mapped value is read from left to right: what came where, by which rule. The database keeps no order of names.
const leading = ['field', 'value', 'rule', 'source', 'note']
const rankOf = (name: string) => (leading.includes(name) ? leading.indexOf(name) : leading.length)

/** Records as a table, one column for each name that any of them has a value for. */
export function records(values: readonly JsonObject[], session: Session, indent: number): string {
  const filled = values.flatMap((value) => Object.keys(value).filter((name) => value[name] !== null))
  const names = [...new Set(filled)].sort((a, b) => rankOf(a) - rankOf(b))
  return session.table(
    names.map((name) => ({ title: oneLine(name), flexible: true })),
    values.map((value) => names.map((name) => shortJson(value[name] ?? null))),
    indent,
  )
}

// Less is too little to read a value in.
const roomMin = 12

/** Names and values below each other, lists of records as tables. */
export function details(value: Json, session: Session, indent: number): string {
  const space = ' '.repeat(indent)
  if (value === null) return ''
  if (Array.isArray(value) && isNested(value)) return records(value as readonly JsonObject[], session, indent)
  if (!isObject(value)) return session.prose(shortJson(value), { indent, first: space })
  const simple = Object.entries(value).filter(([, one]) => !isNested(one))
  const nested = Object.entries(value).filter(([, one]) => isNested(one))
  const width = Math.max(0, ...simple.map(([name]) => widthOf(oneLine(name))))
  const room = session.columns - indent - width - 2
  const rows = simple.map(([name, one]) => {
    const shown = shortJson(one)
    const { dim } = session.paint
    if (room >= roomMin) return `${space}${dim(pad(oneLine(name), width))}  ${cut(shown, room)}\n`
    return session.prose(`${oneLine(name)}:`, { indent, style: dim }) + session.prose(shown, { indent: indent + 2 })
  })
  return (
    rows.join('') +
    nested
      .map(([name, one]) => `${space}${session.paint.dim(oneLine(name))}\n${details(one, session, indent + 2)}`)
      .join('')
  )
}
