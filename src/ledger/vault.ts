import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isObject, type JsonObject } from '../core/json.ts'
import { ignoring } from './error-code.ts'

const keyBytes = 32
const cipherName = 'aes-256-gcm'
const fileName = 'vault.key'

const envelope = z.object({ key: z.string(), nonce: z.base64(), tag: z.base64(), text: z.base64() })

/** Encrypts secrets at rest. */
export interface Vault {
  /** @param connection  is bound to the text: an envelope moved to another connection does not open */
  seal(secrets: JsonObject, connection: string): string
  /** @throws Error when the key is another one, or the envelope was changed or belongs to another connection */
  open(sealed: string, connection: string): JsonObject
  /** The same for the same text and key; nobody else can make it (HMAC). */
  sign(text: string): string
}

/** @param key  32 bytes */
export function openVault(key: Buffer): Vault {
  if (key.length !== keyBytes) throw new Error(`The vault key has ${key.length} bytes; it must have ${keyBytes}.`)
  const keyId = createHash('sha256').update(key).digest('hex').slice(0, 8)
  // A key of its own: what is signed must never be taken for what is sealed.
  const signingKey = createHmac('sha256', key).update('signatures').digest()
  return {
    sign: (text) => createHmac('sha256', signingKey).update(text).digest('base64'),
    seal(secrets, connection) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv(cipherName, key, nonce).setAAD(Buffer.from(connection))
      const text = Buffer.concat([cipher.update(JSON.stringify(secrets), 'utf8'), cipher.final()])
      return JSON.stringify({
        key: keyId,
        nonce: nonce.toString('base64'),
        tag: cipher.getAuthTag().toString('base64'),
        text: text.toString('base64'),
      })
    },
    open(sealed, connection) {
      const { key: sealedBy, nonce, tag, text } = envelope.parse(JSON.parse(sealed))
      if (sealedBy !== keyId)
        throw new Error(
          `The secrets of "${connection}" were encrypted with vault key ${sealedBy}, this is ${keyId}. ` +
            'Start with the key they were stored with, or enter them again.',
        )
      const decipher = createDecipheriv(cipherName, key, Buffer.from(nonce, 'base64'), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(connection)).setAuthTag(Buffer.from(tag, 'base64'))
      try {
        const plain = JSON.parse(decipher.update(text, 'base64', 'utf8') + decipher.final('utf8'))
        if (isObject(plain)) return plain
      } catch (cause) {
        throw new Error(
          `The stored secrets of "${connection}" were changed or belong to another one. Enter them again.`,
          { cause },
        )
      }
      throw new Error(`The stored secrets of connection "${connection}" are not settings. Enter them again.`)
    },
  }
}

/**
 * The key from the environment, else from a file in the data home, which the first start makes.
 * @param from.fromEnvironment  base64 of 32 bytes
 * @throws Error when the key has another length, or others may read the file
 */
export async function loadVaultKey(from: { home: string; fromEnvironment: string | undefined }): Promise<Buffer> {
  if (from.fromEnvironment !== undefined) return decode(from.fromEnvironment, 'The vault key in the environment')
  const path = join(from.home, fileName)
  await mkdir(from.home, { recursive: true, mode: 0o700 })
  if (!existsSync(path)) {
    // Linked into place when complete: of two concurrent first starts one wins, and the other never reads half a key.
    const fresh = `${path}.${randomUUID()}`
    await writeFile(fresh, `${randomBytes(keyBytes).toString('base64')}\n`, { flag: 'wx', mode: 0o600, flush: true })
    try {
      await link(fresh, path)
    } catch (error) {
      ignoring('EEXIST')(error)
    } finally {
      await rm(fresh)
    }
  }
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0)
    throw new Error(
      `The vault key ${path} may be read by others (mode ${(mode & 0o777).toString(8)}). ` +
        `Run chmod 600 ${path}, and treat the stored secrets as leaked: replace them.`,
    )
  return decode(await readFile(path, 'utf8'), `The vault key ${path}`)
}

function decode(text: string, what: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64')
  if (key.length === keyBytes && key.toString('base64') === text.trim()) return key
  throw new Error(`${what} is not base64 of ${keyBytes} bytes. Make one with: openssl rand -base64 ${keyBytes}`)
}
