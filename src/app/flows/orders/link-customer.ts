import { SyncError } from '../../../core/problem.ts'
import { keyOf } from '../../../plan/key.ts'
import type { Deps } from '../../bench/deps.ts'
import type { DealSync } from './sync.ts'

export interface CustomerLink {
  readonly sync: string
  readonly customer: string
  readonly target: string
  /** Whose it was before. */
  readonly movedFrom: string | null
  /** How many deals are tried again. */
  readonly records: number
}

/** What a deal waits on that a person's word about its customer may settle. */
const aboutCustomers = ['customer_ambiguous', 'customer_missing'] as const

/**
 * Takes a person's word for which customer of the ERP a customer of the CRM is, and has the deals that wait on a customer
 * looked at again.
 * @param move  takes the ERP's customer away from another customer of the CRM: one that was merged, or matched wrongly
 * @throws SyncError `configuration_invalid` when the ERP has no such customer, or it is another's and `move` is false
 */
export async function linkCustomer(
  sync: DealSync,
  { customer, target, move }: { customer: string; target: string; move: boolean },
  deps: Deps,
): Promise<CustomerLink> {
  const { object } = sync.customer
  const [record] = await sync.target.use((connection) => connection.read(object, [target], ['id']))
  if (record == null) {
    throw invalid(
      `${sync.target.name} has no customer "${target}"`,
      'Give the id that the ERP shows in the address of the customer, not its name or number.',
    )
  }
  const account = await sync.source.account()
  const movedFrom = await deps.ledger.inTransaction(async (ledger) => {
    const held = await ledger.links.byTarget(sync.target.name, object, [target])
    const [link] = await ledger.links.intend([
      {
        sync: sync.name,
        kind: 'customer',
        sourceId: customer,
        key: keyOf({ system: sync.source.system, account: account.id }, 'customer', customer),
        connection: sync.target.name,
        targetObject: object,
        label: null,
      },
    ])
    const owner = held.find((one) => one.kind === 'customer' && one.sync === sync.name && one.id !== link?.id) ?? null
    if (owner !== null && !move) {
      throw invalid(
        `Customer ${target} of ${sync.target.name} is that of "${owner.label ?? owner.sourceId}" (${owner.sourceId}) already`,
        'If that one was merged into this one, or was matched wrongly, say so with --move (`"move": true`).',
      )
    }
    if (owner !== null) await ledger.links.update([{ id: owner.id, state: 'rejected', targetId: null }])
    const taken =
      link === undefined
        ? []
        : await ledger.links.update([{ id: link.id, state: 'linked', targetId: target, origin: 'adopted' }])
    if (taken.length > 0) throw invalid(`Customer ${target} was linked by another process just now`, 'Look again.')
    return owner?.sourceId ?? null
  })
  const waiting = new Set<string>()
  for (const kind of aboutCustomers) {
    for (const problem of await deps.ledger.problems.list({ sync: sync.name, kind, max: 10_000 })) {
      for (const id of await deps.ledger.problems.waiting(problem.id, 1_000_000)) waiting.add(id)
    }
  }
  await deps.ledger.inbox.add(sync.name, [...waiting], { lane: 'retry' })
  deps.log.info('customer linked by hand', { sync: sync.name, customer, target, movedFrom })
  return { sync: sync.name, customer, target, movedFrom, records: waiting.size }
}

const invalid = (message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path: 'customer' }, fix })
