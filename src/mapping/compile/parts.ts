import type { Evaluate } from '../run/frame.ts'
import type { Read, ResolvedPath } from './path.ts'
import type { Field } from './shape.ts'

/** What fills one field of a document. */
export type Part = ValuePart | ObjectPart | ListPart | ChoicePart
interface ValuePart {
  readonly is: 'value'
  readonly field: Field
  readonly path: string
  readonly evaluate: Evaluate
  readonly reads: readonly Read[]
}
export interface ObjectPart {
  readonly is: 'object'
  readonly field: Field
  readonly path: string
  readonly when: Evaluate | null
  /** Read for the sake of the object itself. */
  readonly reads: readonly Read[]
  readonly parts: Parts
  /** Where the raw record of a nested document is. */
  readonly raw: ResolvedPath | null
}
/** The first of several objects that is there. */
export interface ChoicePart {
  readonly is: 'choice'
  readonly field: Field
  readonly path: string
  readonly reads: readonly Read[]
  readonly branches: readonly ObjectPart[]
}
export interface ListPart {
  readonly is: 'list'
  readonly field: Field
  readonly path: string
  readonly list: ResolvedPath
  readonly when: Evaluate | null
  readonly reads: readonly Read[]
  readonly parts: Parts
  /** The items are documents with a `raw` of their own. */
  readonly keepsRaw: boolean
}
export type Parts = ReadonlyMap<string, Part>

/** Leaves out what is not asked for. Names that lead into a raw record keep what the record belongs to. */
export function narrow(parts: Parts, wanted: readonly (readonly string[])[]): Parts {
  const kept = new Map<string, Part>()
  for (const [name, part] of parts) {
    const inside = wanted.filter(([first]) => first === name).map((steps) => steps.slice(1))
    if (inside.length === 0) continue
    kept.set(name, inside.some((steps) => steps.length === 0) ? part : narrowPart(part, inside))
  }
  return kept
}

function narrowPart(part: Part, inside: readonly (readonly string[])[]): Part {
  switch (part.is) {
    case 'value':
      return part
    case 'choice':
      return { ...part, branches: part.branches.map((one) => ({ ...one, parts: narrow(one.parts, inside) })) }
    case 'object':
    case 'list':
      return { ...part, parts: narrow(part.parts, inside) }
  }
}

export function isFilled(parts: Parts, [first = '', ...inside]: readonly string[]): boolean {
  const part = parts.get(first)
  if (part === undefined || part.is === 'value' || inside.length === 0) return part !== undefined
  return (part.is === 'choice' ? part.branches : [part]).some((one) => isFilled(one.parts, inside))
}

/** Every remote path that is read, once. What is read for its inner fields is named by these alone. */
export function readsOf(parts: Parts): readonly string[] {
  const values = new Set<string>()
  const containers = new Set<string>()
  collectReads([...parts.values()], values, containers)
  const all = new Set([...values, ...containers])
  for (const container of containers) {
    if (!values.has(container) && [...all].some((path) => path.startsWith(`${container}.`))) all.delete(container)
  }
  return [...all].sort()
}

function collectReads(parts: readonly Part[], values: Set<string>, containers: Set<string>): void {
  for (const part of parts) {
    if (part.is === 'choice') {
      collectReads(part.branches, values, containers)
      continue
    }
    const into = part.is === 'value' ? values : containers
    for (const read of part.reads) if (read.space === 'remote' && read.path !== '') into.add(read.path)
    if (part.is !== 'value') collectReads([...part.parts.values()], values, containers)
  }
}

/**
 * Where in the remote record the raw parts of the document come from: `lines.raw.x` is `line_items.x`. Paths that lead
 * into no raw record are left out.
 */
export function rawReadsOf(parts: Parts, documentPaths: readonly string[]): readonly string[] {
  return documentPaths.flatMap((path) => rawReads(parts, path.split('.'), ''))
}

function rawReads(parts: Parts, steps: readonly string[], base: string | null): readonly string[] {
  const [first, ...rest] = steps
  if (first === undefined) return []
  if (first === 'raw' && !parts.has('raw')) {
    if (base === null || (rest.length === 0 && base === '')) return []
    return [[...(base === '' ? [] : [base]), ...rest].join('.')]
  }
  const part = parts.get(first)
  if (part === undefined || part.is === 'value') {
    // A mapped `raw` is a plain rule; what is read inside it hangs on the path it was read from.
    const from = first === 'raw' ? part?.reads[0]?.path : undefined
    return from === undefined ? [] : [[from, ...rest].join('.')]
  }
  return (part.is === 'choice' ? part.branches : [part]).flatMap((one) => {
    const record = one.is === 'list' ? one.list : one.raw
    return rawReads(one.parts, rest, record?.reads[0]?.path ?? null)
  })
}
