import { expect, test } from '@jest/globals'
import { versionFor } from './version.ts'

test('what was read by other mappings counts as another version', () => {
  const before = { digest: '0123456789abcdef' }
  expect(versionFor(before, 'v1')).toBe(versionFor({ ...before }, 'v1'))
  expect(versionFor(before, 'v1')).not.toBe(versionFor(before, 'v2'))
  expect(versionFor(before, 'v1')).not.toBe(versionFor({ digest: 'fedcba9876543210' }, 'v1'))
})
