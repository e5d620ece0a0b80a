import { expect, test } from '@jest/globals'
import { cli } from '../fake.ts'

test('a new key is told with what it encrypted, and what to do next', async () => {
  const asked: unknown[] = []
  const vault = {
    async rotate(_project: unknown, options: unknown) {
      asked.push(options)
      return { done: ['odoo', 'published files'], lost: [], keepsOld: true }
    },
    forget: async () => true,
  }
  const { code, out, err } = await cli('vault rotate', {}, { vault })
  expect({ code, out }).toEqual({ code: 0, out: '2 envelopes encrypted with the new key: odoo, published files\n' })
  expect(err).toContain('crosswalk vault rotate --finish')
  expect(asked).toEqual([{ finish: false }])
})

test('what no key opens is named', async () => {
  const vault = { rotate: async () => ({ done: [], lost: ['odoo'], keepsOld: true }), forget: async () => true }
  const { code, err } = await cli('vault rotate', {}, { vault })
  expect(code).toBe(1)
  expect(err).toContain('No key opens what is stored of odoo')
})

test('secrets of a connection, or the published files, are forgotten by name', async () => {
  const forgotten: unknown[] = []
  const vault = {
    rotate: async () => ({ done: [], lost: [], keepsOld: false }),
    async forget(_project: unknown, connection: string | null) {
      forgotten.push(connection)
      return connection !== 'crm'
    },
  }
  expect(await cli('vault forget odoo', {}, { vault })).toMatchObject({
    code: 0,
    out: expect.stringContaining('Start all'),
  })
  expect(await cli('vault forget --published', {}, { vault })).toMatchObject({ code: 0 })
  expect(await cli('vault forget crm', {}, { vault })).toMatchObject({ code: 0, out: 'There was nothing stored.\n' })
  expect((await cli('vault forget', {}, { vault })).code).toBe(2)
  expect(forgotten).toEqual(['odoo', null, 'crm'])
})
