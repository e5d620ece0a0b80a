import { expect, test } from '@jest/globals'
import { once, onceEach, shared } from './once.ts'

/** Answers with the number of the question, and fails where it is told to. */
function counting(...failing: readonly number[]) {
  const asked: string[] = []
  const ask = async (key = '') => {
    asked.push(key)
    if (failing.includes(asked.length)) throw new Error(`question ${asked.length} failed`)
    return asked.length
  }
  return { ask, asked }
}

test('asks once for each key, for callers at the same time and later', async () => {
  const { ask, asked } = counting()
  const answers = onceEach(ask)
  expect(await Promise.all([answers.of('a'), answers.of('a'), answers.of('b')])).toEqual([1, 1, 2])
  expect(await answers.of('a')).toBe(1)
  expect(asked).toEqual(['a', 'b'])
})

test('asks again after a failure, which all who waited hear of', async () => {
  const { ask } = counting(1)
  const answer = once(() => ask())
  const heard = await Promise.allSettled([answer(), answer()])
  expect(heard.map((one) => one.status)).toEqual(['rejected', 'rejected'])
  expect([await answer(), await answer()]).toEqual([2, 2])
})

test('asks again for what was forgotten, and a late failure does not undo the new answer', async () => {
  let fail = (_error: Error) => {}
  const questions = [new Promise<number>((_, reject) => (fail = reject)), Promise.resolve(2), Promise.resolve(3)]
  const answers = onceEach(() => questions.shift() ?? Promise.resolve(0))
  const first = answers.of('a')
  answers.forget('a')
  expect(await answers.of('a')).toBe(2)
  fail(new Error('late'))
  await expect(first).rejects.toThrow('late')
  expect(await answers.of('a')).toBe(2)
})

test('shares a question only while it is open', async () => {
  const { ask } = counting(2)
  const answer = shared(() => ask())
  expect(await Promise.all([answer(), answer()])).toEqual([1, 1])
  await expect(answer()).rejects.toThrow('question 2')
  expect(await answer()).toBe(3)
})
