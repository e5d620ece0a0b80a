import { isObject, type Json } from '../../src/core/json.ts'

/** Names asked of an object, and below each what is asked of what it leads to. */
export type Tree = ReadonlyMap<string, Tree>

export function treeOf(paths: readonly string[]): Tree {
  const root = new Map<string, Tree>()
  for (const path of paths) {
    let tree = root
    for (const name of path.split('.')) {
      // `list.0.name` takes one entry of a list; the list is read whole.
      if (/^\d+$/.test(name)) continue
      const inner = (tree.get(name) as Map<string, Tree> | undefined) ?? new Map<string, Tree>()
      tree.set(name, inner)
      tree = inner
    }
  }
  return root
}

/** The part of a value that a tree names; a record that is part of another one always comes with its id. */
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
