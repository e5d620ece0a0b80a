import { expect, test } from '@jest/globals'
import { at, cli } from '../fake.ts'

const ida = {
  ...{ name: 'ida@acme.test', display: 'Ida', role: 'operator', createdAt: at('2026-11-20T08:00:00Z') },
  ...{ seenAt: at('2026-11-24T08:00:00Z'), isReady: true, isSingleSignOn: false, isDisabled: false },
}
const endsAt = at('2026-11-25T09:30:00Z')
const refuse = () => Promise.reject(new Error('the test does not expect this'))

test('people are listed with what they may do', async () => {
  const people = [ida, { ...ida, name: 'bob', seenAt: null, isReady: false }, { ...ida, name: 'eve', isDisabled: true }]
  const { code, out } = await cli('accounts list', {}, { accounts: { list: async () => people, link: refuse } })
  expect(code).toBe(0)
  expect(out.split('\n').map((line) => line.trimEnd().replaceAll(/ {2,}/g, ' | '))).toEqual([
    'NAME | CALLED | ROLE | LAST SEEN',
    expect.stringMatching(/^ida@acme\.test \| Ida \| operator \| .*09:00/),
    'bob | Ida | operator | has no password yet',
    expect.stringMatching(/^eve .* disabled$/),
    '',
  ])
  const none = await cli('accounts list', {}, { accounts: { list: async () => [], link: refuse } })
  expect(none.out).toContain('Nobody yet.')
})

test('a link is made for a person, with a role if one is given', async () => {
  const asked: unknown[][] = []
  const accounts = {
    list: refuse,
    async link(_project: unknown, name: string, role: string | null) {
      asked.push([name, role])
      return { path: '/setup#secret', endsAt, isNew: name === 'new' }
    },
  }
  const made = await cli('accounts link Ida@Acme.test --role admin', {}, { accounts })
  expect(made).toMatchObject({ code: 0, out: '/setup#secret\n' })
  expect(made.err.replaceAll(/\s+/g, ' ')).toContain('The password of before counts until then.')
  expect((await cli('accounts link new', {}, { accounts })).err).toContain('new was added.')
  expect(asked).toEqual([
    ['ida@acme.test', 'admin'],
    ['new', null],
  ])
})

test('a name that nobody can sign in by, and a role that is none, are refused', async () => {
  expect((await cli('accounts link a/b')).code).toBe(2)
  expect((await cli('accounts link ida --role king')).code).toBe(2)
})
