import { expect, test } from '@jest/globals'
import { shareAnswers } from './expressions.ts'

function counted() {
  const asked: string[] = []
  const evaluator = shareAnswers({
    prepare: () => undefined,
    evaluate: async (tasks) => {
      asked.push(...tasks.map(({ source }) => source))
      return tasks.map(({ source, input }) => ({ ok: true, value: `${source} of ${JSON.stringify(input)}` }))
    },
  })
  return { asked, evaluator }
}
const values = (answers: readonly { ok: boolean }[]) => answers.map((one) => ('value' in one ? one.value : null))

test('asks what is equal once in a batch, and answers everybody', async () => {
  const { asked, evaluator } = counted()
  const task = (source: string, input: string) => ({ source, input: { input } })
  const first = await evaluator.evaluate([task('a', '1'), task('a', '2'), task('a', '1')])
  expect(values(first)).toEqual(['a of {"input":"1"}', 'a of {"input":"2"}', 'a of {"input":"1"}'])
  const second = await evaluator.evaluate([task('b', '1'), task('a', '2')])
  expect(values(second)).toEqual(['b of {"input":"1"}', 'a of {"input":"2"}'])
  expect(asked).toEqual(['a', 'a', 'b'])
})

test('asks each time what gives another value each time', async () => {
  const { asked, evaluator } = counted()
  await evaluator.evaluate(['$now()', '$now()', '$random() > 1'].map((source) => ({ source, input: null })))
  await evaluator.evaluate([{ source: '$now()', input: null }])
  expect(asked).toEqual(['$now()', '$now()', '$random() > 1', '$now()'])
})

test('hands a failure of the evaluator to all who wait for it', async () => {
  const evaluator = shareAnswers({ prepare: () => undefined, evaluate: () => Promise.reject(new Error('no thread')) })
  await expect(evaluator.evaluate([{ source: 'a', input: null }])).rejects.toThrow('no thread')
})
