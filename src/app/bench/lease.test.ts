import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { freshLedger } from '../../../test/ledger/fresh-ledger.ts'
import { systemClock } from '../../main/clock.ts'
import type { Clock } from '../../ports/clock.ts'
import { keepLease, LeaseLost } from './lease.ts'

let fresh: Awaited<ReturnType<typeof freshLedger>>
beforeAll(async () => {
  fresh = await freshLedger()
})
afterAll(() => fresh.close())

/** Beats as soon as it may. */
const quick: Clock = { now: systemClock.now, sleep: (_ms, signal) => systemClock.sleep(1, signal) }

async function claimed() {
  const { ledger } = fresh
  await ledger.inbox.add('orders', [{ connection: 'crm', object: 'deals', id: '1' }], { lane: 'live' })
  return ledger.inbox.claim('orders', { max: 1, worker: 'one', leaseMs: 60_000 })
}
async function untilLost(lease: { stillMine(): void }): Promise<void> {
  for (;;) {
    try {
      lease.stillMine()
    } catch (error) {
      expect(error).toBeInstanceOf(LeaseLost)
      return
    }
    await systemClock.sleep(1)
  }
}

test('a batch that another worker took over is written no more', async () => {
  const { ledger, database } = fresh
  const lease = keepLease(await claimed(), { ledger, clock: quick })
  lease.stillMine()
  await database.query(`update crosswalk.inbox set worker = 'two', version = version + 1`)
  await untilLost(lease)
  await lease.end()
  await database.query('delete from crosswalk.inbox')
})

test('a batch whose lease cannot be renewed is written no more, and whoever waits for its end hears why', async () => {
  const { ledger, database } = fresh
  const lease = keepLease(await claimed(), { ledger, clock: quick })
  await database.query('alter table crosswalk.inbox rename to away')
  try {
    await untilLost(lease)
    await expect(lease.end()).rejects.toThrow(/inbox/)
  } finally {
    await database.query('alter table crosswalk.away rename to inbox')
  }
})
