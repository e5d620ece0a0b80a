import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger } from '../../test/ledger/fresh-ledger.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>
beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
})
afterAll(() => close())
beforeEach(async () => {
  await database.query('truncate crosswalk.accounts, crosswalk.api_tokens, crosswalk.audit cascade')
  await ledger.accounts.add({ name: 'ida', display: 'Ida', role: 'operator' })
})

const digest = (text: string) => Buffer.from(text)
const minute = 60_000
const begin = (text: string, account = 'ida', lastsMs = 60 * minute) =>
  ledger.accounts.addSession({ digest: digest(text), account, lastsMs })
const session = (text: string, idleMs = 30 * minute) => ledger.accounts.session(digest(text), idleMs)

test('a name is given once, and a person has no password at first', async () => {
  expect(await ledger.accounts.add({ name: 'ida', display: 'Another', role: 'admin' })).toBe(false)
  expect(await ledger.accounts.list()).toMatchObject([
    { name: 'ida', display: 'Ida', role: 'operator', seenAt: null, isReady: false, isDisabled: false },
  ])
  expect(await ledger.accounts.password('ida')).toBeNull()
  expect(await ledger.accounts.password('nobody')).toBeNull()
})

describe('a session', () => {
  test('is known until its end, or until it was not used for a while', async () => {
    await begin('one')
    await begin('over', 'ida', -1)
    expect(await session('one')).toMatchObject({ account: { name: 'ida', role: 'operator' } })
    expect(await session('over')).toBeNull()
    expect(await session('none')).toBeNull()
    await database.query(`update crosswalk.sessions set seen_at = now() - interval '29 minutes'`)
    // This use counts.
    expect(await session('one')).not.toBeNull()
    expect(await session('one', 2 * minute)).not.toBeNull()
    await database.query(`update crosswalk.sessions set seen_at = now() - interval '31 minutes'`)
    expect(await session('one')).toBeNull()
  })

  test('shows what its account may do now', async () => {
    await begin('one')
    await ledger.accounts.change('ida', { role: 'viewer' })
    expect((await session('one'))?.account.role).toBe('viewer')
  })

  test('ends when it is ended, when the password changes and when the account is disabled', async () => {
    await begin('one')
    expect(await ledger.accounts.endSession(digest('one'))).toBe(true)
    expect(await ledger.accounts.endSession(digest('one'))).toBe(false)
    await begin('two')
    await begin('three')
    expect(await ledger.accounts.setPassword('ida', 'hash')).toBe(2)
    expect(await session('two')).toBeNull()
    await begin('four')
    expect(await ledger.accounts.change('ida', { isDisabled: true })).toMatchObject({ isDisabled: true })
    expect(await ledger.accounts.password('ida')).toBeNull()
    await ledger.accounts.change('ida', { isDisabled: false })
    expect(await session('four')).toBeNull()
    expect(await ledger.accounts.password('ida')).toBe('hash')
  })
})

describe('a one-time link', () => {
  const add = (text: string, lastsMs = minute) =>
    ledger.accounts.addLink({ digest: digest(text), account: 'ida', lastsMs })

  test('is used once, whoever comes first', async () => {
    await add('one')
    expect(await ledger.accounts.link(digest('one'))).toBe('ida')
    const taken = await Promise.all([1, 2, 3, 4].map(() => ledger.accounts.takeLink(digest('one'))))
    expect(taken.filter(Boolean)).toHaveLength(1)
    expect(await ledger.accounts.link(digest('one'))).toBeNull()
  })

  test('ends with its time, with a newer one, with a new password and with the account', async () => {
    await add('late', -1)
    expect(await ledger.accounts.link(digest('late'))).toBeNull()
    expect(await ledger.accounts.takeLink(digest('late'))).toBe(false)
    await add('first')
    await add('second')
    expect(await ledger.accounts.link(digest('first'))).toBeNull()
    expect(await ledger.accounts.link(digest('second'))).toBe('ida')
    await ledger.accounts.setPassword('ida', 'hash')
    expect(await ledger.accounts.link(digest('second'))).toBeNull()
    await add('third')
    await ledger.accounts.change('ida', { isDisabled: true })
    expect(await ledger.accounts.link(digest('third'))).toBeNull()
  })
})

