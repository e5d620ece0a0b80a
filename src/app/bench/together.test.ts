import { execFileSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { inParts } from './in-parts.ts'
import { together } from './together.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('together waits for the others when one fails, and throws the first failure in order', async () => {
  const done: string[] = []
  const slow = async (name: string, fails: boolean, turns: number) => {
    for (let n = 0; n < turns; n += 1) await turn()
    done.push(name)
    if (fails) throw new Error(name)
    return name
  }
  await expect(together([slow('a', false, 3), slow('b', true, 2), slow('c', true, 1)])).rejects.toThrow('b')
  expect(done).toEqual(['c', 'b', 'a'])
  expect(await together([slow('d', false, 1), slow('e', false, 0)])).toEqual(['d', 'e'])
})

test('inParts has several parts under way, in order, and leaves none behind when one fails', async () => {
  const all = Array.from({ length: 550 }, (_, n) => n)
  const sizes: number[] = []
  let under = 0
  let most = 0
  const work = async (part: readonly number[]) => {
    sizes.push(part.length)
    under += 1
    most = Math.max(most, under)
    for (let n = 0; n < 10; n += 1) await turn()
    under -= 1
    if (part[0] === 250) throw new Error('the second')
  }
  await expect(inParts(all, work)).rejects.toThrow('the second')
  expect([sizes, most, under]).toEqual([[250, 250, 50], 3, 0])
})

test('inParts: a part that fails while the next one is prepared ends nothing but the work', () => {
  const script = `
    import { inParts } from '${new URL('./in-parts.ts', import.meta.url).href}'
    const work = async ([first]) => {
      await null
      if (first === 0) throw new Error('the first')
    }
    await inParts([0, 1, 2], work, 1).catch((error) => console.log(error.message))
  `
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 300_000 })
  expect(said.toString().trim()).toBe('the first')
})
