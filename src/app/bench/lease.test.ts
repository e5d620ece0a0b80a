import { expect, test } from '@jest/globals'
import { freshLedger, silentLog } from '../../../test/ledger/fresh-ledger.ts'
import type { Instant } from '../../core/time.ts'
import { keepLease, LeaseLost } from './lease.ts'

/** A lease on one record in a real ledger, whose next heartbeat comes when the test says so. */
async function begin() {
  const { ledger, database, close } = await freshLedger()
  await ledger.inbox.add('orders', [{ connection: 'crm', object: 'deals', id: '1' }], { lane: 'live' })
  const claims = await ledger.inbox.claim('orders', { max: 1, worker: 'w', leaseMs: 60_000 })
  let wake = Promise.withResolvers<void>()
  const told = Promise.withResolvers<string>()
  const clock = {
    now: () => '2026-11-27T10:00:00.000Z' as Instant,
    async sleep(_ms: number, signal?: AbortSignal) {
      const stopped = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
      await Promise.race([wake.promise, stopped])
      wake = Promise.withResolvers()
    },
  }
  const log = { ...silentLog, warn: (event: string) => told.resolve(event) }
  return {
    ledger,
    database,
    close,
    told: told.promise,
    lease: keepLease(claims, { ledger, clock, log }),
    beat: () => wake.resolve(),
  }
}

test('a lease that cannot be renewed is lost, and that ends nothing but the batch', async () => {
  const { database, close, told, lease, beat } = await begin()
  lease.stillMine()
  await database.query('alter table crosswalk.inbox rename to gone')
  beat()
  expect(await told).toBe('lease not renewed')
  expect(() => lease.stillMine()).toThrow(LeaseLost)
  expect(() => lease.stillMine()).toThrow('the lease was not renewed: relation "crosswalk.inbox" does not exist')
  await lease.end()
  await close()
})
