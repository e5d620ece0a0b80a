import { describe, expect, test } from '@jest/globals'
import { type Holders, leaseMs, share } from './shares.ts'

/** Lets each of them renew its share in turn, and proves that they never hold more than allowed. */
function rounds(workers: readonly string[], limit: number, count: number, first: Holders = {}, from = 0) {
  let holders = first
  let at = from
  const turns = new Map<string, number>()
  for (let round = 0; round < count; round += 1) {
    for (const worker of workers) {
      at += 250
      const before = heldOf(holders)
      holders = share(holders, { worker, limit, busy: 0, at }).holders
      expect(heldOf(holders)).toBeLessThanOrEqual(Math.max(limit, before))
      if ((holders[worker]?.held ?? 0) > 0) turns.set(worker, (turns.get(worker) ?? 0) + 1)
    }
  }
  return { holders, at, turns }
}
const heldOf = (holders: Holders) => Object.values(holders).reduce((sum, { held }) => sum + held, 0)
const sharesOf = (holders: Holders) =>
  Object.fromEntries(Object.entries(holders).map(([name, { held }]) => [name, held]))

describe('share', () => {
  test('gives a process all of it as long as it is alone', () => {
    expect(sharesOf(rounds(['a'], 6, 1).holders)).toEqual({ a: 6 })
  })

  test('lets the others share alike once they come, and takes nothing that is still held', () => {
    const alone = rounds(['a'], 7, 1)
    const joined = share(alone.holders, { worker: 'b', limit: 7, busy: 0, at: alone.at + 1 }).holders
    expect(sharesOf(joined)).toEqual({ a: 7, b: 0 })
    expect(sharesOf(rounds(['a', 'b', 'c'], 7, 3, joined, alone.at).holders)).toEqual({ a: 3, b: 2, c: 2 })
  })

  test('counts calls under way that cannot be taken back, and allows no new ones in their place', () => {
    const busy = share({}, { worker: 'a', limit: 5, busy: 5, at: 0 })
    const waiting = share(busy.holders, { worker: 'b', limit: 5, busy: 0, at: 1 })
    const lowered = share(waiting.holders, { worker: 'a', limit: 2, busy: 4, at: 2 })
    expect([sharesOf(lowered.holders), lowered.width]).toEqual([{ a: 4, b: 0 }, 1])
    const still = share(lowered.holders, { worker: 'b', limit: 2, busy: 0, at: 3 })
    expect([sharesOf(still.holders), still.width]).toEqual([{ a: 4, b: 0 }, 0])
    const drained = share(still.holders, { worker: 'a', limit: 2, busy: 1, at: 4 })
    expect(share(drained.holders, { worker: 'b', limit: 2, busy: 0, at: 5 }).width).toBe(1)
  })

  test('gives each of more processes than calls its turn', () => {
    const workers = ['a', 'b', 'c', 'd', 'e']
    const { turns } = rounds(workers, 2, 100)
    expect([...turns.keys()].sort()).toEqual(workers)
    expect(Math.min(...turns.values())).toBeGreaterThan(Math.max(...turns.values()) / 2)
  })

  test('takes the share of a process that died, once its lease lapsed', () => {
    const { holders, at } = rounds(['a', 'b'], 4, 3)
    expect(sharesOf(rounds(['a'], 4, 1, holders, at).holders)).toEqual({ a: 2, b: 2 })
    expect(sharesOf(rounds(['a'], 4, 1, holders, at + leaseMs).holders)).toEqual({ a: 4 })
  })
})
