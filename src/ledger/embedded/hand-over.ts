import { spawnSync } from 'node:child_process'
import { constants, existsSync, lstatSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { codeOf, ignoring } from '../error-code.ts'
import type { Owner } from './owner.ts'

/**
 * Makes a directory that belongs to `owner`. One that is there and belongs to another user is left to `handOver`.
 * @throws Error when it is a link, which could lead to anywhere
 */
export async function makeDirectory(path: string, owner: Owner | null): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch(ignoring('EEXIST'))
  if (owner === null) return
  // By its descriptor, as a path may be another thing in the next moment.
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(
    (error: unknown) => {
      if (!['ELOOP', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw error
      throw new Error(`${path} is a link or no directory. Move the directory there, or name another --home.`)
    },
  )
  try {
    if ((await directory.stat()).uid === process.getuid?.()) await directory.chown(owner.uid, owner.gid)
  } finally {
    await directory.close()
  }
}

/**
 * Hands everything below a directory to `owner`, itself last, where it or one of these parts of it belongs to another user: files
 * that were just made, or those of an earlier release. Links are handed over as such and not followed. Nothing may run on them.
 */
export function handOver(directory: string, parts: readonly string[], owner: Owner): void {
  const isForeign = (path: string) => existsSync(path) && lstatSync(path).uid !== owner.uid
  if (![directory, ...parts].some(isForeign)) return
  const done = spawnSync('chown', ['-hR', `${owner.uid}:${owner.gid}`, '--', directory], { encoding: 'utf8' })
  if (done.error) throw done.error
  if (done.status !== 0) throw new Error(`${directory} could not be given to its user: ${done.stderr.trim()}`)
}
