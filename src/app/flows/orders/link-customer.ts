import { SyncError } from '../../../core/problem.ts'
import { type RecordRef, refText } from '../../../core/ref.ts'
import { keyOf } from '../../../plan/key.ts'
import type { Deps } from '../../bench/deps.ts'
import { queueAsRun } from '../../bench/own-run.ts'
import { intend } from '../../bring/intend.ts'
import type { CustomerLink } from '../flow.ts'
import { customerRecords } from './customers.ts'
import type { DealSync } from './sync.ts'

/** The problems of deals that such a link may solve. */
const aboutCustomers = ['customer_ambiguous', 'customer_missing'] as const

/**
 * Links a customer of the CRM to the customer of the ERP that a person names, and queues the deals that wait on a customer.
 * @param move  unlinks the ERP's customer from another customer of the CRM: one that was merged, or matched wrongly
 * @throws SyncError `configuration_invalid` when no deal is of such a customer, the ERP has none, or it is another's and `move` is false
 */
export async function linkCustomer(
  sync: DealSync,
  what: { customer: string; target: string; move: boolean; actor: string | null },
  deps: Deps,
): Promise<CustomerLink> {
  const { customer, target, move, actor } = what
  const kind = sync.customers
  const reading = sync.target.within({ lane: 'live', mayWrite: false })
  const [record] = await reading.use((connection) => connection.read(kind.object, [target], ['id']))
  if (record == null) {
    throw invalid(
      `${sync.target.name} has no customer "${target}"`,
      'Give the id that the ERP shows in the address of the customer, not its name or number.',
    )
  }
  const account = await sync.source.account()
  const key = keyOf({ system: sync.source.system, account: account.id }, 'customer', customer)
  const ref = { ...customerRecords(sync), id: customer }
  await mustBeKnown(sync, ref, deps)
  const movedFrom = await deps.ledger.inTransaction(async (ledger) => {
    const at = { connection: sync.target.name, object: kind.object, id: target }
    const held = await ledger.links.byTarget(kind.name, [at])
    const [link] = await intend(kind, [{ ref, key, label: null }], { links: ledger.links, target: sync.target })
    const owner = held.find((one) => one.sync === sync.name && one.id !== link?.id) ?? null
    if (owner !== null && !move) {
      const { label, ref: other } = owner.source
      throw invalid(
        `Customer ${target} of ${sync.target.name} already belongs to "${label ?? other.id}" (${other.id})`,
        'If that one was merged into this one, or was matched wrongly, add --move (`"move": true`).',
      )
    }
    if (owner !== null) {
      await ledger.links.update([{ id: owner.id, state: 'rejected', move: true, target: { id: null } }])
    }
    const taken =
      link === undefined
        ? []
        : await ledger.links.update([
            { id: link.id, state: 'linked', origin: 'adopted', move: true, target: { id: target } },
          ])
    if (taken.length > 0) throw invalid(`Customer ${target} was linked by another process just now`, 'Try again.')
    return owner?.source.ref.id ?? null
  })
  const waiting = new Map<string, RecordRef>()
  for (const kindOf of aboutCustomers) {
    for (const problem of await deps.ledger.problems.list({ sync: sync.name, kind: kindOf, max: 10_000 })) {
      for (const one of await deps.ledger.problems.waiting(problem.id, 1_000_000)) waiting.set(refText(one), one)
    }
  }
  const now = deps.clock.now()
  const text = `Customer ${customer} of the CRM is customer ${target} of the ERP, linked by a person`
  const told = {
    sync: sync.name,
    at: now,
    event: 'customer_linked',
    text,
    details: { customer, target, movedFrom },
    actor,
  }
  await deps.ledger.timeline.add([...waiting.values()].map((one) => ({ ...told, ref: one })))
  await deps.ledger.problems.tried(sync.name, [...waiting.values()], { how: 'customer_linked', by: actor })
  await queueAsRun(sync.name, [...waiting.values()], { kind: 'retry', lane: 'retry', actor, at: now }, deps.ledger)
  deps.log.info('customer linked by hand', { sync: sync.name, customer, target, movedFrom })
  return { sync: sync.name, customer, target, movedFrom, records: waiting.size }
}

/** Customers come with their deals: one that no deal has brought yet was typed wrongly. On a dry run none of them is kept. */
async function mustBeKnown(sync: DealSync, ref: RecordRef, { ledger }: Deps): Promise<void> {
  if (sync.config.mode === 'shadow') return
  const [known] = await ledger.links.bySource(sync.customers.sync, sync.customers.name, [ref])
  if (known !== undefined) return
  throw invalid(
    `No deal of ${sync.source.name} has brought a customer "${ref.id}" yet`,
    'Give the id as the problem of a deal names it, such as `company-55`; a customer without deals needs no link.',
  )
}

const invalid = (message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path: 'customer' }, fix })
