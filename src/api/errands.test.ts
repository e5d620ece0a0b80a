import { expect, test } from '@jest/globals'
import { openErrands } from './errands.ts'

test('answers at once what ends at once', async () => {
  expect(await openErrands(60_000).ask('a', async () => 7)).toEqual({ value: 7 })
})

test('lets who asks again join, gives the end, and begins anew afterwards', async () => {
  const errands = openErrands(0)
  const { promise, resolve } = Promise.withResolvers<number>()
  let begun = 0
  const work = () => {
    begun += 1
    return begun === 1 ? promise : Promise.resolve(8)
  }
  expect(await errands.ask('a', work)).toBeNull()
  expect(await errands.ask('a', work)).toBeNull()
  expect(await errands.ask('b', async () => 1)).toEqual({ value: 1 })
  resolve(7)
  expect(await errands.ask('a', work)).toEqual({ value: 7 })
  expect(begun).toBe(1)
  expect(await errands.ask('a', work)).toEqual({ value: 8 })
})

test('fails as the work fails, and only whoever asks hears of it', async () => {
  const errands = openErrands(0)
  const { promise, reject } = Promise.withResolvers<number>()
  expect(await errands.ask('a', () => promise)).toBeNull()
  reject(new Error('the CRM is down'))
  await expect(errands.ask('a', async () => 1)).rejects.toThrow('the CRM is down')
  expect(await errands.ask('a', async () => 1)).toEqual({ value: 1 })
})

test('takes on no more than it can hold', async () => {
  const errands = openErrands(0)
  const { promise, resolve } = Promise.withResolvers<number>()
  for (let nth = 0; nth < 50; nth += 1) await errands.ask(String(nth), () => promise)
  await expect(errands.ask('one more', () => promise)).rejects.toMatchObject({ kind: 'too_many' })
  resolve(7)
  expect(await errands.ask('0', async () => 1)).toEqual({ value: 7 })
  expect(await errands.ask('one more', async () => 1)).toEqual({ value: 1 })
})
