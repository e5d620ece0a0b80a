import { isObject } from '../../../core/json.ts'
import { SyncError } from '../../../core/problem.ts'
import { refText } from '../../../core/ref.ts'
import type { Ledger } from '../../../ports/ledger/ledger.ts'
import type { Link } from '../../../ports/ledger/links.ts'
import type { Deps } from '../../bench/deps.ts'
import type { OrderDocuments, OrderPage } from '../flow.ts'
import { documentsOf } from './documents.ts'
import type { DealSync } from './sync.ts'

/**
 * What somebody without an account may see of the order of one deal. What is wrong, and why, is left out: that somebody looks into
 * it is told instead.
 */
export async function orderPage(sync: DealSync, deal: string, deps: Deps): Promise<OrderPage | null> {
  const { ledger } = deps
  const ref = { ...sync.records, id: deal }
  const [link] = await ledger.links.bySource(sync.name, sync.orders.name, [ref])
  if (link === undefined) return null
  const problems = await ledger.problems.ofRecords(sync.name, [ref])
  const story = await ledger.timeline.of(ref)
  const { documents, isAway } = await documentsIfThere(sync, deal, deps)
  const isStuck = link.state === 'rejected' || link.state === 'unknown'
  return {
    customer: await customerOf(sync, link, ledger),
    number: documents?.number ?? link.target.label,
    // What is shown is of one moment: the ledger learns of a shipment a little later.
    stage: documents?.stage ?? (link.state === 'linked' ? link.stage : null),
    seen: [...new Set(story.flatMap(({ details }) => (isObject(details) ? stageIn(details.stage) : [])))],
    isLookedInto: isStuck || isAway || problems.has(refText(ref)),
    ...shownOf(documents),
  }
}

const stageIn = (stage: unknown): readonly string[] => (typeof stage === 'string' ? [stage] : [])

async function documentsIfThere(sync: DealSync, deal: string, deps: Deps) {
  try {
    // Nobody's delivery is to wait for a quota that strangers used up.
    return { documents: await documentsOf(sync, deal, 'backfill', deps), isAway: false }
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    deps.log.warn('shared order incomplete', { sync: sync.name, deal, kind: error.problem.kind, why: error.message })
    return { documents: null, isAway: true }
  }
}

/** By what was written to the order: the ledger has the name, so that the CRM need not be asked. */
async function customerOf(sync: DealSync, { target }: Link, ledger: Ledger): Promise<string | null> {
  const fields = isObject(target.written) && isObject(target.written.fields) ? target.written.fields : {}
  const field = Object.entries(sync.order.fieldLinks).find(([, names]) => names.includes('customer'))?.[0]
  const id = field === undefined ? null : (fields[field] ?? null)
  if (id === null) return null
  const { name: kind, object } = sync.customers
  const customers = await ledger.links.byTarget(kind, [{ connection: target.connection, object, id: String(id) }])
  const own = customers.find((one) => one.sync === sync.name)
  return own?.source.label ?? own?.target.label ?? null
}

const shownOf = (
  documents: OrderDocuments | null,
): Pick<OrderPage, 'promisedDate' | 'shipments' | 'invoices' | 'readAt'> => ({
  promisedDate: documents?.promisedDate ?? null,
  shipments: (documents?.shipments ?? []).filter(({ state }) => state !== 'cancelled'),
  invoices: (documents?.invoices ?? []).flatMap(({ number, kind, due, paid }) =>
    paid === null ? [] : [{ number, kind, due, paid }],
  ),
  readAt: documents?.readAt ?? null,
})
