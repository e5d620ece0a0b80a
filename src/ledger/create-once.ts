import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, rm, writeFile } from 'node:fs/promises'
import { ignoring } from './error-code.ts'

/**
 * Makes a file for its owner alone, unless it is there. It is linked into place when it is complete and on the disk: of two
 * processes at once one wins, the other never reads half of it, and a crash leaves none that is empty.
 */
export async function createOnce(path: string, text: () => string): Promise<void> {
  if (existsSync(path)) return
  const fresh = `${path}.${randomUUID()}`
  try {
    await writeFile(fresh, text(), { flag: 'wx', mode: 0o600, flush: true })
    await link(fresh, path).catch(ignoring('EEXIST'))
  } finally {
    await rm(fresh, { force: true })
  }
}
