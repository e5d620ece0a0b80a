import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger, silentLog } from '../../test/ledger/fresh-ledger.ts'
import type { Instant } from '../core/time.ts'
import type { Lane, Quota } from '../ports/http.ts'
import { type Budget, openBudget } from './budget.ts'
import { openDatabase } from './database.ts'

let database: FreshDatabase
let close: () => Promise<void>
let first: Budget
let second: Budget
let names = 0
let reserve = 0.1
let name = ''
let millis = Date.parse('2026-11-24T10:00:00.000Z')

const clock = { now: () => new Date(millis).toISOString() as Instant, sleep: async () => undefined }

beforeAll(async () => {
  const fresh = await freshLedger()
  database = fresh.database
  await database.query(`
    create sequence budget_changes;
    create function count_change() returns trigger language plpgsql as $$ begin perform nextval('budget_changes'); return null; end $$;
    create trigger count_change after insert or update on crosswalk.quotas for each statement execute function count_change()`)
  const pools = [1, 2].map(() => openDatabase({ connection: database.connection, poolMax: 2, log: silentLog }))
  ;[first, second] = pools.map((pool) => openBudget(pool, { clock, reserveOf: () => reserve })) as [Budget, Budget]
  close = async () => {
    for (const pool of pools) await pool.close()
    await fresh.close()
  }
})
afterAll(() => close())
beforeEach(() => {
  name = `crm ${++names}`
  reserve = 0.1
})

const windowMs = 600_000
const quota = (limit: number, remaining: number, more: Partial<Quota> = {}): Quota => ({
  ...{ name: '10 minutes', limit, remaining, windowMs },
  ...more,
})
/** How many calls are granted before one has to wait, and how long it has to. */
async function drain(budgets: readonly Budget[], lane?: Lane): Promise<{ calls: number; waitMs: number }> {
  for (let calls = 0; ; calls++) {
    const waits = await Promise.all(budgets.slice(0, 1 + (calls % budgets.length)).map((one) => one.take(name, lane)))
    const granted = waits.filter((wait) => wait === 0).length
    if (granted < waits.length) {
      let rest = calls
      for (const budget of budgets) while ((await budget.take(name, lane)) === 0) rest++
      return { calls: rest + granted, waitMs: Math.max(...waits) }
    }
    calls += granted - 1
  }
}
/** Lets the windows under way end, or one of them, for the database and for the processes. */
async function windowPasses(window: string | null = null) {
  await database.query(
    `update crosswalk.quotas set ends_at = now() - interval '1 second'
     where connection = $1 and ($2::text is null or name = $2)`,
    [name, window],
  )
  millis += windowMs
}

describe('budget', () => {
  test('lets every call pass while no quota is known', async () => {
    expect(await Promise.all(Array.from({ length: 500 }, () => first.take(name)))).toEqual(Array(500).fill(0))
  })

  test('all processes together stay within the quota less the reserve, then wait for the next window', async () => {
    await first.learn(name, [quota(100, 100)])
    const { calls, waitMs } = await drain([first, second])
    expect(calls).toBe(90)
    expect(waitMs).toBeGreaterThan(0)
    expect(waitMs).toBeLessThanOrEqual(windowMs)
    await windowPasses()
    expect((await drain([second, first])).calls).toBe(90)
  })

  test('callers that ask at once are granted no more', async () => {
    await first.learn(name, [quota(100, 100)])
    const ask = (budget: Budget) => Array.from({ length: 100 }, () => budget.take(name))
    const waits = await Promise.all([...ask(first), ...ask(second)])
    expect(waits.filter((wait) => wait === 0)).toHaveLength(90)
  })

  test('each lane leaves a part to the better ones', async () => {
    await first.learn(name, [quota(100, 100)])
    const granted: number[] = []
    for (const lane of ['backfill', 'retry', 'live'] as const)
      for (const budget of [first, second]) granted.push((await drain([budget], lane)).calls)
    // Of the 90 that the reserve leaves: a quarter is kept from backfills, a tenth from what is tried again.
    expect(granted).toEqual([67, 0, 14, 0, 9, 0])
  })

  test('the reserve of the connection is left alone, and the lanes share the rest', async () => {
    reserve = 0.6
    await first.learn(name, [quota(100, 100)])
    expect((await drain([first], 'backfill')).calls).toBe(30)
    expect((await drain([first, second])).calls).toBe(10)
    await windowPasses()
    reserve = 0
    expect((await drain([second])).calls).toBe(100)
  })

  test('of several windows the one with the least left decides, and one that is used up is waited for', async () => {
    const day = { name: 'day', windowMs: 86_400_000 }
    await first.learn(name, [quota(50, 50), quota(1000, 150, day)])
    expect((await drain([first])).calls).toBe(45)
    await windowPasses('10 minutes')
    const { calls, waitMs } = await drain([second, first])
    expect(calls).toBe(5)
    // That of the day is read anew after an hour.
    expect(waitMs).toBeGreaterThan(windowMs)
    await second.learn(name, [quota(1000, 500, day)])
    expect((await drain([first, second])).calls).toBe(40)
  })

  test('what others use of a large quota is heeded before it is all of the reserve', async () => {
    await first.learn(name, [quota(10_000, 2000)])
    for (let calls = 1; calls <= 10; calls += 1) await first.take(name)
    await first.learn(name, [quota(10_000, 1100)])
    expect((await drain([first, second])).calls).toBe(100)
  })

  test('takes over what others used, and a window of the system that began anew', async () => {
    await first.learn(name, [quota(100, 100)])
    expect(await first.take(name)).toBe(0)
    await first.learn(name, [quota(100, 30)])
    expect((await drain([first, second])).calls).toBe(20)
    await second.learn(name, [quota(100, 100)])
    expect((await drain([second])).calls).toBe(90)
  })

  test('asks the database once for many calls, and tells it nothing while the numbers agree', async () => {
    await first.learn(name, [quota(1000, 1000)])
    const before = await statements()
    for (let calls = 1; calls <= 100; calls++) {
      expect(await first.take(name)).toBe(0)
      await first.learn(name, [quota(1000, 1000 - calls)])
    }
    expect((await statements()) - before).toBe(10)
  })

  test('does not wait a day when the quota of a day is used up', async () => {
    await first.learn(name, [quota(1000, 50, { windowMs: 86_400_000 })])
    expect(await first.take(name)).toBeLessThanOrEqual(3_600_000)
  })
})

/** Statements that changed a budget so far. */
async function statements(): Promise<number> {
  const [row] = await database.query('select last_value from budget_changes')
  return Number(row?.last_value)
}
