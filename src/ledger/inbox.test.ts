import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger } from '../../test/ledger/fresh-ledger.ts'
import type { Claim } from '../ports/ledger/inbox.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import { claimStatement } from './inbox.ts'

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>
let syncs = 0

beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
})
afterAll(() => close())

const hourMs = 3_600_000
const deal = (id: string) => ({ connection: 'crm', object: 'deals', id })
const add = (sync: string, ids: readonly string[], options: Parameters<Ledger['inbox']['add']>[2]) =>
  ledger.inbox.add(sync, ids.map(deal), options)
const freshSync = () => `sync ${++syncs}`
const idsOf = (claims: readonly Claim[]) => claims.map((one) => one.ref.id)
const claim = (sync: string, options: { max?: number; worker?: string; leaseMs?: number } = {}) =>
  ledger.inbox.claim(sync, { max: 100, worker: 'a', leaseMs: hourMs, ...options })
/** What waits, once leases that lapsed are freed. */
async function countOf(sync: string) {
  await ledger.inbox.free()
  return (await ledger.inbox.counts()).find((one) => one.sync === sync)
}

describe('inbox', () => {
  test('keeps one row a record, however many hints came', async () => {
    const sync = freshSync()
    expect(await add(sync, ['1', '2', '1'], { lane: 'live' })).toBe(2)
    expect(await add(sync, ['2', '3'], { lane: 'live' })).toBe(1)
    expect(await add(sync, [], { lane: 'live' })).toBe(0)
    expect(idsOf(await claim(sync))).toEqual(['1', '2', '3'])
  })

  test('claims the best lane first, and within a lane in the order of the hints', async () => {
    const sync = freshSync()
    await add(sync, ['z', 'y'], { lane: 'backfill' })
    await add(sync, ['r'], { lane: 'retry' })
    await add(sync, ['c', 'a', 'b'], { lane: 'live' })
    expect(idsOf(await claim(sync, { max: 2 }))).toEqual(['c', 'a'])
    // A claim is of one lane: the calls for a batch are made in it.
    for (const lane of [['b'], ['r'], ['z', 'y']]) expect(idsOf(await claim(sync))).toEqual(lane)
    expect(await claim(sync)).toEqual([])
  })

  test('tells what waits and nobody works on, and keeps it from being claimed until the transaction ends', async () => {
    const sync = freshSync()
    await add(sync, ['1', '2', '3'], { lane: 'live' })
    expect(idsOf(await claim(sync, { max: 1 }))).toEqual(['1'])
    await ledger.inTransaction(async (tx) => {
      expect(await tx.inbox.waiting(sync, 10)).toEqual(['2', '3'].map(deal))
      expect(await claim(sync)).toEqual([])
    })
    expect(await ledger.inbox.waiting(sync, 1)).toEqual([deal('2')])
    expect(idsOf(await claim(sync))).toEqual(['2', '3'])
  })

  test('postpones without counting an attempt, where defer counts one', async () => {
    const sync = freshSync()
    await add(sync, ['1', '2'], { lane: 'live' })
    const [first, second] = await claim(sync)
    if (first === undefined || second === undefined) throw new Error('nothing was claimed')
    await ledger.inbox.postpone([first], 0)
    await ledger.inbox.defer([second], 0)
    expect((await claim(sync)).map((one) => [one.ref.id, one.attempts]).sort()).toEqual([
      ['1', 0],
      ['2', 1],
    ])
    const later = freshSync()
    await add(later, ['1'], { lane: 'live' })
    await ledger.inbox.postpone(await claim(later), hourMs)
    expect(await countOf(later)).toMatchObject({ due: 0, later: 1, inWork: 0 })
  })

  test('tells all of a claim', async () => {
    const sync = freshSync()
    await add(sync, ['1'], { lane: 'backfill', run: '7' })
    expect(await claim(sync, { worker: 'w' })).toEqual([
      {
        sync,
        ref: deal('1'),
        lane: 'backfill',
        run: '7',
        attempts: 0,
        worker: 'w',
        version: '1',
        hintedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
    ])
  })

  test('gives no row to two workers that claim at once', async () => {
    const sync = freshSync()
    const ids = Array.from({ length: 500 }, (_, index) => String(index))
    await add(sync, ids, { lane: 'live' })
    const claims = await Promise.all(
      Array.from({ length: 10 }, (_, index) => claim(sync, { worker: `w${index}`, max: 50 })),
    )
    const claimed = idsOf(claims.flat())
    expect(new Set(claimed).size).toBe(claimed.length)
    expect([...claimed, ...idsOf(await claim(sync, { max: 500 }))].sort()).toEqual(ids.sort())
  })

  test('settles what is done, and keeps a record that was hinted meanwhile', async () => {
    const sync = freshSync()
    await add(sync, ['1', '2'], { lane: 'retry' })
    const claims = await claim(sync)
    expect(await add(sync, ['2'], { lane: 'live' })).toBe(0)
    expect(await claim(sync)).toEqual([])
    await ledger.inbox.settle(claims)
    expect(await claim(sync)).toMatchObject([{ ref: deal('2'), lane: 'live', attempts: 0 }])
  })

  test('a deferred row waits, counts the attempt, and a live hint ends its wait', async () => {
    const sync = freshSync()
    await add(sync, ['1'], { lane: 'retry' })
    await ledger.inbox.defer(await claim(sync), hourMs)
    expect(await countOf(sync)).toMatchObject({ due: 0, later: 1, inWork: 0, bestLane: null })
    await add(sync, ['1'], { lane: 'backfill' })
    expect(await claim(sync)).toEqual([])
    await add(sync, ['1'], { lane: 'live' })
    expect(await claim(sync)).toMatchObject([{ ref: deal('1'), attempts: 1, lane: 'live' }])
  })

  test('a row deferred for no time is due at once', async () => {
    const sync = freshSync()
    await add(sync, ['1'], { lane: 'live' })
    await ledger.inbox.defer(await claim(sync), 0)
    expect(await claim(sync)).toMatchObject([{ ref: deal('1'), attempts: 1 }])
  })

  test.each([
    { lane: 'live', due: ['1'] },
    { lane: 'backfill', due: [] },
  ] as const)(
    'a $lane hint that came while the row was in work is weighed when it is deferred',
    async ({ lane, due }) => {
      const sync = freshSync()
      await add(sync, ['1'], { lane: 'retry' })
      const claims = await claim(sync)
      await add(sync, ['1'], { lane })
      await ledger.inbox.defer(claims, hourMs)
      expect(idsOf(await claim(sync))).toEqual(due)
    },
  )

  test('frees lapsed leases, and leaves rows that were claimed since to their new owner', async () => {
    const sync = freshSync()
    await add(sync, ['1'], { lane: 'live' })
    const lost = await claim(sync, { leaseMs: -1 })
    // Counting is no deed: only `free` frees.
    expect((await ledger.inbox.counts()).find((one) => one.sync === sync)).toMatchObject({ due: 0 })
    expect(await countOf(sync)).toMatchObject({ due: 1, inWork: 0, bestLane: 'live' })
    const held = await claim(sync)
    expect(held).toMatchObject([{ ref: deal('1'), attempts: 1 }])
    await ledger.inbox.settle(lost)
    await ledger.inbox.defer(lost, 0)
    expect(await ledger.inbox.renew(lost, hourMs)).toBe(false)
    expect(await countOf(sync)).toMatchObject({ due: 0, inWork: 1 })
    await ledger.inbox.settle(held)
    expect(await countOf(sync)).toBeUndefined()
  })

  test('lets a record wait that has cost a worker its life twice', async () => {
    const sync = freshSync()
    await add(sync, ['1'], { lane: 'live' })
    await claim(sync, { leaseMs: -1 })
    expect(await countOf(sync)).toMatchObject({ due: 1, later: 0 })
    await claim(sync, { leaseMs: -1 })
    expect(await countOf(sync)).toMatchObject({ due: 0, later: 1 })
    // Whoever says that it is live again wants it now.
    await add(sync, ['1'], { lane: 'live' })
    expect(await claim(sync)).toMatchObject([{ ref: deal('1'), attempts: 2 }])
  })

  test('renews leases, and tells when one is lost', async () => {
    const sync = freshSync()
    await add(sync, ['1', '2'], { lane: 'live' })
    const [first, second] = [await claim(sync, { max: 1, leaseMs: -1 }), await claim(sync, { max: 1 })]
    expect(await ledger.inbox.renew(first, hourMs)).toBe(true)
    expect(await countOf(sync)).toMatchObject({ inWork: 2 })
    await ledger.inbox.settle(first)
    expect(await ledger.inbox.renew([...first, ...second], hourMs)).toBe(false)
    expect(await ledger.inbox.renew([], hourMs)).toBe(true)
  })

  test('a hint that is being added while its record is settled is kept', async () => {
    const sync = freshSync()
    await add(sync, ['1'], { lane: 'live' })
    const claims = await claim(sync)
    let settling: Promise<void> | undefined
    await ledger.inTransaction(async (tx) => {
      await tx.inbox.add(sync, [deal('1')], { lane: 'live' })
      settling = ledger.inbox.settle(claims)
      await waitsForLock()
    })
    await settling
    expect(idsOf(await claim(sync))).toEqual(['1'])
  })

  test('claims by index, past a hundred thousand rows that wait for later', async () => {
    const sync = freshSync()
    await database.query(
      `insert into crosswalk.inbox (sync, record_id, lane, hinted_at, due_at)
       select $1, n::text, n % 3, now(), now() + n % 2 * interval '1 hour' from generate_series(1, 100000) n`,
      [sync],
    )
    // Autovacuum does it at a moment of its own, which may be before the rows are there.
    await database.query('analyze crosswalk.inbox')
    const { name, text } = claimStatement
    await database.query(`prepare "${name}" as ${text}`)
    const plan = await database.query(
      `explain (analyze, costs off, timing off) execute "${name}" ('${sync}', 100, 'a', 1)`,
    )
    const lines = plan.map((row) => String(row['QUERY PLAN'])).join('\n')
    expect(lines).toContain('Index Scan using inbox_waiting')
    expect(lines).not.toMatch(/Seq Scan|Rows Removed|Sort Method: external/)
  })
})

async function waitsForLock(): Promise<void> {
  for (;;) {
    const [row] = await database.query(`
      select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
    if (Number(row?.count) > 0) return
  }
}
