import { isAlias, isCollection, isMap, isScalar, LineCounter, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { SyncError } from '../../core/problem.ts'

/** A section is written on one line. */
type Value = string | number | null | { readonly [name: string]: Value }

export interface Change {
  readonly path: readonly string[]
  readonly value: Value
}

/**
 * Changes values of a YAML text where they stand; all else, comments and empty lines among it, stays as it is to the letter. A
 * key that is not there yet comes first in its section.
 * @throws SyncError `configuration_invalid` where the place is an alias: it would change elsewhere as well
 */
export function editYaml(text: string, changes: readonly Change[]): string {
  return changes.reduce(edit, text)
}

/** As people would write it. */
export const plain = (text: string): string =>
  /^(?:[A-Za-z][\w-]*|\$\{\w+\})$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text)

function written(value: Value): string {
  if (typeof value === 'string') return plain(value)
  if (value === null || typeof value === 'number') return String(value)
  return `{ ${Object.entries(value)
    .map(([key, one]) => `${key}: ${written(one)}`)
    .join(', ')} }`
}

function edit(text: string, { path, value }: Change): string {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const { section, rest } = deepest(document.contents, path)
  const [key = '', ...below] = rest
  const pair = pairOf(section, key)
  // A section that is empty so far.
  if (pair !== undefined && below.length > 0) {
    const inner = below.reduceRight<Value>((one, name) => ({ [name]: one }), value)
    return edit(text, { path: path.slice(0, -below.length), value: inner })
  }
  if (isAlias(pair?.value)) throw aliased(path)
  if (pair !== undefined && isScalar(pair.key) && pair.key.range != null && section?.flow !== true) {
    const place = isScalar(pair.value) || isCollection(pair.value) ? pair.value.range : null
    if (place != null && isScalar(pair.value) && place[0] < place[1])
      return text.slice(0, place[0]) + written(value) + text.slice(place[1])
    if (place != null)
      return `${text.slice(0, pair.key.range[1])}: ${written(value)}${endOf(text, place[1])}${text.slice(place[1])}`
  }
  const first = section !== null && section.flow !== true && pair === undefined ? section.items[0]?.key : undefined
  if (isScalar(first) && first.range != null) {
    const [start] = first.range
    const indent = ' '.repeat(lines.linePos(start).col - 1)
    const nested = rest
      .map((name, depth) => `${depth === 0 ? '' : `\n${indent}${'  '.repeat(depth)}`}${name}:`)
      .join('')
    return `${text.slice(0, start)}${nested} ${written(value)}\n${indent}${text.slice(start)}`
  }
  document.setIn(path, typeof value === 'object' && value !== null ? document.createNode(value) : value)
  return document.toString({ lineWidth: 0 })
}

/** The last section on the way that is there, and what of the way is left. */
function deepest(
  contents: unknown,
  path: readonly string[],
): { readonly section: YAMLMap | null; readonly rest: readonly string[] } {
  let section = isMap(contents) ? contents : null
  let rest = path
  while (section !== null && rest.length > 1) {
    const next: unknown = pairOf(section, rest[0] ?? '')?.value
    if (isAlias(next)) throw aliased(path)
    if (!isMap(next)) break
    section = next
    rest = rest.slice(1)
  }
  return { section, rest }
}

const pairOf = (section: YAMLMap | null, key: string): Pair | undefined =>
  section?.items.find((one) => (isScalar(one.key) ? one.key.value : one.key) === key)

/** A section that is replaced may have ended with its last line. */
const endOf = (text: string, end: number): string => (text[end - 1] === '\n' ? '\n' : '')

const aliased = (path: readonly string[]) =>
  new SyncError(`${path.join('.')} stands in a part of the configuration that is used in several places`, {
    problem: { kind: 'configuration_invalid', path: path.join('.') },
    fix: 'Change it in config/crosswalk.yaml, and publish that with `crosswalk publish`.',
  })
