import type { Claim } from '../../ports/ledger/inbox.ts'
import type { Deps } from './deps.ts'

const leaseMs = 60_000

/** The leases of a batch lapsed, or cannot be renewed, and another worker may hold them: this one must write nothing more. */
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

export function keepLease(claims: readonly Claim[], deps: Pick<Deps, 'ledger' | 'clock' | 'log'>): Lease {
  let lost: string | null = null
  const heart = new AbortController()
  async function beat(): Promise<void> {
    while (!heart.signal.aborted) {
      await deps.clock.sleep(leaseMs / 3, heart.signal)
      if (heart.signal.aborted) return
      if (await deps.ledger.inbox.renew(claims, leaseMs)) continue
      lost = 'another worker took the batch over'
      return
    }
  }
  // Without the database nobody can tell whose the records are by now. What fails with it says so itself.
  const beating = beat().catch((error: unknown) => {
    lost = `the lease was not renewed: ${error instanceof Error ? error.message : String(error)}`
    deps.log.warn('lease not renewed', { why: lost })
  })
  return {
    stillMine() {
      if (lost !== null) throw new LeaseLost(lost)
    },
    async end() {
      heart.abort()
      await beating
    },
  }
}
