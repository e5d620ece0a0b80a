import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { freshLedger, silentLog } from '../../test/ledger/fresh-ledger.ts'
import { openDatabase } from './database.ts'
import { openSlots } from './slots.ts'

let close: () => Promise<void>
let workers: readonly ReturnType<typeof openSlots>[]
let names = 0
let name = ''

beforeAll(async () => {
  const fresh = await freshLedger()
  const pools = [1, 2, 3].map(() => openDatabase({ connection: fresh.database.connection, poolMax: 2, log: silentLog }))
  workers = pools.map((pool, place) => openSlots(pool, `worker ${place}`))
  close = async () => {
    for (const worker of workers) await worker.close()
    for (const pool of pools) await pool.close()
    await fresh.close()
  }
})
afterAll(() => close())
beforeEach(() => {
  name = `erp ${++names}`
})

const ask = async (place: number, how = { start: 4, most: 8, busy: 0 }) => workers[place]?.share(name, how)
const held = async (place: number) => (await ask(place))?.width ?? Number.NaN

test('processes that ask at the same moment hold no more than is allowed together', async () => {
  const first = await Promise.all([held(0), held(1), held(2)])
  expect(first.reduce((sum, one) => sum + one)).toBe(4)
  const renewed = []
  for (let round = 0; round < 2; round += 1) for (const place of [0, 1, 2]) renewed.push(await held(place))
  expect(renewed.slice(3)).toEqual([2, 1, 1])
})

test('what one process learnt holds for all, and after a restart', async () => {
  expect(await ask(0)).toEqual({ width: 4, limit: 4 })
  // Refused together, so it counts once.
  await Promise.all([workers[0]?.lower(name, 4), workers[1]?.lower(name, 4)])
  expect(await ask(0)).toEqual({ width: 2, limit: 2 })
  await workers[0]?.leave(name)
  await workers[1]?.raise(name)
  expect(await ask(2)).toEqual({ width: 3, limit: 3 })
})

test('never less than one, never more than the connector allows', async () => {
  const few = { start: 2, most: 3, busy: 0 }
  await ask(0, few)
  for (let times = 0; times < 5; times += 1) await workers[0]?.raise(name)
  expect(await ask(0, few)).toEqual({ width: 3, limit: 3 })
  for (let times = 0; times < 5; times += 1) await workers[0]?.lower(name, 1)
  expect(await ask(0, few)).toEqual({ width: 1, limit: 1 })
  for (let times = 0; times < 5; times += 1) await workers[0]?.raise(name)
  // The settings allow less from now on.
  expect(await ask(0, { start: 2, most: 2, busy: 0 })).toEqual({ width: 2, limit: 2 })
})

test('a process that ends gives up what it held', async () => {
  expect(await held(0)).toBe(4)
  expect(await held(1)).toBe(0)
  await workers[0]?.close()
  expect(await held(1)).toBe(4)
})
