import { expect, test } from '@jest/globals'
import { inHalves } from './halves.ts'

async function send(all: readonly number[], bad: readonly number[], error = 'refused') {
  const sent: number[][] = []
  const failed: number[][] = []
  await inHalves(all, {
    async send(part) {
      sent.push([...part])
      if (part.some((one) => bad.includes(one))) throw new Error(error)
    },
    isOfOne: (thrown) => thrown instanceof Error && thrown.message === 'refused',
    failed: (part) => failed.push([...part]),
  })
  return { sent, failed }
}

test('one call is enough where nothing is refused', async () => {
  expect(await send([1, 2, 3], [])).toEqual({ sent: [[1, 2, 3]], failed: [] })
})

test('finds the one that is refused and sends the others', async () => {
  expect(await send([1, 2, 3, 4], [3])).toEqual({ sent: [[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]], failed: [[3]] })
})

test('gives up all at once for an error that is of no single record', async () => {
  expect(await send([1, 2, 3, 4], [3], 'down')).toEqual({ sent: [[1, 2, 3, 4]], failed: [[1, 2, 3, 4]] })
})

test('stops at an error that nobody takes', async () => {
  const work = {
    send: () => Promise.reject(new Error('a bug')),
    isOfOne: () => false,
    failed: (_part: readonly number[], error: unknown) => {
      throw error
    },
  }
  await expect(inHalves([1, 2], work)).rejects.toThrow('a bug')
})
