import type { Deal } from '../../../core/documents.ts'
import type { Instant } from '../../../core/time.ts'
import { mapInbound } from '../../../mapping/run/run.ts'
import type { Deps } from '../../bench/deps.ts'
import type { DealSync } from './sync.ts'

export interface Reconciliation {
  readonly won: number
  readonly linked: number
  /** Won deals without an order and without a problem. */
  readonly missing: readonly string[]
  /** Orders whose deal is no longer among the won ones. */
  readonly extra: readonly string[]
  readonly mended: number
}

/** Records looked at in one go; what is held in memory does not grow with their number. */
const pageSize = 500

/** Reads all records changed since an instant and hands over those whose deal is won, in pages. */
async function* wonDeals(sync: DealSync, from: Instant, deps: Deps): AsyncIterable<readonly string[]> {
  const narrow = sync.deal.only(['id', 'won', 'wonAt'])
  const account = { ...(await sync.source.account()) }
  const seen = new Set<string>()
  for await (const page of sync.source.changes(
    { object: sync.deal.object, paths: [], where: sync.deal.watch },
    { from },
  )) {
    for (let start = 0; start < page.ids.length; start += pageSize) {
      const ids = [...new Set(page.ids.slice(start, start + pageSize))].filter((id) => !seen.has(id))
      for (const id of ids) seen.add(id)
      const records = await sync.source.use((connection) => connection.read(sync.deal.object, ids, narrow.reads))
      const present = records.flatMap((record, index) =>
        record === null ? [] : [{ id: ids[index] ?? record.id, record }],
      )
      const mapped = await mapInbound<Pick<Deal, 'won' | 'wonAt'>>(
        narrow,
        present.map((one) => one.record),
        account,
        deps.evaluator,
      )
      yield present.flatMap(({ id }, index) => {
        const result = mapped[index]
        // One that does not map is delivered as well: then it becomes a problem that says why.
        return result === undefined || !result.ok || result.value.won ? [id] : []
      })
    }
  }
}

/**
 * Queues won deals from an instant on that have no order yet, below live traffic. Resumable: what is queued stays
 * queued, and a second backfill adds nothing twice.
 */
export async function backfill(
  sync: DealSync,
  options: { from: Instant; dryRun: boolean },
  deps: Deps,
): Promise<{ found: number }> {
  const run = options.dryRun ? null : await deps.ledger.runs.start(sync.name, 'backfill', deps.clock.now())
  let found = 0
  for await (const ids of wonDeals(sync, options.from, deps)) {
    const links = await deps.ledger.links.bySource(sync.name, 'order', ids)
    const linked = new Set(links.filter((link) => link.state === 'linked').map((link) => link.sourceId))
    const missing = ids.filter((id) => !linked.has(id))
    found += missing.length
    if (run !== null && missing.length > 0) await deps.ledger.inbox.add(sync.name, missing, { lane: 'backfill', run })
  }
  if (run !== null) {
    await deps.ledger.runs.count(run, { found })
    await deps.ledger.runs.finish(run, { state: 'done', reason: null, now: deps.clock.now() })
  }
  return { found }
}

/**
 * Holds every won deal since the sync began against the links, and marks every open order for a fresh report. Mending
 * queues what is missing or extra; what comes of it is decided as always.
 */
export async function reconcile(sync: DealSync, options: { mend: boolean }, deps: Deps): Promise<Reconciliation> {
  const now = deps.clock.now()
  const state = await deps.ledger.syncs.get(sync.name, now)
  const from = sync.config.since ?? state.enabledAt
  const won = new Set<string>()
  const missing: string[] = []
  for await (const ids of wonDeals(sync, from, deps)) {
    const links = new Map(
      (await deps.ledger.links.bySource(sync.name, 'order', ids)).map((link) => [link.sourceId, link]),
    )
    const problems = await deps.ledger.problems.ofRecords(sync.name, ids)
    for (const id of ids) {
      won.add(id)
      if (links.get(id)?.state !== 'linked' && !problems.has(id)) missing.push(id)
    }
  }
  const extra: string[] = []
  let linked = 0
  let after: string | undefined
  for (;;) {
    const page = await deps.ledger.links.list({
      sync: sync.name,
      kind: 'order',
      state: 'linked',
      max: 1000,
      ...(after === undefined ? {} : { after }),
    })
    for (const link of page) {
      linked += 1
      if (!won.has(link.sourceId) && link.createdAt >= from && link.stage !== 'cancelled') extra.push(link.sourceId)
    }
    const open = page.filter((link) => link.stage !== 'paid' && link.stage !== 'cancelled').map((link) => link.sourceId)
    if (options.mend && sync.reportSync !== null && open.length > 0) {
      await deps.ledger.inbox.add(sync.reportSync, open, { lane: 'backfill' })
    }
    after = page.at(-1)?.id
    if (page.length < 1000 || after === undefined) break
  }
  const queued = options.mend ? [...missing, ...extra] : []
  if (queued.length > 0) await deps.ledger.inbox.add(sync.name, queued, { lane: 'retry' })
  return { won: won.size, linked, missing, extra, mended: queued.length }
}
