import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'

export interface Change {
  readonly path: readonly string[]
  readonly value: string
}

/**
 * Changes values of a YAML text where they stand; all else, comments and empty lines among it, stays as it is to the letter. A
 * key that is not there yet comes first in its section.
 */
export function editYaml(text: string, changes: readonly Change[]): string {
  return changes.reduce(edit, text)
}

/** As people would write it. */
const plain = (value: string): string => (/^(?:[A-Za-z][\w-]*|\$\{\w+\})$/.test(value) ? value : JSON.stringify(value))

function edit(text: string, { path, value }: Change): string {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const there = document.getIn(path, true)
  if (isScalar(there) && there.range != null) {
    return text.slice(0, there.range[0]) + plain(value) + text.slice(there.range[1])
  }
  const section = document.getIn(path.slice(0, -1), true)
  const first = isMap(section) && section.flow !== true ? section.items[0]?.key : undefined
  if (isScalar(first) && first.range != null) {
    const [start] = first.range
    const indent = ' '.repeat(lines.linePos(start).col - 1)
    return `${text.slice(0, start)}${path.at(-1)}: ${plain(value)}\n${indent}${text.slice(start)}`
  }
  document.setIn(path, value)
  return document.toString({ lineWidth: 0 })
}
