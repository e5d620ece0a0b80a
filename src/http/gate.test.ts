import { describe, expect, test } from '@jest/globals'
import type { Instant } from '../core/time.ts'
import type { Lane, Slots } from '../ports/http.ts'
import { openFixedGate, openGate } from './gate.ts'

const clock = { now: () => '2026-11-24T09:30:00.000Z' as Instant, sleep: async () => undefined }
/** Calls that end when they are told to. */
function calls() {
  const ends: (() => void)[] = []
  const begun: string[] = []
  return {
    begun,
    call: (name: string) => (): Promise<void> => {
      begun.push(name)
      return new Promise((resolve) => ends.push(resolve))
    },
    async end(count = ends.length) {
      for (const one of ends.splice(0, count)) one()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('a gate', () => {
  test('lets the better lane go first, whoever came first', async () => {
    const gate = openFixedGate(1)
    const { begun, call, end } = calls()
    const lanes: readonly Lane[] = ['backfill', 'backfill', 'retry', 'live', 'retry', 'live']
    const all = lanes.map((lane, place) => gate.pass(lane, call(`${lane} ${place}`)))
    for (const _ of lanes) await end()
    await end()
    await Promise.all(all)
    expect(begun).toEqual(['backfill 0', 'live 3', 'live 5', 'retry 2', 'retry 4', 'backfill 1'])
  })

  test('is half as wide after a refusal, once however many calls of the round were refused', async () => {
    const gate = openGate('erp', { start: 8, most: 8 }, { slots: null, clock })
    const { begun, call, end } = calls()
    const all = Array.from({ length: 30 }, (_, place) =>
      gate.pass('live', async (round) => {
        await call(String(place))()
        if (place < 5) await gate.refused(round)
      }),
    )
    await end(0)
    expect(begun).toHaveLength(8)
    await end()
    expect(begun).toHaveLength(8 + 4)
    await end()
    expect(begun).toHaveLength(8 + 4 + 4)
    while (begun.length < 30) await end()
    await end()
    await Promise.all(all)
  })

  test('grows by one call after many answers while calls wait, and never beyond what is allowed', async () => {
    const gate = openGate('erp', { start: 2, most: 3 }, { slots: null, clock })
    const { begun, call, end } = calls()
    // Nobody waits: there is no need for more.
    for (let answers = 0; answers < 100; answers += 1) await gate.answered()
    const all = Array.from({ length: 200 }, () => gate.pass('live', call('x')).then(() => gate.answered()))
    const widths: number[] = []
    while (begun.length < 200) {
      const before = begun.length
      await end()
      widths.push(begun.length - before)
    }
    await end()
    await Promise.all(all)
    expect(widths.slice(0, 10)).toEqual(Array(10).fill(2))
    expect(Math.max(...widths)).toBe(3)
    expect(widths.indexOf(3)).toBeGreaterThan(10)
  })

  test('tells those who wait when the ledger cannot be reached, and asks again for the next', async () => {
    let works = false
    const slots: Slots = {
      share: async () => {
        if (!works) throw new Error('no database')
        return { width: 1, limit: 1 }
      },
      lower: async () => undefined,
      raise: async () => undefined,
      leave: async () => undefined,
      ended: new AbortController().signal,
    }
    const patient = { ...clock, sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 1).unref()) }
    const gate = openGate('erp', { start: 1, most: 1 }, { slots, clock: patient })
    await expect(gate.pass('live', async () => 'done')).rejects.toThrow('no database')
    works = true
    await new Promise((resolve) => setImmediate(resolve))
    expect(await gate.pass('live', async () => 'done')).toBe('done')
  })
})
