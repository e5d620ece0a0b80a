import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { addVaultKey, dropOldVaultKeys, loadVaultKeys, openVault, SealedError } from './vault.ts'

let home = ''
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'crosswalk-vault-'))
})
afterEach(() => rm(home, { recursive: true }))

const key = randomBytes(32)

describe('openVault', () => {
  const vault = openVault([key])

  test('opens what it sealed, and seals the same secrets differently each time', () => {
    const secrets = { password: 'pä$$', nested: { list: ['1', null] } }
    const sealed = vault.seal(secrets, 'crm')
    expect(sealed).not.toContain('pä$$')
    expect(vault.seal(secrets, 'crm')).not.toBe(sealed)
    expect(vault.open(sealed, 'crm')).toEqual(secrets)
  })

  test('refuses an envelope of another connection, a changed one, and another key', () => {
    const sealed = vault.seal({ password: 'x' }, 'crm')
    const changed = JSON.stringify({ ...JSON.parse(sealed), text: Buffer.from('{"password":"y"}').toString('base64') })
    expect(() => vault.open(sealed, 'erp')).toThrow('were changed or belong to another one')
    expect(() => vault.open(changed, 'crm')).toThrow('were changed or belong to another one')
    expect(() => openVault([randomBytes(32)]).open(sealed, 'crm')).toThrow(
      /encrypted with vault key [0-9a-f]{8}, this is/,
    )
  })

  test('refuses a key of another length', () => {
    expect(() => openVault([randomBytes(16)])).toThrow('has 16 bytes; it must have 32')
  })
})

describe('a key that is changed', () => {
  const from = () => loadVaultKeys({ home, fromEnvironment: undefined })

  test('is found by a process that runs on, and the old one opens what it sealed until it is dropped', async () => {
    const before = await from()
    const running = openVault(before.keys, before.reload)
    const old = running.seal({ password: 'x' }, 'crm')
    await addVaultKey(home)
    const after = openVault((await from()).keys)
    expect(after.open(old, 'crm')).toEqual({ password: 'x' })
    const fresh = after.seal({ password: 'y' }, 'crm')
    expect(running.open(fresh, 'crm')).toEqual({ password: 'y' })
    await dropOldVaultKeys(home)
    const last = openVault((await from()).keys)
    expect(last.open(fresh, 'crm')).toEqual({ password: 'y' })
    expect(() => last.open(old, 'crm')).toThrow(SealedError)
    expect((await stat(join(home, 'vault.key'))).mode & 0o777).toBe(0o600)
  })

  test('stands before the old one in the environment', async () => {
    const [next, last] = [randomBytes(32), randomBytes(32)]
    const fromEnvironment = `${next.toString('base64')},${last.toString('base64')}`
    const { keys } = await loadVaultKeys({ home, fromEnvironment })
    expect(openVault(keys).open(openVault([last]).seal({ a: '1' }, 'crm'), 'crm')).toEqual({ a: '1' })
    expect(openVault([next]).open(openVault(keys).seal({ a: '2' }, 'crm'), 'crm')).toEqual({ a: '2' })
  })
})

describe('loadVaultKeys', () => {
  test('takes the key from the environment', async () => {
    const fromEnvironment = `${key.toString('base64')}\n`
    expect((await loadVaultKeys({ home, fromEnvironment })).keys).toEqual([key])
  })

  test.each([
    '',
    'short',
    Buffer.alloc(32).toString('base64'),
    randomBytes(31).toString('base64'),
    key.toString('hex'),
  ])('refuses %j', async (text) => {
    await expect(loadVaultKeys({ home, fromEnvironment: text })).rejects.toThrow('is not base64 of 32 random bytes')
  })

  test('makes one file that only its owner reads, also when several processes start at once', async () => {
    const load = () => loadVaultKeys({ home: join(home, 'new'), fromEnvironment: undefined })
    const keys = await Promise.all([load(), load(), load()])
    expect(new Set(keys.map((one) => one.keys.join())).size).toBe(1)
    expect((await load()).keys).toEqual(keys[0]?.keys)
    const path = join(home, 'new', 'vault.key')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await readFile(path, 'utf8')).trim()).toBe(keys[0]?.keys[0]?.toString('base64'))
  })

  test('refuses a file that others may read', async () => {
    await loadVaultKeys({ home, fromEnvironment: undefined })
    await chmod(join(home, 'vault.key'), 0o640)
    await expect(loadVaultKeys({ home, fromEnvironment: undefined })).rejects.toThrow(/mode 640.*chmod 600/)
  })

  test('refuses a file without a key', async () => {
    await writeFile(join(home, 'vault.key'), '', { mode: 0o600 })
    await expect(loadVaultKeys({ home, fromEnvironment: undefined })).rejects.toThrow('vault.key is not base64')
  })
})
