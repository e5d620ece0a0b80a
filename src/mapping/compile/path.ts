import type { Json } from '../../core/json.ts'
import type { Frame } from '../run/frame.ts'
import { nounOf } from '../run/value.ts'
import { isIndex, walk } from '../run/walk.ts'
import { anyShape, type Field, type Fields, type Shape } from './shape.ts'
import { didYouMean, listed, nearest } from './suggest.ts'
import type { Position, Report } from './yaml.ts'

/**
 * Whose record a path reads: the mapping's own system, the document, the other system, the account. Of a `link` the path is
 * its name.
 */
type Space = 'remote' | 'document' | 'other' | 'account' | 'link'

/** A name that paths start with. */
export interface Root {
  readonly slot: number
  /** Steps from the value in the slot to what the name stands for. */
  readonly steps: readonly string[]
  readonly shape: Shape
  readonly space: Space
  /** What is read through it begins so: an item of `line_items` reads `line_items.…`. */
  readonly prefix: readonly string[]
}

/** The names in force at a place of the mapping. */
export interface PathScope {
  readonly roots: ReadonlyMap<string, Root>
  /** What a path is relative to that starts with no root: the remote record of an inbound mapping. */
  readonly bare: Root | null
  /** Slots in use; the next list takes this one. */
  readonly slots: number
}

export interface Read {
  readonly space: Space
  readonly path: string
}
export interface ResolvedPath {
  readonly text: string
  readonly shape: Shape
  readonly root: Root
  /** Steps from the root. */
  readonly steps: readonly string[]
  readonly reads: readonly Read[]
  readonly read: (frame: Frame) => Json
}

/** Checks a path and compiles it to a reader. Null when it leads nowhere; that is reported. */
export function resolvePath(text: string, at: Position, scope: PathScope, report: Report): ResolvedPath | null {
  const names = text.split('.')
  if (names.some((name) => name === '' || /\s/.test(name))) {
    report(
      at,
      'unknown_path',
      `"${text}" is not a path.`,
      'A path is names with dots between; a fixed text is `{ value: … }`.',
    )
    return null
  }
  const found = rootOf(names, scope)
  if (found === null) {
    const roots = [...scope.roots.keys()]
    report(
      at,
      'unknown_path',
      `"${text}" starts with none of ${listed(roots)}.`,
      didYouMean(names[0] ?? '', roots) ?? 'For a fixed text write `{ value: … }`.',
    )
    return null
  }
  const { root, steps } = found
  const shape = shapeAt(root, steps, text, at, scope, report, 'index')
  if (shape === null) return null
  const { slot } = root
  const all = [...root.steps, ...steps]
  return {
    text,
    shape,
    root,
    steps,
    reads: [readOf(root, steps)],
    read: (frame) => walk(frame.slots[slot], all),
  }
}

function rootOf(names: readonly string[], scope: PathScope): { root: Root; steps: readonly string[] } | null {
  const named = scope.roots.get(names[0] ?? '')
  if (named !== undefined) return { root: named, steps: names.slice(1) }
  return scope.bare === null ? null : { root: scope.bare, steps: names }
}

/** One of a list, under a name of its own. */
export const itemOf = ({ shape, root, reads }: ResolvedPath, { slots }: PathScope): Root => ({
  slot: slots,
  steps: [],
  shape: shape.item?.() ?? anyShape,
  space: root.space,
  prefix: reads[0]?.path.split('.') ?? [],
})

export function readOf(root: Root, steps: readonly string[]): Read {
  return { space: root.space, path: [...root.prefix, ...steps.filter((step) => !isIndex(step))].join('.') }
}

/** Finds what an expression reads; unlike in a path, lists are walked by themselves. Null when unknown; reported. */
export function resolveExpressionRead(
  names: readonly string[],
  at: Position,
  scope: PathScope,
  report: Report,
): { readonly root: Root; readonly steps: readonly string[]; readonly shape: Shape } | null {
  const text = names.join('.')
  const found = rootOf(names, scope)
  if (found === null) {
    const roots = [...scope.roots.keys()]
    report(at, 'unknown_path', `"${text}" starts with none of ${listed(roots)}.`, didYouMean(names[0] ?? '', roots))
    return null
  }
  const shape = shapeAt(found.root, found.steps, text, at, scope, report, 'walk')
  return shape === null ? null : { ...found, shape }
}

/** The shape at the end of a path, following the described fields as far as they are known. */
function shapeAt(
  root: Root,
  steps: readonly string[],
  text: string,
  at: Position,
  scope: PathScope,
  report: Report,
  lists: 'index' | 'walk',
): Shape | null {
  let shape = root.shape
  for (const [index, step] of steps.entries()) {
    if (shape.kind === 'list' && isIndex(step)) {
      shape = shape.item?.() ?? anyShape
      continue
    }
    if (shape.kind === 'list') {
      if (lists === 'index') {
        report(
          at,
          'unknown_path',
          `"${text}" goes through a list at "${steps[index - 1] ?? ''}".`,
          'Walk the list with `each`, or take one entry by its place: `.0`.',
        )
        return null
      }
      shape = shape.item?.() ?? anyShape
    }
    if (shape.fields === undefined) {
      report(
        at,
        'unknown_path',
        `"${text}": "${steps[index - 1] ?? ''}" is ${nounOf(shape.kind)}, with nothing inside.`,
      )
      return null
    }
    const fields = shape.fields()
    if (fields === null) return anyShape
    const field = fields.get(step)
    if (field === undefined) {
      const before = text.split('.').slice(0, text.split('.').length - steps.length + index)
      report(at, 'unknown_path', `${fields.owner} has no "${step}".`, suggestion(step, before, fields, scope))
      return null
    }
    shape = field.shape
  }
  return shape
}

function suggestion(step: string, before: readonly string[], fields: Fields, scope: PathScope): string | undefined {
  const full = (name: string) => [...before, name].join('.')
  // A name that is there one level deeper was most likely meant: `amount` for `properties.amount`.
  for (const name of fields.names) {
    if (innerField(fields.get(name), step) !== undefined) return `Did you mean "${full(`${name}.${step}`)}"?`
  }
  const roots = before.length === 0 ? [...scope.roots.keys()] : []
  const close = nearest(step, [...fields.names, ...roots])
  if (close !== null) return `Did you mean "${full(close)}"?`
  return before.length === 0 ? 'For a fixed text write `{ value: … }`.' : undefined
}

function innerField(field: Field | undefined, name: string): Field | undefined {
  // Only what lies in the record itself; asking a relation would have it described for the sake of a message.
  return field?.shape.kind === 'object' ? field.shape.fields?.()?.get(name) : undefined
}
