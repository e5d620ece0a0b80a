import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { secretNames } from './secrets.ts'

const secret = z.string().min(1).meta({ secret: true })

test('finds what is marked as secret, however it is wrapped', () => {
  const shape = {
    plain: z.string(),
    bare: secret,
    described: secret.describe('A key'),
    optional: secret.optional(),
    both: secret.optional().describe('A key'),
    changed: secret.transform((text) => text.trim()).describe('A key'),
    preset: secret.default('x').describe('A key'),
  }
  const expected = ['bare', 'described', 'optional', 'both', 'changed', 'preset']
  expect(secretNames(z.strictObject(shape))).toEqual(expected)
  expect(secretNames(z.strictObject(shape).refine(() => true))).toEqual(expected)
})