test('a token is known until its end, and when it was used last', async () => {
  const token = { name: 'reports', role: 'viewer', createdBy: 'ida', lastsMs: minute }
  const added = await ledger.accounts.addToken({ ...token, digest: digest('one') })
  await ledger.accounts.addToken({ ...token, digest: digest('late'), lastsMs: -1 })
  expect(added).toMatchObject({ name: 'reports', role: 'viewer', createdBy: 'ida', usedAt: null })
  expect(await ledger.accounts.token(digest('late'))).toBeNull()
  expect(await ledger.accounts.token(digest('one'))).toMatchObject({ id: added.id })
  expect((await ledger.accounts.tokens())[0]?.usedAt).not.toBeNull()
  expect(await ledger.accounts.endToken(added.id)).toBe(true)
  expect(await ledger.accounts.endToken(added.id)).toBe(false)
  expect(await ledger.accounts.token(digest('one'))).toBeNull()
  expect(await ledger.accounts.tokens()).toEqual([])
})

test('the audit is read newest first, by words and page by page', async () => {
  const entry = { actor: 'ida', from: '10.0.0.1', outcome: 'done' } as const
  for (const name of ['a', 'b', 'c']) await ledger.accounts.audit({ ...entry, action: 'runSync', subject: { name } })
  await ledger.accounts.audit({ ...entry, actor: null, action: 'logIn', subject: { name: 'Eve' }, outcome: 'refused' })
  const [newest, ...others] = await ledger.accounts.audited({ max: 3 })
  expect(newest).toMatchObject({ actor: null, action: 'logIn', outcome: 'refused' })
  const after = others.at(-1)?.id ?? ''
  expect(await ledger.accounts.audited({ after, max: 3 })).toMatchObject([{ subject: { name: 'a' } }])
  for (const text of ['eve', 'LOGIN', 'refused'])
    expect((await ledger.accounts.audited({ text, max: 9 })).map(({ action }) => action)).toEqual(['logIn'])
})

describe('a person of a provider', () => {
  const person = { issuer: 'https://login.acme.test', subject: '4711' }
  const add = (names: readonly string[], of = person) =>
    ledger.accounts.addOfIdentity(of, { names, display: 'Eve', role: 'viewer' })
  const names = async () => (await ledger.accounts.list()).map(({ name }) => name)

  test('gets the first name that is free, and is known by issuer and subject alone', async () => {
    expect(await add(['ida', 'eve', 'eve-2'])).toBe('eve')
    expect(await ledger.accounts.ofIdentity(person)).toMatchObject({ name: 'eve', isReady: true, isSingleSignOn: true })
    for (const other of [{ issuer: 'https://login.evil.test' }, { subject: '4712' }])
      expect(await ledger.accounts.ofIdentity({ ...person, ...other })).toBeNull()
    expect(await ledger.accounts.password('eve')).toBeNull()
    expect((await ledger.accounts.list()).map(({ isSingleSignOn }) => isSingleSignOn)).toEqual([true, false])
  })

  test('is added once, and where no name is free not at all', async () => {
    expect(await add(['eve'])).toBe('eve')
    expect(await add(['eve-2'])).toBeNull()
    expect(await add(['ida', 'eve'], { ...person, subject: '4712' })).toBeNull()
    expect(await names()).toEqual(['eve', 'ida'])
  })

  test('loses all sessions, and nobody else does', async () => {
    await add(['eve'])
    await begin('one', 'eve')
    await begin('two', 'eve')
    await begin('three')
    expect(await ledger.accounts.endSessions('eve')).toBe(2)
    expect(await session('one')).toBeNull()
    expect(await session('three')).not.toBeNull()
  })
})
