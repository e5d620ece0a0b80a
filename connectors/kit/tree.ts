import { isObject, type Json } from '../../src/core/json.ts'

/** Paths as a tree: names asked of a record, and below each what is asked of what it leads to. */
export type Tree = ReadonlyMap<string, Tree>
type GrowingTree = Map<string, GrowingTree>

export function treeOf(paths: readonly string[]): Tree {
  const root: GrowingTree = new Map()
  for (const path of paths) {
    let tree = root
    for (const name of path.split('.')) {
      // `list.0.name` takes one entry of a list: the list is read whole, so the number is passed over.
      if (/^\d+$/.test(name)) continue
      const inner: GrowingTree = tree.get(name) ?? new Map()
      tree.set(name, inner)
      tree = inner
    }
  }
  return root
}

/** The part of a value that a tree names, all of it where the tree ends. A record inside always comes with its id. */
export function pick(value: Json, tree: Tree): Json {
  if (Array.isArray(value)) return value.map((one: Json) => pick(one, tree))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]): [string, Json][] => {
      const asked = tree.get(name)
      return asked === undefined && name !== 'id' ? [] : [[name, asked === undefined ? inner : pick(inner, asked)]]
    }),
  )
}
