import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { freshLedger } from '../../../test/ledger/fresh-ledger.ts'
import { fromMillis, type Instant } from '../../core/time.ts'
import { openClocks } from './clock-off.ts'

const minute = 60_000
let fresh: Awaited<ReturnType<typeof freshLedger>>
beforeAll(async () => {
  fresh = await freshLedger()
})
afterAll(() => fresh.close())

let aheadMs = 0
const clock = { now: () => fromMillis(Date.now() + aheadMs) as Instant, sleep: async () => undefined }
const told = async () =>
  (await fresh.ledger.problems.list({ max: 10 })).map(({ sync, message }) => [sync, message]).sort()

test('a clock that is off is told, by connection and by how far, and no more once it is right', async () => {
  const { ledger, database } = fresh
  const deps = { ledger, clock }
  const clocks = openClocks()
  const tell = () => clocks.tell(['crm', 'erp'], deps)
  const note = (ahead: readonly number[], connection = 'crm') => {
    for (const one of ahead) clocks.note(connection, one * minute)
  }
  note([-12, -12])
  await tell()
  expect(await told()).toEqual([])
  // One of another server, or of a cache, is not enough either.
  note([-12, 0, -12])
  await tell()
  expect(await told()).toEqual([])
  note([-12.2, -12, -12.1])
  note([61, 60, 60], 'erp')
  note([61, 60, 60], 'not configured')
  await tell()
  expect(await told()).toEqual([
    [
      'connection crm',
      'The clock of a machine that Crosswalk runs on is 12 minutes behind the clock of connection "crm".',
    ],
    [
      'connection erp',
      'The clock of a machine that Crosswalk runs on is 60 minutes ahead of the clock of connection "erp".',
    ],
  ])
  note([0, 1, -1])
  note([0, 1, -1], 'erp')
  await tell()
  // Another process told it less than some minutes ago, and may be the one whose clock is off.
  expect(await told()).toHaveLength(2)
  await database.query(`update crosswalk.problems set last_seen = last_seen - interval '6 minutes'`)
  await tell()
  expect(await told()).toEqual([])
  // The clock that told it was ahead of what is now the time.
  note([60, 60, 60])
  await tell()
  note([0, 0, 0])
  aheadMs = -60 * minute
  await tell()
  expect(await told()).toEqual([])
})
