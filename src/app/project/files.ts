import type { PublishedFile, PublishedFiles } from '../../ports/ledger/revisions.ts'

/** A project's own files by path from its folder: the configuration, `mappings/**.yaml`, `config/tables/*.yaml`. */
export type Texts = ReadonlyMap<string, string>
/** The files in force, each with the file on disk that it stands for. */
export type Files = ReadonlyMap<string, PublishedFile>

type Digest = (text: string) => string

/** @param disk  absent where there is no such file */
export const publishedOver = (text: string | null, disk: string | undefined, digest: Digest): PublishedFile => ({
  text,
  replaces: disk === undefined ? null : digest(disk),
})

/**
 * What is in force for a process that starts now. A published file counts as long as the file on disk is the one that it was
 * published over: whoever edits the disk afterwards means what is written there now.
 */
export function inForce(disk: Texts, published: PublishedFiles | null, digest: Digest): Files {
  const files = new Map<string, PublishedFile>()
  for (const [path, text] of disk) files.set(path, publishedOver(text, text, digest))
  for (const [path, file] of Object.entries(published ?? {})) {
    if (publishedOver(null, disk.get(path), digest).replaces === file.replaces) files.set(path, file)
  }
  return files
}

export const textsOf = (files: Files): Texts =>
  new Map([...files].flatMap(([path, { text }]) => (text === null ? [] : [[path, text] as const])))

/** What is different, by path. */
export function changesOf(before: Texts, after: Texts) {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
  return paths.flatMap((path) => {
    const [old, text] = [before.get(path), after.get(path)]
    if (old === text) return []
    return [{ path, change: old === undefined ? 'new' : text === undefined ? 'removed' : 'changed' } as const]
  })
}
