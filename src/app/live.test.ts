import { describe, expect, test } from '@jest/globals'
import { silentLog } from '../../test/ledger/fresh-ledger.ts'
import { StoreAway } from '../core/store-away.ts'
import { type Look, type Topic, topics } from '../ports/ledger/changes.ts'
import { openLive } from './live.ts'

/** A ledger whose sequences are moved by hand, and a clock that is. */
function open() {
  const moves = new Map<Topic, number>()
  const lines: string[] = []
  let transactions = { oldest: 10n, next: 10n }
  let isAway = false
  let looks = 0
  const due: (() => void)[] = []
  const changes = {
    async look(): Promise<Look> {
      looks += 1
      if (isAway) throw new StoreAway('the database is away')
      const versions = Object.fromEntries(topics.map((topic) => [topic, String(moves.get(topic) ?? 0)]))
      return { versions: versions as Look['versions'], ...transactions }
    },
  }
  const log = { ...silentLog, warn: (event: string) => void lines.push(event) }
  const live = openLive(changes, log, (work) => void due.push(work))
  /** A second later. */
  const pass = async () => {
    for (const work of due.splice(0)) work()
    await new Promise(setImmediate)
  }
  return {
    live,
    lines,
    pass,
    looks: () => looks,
    move: (topic: Topic) => moves.set(topic, (moves.get(topic) ?? 0) + 1),
    run(oldest: bigint, next: bigint): void {
      transactions = { oldest, next }
    },
    away(now: boolean): void {
      isAway = now
    },
  }
}

type Opened = ReturnType<typeof open>

async function read({ live }: Opened, signal = new AbortController().signal) {
  const told: (readonly Topic[])[] = []
  const following = await live.follow(signal)
  const over = (async () => {
    for await (const one of following) told.push(one)
  })()
  return { told, over }
}

describe('live', () => {
  test('tells all readers what has changed since the last look, and nothing when nothing has', async () => {
    const opened = open()
    const [first, second] = [await read(opened), await read(opened)]
    await opened.pass()
    opened.move('deals')
    opened.move('runs')
    await opened.pass()
    await opened.pass()
    expect(first.told).toEqual([['deals', 'runs']])
    expect(second.told).toEqual(first.told)
  })

  test('looks once for all readers, and not at all without one', async () => {
    const opened = open()
    const stop = new AbortController()
    await read(opened, stop.signal)
    await read(opened, stop.signal)
    await opened.pass()
    expect(opened.looks()).toBe(2)
    stop.abort()
    for (let n = 0; n < 3; n += 1) await opened.pass()
    expect(opened.looks()).toBe(2)
    opened.move('deals')
    const { told } = await read(opened)
    await opened.pass()
    expect([opened.looks(), told]).toEqual([4, []])
  })

  test('tells once more what a transaction writes that was not over at the look', async () => {
    const opened = open()
    const { told } = await read(opened)
    opened.move('deals')
    opened.run(10n, 12n)
    await opened.pass()
    opened.run(11n, 13n)
    await opened.pass()
    expect(told).toEqual([['deals']])
    opened.run(12n, 13n)
    await opened.pass()
    await opened.pass()
    expect(told).toEqual([['deals'], ['deals']])
  })

  test('tells what a transaction writes that was under way when somebody came', async () => {
    const opened = open()
    opened.move('deals')
    opened.run(10n, 11n)
    const { told } = await read(opened)
    await opened.pass()
    expect(told).toEqual([])
    opened.run(11n, 11n)
    await opened.pass()
    expect(told).toEqual([[...topics]])
  })

  test('goes on when the database comes back, with what it has missed, and says so once', async () => {
    const opened = open()
    const { told } = await read(opened)
    opened.away(true)
    opened.move('problems')
    await opened.pass()
    await opened.pass()
    expect(opened.lines).toEqual(['changes_not_seen'])
    opened.away(false)
    await opened.pass()
    expect(told).toEqual([['problems']])
    opened.away(true)
    await opened.pass()
    expect(opened.lines).toHaveLength(2)
  })

  test('begins with nobody while the database is away, and anew when it is back', async () => {
    const opened = open()
    opened.away(true)
    await expect(read(opened)).rejects.toThrow(StoreAway)
    opened.away(false)
    const { told } = await read(opened)
    opened.move('audit')
    await opened.pass()
    expect(told).toEqual([['audit']])
  })

  test('tells a slow reader each topic once, however often it has changed', async () => {
    const opened = open()
    const following = (await opened.live.follow(new AbortController().signal))[Symbol.asyncIterator]()
    for (let n = 0; n < 100; n += 1) {
      opened.move(n % 2 === 0 ? 'deals' : 'runs')
      await opened.pass()
    }
    expect(await following.next()).toEqual({ done: false, value: ['deals', 'runs'] })
    const next = following.next()
    opened.live.close()
    expect(await next).toMatchObject({ done: true })
  })

  test('ends by its signal, also one that came before, and for all at the close', async () => {
    const opened = open()
    const stop = new AbortController()
    const first = await read(opened, stop.signal)
    const second = await read(opened)
    stop.abort()
    await first.over
    await (await read(opened, stop.signal)).over
    opened.live.close()
    await second.over
    expect(first.told).toEqual([])
  })
})
