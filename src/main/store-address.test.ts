import { expect, test } from '@jest/globals'
import { failureOf, SyncError } from '../core/problem.ts'
import { storeAddress } from './store-address.ts'

test.each([
  ['postgres://me:p%40ss@db:5432/crosswalk', 'p@ss'],
  ['postgresql://db/crosswalk?sslmode=verify-full', null],
  ['postgres://me@/crosswalk?host=/var/run/postgresql', null],
])('takes %s', (url, password) => {
  expect(storeAddress('DATABASE_URL', { DATABASE_URL: url })).toEqual({ url, password })
})

test('is none where nothing is set', () => {
  expect([storeAddress('REDIS_URL', {}), storeAddress('REDIS_URL', { REDIS_URL: '' })]).toEqual([null, null])
})

test.each([
  'hunter22-hunter22',
  'postgres://me:hunter22/#x@db/crosswalk',
  'postgres://me:hunter22%@db/crosswalk',
  'http://me:hunter22@db/crosswalk',
  'host=db password=hunter22',
])('shows nothing of what is no address', (url) => {
  for (const variable of ['DATABASE_URL', 'REDIS_URL'] as const) {
    let thrown: unknown = null
    try {
      storeAddress(variable, { [variable]: url })
    } catch (error) {
      thrown = error
    }
    if (!(thrown instanceof SyncError)) throw new Error('it was taken')
    expect(JSON.stringify(failureOf(thrown))).not.toContain('hunter22')
    expect(thrown.message).toContain(variable)
  }
})
