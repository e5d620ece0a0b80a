import { SyncError } from '../core/problem.ts'
import type { RecordRef } from '../core/ref.ts'
import { type Instant, shift, toMillis } from '../core/time.ts'
import type { SharedOrder } from '../ports/ledger/shared-orders.ts'
import { digestOf, newSecret } from './accounts/secret.ts'
import type { Deps } from './bench/deps.ts'
import type { OrderPage, Sync } from './flows/flow.ts'
import type { Projects } from './project/projects.ts'

const dayMs = 86_400_000
/** A page that is looked at all the time asks the ERP once in so long. */
const keptMs = 60_000
const keptMost = 1000

export type Shares = ReturnType<typeof openShares>

/** Links by which anybody sees one order, without an account. */
export function openShares(projects: Projects, deps: Deps) {
  const { ledger, clock, log } = deps
  const kept = new Map<string, { readonly until: Instant; readonly page: Promise<OrderPage | null> }>()

  async function pageOf({ sync: name, ref }: SharedOrder): Promise<OrderPage | null> {
    const project = projects.current()
    if (!Object.hasOwn(project.config.syncs, name)) return null
    const { deals, records } = await project.sync(name)
    return deals === null || records.connection !== ref.connection ? null : deals.orderPage(ref.id, deps)
  }
  /** Whatever is wrong with the project is told here, and to nobody outside. */
  async function pageOrBlank(shared: SharedOrder): Promise<OrderPage | null> {
    try {
      return await pageOf(shared)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      const { sync, ref } = shared
      log.warn('shared order incomplete', { sync, deal: ref.id, kind: error.problem.kind, why: error.message })
      return blank
    }
  }

  /** A page that failed is made anew. */
  function keptPage(shared: SharedOrder): Promise<OrderPage | null> {
    const now = clock.now()
    const key = JSON.stringify([shared.sync, shared.ref])
    const found = kept.get(key)
    if (found !== undefined && toMillis(now) < toMillis(found.until)) return found.page
    const page = pageOrBlank(shared)
    kept.delete(key)
    kept.set(key, { until: shift(now, keptMs), page })
    const [oldest] = kept.keys()
    if (kept.size > keptMost && oldest !== undefined) kept.delete(oldest)
    page.catch(() => kept.delete(key))
    return page
  }

  const entry = (sync: string, ref: RecordRef, event: string, text: string, actor: string | null) => ({
    ...{ sync, ref, at: clock.now(), event, text, details: null, actor },
  })

  return {
    async add(sync: Sync, deal: string, { days, actor }: { days: number; actor: string | null }) {
      const ref = { ...sync.records, id: deal }
      const secret = newSecret()
      const shared = await ledger.inTransaction(async (tx) => {
        const [link] = await tx.links.bySource(sync.name, sync.kind ?? '', [ref])
        if (link === undefined) throw unknown(sync.name, deal)
        const digest = digestOf(secret)
        const added = await tx.sharedOrders.add({
          digest,
          sync: sync.name,
          ref,
          createdBy: actor,
          lastsMs: days * dayMs,
        })
        const until = added.endsAt.slice(0, 10)
        await tx.timeline.add([entry(sync.name, ref, 'shared', `Shown to whoever has a link, until ${until}`, actor)])
        return added
      })
      log.info('order shared', { sync: sync.name, deal, share: shared.id, until: shared.endsAt, actor })
      return { shared, secret }
    },
    async end(id: string, actor: string | null): Promise<SharedOrder | null> {
      const ended = await ledger.inTransaction(async (tx) => {
        const found = await tx.sharedOrders.end(id)
        if (found !== null)
          await tx.timeline.add([entry(found.sync, found.ref, 'share_ended', 'A link to the order was ended', actor)])
        return found
      })
      if (ended !== null) log.info('order no longer shared', { sync: ended.sync, deal: ended.ref.id, share: id, actor })
      return ended
    },
    async open(secret: string): Promise<{ readonly order: OrderPage; readonly endsAt: Instant } | null> {
      const shared = await ledger.sharedOrders.open(digestOf(secret))
      const order = shared === null ? null : await keptPage(shared)
      return shared === null || order === null ? null : { order, endsAt: shared.endsAt }
    },
  }
}

const blank: OrderPage = {
  ...{ customer: null, number: null, stage: null, seen: [], isLookedInto: true },
  ...{ promisedDate: null, shipments: [], invoices: [], readAt: null },
}

const unknown = (sync: string, deal: string) =>
  new SyncError(`Nothing is known of deal ${deal} in sync "${sync}"`, {
    problem: { kind: 'configuration_invalid', path: 'deal' },
    fix: 'Check the id; a deal is known once it is won.',
  })
