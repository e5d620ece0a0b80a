import { expect, test } from '@jest/globals'
import { cli } from '../fake.ts'

test('lets a sync go on, with more orders where they are granted', async () => {
  const asked: unknown[] = []
  const resume = async (...given: [string, object]) => {
    asked.push(given)
  }
  expect(await cli('resume deals', { resume })).toMatchObject({ code: 0, out: 'deals goes on.\n' })
  expect((await cli('resume deals --allow 240', { resume })).out).toBe(
    'deals goes on with 240 orders beyond the guard.\n',
  )
  expect(asked).toEqual([
    ['deals', {}],
    ['deals', { allow: 240 }],
  ])
})

test('--json says so', async () => {
  expect(JSON.parse((await cli('resume deals --json', { resume: async () => {} })).out)).toEqual({
    sync: 'deals',
    held: false,
  })
})
