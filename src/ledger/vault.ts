import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { isObject, type JsonObject } from '../core/json.ts'
import { createOnce } from './create-once.ts'

const keyBytes = 32
const cipherName = 'aes-256-gcm'
const fileName = 'vault.key'

const envelope = z.object({ key: z.string(), nonce: z.base64(), tag: z.base64(), text: z.base64() })

/** Encrypts secrets at rest. */
export interface Vault {
  /** @param connection  is bound to the text: an envelope moved to another connection does not open */
  seal(secrets: JsonObject, connection: string): string
  /** @throws SealedError when none of the keys fits, or the envelope was changed or belongs to another connection */
  open(sealed: string, connection: string): JsonObject
  /** The same for the same text and key; nobody else can make it (HMAC). */
  sign(text: string): string
  /** Whether it was signed so, by any of the keys. */
  isSigned(text: string, signature: string): boolean
}

/** What is stored cannot be decrypted. */
export class SealedError extends Error {
  override readonly name = 'SealedError'
}

/**
 * @param keys  32 bytes each: the first one seals, any of them opens
 * @param reload  the keys as they are by now, for an envelope of a key that is not known yet: another process has changed it
 */
export function openVault(keys: readonly Buffer[], reload: () => readonly Buffer[] = () => []): Vault {
  for (const key of keys)
    if (key.length !== keyBytes) throw new Error(`The vault key has ${key.length} bytes; it must have ${keyBytes}.`)
  const [current] = keys
  if (current === undefined) throw new Error('The vault has no key.')
  const keyId = idOf(current)
  let byId = new Map(keys.map((key) => [idOf(key), key]))
  const keyOf = (id: string): Buffer | undefined => {
    if (!byId.has(id)) byId = new Map([...byId, ...reload().map((key): [string, Buffer] => [idOf(key), key])])
    return byId.get(id)
  }
  const signaturesOf = (text: string): readonly string[] =>
    [...byId.values()].map((key) => createHmac('sha256', signingKeyOf(key)).update(text).digest('base64'))
  return {
    sign: (text) => createHmac('sha256', signingKeyOf(current)).update(text).digest('base64'),
    isSigned: (text, signature) => signaturesOf(text).includes(signature),
    seal(secrets, connection) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv(cipherName, current, nonce).setAAD(Buffer.from(connection))
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
      const key = keyOf(sealedBy)
      if (key === undefined)
        throw new SealedError(
          `The secrets of "${connection}" were encrypted with vault key ${sealedBy}, this is ${keyId}.`,
        )
      const decipher = createDecipheriv(cipherName, key, Buffer.from(nonce, 'base64'), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(connection)).setAuthTag(Buffer.from(tag, 'base64'))
      try {
        const plain = JSON.parse(decipher.update(text, 'base64', 'utf8') + decipher.final('utf8'))
        if (isObject(plain)) return plain
      } catch (cause) {
        throw new SealedError(`The stored secrets of "${connection}" were changed or belong to another one.`, { cause })
      }
      throw new SealedError(`The stored secrets of connection "${connection}" are not settings.`)
    },
  }
}

/** A key of its own: what is signed must never be taken for what is sealed. */
const signingKeyOf = (key: Buffer): Buffer => createHmac('sha256', key).update('signatures').digest()

const idOf = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 8)

export interface VaultKeys {
  /** The one in use, then those that it took over from. */
  readonly keys: readonly Buffer[]
  reload(): readonly Buffer[]
}

/**
 * The keys from the environment, else from a file in the data home, which the first start makes.
 * @param from.fromEnvironment  base64 of 32 bytes each, with commas between
 * @throws Error when a key has another length, or others may read the file
 */
export async function loadVaultKeys(from: { home: string; fromEnvironment: string | undefined }): Promise<VaultKeys> {
  if (from.fromEnvironment !== undefined) {
    return { keys: decode(from.fromEnvironment, 'The vault key in the environment'), reload: () => [] }
  }
  const path = join(from.home, fileName)
  await mkdir(from.home, { recursive: true, mode: 0o700 })
  await createOnce(path, () => `${randomBytes(keyBytes).toString('base64')}\n`)
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0)
    throw new Error(
      `The vault key ${path} may be read by others (mode ${(mode & 0o777).toString(8)}). ` +
        `Run chmod 600 ${path}, and treat the stored secrets as leaked: replace them.`,
    )
  const read = () => decode(readFileSync(path, 'utf8'), `The vault key ${path}`)
  return { keys: read(), reload: read }
}

/** Puts a new key before those of the data home; what they sealed can still be opened. */
export async function addVaultKey(home: string): Promise<void> {
  const path = join(home, fileName)
  const fresh = `${path}.${randomUUID()}`
  const known = await readFile(path, 'utf8')
  await writeFile(fresh, `${randomBytes(keyBytes).toString('base64')}\n${known}`, {
    flag: 'wx',
    mode: 0o600,
    flush: true,
  })
  await rename(fresh, path)
}

/** Leaves the newest key of the data home alone. */
export async function dropOldVaultKeys(home: string): Promise<void> {
  const path = join(home, fileName)
  const fresh = `${path}.${randomUUID()}`
  const [current = ''] = (await readFile(path, 'utf8')).trim().split(/\s+/)
  await writeFile(fresh, `${current}\n`, { flag: 'wx', mode: 0o600, flush: true })
  await rename(fresh, path)
}

function decode(text: string, what: string): readonly Buffer[] {
  return text
    .trim()
    .split(/[\s,]+/)
    .map((one) => {
      const key = Buffer.from(one, 'base64')
      const isKey = key.length === keyBytes && key.toString('base64') === one
      // Bytes that are all alike were typed in, not drawn.
      if (isKey && key.some((byte) => byte !== key[0])) return key
      throw new Error(
        `${what} is not base64 of ${keyBytes} random bytes. Make one with: openssl rand -base64 ${keyBytes}`,
      )
    })
}
