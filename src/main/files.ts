import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SyncError } from '../core/problem.ts'
import { createOnce } from '../ledger/create-once.ts'

const lengthMin = 24

/**
 * Reads a secret that only the owner may read, or makes it at first start.
 * @throws SyncError `configuration_invalid` when others may read the file, or it is empty or easily guessed
 */
export async function secretFile(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true })
  await createOnce(file, () => `${randomBytes(32).toString('base64url')}\n`)
  const { mode } = await stat(file)
  if ((mode & 0o077) !== 0) {
    throw new SyncError(`${file} can be read by others than its owner`, {
      problem: { kind: 'configuration_invalid', path: file },
      fix: `Run chmod 600 ${file}. If another user may have read it, delete it instead: a new one is made at the next start.`,
    })
  }
  const secret = (await readFile(file, 'utf8')).trim()
  if (secret.length >= lengthMin) return secret
  throw new SyncError(`${file} holds ${secret.length} characters, which is no secret`, {
    problem: { kind: 'configuration_invalid', path: file },
    fix: `Delete it: a new one is made at the next start. Or write at least ${lengthMin} random characters into it.`,
  })
}

/** Writes a file for its owner alone. Whoever reads it meets the old text or the new one, never half of it. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const beside = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' })
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}
