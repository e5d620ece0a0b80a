import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { plain } from './edit-yaml.ts'

/** A line of a table: what the source has, and what it stands for in the target. */
export interface TableEntry {
  readonly key: string
  readonly value: string
}

/** Adds an entry at the end, or changes the one that is there; all else, comments among it, stays as it is. */
export function withEntry(text: string, { key, value }: TableEntry): string {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const { contents } = document
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`
  if (contents === null) return `${start}${plain(key)}: ${plain(value)}\n`
  const first = isMap(contents) && contents.flow !== true && !document.has(key) ? contents.items[0]?.key : undefined
  if (isScalar(first) && first.range != null) {
    const indent = ' '.repeat(lines.linePos(first.range[0]).col - 1)
    return `${start}${indent}${plain(key)}: ${plain(value)}\n`
  }
  document.set(key, value)
  return document.toString({ lineWidth: 0 })
}
