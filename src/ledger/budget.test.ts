import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger, silentLog } from '../../test/ledger/fresh-ledger.ts'
import type { Instant } from '../core/time.ts'
import type { Lane } from '../ports/http.ts'
import { type Budget, openBudget } from './budget.ts'

let database: FreshDatabase
let close: () => Promise<void>
let first: Budget
let second: Budget
let names = 0
let name = ''
let millis = Date.parse('2026-11-24T10:00:00.000Z')

const clock = { now: () => new Date(millis).toISOString() as Instant, sleep: async () => undefined }

beforeAll(async () => {
  const fresh = await freshLedger()
  database = fresh.database
  await database.query(`
    create sequence budget_changes;
    create function count_change() returns trigger language plpgsql as $$ begin perform nextval('budget_changes'); return null; end $$;
    create trigger count_change after insert or update on crosswalk.budgets for each statement execute function count_change()`)
  const open = () => openBudget({ connection: database.connection, clock, log: silentLog })
  ;[first, second] = [open(), open()]
  close = async () => {
    await Promise.all([first.close(), second.close()])
    await fresh.close()
  }
})
afterAll(() => close())
beforeEach(() => {
  name = `crm ${++names}`
})

const windowMs = 600_000
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
/** Lets the window under way end, for the database and for the processes. */
async function windowPasses() {
  await database.query(`update crosswalk.budgets set ends_at = now() - interval '1 second' where connection = $1`, [
    name,
  ])
  millis += windowMs
}

describe('budget', () => {
  test('lets every call pass while no quota is known', async () => {
    expect(await Promise.all(Array.from({ length: 500 }, () => first.take(name)))).toEqual(Array(500).fill(0))
  })

  test('all processes together stay within the quota less the reserve, then wait for the next window', async () => {
    await first.learn(name, { limit: 100, remaining: 100, windowMs })
    const { calls, waitMs } = await drain([first, second])
    expect(calls).toBe(90)
    expect(waitMs).toBeGreaterThan(0)
    expect(waitMs).toBeLessThanOrEqual(windowMs)
    await windowPasses()
    expect((await drain([second, first])).calls).toBe(90)
  })

  test('callers that ask at once are granted no more', async () => {
    await first.learn(name, { limit: 100, remaining: 100, windowMs })
    const ask = (budget: Budget) => Array.from({ length: 100 }, () => budget.take(name))
    const waits = await Promise.all([...ask(first), ...ask(second)])
    expect(waits.filter((wait) => wait === 0)).toHaveLength(90)
  })

  test('backfill leaves a part to live work', async () => {
    await first.learn(name, { limit: 100, remaining: 100, windowMs })
    expect((await drain([first], 'backfill')).calls).toBe(65)
    expect((await drain([first], 'retry')).calls).toBe(25)
  })

  test('takes over what others used, and a window of the system that began anew', async () => {
    await first.learn(name, { limit: 100, remaining: 100, windowMs })
    expect(await first.take(name)).toBe(0)
    await first.learn(name, { limit: 100, remaining: 30, windowMs })
    expect((await drain([first, second])).calls).toBe(20)
    await second.learn(name, { limit: 100, remaining: 100, windowMs })
    expect((await drain([second])).calls).toBe(90)
  })

  test('asks the database once for many calls, and tells it nothing while the numbers agree', async () => {
    await first.learn(name, { limit: 1000, remaining: 1000, windowMs })
    const before = await statements()
    for (let calls = 1; calls <= 100; calls++) {
      expect(await first.take(name)).toBe(0)
      await first.learn(name, { limit: 1000, remaining: 1000 - calls, windowMs })
    }
    expect((await statements()) - before).toBe(10)
  })

  test('does not wait a day when the quota of a day is used up', async () => {
    await first.learn(name, { limit: 1000, remaining: 50, windowMs: 86_400_000 })
    expect(await first.take(name)).toBeLessThanOrEqual(3_600_000)
  })
})

/** Statements that changed a budget so far. */
async function statements(): Promise<number> {
  const [row] = await database.query('select last_value from budget_changes')
  return Number(row?.last_value)
}
