import { open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ignoring } from '../error-code.ts'

const logBytesMax = 5_000_000
/** Of the log before, what is kept beside the one that is written. */
const keptBytes = 1_000_000
/** Answers to processes that died before they read them. */
const answerMsMax = 60_000

/**
 * Empties a log that has grown too long, and keeps its end as `<log>.1`. PostgreSQL holds it open and appends, so the file
 * itself stays.
 */
export async function boundLog(path: string): Promise<void> {
  const size = (await stat(path).catch(ignoring('ENOENT')))?.size ?? 0
  if (size <= logBytesMax) return
  const file = await open(path, 'r+')
  try {
    const end = Buffer.alloc(keptBytes)
    const { bytesRead } = await file.read(end, 0, keptBytes, size - keptBytes)
    await file.truncate(0)
    // On a full disk the room counts more than the old lines.
    await writeFile(`${path}.1`, end.subarray(0, bytesRead), { mode: 0o600 }).catch(ignoring('ENOSPC', 'EDQUOT'))
  } finally {
    await file.close()
  }
}

/**
 * What processes that were killed left in the server's directory, and the programs of releases before. To be called under its
 * lock, while no server runs. @param program  the one that is about to run
 */
export async function removeLeftovers(directory: string, program: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name)
    if (name.startsWith('native-') && !program.startsWith(`${path}/`)) await rm(path, { recursive: true, force: true })
    if (!name.startsWith('joined.')) continue
    const answered = await stat(path).catch(ignoring('ENOENT'))
    if (answered !== undefined && Date.now() - answered.mtimeMs > answerMsMax) await rm(path, { force: true })
  }
}
