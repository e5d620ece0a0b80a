import { refText } from '../../../core/ref.ts'
import type { Erased, Found, Traces, Whom } from '../../../ports/ledger/erasure.ts'
import type { Ledger } from '../../../ports/ledger/ledger.ts'
import type { Deps } from '../../bench/deps.ts'
import { queueAsRun } from '../../bench/own-run.ts'
import type { Erasing } from '../flow.ts'
import { belowRoles } from './below-parts.ts'
import { customerRecords } from './customers.ts'
import type { DealSync } from './sync.ts'

const traces = (sync: DealSync): Traces => ({
  sync: sync.name,
  connection: sync.source.name,
  kinds: {
    order: sync.orders.name,
    customer: sync.customers.name,
    // Also those that the order mapping links to no more.
    below: [...new Set(Object.values(belowRoles))],
  },
  object: sync.records.object,
  fields: Object.keys(sync.order.fieldLinks),
})

/** What the ledger has of a person, as this sync knows it. */
export const findPerson = (sync: DealSync, whom: Whom, ledger: Ledger): Promise<Found> =>
  ledger.erasure.find(traces(sync), whom)

class DryRun extends Error {
  readonly erased: Erased
  constructor(erased: Erased) {
    super('nothing was erased')
    this.erased = erased
  }
}

/**
 * Erases what the ledger has of a person. Deals that waited on a problem are tried again: what they wait on is told anew, as far
 * as it still is so.
 * @param dryRun  the same, undone at the end
 */
export async function erasePerson(
  sync: DealSync,
  found: Found,
  { actor, dryRun }: Erasing,
  { ledger, clock }: Deps,
): Promise<Erased> {
  const work = async (tx: Ledger): Promise<Erased> => {
    const deals = found.records.filter((one) => one.object === sync.records.object)
    const waited = await tx.problems.ofRecords(sync.name, deals)
    const erased = await tx.erasure.erase(traces(sync), found)
    if (dryRun) throw new DryRun(erased)
    const at = clock.now()
    const customers = found.records.filter((one) => one.object === customerRecords(sync).object)
    const told = {
      sync: sync.name,
      at,
      event: 'erased',
      text: 'Personal data was erased on request',
      details: null,
      actor,
    }
    await tx.timeline.add([...deals, ...customers].map((ref) => ({ ...told, ref })))
    const again = deals.filter((ref) => waited.has(refText(ref)))
    if (again.length > 0) await queueAsRun(sync.name, again, { kind: 'retry', lane: 'retry', actor, at }, tx)
    return erased
  }
  return ledger.inTransaction(work).catch((error: unknown) => {
    if (error instanceof DryRun) return error.erased
    throw error
  })
}
