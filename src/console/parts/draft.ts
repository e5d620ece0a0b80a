import { useEffect, useMemo, useState } from 'react'
import type { ProjectFile } from '../api.ts'

interface Edit {
  /** What the file was when the editing began. */
  readonly base: string
  readonly text: string
}
type Edits = Readonly<Record<string, Edit>>

export interface Draft {
  /** Whole texts by path, of what differs from what is in force; the same object until that changes. */
  readonly changes: Readonly<Record<string, string>>
  /** Files that somebody else has changed since the editing began. */
  readonly overtaken: readonly string[]
  edit(path: string, text: string): void
  discard(): void
}

/**
 * What a person has edited and not published yet. It outlives the page, as long as the tab is open.
 * @param owner  null for who may not edit
 */
export function useDraft(owner: string | null, files: readonly ProjectFile[]): Draft {
  const [edits, setEdits] = useState(() => read(owner))
  useEffect(() => write(owner, edits), [owner, edits])
  const originals = useMemo(() => new Map(files.map(({ path, text }) => [path, text])), [files])
  const original = (path: string) => originals.get(path) ?? ''
  const changes = useMemo(
    () =>
      Object.fromEntries(
        Object.entries(edits).flatMap(([path, { text }]) =>
          text === (originals.get(path) ?? '') ? [] : [[path, text] as const],
        ),
      ),
    [edits, originals],
  )
  return {
    changes,
    overtaken: Object.keys(changes).filter((path) => edits[path]?.base !== original(path)),
    edit: (path, text) =>
      setEdits(({ [path]: known, ...others }) =>
        text === original(path) ? others : { ...others, [path]: { base: known?.base ?? original(path), text } },
      ),
    discard: () => setEdits({}),
  }
}

const keyOf = (owner: string): string => `crosswalk-draft/${owner}`

function read(owner: string | null): Edits {
  if (owner === null) return {}
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(keyOf(owner)) ?? '{}')
    if (typeof kept !== 'object' || kept === null) return {}
    return Object.fromEntries(Object.entries(kept).filter((one): one is [string, Edit] => isEdit(one[1])))
  } catch {
    // A browser that keeps nothing has none.
    return {}
  }
}

const isEdit = (value: unknown): value is Edit =>
  typeof value === 'object' &&
  value !== null &&
  'base' in value &&
  'text' in value &&
  typeof value.base === 'string' &&
  typeof value.text === 'string'

function write(owner: string | null, edits: Edits): void {
  if (owner === null) return
  try {
    if (Object.keys(edits).length === 0) sessionStorage.removeItem(keyOf(owner))
    else sessionStorage.setItem(keyOf(owner), JSON.stringify(edits))
  } catch {
    // A browser that keeps nothing still has it until the page is left.
  }
}
