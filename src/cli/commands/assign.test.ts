import { expect, test } from '@jest/globals'
import { cli } from '../fake.ts'

test('says who takes care of a problem, or that nobody does', async () => {
  const asked: unknown[] = []
  const assignProblem = async (...given: unknown[]) => {
    asked.push(given)
  }
  expect(await cli('assign 12 Ida', { assignProblem })).toMatchObject({ code: 0, out: 'Problem 12: ida\n' })
  expect(await cli('assign 12 --nobody', { assignProblem })).toMatchObject({ code: 0, out: 'Problem 12: nobody\n' })
  const { out } = await cli('assign 12 ida --json', { assignProblem })
  expect(JSON.parse(out)).toEqual({ problem: '12', assignee: 'ida' })
  expect(asked).toEqual([
    ['12', 'ida'],
    ['12', null],
    ['12', 'ida'],
  ])
})

test.each(['assign 12', 'assign 12 ida --nobody', 'assign'])('refuses %s', async (line) => {
  expect((await cli(line)).code).toBe(2)
})
