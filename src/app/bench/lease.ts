import type { Claim } from '../../ports/ledger/inbox.ts'
import type { Deps } from './deps.ts'

const leaseMs = 60_000

/** The leases of a batch lapsed and another worker holds them: this one must write nothing more. */
export class LeaseLost extends Error {}

/** Claims what is due in a sync's inbox, for this worker. */
export const claimBatch = (sync: string, max: number, { ledger, worker }: Deps): Promise<readonly Claim[]> =>
  ledger.inbox.claim(sync, { max, worker, leaseMs })

/** The leases of a batch, renewed by a heartbeat while it is in work. */
export interface Lease {
  /** @throws LeaseLost when they went to another worker */
  stillMine(): void
  /** Stops the heartbeat. */
  end(): Promise<void>
}

export function keepLease(claims: readonly Claim[], deps: Pick<Deps, 'ledger' | 'clock'>): Lease {
  let mine = true
  const heart = new AbortController()
  async function beat(): Promise<void> {
    while (!heart.signal.aborted) {
      await deps.clock.sleep(leaseMs / 3, heart.signal)
      if (heart.signal.aborted) return
      if (await deps.ledger.inbox.renew(claims, leaseMs)) continue
      mine = false
      return
    }
  }
  const beating = beat()
  // Whoever cannot renew does not know whether the batch is still its own: it writes nothing more, and `end` tells why.
  beating.catch(() => {
    mine = false
  })
  return {
    stillMine() {
      if (!mine) throw new LeaseLost('another worker took the batch over')
    },
    async end() {
      heart.abort()
      await beating
    },
  }
}
